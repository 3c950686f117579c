"""The codes of an account for the radar, on both databases."""

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from sqlalchemy.dialects.sqlite import dialect

from tests.storage.samples import NOW, account, attempt, person, totp
from twofold.core.attempts import Attempt, Outcome, Source
from twofold.core.authenticators import AuthenticatorState
from twofold.core.diagnosis import Cause
from twofold.core.people import HOUR, Instant
from twofold.core.radar_groups import Cell, HourCount, Try
from twofold.ports import Store, Tx
from twofold.storage.attempt_lists import CAUSES, CELLS, HOURS, TRIES

HOUR_OF_NOW = NOW // HOUR * HOUR
LINUX, PHONE = "Firefox on Linux", "Safari on iPhone"


def add_people(tx: Tx) -> None:
    """Ann with an app, Bob who said nothing about his, and Eve of another account."""
    tx.accounts.add(account())
    tx.accounts.add(account("bolt"))
    for one in (person(), person("bob"), person("eve", "bolt")):
        tx.people.add(one, password="$argon2id$x")
    old = totp("t0", state=AuthenticatorState.REPLACED)
    tx.authenticators.add(replace(old, app="aegis-android"))
    tx.authenticators.add(replace(totp("t1", state=AuthenticatorState.ACTIVE), app="authy-ios"))
    tx.authenticators.add(totp("t3", state=AuthenticatorState.REMOVED))
    tx.authenticators.add(totp("t2", "bob", AuthenticatorState.ACTIVE))


def code(
    number: int,
    at: Instant,
    outcome: Outcome,
    who: str = "ann",
    authenticator: str | None = None,
    cause: Cause | None = None,
    browser: str = LINUX,
) -> Attempt:
    """A submitted code."""
    return replace(
        attempt(f"a{number:03}", at, outcome),
        account_id="bolt" if who == "eve" else "acme",
        person_id=who,
        authenticator_id=authenticator,
        cause=cause,
        source=Source("192.0.2.1", browser),
    )


def filled(store: Store) -> Store:
    """The store with codes of two hours."""
    first = HOUR_OF_NOW - HOUR
    codes = [
        code(1, first + 1, Outcome.WRONG, authenticator="t1", cause=Cause.CLOCK),
        code(2, first + 2, Outcome.WRONG, authenticator="t1", cause=Cause.CLOCK),
        code(3, first + 3, Outcome.WRONG, authenticator="t0", cause=Cause.REPLACED),
        code(4, first + 4, Outcome.ACCEPTED, authenticator="t1"),
        code(5, first + 5, Outcome.ACCEPTED, "bob", "t2", browser=PHONE),
        code(6, HOUR_OF_NOW, Outcome.USED, "bob", "t2", browser=PHONE),
        code(7, HOUR_OF_NOW + 1, Outcome.WRONG, authenticator="t3"),
        code(8, HOUR_OF_NOW + 2, Outcome.MALFORMED, "eve"),
        code(9, HOUR_OF_NOW + 3, Outcome.RESERVED, "bob", "gone"),
    ]

    def write(tx: Tx) -> None:
        add_people(tx)
        for one in codes:
            tx.attempts.add(one)

    store.call(write)
    return store


def test_the_newest_codes_come_with_app_and_cause(store: Store) -> None:
    """The app of the set-up that showed the code; where that has none, of the one in force. What an
    outcome says by itself is its cause; another account's codes are never there.
    """
    filled(store)
    since = HOUR_OF_NOW - HOUR + 2
    until = HOUR_OF_NOW + 3
    tries = store.read(lambda tx: tx.attempts.tries("acme", since=since, until=until, limit=100))
    first = HOUR_OF_NOW - HOUR
    assert tries == [
        Try("ann", first + 3, "aegis-android", LINUX, True, Cause.REPLACED),
        Try("ann", first + 4, "authy-ios", LINUX, False, None),
        Try("bob", first + 5, "", PHONE, False, None),
        Try("bob", HOUR_OF_NOW, "", PHONE, True, Cause.USED),
        Try("ann", HOUR_OF_NOW + 1, "authy-ios", LINUX, True, None),
        Try("bob", HOUR_OF_NOW + 3, "", LINUX, True, None),
    ]
    last = store.read(lambda tx: tx.attempts.tries("acme", since=0, until=until, limit=2))
    assert last == tries[-2:]
    assert store.read(lambda tx: tx.attempts.tries("acme", since=0, until=since - 2, limit=9)) == []
    (eve,) = store.read(lambda tx: tx.attempts.tries("bolt", since=0, until=until, limit=9))
    assert (eve.person_id, eve.cause) == ("eve", Cause.MALFORMED)


def test_older_ones_are_counted_by_person_and_hour(store: Store) -> None:
    """A person who tries four times within an hour is one try, refused if any was."""
    filled(store)
    cells = store.read(lambda tx: tx.attempts.cells("acme", since=0, until=NOW * 2))
    assert sorted(cells, key=lambda cell: (cell.app, cell.browser)) == [
        Cell("", LINUX, 1, 1),
        Cell("", PHONE, 2, 1),
        Cell("aegis-android", LINUX, 1, 1),
        Cell("authy-ios", LINUX, 2, 2),
    ]
    causes = store.read(lambda tx: tx.attempts.causes("acme", since=0, until=NOW * 2))
    assert causes == {Cause.CLOCK: 1, Cause.REPLACED: 1, Cause.USED: 1}
    until = HOUR_OF_NOW - 1
    assert store.read(lambda tx: tx.attempts.causes("acme", since=until, until=until)) == {}
    half = store.read(lambda tx: tx.attempts.cells("acme", since=0, until=until))
    assert Cell("", PHONE, 1, 0) in half


def test_the_chart_counts_different_people_in_each_hour(store: Store) -> None:
    """An hour without codes is not there."""
    filled(store)
    hours = store.read(lambda tx: tx.attempts.hours("acme", since=0, until=NOW * 2))
    assert hours == [HourCount(HOUR_OF_NOW - HOUR, 2, 1), HourCount(HOUR_OF_NOW, 2, 2)]


def test_every_look_is_bounded_and_goes_by_the_index_on_the_time(
    migrated_sqlite: Path,
) -> None:
    """However many codes there were, so many are read, and none outside the time."""
    with closing(sqlite3.connect(migrated_sqlite)) as database:
        for statement in (TRIES, CELLS, CAUSES, HOURS):
            compiled = statement.compile(dialect=dialect())
            asked = [1] * len(compiled.positiontup or ())
            plan = database.execute(f"EXPLAIN QUERY PLAN {compiled}", asked).fetchall()
            steps = [step[3] for step in plan if re.search(r"(SCAN|SEARCH) attempts", step[3])]
            assert steps == [
                "SEARCH attempts USING INDEX ix_attempts_tried_at (tried_at>? AND tried_at<?)"
            ]
            assert str(compiled).count("LIMIT") == 1
