"""Delayed recovery: asked for after the password, begun from the mailbox, told daily, stopped by
anybody who is told, and at its end a link that sets up anew.

The password alone begins nothing, because the link is in the mailbox. The mailbox alone begins
nothing, because the link is mailed for a sign-in whose password was right, and a password that a
mailed link has set does not count until somebody has signed in with it and a second factor.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from twofold.core.attempts import Source
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import HOUR, Instant, Person, PersonState
from twofold.core.sessions import ENROLLING_LIFETIME, Caller, HalfCaller
from twofold.core.tokens import Maker, Purpose
from twofold.core.waits import (
    STOP_LIFETIME,
    Step,
    StopReason,
    Told,
    Wait,
    WaitFact,
    WaitState,
    advance,
    is_offered,
    length_problem,
    next_step,
    rests,
)
from twofold.flows import links, recovery_link, wait_stops
from twofold.flows.links import LinkTrouble, OpenLink
from twofold.flows.outbox import may_be_asked_for, record, write_mail
from twofold.flows.setup import Refused
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class Asked:
    """If it is possible, a link is in the first mailbox. The same answer whether or not one is."""


@dataclass(frozen=True, slots=True)
class NotOffered:
    """The account does not allow it, or not for this role."""


@dataclass(frozen=True, slots=True)
class Runs:
    """One runs already; it is not made shorter or longer."""

    wait: Wait


def ask(tx: Tx, now: Instant, *, half: HalfCaller, source: Source) -> Asked | NotOffered:
    """Mail a link with which the wait is begun, to the first address of somebody whose password
    was right a moment ago. As often as `outbox.ASKED_FOR` allows.
    """
    person = tx.people.lock(half.person.id)
    if not is_offered(tx.accounts.get(person.account_id), person.role):
        return NotOffered()
    if not _may_begin(tx, now, person) or tx.waits.running(person.id) is not None:
        return Asked()
    if may_be_asked_for(tx, now, person.id, MailKind.WAIT_LINK):
        token, expires_at = links.mint(tx, now, Purpose.WAIT, person)
        write_mail(
            tx,
            now,
            person,
            MailKind.WAIT_LINK,
            token=token,
            expires_at=expires_at,
            hours=half.account.wait_hours,
            browser=source.browser,
            address=source.address,
        )
        record(tx, now, EventKind.WAIT_ASKED, person, actor_id=person.id, address=source.address)
    return Asked()


def _may_begin(tx: Tx, now: Instant, person: Person) -> bool:
    return (
        person.state is PersonState.ACTIVE
        and not person.must_change_password
        and tx.authenticators.has_factor(person.id)
        and tx.waits.password_is_proved(person.id)
        and not rests(tx.waits.latest(person.id), now)
    )


def look(tx: Tx, now: Instant, *, token: str) -> OpenLink | LinkTrouble:
    """What a link that begins a wait would do, without using it."""
    return links.look(tx, now, purpose=Purpose.WAIT, token=token)


def start(tx: Tx, now: Instant, *, token: str) -> Wait | Runs | NotOffered | LinkTrouble:
    """Use the link: the wait runs from now on, and everybody who can stop it is told."""
    found = look(tx, now, token=token)
    if not isinstance(found, OpenLink):
        return found
    assert found.person is not None, "a link that begins a wait is somebody's"
    person = tx.people.lock(found.person.id)
    account = tx.accounts.get(person.account_id)
    if not is_offered(account, person.role) or not _may_begin(tx, now, person):
        return NotOffered()
    running = tx.waits.running(person.id)
    if running is not None:
        return Runs(running)
    if not tx.links.use(found.link.id, now):
        return LinkTrouble.USED
    begun = Wait(
        id=tx.random.new_id(),
        account_id=person.account_id,
        person_id=person.id,
        state=WaitState.WAITING,
        length=account.wait_hours * HOUR,
        password_version=person.password_version,
        notices=1,
        mail_id="",
        started_at=now,
        stepped_at=now,
        next_at=now,
    )
    wait = replace(begun, mail_id=_tell(tx, now, person, begun), next_at=now + begun.interval)
    tx.waits.add(wait)
    record(tx, now, EventKind.WAIT_STARTED, person, actor_id=None, hours=account.wait_hours)
    return wait


def _tell(
    tx: Tx, now: Instant, person: Person, wait: Wait, kind: MailKind = MailKind.WAIT_NOTICE
) -> str:
    """Write everybody who can stop it, each with a link of their own; the id of the mail to the
    person's first address.
    """
    mail_id = ""
    for one in wait_stops.told(tx, person):
        token, _ = links.mint(
            tx, now, Purpose.STOP_WAIT, person, replace=False, lifetime=STOP_LIFETIME
        )
        mail_id = write_mail(
            tx,
            now,
            one,
            kind,
            token=token,
            whose=person.name,
            email=person.email,
            mine=int(one.id == person.id),
            started_at=wait.started_at,
            ends_at=wait.ends_at,
        )
    return mail_id


def tick(tx: Tx, now: Instant) -> bool:
    """Do what is due for one running wait; whether there was one. Everything that it does is in
    one transaction with the update that says that it was done, so that a worker that dies has
    done all of it or nothing, and of two workers one does it.
    """
    due = tx.waits.due(now)
    if due is None:
        return False
    person = tx.people.lock(due.person_id)
    wait = tx.waits.running(person.id)
    if wait is None or wait.id != due.id:
        return True
    reason = _why_not(tx, person, wait)
    if reason is not None:
        return wait_stops.stop(tx, now, person, reason)
    step, at = next_step(wait, now, _told(tx, wait))
    match step:
        case Step.HOLD:
            _move(tx, wait, replace(wait, next_at=at))
        case Step.RESTART:
            _move(tx, wait, replace(wait, stepped_at=now, next_at=at))
        case Step.UNREACHABLE:
            wait_stops.stop(tx, now, person, StopReason.UNREACHABLE)
        case Step.EXPIRE:
            wait_stops.expire(tx, now, person)
        case Step.NOTICE:
            _notify(tx, now, person, wait)
        case Step.OPEN:
            _open(tx, now, person, wait)
    return True


def _why_not(tx: Tx, person: Person, wait: Wait) -> StopReason | None:
    """Why it must not go on, if it must not: whatever flow forgot to stop it."""
    account = tx.accounts.get(person.account_id)
    reasons = (
        (StopReason.DISABLED, person.state is not PersonState.ACTIVE),
        (StopReason.ROLE, person.role.is_staff),
        (StopReason.POLICY, not is_offered(account, person.role)),
        (StopReason.PASSWORD, person.password_version != wait.password_version),
        (StopReason.STOLEN, person.must_change_password),
        (StopReason.NO_FACTOR, not tx.authenticators.has_factor(person.id)),
    )
    return next((reason for reason, holds in reasons if holds), None)


def _told(tx: Tx, wait: Wait) -> Told | None:
    mail = tx.mails.find(wait.account_id, wait.mail_id)
    return Told(mail.state, mail.sent_at) if mail else None


def _move(tx: Tx, before: Wait, after: Wait) -> bool:
    return tx.waits.move(after, state=before.state, notices=before.notices)


def _notify(tx: Tx, now: Instant, person: Person, wait: Wait) -> None:
    state = advance(wait.state, WaitFact.TOLD_AGAIN)
    told = replace(wait, state=state, notices=wait.notices + 1, stepped_at=now)
    mail_id = _tell(tx, now, person, told)
    moved = replace(told, mail_id=mail_id, next_at=now + told.interval)
    if not _move(tx, wait, moved):
        raise RuntimeError("a wait moved under the lock of its person")


def _open(tx: Tx, now: Instant, person: Person, wait: Wait) -> None:
    """The end: the link that sets up anew, once, to the first address alone."""
    link = recovery_link.issue(tx, now, person, maker=Maker.WAIT)
    write_mail(tx, now, person, MailKind.WAIT_OPEN, token=link.token, expires_at=link.expires_at)
    until = link.expires_at + ENROLLING_LIFETIME
    state = advance(wait.state, WaitFact.TIME_IS_UP)
    opened = replace(wait, state=state, stepped_at=now, next_at=until, open_until=until)
    mail_id = _tell(tx, now, person, wait, MailKind.WAIT_OVER)
    if not _move(tx, wait, replace(opened, mail_id=mail_id)):
        raise RuntimeError("a wait moved under the lock of its person")
    record(tx, now, EventKind.WAIT_OPENED, person, actor_id=None)


@dataclass(frozen=True, slots=True)
class StopPage:
    """What a *Stop this* link shows: whose wait, where it stands, and whether the link stops it."""

    person: Person
    wait: Wait
    can_stop: bool


def look_stop(tx: Tx, now: Instant, *, token: str) -> StopPage | LinkTrouble:
    """What is to be seen behind a *Stop this* link, also when its wait is over."""
    found = links.look(tx, now, purpose=Purpose.STOP_WAIT, token=token)
    if found is LinkTrouble.UNKNOWN:
        return found
    link = links.find(tx, purpose=Purpose.STOP_WAIT, token=token)
    person = tx.people.find(link.account_id or "", link.person_id or "") if link else None
    wait = tx.waits.latest(person.id) if person else None
    if person is None or wait is None:
        return LinkTrouble.UNKNOWN
    return StopPage(person, wait, isinstance(found, OpenLink) and wait.is_running)


def stop_by_link(tx: Tx, now: Instant, *, token: str) -> StopPage | LinkTrouble:
    """Press *Stop this*. Pressed again, or in another mail, it shows that it is stopped."""
    seen = look_stop(tx, now, token=token)
    if isinstance(seen, StopPage) and seen.can_stop:
        person = tx.people.lock(seen.person.id)
        used = links.use(tx, now, purpose=Purpose.STOP_WAIT, token=token)
        if isinstance(used, OpenLink):
            wait_stops.stop(tx, now, person, StopReason.LINK)
        return look_stop(tx, now, token=token)
    return seen


def stop_own(tx: Tx, now: Instant, *, caller: Caller) -> bool:
    """Stop one's own, from a session."""
    person = tx.people.lock(caller.person.id)
    return wait_stops.stop(tx, now, person, StopReason.PERSON, actor_id=person.id)


def stop_of(tx: Tx, now: Instant, *, actor: Person, person_id: str) -> Person | None:
    """Stop somebody's, as one of the staff; None for somebody of another account."""
    if tx.people.find(actor.account_id, person_id) is None:
        return None
    person = tx.people.lock(person_id)
    wait_stops.stop(tx, now, person, StopReason.STAFF, actor_id=actor.id)
    return person


def running(tx: Tx, *, account_id: str) -> Sequence[tuple[Wait, Person]]:
    """All that run in an account, the oldest first."""
    return tx.waits.running_in(account_id)


def latest(tx: Tx, *, person_id: str) -> Wait | None:
    """The person's newest, whatever became of it."""
    return tx.waits.latest(person_id)


def set_length(tx: Tx, now: Instant, *, caller: Caller, hours: int) -> bool | Refused:
    """Let the account's people recover by waiting so many hours, or not at all (0); whether that
    changed anything. What runs goes on as it was begun; switching off stops it.
    """
    problem = length_problem(hours)
    if problem is not None:
        return Refused("hours", problem)
    account = tx.accounts.lock(caller.account.id)
    if hours == account.wait_hours:
        return False
    tx.accounts.set_wait_hours(account.id, hours)
    person = caller.person
    change = f"{account.wait_hours} → {hours}"
    record(tx, now, EventKind.WAIT_POLICY_SET, person, actor_id=person.id, hours=change)
    for one in () if hours else sorted(who.id for _, who in tx.waits.running_in(account.id)):
        wait_stops.stop(tx, now, tx.people.lock(one), StopReason.POLICY, actor_id=person.id)
    return True
