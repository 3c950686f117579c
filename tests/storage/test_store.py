"""What a store promises about transactions, on both databases."""

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from tests.storage.samples import account, number, person, sign_in, with_ann
from twofold.core.errors import Overloaded, StorageUnavailable
from twofold.ports import Store, Tx
from twofold.storage import build_store
from twofold.storage.sealing import KeyRing
from twofold.system import SystemRandom

ROOT = Path(__file__).parents[2]


def add_then_fail(tx: Tx, id_: str) -> None:
    """Write and raise."""
    tx.accounts.add(account(id_))
    raise LookupError(id_)


def ids(store: Store) -> set[str]:
    """The accounts that are there."""
    return {found.id for found in store.call(lambda tx: tx.accounts.all())}


def test_a_flow_gets_its_arguments_and_gives_its_value(store: Store) -> None:
    """In both ways of running it."""

    def flow(tx: Tx, first: int, *, second: str) -> str:
        return f"{first}{second}{tx.accounts.count()}"

    assert store.call(flow, 1, second="x") == "1x0"
    assert asyncio.run(store.run(flow, 1, second="x")) == "1x0"


def test_a_flow_that_raises_leaves_nothing(store: Store) -> None:
    """Its own exception comes out."""
    with pytest.raises(LookupError, match="acme"):
        store.call(add_then_fail, "acme")
    with pytest.raises(LookupError, match="bolt"):
        asyncio.run(store.run(add_then_fail, "bolt"))
    assert ids(store) == set()


def test_a_long_read_sees_one_moment_while_others_write(store: Store) -> None:
    """The writer is answered in the middle of the read, and the read goes on as it began."""
    store.call(lambda tx: tx.accounts.add(account("acme")))

    def flow(tx: Tx, by: str) -> tuple[int, str, int]:
        before = tx.accounts.count()
        writer = threading.Thread(
            target=store.call, args=(lambda tx: tx.accounts.add(account(by)),)
        )
        writer.start()
        writer.join(timeout=20)
        assert not writer.is_alive(), "the writer waits for the reader"
        return before, by, tx.accounts.count()

    assert store.read(flow, by="bolt") == (1, "bolt", 1)
    assert ids(store) == {"acme", "bolt"}


def test_a_read_cannot_write(store: Store) -> None:
    """And what a flow raises comes out of it."""
    with pytest.raises((StorageUnavailable, DBAPIError)):
        store.read(lambda tx: tx.accounts.add(account("acme")))
    with pytest.raises(LookupError):
        store.read(lambda tx: {}["nothing"])
    assert store.read(lambda tx: tx.accounts.count()) == 0
    store.call(lambda tx: tx.accounts.add(account("bolt")))
    assert ids(store) == {"bolt"}


def test_a_stop_iteration_still_reaches_its_caller(store: Store) -> None:
    """A loop's future cannot carry one; nobody may wait for ever because of that."""

    def stop(_tx: Tx) -> None:
        raise StopIteration

    with pytest.raises((RuntimeError, StopIteration)):
        store.call(stop)


def test_failing_flows_do_not_touch_their_neighbours(store: Store) -> None:
    """Many at once, every third one raises: only the others are stored."""

    async def everybody() -> list[object]:
        flows = [
            store.run(add_then_fail, f"a{value:02}")
            if value % 3 == 0
            else store.run(lambda tx, value: tx.accounts.add(account(f"a{value:02}")), value)
            for value in range(60)
        ]
        return list(await asyncio.gather(*flows, return_exceptions=True))

    results = asyncio.run(everybody())
    assert [type(result) is LookupError for result in results] == [
        value % 3 == 0 for value in range(60)
    ]
    assert ids(store) == {f"a{value:02}" for value in range(60) if value % 3}


def test_a_cancelled_caller_harms_nobody(store: Store) -> None:
    """Its flow runs or does not; the next caller is answered."""

    async def cancel() -> int:
        waiting = asyncio.ensure_future(store.run(lambda tx: tx.accounts.count()))
        await asyncio.sleep(0)
        waiting.cancel()
        return await store.run(lambda tx: tx.accounts.count())

    assert asyncio.run(cancel()) == 0


def test_a_full_queue_refuses_at_once(
    database_url: str, keyring: KeyRing, random: SystemRandom
) -> None:
    """`Overloaded`, while those who wait are served when it goes on."""
    store = build_store(database_url, keyring, random, queue_limit=3)
    started, go_on = threading.Event(), threading.Event()

    def block(_tx: Tx) -> bool:
        started.set()
        return go_on.wait(30)

    async def crowd() -> list[object]:
        first = asyncio.ensure_future(store.run(block))
        await asyncio.to_thread(started.wait, 30)
        others = [asyncio.ensure_future(store.run(block)) for _ in range(40)]
        await asyncio.sleep(0)
        refused = [one for one in others if one.done()]
        go_on.set()
        await asyncio.gather(first, *others, return_exceptions=True)
        return [one.exception() for one in refused] + [len(others) - len(refused)]

    *refused, served = asyncio.run(crowd())
    store.close()
    assert refused
    assert {type(error) for error in refused} == {Overloaded}
    assert served in (2, 3)


def test_closing_serves_what_waits_and_takes_no_more(
    database_url: str, keyring: KeyRing, random: SystemRandom
) -> None:
    """What was accepted is done; later callers are told."""
    store = build_store(database_url, keyring, random)
    started, go_on = threading.Event(), threading.Event()

    def block(_tx: Tx) -> None:
        started.set()
        go_on.wait(30)

    async def last_ones() -> None:
        waiting = [asyncio.ensure_future(store.run(block))]
        await asyncio.to_thread(started.wait, 30)
        waiting.append(
            asyncio.ensure_future(store.run(lambda tx: tx.accounts.add(account("late"))))
        )
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(asyncio.to_thread(store.close))
        go_on.set()
        await asyncio.gather(closing, *waiting)

    asyncio.run(last_ones())
    with pytest.raises(StorageUnavailable):
        store.call(lambda tx: tx.accounts.count())
    assert asyncio.run(store.ready()) is False
    again = build_store(database_url, keyring, random)
    assert ids(again) == {"late"}
    again.close()


def test_an_open_store_is_ready(store: Store) -> None:
    """As long as flows run."""
    assert asyncio.run(store.ready()) is True


def test_what_was_acknowledged_survives_a_kill(
    database_url: str, keyring: KeyRing, random: SystemRandom
) -> None:
    """Promise P7: every account that the killed process called stored is there."""
    key = keyring._keys["00000001"].hex()
    command = [sys.executable, "-m", "tests.storage.writer", database_url, key]
    writer = subprocess.Popen(
        command, cwd=ROOT, env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}, stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    told = [writer.stdout.readline() for _ in range(200)]
    writer.kill()
    told += writer.stdout.readlines()
    writer.wait()
    acknowledged = {line.decode().strip() for line in told if line.endswith(b"\n")}
    store = build_store(database_url, keyring, random)
    stored = ids(store)
    store.close()
    assert len(acknowledged) >= 200
    assert acknowledged <= stored
    assert len(stored) <= len(acknowledged) + 8


def test_looking_up_needs_no_transaction_of_its_own(store: Store) -> None:
    """A sign-in is found as soon as its flow was answered."""
    with_ann(store)
    store.call(lambda tx: tx.people.add(person("bob"), password="$b"))

    async def each(value: int) -> bool:
        one = sign_in(f"i{value}", "bob" if value % 2 else "ann")
        await store.run(lambda tx: tx.sign_ins.add(one, number(value)))
        found = await store.half_caller(number(value), one.created_at)
        return found is not None and found.sign_in == one

    async def everybody() -> list[bool]:
        return await asyncio.gather(*(each(value) for value in range(20)))

    assert all(asyncio.run(everybody()))
