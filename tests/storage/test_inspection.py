"""Looking at a database without touching it."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.conftest import FixedClock
from tests.storage.samples import attempt, totp, with_ann
from tests.world import found as found_account
from twofold.core.attempts import Outcome
from twofold.core.authenticators import AuthenticatorState
from twofold.core.errors import StartError
from twofold.ports import Store
from twofold.storage import build_store
from twofold.storage.inspection import database_file, look_into, try_keys
from twofold.storage.sealing import KeyRing
from twofold.system import SystemRandom

NOW = 1_789_000_000


def test_a_database_in_use_is_looked_at_beside_its_service(
    store: Store, database_url: str, keyring: KeyRing
) -> None:
    """Version, revision, codes of the last day, and that the keys open what is sealed."""
    with_ann(store)
    store.call(lambda tx: tx.authenticators.add(totp(state=AuthenticatorState.ACTIVE)))
    empty = look_into(database_url, NOW)
    assert empty.phones is not None
    assert empty.phones.people == 0
    seen = replace(attempt("a1", NOW - 5, Outcome.ACCEPTED), authenticator_id="t1", offset=0)
    store.call(lambda tx: tx.attempts.add(seen))
    found = look_into(database_url, NOW)
    assert found.kind.startswith("SQLite 3." if "sqlite" in database_url else "PostgreSQL 1")
    assert found.revision == found.head
    assert found.is_known
    assert found.phones is not None
    assert found.phones.people == 1
    assert try_keys(keyring, found) is True
    assert store.call(lambda tx: tx.accounts.count()) == 1


def test_the_database_server_has_a_clock_of_its_own(store: Store, database_url: str) -> None:
    """PostgreSQL says what time it is now; SQLite is this machine."""
    before = time.time()
    inside = store.call(lambda tx: tx.database_time())
    looked = look_into(database_url, NOW).server_time
    after = time.time()
    for one in (inside, looked):
        if "sqlite" in database_url:
            assert one is None
        else:
            assert one is not None
            assert before - 0.1 <= one <= after + 0.1


def test_an_empty_database_has_no_revision(bare_postgres_url: str, tmp_path: Path) -> None:
    """Nothing is made by looking."""
    file = tmp_path / "empty.db"
    file.touch()
    for url in (bare_postgres_url, f"sqlite:///{file}"):
        for _ in range(2):
            found = look_into(url, NOW)
            assert (found.revision, found.is_known, found.phones) == (None, True, None)
    assert file.stat().st_size == 0


def test_a_revision_of_another_version_is_not_looked_into(
    store: Store, database_url: str, keyring: KeyRing
) -> None:
    """The tables may be others; an older one is known, a newer one is not."""
    for revision, is_known in (("0001", True), ("9999", False)):
        set_revision(store, revision)
        found = look_into(database_url, NOW)
        assert (found.revision, found.is_known, found.phones) == (revision, is_known, None)
        assert try_keys(keyring, found) is False
    set_revision(store, found.head)


def set_revision(store: Store, revision: str) -> None:
    """Pretend that the tables are those of another version."""
    statement = text("UPDATE alembic_version SET version_num = :revision")
    store.call(
        lambda tx: tx.attempts._connection.execute(statement, {"revision": revision})  # type: ignore[attr-defined]
    )


def test_keys_of_another_database_are_refused(
    store: Store, database_url: str, random: SystemRandom
) -> None:
    """Whether they have another name or the same one."""
    with_ann(store)
    for name in ("00000001", "0000000f"):
        other = KeyRing({name: random.secret() + random.secret()[:12]}, random)
        with pytest.raises(StartError, match="key"):
            try_keys(other, look_into(database_url, NOW))


def test_a_sealed_value_that_does_not_open_is_found(
    store: Store, database_url: str, keyring: KeyRing
) -> None:
    """Somebody copied it from another row."""
    with_ann(store)
    store.call(lambda tx: tx.authenticators.add(totp(state=AuthenticatorState.ACTIVE)))
    moved = text("UPDATE authenticators SET id = 't2'")
    store.call(lambda tx: tx.attempts._connection.execute(moved))  # type: ignore[attr-defined]
    with pytest.raises(StartError, match="does not open"):
        try_keys(keyring, look_into(database_url, NOW))


def test_what_cannot_be_reached_is_one_sentence(tmp_path: Path) -> None:
    """No such file, no database in it, no server."""
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"this is no database" * 100)
    for url, says in (
        (f"sqlite:///{tmp_path}/none.db", "cannot be read"),
        (f"sqlite:///{broken}", "cannot be read"),
        ("postgresql://nobody@127.0.0.1:1/none", "cannot be used"),
    ):
        with pytest.raises(StartError, match=says):
            look_into(url, NOW)
    assert not (tmp_path / "none.db").exists()
    assert database_file("postgresql://a@b/c") is None


def test_looking_writes_nothing(
    sqlite_url: str, keyring: KeyRing, random: SystemRandom, tmp_path: Path
) -> None:
    """The file is the same afterwards, byte for byte."""
    opened = build_store(sqlite_url, keyring, random)
    found_account(opened, FixedClock())
    opened.close()
    file = tmp_path / "twofold.db"
    before = file.read_bytes()
    look_into(sqlite_url, NOW)
    assert file.read_bytes() == before
