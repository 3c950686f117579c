"""The help desk's one door: who may help whom, on what grounds; then it is done, or waits.

Whatever is done for somebody comes through `help_somebody`: people of lower rank only, with a
proof of identity, a ticket and a reason. What helps an admin past the second step waits until
another admin confirms it (`flows/second_admin.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core import desk
from twofold.core.desk import DEFAULT_PROOFS, Act, Grounds, Request, Wanted
from twofold.core.events import EventKind
from twofold.core.people import Instant, Person, PersonState
from twofold.core.policy import may_help, needs_second_admin, who_unlocks
from twofold.core.sessions import Caller
from twofold.flows import second_admin
from twofold.flows.desk_acts import By, Done, perform
from twofold.flows.outbox import record
from twofold.flows.second_admin import Asked
from twofold.flows.setup import Refused
from twofold.ports import Tx

NOT_BELOW = "You can do this only for people of a lower role than your own."


@dataclass(frozen=True, slots=True)
class Refusals:
    """Nothing was done; every field that is to be put right."""

    problems: Sequence[Refused]


@dataclass(frozen=True, slots=True)
class DeskPage:
    """What the page of one act shows."""

    person: Person
    proofs: Sequence[str]
    refused: str
    """Why it cannot be done for this person, or ""."""
    second_admins: Sequence[Person] | None
    """Who could confirm it; None where nobody has to."""
    waiting: Request | None
    """The same was asked for already."""


def look(tx: Tx, now: Instant, *, actor: Person, person_id: str, act: Act) -> DeskPage | None:
    """The page before the act; None for somebody of another account. Changes nothing."""
    person = tx.people.find(actor.account_id, person_id)
    if person is None:
        return None
    seconds = None
    if needs_second_admin(act, person):
        seconds = second_admin.others(tx, asked_by=actor.id, person=person)
    return DeskPage(
        person,
        accepted_proofs(tx, account_id=actor.account_id),
        _not_for(tx, actor, person, act),
        seconds,
        tx.desk.open_for(person.id, act, now) if seconds is not None else None,
    )


def help_somebody(
    tx: Tx, now: Instant, *, actor: Person, person_id: str, wanted: Wanted, grounds: Grounds
) -> Done | Asked | Refusals | None:
    """Do it, or write down what a second admin is to confirm. None for somebody of another
    account.

    The actor is read again under a lock: one who was disabled a moment ago has no say any more.
    Locks are taken in the order of ids, so that two who help each other do not wait for each other.
    """
    if tx.people.find(actor.account_id, person_id) is None:
        return None
    locked = {id_: tx.people.lock(id_) for id_ in sorted({actor.id, person_id})}
    acting, person = locked[actor.id], locked[person_id]
    if refused := _not_for(tx, acting, person, wanted.act):
        return Refusals([Refused("", refused)])
    found = desk.problems(grounds, accepted_proofs(tx, account_id=person.account_id))
    found += [wanted.problem] if wanted.problem else []
    if found:
        return Refusals([Refused(*problem) for problem in found])
    if not needs_second_admin(wanted.act, person):
        return perform(tx, now, by=By(acting), person=person, wanted=wanted, grounds=grounds)
    answer = second_admin.ask(tx, now, asker=acting, person=person, wanted=wanted, grounds=grounds)
    return Refusals([answer]) if isinstance(answer, Refused) else answer


def _not_for(tx: Tx, actor: Person, person: Person, act: Act) -> str:
    """Why `actor` cannot do it for this person, or ""."""
    if actor.state is not PersonState.ACTIVE or not may_help(actor, person):
        return f"{NOT_BELOW} Here that is {who_unlocks(person.role)}."
    return second_admin.not_possible(tx, person, act)


def accepted_proofs(tx: Tx, *, account_id: str) -> Sequence[str]:
    """The proofs of identity that the account accepts."""
    return tx.desk.proofs(account_id) or DEFAULT_PROOFS


def set_proofs(tx: Tx, now: Instant, *, caller: Caller, text: str) -> Sequence[str] | Refused:
    """Accept these from now on, one a line; each change is in the log."""
    proofs = desk.read_proofs(text)
    if isinstance(proofs, str):
        return Refused("proofs", proofs)
    account = tx.accounts.lock(caller.account.id)
    before = accepted_proofs(tx, account_id=account.id)
    if tuple(before) != proofs:
        tx.desk.set_proofs(account.id, proofs)
        old, new = "; ".join(before), "; ".join(proofs)
        person = caller.person
        record(tx, now, EventKind.PROOFS_CHANGED, person, actor_id=person.id, old=old, new=new)
    return proofs
