"""From a rule to each person whom it covers: their time begins, and they are told once.

Large organisations are reached in batches. A batch and the place it came to are one transaction,
so a worker that dies has reached all of a batch or nobody of it, and of two workers one does it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from twofold.core.deadlines import begins_at, begins_by_itself, due_after, fair_due
from twofold.core.mail import MailKind
from twofold.core.people import Account, Instant, Person, PersonKind, PersonState
from twofold.core.requirement import demanding, ruling
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
    reach = _anew if expansion.work is Work.ANEW else _reach
    mails = sum(reach(tx, now, wave, person, enrolled=enrolled) for person, enrolled in batch)
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
    """Begin somebody's time and tell them, unless an earlier rule has told them; how many mails."""
    if person.kind is PersonKind.SERVICE:
        return 0
    if enrolled:
        mail_id = notices.write(
            tx, now, wave.account, person, START, MailKind.SWITCHED_ON_ENROLLED,
            not_before=wave.mails_at, admin=wave.admin,
        )  # fmt: skip
        return int(mail_id is not None)
    return int(tell(tx, now, wave, begin(tx, now, wave.account, person, (wave.rule,))) is not None)


def _anew(tx: Tx, now: Instant, wave: Wave, person: Person, *, enrolled: bool) -> int:
    """The rules are others than they were: what they give somebody now, which they are told if it
    is another date. Whoever still has time has it until tomorrow at least, and nobody whose time
    is over gets it back by rules that would have ended it too. How many mails.
    """
    rules = demanding(wave.account, person, now)
    if enrolled or not rules:
        return 0
    duty = person.duty.in_round(wave.account.policy.round)
    if duty.began_at is None or duty.due_at is None:
        person = begin(tx, now, wave.account, person, rules)
        return int(tell(tx, now, wave, person) is not None)
    due = fair_due(rules, duty, wave.account.policy.calendar)
    if due <= now < duty.due_at:
        due = due_after(now, 1, wave.account.policy.calendar)
    elif due <= now:
        due = duty.due_at
    round_ = wave.account.policy.round
    if tx.enrolments.was_noticed(person.id, round_=round_, kind=START):
        return notices.move(tx, now, wave.account, person, due, admin=wave.admin, reason="")
    person = notices.set_due(tx, now, wave.account, person, replace(duty, due_at=due))
    return int(tell(tx, now, wave, person) is not None)


def tell(tx: Tx, now: Instant, wave: Wave, person: Person) -> str | None:
    """The first notice: the switch's news with a link, or for somebody still invited a new
    invitation, which leads on to the set-up. The id of the mail, None if it was written before, or
    where the person is exempt.
    """
    if not ruling(wave.account, person, now).required:
        return None
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


def begin(
    tx: Tx,
    now: Instant,
    account: Account,
    person: Person,
    rules: Sequence[Rule],
    *,
    came_at: Instant = 0,
) -> Person:
    """Their time under these rules begins, as far as it begins by itself; with what is then on
    their row. They came under the rules at `came_at`, or with the rules. The caller holds the row.
    """
    own = [rule for rule in rules if begins_by_itself(rule, has_password=person.has_password)]
    if not own:
        notices.expect(tx, account, person)
        return person
    came_at = max(came_at, person.created_at)
    began = min(begins_at(rule, came_at=came_at, away_until=person.duty.away_until) for rule in own)
    return _begin_at(tx, now, account, person, own, began)


def begin_waiting(tx: Tx, now: Instant, account: Account, person: Person, what: Start) -> Person:
    """What begins the time of somebody whose time has not begun has happened now: their mail was
    delivered, they signed in, they chose a password. The caller holds the row.
    """
    rules = [rule for rule in demanding(account, person, now) if rule.start is what]
    if not rules or person.duty.in_round(account.policy.round).due_at is not None:
        return person
    began = max(now, person.duty.away_until or 0)
    return _begin_at(tx, now, account, person, rules, began)


def _begin_at(
    tx: Tx, now: Instant, account: Account, person: Person, rules: Sequence[Rule], began: Instant
) -> Person:
    """Of what they have by other rules and what these give, the earlier counts. Their time began
    with the first of them.
    """
    duty = person.duty.in_round(account.policy.round)
    due = fair_due(rules, replace(duty, began_at=began), account.policy.calendar)
    others = set(demanding(account, person, now)) - set(rules)
    if others and duty.began_at is not None and duty.due_at is not None:
        began, due = min(began, duty.began_at), min(due, duty.due_at)
    return notices.set_due(tx, now, account, person, replace(duty, began_at=began, due_at=due))


def cover(tx: Tx, now: Instant, account: Account, was: Person) -> None:
    """Somebody was given another role, or entered or left a group; `was` is how they stood before.
    What is newly asked of them begins as fairly as it did for the others; where something is not
    asked any more, the other rules give their date. They are told.
    """
    person = tx.people.lock(was.id)
    before, after = demanding(account, was, now), demanding(account, person, now)
    if not after or before == after or not _must_hear(tx, account, person, now):
        return
    wave = Wave(account, after[0], account.name, now)
    if not set(before) <= set(after):
        _anew(tx, now, wave, person, enrolled=False)
        person = tx.people.lock(was.id)
    newly = [rule for rule in after if rule not in before]
    if newly:
        tell(tx, now, wave, begin(tx, now, account, person, newly, came_at=now))


def welcome(tx: Tx, now: Instant, account: Account, person: Person) -> Person:
    """What is asked of somebody who is new here, or not exempt any more, begins now, if it never
    has; with what is then on their row, which the caller holds or has just written.
    """
    rules = demanding(account, person, now)
    if not rules or not _must_hear(tx, account, person, now):
        return person
    if person.duty.in_round(account.policy.round).due_at is not None:
        return person
    return begin(tx, now, account, person, rules, came_at=now)


def welcome_by_mail(tx: Tx, now: Instant, account: Account, person: Person) -> Person:
    """The same, and they are told, if they never were."""
    person = welcome(tx, now, account, person)
    rules = demanding(account, person, now)
    if rules and _must_hear(tx, account, person, now):
        tell(tx, now, Wave(account, rules[0], account.name, now), person)
    return person


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
