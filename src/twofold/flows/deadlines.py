"""What an admin does about the dates of one or many: longer, away, exempt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from twofold.core.deadlines import due_after, fair_due
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.moments import when_in
from twofold.core.people import Account, Instant, Person, PersonState
from twofold.core.policy import may_manage, why_not_until
from twofold.core.requirement import demanding, ruling
from twofold.core.requirement_words import zone_of
from twofold.core.rollout import WARN_BEFORE, Exemption
from twofold.flows import expansion, notices
from twofold.flows.outbox import record, write_mail
from twofold.flows.setup import Refused
from twofold.ports import Tx

MOST_AT_ONCE = 1000
"""People whose date one act moves."""


class Outcome(StrEnum):
    """What became of one of many."""

    DONE = "done"
    ENROLLED = "enrolled"
    """Has a second factor; nothing was changed."""
    NOT_ASKED = "not asked"
    """Nothing is required of them."""
    LATER = "later"
    """Has longer than that already: nobody's time is made shorter this way."""
    TODAY = "reminded today"
    """Was reminded by hand on this day already."""
    EXEMPT = "exempt"
    PAUSED = "paused"
    DISABLED = "disabled"
    """Does not sign in at present."""
    NOT_LOCKED = "not locked"
    """Nothing shuts them out that could be opened."""
    NO_FACTOR = "nothing set up"
    """Has no second factor that could be replaced."""
    SECOND_ADMIN = "second admin"
    """An admin, for whom a second admin confirms it, one at a time."""
    NOT_BELOW = "not below"
    """Not of a lower role than the helper's own."""
    YOURSELF = "yourself"
    """Nobody gives themselves more time."""
    NOBODY = "nobody here"
    """No person of the account has this address."""
    NOT_YOURS = "not yours"
    """Not there, or above the admin's own role."""


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the answer to a bulk act."""

    person_id: str
    name: str
    outcome: Outcome


def extend(
    tx: Tx, now: Instant, *, actor: Person, people: Sequence[str], until: Instant, reason: str
) -> Sequence[Result] | Refused:
    """Give these people (ids) until `until`, each told by mail with the reason. In one
    transaction; whose time is longer already keeps it.
    """
    why = why_not_until(now, until) or _reason_problem(reason)
    if why is not None:
        return Refused(*why)
    account = tx.accounts.get(actor.account_id)
    return [
        _extend(tx, now, account, actor, person_id, until, reason.strip())
        for person_id in sorted(set(people))
    ]


def extend_by_address(
    tx: Tx, now: Instant, *, actor: Person, addresses: Sequence[str], until: Instant, reason: str
) -> Sequence[Result] | Refused:
    """The same for people named by their addresses; who is nobody here comes back as such."""
    if not addresses:
        return Refused("people", "Name at least one person by their address.")
    if len(addresses) > MOST_AT_ONCE:
        return Refused("people", f"Name at most {MOST_AT_ONCE} people at a time.")
    found = {email: tx.people.by_email(email) for email in addresses}
    here = {
        email: person
        for email, person in found.items()
        if person is not None and person.account_id == actor.account_id
    }
    ids = [person.id for person in here.values()]
    done = extend(tx, now, actor=actor, people=ids, until=until, reason=reason)
    if isinstance(done, Refused):
        return done
    strangers = [Result("", email, Outcome.NOBODY) for email in found if email not in here]
    return [*done, *strangers]


def _extend(
    tx: Tx,
    now: Instant,
    account: Account,
    actor: Person,
    person_id: str,
    until: Instant,
    reason: str,
) -> Result:
    if tx.people.find(account.id, person_id) is None:
        return Result(person_id, "", Outcome.NOT_YOURS)
    person = tx.people.lock(person_id)
    outcome = may_extend(tx, now, account, actor, person, until)
    if outcome is Outcome.DONE:
        old = person.duty.due_at
        notices.move(
            tx, now, account, person, until, admin=actor.name, reason=reason, promised=True
        )
        record(
            tx,
            now,
            EventKind.DEADLINE_MOVED,
            person,
            actor_id=actor.id,
            old=old or 0,
            new=until,
            reason=reason,
        )
    return Result(person.id, person.name, outcome)


def may_extend(
    tx: Tx, now: Instant, account: Account, actor: Person, person: Person, until: Instant
) -> Outcome:
    """What `extend` answers about one person, `DONE` if it would change their date."""
    if not may_manage(actor, person):
        return Outcome.NOT_YOURS
    if person.id == actor.id:
        return Outcome.YOURSELF
    if tx.authenticators.has_factor(person.id):
        return Outcome.ENROLLED
    found = ruling(account, person, now)
    if not found.required or person.state is PersonState.DISABLED:
        return Outcome.NOT_ASKED
    if found.due_at is not None and found.due_at >= until:
        return Outcome.LATER
    return Outcome.DONE


def set_leave(
    tx: Tx, now: Instant, *, actor: Person, person_id: str, until: Instant | None
) -> Person | Refused | None:
    """Somebody is away until then, or not any more. Their time to set up begins when they are
    back: a deadline that would fall before gives them their full days from then on.
    """
    person = _managed(tx, actor, person_id)
    if person is None:
        return None
    if person.id == actor.id:
        return Refused("", "You cannot set your own leave. Ask another admin to do it.")
    if until is not None and (why := why_not_until(now, until)) is not None:
        return Refused(*why)
    account = tx.accounts.get(actor.account_id)
    person = replace(person, duty=replace(person.duty, away_until=until))
    tx.people.set_duty(person.id, person.duty)
    record(tx, now, EventKind.LEAVE_SET, person, actor_id=actor.id, until=until or 0)
    rules, duty = demanding(account, person, now), person.duty.in_round(account.policy.round)
    if until is None or not rules or duty.due_at is None:
        return person
    due = fair_due(rules, duty, account.policy.calendar)
    if due > duty.due_at and not tx.authenticators.has_factor(person.id):
        notices.move(tx, now, account, person, due, admin=actor.name, reason="")
    return person


def exempt(
    tx: Tx, now: Instant, *, actor: Person, person_id: str, until: Instant, reason: str
) -> Exemption | Refused | None:
    """Leave somebody out of the demand until then. The admin who does it is named as the one who
    approved it; nobody approves their own.
    """
    person = _managed(tx, actor, person_id)
    if person is None:
        return None
    if person.id == actor.id:
        return Refused("", "You cannot exempt yourself. Ask another admin to do it.")
    why = why_not_until(now, until) or _reason_problem(reason)
    if why is not None:
        return Refused(*why)
    given = Exemption(
        id=tx.random.new_id(),
        account_id=person.account_id,
        person_id=person.id,
        approver_id=actor.id,
        reason=reason.strip(),
        given_at=now,
        until_at=until,
    )
    for earlier in tx.exemptions.of(person.id):
        tx.exemptions.end(earlier.id, now)
    tx.exemptions.add(given)
    tx.people.set_duty(person.id, replace(person.duty, exempt_until=until))
    record(
        tx,
        now,
        EventKind.EXEMPTED,
        person,
        actor_id=actor.id,
        until=until,
        reason=given.reason,
    )
    return given


def end_exemption(tx: Tx, now: Instant, *, actor: Person, person_id: str) -> Person | None:
    """End somebody's exemption before its time. They get a day, and are told."""
    person = _managed(tx, actor, person_id)
    if person is None:
        return None
    for one in tx.exemptions.of(person.id):
        if tx.exemptions.end(one.id, now):
            _asked_again(tx, now, person, actor_id=actor.id)
    return person


def tick(tx: Tx, now: Instant) -> bool:
    """Warn of one exemption that ends soon, or end one that is over; whether there was one. For
    the worker.
    """
    due = tx.exemptions.due(now, warn_until=now + WARN_BEFORE)
    if due is None:
        return False
    person = tx.people.lock(due.person_id)
    if due.until_at <= now:
        if tx.exemptions.end(due.id, now):
            _asked_again(tx, now, person, actor_id=None)
        return True
    if tx.exemptions.warn(due.id, now):
        account = tx.accounts.get(person.account_id)
        approver = tx.people.find(account.id, due.approver_id)
        for one in (person, approver):
            if one is not None and one.state is not PersonState.DISABLED:
                write_mail(
                    tx,
                    now,
                    one,
                    MailKind.EXEMPTION_ENDS,
                    whose=person.name,
                    mine=int(one.id == person.id),
                    deadline=when_in(due.until_at, zone_of(account, one)),
                    reason=due.reason,
                )
    return True


def _asked_again(tx: Tx, now: Instant, person: Person, *, actor_id: str | None) -> None:
    """Somebody is not exempt any more; never from one moment to the next without a day."""
    account = tx.accounts.get(person.account_id)
    person = replace(person, duty=replace(person.duty, exempt_until=None))
    tx.people.set_duty(person.id, person.duty)
    record(tx, now, EventKind.EXEMPTION_ENDED, person, actor_id=actor_id)
    person = expansion.welcome_by_mail(tx, now, account, person)
    found = ruling(account, person, now)
    if actor_id is None or not found.must_enrol(now) or tx.authenticators.has_factor(person.id):
        return
    soon = due_after(now, 1, account.policy.calendar)
    notices.move(tx, now, account, person, soon, admin=account.name, reason="")


def _managed(tx: Tx, actor: Person, person_id: str) -> Person | None:
    """The person, their row locked, if the actor may change them."""
    if tx.people.find(actor.account_id, person_id) is None:
        return None
    person = tx.people.lock(person_id)
    return person if may_manage(actor, person) else None


def _reason_problem(reason: str) -> tuple[str, str] | None:
    if len(reason.strip()) < 3:
        return "reason", "Say why, in a few words: it is kept in the log."
    if len(reason) > 200:
        return "reason", "Say why in at most 200 letters."
    return None
