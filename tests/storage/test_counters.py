"""What the throttle remembers, on both databases."""

import pytest

from tests.storage.races import race
from tests.storage.samples import NOW
from twofold.ports import Store, Tx

KEYS = ["code:person:ann", "code:row:ann", "pw:site"]


def test_a_text_is_kept_under_its_key(store: Store) -> None:
    """Written anew it replaces the old one; what was never written is not there."""
    store.call(lambda tx: tx.counters.save("pw:site", "one", NOW))
    store.call(lambda tx: tx.counters.save("pw:site", "two", NOW))
    assert store.call(lambda tx: tx.counters.load(KEYS)) == {"pw:site": "two"}
    assert store.call(lambda tx: tx.counters.peek(KEYS)) == {"pw:site": "two"}


def test_what_was_locked_and_not_written_is_still_not_there(store: Store) -> None:
    """Where the lock needs a row, it does not look like a text."""
    assert store.call(lambda tx: tx.counters.load(KEYS)) == {}
    assert store.call(lambda tx: tx.counters.peek(KEYS)) == {}
    assert store.call(lambda tx: tx.counters.load([])) == {}


def test_dropping_forgets_the_keys_named_and_no_other(store: Store) -> None:
    """And says how many there were."""
    for key in KEYS:
        store.call(lambda tx, key=key: tx.counters.save(key, key, NOW))
    assert store.call(lambda tx: tx.counters.drop([*KEYS[:2], "no such key"])) == 2
    assert store.call(lambda tx: tx.counters.peek(KEYS)) == {KEYS[2]: KEYS[2]}


def test_what_was_saved_long_ago_is_purged(store: Store) -> None:
    """By the last time it was written; a second early it stays."""
    store.call(lambda tx: tx.counters.save("old", "x", NOW - 1))
    store.call(lambda tx: tx.counters.save("new", "x", NOW - 1))
    store.call(lambda tx: tx.counters.save("new", "y", NOW))
    assert store.call(lambda tx: tx.counters.purge(NOW)) == 1
    assert store.call(lambda tx: tx.counters.peek(["new", "old"])) == {"new": "y"}


def test_an_undone_flow_leaves_the_text_as_it_was(store: Store) -> None:
    """A charge stands or falls with its transaction."""
    store.call(lambda tx: tx.counters.save("key", "before", NOW))

    def fail(tx: Tx) -> None:
        tx.counters.save("key", "after", NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.call(fail)
    assert store.call(lambda tx: tx.counters.peek(["key"])) == {"key": "before"}


def add_one(tx: Tx, keys: list[str]) -> None:
    """Read, add, write: only the lock keeps two of these apart."""
    found = tx.counters.load(keys)
    for key in keys:
        tx.counters.save(key, str(int(found.get(key, "0")) + 1), NOW)


def test_no_count_is_lost_between_threads(store: Store) -> None:
    """Also the first one, when there is no row to lock yet."""
    race(20, lambda _: [store.call(add_one, ["key"]) for _ in range(5)])
    assert store.call(lambda tx: tx.counters.peek(["key"])) == {"key": "100"}


def test_flows_that_lock_several_keys_do_not_wait_crosswise(store: Store) -> None:
    """Sorted keys, whichever flow wants them: everybody gets through and every count stands."""
    wanted = [KEYS[:2], KEYS[1:], [KEYS[0], KEYS[2]], KEYS]
    race(16, lambda n: [store.call(add_one, wanted[n % 4]) for _ in range(5)])
    assert store.call(lambda tx: tx.counters.peek(KEYS)) == dict.fromkeys(KEYS, "60")


def test_what_was_saved_after_a_moment_is_found(store: Store) -> None:
    """By a clock that ran ahead; keys that were only made hold nothing."""
    for key, at in (("a", 10), ("b", 11), ("c", 12)):
        store.call(lambda tx, key=key, at=at: tx.counters.save(key, f"text of {key}", at))
    store.call(lambda tx: tx.counters.save("d", "", 13))
    found = store.call(lambda tx: tx.counters.saved_after(10))
    assert found == {"b": "text of b", "c": "text of c"}
    assert store.call(lambda tx: tx.counters.saved_after(13)) == {}
