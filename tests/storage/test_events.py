"""The audit log and its chain, on both databases."""

import pytest
from sqlalchemy import create_engine, text

from tests.storage.races import race
from tests.storage.samples import NOW, account, add_ann, with_ann
from twofold.core.errors import NotFound
from twofold.core.events import Event, EventKind
from twofold.ports import Store, Tx
from twofold.storage.engine import parse_url
from twofold.storage.events import Events


def add(tx: Tx, account_id: str = "acme", **data: str | int | bool) -> None:
    """One entry about Ann."""
    tx.events.add(account_id, EventKind.ENROLLED, NOW, actor_id="ann", subject_id="ann", data=data)


def broken_at(store: Store, account_id: str = "acme") -> int | None:
    """Where the chain of the account breaks."""

    def look(tx: Tx) -> int | None:
        assert isinstance(tx.events, Events)
        return tx.events.broken_at(account_id)

    return store.call(look)


def tamper(database_url: str, statement: str) -> None:
    """Change the database behind the store's back."""
    engine = create_engine(parse_url(database_url))
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_events_come_back_as_they_were_added_newest_first(store: Store) -> None:
    """Numbered from 1 within the account, with texts of every script."""
    with_ann(store)
    store.call(add, name="Åsa 名", count=3, forced=True)
    store.call(
        lambda tx: tx.events.add(
            "acme", EventKind.LOCKED, NOW + 1, actor_id=None, subject_id=None, data={}
        )
    )
    assert store.call(lambda tx: tx.events.of("acme", limit=9)) == [
        Event("acme", 2, EventKind.LOCKED, NOW + 1, None, None, {}),
        Event(
            "acme", 1, EventKind.ENROLLED, NOW, "ann", "ann",
            {"name": "Åsa 名", "count": 3, "forced": True},
        ),
    ]  # fmt: skip
    assert len(store.call(lambda tx: tx.events.of("acme", limit=1))) == 1


def test_an_event_needs_an_account(store: Store) -> None:
    """There is no log of nobody."""
    with pytest.raises(NotFound):
        store.call(add)


def test_accounts_are_numbered_apart(store: Store) -> None:
    """Each has its own chain from 1."""
    store.call(lambda tx: [tx.accounts.add(account(id_)) for id_ in ("acme", "bolt")])
    store.call(add, "acme")
    store.call(add, "bolt")
    assert [found.seq for found in store.call(lambda tx: tx.events.of("bolt", limit=9))] == [1]
    assert broken_at(store, "bolt") is None


def test_an_undone_flow_leaves_no_gap(store: Store) -> None:
    """What was rolled back was never numbered."""
    with_ann(store)

    def fail(tx: Tx) -> None:
        add(tx)
        raise RuntimeError("undo me")

    store.call(add)
    with pytest.raises(RuntimeError):
        store.call(fail)
    store.call(add)
    assert [found.seq for found in store.call(lambda tx: tx.events.of("acme", limit=9))] == [2, 1]
    assert broken_at(store) is None


def test_eight_threads_number_without_gaps_and_the_chain_holds(store: Store) -> None:
    """The head's lock makes an account's writers wait for each other."""
    store.call(add_ann)
    race(8, lambda runner: [store.call(add, runner=runner) for _ in range(12)])
    found = store.call(lambda tx: tx.events.of("acme", limit=200))
    assert [event.seq for event in found] == list(range(96, 0, -1))
    assert broken_at(store) is None


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE events SET data = '{}' WHERE seq = 2", 2),
        ("UPDATE events SET actor_id = NULL WHERE seq = 3", 3),
        ("UPDATE events SET happened_at = happened_at - 1 WHERE seq = 1", 1),
        ("DELETE FROM events WHERE seq = 2", 2),
        ("DELETE FROM events WHERE seq = 4", 4),
        ("DELETE FROM events", 1),
    ],
)
def test_the_chain_breaks_where_somebody_edits_it(
    store: Store, database_url: str, statement: str, expected: int
) -> None:
    """A changed entry, a hole and a cut end all show."""
    with_ann(store)
    for number in range(4):
        store.call(add, n=number)
    assert broken_at(store) is None
    tamper(database_url, statement)
    assert broken_at(store) == expected
