"""What helps an admin past the second step is asked for by one and confirmed by another.

The request is a row; one conditional update decides it, and what was asked for is done in the same
transaction. A temporary pass is shown to whoever confirms: one captured account never sees it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core.desk import REQUEST_LIFETIME, Act, Grounds, Request, RequestState, Wanted
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Instant, Person, PersonState
from twofold.core.policy import may_confirm, may_help, may_refuse
from twofold.flows.desk_acts import By, Done, perform
from twofold.flows.outbox import record, write_mail
from twofold.flows.setup import Refused
from twofold.ports import Tx

SHOWN = 20
"""Requests on the page."""


@dataclass(frozen=True, slots=True)
class Asked:
    """It waits for one of these."""

    request: Request
    person: Person
    told: Sequence[Person]


@dataclass(frozen=True, slots=True)
class Matter:
    """A request with the people in it."""

    request: Request
    person: Person
    asker: Person
    decider: Person | None
    is_open: bool
    may_confirm: bool
    """Whether whoever looks may confirm it."""


@dataclass(frozen=True, slots=True)
class TooLate:
    """Somebody else decided it, or its time is over."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """It was refused, and nothing was done."""

    person: Person


def not_possible(tx: Tx, person: Person, act: Act) -> str:
    """Why the act helps this person nothing, or ""."""
    if not act.stands_in_for_a_factor:
        return ""
    has_factor = tx.authenticators.has_factor(person.id)
    is_known = person.state is PersonState.INVITED and has_factor  # To an application.
    if person.state is not PersonState.ACTIVE and not is_known:
        return f"{person.name} may not sign in at present, so this would not help."
    if not has_factor:
        return (
            f"{person.name} has no second step set up, so there is nothing to stand in for: the "
            "sign-in itself leads to the set-up where one is asked for."
        )
    return ""


def others(tx: Tx, *, asked_by: str, person: Person) -> Sequence[Person]:
    """Who could confirm what `asked_by` asks for."""
    admins = tx.people.admins(person.account_id)
    return [
        one
        for one in admins
        if one.state is PersonState.ACTIVE and may_confirm(one, asked_by=asked_by, subject=person)
    ]


def ask(
    tx: Tx, now: Instant, *, asker: Person, person: Person, wanted: Wanted, grounds: Grounds
) -> Asked | Refused:
    """Write down what is asked for, and tell the person and everybody who could confirm it. The
    caller has asked whether `asker` may help this person, and holds the person's lock.
    """
    told = others(tx, asked_by=asker.id, person=person)
    if not told:
        return Refused("", "There is no other admin who could confirm it.")
    if tx.desk.open_for(person.id, wanted.act, now) is not None:
        return Refused("", "This is asked for already, and waits for a second admin.")
    request = Request(
        id=tx.random.new_id(),
        account_id=person.account_id,
        person_id=person.id,
        wanted=wanted,
        grounds=grounds,
        asked_by=asker.id,
        asked_at=now,
        expires_at=now + REQUEST_LIFETIME,
    )
    tx.desk.add(request)
    record(
        tx, now, EventKind.HELP_ASKED, person, actor_id=asker.id,
        act=wanted.act.value, **grounds.data,
    )  # fmt: skip
    open_until: dict[str, str | int] = {"request": request.id, "expires_at": request.expires_at}
    _tell(tx, now, MailKind.HELP_ASKED, person, request, asker, person, **open_until)
    for one in told:
        _tell(tx, now, MailKind.HELP_WAITS, one, request, asker, person, **open_until)
    return Asked(request, person, told)


def _tell(
    tx: Tx,
    now: Instant,
    kind: MailKind,
    to: Person,
    about: Request,
    asker: Person,
    person: Person,
    **more: str | int,
) -> None:
    write_mail(
        tx,
        now,
        to,
        kind,
        at=now,
        admin=asker.name,
        whose=person.name,
        what=about.wanted.act.words,
        **about.grounds.data,
        **more,
    )


def matters(tx: Tx, now: Instant, *, actor: Person) -> Sequence[Matter]:
    """What was asked for in the actor's account, newest first."""
    found = tx.desk.newest(actor.account_id, limit=SHOWN)
    return [matter for one in found if (matter := _matter(tx, now, actor, one)) is not None]


def waiting_for(tx: Tx, now: Instant, *, actor: Person) -> int:
    """How many requests wait for this admin."""
    found = tx.desk.waiting(actor.account_id, now)
    listed = (_matter(tx, now, actor, one) for one in found)
    return sum(matter is not None and matter.may_confirm for matter in listed)


def look(tx: Tx, now: Instant, *, actor: Person, request_id: str) -> Matter | None:
    """One request of the actor's account."""
    request = tx.desk.find(actor.account_id, request_id)
    return None if request is None else _matter(tx, now, actor, request)


def _matter(tx: Tx, now: Instant, actor: Person, request: Request) -> Matter | None:
    account_id = request.account_id
    person = tx.people.find(account_id, request.person_id)
    asker = tx.people.find(account_id, request.asked_by)
    decider = tx.people.find(account_id, request.decided_by) if request.decided_by else None
    if person is None or asker is None:
        return None
    may = may_confirm(actor, asked_by=asker.id, subject=person)
    return Matter(request, person, asker, decider, request.is_open(now), may)


def decide(
    tx: Tx, now: Instant, *, actor: Person, request_id: str, confirm: bool
) -> Done | Dropped | TooLate | Refused | None:
    """Confirm it, and it is done; or refuse it. Of any number of admins at once one decides
    (promise P2). None for a request of another account.
    """
    request = tx.desk.find(actor.account_id, request_id)
    if request is None:
        return None
    ids = sorted({actor.id, request.asked_by, request.person_id})
    locked = {id_: tx.people.lock(id_) for id_ in ids}
    acting, asker = locked[actor.id], locked[request.asked_by]
    person = locked[request.person_id]
    refused = _may_not(tx, acting, asker, person, request, confirm=confirm)
    if refused:
        return Refused("", refused)
    state = RequestState.CONFIRMED if confirm else RequestState.REFUSED
    if not tx.desk.decide(request.id, state, decided_by=acting.id, at=now):
        return TooLate()
    kind = EventKind.HELP_CONFIRMED if confirm else EventKind.HELP_REFUSED
    act = request.wanted.act
    record(tx, now, kind, person, actor_id=acting.id, act=act.value, ticket=request.grounds.ticket)
    if confirm:
        by = By(acting, asker)
        return perform(
            tx, now, by=by, person=person, wanted=request.wanted, grounds=request.grounds
        )
    for one in {person.id: person, asker.id: asker}.values():
        _tell(tx, now, MailKind.HELP_REFUSED, one, request, asker, person, by=acting.name)
    return Dropped(person)


def _may_not(
    tx: Tx, acting: Person, asker: Person, person: Person, request: Request, *, confirm: bool
) -> str:
    """Why the actor cannot decide it so, or "". Whoever asked must still be allowed to."""
    if acting.state is not PersonState.ACTIVE:
        return "Only somebody who may sign in can decide this."
    if not confirm:
        return "" if may_refuse(acting, person) else "Only an admin can refuse this."
    if not may_confirm(acting, asked_by=asker.id, subject=person):
        return "It takes a second admin: neither the one who asked, nor the one it is about."
    if asker.state is not PersonState.ACTIVE or not may_help(asker, person):
        return f"{asker.name} could not ask for this any more, so it cannot be confirmed."
    return not_possible(tx, person, request.wanted.act)
