"""What ends a delayed recovery before it is used, and its use. Called by whatever flow the fact
comes from, in that flow's transaction, with the person's row locked.
"""

from dataclasses import replace

from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Instant, Person
from twofold.core.tokens import Purpose
from twofold.core.waits import StopReason, WaitFact, WaitState, advance
from twofold.flows.outbox import record, write_mail
from twofold.ports import Tx


def stop(
    tx: Tx, now: Instant, person: Person, reason: StopReason, *, actor_id: str | None = None
) -> bool:
    """Stop the person's running wait, with all that it has led to and that is not saved yet. The
    person and every admin are told. False if none runs.
    """
    wait = tx.waits.running(person.id)
    if wait is None:
        return False
    stopped = replace(
        wait, state=advance(wait.state, WaitFact.STOPPED), ended_at=now, stopped_by=reason
    )
    if not tx.waits.move(stopped, state=wait.state, notices=wait.notices):
        return False
    _end_links(tx, person.id)
    if wait.state is WaitState.OPEN:
        # Whoever opened the mailed link may be at the set-up already, and ends there.
        tx.links.end_all(person.id, Purpose.RECOVERY)
        tx.links.end_all(person.id, Purpose.ENROL)
        tx.sign_ins.end_all(person.id)
        tx.authenticators.discard_pending(person.id)
        tx.challenges.end_all(person.id)
    for one in told(tx, person):
        write_mail(
            tx,
            now,
            one,
            MailKind.WAIT_STOPPED,
            whose=person.name,
            email=person.email,
            how=reason.words,
            mine=int(one.id == person.id),
            at=now,
        )
    record(tx, now, EventKind.WAIT_STOPPED, person, actor_id=actor_id, by=reason.value)
    return True


def told(tx: Tx, person: Person) -> list[Person]:
    """Whom every step of a wait is told: all admins of the account, then the person."""
    admins = [one for one in tx.people.admins(person.account_id) if one.id != person.id]
    return [*admins, person]


def saved(tx: Tx, now: Instant, person: Person) -> None:
    """The person has saved a new authenticator: the wait that led to it is used, any other is
    not needed any more.
    """
    wait = tx.waits.running(person.id)
    if wait is None:
        return
    if wait.state is not WaitState.OPEN:
        stop(tx, now, person, StopReason.SET_UP, actor_id=person.id)
        return
    used = replace(wait, state=advance(wait.state, WaitFact.SAVED), ended_at=now)
    if tx.waits.move(used, state=wait.state, notices=wait.notices):
        _end_links(tx, person.id)
        tx.links.end_all(person.id, Purpose.RECOVERY)
        record(tx, now, EventKind.WAIT_USED, person, actor_id=person.id)


def expire(tx: Tx, now: Instant, person: Person) -> None:
    """Nobody has saved a new authenticator in time."""
    wait = tx.waits.running(person.id)
    if wait is None:
        return
    over = replace(wait, state=advance(wait.state, WaitFact.LINK_EXPIRED), ended_at=now)
    if tx.waits.move(over, state=wait.state, notices=wait.notices):
        _end_links(tx, person.id)
        tx.links.end_all(person.id, Purpose.RECOVERY)
        record(tx, now, EventKind.WAIT_EXPIRED, person, actor_id=None)


def _end_links(tx: Tx, person_id: str) -> None:
    """The links of a wait that is over: none of them stops, or begins, a later one."""
    tx.links.end_all(person_id, Purpose.STOP_WAIT)
    tx.links.end_all(person_id, Purpose.WAIT)
