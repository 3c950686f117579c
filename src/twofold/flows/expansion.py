"""From a rule to each person whom it covers: their time begins, and they are told once.

Large organisations are reached in batches. A batch and the place it came to are one transaction,
so a worker that dies has reached all of a batch or nobody of it, and of two workers one does it.
"""

from dataclasses import dataclass, replace

from twofold.core.deadlines import begins_at, begins_by_itself, due_after
from twofold.core.mail import MailKind
from twofold.core.people import Account, Instant, Person, PersonKind, PersonState
from twofold.core.requirement import ruling
from twofold.core.rollout import (
    BATCH,
    START,
    Expansion,
    ExpansionState,
    Work,
)
from twofold.core.rules import Rule, Stance, Start
from twofold.core.tokens import Purpose
from twofold.flows import links, notices
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class Wave:
    """What a batch needs to know of its rule."""

    account: Account
    rule: Rule
    admin: str
    """Who is named in the mails."""
    mails_at: Instant


def step(tx: Tx, now: Instant) -> bool:
    """One batch of the oldest work that waits; whether there was any. For the worker."""
    expansion = tx.expansions.due(now)
    if expansion is None:
        return False
    advance(tx, now, expansion)
    return True


def advance(tx: Tx, now: Instant, expansion: Expansion, *, limit: int = BATCH) -> Expansion:
    """Reach the next people of this work, at most `limit`; how far it is then. The caller holds
    its row.
    """
    account = tx.accounts.get(expansion.account_id)
    rule = next((one for one in account.policy.rules if one.id == expansion.rule_id), None)
    if rule is None or rule.stance is not Stance.REQUIRED:
        return _store(tx, replace(expansion, state=ExpansionState.UNDONE, finished_at=now))
    admin = tx.people.find(account.id, expansion.by_id) if expansion.by_id else None
    wave = Wave(account, rule, admin.name if admin else account.name, expansion.mails_at)
    batch = tx.expansions.people_after(account.id, rule.target, after=expansion.after, limit=limit)
    mails = sum(
        _redate(tx, now, wave, person, enrolled=enrolled)
        if expansion.work is Work.REDATE
        else _reach(tx, now, wave, person, enrolled=enrolled)
        for person, enrolled in batch
    )
    is_last = len(batch) < limit
    return _store(
        tx,
        replace(
            expansion,
            after=batch[-1][0].id if batch else expansion.after,
            done=expansion.done + len(batch),
            mails=expansion.mails + mails,
            state=ExpansionState.DONE if is_last else ExpansionState.WAITING,
            finished_at=now if is_last else None,
        ),
    )


def _store(tx: Tx, expansion: Expansion) -> Expansion:
    tx.expansions.moved(expansion)
    return expansion


def _reach(tx: Tx, now: Instant, wave: Wave, person: Person, *, enrolled: bool) -> int:
    """Begin somebody's time and tell them, unless an earlier rule has; how many mails."""
    if person.kind is PersonKind.SERVICE:
        return 0
    if tx.enrolments.was_noticed(person.id, round_=wave.account.policy.round, kind=START):
        begin(tx, now, wave.account, person, wave.rule)
        return 0
    if enrolled:
        mail_id = notices.write(
            tx, now, wave.account, person, START, MailKind.SWITCHED_ON_ENROLLED,
            not_before=wave.mails_at, admin=wave.admin,
        )  # fmt: skip
        return int(mail_id is not None)
    person = begin(tx, now, wave.account, person, wave.rule)
    mail_id = tell(tx, now, wave, person)
    return int(mail_id is not None)


def tell(tx: Tx, now: Instant, wave: Wave, person: Person) -> str | None:
    """The first notice: the switch's news with a link, or for somebody still invited a new
    invitation, which leads on to the set-up. The id of the mail, None if it was written before.
    """
    if tx.enrolments.was_noticed(person.id, round_=wave.account.policy.round, kind=START):
        return None
    deadline = notices.deadline(wave.account, person)
    if person.state is PersonState.INVITED:
        token, expires_at = links.mint(tx, now, Purpose.INVITATION, person, replace=False)
        return notices.write(
            tx, now, wave.account, person, START, MailKind.INVITATION,
            not_before=wave.mails_at, token=token, expires_at=expires_at, inviter=wave.admin,
            requires_factor=1, deadline=deadline,
        )  # fmt: skip
    token, expires_at = links.mint(tx, now, Purpose.ENROL, person, replace=False)
    return notices.write(
        tx, now, wave.account, person, START, MailKind.SWITCHED_ON,
        not_before=wave.mails_at, token=token, expires_at=expires_at, admin=wave.admin,
        deadline=deadline,
    )  # fmt: skip


def begin(tx: Tx, now: Instant, account: Account, person: Person, rule: Rule) -> Person:
    """Their time under this rule begins, if it begins by itself; with what is then on their row.
    Of two rules the earlier deadline counts, as the strictest wins. The caller holds the row.
    """
    if begins_by_itself(rule, has_password=person.has_password):
        came_at = max(person.created_at, rule.since)
        began = begins_at(rule, came_at=came_at, away_until=person.duty.away_until)
        return _set_due(tx, now, account, person, began, rule)
    notices.expect(tx, account, person)
    return person


def begin_waiting(tx: Tx, now: Instant, account: Account, person: Person, what: Start) -> Person:
    """What begins the time of somebody whose time has not begun has happened now: their mail was
    delivered, they signed in, they chose a password. The caller holds the row.
    """
    found = ruling(account, person, now)
    if found.rule is None or found.due_at is not None or found.stance is not Stance.REQUIRED:
        return person
    if found.rule.start is not what:
        return person
    began = begins_at(found.rule, came_at=now, away_until=person.duty.away_until)
    return _set_due(tx, now, account, person, began, found.rule)


def _set_due(
    tx: Tx, now: Instant, account: Account, person: Person, began: Instant, rule: Rule
) -> Person:
    due = due_after(began, rule.days, account.policy.calendar)
    others = replace(account.policy, rules=tuple(r for r in account.policy.rules if r != rule))
    before = ruling(replace(account, policy=others), person, now)
    if before.required and before.due_at is not None and before.due_at <= due:
        began, due = person.duty.began_at or began, before.due_at
    duty = replace(person.duty, began_at=began, due_at=due, round=account.policy.round)
    tx.people.set_duty(person.id, duty)
    person = replace(person, duty=duty)
    notices.remind_from(tx, now, account, person)
    return person


def cover(tx: Tx, now: Instant, account: Account, person_id: str) -> None:
    """Somebody was given another role or joined a group: what is asked of them now begins as
    fairly as it did for the others, and they are told.
    """
    person = start_clock(tx, now, account, tx.people.lock(person_id), since=now)
    found = ruling(account, person, now)
    if found.rule is None or not _must_hear(tx, account, person, now):
        return
    tell(tx, now, Wave(account, found.rule, account.name, now), person)


def start_clock(
    tx: Tx, now: Instant, account: Account, person: Person, *, since: Instant | None = None
) -> Person:
    """Begin the time of somebody who came under a rule at `since`, or with it where that is None;
    with what is then on their row. The caller holds it, or has just written it.
    """
    found = ruling(account, person, now)
    if found.rule is None or not _must_hear(tx, account, person, now):
        return person
    if person.duty.due_at is not None and person.duty.round == account.policy.round:
        return person
    return begin(tx, now, account, person, replace(found.rule, since=since or found.rule.since))


def told_by(tx: Tx, now: Instant, account: Account, person: Person, mail_id: str) -> None:
    """The mail with this id tells the person what is asked of them, if anything is."""
    if _must_hear(tx, account, person, now):
        notices.note(tx, now, account, person, START, mail_id)


def _must_hear(tx: Tx, account: Account, person: Person, now: Instant) -> bool:
    return (
        ruling(account, person, now).required
        and person.state is not PersonState.DISABLED
        and not tx.authenticators.has_factor(person.id)
    )


def _redate(tx: Tx, now: Instant, wave: Wave, person: Person, *, enrolled: bool) -> int:
    """The rule gives other days: everybody's date is computed anew, and they are told if it is
    another one. It never falls into the first day after the change.
    """
    duty = person.duty
    if enrolled or person.kind is PersonKind.SERVICE or duty.round != wave.account.policy.round:
        return 0
    if duty.began_at is None or duty.due_at is None:
        return 0
    due = max(
        due_after(duty.began_at, wave.rule.days, wave.account.policy.calendar),
        due_after(now, 1, wave.account.policy.calendar),
    )
    return notices.move(tx, now, wave.account, person, due, admin=wave.admin, reason="")
