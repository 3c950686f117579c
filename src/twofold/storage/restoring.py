"""Putting a backup in the place of a database: wholly, or not at all.

On SQLite the new file is finished beside the old one and takes its name in one step. On PostgreSQL
everything is one transaction. What is done to the rows before anybody may use them (`begin`) is
part of that; so there is no moment at which somebody meets a database of yesterday.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from twofold.core.errors import BackupError
from twofold.ports import Random, Tx
from twofold.storage.backing_up import (
    ALEMBIC,
    copy_rows,
    draft_beside,
    make_tables,
    reading,
    reflected,
)
from twofold.storage.backup_file import CHUNK, BackupFile
from twofold.storage.engine import (
    APPLICATION,
    is_sqlite,
    parse_url,
    postgres_engine,
    sqlite_driver,
    sqlite_engine,
)
from twofold.storage.migrating import LOCK, check_keys, migrate, revision_of
from twofold.storage.sealing import KeyRing, sync_folder
from twofold.storage.startup import hold, prepare_folder, refuse_network_folder
from twofold.storage.store import no_answer, sqlite_path
from twofold.storage.tables import metadata
from twofold.storage.transaction import Transaction

T = TypeVar("T")
Begin = Callable[[Tx], T]
BUSY = frozenset((5, 6))
"""SQLite's codes for "somebody else has it"."""
THERE_IS_ONE = (
    "There is a database already. Restoring puts the backup in its place; the old one is kept"
    " aside. If that is what you want, say --replace."
)
OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND application_name = :name"
)


def restore(
    database_url: str,
    backup: BackupFile,
    ring: KeyRing,
    random: Random,
    begin: Begin[T],
    *,
    replace: bool,
    stamp: str,
) -> tuple[T, str]:
    """Put the backup in the place of the database; what `begin` returned, and where the old one
    is ("" if there was none). `stamp` becomes part of the old one's new name. Raises `BackupError`
    or `StartError`, and then nothing has changed.
    """
    url = parse_url(database_url)
    if is_sqlite(url):
        return _to_sqlite(sqlite_path(url), backup, ring, random, begin, replace, stamp)
    return _to_postgres(url, backup, ring, random, begin, replace, stamp)


# ---- SQLite ----------------------------------------------------------------------------------


def _to_sqlite(
    path: Path,
    backup: BackupFile,
    ring: KeyRing,
    random: Random,
    begin: Begin[T],
    replace: bool,
    stamp: str,
) -> tuple[T, str]:
    driver = sqlite_driver()
    prepare_folder(path.absolute().parent)
    refuse_network_folder(path.absolute().parent)
    let_go = hold(path, alone=True)
    try:
        is_there = path.exists() and path.stat().st_size > 0
        if is_there and not replace:
            raise BackupError(f"{path}: {THERE_IS_ONE}")
        with draft_beside(path, random) as draft:
            _copy_out(backup, draft)
            value = _make_usable(draft, driver, ring, random, begin)
            aside = _set_aside(path, driver, stamp) if is_there else ""
            os.replace(draft, path)
            sync_folder(path.absolute().parent)
        return value, aside
    except DBAPIError as error:
        raise BackupError(f"The backup was not restored: {error.orig}.") from error
    except driver.Error as error:
        raise BackupError(f"The backup was not restored: {error}.") from error
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise BackupError(f"The backup was not restored: {reason}.") from error
    finally:
        let_go()


def _copy_out(backup: BackupFile, draft: Path) -> None:
    with backup.path.open("rb") as source, draft.open("r+b") as target:
        shutil.copyfileobj(source, target, CHUNK)
        target.truncate(backup.manifest.size)


def _make_usable(
    draft: Path, driver: ModuleType, ring: KeyRing, random: Random, begin: Begin[T]
) -> T:
    engine = sqlite_engine(draft, driver)
    try:
        with engine.begin() as connection:
            value = _begin(connection, ring, random, begin)
    finally:
        engine.dispose()
    connection = driver.connect(str(draft), isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
    finally:
        connection.close()
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    return value


def _begin(connection: Connection, ring: KeyRing, random: Random, begin: Begin[T]) -> T:
    migrate(connection)
    check_keys(connection, ring)
    return begin(Transaction(connection, ring, random))


def _set_aside(path: Path, driver: ModuleType, stamp: str) -> str:
    """Give the old database a second name; its own it loses to the new one, in one step.

    What stands in the write-ahead log beside it is brought into it first. A database that is too
    damaged for that keeps its log, under the second name too.
    """
    aside, log = Path(f"{path}.before-restore-{stamp}"), Path(f"{path}-wal")
    kept = Path(f"{aside}-wal")
    if log.exists():
        shutil.copyfile(log, kept)  # Trying to open a damaged database may remove its log.
        kept.chmod(0o600)
    if _settle(path, driver):
        kept.unlink(missing_ok=True)
    for end in ("-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    os.link(path, aside)
    sync_folder(path.absolute().parent)
    return str(aside)


def _settle(path: Path, driver: ModuleType) -> bool:
    connection = driver.connect(str(path), isolation_level=None, timeout=1)
    try:
        mode: Any = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    except driver.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in BUSY:
            raise _in_use(path) from error
        return False
    finally:
        connection.close()
    if mode != "delete":
        raise _in_use(path)
    return True


def _in_use(path: Path) -> BackupError:
    return BackupError(f"Another program has the database {path} open. Close it first.")


# ---- PostgreSQL ------------------------------------------------------------------------------


def _to_postgres(
    url: URL,
    backup: BackupFile,
    ring: KeyRing,
    random: Random,
    begin: Begin[T],
    replace: bool,
    stamp: str,
) -> tuple[T, str]:
    engine = postgres_engine(url, 1)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            aside = _clear(connection, replace, stamp)
            with reading(backup.path) as source:
                make_tables(connection, backup.manifest.revision)
                copy_rows(source, connection, reflected(source))
            return _begin(connection, ring, random, begin), aside
    except DBAPIError as error:
        raise BackupError(f"The backup was not restored. {no_answer(error)}") from error
    finally:
        engine.dispose()


def _clear(connection: Connection, replace: bool, stamp: str) -> str:
    """Move the tables that are there into a schema of their own; its name, or "" for none."""
    if connection.execute(OTHERS, {"name": APPLICATION}).scalar_one():
        raise BackupError(
            "Twofold is using this database. Stop the service on every machine, and every other"
            " command, first."
        )
    if revision_of(connection) is None:
        return ""
    if not replace:
        raise BackupError(THERE_IS_ONE)
    schema = f"twofold_before_restore_{stamp.lower()}"
    ours = [name for name in inspect(connection).get_table_names() if _is_ours(name)]
    quoted = connection.dialect.identifier_preparer.quote
    connection.exec_driver_sql(f"CREATE SCHEMA {quoted(schema)}")
    for name in ours:
        connection.exec_driver_sql(f"ALTER TABLE {quoted(name)} SET SCHEMA {quoted(schema)}")
    return schema


def _is_ours(name: str) -> bool:
    return name == ALEMBIC or name in metadata.tables
