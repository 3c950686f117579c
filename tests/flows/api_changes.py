"""The flows of applications that change something, for the table in `changes.py`."""

from collections.abc import Callable

from tests.world import Organisation
from twofold.core.applications import ApiCaller, Scope
from twofold.core.events import EventKind
from twofold.core.people import Person
from twofold.flows import applications, verifications
from twofold.flows.applications import NewKey
from twofold.flows.proofs import Typed

Act = Callable[[Organisation], Callable[[], object]]


def made(acme: Organisation, *scopes: Scope, name: str = "Shop") -> NewKey:
    """A new application that may do everything, or this."""
    new = acme.call(
        applications.make,
        account=acme.account,
        actor=acme.owner,
        name=name,
        scopes=scopes or tuple(Scope),
    )
    assert isinstance(new, NewKey)
    return new


def caller_of(acme: Organisation, new: NewKey) -> ApiCaller:
    """Who asks with this key."""
    return ApiCaller(new.application, new.key, acme.account)


def named(acme: Organisation, name: str = "Ben", external_id: str = "u-18") -> Person:
    """A member whom an application knows."""
    person = acme.add(name)
    acme.store.call(
        lambda tx: tx.people.set_details(
            person.id, name=name, language="", zone="", external_id=external_id
        )
    )
    return acme.person(person.id)


def application_made(acme: Organisation) -> Callable[[], object]:
    """A key for somebody's program."""
    return lambda: made(acme)


def key_made(acme: Organisation) -> Callable[[], object]:
    """A new key for an old one."""
    id_ = made(acme).application.id
    return lambda: acme.call(
        applications.rotate, account=acme.account, actor=acme.owner, application_id=id_, overlap=60
    )


def key_ended(acme: Organisation) -> Callable[[], object]:
    """One key."""
    id_ = made(acme).key.id
    return lambda: acme.call(
        applications.end_key, account=acme.account, actor=acme.owner, key_id=id_
    )


def application_ended(acme: Organisation) -> Callable[[], object]:
    """All of them."""
    id_ = made(acme).application.id
    return lambda: acme.call(
        applications.end, account=acme.account, actor=acme.owner, application_id=id_
    )


def verified(acme: Organisation) -> Callable[[], object]:
    """A right code of an application."""
    caller, ben = caller_of(acme, made(acme)), named(acme)
    acme.enrol(ben)
    asked = verifications.Asked("u-18", Typed(acme.code(ben)))
    return lambda: acme.store.call(verifications.verify, acme.now, caller, asked=asked)


TABLE: dict[EventKind, tuple[str, Act]] = {
    EventKind.APPLICATION_MADE: ("applications.make", application_made),
    EventKind.KEY_MADE: ("applications.rotate", key_made),
    EventKind.KEY_ENDED: ("applications.end_key", key_ended),
    EventKind.APPLICATION_ENDED: ("applications.end", application_ended),
}
MORE: dict[str, tuple[EventKind, Act]] = {
    "verifications.verify": (EventKind.CODE_ACCEPTED, verified),
}
