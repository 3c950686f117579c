"""Restoring: into either kind of database, wholly or not at all, and nothing comes back to life."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command

from tests.conftest import FixedClock
from tests.storage.kills import killed_at, lines_of
from tests.storage.test_migrating import fill_the_first_tables
from tests.world import DESK, HERE, Organisation, found
from twofold.core.errors import BackupError, StartError
from twofold.core.events import EventKind, Seal
from twofold.core.people import Person, PersonState
from twofold.flows import people, recovery, restore
from twofold.flows.recovery import NewCodes
from twofold.flows.restore import Epoch
from twofold.flows.second_step import CodeRefused, recover
from twofold.flows.sign_in import SignedIn
from twofold.ports import Store
from twofold.storage import build_store
from twofold.storage.backing_up import back_up
from twofold.storage.backup_file import read_backup
from twofold.storage.engine import parse_url, writing_engine
from twofold.storage.journal import Journal, known
from twofold.storage.migrating import check_keys, config_for, revision_of
from twofold.storage.restoring import restore as put_back
from twofold.storage.sealing import KeyRing
from twofold.storage.tables import metadata
from twofold.storage.verifying import verify
from twofold.system import SystemRandom


class Deployment:
    """A database with its journal, opened and closed as processes do."""

    def __init__(
        self, url: str, ring: KeyRing, random: SystemRandom, clock: FixedClock, folder: Path
    ) -> None:
        """Nothing is open yet."""
        self.url, self.ring, self.random, self.clock = url, ring, random, clock
        self.folder, self.journal = folder, Journal(folder / "journal")
        self.backup = folder / "backup"

    def open(self) -> Store:
        """A process."""
        return build_store(self.url, self.ring, self.random, journal=self.journal)

    def back_up(self) -> None:
        """What the command does."""
        back_up(
            self.url, self.backup, self.ring, self.random,
            made_at=self.clock.now(), version="0.0.1", journal=self.journal,
        )  # fmt: skip

    def put_back(
        self, url: str = "", *, replace: bool = True, journal: bool = True
    ) -> tuple[Epoch, str]:
        """What the command does, into this database or another one."""
        backup = read_backup(self.backup)
        paths = [self.folder / "journal"] if journal else []
        heard = known(paths, backup.manifest.id, backup.manifest.made_at, all_named=True)
        return put_back(
            url or self.url,
            backup,
            self.ring,
            self.random,
            lambda tx: restore.begin_epoch(
                tx, self.clock.now(), made_at=backup.manifest.made_at, known=heard
            ),
            replace=replace,
            stamp="20260101T000000Z",
        )


@pytest.fixture(params=["sqlite", "postgres"])
def there(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    keyring: KeyRing,
    random: SystemRandom,
    clock: FixedClock,
) -> Deployment:
    """A deployment on a database of its own."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'data' / 'twofold.db'}"
        (tmp_path / "data").mkdir()
    else:
        url = request.getfixturevalue("bare_postgres_url")
    return Deployment(url, keyring, random, clock, tmp_path)


ON_SQLITE = pytest.mark.parametrize("there", ["sqlite"], indirect=True)


def lived(there: Deployment) -> tuple[Organisation, Person, list[str]]:
    """An organisation, backed up; Ben with recovery codes in it."""
    acme = found(there.open(), there.clock)
    ben = acme.add("Ben")
    done = acme.call(recovery.make, caller=acme.enrol(ben), source=DESK)
    assert isinstance(done, NewCodes)
    there.back_up()
    return acme, ben, list(done.codes)


def again(there: Deployment, acme: Organisation, url: str = "") -> Organisation:
    """The same organisation after the restore."""
    store = build_store(url or there.url, there.ring, there.random, journal=there.journal)
    return Organisation(store, there.clock, acme.account_id, acme.owner_id)


def use(acme: Organisation, person: Person, code: str) -> object:
    """Sign in with a recovery code."""
    return acme.call(recover, half=acme.half(person), typed=code, place=HERE)


def test_what_was_used_since_the_backup_stays_used(there: Deployment) -> None:
    """F28: a recovery code, a code of the app, a session; and what was undone is told."""
    acme, ben, codes = lived(there)
    there.clock.advance(600)
    assert isinstance(use(acme, ben, codes[0]), SignedIn)
    there.clock.advance(90)
    typed = acme.code(ben)
    done = acme.submit_code(acme.half(ben), typed)
    assert isinstance(done, SignedIn)
    acme.call(people.set_disabled, actor=acme.owner, person_id=ben.id, disabled=True)
    acme.store.close()
    epoch, aside = there.put_back()
    assert aside
    acme = again(there, acme)
    assert acme.person(ben.id).state is PersonState.ACTIVE
    assert isinstance(use(acme, ben, codes[0]), CodeRefused)
    assert isinstance(acme.submit_code(acme.half(ben), typed), CodeRefused)
    assert acme.caller_of(done.token) is None
    there.clock.advance(60)
    assert isinstance(acme.submit_code(acme.half(ben), acme.code(ben)), SignedIn)
    assert isinstance(use(acme, ben, codes[1]), SignedIn)
    assert epoch.journal_was_whole
    assert epoch.codes_kept_used == 1
    assert [(one.kind, one.whom) for one in epoch.undone] == [
        (EventKind.RECOVERY_USED, ben.email),
        (EventKind.PERSON_DISABLED, ben.email),
    ]
    assert acme.store.call(lambda tx: tx.events.verify(acme.account_id)) is None
    assert acme.store.call(lambda tx: tx.events.seal(acme.account_id)) is Seal.WHOLE
    acme.store.close()


def test_with_the_journal_lost_no_recovery_code_works(there: Deployment) -> None:
    """Nobody knows which were used, so all of them were."""
    acme, ben, codes = lived(there)
    use(acme, ben, codes[0])
    acme.store.close()
    epoch, _ = there.put_back(journal=False)
    acme = again(there, acme)
    assert [one.id for one in epoch.without_codes] == [ben.id]
    assert isinstance(use(acme, ben, codes[0]), CodeRefused)
    assert isinstance(use(acme, ben, codes[1]), CodeRefused)
    acme.store.close()


def test_a_database_that_is_used_or_there_is_left_alone(there: Deployment) -> None:
    """Two sentences; and then the old one is kept aside with all that was in it."""
    acme, _, _ = lived(there)
    zoe = acme.add("Zoe")
    with pytest.raises((BackupError, StartError), match="Twofold is using"):
        there.put_back()
    assert acme.person(zoe.id).name == "Zoe"
    acme.store.close()
    with pytest.raises(BackupError, match="--replace"):
        there.put_back(replace=False)
    _, aside = there.put_back()
    acme = again(there, acme)
    assert acme.store.call(lambda tx: tx.people.find(acme.account_id, zoe.id)) is None
    acme.store.close()
    assert names_in(there, aside) == {"Olga", "Ben", "Zoe"}


def names_in(there: Deployment, aside: str) -> set[str]:
    """The people in the database that was kept aside."""
    if there.url.startswith("sqlite"):
        with sqlite3.connect(aside) as lite:
            return {name for (name,) in lite.execute("SELECT name FROM people")}
    with psycopg.connect(there.url) as connection:
        rows = connection.execute(f"SELECT name FROM {aside}.people".encode())  # noqa: S608
        return {name for (name,) in rows}


def other_url(there: Deployment, request: pytest.FixtureRequest) -> str:
    """A database of the other kind."""
    if there.url.startswith("sqlite"):
        url: str = request.getfixturevalue("bare_postgres_url")
        return url
    return f"sqlite:///{there.folder / 'other' / 'twofold.db'}"


def test_a_backup_restores_into_the_other_kind_of_database(
    there: Deployment, request: pytest.FixtureRequest
) -> None:
    """From SQLite to PostgreSQL and back, into one that is empty; people sign in there."""
    acme, ben, codes = lived(there)
    acme.store.close()
    url = other_url(there, request)
    _, aside = there.put_back(url, replace=False)
    assert aside == ""
    moved = again(there, acme, url)
    there.clock.advance(90)
    assert isinstance(moved.submit_code(moved.half(ben), moved.code(ben)), SignedIn)
    assert isinstance(use(moved, ben, codes[0]), SignedIn)
    assert moved.store.call(lambda tx: tx.events.verify(acme.account_id)) is None
    moved.store.close()


def rows_of(there: Deployment) -> dict[str, int]:
    """How many rows each table has; nothing is opened that would stay."""
    names = sorted(metadata.tables)
    connect: Any = psycopg.connect if there.url.startswith("postgres") else sqlite3.connect
    target = there.url if connect is psycopg.connect else str(parse_url(there.url).database)
    with connect(target) as connection:
        return {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
            for name in names
        }


FILES = ("storage/restoring.py", "storage/restores.py", "flows/restore.py")


@pytest.fixture
def old_and_new(there: Deployment) -> tuple[dict[str, int], dict[str, int]]:
    """The rows of a database that has gone on since its backup, and those after a restore."""
    acme, _, _ = lived(there)
    acme.add("Zoe")
    acme.caller(acme.owner)
    acme.store.close()
    old = rows_of(there)
    return old, {**old, "people": old["people"] - 1, "sessions": 0, "restores": 1}


def test_a_restore_that_is_killed_leaves_the_old_database_or_the_new_one(
    there: Deployment, old_and_new: tuple[dict[str, int], dict[str, int]]
) -> None:
    """At whatever line, and what was there is there; a second run ends it."""
    old, new = old_and_new

    def act() -> None:
        there.put_back()

    lines = lines_of(lambda: into_another(there), FILES)
    seen: set[bool] = set()
    for part in (0.02, 0.3, 0.6, 0.8, 0.9, 0.95, 0.97, 0.985):
        assert killed_at(act, FILES, max(1, int(lines * part)))
        now = rows_of(there)
        assert now == old or is_new(now, new), part
        seen.add(now == old)
    assert True in seen
    there.put_back()
    assert is_new(rows_of(there), new)


def is_new(now: dict[str, int], new: dict[str, int]) -> bool:
    """Whether this is the restored database, whole."""
    return all(now[name] == new[name] for name in ("people", "sessions", "restores"))


def into_another(there: Deployment) -> None:
    """A whole restore, into a database beside: for how many lines that takes, about."""
    there.put_back(f"sqlite:///{there.folder / 'beside' / 'twofold.db'}")


@ON_SQLITE
def test_a_damaged_database_can_be_replaced(there: Deployment) -> None:
    """That is what a backup is for; what is left of it is kept, with its log."""
    acme, ben, _ = lived(there)
    acme.store.close()
    path = Path(parse_url(there.url).database or "")
    path.write_bytes(b"\x5a" * 100_000)
    Path(f"{path}-wal").write_bytes(b"something")
    _, aside = there.put_back()
    assert Path(aside).read_bytes() == b"\x5a" * 100_000
    assert Path(f"{aside}-wal").read_bytes() == b"something"
    acme = again(there, acme)
    assert acme.person(ben.id).name == "Ben"
    acme.store.close()


@ON_SQLITE
def test_another_program_that_has_it_open_is_waited_for_by_nobody(there: Deployment) -> None:
    """Somebody looks at the database with a tool: replacing it would pull it away from them."""
    acme, _, _ = lived(there)
    acme.store.close()
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('BEGIN'); c.execute('SELECT count(*) FROM people').fetchone();"
        "print('open', flush=True); sys.stdin.read()"
    )
    tool = subprocess.Popen(
        [sys.executable, "-c", script, str(parse_url(there.url).database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert tool.stdout is not None
    assert tool.stdout.readline() == b"open\n"
    try:
        with pytest.raises(BackupError, match="Another program"):
            there.put_back()
    finally:
        tool.communicate()
    assert there.put_back()[1]


@ON_SQLITE
def test_nobody_starts_while_a_backup_is_restored(there: Deployment) -> None:
    """The service says so in one sentence."""
    acme, _, _ = lived(there)
    acme.store.close()
    said: list[str] = []

    def look(tx: object) -> None:
        with pytest.raises(StartError, match="is being restored") as caught:
            there.open()
        said.append(str(caught.value))

    put_back(
        there.url, read_backup(there.backup), there.ring, there.random, look,
        replace=True, stamp="x",
    )  # fmt: skip
    assert len(said) == 1


def test_a_backup_of_an_older_version_is_brought_up_to_date(there: Deployment) -> None:
    """An upgrade may begin with the new program's backup, before it has touched the tables."""
    engine = writing_engine(there.url)
    with engine.begin() as connection:
        command.upgrade(config_for(connection), "0001")
        check_keys(connection, there.ring)
    with engine.begin() as connection:
        fill_the_first_tables(connection, there.ring)
    there.back_up()
    assert read_backup(there.backup).manifest.revision == "0001"
    assert verify(there.backup, lambda _: there.ring).is_ok
    with engine.connect() as connection:
        assert revision_of(connection) == "0001"
    engine.dispose()
    there.put_back()
    store = there.open()
    acme = Organisation(store, there.clock, "acme", "ann")
    assert acme.owner.name == "Ann"
    assert acme.active(acme.owner).id == "t1"
    assert acme.sessions(acme.owner) == 0
    store.close()
