"""Online changes of the tables: interrupted at each statement, and beside another version."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic import command
from sqlalchemy import Connection, Engine, create_engine, event, inspect

from tests.conftest import FixedClock
from tests.storage.kills import killed_at
from tests.world import Organisation, found
from twofold.core.errors import StartError
from twofold.flows.sign_in import SignedIn
from twofold.storage import build_store
from twofold.storage.engine import parse_url, writing_engine
from twofold.storage.migrating import config_for, head_revision, revision_of, scripts
from twofold.storage.sealing import KeyRing
from twofold.system import SystemRandom


class PulledPlug(Exception):
    """The statement did not run."""


class Plug:
    """Lets so many statements through and fails at the next one."""

    def __init__(self, engine: Engine) -> None:
        """Nothing fails until `at` is set."""
        self.at, self.seen = 0, 0
        event.listen(engine, "before_cursor_execute", self._before)

    def _before(self, *_given: Any) -> None:
        self.seen += 1
        if self.seen == self.at:
            raise PulledPlug

    def pull(self, at: int) -> None:
        """Fail at the so-many-th statement from now; 0 for never."""
        self.at, self.seen = at, 0


@pytest.fixture(params=["sqlite", "postgres"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    """A database without tables, once for each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bare.db'}"
    url: str = request.getfixturevalue("bare_postgres_url")
    return url


def shape(connection: Connection) -> dict[str, Any]:
    """Tables, columns, keys and indexes as the database describes them."""
    found = inspect(connection)
    return {
        table: (
            [(one["name"], str(one["type"]), one["nullable"]) for one in found.get_columns(table)],
            found.get_pk_constraint(table)["name"],
            sorted(str(one["name"]) for one in found.get_foreign_keys(table)),
            sorted((str(one["name"]), bool(one["unique"])) for one in found.get_indexes(table)),
            sorted(str(one["name"]) for one in found.get_unique_constraints(table)),
        )
        for table in sorted(found.get_table_names())
    }


def upgrade(engine: Engine, revision: str) -> None:
    """One migration, in a transaction as at a start."""
    with engine.begin() as connection:
        command.upgrade(config_for(connection), revision)


def of(engine: Engine) -> tuple[str | None, dict[str, Any]]:
    """Revision and shape as they are now."""
    with engine.connect() as connection:
        return revision_of(connection), shape(connection)


@pytest.fixture
def engine(bare_url: str) -> Iterator[Engine]:
    """On that database."""
    made = writing_engine(bare_url)
    yield made
    made.dispose()


def test_each_migration_may_fail_at_each_statement(
    engine: Engine, bare_url: str, keyring: KeyRing, random: SystemRandom
) -> None:
    """F23: nothing of it is there then, and the next run does it whole: at the end stands the
    shape that an undisturbed run makes.
    """
    plug, cut = Plug(engine), 0
    for script in reversed(list(scripts().walk_revisions())):
        before, statement = of(engine), 0
        while True:
            statement += 1
            plug.pull(statement)
            try:
                upgrade(engine, script.revision)
            except PulledPlug:
                plug.pull(0)
                cut += 1
                # Looking is what takes the time; the shape is looked at for every third one.
                if statement % 3 == 1:
                    assert of(engine) == before, (script.revision, statement)
            else:
                plug.pull(0)
                break
    assert cut > 150
    revision, made = of(engine)
    assert revision == head_revision()
    assert made == undisturbed(bare_url, engine)
    build_store(bare_url, keyring, random).close()


def undisturbed(url: str, engine: Engine) -> dict[str, Any]:
    """The shape after a run without a fault, in the same kind of database."""
    if url.startswith("sqlite"):
        other = writing_engine(f"{url}.other")
    else:
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE SCHEMA undisturbed")
        other = create_engine(
            parse_url(url), connect_args={"options": "-c search_path=undisturbed"}
        )
    upgrade(other, "head")
    found = of(other)[1]
    other.dispose()
    return found


FILES = ("alembic/operations/ops.py",)


@pytest.mark.parametrize("line", [5, 60, 150, 400])
def test_a_start_that_is_killed_in_the_middle_is_begun_again(
    bare_url: str, keyring: KeyRing, random: SystemRandom, line: int
) -> None:
    """As by a power cut: nothing is there, and the next start makes all."""

    def start() -> None:
        build_store(bare_url, keyring, random).close()

    assert killed_at(start, FILES, line)
    engine = writing_engine(bare_url)
    assert of(engine) == (None, {})
    start()
    assert of(engine)[0] == head_revision()
    engine.dispose()


def test_the_program_runs_beside_one_table_and_column_more(
    bare_url: str, keyring: KeyRing, random: SystemRandom, clock: FixedClock
) -> None:
    """Expand: the next release has added to the tables while this process serves; it goes on."""
    store = build_store(bare_url, keyring, random)
    acme = found(store, clock)
    ben = acme.add("Ben")
    statements = (
        "ALTER TABLE people ADD COLUMN shoe_size integer NOT NULL DEFAULT 0",
        "ALTER TABLE authenticators ADD COLUMN colour text",
        "CREATE TABLE shoes (id integer PRIMARY KEY)",
    )
    connect: Any = psycopg.connect if bare_url.startswith("postgres") else sqlite3.connect
    where = bare_url if connect is psycopg.connect else str(parse_url(bare_url).database)
    with connect(where) as connection:
        for statement in statements:
            connection.execute(statement)
    acme.enrol(ben)
    acme.switch_on()
    again = acme.add("Zoe", invited=True)
    assert acme.person(again.id).name == "Zoe"
    assert isinstance(acme.signed_in(ben), SignedIn)
    store.close()
    reopened = build_store(bare_url, keyring, random)
    there = Organisation(reopened, clock, acme.account_id, acme.owner_id)
    assert isinstance(there.signed_in(ben), SignedIn)
    reopened.close()


def test_a_program_that_is_older_than_the_database_says_what_to_do(
    bare_url: str, keyring: KeyRing, random: SystemRandom
) -> None:
    """A downgrade is refused in one sentence; nothing is changed."""
    build_store(bare_url, keyring, random).close()
    engine = writing_engine(bare_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    before = of(engine)
    with pytest.raises(StartError) as caught:
        build_store(bare_url, keyring, random)
    assert str(caught.value) == (
        "The database was made by a newer version of Twofold (revision 9999). Start that version, "
        "or restore an older backup."
    )
    assert of(engine) == before
    engine.dispose()
