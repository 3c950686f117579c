"""Bringing a database to this version's tables: forward only, one line for both databases."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, insert, inspect, select, text

from twofold.core.errors import StartError
from twofold.storage.sealing import KeyRing, check_against
from twofold.storage.tables import sealing_keys

FOLDER = Path(__file__).parent / "migrations"
LOCK = 0x7477_6F66_6F6C_64
"""The number of the advisory lock under which processes migrate PostgreSQL: "twofold" in ASCII."""


def config_for(connection: Connection | None = None) -> Config:
    """Alembic's configuration without a file; `env.py` takes the connection from it."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@cache
def scripts() -> ScriptDirectory:
    """The migrations of this version, read once: they are files of the installation."""
    return ScriptDirectory.from_config(config_for())


def head_revision() -> str:
    """The revision of the tables that this version works with."""
    head = scripts().get_current_head()
    if head is None:
        raise StartError("The migrations are missing from this installation.")
    return head


def known_revisions() -> frozenset[str]:
    """Every revision that this version can bring up to date."""
    return frozenset(found.revision for found in scripts().walk_revisions())


def revision_of(connection: Connection) -> str | None:
    """The revision of the tables; None where nothing was ever made."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return MigrationContext.configure(connection).get_current_revision()


def is_empty(engine: Engine) -> bool:
    """Whether nothing was ever migrated here."""
    with engine.connect() as connection:
        return not inspect(connection).has_table("alembic_version")


def bring_up_to_date(engine: Engine, ring: KeyRing) -> None:
    """Migrate and check the keys, all in one transaction under a lock.

    Raises `StartError` if the database is newer than this version, or written with other keys.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        migrate(connection)
        check_keys(connection, ring)


def migrate(connection: Connection) -> None:
    """Run the migrations that are missing, if any."""
    current = MigrationContext.configure(connection).get_current_revision()
    if current == head_revision():
        return
    if current is not None and current not in known_revisions():
        raise StartError(
            f"The database was made by a newer version of Twofold (revision {current}). "
            "Start that version, or restore an older backup."
        )
    command.upgrade(config_for(connection), "head")


def check_keys(connection: Connection, ring: KeyRing) -> None:
    """Refuse keys that are not the database's; note the check values of new ones."""
    rows = connection.execute(select(sealing_keys.c.id, sealing_keys.c.check_value))
    new = check_against(ring, {row.id: row.check_value for row in rows})
    for key_id, value in new.items():
        connection.execute(insert(sealing_keys), {"id": key_id, "check_value": value})


def note_keys(engine: Engine, ring: KeyRing) -> None:
    """The same in a transaction of its own, for a key that was added while the service runs."""
    with engine.begin() as connection:
        check_keys(connection, ring)
