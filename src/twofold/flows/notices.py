"""Mails of the rollout: each kind once to each person in a round, and the ones about dates."""

from dataclasses import replace

from twofold.core.mail import MailKind
from twofold.core.moments import when_in
from twofold.core.people import Account, Instant, Person
from twofold.core.requirement_words import zone_of
from twofold.core.rollout import START, Enrolment, due_and_next, schedule
from twofold.core.rules import Duty
from twofold.flows.outbox import write_mail, write_mail_for
from twofold.ports import Tx


def write(
    tx: Tx,
    now: Instant,
    account: Account,
    person: Person,
    notice: str,
    kind: MailKind,
    *,
    not_before: Instant = 0,
    **params: str | int,
) -> str | None:
    """Queue this notice, not to leave before `not_before`; the id of the mail. None, and no mail,
    if it was written in this round: the row that says so and the mail are one transaction.
    """
    round_ = account.policy.round
    if tx.enrolments.was_noticed(person.id, round_=round_, kind=notice):
        return None
    mail_id = write_mail_for(tx, now, not_before, person, kind, params)
    note(tx, now, account, person, notice, mail_id)
    if notice == START and kind is not MailKind.SWITCHED_ON_ENROLLED:
        told_at = max(now, not_before)
        if not tx.enrolments.told(person.id, round_=round_, at=told_at):
            tx.enrolments.put(replace(row_of(tx, account, person), told_at=told_at))
    return mail_id


def note(tx: Tx, now: Instant, account: Account, person: Person, notice: str, mail_id: str) -> None:
    """The mail with this id is the person's notice of this kind. The caller holds their row."""
    tx.enrolments.claim_notice(
        person, round_=account.policy.round, kind=notice, mail_id=mail_id, at=now
    )


def row_of(tx: Tx, account: Account, person: Person) -> Enrolment:
    """How far somebody has come in this round; a new row where there is none yet."""
    found = tx.enrolments.of(person.id)
    if found is not None and found.round == account.policy.round:
        return found
    return Enrolment(person.id, account.id, account.policy.round)


def expect(tx: Tx, account: Account, person: Person) -> None:
    """A row for somebody whose time has not begun, so that the pages count them."""
    tx.enrolments.put(row_of(tx, account, person))


def set_due(tx: Tx, now: Instant, account: Account, person: Person, duty: Duty) -> Person:
    """Store when somebody's time began and is over, and when they are reminded next; with that on
    their row. The caller holds it.
    """
    tx.people.set_duty(person.id, duty)
    person = replace(person, duty=duty)
    remind_from(tx, now, account, person)
    return person


def remind_from(tx: Tx, now: Instant, account: Account, person: Person) -> None:
    """Set when the person is reminded next, from what stands on their row."""
    duty, row = person.duty, row_of(tx, account, person)
    if duty.began_at is None or duty.due_at is None or row.finished_at is not None:
        tx.enrolments.put(replace(row, next_at=None, next_notice=""))
        return
    reminders = schedule(duty.began_at, duty.due_at, zone_of(account, person))
    _, ahead = due_and_next(reminders, now)
    at, kind = (ahead.at, ahead.kind) if ahead else (None, "")
    tx.enrolments.put(replace(row, next_at=at, next_notice=kind))


def deadline(account: Account, person: Person) -> str:
    """Until when the person has, in their own zone; "" where it is now or not known yet."""
    duty = person.duty
    if duty.due_at is None or duty.began_at is None or duty.due_at <= duty.began_at:
        return ""
    return when_in(duty.due_at, zone_of(account, person))


def move(
    tx: Tx,
    now: Instant,
    account: Account,
    person: Person,
    due: Instant,
    *,
    admin: str,
    reason: str,
    promised: bool = False,
) -> int:
    """Give somebody another deadline and tell them; how many mails. `promised` to them alone, no
    change of the rules takes it back. The caller holds the row.
    """
    if due == person.duty.due_at:
        return 0
    before = deadline(account, person)
    duty = person.duty.in_round(account.policy.round)
    duty = replace(
        duty,
        began_at=now if duty.began_at is None else duty.began_at,
        due_at=due,
        extended_until=due if promised else duty.extended_until,
    )
    moved = set_due(tx, now, account, person, duty)
    write_mail(
        tx,
        now,
        person,
        MailKind.DEADLINE_MOVED,
        admin=admin,
        before=before,
        deadline=when_in(due, zone_of(account, moved)),
        reason=reason,
    )
    return 1
