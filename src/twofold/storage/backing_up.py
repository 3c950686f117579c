"""Making a backup beside a service that runs: one moment of the database in one file.

On SQLite the pages are copied through the online backup interface, inside one reading transaction,
so writers go on and are never waited for. On PostgreSQL every table is read in one REPEATABLE READ
transaction and written into the same tables on SQLite. The file is finished under a name of its
own and then gets the final one, which must be free: a run that is killed leaves no half backup.
"""

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from alembic import command
from sqlalchemy import (
    Connection,
    Engine,
    MetaData,
    Table,
    create_engine,
    func,
    inspect,
    select,
    table,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from twofold.core.backups import InAccount, Manifest
from twofold.core.errors import BackupError
from twofold.core.people import Instant
from twofold.ports import Random
from twofold.storage.backup_file import append_manifest, digest_of
from twofold.storage.engine import (
    POSTGRES_READER,
    is_sqlite,
    parse_url,
    postgres_engine,
    sqlite_driver,
    sqlite_reader,
)
from twofold.storage.journal import Journal
from twofold.storage.migrating import config_for, known_revisions, revision_of
from twofold.storage.sealing import KeyRing, check_against, sync_folder
from twofold.storage.store import no_answer, sqlite_path
from twofold.storage.tables import accounts, authenticators, events, people, sealing_keys

DRAFT = re.compile(r"\..+\.twofold-part")
ROWS = 1000
"""Rows that are on their way at once."""
ALEMBIC = "alembic_version"


def back_up(
    database_url: str,
    target: Path,
    ring: KeyRing,
    random: Random,
    *,
    made_at: Instant,
    version: str,
    key_lines: str | None = None,
    journal: Journal | None = None,
) -> Manifest:
    """Write a backup to `target`, whose name must be free. Raises `BackupError`.

    The journal hears of it before the database is looked at, so what it hears afterwards covers
    all that may not be in the backup.
    """
    if target.exists():
        raise BackupError(f"There is a file {target} already. Give a name that is free.")
    backup_id = random.new_id()
    about: dict[str, Any] = {
        "id": backup_id,
        "made_at": made_at,
        "version": version,
        "key_lines": key_lines,
    }
    if journal is not None:
        journal.backup(backup_id)
    with _in_words(target), draft_beside(target, random) as draft:
        source, left_out = _copy(database_url, draft)
        manifest = _manifest(draft, ring, source, left_out, about)
        append_manifest(draft, manifest, ring)
        _publish(draft, target)
    return manifest


@contextmanager
def _in_words(target: Path) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise BackupError(f"The backup was not made: {_first_line(error.orig)}.") from error
    except sqlite_driver().Error as error:
        raise BackupError(
            f"The backup was not made: {_first_line(error)}. See that there is room for it in "
            f"{target.absolute().parent}."
        ) from error
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise BackupError(
            f"The backup cannot be written to {target.absolute().parent}: {reason}. "
            "Nothing is there under its name."
        ) from error


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")


@contextmanager
def draft_beside(target: Path, random: Random) -> Iterator[Path]:
    """A new empty file in the same folder, for its owner alone; gone at the end. Those that a run
    which was killed has left are removed: a run that lives holds a lock on its own.
    """
    folder = target.absolute().parent
    _sweep(folder)
    draft = folder / f".{target.name}.{random.new_id()}.twofold-part"
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield draft
    finally:
        remove_draft(draft)
        os.close(descriptor)


def _sweep(folder: Path) -> None:
    for path in folder.iterdir():
        if DRAFT.fullmatch(path.name):
            with contextlib.suppress(OSError):  # Another run's, or gone by now.
                descriptor = os.open(path, os.O_RDONLY)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    remove_draft(path)
                finally:
                    os.close(descriptor)


def remove_draft(draft: Path) -> None:
    """Remove it and what SQLite may have made beside it, itself last."""
    for end in ("-wal", "-shm", "-journal", ""):
        Path(f"{draft}{end}").unlink(missing_ok=True)


def _publish(draft: Path, target: Path) -> None:
    """Give the finished file its name, unless somebody took it, and make the name durable."""
    try:
        os.link(draft, target)
    except FileExistsError as error:
        raise BackupError(f"There is a file {target} by now. Give a name that is free.") from error
    sync_folder(target.absolute().parent)


# ---- the copy --------------------------------------------------------------------------------


def _copy(database_url: str, draft: Path) -> tuple[str, list[str]]:
    """Copy the database; what kind it is, and what was left out of it."""
    url = parse_url(database_url)
    if is_sqlite(url):
        _copy_pages(sqlite_path(url), draft, sqlite_driver())
        return "sqlite", []
    engine = postgres_engine(url, 1)
    try:
        with engine.connect().execution_options(**POSTGRES_READER) as connection:
            return "postgresql", _copy_rows(connection, draft)
    except DBAPIError as error:
        raise BackupError(no_answer(error)) from error
    finally:
        engine.dispose()


def _copy_pages(path: Path, draft: Path, driver: ModuleType) -> None:
    if not path.exists():
        raise BackupError(f"There is no database {path} to back up.")
    source = sqlite_reader(path, driver)
    copy = driver.connect(str(draft), isolation_level=None)
    try:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        copy.execute("PRAGMA journal_mode = MEMORY")
        copy.execute("PRAGMA synchronous = OFF")  # The finished file is synced as a whole.
        source.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode = DELETE")  # No second file belongs to a backup.
    finally:
        copy.close()
        source.close()


def _copy_rows(connection: Connection, draft: Path) -> list[str]:
    revision = revision_of(connection)
    if revision is None:
        raise BackupError("There is nothing in this database to back up.")
    _refuse_unknown(revision)
    engine = bare_sqlite(draft)
    try:
        with engine.begin() as copy:
            copy.exec_driver_sql("PRAGMA synchronous = OFF")
            make_tables(copy, revision)
            tables = reflected(copy)
            left_out = _strange(connection, tables)
            copy_rows(connection, copy, tables)
    finally:
        engine.dispose()
    return left_out


def bare_sqlite(path: Path) -> Engine:
    """An engine on a file that nobody else uses; references are not checked while it is filled."""
    return create_engine(
        f"sqlite:///{path.absolute()}",
        module=sqlite_driver(),
        poolclass=NullPool,
        hide_parameters=True,
    )


def make_tables(connection: Connection, revision: str) -> None:
    """The tables as they were at this revision, without rows."""
    command.upgrade(config_for(connection), revision)


def reflected(connection: Connection) -> MetaData:
    """The tables that are there, as the database describes them."""
    found = MetaData()
    found.reflect(connection)
    return found


def copy_rows(source: Connection, target: Connection, tables: MetaData) -> None:
    """All rows of these tables, in an order in which references are there before they are used."""
    streaming = source.execution_options(stream_results=True, yield_per=ROWS)
    for one in tables.sorted_tables:
        if one.name == ALEMBIC:
            continue
        target.execute(one.delete())
        for stretch in streaming.execute(select(one)).mappings().partitions(ROWS):
            target.execute(one.insert(), [dict(row) for row in stretch])


def _strange(connection: Connection, tables: MetaData) -> list[str]:
    """Tables and columns that this version's migrations did not make."""
    found = inspect(connection)
    names = found.get_table_names()
    strange = [name for name in names if name not in tables.tables]
    for one in tables.sorted_tables:
        columns = [column["name"] for column in found.get_columns(one.name)]
        strange += [f"{one.name}.{name}" for name in columns if name not in one.columns]
    return sorted(strange)


def _refuse_unknown(revision: str | None) -> None:
    if revision not in known_revisions():
        raise BackupError(
            f"The database was made by a newer version of Twofold (revision {revision}). "
            "Back it up with that version."
        )


# ---- what is in it ---------------------------------------------------------------------------


@contextmanager
def reading(path: Path) -> Iterator[Connection]:
    """A connection to a file that does not change, without a lock and without another file."""
    driver = sqlite_driver()

    def connect() -> Any:
        return driver.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)

    engine = create_engine(
        "sqlite://", module=driver, creator=connect, poolclass=NullPool, hide_parameters=True
    )
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _manifest(
    draft: Path, ring: KeyRing, source: str, left_out: list[str], about: Mapping[str, Any]
) -> Manifest:
    with reading(draft) as connection:
        revision = revision_of(connection)
        _refuse_unknown(revision)
        keys = key_checks(connection)
        check_against(ring, keys)
        found, rows = of_accounts(connection), row_counts(connection)
    size = draft.stat().st_size
    with draft.open("rb") as file:
        sha256 = digest_of(file, size)
    return Manifest(
        **about,
        revision=revision or "",
        source=source,
        size=size,
        sha256=sha256,
        keys=sorted(keys),
        accounts=found,
        rows=rows,
        left_out=left_out,
    )


def key_checks(connection: Connection) -> dict[str, bytes]:
    """The check values of the keys that a database was written with."""
    rows = connection.execute(select(sealing_keys.c.id, sealing_keys.c.check_value))
    return {id_: bytes(value) for id_, value in rows}


def of_accounts(connection: Connection) -> list[InAccount]:
    """What there is of each organisation, by name."""

    def counted(what: Table) -> dict[str, int]:
        statement = select(what.c.account_id, func.count()).group_by(what.c.account_id)
        return {id_: count for id_, count in connection.execute(statement)}  # noqa: C416

    counts = [counted(what) for what in (people, authenticators, events)]
    rows = connection.execute(
        select(accounts.c.id, accounts.c.name).order_by(accounts.c.name, accounts.c.id)
    )
    return [InAccount(name, *(count.get(id_, 0) for count in counts)) for id_, name in rows]


def row_counts(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    return {
        name: connection.execute(select(func.count()).select_from(table(name))).scalar_one()
        for name in sorted(inspect(connection).get_table_names())
    }
