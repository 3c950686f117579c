"""Statements that go to the driver itself, on both databases."""

from typing import Any

import pytest
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.storage.samples import NOW, account
from twofold.ports import Store, Tx
from twofold.storage.statements import Statement
from twofold.storage.tables import counters
from twofold.storage.transaction import Transaction

ADD = Statement(insert(counters), columns=("key", "state", "saved_at"))
FIRST = Statement(
    select(counters.c.key, counters.c.state)
    .where(counters.c.saved_at == bindparam("at"))
    .order_by(counters.c.key)
    .limit(1)
)
EVERY = Statement(select(counters.c.key).order_by(counters.c.key))
MARK = Statement(update(counters).values(state=bindparam("text")))
CLEAR = Statement(delete(counters))


def connection_of(tx: Tx) -> Any:
    """The connection of the open transaction."""
    assert isinstance(tx, Transaction)
    return tx._connection


def row(key: str) -> dict[str, object]:
    """A counter's row."""
    return {"key": key, "state": "s", "saved_at": NOW}


def test_rows_are_written_read_changed_and_counted(store: Store) -> None:
    """A constant of the statement, as the 1 of its limit, needs no value."""

    def flow(tx: Tx) -> None:
        connection = connection_of(tx)
        assert FIRST.one(connection, {"at": NOW}) is None
        assert ADD.run(connection, row("b")) == 1
        assert ADD.run(connection, row("a")) == ADD.run(connection, row("c")) == 1
        assert tuple(FIRST.one(connection, {"at": NOW}) or ()) == ("a", "s")
        assert len(FIRST.all(connection, {"at": NOW})) == 1
        assert [key for (key,) in EVERY.all(connection, {})] == ["a", "b", "c"]
        assert MARK.run(connection, {"text": "t"}) == 3

    store.call(flow)
    assert store.call(lambda tx: tx.counters.peek(["a"])) == {"a": "t"}
    assert store.call(lambda tx: CLEAR.run(connection_of(tx), {})) == 3


def test_they_belong_to_the_transaction(store: Store) -> None:
    """What a flow wrote before it raised is not there, also when nothing else ran in it."""

    def flow(tx: Tx) -> None:
        ADD.run(connection_of(tx), row("a"))
        raise LookupError

    with pytest.raises(LookupError):
        store.call(flow)
    assert store.call(lambda tx: EVERY.all(connection_of(tx), {})) == []


def test_what_ran_alone_in_its_transaction_is_kept(store: Store) -> None:
    """Nothing of SQLAlchemy's own has to run for the commit to be one."""
    store.call(lambda tx: ADD.run(connection_of(tx), row("a")))
    assert [tuple(found) for found in store.call(lambda tx: EVERY.all(connection_of(tx), {}))] == [
        ("a",)
    ]


def test_a_reader_sees_one_moment(store: Store) -> None:
    """Two statements of one reading flow see the same rows, whatever was committed between."""
    store.call(lambda tx: ADD.run(connection_of(tx), row("a")))

    def flow(tx: Tx) -> tuple[int, int]:
        before = len(EVERY.all(connection_of(tx), {}))
        store.call(lambda writing: ADD.run(connection_of(writing), row("b")))
        return before, len(EVERY.all(connection_of(tx), {}))

    assert store.read(flow) == (1, 1)
    assert store.read(lambda tx: len(EVERY.all(connection_of(tx), {}))) == 2


def test_a_fault_of_the_driver_is_that_of_sqlalchemy(store: Store) -> None:
    """Of the same class, so that outages and faults are told apart as elsewhere."""

    def flow(tx: Tx) -> None:
        connection = connection_of(tx)
        ADD.run(connection, row("a"))
        ADD.run(connection, row("a"))

    with pytest.raises(IntegrityError) as caught:
        store.call(flow)
    assert isinstance(caught.value, DBAPIError)
    assert not caught.value.connection_invalidated
    assert str(NOW) not in str(caught.value)  # An error names its statement, never the values.


def test_a_missing_value_is_a_fault_and_not_null(store: Store) -> None:
    """On both databases, before anything runs or by the driver."""
    with pytest.raises((KeyError, DBAPIError)):
        store.call(lambda tx: ADD.run(connection_of(tx), {"key": "a", "state": "s"}))


def test_the_store_lives_on_after_a_fault(store: Store) -> None:
    """The connection is as good as before."""
    store.call(lambda tx: ADD.run(connection_of(tx), row("a")))
    with pytest.raises(IntegrityError):
        store.call(lambda tx: ADD.run(connection_of(tx), row("a")))
    store.call(lambda tx: tx.accounts.add(account()))
    assert store.call(lambda tx: tx.accounts.count()) == 1
