"""The audit log and its chain, on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, select, text, update

from tests.storage.races import race
from tests.storage.samples import NOW, account, add_ann, with_ann
from twofold.core.errors import NotFound
from twofold.core.events import Event, EventKind, Seal
from twofold.ports import Store, Tx
from twofold.storage.engine import is_sqlite, parse_url, sqlite_driver
from twofold.storage.events import STRETCH
from twofold.storage.tables import event_heads, events


def add(tx: Tx, account_id: str = "acme", **data: str | int | bool) -> None:
    """One entry about Ann."""
    tx.events.add(account_id, EventKind.ENROLLED, NOW, actor_id="ann", subject_id="ann", data=data)


def broken_at(store: Store, account_id: str = "acme") -> int | None:
    """Where the chain of the account breaks."""
    return store.call(lambda tx: tx.events.verify(account_id))


def tamper(database_url: str, statement: str) -> None:
    """Change the database behind the store's back, with the driver that the store uses: two
    SQLite libraries in one process do not see each other's locks.
    """
    with opened(database_url) as connection:
        connection.execute(text(statement))


@contextmanager
def opened(database_url: str) -> Iterator[Connection]:
    """The database without the store."""
    url = parse_url(database_url)
    engine = create_engine(url, module=sqlite_driver()) if is_sqlite(url) else create_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def test_events_come_back_as_they_were_added_newest_first(store: Store) -> None:
    """Numbered from 1 within the account, with texts of every script."""
    with_ann(store)
    store.call(add, name="Åsa 名", count=3, forced=True)
    store.call(
        lambda tx: tx.events.add(
            "acme", EventKind.UNLOCKED, NOW + 1, actor_id=None, subject_id=None, data={}
        )
    )
    assert store.call(lambda tx: tx.events.of("acme", limit=9)) == [
        Event("acme", 2, EventKind.UNLOCKED, NOW + 1, None, None, {}),
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


FORGED = (
    "INSERT INTO events (account_id, seq, kind, happened_at, actor_id, subject_id, data, hash)"
    " SELECT account_id, 5, kind, happened_at, actor_id, subject_id, data, hash"
    " FROM events WHERE seq = 4"
)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE events SET data = '{}' WHERE seq = 2", 2),
        ("UPDATE events SET data = 'no JSON' WHERE seq = 2", 2),
        ("UPDATE events SET data = '[\"\\ud800\"]' WHERE seq = 2", 2),
        ("UPDATE events SET kind = 'no:such-kind' WHERE seq = 2", 2),
        ("UPDATE events SET actor_id = NULL WHERE seq = 3", 3),
        ("UPDATE events SET subject_id = 'eve' WHERE seq = 3", 3),
        ("UPDATE events SET happened_at = happened_at - 1 WHERE seq = 1", 1),
        ("UPDATE events SET hash = (SELECT hash FROM events WHERE seq = 1) WHERE seq = 4", 4),
        ("UPDATE events SET seq = -3 WHERE seq = 2", 1),
        ("UPDATE events SET seq = 9 WHERE seq = 2", 2),
        ("DELETE FROM events WHERE seq = 1", 1),
        ("DELETE FROM events WHERE seq = 2", 2),
        ("DELETE FROM events WHERE seq = 4", 4),
        ("DELETE FROM events WHERE seq > 2", 3),
        ("DELETE FROM events", 1),
        (FORGED, 5),
        ("UPDATE event_heads SET seq = 3", 3),
        ("UPDATE event_heads SET seq = 5", 5),
        ("UPDATE event_heads SET hash = (SELECT hash FROM events WHERE seq = 1)", 4),
        ("UPDATE event_heads SET hash = 'text'", 4),
        ("DELETE FROM event_heads", 1),
    ],
)
def test_the_chain_breaks_where_somebody_edits_it(
    store: Store, database_url: str, statement: str, expected: int
) -> None:
    """A changed, missing or added entry and a cut end all show; none of them is an error."""
    with_ann(store)
    for number in range(4):
        store.call(add, n=number)
    assert broken_at(store) is None
    tamper(database_url, statement)
    assert broken_at(store) == expected


def test_a_cut_end_shows_after_the_head_was_set_back_to_an_older_entry(
    store: Store, database_url: str
) -> None:
    """Whoever cuts the end and moves the head without its hash is found out as well."""
    with_ann(store)
    for number in range(4):
        store.call(add, n=number)
    tamper(database_url, "DELETE FROM events WHERE seq > 2")
    tamper(database_url, "UPDATE event_heads SET seq = 2")
    assert broken_at(store) == 2


def head_of(database_url: str) -> bytes:
    """What stands in the only head's column."""
    with opened(database_url) as connection:
        found: bytes = connection.execute(select(event_heads.c.hash)).scalar_one()
    return found


def move_head(database_url: str, seq: int, seal: bytes) -> None:
    """Set the only head to the entry `seq`, with this behind its hash."""
    with opened(database_url) as connection:
        link = connection.execute(select(events.c.hash).where(events.c.seq == seq)).scalar_one()
        connection.execute(update(event_heads).values(seq=seq, hash=link + seal))


@pytest.mark.parametrize(
    ("kept", "seal"), [(0, Seal.MISSING), (8, Seal.BROKEN), (39, Seal.BROKEN), (40, Seal.BROKEN)]
)
def test_a_chain_that_is_whole_again_lacks_its_seal(
    store: Store, database_url: str, kept: int, seal: Seal
) -> None:
    """Somebody with nothing but the database cuts the end off and moves the head, hash and all,
    with so many bytes of the old seal.
    """
    with_ann(store)
    for number in range(3):
        store.call(add, n=number)
    assert store.call(lambda tx: tx.events.seal("acme")) is Seal.WHOLE
    old = head_of(database_url)[32:]
    tamper(database_url, "DELETE FROM events WHERE seq > 2")
    move_head(database_url, 2, old[:kept])
    assert broken_at(store) is None
    assert store.call(lambda tx: tx.events.seal("acme")) is seal


def test_a_broken_seal_stays_broken(store: Store, database_url: str) -> None:
    """The entry after it does not seal what somebody else wrote."""
    with_ann(store)
    store.call(lambda tx: [add(tx), add(tx)])
    move_head(database_url, 2, bytes(40))
    for _ in range(2):
        store.call(add)
        assert store.call(lambda tx: tx.events.seal("acme")) is Seal.BROKEN
    assert broken_at(store) is None


def test_a_log_without_a_seal_is_sealed_by_the_next_entry_which_says_so(
    store: Store, database_url: str
) -> None:
    """That of an older version; and wherever a seal was taken off."""
    with_ann(store)
    store.call(lambda tx: [add(tx), add(tx)])
    move_head(database_url, 2, b"")
    store.call(add)
    found = store.call(lambda tx: tx.events.of("acme", limit=2))
    assert [event.kind for event in found] == [EventKind.ENROLLED, EventKind.LOG_SEALED]
    assert found[1] == Event("acme", 3, EventKind.LOG_SEALED, NOW, None, None, {"entries": 2})
    assert store.call(lambda tx: tx.events.seal("acme")) is Seal.WHOLE
    assert broken_at(store) is None


def test_the_seal_of_an_older_entry_does_not_fit_and_no_other_accounts(
    store: Store, database_url: str
) -> None:
    """It is over account, number and hash. A log of nothing is sealed as well."""
    with_ann(store)
    store.call(lambda tx: tx.accounts.add(account("bolt")))
    assert store.call(lambda tx: tx.events.seal("bolt")) is Seal.WHOLE
    for account_id in ("acme", "bolt"):
        store.call(add, account_id)
    tamper(database_url, "UPDATE event_heads SET seq = 0 WHERE account_id = 'acme'")
    theirs = "SELECT hash FROM event_heads WHERE account_id = 'acme'"
    tamper(database_url, f"UPDATE event_heads SET hash = ({theirs}) WHERE account_id = 'bolt'")
    for account_id in ("acme", "bolt"):
        found = store.call(lambda tx, of=account_id: tx.events.seal(of))
        assert found is Seal.BROKEN


def test_a_log_whose_head_is_gone_has_no_seal(store: Store, database_url: str) -> None:
    """Nor has one that never was."""
    with_ann(store)
    tamper(database_url, "DELETE FROM event_heads")
    assert store.call(lambda tx: tx.events.seal("acme")) is Seal.MISSING


def test_an_entry_says_when_it_happened_and_a_missing_one_nothing(store: Store) -> None:
    """For naming a broken link."""
    with_ann(store)
    store.call(add)
    assert store.call(lambda tx: tx.events.moment("acme", 1)) == NOW
    assert store.call(lambda tx: tx.events.moment("acme", 2)) is None
    assert store.call(lambda tx: tx.events.moment("bolt", 1)) is None


def test_a_long_chain_is_checked_stretch_by_stretch(store: Store, database_url: str) -> None:
    """The link from the last entry of one stretch to the first of the next is one like others."""
    with_ann(store)
    store.call(lambda tx: [add(tx, n=number) for number in range(2 * STRETCH + 1)])
    assert broken_at(store) is None
    tamper(database_url, f"UPDATE events SET data = '{{}}' WHERE seq = {2 * STRETCH}")
    assert broken_at(store) == 2 * STRETCH


def test_a_check_beside_writers_finds_nothing(store: Store) -> None:
    """Entries that are added while the chain is read are no fault."""
    with_ann(store)
    found = []

    def work(runner: int) -> None:
        for _ in range(10):
            store.call(add, runner=runner)
            found.append(broken_at(store))

    race(6, work)
    assert found == [None] * 60


def numbers(store: Store, **asked: Any) -> list[int]:
    """The numbers of a page."""
    asked = {"before": 0, "limit": 99, **asked}
    return [event.seq for event in store.call(lambda tx: tx.events.page("acme", **asked))]


def test_a_page_holds_what_is_asked_for_newest_first(store: Store) -> None:
    """By kind, by the person on either side, by time, and before a number."""
    with_ann(store)
    store.call(lambda tx: tx.accounts.add(account("bolt")))
    rows: list[tuple[EventKind, int, str | None, str | None]] = [
        (EventKind.ENROLLED, 0, "ann", "ann"),
        (EventKind.UNLOCKED, 10, "bob", "ann"),
        (EventKind.UNLOCKED, 20, "ann", "bob"),
        (EventKind.CODE_REFUSED, 30, None, None),
        (EventKind.CODE_REFUSED, 40, "bob", "bob"),
    ]
    for kind, later, actor_id, subject_id in rows:
        store.call(
            lambda tx, kind=kind, at=NOW + later, actor_id=actor_id, subject_id=subject_id: (
                tx.events.add("acme", kind, at, actor_id=actor_id, subject_id=subject_id, data={})
            )
        )
    store.call(add, "bolt")
    assert numbers(store) == [5, 4, 3, 2, 1]
    assert numbers(store, limit=2) == [5, 4]
    assert numbers(store, limit=2, before=4) == [3, 2]
    assert numbers(store, before=1) == []
    assert numbers(store, kinds=[EventKind.UNLOCKED]) == [3, 2]
    assert numbers(store, kinds=[EventKind.UNLOCKED, EventKind.ENROLLED]) == [3, 2, 1]
    assert numbers(store, person_id="ann") == [3, 2, 1]
    assert numbers(store, person_id="nobody") == []
    assert numbers(store, since=NOW + 20) == [5, 4, 3]
    assert numbers(store, until=NOW + 20) == [2, 1]
    assert numbers(store, since=NOW + 10, until=NOW + 40, person_id="bob", before=3) == [2]
