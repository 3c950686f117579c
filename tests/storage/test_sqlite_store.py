"""Group commit, pragmas and the look-ups on SQLite."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.storage.samples import NOW, account, mail, person
from twofold.core.errors import StartError, StorageUnavailable
from twofold.ports import Tx
from twofold.storage.engine import parse_url, sqlite_driver
from twofold.storage.sealing import KeyRing
from twofold.storage.sqlite_store import SqliteStore
from twofold.storage.startup import take_alone
from twofold.system import SystemRandom


@pytest.fixture
def path(sqlite_url: str) -> Path:
    """The database file."""
    return Path(parse_url(sqlite_url).database or "")


@pytest.fixture(params=["pysqlite3.dbapi2", "sqlite3"])
def lite(
    request: pytest.FixtureRequest, path: Path, keyring: KeyRing, random: SystemRandom
) -> Iterator[SqliteStore]:
    """A store on each driver: ours, and the standard library's where ours is missing."""
    store = SqliteStore(path, keyring, random, driver=sqlite_driver([request.param]))
    yield store
    store.close()


def execute(tx: Tx, statement: str) -> Any:
    """One raw statement in the flow's transaction; its first value."""
    connection = tx.accounts._connection  # type: ignore[attr-defined]
    result = connection.exec_driver_sql(statement)
    return result.scalar() if result.returns_rows else None


def test_commits_are_durable_and_references_checked(lite: SqliteStore) -> None:
    """F3: with less than FULL a power cut may bring a used code back."""
    assert lite.call(execute, "PRAGMA journal_mode") == "wal"
    assert lite.call(execute, "PRAGMA synchronous") == 2
    assert lite.call(execute, "PRAGMA foreign_keys") == 1
    assert lite.call(execute, "PRAGMA busy_timeout") == 15_000


def together(store: SqliteStore, *flows: Any) -> list[Any]:
    """Run flows in one batch: the storage thread is held until all of them wait."""
    started, go_on = threading.Event(), threading.Event()

    def hold(_tx: Tx) -> None:
        started.set()
        go_on.wait(30)

    async def all_at_once() -> list[Any]:
        holding = asyncio.ensure_future(store.run(hold))
        await asyncio.to_thread(started.wait, 30)
        waiting = [asyncio.ensure_future(store.run(flow)) for flow in flows]
        await asyncio.sleep(0)
        go_on.set()
        await holding
        return await asyncio.gather(*waiting, return_exceptions=True)

    return asyncio.run(all_at_once())


def orphan(tx: Tx) -> str:
    """A person without an account, found out only when the batch commits."""
    execute(tx, "PRAGMA defer_foreign_keys = ON")
    tx.people.add(person("ann", "nowhere"), password=None)
    return "stored"


def test_flows_that_wait_share_a_commit(lite: SqliteStore) -> None:
    """Each sees what the one before wrote, and one that raises undoes only its own."""

    def add(id_: str) -> Any:
        return lambda tx: (tx.accounts.add(account(id_)), tx.accounts.count())[1]

    def fail(tx: Tx) -> None:
        tx.accounts.add(account("gone"))
        raise LookupError

    one, error, two = together(lite, add("acme"), fail, add("bolt"))
    assert (one, two) == (1, 2)
    assert isinstance(error, LookupError)
    assert [found.id for found in lite.call(lambda tx: tx.accounts.all())] == ["acme", "bolt"]


def test_a_commit_that_fails_fails_everybody_in_it(lite: SqliteStore) -> None:
    """Nobody is told "stored" before it is; the next commit works."""
    results = together(lite, lambda tx: tx.accounts.add(account()), orphan)
    assert [type(result) for result in results] == [StorageUnavailable] * 2
    assert lite.call(lambda tx: tx.accounts.count()) == 0
    assert lite.call(lambda tx: tx.people.find("nowhere", "ann")) is None
    assert lite.call(lambda tx: tx.accounts.add(account())) is None


def test_a_full_disk_says_so_and_recovers(lite: SqliteStore) -> None:
    """F5: nothing is half there, and it goes on once there is room again."""
    lite.call(lambda tx: tx.accounts.add(account()))
    lite.call(lambda tx: tx.people.add(person(), password=None))
    pages = lite.call(execute, "PRAGMA page_count")
    lite.call(execute, f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StorageUnavailable):
        lite.call(lambda tx: tx.uploads.add("u1", "acme", "ann", bytes(100_000), NOW))
    lite.call(execute, "PRAGMA max_page_count = 1000000")
    assert lite.call(lambda tx: tx.uploads.peek("u1", "acme", "ann")) is None
    lite.call(lambda tx: tx.uploads.add("u1", "acme", "ann", bytes(100_000), NOW))
    assert lite.call(lambda tx: tx.uploads.peek("u1", "acme", "ann")) == bytes(100_000)


def test_another_process_that_holds_the_lock_is_waited_for(lite: SqliteStore, path: Path) -> None:
    """F6: a command beside the server takes its turn; nobody hears "database is locked"."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    release.start()
    lite.call(lambda tx: tx.accounts.add(account()))
    release.join()
    other.close()
    assert lite.call(lambda tx: tx.accounts.count()) == 1


def test_the_look_up_connection_cannot_write(lite: SqliteStore) -> None:
    """It runs outside the storage thread, so it must not be able to."""
    with pytest.raises(Exception, match="readonly"):
        lite._reader.execute("DELETE FROM accounts")


def test_a_long_reader_does_not_stop_the_writer(lite: SqliteStore, path: Path) -> None:
    """F6: write-ahead logging; the reader keeps seeing what it began with."""
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM accounts").fetchone() == (0,)
    lite.call(lambda tx: tx.accounts.add(account()))
    assert reader.execute("SELECT count(*) FROM accounts").fetchone() == (0,)
    reader.execute("COMMIT")
    reader.close()
    assert lite.call(lambda tx: tx.accounts.count()) == 1


def test_an_import_of_ten_thousand_people_takes_seconds(lite: SqliteStore) -> None:
    """One transaction with a sealed mail each; the bound is far above what it takes."""

    def fill(tx: Tx) -> None:
        tx.accounts.add(account())
        for value in range(10_000):
            tx.people.add(person(f"p{value}"), password=None)
            tx.mails.add(mail(f"m{value}", f"p{value}"))

    began = time.monotonic()
    lite.call(fill)
    elapsed = time.monotonic() - began
    assert lite.call(lambda tx: tx.mails.waiting()) == 10_000
    assert elapsed < 30


def test_an_old_library_serves_one_process_at_a_time(path: Path) -> None:
    """Before 3.51.3 a second process could corrupt the file, so it is locked out."""
    old = sqlite_driver(["sqlite3"])
    assert old.sqlite_version_info < (3, 51, 3), "this Python brings a new SQLite; adapt the test"
    leave = take_alone(path, old)
    with pytest.raises(StartError, match="only one at a time"):
        take_alone(path, old)
    leave()
    take_alone(path, old)()


def test_a_new_library_serves_several_processes(path: Path) -> None:
    """With the driver that the product brings."""
    new = sqlite_driver()
    assert new.__name__ == "pysqlite3.dbapi2"
    leave, leave_too = take_alone(path, new), take_alone(path, new)
    leave()
    leave_too()


def test_the_driver_falls_back_to_the_standard_library() -> None:
    """Where ours is not installed; without any there is a sentence."""
    assert sqlite_driver(["no_such_module", "sqlite3"]) is sqlite3
    with pytest.raises(StartError, match="no SQLite driver"):
        sqlite_driver(["no_such_module"])
