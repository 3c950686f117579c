"""The flows of the roads back in that change something, for the table in `changes.py`."""

from collections.abc import Callable

from tests.flows.waiting import Days, allow, begun, enrolled, link_for, set_up_by
from tests.world import DESK, Organisation
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import DAY, HOUR, Person
from twofold.flows import addresses, waits

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


def wait_allowed(acme: Organisation) -> Callable[[], object]:
    """Delayed recovery switched on."""
    return lambda: allow(acme)


def wait_asked(acme: Organisation) -> Callable[[], object]:
    """The link that begins it asked for."""
    half = acme.half(enrolled(acme))
    return lambda: acme.call(waits.ask, half=half, source=DESK)


def wait_started(acme: Organisation) -> Callable[[], object]:
    """That link used."""
    token = link_for(acme, enrolled(acme))
    return lambda: acme.call(waits.start, token=token)


def wait_stopped_by_link(acme: Organisation) -> Callable[[], object]:
    """Stopped from a mail."""
    ben = enrolled(acme)
    begun(acme, ben)
    token = acme.token(ben, MailKind.WAIT_NOTICE)
    return lambda: acme.call(waits.stop_by_link, token=token)


def wait_stopped_by_staff(acme: Organisation) -> Callable[[], object]:
    """Stopped on the person's page."""
    ben = enrolled(acme)
    begun(acme, ben)
    return lambda: acme.call(waits.stop_of, actor=acme.owner, person_id=ben.id)


def wait_stopped_by_person(acme: Organisation) -> Callable[[], object]:
    """Stopped in the person's own session."""
    ben = enrolled(acme)
    caller = acme.caller(ben)
    begun(acme, ben)
    return lambda: acme.call(waits.stop_own, caller=caller)


def wait_at_its_end(acme: Organisation) -> tuple[Days, Person]:
    """At the moment when the link is due, with its person."""
    ben, days = enrolled(acme), Days(acme)
    begun(acme, ben)
    days.live(2)
    acme.clock.advance(DAY)
    return days, ben


def wait_opened(acme: Organisation) -> Callable[[], object]:
    """The link mailed at its end."""
    wait_at_its_end(acme)
    return lambda: acme.call(waits.tick)


def wait_used(acme: Organisation) -> Callable[[], object]:
    """A new authenticator saved."""
    days, ben = wait_at_its_end(acme)
    days.work()
    (token,) = days.tokens(ben, MailKind.WAIT_OPEN)
    return lambda: set_up_by(acme, ben, token)


def wait_expired(acme: Organisation) -> Callable[[], object]:
    """Nobody came."""
    days, _ = wait_at_its_end(acme)
    days.work()
    acme.clock.advance(DAY + HOUR)
    return lambda: acme.call(waits.tick)


TABLE: dict[EventKind, tuple[str, Act]] = {
    EventKind.ADDRESS_ASKED: ("addresses.ask", address_asked),
    EventKind.ADDRESS_CONFIRMED: ("addresses.confirm", address_confirmed),
    EventKind.ADDRESS_REMOVED: ("addresses.remove", address_removed),
    EventKind.WAIT_POLICY_SET: ("waits.set_length", wait_allowed),
    EventKind.WAIT_ASKED: ("waits.ask", wait_asked),
    EventKind.WAIT_STARTED: ("waits.start", wait_started),
    EventKind.WAIT_STOPPED: ("waits.stop_by_link", wait_stopped_by_link),
    EventKind.WAIT_OPENED: ("waits.tick", wait_opened),
    EventKind.WAIT_USED: ("enrol.save_demanded", wait_used),
    EventKind.WAIT_EXPIRED: ("waits.tick", wait_expired),
}
MORE: dict[str, tuple[EventKind, Act]] = {
    "waits.stop_of": (EventKind.WAIT_STOPPED, wait_stopped_by_staff),
    "waits.stop_own": (EventKind.WAIT_STOPPED, wait_stopped_by_person),
}
