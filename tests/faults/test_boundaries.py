"""Stopped at each commit, before it and after it: nothing is there in half (fault F1, F2).

A child process runs one act after another on the real store and dies at the so-many-th commit. What
the database then says has to be what it said in a run without a death: before the commit, what the
one before it left, and after it, what it was to leave. Whoever was told anything was told after a
commit.
"""

import json
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pysqlite3.dbapi2
import pytest
from sqlalchemy import text

from tests.conftest import MORNING, FixedClock
from tests.faults.cast import Cast
from tests.faults.history import History
from tests.faults.judge import Judge, looking_at
from tests.faults.servers import Postgres
from tests.world import HERE, Organisation, found
from twofold.core.authenticators import Totp
from twofold.flows import enrol, recovery, second_step, sessions
from twofold.flows.recovery import NewCodes
from twofold.flows.sign_in import SignedIn
from twofold.ports import Store
from twofold.storage import build_store, postgres_store
from twofold.storage.sealing import KeyRing
from twofold.storage.sqlite_store import SqliteStore
from twofold.system import SystemRandom

BEFORE, AFTER = "before", "after"
WORDS = {
    "attempts": "outcome",
    "authenticators": "state",
    "browsers": "name",
    "counters": "length(key) > 0",
    "events": "kind",
    "mails": "kind",
    "people": "password_version",
    "recovery_codes": "used_at",
    "sessions": "methods",
    "sign_ins": "stage",
}
"""The tables, and in each what tells its rows apart."""
Snapshot = list[str]


@dataclass
class Fuse:
    """Kills this process at the so-many-th commit; 0 never does."""

    at: int = 0
    side: str = BEFORE
    seen: int = 0
    lit: bool = False
    afterwards: Callable[[], object] = field(default=lambda: None)

    def around(self, commit: Callable[[], object]) -> None:
        """A commit, or as much of it as is lived through."""
        self.seen += self.lit
        dies = self.lit and self.seen == self.at
        if dies and self.side == BEFORE:
            os.kill(os.getpid(), signal.SIGKILL)
        commit()
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.lit:
            self.afterwards()


def fused_driver(fuse: Fuse) -> ModuleType:
    """The SQLite driver, with a connection whose commits go by the fuse."""

    class Fused(pysqlite3.dbapi2.Connection):  # type: ignore[misc]
        def commit(self) -> None:
            fuse.around(super().commit)

    driver = ModuleType("fused")
    driver.__dict__.update(pysqlite3.dbapi2.__dict__)

    def connect(*args: Any, **kwargs: Any) -> Any:
        return pysqlite3.dbapi2.connect(*args, factory=Fused, **kwargs)

    driver.connect = connect  # type: ignore[attr-defined]
    return driver


def fused_store(url: str, ring: KeyRing, fuse: Fuse) -> Store:
    """The store of the product on this database, with the fuse at its commits."""
    random = SystemRandom()
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        return SqliteStore(path, ring, random, driver=fused_driver(fuse))
    real = postgres_store.commit
    # In this process alone, which lives for a second.
    postgres_store.commit = lambda connection: fuse.around(lambda: real(connection))
    return build_store(url, ring, random)


def story(acme: Organisation) -> None:
    """Everything that has to survive, one transaction after another."""
    bob = acme.add("Bob")
    caller = acme.caller(bob)
    pending = acme.call(enrol.begin_own, caller=caller)
    assert isinstance(pending, Totp)
    acme.call(enrol.save_own, caller=caller, typed=acme.wrong(pending), place=HERE)
    acme.call(enrol.save_own, caller=caller, typed=acme.code_of(pending), place=HERE)
    acme.clock.advance(30)
    half = acme.half(bob)
    acme.submit_code(half, acme.wrong(acme.active(bob)))
    signed = acme.submit_code(half, acme.code(bob))
    assert isinstance(signed, SignedIn)
    caller = acme.caller_of(signed.token)  # type: ignore[assignment]
    made = acme.call(recovery.make, caller=caller, source=HERE.source)
    assert isinstance(made, NewCodes)
    half = acme.half(bob)
    acme.call(second_step.recover, half=half, typed=made.codes[0], place=HERE)
    acme.call(sessions.end_everywhere_else, caller=caller)


def snapshot(url: str) -> Snapshot:
    """What the database says, without what is random."""
    said = []
    with looking_at(url) as connection:
        for table, word in WORDS.items():
            found_here = connection.execute(
                text(f"SELECT {word}, count(*) FROM {table} GROUP BY 1 ORDER BY 1")
            )
            said += [f"{table}: {row[0]} {row[1]}" for row in found_here]
    return sorted(said)


@dataclass
class Ground:
    """An organisation that the story begins with, as often as it is told."""

    folder: Path
    ring: KeyRing
    postgres: Postgres | None
    account_id: str = ""
    owner_id: str = ""
    told: int = 0

    def base(self) -> str:
        """The address of the database that all others are copies of."""
        if self.postgres is None:
            return f"sqlite:///{self.folder / 'base.db'}"
        return self.postgres.url("boundaries")

    def fresh(self) -> str:
        """The address of a copy."""
        self.told += 1
        if self.postgres is None:
            path = self.folder / f"copy-{self.told}.db"
            shutil.copyfile(self.folder / "base.db", path)
            return f"sqlite:///{path}"
        self.postgres.execute(
            "DROP DATABASE IF EXISTS boundaries_copy WITH (FORCE)",
            "CREATE DATABASE boundaries_copy TEMPLATE boundaries",
        )
        return self.postgres.url("boundaries_copy")

    def tell(self, url: str, fuse: Fuse) -> int:
        """Tell the story in a process of its own; how that ended."""
        child = os.fork()
        if not child:
            status = 1
            try:
                store = fused_store(url, self.ring, fuse)
                fuse.lit = True
                story(Organisation(store, FixedClock(MORNING), self.account_id, self.owner_id))
                fuse.lit = False
                store.close()
                status = 0
            finally:
                os._exit(status)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def untouched(self, url: str) -> list[Snapshot]:
        """What the database says after each commit of a story that nobody stops."""
        notes = self.folder / "notes"

        def note() -> None:
            with notes.open("a") as file:
                file.write(json.dumps(snapshot(url)) + "\n")

        begun = snapshot(url)
        assert self.tell(url, Fuse(afterwards=note)) == 0
        return [begun, *map(json.loads, notes.read_text().splitlines())]


@pytest.fixture(params=["sqlite", "postgres"])
def ground(request: pytest.FixtureRequest, tmp_path: Path, keyring: KeyRing) -> Ground:
    """One on each database."""
    postgres: Postgres | None = None
    if request.param == "postgres":
        postgres = request.getfixturevalue("durable_postgres")
        postgres.new_database("boundaries")
    made = Ground(tmp_path, keyring, postgres)
    store = build_store(made.base(), keyring, SystemRandom())
    acme = found(store, FixedClock(MORNING))
    made.account_id, made.owner_id = acme.account_id, acme.owner_id
    store.close()
    return made


@pytest.mark.timeout(300)
def test_a_death_at_a_commit_leaves_what_was_before_or_what_was_to_come(ground: Ground) -> None:
    """At each one, on either side; and every invariant holds."""
    states = ground.untouched(ground.fresh())
    commits = len(states) - 1
    assert commits > 15
    assert len({json.dumps(state) for state in states}) > 8
    nobody = Cast(ground.account_id, "", [], [], [], [])
    for number in range(1, commits + 1):
        for side, expected in ((BEFORE, states[number - 1]), (AFTER, states[number])):
            url = ground.fresh()
            assert ground.tell(url, Fuse(number, side)) == -signal.SIGKILL
            with looking_at(url) as connection:
                found_here = Judge(History(), nobody, connection, ground.ring).violations()
            # A set-up is made anew by `recovery.make`, so there are ten codes at every moment.
            assert found_here == [], (number, side)
            assert snapshot(url) == expected, (number, side)
