"""A refused password costs the same reads and writes, whoever it was for: times tell nothing."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.world import Organisation
from twofold.core import throttle
from twofold.core.attempts import Source
from twofold.core.people import Person
from twofold.core.throttle import State
from twofold.flows import people
from twofold.flows.sign_in import From, settle_password
from twofold.storage.statements import Statement

PLACES = (Source("192.0.2.7", "curl"), Source("2001:db8::7", "curl"), Source("nowhere", "curl"))


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """How many statements of each kind run: those that read and those that write, by way of
    SQLAlchemy and, which is quicker, of the driver itself.
    """
    found: Counter[str] = Counter()
    executed = Statement._executed

    def add(text: str, way: str) -> None:
        word = text.split(maxsplit=1)[0].upper()
        if word in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
            found[f"{'reads' if word == 'SELECT' else 'writes'} {way}"] += 1

    def note(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        add(text, "by SQLAlchemy")

    def noted(statement: Statement, connection: Any, values: Any) -> Any:
        add(statement.text, "by the driver")
        return executed(statement, connection, values)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Statement, "_executed", noted)
            yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def refused(acme: Organisation, email: str, source: Source) -> Counter[str]:
    """The work of one wrong password, both halves, in a browser with cookies of nobody."""
    place = From(source, browser_token="x" * 43, link_token="y" * 43)
    with counted() as found:
        tried = acme.look_up(email, place=place)
        acme.call(
            settle_password,
            tried=tried,
            proved=False,
            rehashed=None,
            return_to="/",
            place=place,
        )
    return found


def waiting(acme: Organisation, person: Person, times: int) -> Person:
    """The person after so many wrong passwords from everywhere."""
    for number in range(times):
        place = From(Source(f"10.0.0.{number}", "curl"))
        while (tried := acme.look_up(person.email, place=place)).charge is None:
            acme.clock.advance(900)
        acme.call(
            settle_password, tried=tried, proved=False, rehashed=None, return_to="/", place=place
        )
    assert acme.look_up(person.email).charge is None
    return person


@pytest.mark.parametrize("source", PLACES, ids=lambda source: source.address)
def test_a_refusal_is_the_same_work_for_everybody(acme: Organisation, source: Source) -> None:
    """Nobody, somebody with and without an authenticator, invited, disabled, and in a wait."""
    ben, enrolled, gone = acme.add("Ben"), acme.add("Eve"), acme.add("Dora")
    acme.enrol(enrolled)
    acme.call(people.set_disabled, actor=acme.owner, person_id=gone.id, disabled=True)
    slow = waiting(acme, acme.add("Sam"), 6)
    kinds = {
        "unknown": "nobody@acme.example",
        "wrong password": ben.email,
        "enrolled": enrolled.email,
        "invited": acme.add("Ina", invited=True).email,
        "disabled": gone.email,
        "in a wait": slow.email,
    }
    work = {kind: refused(acme, email, source) for kind, email in kinds.items()}
    assert acme.look_up(slow.email).charge is None
    assert min(work["unknown"]["reads by the driver"], work["unknown"]["writes by the driver"]) > 3
    assert work == dict.fromkeys(kinds, work["unknown"])


def test_a_try_in_a_wait_changes_nothing_that_is_counted(acme: Organisation) -> None:
    """It writes what was there: the wait does not grow, and the source pays nothing."""
    sam = waiting(acme, acme.add("Sam"), 6)
    keys = [f"pw:person:{sam.id}", "pw:source:192.0.2.7", "pw:site"]

    def counted_now() -> list[State]:
        found = acme.store.call(lambda tx: tx.counters.peek(keys))
        return [throttle.unpacked(found.get(key)) for key in keys]

    before = counted_now()
    refused(acme, sam.email, PLACES[0])
    assert counted_now() == before
    assert before[0].failures
    assert not before[1].failures
