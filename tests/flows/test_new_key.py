"""Recovery codes and temporary passes when the deployment gets a new sealing key."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import Connection, NullPool, create_engine, delete, select, update

from tests.conftest import FixedClock
from tests.world import DESK, HERE, Organisation, found
from twofold.core.people import Person
from twofold.flows import recovery, second_step
from twofold.flows.recovery import NewCodes
from twofold.flows.second_step import CodeRefused
from twofold.flows.sign_in import SignedIn
from twofold.storage import build_store
from twofold.storage.engine import parse_url
from twofold.storage.sealing import KeyRing
from twofold.storage.tables import recovery_codes, sealing_keys
from twofold.system import SystemRandom

OLD, NEW = {"aaaaaaaa": b"1" * 32}, {"bbbbbbbb": b"2" * 32}


@contextmanager
def looking(database_url: str) -> Iterator[Connection]:
    """The tables, while no store is open on them: two SQLite libraries in one process would not
    see each other's locks.
    """
    engine = create_engine(parse_url(database_url), poolclass=NullPool)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@contextmanager
def under(
    database_url: str,
    keys: dict[str, bytes],
    random: SystemRandom,
    acme: Organisation | None = None,
) -> Iterator[Organisation]:
    """The organisation, in a process that has these keys; a new one where none is given."""
    store = build_store(database_url, KeyRing(keys, random), random)
    clock = acme.clock if acme else FixedClock()
    try:
        yield replace(acme, store=store) if acme else found(store, clock)
    finally:
        store.close()


@pytest.fixture
def fresh_url(database_url: str) -> Iterator[str]:
    """A database in which no key was used before; afterwards again as it was."""
    with looking(database_url) as connection:
        kept = [dict(row._mapping) for row in connection.execute(select(sealing_keys))]
        connection.execute(delete(sealing_keys))
    yield database_url
    with looking(database_url) as connection:
        connection.execute(delete(sealing_keys))
        connection.execute(sealing_keys.insert(), kept)


def use(acme: Organisation, person: Person, typed: str) -> object:
    """The second step with a recovery code or a temporary pass."""
    acme.clock.advance(90)
    half = acme.half(person)
    return acme.call(second_step.recover, half=half, typed=typed, place=HERE)


def made(acme: Organisation, person: Person) -> list[str]:
    """Ten new recovery codes."""
    codes = acme.call(recovery.make, caller=acme.caller(person), source=DESK)
    assert isinstance(codes, NewCodes)
    return list(codes.codes)


def test_what_was_made_before_a_new_key_works_once_after_it(
    fresh_url: str, random: SystemRandom
) -> None:
    """Codes and passes are found under every key of the ring, and new ones are made under the
    newest; each is used once, whichever key it stands under.
    """
    with under(fresh_url, OLD, random) as before:
        ben = before.add("Ben")
        before.enrol(ben)
        ten, once = made(before, ben), before.temporary_pass(ben)
    with under(fresh_url, OLD | NEW, random, before) as after:
        assert isinstance(use(after, ben, once), SignedIn)
        assert isinstance(use(after, ben, once), CodeRefused)
        assert isinstance(use(after, ben, ten[0]), SignedIn)
        assert isinstance(use(after, ben, ten[0]), CodeRefused)
        newer = made(after, ben)
        assert isinstance(use(after, ben, ten[1]), CodeRefused)
        assert isinstance(use(after, ben, newer[0]), SignedIn)


def test_without_the_old_key_they_are_refused(fresh_url: str, random: SystemRandom) -> None:
    """Nothing else could tell them from a guess. (The service would not start without a key that
    its database knows; here the database has forgotten it.)
    """
    with under(fresh_url, OLD, random) as before:
        ben = before.add("Ben")
        before.enrol(ben)
        ten = made(before, ben)
    with under(fresh_url, OLD | NEW, random, before) as both:
        both.enrol(ben)  # The new phone's secret is sealed under the new key; the codes stay.
        assert isinstance(use(both, ben, ten[1]), SignedIn)
    with looking(fresh_url) as connection:
        connection.execute(delete(sealing_keys).where(sealing_keys.c.id == "aaaaaaaa"))
    with under(fresh_url, NEW, random, before) as after:
        assert isinstance(use(after, ben, ten[0]), CodeRefused)


def test_codes_of_a_version_that_kept_no_key_id_still_work(
    fresh_url: str, random: SystemRandom
) -> None:
    """Their hashes stand bare in the table; also after a new key."""
    with under(fresh_url, OLD, random) as before:
        ben = before.add("Ben")
        before.enrol(ben)
        ten = made(before, ben)
    with looking(fresh_url) as connection:
        for id_, stored in connection.execute(
            select(recovery_codes.c.id, recovery_codes.c.code_hash)
        ).all():
            key_id, _, bare = stored.partition(":")
            assert key_id == "aaaaaaaa"
            one = update(recovery_codes).where(recovery_codes.c.id == id_)
            connection.execute(one.values(code_hash=bare))
    with under(fresh_url, OLD | NEW, random, before) as after:
        assert isinstance(use(after, ben, ten[3]), SignedIn)
        assert isinstance(use(after, ben, ten[3]), CodeRefused)
