"""The flows of the roads back in that change something, for the table in `changes.py`."""

from collections.abc import Callable

from tests.world import Organisation
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Person
from twofold.flows import addresses

Act = Callable[[Organisation], Callable[[], object]]
SECOND = "ann@home.example"


def asked(acme: Organisation, person: Person, email: str = SECOND) -> str:
    """The token of the link that was mailed to a second address."""
    acme.call(addresses.ask, caller=acme.caller(person), email=email)
    return acme.token(person, MailKind.ADDRESS_LINK)


def two_addresses(acme: Organisation, person: Person, email: str = SECOND) -> None:
    """Give somebody a confirmed second address."""
    acme.call(addresses.confirm, token=asked(acme, person, email))


def address_asked(acme: Organisation) -> Callable[[], object]:
    """A second address entered."""
    caller = acme.caller(acme.owner)
    return lambda: acme.call(addresses.ask, caller=caller, email=SECOND)


def address_confirmed(acme: Organisation) -> Callable[[], object]:
    """Its link opened."""
    token = asked(acme, acme.owner)
    return lambda: acme.call(addresses.confirm, token=token)


def address_removed(acme: Organisation) -> Callable[[], object]:
    """A second address taken away."""
    two_addresses(acme, acme.owner)
    caller = acme.caller(acme.owner)
    return lambda: acme.call(addresses.remove, caller=caller)


TABLE: dict[EventKind, tuple[str, Act]] = {
    EventKind.ADDRESS_ASKED: ("addresses.ask", address_asked),
    EventKind.ADDRESS_CONFIRMED: ("addresses.confirm", address_confirmed),
    EventKind.ADDRESS_REMOVED: ("addresses.remove", address_removed),
}
