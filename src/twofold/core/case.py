"""One person's case in one sentence: what is wrong, on what evidence, what to say, what not to do.

The rules are tried in order, from what shuts everything to what works; the first that fits speaks,
and what else stands in the way is said after it. Of several reasons the best supported one is
taken: certain before probable, then seen more often, then the newest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from twofold.core import locks
from twofold.core.authenticators import AuthenticatorState
from twofold.core.diagnosis import SAME, Cause
from twofold.core.evidence import Device, Tried
from twofold.core.locks import Lock, LockKind
from twofold.core.mail import UNREACHED, Mail, MailKind, MailState, lost
from twofold.core.moments import near, until
from twofold.core.passkeys import Passkey
from twofold.core.people import (
    DAY,
    Account,
    Instant,
    Person,
    PersonKind,
    PersonState,
    Profile,
)
from twofold.core.policy import demands_passkey, profile_of
from twofold.core.recovery import RecoveryStanding
from twofold.core.requirement import Requirement, requirement
from twofold.core.requirement_words import about_person

WEAK = (Cause.NO_MATCH, Cause.MALFORMED, Cause.NOT_CHECKED, Cause.REPEATED, None)
"""Reasons that explain little: where a lock stands as well, the lock is the answer."""
UNREAD = (Cause.MALFORMED, Cause.NOT_CHECKED, Cause.REPEATED, None)
CHANCE = 3
"""Codes without a match beside which one single probable match is taken for chance."""
ABOUT_SET_UP = (
    MailKind.INVITATION, MailKind.SWITCHED_ON, MailKind.REMINDER, MailKind.ENROL_LINK,
)  # fmt: skip
WHO = "Do not act before you know who is calling: call back on a number that you know."


class Standing(StrEnum):
    """How the person stands, in a word."""

    WORKS = "works"
    OPEN = "not set up"
    TROUBLE = "trouble"
    SHUT = "shut"


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that is known, the newest first in each list."""

    now: Instant
    person: Person
    account: Account
    devices: Sequence[Device]
    tried: Sequence[Tried]
    locks: Sequence[Lock]
    mails: Sequence[Mail]
    wrong_passwords: Sequence[Instant]
    """The counted ones of the last day."""
    sessions: int
    seen_at: Instant | None
    """When one of the open sessions was last used."""
    signed_in_at: Instant | None
    """The last complete sign-in, as far as it is known."""
    recovery: RecoveryStanding | None
    """The recovery codes in store, or None without a set."""
    passkeys: Sequence[Passkey] = ()
    """The oldest first."""

    @property
    def active(self) -> Device | None:
        """The device that the person signs in with."""
        return self._in_state(AuthenticatorState.ACTIVE)

    @property
    def pending(self) -> Device | None:
        """The set-up that was begun and not saved."""
        return self._in_state(AuthenticatorState.PENDING)

    @property
    def enrolled(self) -> bool:
        """Whether anything binds the person to a second step."""
        return self.active is not None or bool(self.passkeys)

    @property
    def set_ups(self) -> int:
        """How many set-ups were saved."""
        return sum(one.confirmed_at is not None for one in self.devices)

    @property
    def requirement(self) -> Requirement:
        """What the policy asks of the person now."""
        return requirement(self.account, self.person, self.now, enrolled=self.enrolled)

    def lock(self, *kinds: LockKind) -> Lock | None:
        """The first lock of these kinds that stands."""
        return next((one for one in self.locks if one.kind in kinds), None)

    def _in_state(self, state: AuthenticatorState) -> Device | None:
        return next((one for one in self.devices if one.state is state), None)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The answer."""

    standing: Standing
    sentence: str
    """To the help desk."""
    say: str
    """What can be said to the caller as it stands."""
    avoid: Sequence[str] = ()
    """What would not help, or harm."""
    also: Sequence[str] = ()
    """What else is to be known; locks stand in `Case.locks`."""
    support: Sequence[str] = ()
    """The ids of the attempts on which it stands."""


def diagnose(case: Case) -> Diagnosis:
    """The case in one sentence, with what follows from it."""
    found = next(answer for rule in RULES if (answer := rule(case)) is not None)
    failed = case.mails[0] if case.mails and case.mails[0].state in UNREACHED else None
    if failed is None or failed.last_error in found.sentence:
        return found
    line = f"The last mail to {failed.to_address} {lost(failed)}"
    return replace(found, also=(*found.also, line))


def requirement_of(case: Case) -> str:
    """What the policy asks of the person, and why, to whoever helps them."""
    said = about_person(case.account, case.person, case.now, enrolled=case.enrolled)
    if demands_passkey(case.account, case.person):
        missing = f"{case.person.name} must set one up at the next sign-in."
        return said if case.passkeys else f"{said} {missing}"
    strict = profile_of(case.account, case.person.role) is Profile.STRICT
    if not case.enrolled or not strict:
        return said
    return f"{said} In a new browser two codes in a row, because of the role."


# ---- the rules, in their order ---------------------------------------------------------------


def _program(case: Case) -> Diagnosis | None:
    if case.person.kind is not PersonKind.SERVICE:
        return None
    return Diagnosis(
        Standing.OPEN,
        "A program. It never signs in on pages.",
        "This account belongs to a program. Nobody can sign in with it.",
    )


def _kept_out(case: Case) -> Diagnosis | None:
    lock = case.lock(LockKind.NO_ENTRY)
    if lock is None:
        return None
    return Diagnosis(
        Standing.SHUT,
        locks.sentence(lock, case.now),
        "Your access was switched off by an admin. Only an admin can switch it on again.",
        ("Do not unlock: it changes nothing here.",),
    )


def _no_password(case: Case) -> Diagnosis | None:
    if case.person.state is not PersonState.INVITED:
        return None
    mail = _mail(case, MailKind.INVITATION)
    fate, say = _fate(mail, case.now)
    return Diagnosis(
        Standing.OPEN,
        f"Never signed in: no password yet. {fate}".strip(),
        f"You were invited by mail to choose a password first. {say}".strip(),
        ("Do not choose a password for somebody else: the link in their mailbox is the proof.",),
    )


def _authenticator_off(case: Case) -> Diagnosis | None:
    lock = case.lock(LockKind.AUTHENTICATOR)
    if lock is None:
        return None
    group = best(case)
    by_passkey = "You can sign in with your passkey. " if case.passkeys else ""
    return Diagnosis(
        Standing.SHUT,
        locks.sentence(lock, case.now),
        f"Your authenticator is stopped. {by_passkey}With an invitation to set up again you set a "
        "new one up.",
        (WHO, "Unlock alone does not bring it back."),
        (group[0].told.desk,) if group and group[0].told else (),
        tuple(one.attempt.id for one in group),
    )


def _password_refused(case: Case) -> Diagnosis | None:
    last_right = max(
        (case.signed_in_at or 0, *(one.attempt.at for one in case.tried[:1])), default=0
    )
    wrong = [at for at in case.wrong_passwords if at > last_right]
    if not wrong:
        return None
    times = "once" if len(wrong) == 1 else f"{len(wrong)} times"
    lock = case.lock(LockKind.PASSWORD_LINK, LockKind.PASSWORD_WAIT)
    wait = ""
    if lock is not None and lock.kind is LockKind.PASSWORD_WAIT and lock.until is not None:
        wait = f" You can try again at {until(lock.until, case.now)}."
    return Diagnosis(
        Standing.TROUBLE,
        f"The password is refused ({times}, last {near(max(wrong), case.now)}); no code was sent.",
        "Your password is not right; your phone has nothing to do with it. Type it slowly, or "
        f"choose a new one with “Forgot your password?” on the sign-in page.{wait}",
        ("Do not set up a new authenticator: no code was asked for yet.",
         "Anybody can type the address: it need not have been the person."),
    )  # fmt: skip


def _code_refused(case: Case) -> Diagnosis | None:
    group = best(case)
    if not group or group[0].told is None:
        return None
    newest, told = group[0], group[0].told
    shut = case.lock(
        LockKind.CODE_LINK, LockKind.CODE_WAIT, LockKind.SET_UP_WAIT, LockKind.PAIR,
        LockKind.PAIR_BREAKER,
    )  # fmt: skip
    say = f"{told.own} {told.remedy}{_next_try(shut, case.now)}"
    avoid = (told.not_to_do,) if told.not_to_do else ()
    support = tuple(one.attempt.id for one in group)
    if shut is not None and newest.cause in WEAK:
        sentence = locks.sentence(shut, case.now)
        return Diagnosis(Standing.TROUBLE, sentence, say, avoid, (told.desk,), support)
    return Diagnosis(Standing.TROUBLE, told.desk, say, avoid, (), support)


def _next_try(lock: Lock | None, now: Instant) -> str:
    if lock is None:
        return ""
    if lock.kind in (LockKind.PAIR, LockKind.PAIR_BREAKER):
        return " You will be asked for two codes, one after the other."
    if lock.kind is LockKind.CODE_LINK:
        return " You will be asked to open a link in your mailbox first."
    return f" You can try again at {until(lock.until, now)}." if lock.until is not None else ""


def _stolen(case: Case) -> Diagnosis | None:
    lock = case.lock(LockKind.STOLEN)
    if lock is None:
        return None
    return Diagnosis(
        Standing.TROUBLE,
        locks.sentence(lock, case.now),
        "Somebody entered your right password and then many wrong codes. Sign in as usual; you "
        "will be asked to choose a new password.",
        ("Do not tell the person to keep the password.",),
    )


def _never_set_up(case: Case) -> Diagnosis | None:
    if case.enrolled or case.requirement is Requirement.NONE:
        return None
    fate, say = _fate(_mail(case, *ABOUT_SET_UP), case.now)
    begun = ""
    if case.pending is not None:
        begun = f" A set-up was begun {near(case.pending.created_at, case.now)} and not saved."
    return Diagnosis(
        Standing.OPEN,
        f"Never set up.{begun} {fate}".strip(),
        "Sign in with your password; then a page shows a picture to scan with an authenticator "
        f"app. {say}".strip(),
        ("Do not read a key or a link to anybody on the telephone.",),
    )


def _works(case: Case) -> Diagnosis:
    if case.signed_in_at is None:
        return Diagnosis(
            Standing.OPEN,
            "Nothing is wrong that we know of: no sign-in so far, and nothing was refused.",
            "Sign in with your address and your password. Tell me what the page says.",
        )
    steps = "" if case.enrolled else " With the password alone: no second step is set up."
    return Diagnosis(
        Standing.WORKS,
        f"Everything works: last sign-in {near(case.signed_in_at, case.now)}.{steps}",
        f"Your last sign-in, {near(case.signed_in_at, case.now)}, went well, and nothing was "
        "refused since. Which page are you on, and what does it say?",
        ("Do not reset anything: there is nothing to put right here.",),
    )


RULES: tuple[Callable[[Case], Diagnosis | None], ...] = (
    _kept_out,
    _program,
    _no_password,
    _authenticator_off,
    _password_refused,
    _code_refused,
    _stolen,
    _never_set_up,
    _works,
)


# ---- the best supported reason -------------------------------------------------------------


def refused_lately(case: Case) -> list[Tried]:
    """The codes that were refused since the last one that was right, within a day of the newest
    of them; newest first.
    """
    refused: list[Tried] = []
    for one in case.tried:
        if one.accepted or (refused and refused[0].attempt.at - one.attempt.at > DAY):
            break
        refused.append(one)
    after = case.signed_in_at or 0
    return [one for one in refused if one.attempt.at >= after]


def best(case: Case) -> list[Tried]:
    """The refused codes with the best supported reason, newest first; none if none was refused."""
    refused = refused_lately(case)
    groups: list[list[Tried]] = []
    for one in refused:
        group = next((found for found in groups if _agree(found[0], one)), None)
        if group is None:
            groups.append([one])
        else:
            group.append(one)
    unmatched = sum(one.cause is Cause.NO_MATCH for one in refused)
    return max(groups, key=lambda group: _weight(group, unmatched), default=[])


def _agree(one: Tried, other: Tried) -> bool:
    """Whether two refused codes say the same: cause, device, and place in time."""
    a, b = one.attempt, other.attempt
    same = (one.cause, a.detail) == (other.cause, b.detail)
    if one.cause in WEAK or one.cause is Cause.USED:
        return same
    near_by = a.offset is None or b.offset is None or abs(a.offset - b.offset) <= 2 * SAME
    return same and a.authenticator_id == b.authenticator_id and near_by


def _weight(group: Sequence[Tried], unmatched: int) -> tuple[int, int, Instant]:
    first = group[0]
    if first.cause in UNREAD:
        tier = 0
    elif first.cause is Cause.NO_MATCH:
        tier = 1
    elif first.cause is Cause.USED or any(one.attempt.certain for one in group):
        tier = 3
    else:
        tier = 2 if len(group) > 1 or unmatched < CHANCE else 0
    return tier, len(group), first.attempt.at


def drift_of(case: Case) -> int | None:
    """Seconds by which the person's device is ahead: by refused codes where these say so, else by
    the accepted ones.
    """
    group = best(case)
    if group and group[0].cause in (Cause.CLOCK, Cause.TIME_ZONE):
        return group[0].off
    return case.active.drift if case.active else None


# ---- mails -----------------------------------------------------------------------------------


def _mail(case: Case, *kinds: MailKind) -> Mail | None:
    return next((mail for mail in case.mails if mail.kind in kinds), None)


def _fate(mail: Mail | None, now: Instant) -> tuple[str, str]:
    """What became of a mail, to the help desk and to the person."""
    if mail is None:
        return "", ""
    if mail.state in UNREACHED:
        return f"The mail to {mail.to_address} {lost(mail)}", "Our mail did not reach you."
    if mail.state is MailState.SENT:
        sent = mail.sent_at or mail.created_at
        return (
            f"The mail to {mail.to_address} was sent {near(sent, now)}.",
            f"The mail of {near(sent, now)} has the link; look into the spam folder too.",
        )
    tried = f" Last answer: {mail.last_error}" if mail.last_error else ""
    return (
        f"The mail to {mail.to_address} waits to be sent.{tried}",
        "Our mail is still on its way.",
    )
