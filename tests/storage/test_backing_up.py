"""Backups: exact on both databases, beside writers, and refused where a single bit is another."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, select, text

from tests.conftest import MORNING, FixedClock
from tests.storage.kills import killed_at, lines_of
from tests.world import Organisation, found
from twofold.core.backups import Manifest, Verified
from twofold.core.errors import BackupError
from twofold.ports import Store
from twofold.storage import build_store
from twofold.storage.backing_up import back_up, reading, reflected
from twofold.storage.backup_file import LAST_BYTES, append_manifest, read_backup
from twofold.storage.engine import parse_url
from twofold.storage.restoring import restore as put_back
from twofold.storage.sealing import KeyRing
from twofold.storage.tables import metadata
from twofold.storage.verifying import verify
from twofold.system import SystemRandom

ROOT = Path(__file__).parents[2]
Make = Callable[..., Manifest]
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what is about the file alone, which is the same for both."""


@pytest.fixture
def filled(store: Store, clock: FixedClock) -> Organisation:
    """An organisation with something in most tables, and a second one."""
    acme = found(store, clock)
    bob = acme.add("Bob")
    acme.enrol(bob)
    acme.switch_on()
    acme.known(bob, trust=True)
    acme.temporary_pass(bob)
    found(store, clock, "Bolt").add("Zoe", invited=True)
    return acme


@pytest.fixture
def make(database_url: str, keyring: KeyRing, random: SystemRandom) -> Make:
    """Make a backup of this test's database."""

    def make_one(target: Path, **other: Any) -> Manifest:
        given: dict[str, Any] = {"made_at": MORNING, "version": "0.0.1", **other}
        return back_up(database_url, target, keyring, random, **given)

    return make_one


def checked(path: Path, ring: KeyRing) -> Verified:
    """What `verify` says with these keys."""
    return verify(path, lambda _: ring)


def says(path: Path, ring: KeyRing) -> dict[str, str]:
    """Its complaints by the name of the check."""
    return {one.name: one.says for one in checked(path, ring).checks if not one.is_ok}


def rows_of(connection: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    return {
        table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
        for table in metadata.sorted_tables
    }


def test_a_backup_holds_every_row(
    filled: Organisation, make: Make, database_url: str, tmp_path: Path, keyring: KeyRing
) -> None:
    """As it was, on both databases, in a file for its owner alone that `verify` approves of."""
    target = tmp_path / "b.backup"
    made = make(target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    engine = create_engine(parse_url(database_url))
    with engine.connect() as connection, reading(target) as copy:
        assert rows_of(copy) == rows_of(connection)
    engine.dispose()
    verified = checked(target, keyring)
    assert verified.is_ok, verified.checks
    assert verified.manifest == made
    assert [one.name for one in made.accounts] == ["Acme", "Bolt"]
    assert (made.accounts[0].people, made.accounts[0].authenticators) == (2, 2)
    assert (made.keys, made.key_lines, made.left_out) == (["00000001"], None, [])
    assert made.source == ("sqlite" if database_url.startswith("sqlite") else "postgresql")


def test_a_name_that_is_taken_is_left_alone(
    filled: Organisation, make: Make, database_url: str, tmp_path: Path
) -> None:
    """Above all the database's own."""
    taken = tmp_path / "taken"
    taken.write_text("something")
    with pytest.raises(BackupError, match="already"):
        make(taken)
    assert taken.read_text() == "something"


def test_a_folder_that_is_not_there_is_one_sentence(make: Make, tmp_path: Path) -> None:
    """And nothing is made."""
    with pytest.raises(BackupError, match="cannot be written to .*nowhere: no such file"):
        make(tmp_path / "nowhere" / "b.backup")


def test_what_was_acknowledged_before_is_in_the_backup(
    make: Make, database_url: str, keyring: KeyRing, tmp_path: Path, random: SystemRandom
) -> None:
    """F29: a process writes all the while; the copy is one moment after the backup began."""
    key = keyring._keys["00000001"].hex()
    build_store(database_url, keyring, random).close()
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.storage.writer", database_url, key],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        stdout=subprocess.PIPE,
    )
    assert writer.stdout is not None
    try:
        for number in range(3):
            before = {writer.stdout.readline().decode().strip() for _ in range(100)}
            target = tmp_path / f"{number}.backup"
            make(target)
            assert checked(target, keyring).is_ok
            with reading(target) as copy:
                assert before <= {row.id for row in copy.execute(text("SELECT id FROM accounts"))}
    finally:
        writer.kill()
        writer.communicate()
    restored = f"sqlite:///{tmp_path / 'restored' / 'twofold.db'}"
    put_back(
        restored, read_backup(target), keyring, random, lambda _tx: None, replace=False, stamp="x"
    )
    store = build_store(restored, keyring, random)
    assert before <= {one.id for one in store.call(lambda tx: tx.accounts.all())}
    store.close()


@pytest.fixture
def whole(filled: Organisation, make: Make, tmp_path: Path) -> Path:
    """A backup."""
    target = tmp_path / "whole.backup"
    make(target)
    return target


@ON_SQLITE
def test_one_other_bit_anywhere_is_refused(whole: Path, keyring: KeyRing, tmp_path: Path) -> None:
    """At a hundred places over the file, among them each part of its end."""
    content = whole.read_bytes()
    end = len(content) - LAST_BYTES
    inside = [int(number * (end - 1) / 60) for number in range(60)]
    ends = [end - 1, *range(end, len(content), 5), len(content) - 1]
    places = sorted({*inside, *ends, end - 300, read_backup(whole).manifest.size})
    assert len(places) >= 97
    changed = tmp_path / "changed"
    for number, place in enumerate(places):
        other = bytearray(content)
        other[place] ^= 1 << number % 8
        changed.write_bytes(other)
        found = says(changed, keyring)
        assert set(found) & {"file", "seal"}, place
        assert "Use another" in next(iter(found.values())) or "Give one" in found["file"], place


@ON_SQLITE
def test_a_file_that_was_cut_off_is_refused(whole: Path, keyring: KeyRing, tmp_path: Path) -> None:
    """Wherever: with what to do."""
    content = whole.read_bytes()
    cut = tmp_path / "cut"
    for length in (1, LAST_BYTES, 4096, len(content) // 2, len(content) - 1):
        cut.write_bytes(content[:length])
        problem = says(cut, keyring)["file"]
        assert "cut off" in problem if length >= 16 else "not a file of" in problem
    cut.write_bytes(content[:-LAST_BYTES] + content[-LAST_BYTES + 1 :])
    assert "cut off" in says(cut, keyring)["file"]


@ON_SQLITE
def test_files_of_another_kind_are_refused(
    filled: Organisation, database_url: str, keyring: KeyRing, tmp_path: Path
) -> None:
    """A letter, nothing, the database file itself, a folder, and what is not there."""
    letter, empty = tmp_path / "letter", tmp_path / "empty"
    letter.write_text("This is a letter, not a backup.\n" * 50)
    empty.touch()
    database = Path(parse_url(database_url).database or "")
    for path, problem in (
        (letter, "not a file of `twofold backup`"),
        (empty, "not a file of `twofold backup`"),
        (database, "a database file that `twofold backup` did not make"),
        (tmp_path, "is a directory"),
        (tmp_path / "gone", "no such file"),
    ):
        assert problem in says(path, keyring)["file"]


def test_other_keys_are_refused(whole: Path, keyring: KeyRing, random: SystemRandom) -> None:
    """By their id, and by another value under the same id."""
    other = KeyRing({"00000002": bytes(32)}, random)
    assert "is not in the key file" in says(whole, other)["keys"]
    same_id = KeyRing({"00000001": bytes(32)}, random)
    assert "is not the one" in says(whole, same_id)["keys"]


def changed_by_a_forger(whole: Path, target: Path, statement: str, ring: KeyRing) -> None:
    """Somebody changes the database in a backup and makes the digests anew."""
    found = read_backup(whole).manifest
    shutil.copyfile(whole, target)
    os.truncate(target, found.size)
    engine = create_engine(f"sqlite:///{target}")
    with engine.begin() as connection:
        connection.execute(text(statement))
        rows = {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
            for table in reflected(connection).tables
        }
    engine.dispose()
    content = target.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    fields = {name: getattr(found, name) for name in found.__slots__}
    fields |= {"size": len(content), "sha256": digest, "rows": rows}
    append_manifest(target, Manifest(**fields), ring)


@ON_SQLITE
@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE authenticators SET sealed_secret = (SELECT sealed_secret FROM authenticators"
         " ORDER BY id DESC LIMIT 1)", "sealed values"),
        ("UPDATE events SET kind = 'person:enabled' WHERE seq = 2", "log"),
        ("UPDATE event_heads SET hash = zeroblob(72)", "log"),
        ("UPDATE people SET account_id = 'nowhere' WHERE role = 'member'", "database"),
        ("UPDATE alembic_version SET version_num = '9999'", "tables"),
        ("DELETE FROM people WHERE name = 'Zoe'", "database"),
        ("DELETE FROM counters", ""),
    ],
)  # fmt: skip
def test_what_was_wrong_in_the_database_shows(
    whole: Path, keyring: KeyRing, tmp_path: Path, statement: str, problem: str
) -> None:
    """A backup that was made in good order of a database that is not; and its seal tells it from
    one that was changed later by somebody without the keys.
    """
    changed, forged = tmp_path / "changed", tmp_path / "forged"
    changed_by_a_forger(whole, changed, statement, keyring)
    assert set(says(changed, keyring)) == ({problem} if problem else set())
    forger = KeyRing({"00000001": b"a key that the forger has made. "}, keyring._random)
    changed_by_a_forger(whole, forged, "DELETE FROM sessions", forger)
    assert set(says(forged, keyring)) == {"seal"}


def test_a_newer_database_is_backed_up_by_its_own_version(
    filled: Organisation, make: Make, database_url: str, tmp_path: Path
) -> None:
    """This one does not know what there may be in it."""
    engine = create_engine(parse_url(database_url))
    with engine.begin() as connection:
        before = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(BackupError, match="Back it up with that version"):
            make(tmp_path / "b")
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{before}'"))  # noqa: S608
        engine.dispose()
    assert not (tmp_path / "b").exists()


def test_what_others_made_in_the_database_is_named(
    postgres_url: str, keyring: KeyRing, random: SystemRandom, tmp_path: Path
) -> None:
    """On PostgreSQL tables and columns that are not ours are not copied."""
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE theirs (id integer)")
        connection.execute("ALTER TABLE people ADD COLUMN shoe_size integer")
    try:
        made = back_up(
            postgres_url, tmp_path / "b", keyring, random, made_at=MORNING, version="0.0.1"
        )
    finally:
        with psycopg.connect(postgres_url) as connection:
            connection.execute("DROP TABLE theirs")
            connection.execute("ALTER TABLE people DROP COLUMN shoe_size")
    assert made.left_out == ["people.shoe_size", "theirs"]


@ON_SQLITE
def test_a_database_that_is_not_there_is_not_made(
    make: Make, database_url: str, tmp_path: Path
) -> None:
    """One sentence, and no file."""
    path = Path(parse_url(database_url).database or "")
    path.unlink()
    with pytest.raises(BackupError, match="no database"):
        make(tmp_path / "b")
    assert not path.exists()


FILES = ("storage/backing_up.py", "storage/backup_file.py")


@pytest.fixture
def closed(filled: Organisation) -> None:
    """Nothing else of this process uses the database: a fork must not share it."""
    filled.store.close()


@pytest.mark.usefixtures("closed")
def test_a_backup_that_is_killed_has_no_name(make: Make, keyring: KeyRing, tmp_path: Path) -> None:
    """At whatever line: either nothing is there, or a whole backup. What is left is swept up."""
    target = tmp_path / "out" / "b"
    target.parent.mkdir()

    def act() -> None:
        make(target)

    lines = lines_of(act, FILES)
    assert checked(target, keyring).is_ok
    target.unlink()
    without = 0
    for number in range(24):
        assert killed_at(act, FILES, max(1, number * lines // 23 - 2 * (number == 23)))
        if target.exists():
            assert checked(target, keyring).is_ok
            target.unlink()
        else:
            without += 1
    assert without >= 20
    make(target)
    assert [path.name for path in target.parent.iterdir()] == ["b"]
