"""Delayed recovery, the wait: a way back in for whoever has password and mailbox and no phone.

It stands on time. For days the person and every admin are told, daily, each time with a button
that stops it; only when nobody did, a link that sets up anew is mailed. So what ends a wait is not
the clock alone but the notices: the end comes an interval after the last of them *left*, and each
of them an interval after the one before it. A clock that jumps ahead shortens one interval at
most; days on which no mail leaves do not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from twofold.core.errors import IllegalTransition
from twofold.core.mail import UNREACHED, MailState
from twofold.core.people import DAY, HOUR, MINUTE, Account, Instant, Role

SHORTEST, LONGEST, USUAL = 24, 14 * 24, 72
"""Hours that an account may choose, and what is proposed. Under a day nobody would be told twice;
after two weeks the help desk is quicker."""
JUMP = HOUR
"""Seconds by which our clock has to lie behind what was written to count as put back."""
LOOK_AGAIN = 5 * MINUTE
"""Seconds after which a wait whose notice has not left is looked at again."""
REST = 7 * DAY
"""Seconds after a wait that somebody stopped by hand in which none is begun for that person: where
two disagree, people decide, and nobody is worn down by mails."""
STOP_LIFETIME = 60 * DAY
"""Seconds that a *Stop this* link lives by the clock: longer than any wait; its end ends them."""


class WaitState(StrEnum):
    """Where a wait stands. `waiting` and `open` are running: a person has one at most."""

    WAITING = "waiting"
    """Everybody is told daily, and may stop it."""
    OPEN = "open"
    """The link that sets up anew was mailed; until a new authenticator is saved it may be
    stopped."""
    STOPPED = "stopped"
    USED = "used"
    """A new authenticator was saved."""
    EXPIRED = "expired"
    """The link was mailed, and nobody came."""


class WaitFact(StrEnum):
    """What happens to a wait."""

    TOLD_AGAIN = "told again"
    TIME_IS_UP = "time is up"
    STOPPED = "stopped"
    SAVED = "new authenticator saved"
    LINK_EXPIRED = "link expired"


TRANSITIONS: Mapping[tuple[WaitState, WaitFact], WaitState] = MappingProxyType(
    {
        (WaitState.WAITING, WaitFact.TOLD_AGAIN): WaitState.WAITING,
        (WaitState.WAITING, WaitFact.TIME_IS_UP): WaitState.OPEN,
        (WaitState.WAITING, WaitFact.STOPPED): WaitState.STOPPED,
        (WaitState.OPEN, WaitFact.STOPPED): WaitState.STOPPED,
        (WaitState.OPEN, WaitFact.SAVED): WaitState.USED,
        (WaitState.OPEN, WaitFact.LINK_EXPIRED): WaitState.EXPIRED,
    }
)
RUNNING = (WaitState.WAITING, WaitState.OPEN)


def advance(state: WaitState, fact: WaitFact) -> WaitState:
    """The state after `fact`. Raises `IllegalTransition` for what the table does not hold."""
    try:
        return TRANSITIONS[state, fact]
    except KeyError:
        raise IllegalTransition(f"A wait that is {state} cannot meet “{fact}”.") from None


class StopReason(StrEnum):
    """Why a wait was stopped."""

    LINK = "link"
    PERSON = "person"
    STAFF = "staff"
    SIGN_IN = "sign-in"
    SET_UP = "set-up"
    PASSWORD = "password"  # noqa: S105 - a reason
    STOLEN = "stolen"
    DISABLED = "disabled"
    ROLE = "role"
    POLICY = "policy"
    NO_FACTOR = "no-factor"
    UNREACHABLE = "unreachable"
    RESTORED = "restored"

    @property
    def is_by_hand(self) -> bool:
        """Whether somebody meant to stop it."""
        return self in (StopReason.LINK, StopReason.PERSON, StopReason.STAFF)

    @property
    def words(self) -> str:
        """How it came about, as people read it."""
        return _REASONS[self]


_REASONS: Mapping[StopReason, str] = {
    StopReason.LINK: "With the button in one of the mails",
    StopReason.PERSON: "In the person’s own session",
    StopReason.STAFF: "By the help desk or an admin",
    StopReason.SIGN_IN: "By a complete sign-in",
    StopReason.SET_UP: "By a new authenticator that was saved",
    StopReason.PASSWORD: "By a new password",
    StopReason.STOLEN: "The password counts as stolen",
    StopReason.DISABLED: "The person may not sign in",
    StopReason.ROLE: "The person can open doors for others now",
    StopReason.POLICY: "Delayed recovery was switched off",
    StopReason.NO_FACTOR: "There is no authenticator to replace",
    StopReason.UNREACHABLE: "A mail to the person could not be delivered",
    StopReason.RESTORED: "The operator has restored a backup",
}


@dataclass(frozen=True, slots=True)
class Wait:
    """One delayed recovery of one person."""

    id: str
    account_id: str
    person_id: str
    state: WaitState
    length: int
    """Seconds that it takes if every notice leaves in time; as the account had it at the start."""
    password_version: int
    """With which it was begun; a new password ends it."""
    notices: int
    """How often everybody was told; 1 from the start on."""
    mail_id: str
    """The latest notice to the person's first address."""
    started_at: Instant
    stepped_at: Instant
    """When the latest notice was written, or the link mailed."""
    next_at: Instant
    """Not looked at before."""
    open_until: Instant | None = None
    """Until when the set-up may be saved, once the link is mailed."""
    ended_at: Instant | None = None
    stopped_by: StopReason | None = None

    @property
    def is_running(self) -> bool:
        """Whether it can still lead to a set-up."""
        return self.state in RUNNING

    @property
    def interval(self) -> int:
        """Seconds between the latest notice and what follows it."""
        return min(DAY, self.length - (self.notices - 1) * DAY)

    @property
    def ends_at(self) -> Instant:
        """When the link is mailed, if every notice leaves in time."""
        return self.stepped_at + self.length - (self.notices - 1) * DAY

    @property
    def is_told(self) -> bool:
        """Whether the notice after which the end comes was written."""
        return self.notices * DAY >= self.length


def length_problem(hours: int) -> str | None:
    """What is wrong with a length, in one sentence, or None; 0 switches off."""
    if hours == 0 or SHORTEST <= hours <= LONGEST:
        return None
    return f"Choose {SHORTEST} to {LONGEST} hours, which is a day to two weeks."


def is_offered(account: Account, role: Role) -> bool:
    """Whether somebody of this role may recover by waiting. Never those who could open doors for
    others: what takes three quiet days must not open everybody's.
    """
    return account.wait_hours > 0 and not role.is_staff


def rests(latest: Wait | None, now: Instant) -> bool:
    """Whether none may be begun now, because somebody has stopped the latest one by hand."""
    if latest is None or latest.stopped_by is None or latest.ended_at is None:
        return False
    return latest.stopped_by.is_by_hand and now < latest.ended_at + REST


class Step(StrEnum):
    """What the worker does with a running wait."""

    HOLD = "hold"
    """Look again at a later moment."""
    NOTICE = "notice"
    OPEN = "open"
    EXPIRE = "expire"
    RESTART = "restart"
    """Our clock was put back: the interval begins anew."""
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the latest notice to the person."""

    state: MailState
    sent_at: Instant | None


def next_step(wait: Wait, now: Instant, told: Told | None) -> tuple[Step, Instant]:
    """What is to be done with a running wait, and when to look again."""
    was_put_back = wait.stepped_at - now > JUMP
    if wait.state is WaitState.OPEN:
        until = wait.open_until or now
        return (Step.EXPIRE, now) if was_put_back or now >= until else (Step.HOLD, until)
    if was_put_back:
        return Step.RESTART, now + wait.interval
    if told is None or told.state in UNREACHED:
        return Step.UNREACHABLE, now
    if told.sent_at is None:
        return Step.HOLD, now + LOOK_AGAIN
    since = wait.stepped_at if told.sent_at - now > JUMP else max(wait.stepped_at, told.sent_at)
    if now < since + wait.interval:
        return Step.HOLD, since + wait.interval
    return (Step.OPEN if wait.is_told else Step.NOTICE), now
