"""Reminders: written when they are due, to whoever still has to set up, each kind once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import DAY, Account, Instant, Person, PersonState
from twofold.core.policy import may_manage
from twofold.core.requirement import ruling
from twofold.core.requirement_words import zone_of
from twofold.core.rollout import Notice, due_and_next, schedule
from twofold.core.tokens import Purpose
from twofold.flows import links, notices
from twofold.flows.deadlines import Outcome, Result
from twofold.flows.outbox import record
from twofold.ports import Tx

AT_ONCE = 50
"""People whom one transaction reminds."""


def tick(tx: Tx, now: Instant) -> bool:
    """Write the reminders that are due, and set when each person is reminded next; whether more
    may be due. For the worker: of any number of them, each person is reminded by one.
    """
    due = tx.enrolments.due(now, limit=AT_ONCE)
    for person_id in sorted(row.person_id for row in due):  # As everywhere: in the order of ids.
        person = tx.people.lock(person_id)
        row, account = tx.enrolments.of(person_id), tx.accounts.get(person.account_id)
        if row is None or row.next_at is None or row.next_at > now:
            continue  # Another worker was here first.
        notice = None if row.round != account.policy.round else _due(account, person, now)
        if notice is not None and not tx.authenticators.has_factor(person.id):
            remind(tx, now, account, person, notice)
        _move_on(tx, now, account, person)
    return len(due) == AT_ONCE


def _due(account: Account, person: Person, now: Instant) -> Notice | None:
    """The reminder for now, if the person still has to act and nothing softens the demand."""
    found = ruling(account, person, now)
    if not found.required or found.pause is not None or person.state is PersonState.DISABLED:
        return None
    duty = person.duty
    if duty.began_at is None or duty.due_at is None or now >= duty.due_at:
        return None
    past, _ = due_and_next(schedule(duty.began_at, duty.due_at, zone_of(account, person)), now)
    return past


def _move_on(tx: Tx, now: Instant, account: Account, person: Person) -> None:
    row = notices.row_of(tx, account, person)
    if tx.authenticators.has_factor(person.id):
        tx.enrolments.put(
            replace(row, finished_at=row.finished_at or now, next_at=None, next_notice="")
        )
    else:
        notices.remind_from(tx, now, account, person)


def remind(tx: Tx, now: Instant, account: Account, person: Person, notice: Notice) -> str | None:
    """Write one reminder with a link of its own; the id of the mail, None if this kind was
    written. Earlier links go on working. The caller holds the person's row.
    """
    if tx.enrolments.was_noticed(person.id, round_=account.policy.round, kind=notice.kind):
        return None
    is_ahead = person.duty.due_at is not None and person.duty.due_at > now
    deadline = notices.deadline(account, person) if is_ahead else ""
    if person.state is PersonState.INVITED:
        token, expires_at = links.mint(tx, now, Purpose.INVITATION, person, replace=False)
        return notices.write(
            tx, now, account, person, notice.kind, MailKind.INVITATION, token=token,
            expires_at=expires_at, inviter=account.name, requires_factor=1, deadline=deadline,
        )  # fmt: skip
    token, expires_at = links.mint(tx, now, Purpose.ENROL, person, replace=False)
    return notices.write(
        tx, now, account, person, notice.kind, MailKind.REMINDER, token=token,
        expires_at=expires_at, deadline=deadline, days_left=notice.days_left,
    )  # fmt: skip


def remind_by_hand(
    tx: Tx, now: Instant, *, actor: Person, people: Sequence[str]
) -> Sequence[Result]:
    """Write these people (ids) a reminder now, each at most once on a day of the account's zone;
    only to those of whom a second factor is asked and who have none. In one transaction.
    """
    account = tx.accounts.get(actor.account_id)
    results = []
    for person_id in sorted(set(people)):
        if tx.people.find(account.id, person_id) is None:
            results.append(Result(person_id, "", Outcome.NOT_YOURS))
            continue
        person = tx.people.lock(person_id)
        outcome = may_remind(tx, now, account, actor, person)
        if outcome is Outcome.DONE:
            remind(tx, now, account, person, _by_hand(account, person, now))
            record(tx, now, EventKind.REMINDED, person, actor_id=actor.id)
        results.append(Result(person.id, person.name, outcome))
    return results


def may_remind(tx: Tx, now: Instant, account: Account, actor: Person, person: Person) -> Outcome:
    """What `remind_by_hand` answers about one person, `DONE` if it would write to them."""
    if not may_manage(actor, person):
        return Outcome.NOT_YOURS
    if tx.authenticators.has_factor(person.id):
        return Outcome.ENROLLED
    if person.state is PersonState.DISABLED:
        return Outcome.DISABLED
    found = ruling(account, person, now)
    if found.exempt_until is not None:
        return Outcome.EXEMPT
    if not found.required:
        return Outcome.NOT_ASKED
    if found.pause is not None:
        return Outcome.PAUSED
    kind = _by_hand(account, person, now).kind
    if tx.enrolments.was_noticed(person.id, round_=account.policy.round, kind=kind):
        return Outcome.TODAY
    return Outcome.DONE


def _by_hand(account: Account, person: Person, now: Instant) -> Notice:
    place = ZoneInfo(account.policy.calendar.zone)
    today = datetime.fromtimestamp(now, UTC).astimezone(place).date()
    left = max(0, (person.duty.due_at or 0) - now)
    return Notice(f"by-hand-{today.isoformat()}", now, -(-left // DAY))
