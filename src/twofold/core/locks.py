"""What stands in somebody's way at this moment, until when, and what ends it.

Nothing here decides: `core/throttle.py` is asked what it would answer to a browser that the person
has not signed in with before, and to each one that they have.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from twofold.core import throttle
from twofold.core.moments import day, until
from twofold.core.people import DAY, Instant, Person, PersonState, Profile
from twofold.core.throttle import (
    MONTH,
    NOTHING,
    Disabled,
    NeedsLink,
    Numbers,
    Pair,
    State,
    Wait,
)


class LockKind(StrEnum):
    """By what somebody is held up, the hardest first."""

    NO_ENTRY = "person disabled"
    AUTHENTICATOR = "authenticator disabled"
    CODE_LINK = "link before the code"
    CODE_WAIT = "wait at the code"
    PASSWORD_LINK = "link before the password"  # noqa: S105 - the name of a lock
    PASSWORD_WAIT = "wait at the password"  # noqa: S105
    SET_UP_WAIT = "wait at the set-up"
    STOLEN = "password counts as stolen"
    PAIR = "two codes"
    PAIR_BREAKER = "two codes, because of the whole site"
    BROWSER = "known browser counts as new"

    @property
    def is_shut(self) -> bool:
        """Whether a right code, or a right password, would be refused unread in a new browser."""
        return self in _SHUT


_SHUT = (
    LockKind.NO_ENTRY,
    LockKind.AUTHENTICATOR,
    LockKind.CODE_LINK,
    LockKind.CODE_WAIT,
    LockKind.PASSWORD_LINK,
    LockKind.PASSWORD_WAIT,
    LockKind.SET_UP_WAIT,
)


@dataclass(frozen=True, slots=True)
class Lock:
    """One thing that holds somebody up."""

    kind: LockKind
    until: Instant | None = None
    """When it ends by itself, or None where only an act ends it."""
    count: int = 0
    """How many failures it stands on, where it stands on any."""
    since: Instant | None = None
    """When it began, where that is known."""
    where: str = ""
    """The browser that it concerns; "" for all that are new."""

    @property
    def unlock_helps(self) -> bool:
        """Whether forgetting the failures ends it."""
        return self.kind not in (
            LockKind.NO_ENTRY,
            LockKind.AUTHENTICATOR,
            LockKind.STOLEN,
            LockKind.PAIR_BREAKER,
        )


@dataclass(frozen=True, slots=True)
class Counted:
    """The states that say what was counted, as they are stored."""

    passwords: State = NOTHING
    codes: State = NOTHING
    in_a_row: State = NOTHING
    set_up: State = NOTHING
    site: State = NOTHING
    browsers: Sequence[tuple[str, State, State]] = ()
    """Per known browser its name, and its own passwords and codes."""


def locks_of(
    now: Instant,
    numbers: Numbers,
    *,
    person: Person,
    disabled_at: Instant | None,
    profile: Profile,
    counted: Counted,
) -> tuple[Lock, ...]:
    """Everything that holds the person up at `now`, the hardest first.

    Args:
        now: UTC seconds.
        numbers: The limits of the account.
        person: Whom it is about.
        disabled_at: When the active authenticator was disabled, or None.
        profile: How strictly the person's codes are slowed.
        counted: What was counted.
    """
    found: list[Lock] = []
    if person.state is PersonState.DISABLED:
        found.append(Lock(LockKind.NO_ENTRY))
    if disabled_at is not None:
        found.append(Lock(LockKind.AUTHENTICATOR, since=disabled_at))
    found += _at_code(now, numbers, profile, counted, disabled=disabled_at is not None)
    found += _at_password(now, numbers, counted)
    set_up = throttle.ask_set_up(now, numbers, state=counted.set_up)
    if isinstance(set_up, Wait):
        found.append(Lock(LockKind.SET_UP_WAIT, set_up.until, len(counted.set_up.failures)))
    if person.must_change_password:
        found.append(Lock(LockKind.STOLEN))
    found += _browsers(now, numbers, profile, counted)
    return tuple(sorted(found, key=lambda lock: tuple(LockKind).index(lock.kind)))


def _at_password(now: Instant, numbers: Numbers, counted: Counted) -> list[Lock]:
    person = counted.passwords
    answer = throttle.ask_password(
        now, numbers, person=person, browser=None, sources=(), link_open=False
    )
    count = person.since(now - DAY)
    if isinstance(answer, NeedsLink):
        limit = numbers.link_after_passwords
        return [Lock(LockKind.PASSWORD_LINK, _below(person, limit, DAY, now), count)]
    if isinstance(answer, Wait):
        return [Lock(LockKind.PASSWORD_WAIT, answer.until, count)]
    return []


def _at_code(
    now: Instant, numbers: Numbers, profile: Profile, counted: Counted, *, disabled: bool
) -> list[Lock]:
    seen = throttle.as_seen(counted.codes, now)
    count = seen.since(now - MONTH)
    answer = throttle.ask_code(
        now,
        numbers,
        profile=profile,
        person=counted.codes,
        browser=None,
        in_a_row=counted.in_a_row,
        breaker=counted.site,
        link_open=False,
    )
    match answer:
        case Disabled():
            return [] if disabled else [Lock(LockKind.AUTHENTICATOR, count=count)]
        case NeedsLink():
            ends = _below(seen, numbers.link_after_codes, MONTH, now)
            return [Lock(LockKind.CODE_LINK, ends, count)]
        case Wait(ends):
            return [Lock(LockKind.CODE_WAIT, ends, count)]
        case Pair() if count >= numbers.pair_after:
            return [Lock(LockKind.PAIR, _below(seen, numbers.pair_after, MONTH, now), count)]
        case Pair() if profile is Profile.STANDARD:
            return [Lock(LockKind.PAIR_BREAKER, counted.site.until)]
    return []


def _browsers(now: Instant, numbers: Numbers, profile: Profile, counted: Counted) -> list[Lock]:
    """Known browsers that used up their own budget, of passwords or of codes."""
    found = []
    for name, passwords, codes in counted.browsers:
        asked = throttle.ask_code(
            now,
            numbers,
            profile=profile,
            person=NOTHING,
            browser=codes,
            in_a_row=NOTHING,
            breaker=NOTHING,
            link_open=False,
        )
        if not throttle.is_known(now, passwords, numbers):
            found.append(Lock(LockKind.BROWSER, passwords.until, where=name))
        elif asked != throttle.Single(known=True):
            found.append(Lock(LockKind.BROWSER, count=len(codes.failures), where=name))
    return found


def _below(state: State, limit: int, window: int, now: Instant) -> Instant:
    """When so many failures have left the window that there are fewer than `limit`."""
    inside = sorted(min(at, now) for at in state.failures if at > now - window)
    return inside[-limit] + window


# ---- in words ------------------------------------------------------------------------------


def sentence(lock: Lock, now: Instant) -> str:
    """What holds somebody up, in one sentence that names until when, or what ends it."""
    ends = "" if lock.until is None else until(lock.until, now)
    wrong = "wrong code" if lock.count == 1 else "wrong codes"
    match lock.kind:
        case LockKind.NO_ENTRY:
            return "May not sign in: an admin disabled the person."
        case LockKind.AUTHENTICATOR:
            if lock.since is None:
                return "The authenticator is stopped after too many wrong codes."
            return (
                f"The authenticator was stopped on {day(lock.since)}: too many wrong codes, "
                "or said to be stolen."
            )
        case LockKind.CODE_LINK:
            return (
                f"New browsers need a mailed link before the code, after {lock.count} {wrong}, "
                f"until {ends}."
            )
        case LockKind.CODE_WAIT:
            return f"Locked until {ends} after {lock.count} {wrong}."
        case LockKind.PAIR:
            return (
                f"New browsers are asked for two codes in a row, after {lock.count} {wrong}, "
                f"until {ends}."
            )
        case LockKind.PAIR_BREAKER:
            return (
                "New browsers are asked for two codes in a row, because the whole site sees too "
                f"many wrong ones, until {ends}."
            )
        case _:
            return _sentence_of_others(lock, ends)


def _sentence_of_others(lock: Lock, ends: str) -> str:
    match lock.kind:
        case LockKind.PASSWORD_LINK:
            return (
                f"New browsers need a mailed link before the password, after {lock.count} wrong "
                f"passwords in a day, until {ends}."
            )
        case LockKind.PASSWORD_WAIT:
            return f"New browsers wait until {ends} after {lock.count} wrong passwords."
        case LockKind.SET_UP_WAIT:
            return f"The set-up waits until {ends} after {lock.count} wrong codes."
        case LockKind.STOLEN:
            return (
                "The password counts as stolen, after many wrong codes with the right password: "
                "the next sign-in asks for a new one."
            )
        case _:
            used = f"until {ends}" if ends else "until a day without wrong codes has passed"
            return f"{lock.where} counts as a new browser {used}, after too many failures in it."


def ended_by(lock: Lock) -> str:
    """What ends it before its time."""
    match lock.kind:
        case LockKind.NO_ENTRY:
            return "An admin enables the person."
        case LockKind.AUTHENTICATOR:
            return "An invitation to set up again, and the new set-up."
        case LockKind.STOLEN:
            return "The person chooses a new password, at the next sign-in."
        case LockKind.PAIR_BREAKER:
            return "It ends by itself."
        case LockKind.CODE_LINK | LockKind.PASSWORD_LINK:
            return "The link in the person's mailbox, or Unlock."
        case _:
            return "Unlock."
