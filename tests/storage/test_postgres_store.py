"""Retries and lost connections on PostgreSQL."""

import threading
from collections.abc import Iterator

import psycopg
import pytest

from tests.storage.races import race
from tests.storage.samples import NOW, account, add_ann, person
from twofold.core.errors import StartError, StorageUnavailable
from twofold.ports import Tx
from twofold.storage import build_store
from twofold.storage.engine import parse_url
from twofold.storage.postgres_store import TRIES, PostgresStore
from twofold.storage.sealing import KeyRing
from twofold.system import SystemRandom


@pytest.fixture
def pg(postgres_url: str, keyring: KeyRing, random: SystemRandom) -> Iterator[PostgresStore]:
    """A store with four threads."""
    store = PostgresStore(parse_url(postgres_url), keyring, random, threads=4)
    yield store
    store.close()


def backend(tx: Tx) -> int:
    """The process that serves this flow."""
    connection = tx.accounts._connection  # type: ignore[attr-defined]
    return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def cut(postgres_url: str, pid: int) -> None:
    """End a server process, as a restart or an administrator does; wait until it is gone."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])


def test_commits_wait_for_the_disk_at_read_committed(pg: PostgresStore) -> None:
    """Whatever the server's own settings are."""

    def show(tx: Tx, name: str) -> str:
        connection = tx.accounts._connection  # type: ignore[attr-defined]
        return str(connection.exec_driver_sql(f"SHOW {name}").scalar_one())

    assert pg.call(show, "transaction_isolation") == "read committed"
    assert pg.call(show, "synchronous_commit") == "on"
    assert pg.call(show, "lock_timeout") == "10s"


def test_a_connection_that_died_while_idle_is_replaced(
    pg: PostgresStore, postgres_url: str
) -> None:
    """F7: nothing was under way, so the flow is run again."""
    cut(postgres_url, pg.call(backend))
    pg.call(lambda tx: tx.accounts.add(account()))
    assert pg.call(lambda tx: tx.accounts.count()) == 1


def test_a_flow_whose_connection_dies_on_the_way_is_run_again(
    pg: PostgresStore, postgres_url: str
) -> None:
    """F7: what it wrote was never committed, so it is there once."""
    runs: list[int] = []

    def flow(tx: Tx) -> None:
        tx.accounts.add(account())
        runs.append(backend(tx))
        if len(runs) == 1:
            cut(postgres_url, runs[0])
        tx.people.add(person(), password=None)

    pg.call(flow)
    assert len(runs) == 2
    assert pg.call(lambda tx: tx.accounts.count()) == 1


def test_an_unknown_commit_is_reported_and_not_repeated(
    pg: PostgresStore, postgres_url: str
) -> None:
    """F7: the answer to the commit never came; running the flow again could do it twice."""
    runs: list[int] = []

    def flow(tx: Tx) -> None:
        tx.accounts.add(account(f"acme{len(runs)}"))
        runs.append(backend(tx))
        cut(postgres_url, runs[0])

    with pytest.raises(StorageUnavailable, match="not known"):
        pg.call(flow)
    assert len(runs) == 1


def test_a_deadlock_is_solved_by_running_the_victim_again(pg: PostgresStore) -> None:
    """F9: both flows succeed in the end, and each counts once; a victim may be one again."""
    pg.call(add_ann)
    pg.call(lambda tx: tx.people.add(person("bob"), password=None))
    meet = threading.Barrier(2)
    runs: list[int] = []

    def flow(tx: Tx, runner: int) -> None:
        first, second = ("ann", "bob") if runner else ("bob", "ann")
        tx.people.lock(first)
        runs.append(runner)
        if len(runs) <= 2:
            meet.wait(30)
        tx.people.lock(second)
        tx.accounts.add(account(f"done{runner}"))

    race(2, lambda runner: pg.call(flow, runner))
    assert len(runs) >= 3
    assert pg.call(lambda tx: tx.accounts.count()) == 3


def test_trying_again_has_an_end(pg: PostgresStore, postgres_url: str) -> None:
    """A database that cuts every connection is away."""
    runs: list[int] = []

    def flow(tx: Tx) -> None:
        runs.append(backend(tx))
        cut(postgres_url, runs[-1])
        tx.accounts.count()

    with pytest.raises(StorageUnavailable):
        pg.call(flow)
    assert len(runs) == TRIES


def test_a_server_that_is_not_there_is_one_sentence(keyring: KeyRing, random: SystemRandom) -> None:
    """At the start; nothing listens on the discard port."""
    with pytest.raises(StartError, match="cannot be used"):
        build_store("postgresql://nobody@127.0.0.1:9/none", keyring, random)


def test_a_statement_of_the_driver_finds_its_connection_dead(
    pg: PostgresStore, postgres_url: str
) -> None:
    """It is run again on a new one, as one that goes by way of SQLAlchemy."""
    cuts: list[int] = []

    def flow(tx: Tx) -> None:
        if not cuts:
            cuts.append(backend(tx))
            cut(postgres_url, cuts[0])
        tx.counters.save("a", "text", NOW)  # Goes to the driver itself.

    pg.call(flow)
    assert len(cuts) == 1
    assert pg.call(lambda tx: tx.counters.peek(["a"])) == {"a": "text"}
