"""Guessing passwords from one place: what an address, a customer and the whole site may miss."""

from dataclasses import replace

import pytest

from tests.world import DESK, HERE, Organisation
from twofold.core.attempts import Source
from twofold.core.events import EventKind
from twofold.core.people import MINUTE, Person
from twofold.flows.sign_in import From, PasswordRefused, SignedIn, settle_password


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member with a password, not enrolled."""
    return acme.add("Ben")


def is_read(acme: Organisation, person: Person, place: From = HERE) -> bool:
    """Whether the right password would be looked at now."""
    return not isinstance(acme.submit_password(person, place=place), PasswordRefused)


def fail_from(acme: Organisation, address: str, times: int) -> int:
    """Wrong passwords of different unknown names from an address; how many were looked at."""
    place = From(Source(address, "curl"))
    tries = [acme.look_up(f"{address}-{n}@nobody.example", place=place) for n in range(times)]
    for tried in tries:
        acme.call(
            settle_password, tried=tried, proved=False, rehashed=None, return_to="/", place=place
        )
    return sum(tried.charge is not None for tried in tries)


def test_an_ipv4_address_has_twenty_failures_in_five_minutes(
    acme: Organisation, ben: Person
) -> None:
    """Over all names; then it waits, others do not, and a known browser there does not either."""
    known = replace(acme.known(ben), source=Source("198.51.100.1", "Firefox on Linux"))
    assert fail_from(acme, "198.51.100.1", 25) == 20
    assert not is_read(acme, ben, From(Source("198.51.100.1", "curl")))
    assert is_read(acme, ben, From(Source("198.51.100.2", "curl")))
    assert is_read(acme, ben, known)
    acme.clock.advance(5 * MINUTE)
    assert is_read(acme, ben, From(Source("198.51.100.1", "curl")))


def test_an_address_has_a_hundred_failures_an_hour(acme: Organisation, ben: Person) -> None:
    """However slowly they come."""
    for _ in range(5):
        assert fail_from(acme, "198.51.100.1", 20) == 20
        acme.clock.advance(5 * MINUTE)
    assert fail_from(acme, "198.51.100.1", 1) == 0
    acme.clock.advance(35 * MINUTE)
    assert fail_from(acme, "198.51.100.1", 1) == 1


def test_an_ipv6_customer_is_one_source(acme: Organisation, ben: Person) -> None:
    """The /64 as one address, the /48 with four times as much."""
    read = [fail_from(acme, f"2001:db8:1:{net}::{host}", 10) for net in range(5) for host in (1, 2)]
    assert read == [10, 10] * 4 + [0, 0]
    assert not is_read(acme, ben, From(Source("2001:db8:1:ffff::9", "curl")))
    assert is_read(acme, ben, From(Source("2001:db8:2::9", "curl")))


def test_without_an_address_the_limit_holds_too(acme: Organisation) -> None:
    """A missing address is no way around (GHSA-c55g-q6f4-5qxr)."""
    assert fail_from(acme, "", 25) == 20
    assert fail_from(acme, "unix:", 5) == 0


def test_right_passwords_do_not_use_a_source_up(acme: Organisation, ben: Person) -> None:
    """An office behind one address signs in a hundred times in five minutes."""
    for _ in range(120):
        assert isinstance(acme.submit_password(ben), SignedIn)


def test_a_spray_over_many_people_is_an_alarm_once(acme: Organisation) -> None:
    """The eleventh person from one source within ten minutes; every organisation hears of it."""
    victims = [acme.add(f"P{number}") for number in range(13)]
    for number, victim in enumerate(victims):
        acme.submit_password(victim, proved=False)
        assert len(acme.events(EventKind.SPRAY)) == (number >= 10)
    (event,) = acme.events(EventKind.SPRAY)
    assert event.data == {"address": DESK.address}


def test_one_person_who_mistypes_again_and_again_is_no_spray(
    acme: Organisation, ben: Person
) -> None:
    """People are counted, not failures: eleven of one person within ten minutes are one."""
    for _ in range(11):
        acme.clock.advance(40)
        acme.submit_password(ben, proved=False)
    assert len(acme.events(EventKind.PASSWORD_WRONG)) == 11, "each was looked at"
    assert acme.events(EventKind.SPRAY) == []


def test_a_spray_from_a_part_of_an_alarmed_network_is_an_alarm_too(acme: Organisation) -> None:
    """First the customer's /48, over two of its /64; then one of those by itself."""
    sprays = []
    for net, number in [(1, n) for n in range(6)] + [(2, n) for n in range(11)]:
        place = From(Source(f"2001:db8:1:{net}::9", "curl"))
        victim = acme.add(f"P{net}-{number}")
        acme.submit_password(victim, proved=False, place=place)
        sprays.append(len(acme.events(EventKind.SPRAY)))
    assert sprays == [0] * 10 + [1] * 6 + [2]


def test_a_flood_over_the_whole_site_is_an_alarm_once(
    acme: Organisation, bolt: Organisation
) -> None:
    """The 1,001st wrong password in five minutes."""
    for number in range(51):
        assert fail_from(acme, f"198.51.{number}.1", 20) == 20
        assert len(bolt.events(EventKind.FLOOD)) == (number >= 50)
