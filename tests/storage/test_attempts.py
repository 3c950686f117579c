"""The history of submitted codes, on both databases."""

import re
from dataclasses import replace

from tests.storage.samples import NOW, attempt, with_ann
from twofold.core.attempts import Outcome
from twofold.core.clocks import Reading
from twofold.core.crowd import Sighting
from twofold.core.diagnosis import Cause
from twofold.ports import Store, Tx
from twofold.storage.attempts import MOST_LOOKED_AT, SIGHTINGS


def test_an_attempt_is_read_as_it_was_written(store: Store) -> None:
    """With its outcome, whose code it was, and how far from ours its step was."""
    with_ann(store)
    one = replace(attempt("a1"), outcome=Outcome.ACCEPTED, authenticator_id="t1", offset=-1)
    store.call(lambda tx: tx.attempts.add(one))
    assert store.call(lambda tx: tx.attempts.of("ann", limit=9)) == [one]


def test_reserved_and_wrong_ones_count_newest_first(store: Store) -> None:
    """Accepted, used and unread codes are no guesses; the limit keeps the newest."""
    with_ann(store)
    outcomes = [Outcome.WRONG, Outcome.RESERVED, Outcome.ACCEPTED, Outcome.USED]
    outcomes += [Outcome.NOT_CHECKED, Outcome.WRONG]
    for number, outcome in enumerate(outcomes):
        one = attempt(f"a{number}", NOW + number, outcome)
        store.call(lambda tx, one=one: tx.attempts.add(one))
    assert store.call(lambda tx: tx.attempts.failures("ann", limit=9)) == [NOW + 5, NOW + 1, NOW]
    assert store.call(lambda tx: tx.attempts.failures("ann", limit=1)) == [NOW + 5]
    assert store.call(lambda tx: tx.attempts.failures("bob", limit=9)) == []
    newest = store.call(lambda tx: tx.attempts.of("ann", limit=2))
    assert [one.id for one in newest] == ["a5", "a4"]


def test_codes_that_tell_of_a_clock_are_the_accepted_and_the_explained_ones(store: Store) -> None:
    """Newest first, after one moment and up to another, none farther away than an hour."""
    with_ann(store)

    def add(id_: str, at: int, outcome: Outcome, offset: int | None, cause: Cause | None) -> None:
        one = replace(attempt(id_, at, outcome), offset=offset, cause=cause)
        store.call(lambda tx: tx.attempts.add(one))

    add("a", NOW, Outcome.ACCEPTED, 0, None)
    add("b", NOW + 1, Outcome.ACCEPTED, 1, None)
    add("c", NOW + 2, Outcome.WRONG, -3, Cause.CLOCK)
    add("d", NOW + 3, Outcome.WRONG, 120, Cause.TIME_ZONE)
    add("e", NOW + 4, Outcome.WRONG, 240, Cause.TIME_ZONE)
    add("f", NOW + 5, Outcome.WRONG, 2, Cause.REPLACED)
    add("g", NOW + 6, Outcome.USED, 0, None)
    add("h", NOW + 7, Outcome.WRONG, None, Cause.NO_MATCH)
    add("i", NOW + 8, Outcome.ACCEPTED, 0, None)
    seen = store.call(lambda tx: tx.attempts.sightings(since=NOW, until=NOW + 7, limit=9))
    assert seen == [
        Sighting("ann", NOW + 3, 120),
        Sighting("ann", NOW + 2, -3),
        Sighting("ann", NOW + 1, 1),
    ]
    two = store.call(lambda tx: tx.attempts.sightings(since=NOW, until=NOW + 7, limit=2))
    assert two == seen[:2]


def test_the_accepted_codes_of_one_authenticator_newest_first(store: Store) -> None:
    """Between two moments, both included; nobody else's and no other outcome."""
    with_ann(store)
    rows = [
        ("a", NOW, Outcome.ACCEPTED, "t1", 0),
        ("b", NOW + 1, Outcome.ACCEPTED, "t1", -1),
        ("c", NOW + 2, Outcome.ACCEPTED, "t2", 1),
        ("d", NOW + 3, Outcome.USED, "t1", 1),
        ("e", NOW + 4, Outcome.ACCEPTED, "t1", 1),
        ("f", NOW + 5, Outcome.ACCEPTED, "t1", 1),
    ]
    for id_, at, outcome, matched, offset in rows:
        one = replace(attempt(id_, at, outcome), authenticator_id=matched, offset=offset)
        store.call(lambda tx, one=one: tx.attempts.add(one))

    def accepted(limit: int) -> object:
        return store.call(
            lambda tx: tx.attempts.accepted("ann", "t1", since=NOW, until=NOW + 4, limit=limit)
        )

    newest = [Reading(NOW + 4, 1), Reading(NOW + 1, -1), Reading(NOW, 0)]
    assert accepted(9) == newest
    assert accepted(2) == newest[:2]


def test_the_picture_of_all_clocks_reads_an_index_and_no_more_than_a_bound(store: Store) -> None:
    """It is asked for by a page that everybody may open."""

    def plan(tx: Tx) -> str:
        connection = tx.attempts._connection  # type: ignore[attr-defined]
        dialect = connection.dialect
        if dialect.name == "postgresql":
            # An empty table is read whole whatever there is; with that forbidden, the index is
            # used if it can be.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        how = "EXPLAIN" if dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        bound = SIGHTINGS.params(since=NOW, until=NOW + 86400).limit(100)
        text = str(bound.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        rows = connection.exec_driver_sql(f"{how} {text}".replace("%", "%%"))
        return text + "\n".join(str(row) for row in rows)

    found = store.call(plan)
    assert "ix_attempts_tried_at" in found
    assert re.search(rf"LIMIT {MOST_LOOKED_AT}\b", found)
