"""Where the two databases differ. Every other file of this package is the same for both.

SQLite runs in WAL mode with `synchronous=FULL`: with NORMAL a power cut may undo the last
commits, and so bring a used code back to life. Libraries before 3.51.3 can corrupt a WAL
database when one connection checkpoints while another commits; `pysqlite3` brings a newer one.
Without it the standard library's driver is used, and then one process owns the database alone:
with a single writing connection, and readers that never checkpoint, the fault cannot happen.
"""

import importlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.dml import Insert

from twofold.core.errors import StartError

SAFE_SQLITE = (3, 51, 3)
OLDEST_POSTGRES = 15
BUSY_TIMEOUT = 15
"""Seconds that a process waits for another one's write transaction on SQLite."""
STATEMENT_TIMEOUT, LOCK_TIMEOUT, CONNECT_TIMEOUT = 60, 10, 5
"""Seconds, on PostgreSQL."""

APPLICATION = "twofold"
"""How our connections are called on a PostgreSQL server."""

NETWORK_FILE_SYSTEMS = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "ncpfs")
) | frozenset(("fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.cephfs", "davfs"))

# SQLite's primary result codes for "the database does not answer": busy, locked, out of memory,
# read-only, interrupted, I/O, corrupt, full, cannot open, protocol, not a database.
SQLITE_OUTAGES = frozenset((5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26))
POSTGRES_RETRYABLE = frozenset(("40001", "40P01"))


def sqlite_driver(names: Sequence[str] = ("pysqlite3.dbapi2", "sqlite3")) -> ModuleType:
    """The first of these DB-API modules that is there."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise StartError("This Python has no SQLite driver.")


def is_safe(driver: ModuleType) -> bool:
    """Whether several processes may use one WAL database with this library."""
    return tuple(driver.sqlite_version_info) >= SAFE_SQLITE


def parse_url(database_url: str) -> URL:
    """The address of the database. Raises `StartError` if it is neither of the two kinds."""
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise StartError("The database address cannot be read.") from error
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername != "sqlite":
        raise StartError(f"A database of the kind {url.drivername} is not supported.")
    if url.database in (None, "", ":memory:"):
        raise StartError("The SQLite address names no file.")
    return url


def is_sqlite(url: URL) -> bool:
    """Whether the address means SQLite."""
    return url.drivername == "sqlite"


def sqlite_engine(path: Path, driver: ModuleType) -> Engine:
    """The writing side of a SQLite database: transactions begin at once with the write lock."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        module=driver,
        poolclass=NullPool,
        hide_parameters=True,  # An error names its statement, never a person's values.
        connect_args={"timeout": BUSY_TIMEOUT, "check_same_thread": False},
    )
    event.listen(engine, "connect", prepare_writer)
    event.listen(engine, "begin", begin_immediate)
    return engine


def prepare_writer(connection: Any, _record: object) -> None:
    """Pragmas of a writing connection."""
    connection.isolation_level = None  # The driver begins nothing by itself.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")


def begin_immediate(connection: Any) -> None:
    """Take the write lock at the start: a later upgrade of a read lock may fail without waiting."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def sqlite_reader(path: Path, driver: ModuleType) -> Any:
    """A raw read-only connection. It sees what is committed and never waits for writers."""
    reader = driver.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_TIMEOUT,
    )
    reader.execute("PRAGMA query_only = ON")
    return reader


def sqlite_read_engine(path: Path, driver: ModuleType) -> Engine:
    """The reading side: a transaction sees one moment and locks nobody out."""
    engine = create_engine(
        "sqlite://",
        module=driver,
        poolclass=NullPool,
        hide_parameters=True,
        creator=lambda: sqlite_reader(path, driver),
    )
    event.listen(engine, "begin", begin_reading)
    return engine


def begin_reading(connection: Any) -> None:
    """Begin without a lock. The moment that is seen is that of the first statement."""
    connection.exec_driver_sql("BEGIN")


def postgres_engine(url: URL, connections: int) -> Engine:
    """A pool of `connections` connections at READ COMMITTED, each with bounded waits."""
    engine = create_engine(
        url,
        isolation_level="READ COMMITTED",
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT,
            "keepalives_idle": 30,
            "application_name": APPLICATION,
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT}s -c lock_timeout={LOCK_TIMEOUT}s",
        },
    )
    event.listen(engine, "connect", prepare_postgres)
    return engine


POSTGRES_READER = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""Options of a connection on which a transaction sees one moment and cannot write."""


def prepare_postgres(connection: Any, _record: object) -> None:
    """Refuse a server that is too old, and wait for the disk even where the server would not."""
    if connection.info.server_version < OLDEST_POSTGRES * 10000:
        raise StartError(f"PostgreSQL {OLDEST_POSTGRES} or newer is needed.")
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.commit()


Database = Engine
"""What the commands hand on without looking into it."""


def writing_engine(database_url: str) -> Engine:
    """An engine for a command's own transactions beside the service. Raises `StartError`."""
    url = parse_url(database_url)
    if is_sqlite(url):
        return sqlite_engine(Path(url.database or ""), sqlite_driver())
    return postgres_engine(url, 1)


def database_time(connection: Connection) -> float | None:
    """The moment by the clock of the PostgreSQL server, now and not at the transaction's start.
    SQLite has none but this machine's.
    """
    if connection.dialect.name != "postgresql":
        return None
    asked = connection.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())")
    return float(asked.scalar_one())


def insert_if_free(dialect: str, table: Table, column: str) -> Insert:
    """An insert that does nothing, with a row count of 0, if `column`'s value is taken."""
    insert: sqlite.Insert | postgresql.Insert
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return insert.on_conflict_do_nothing(index_elements=[column]).execution_options(
        preserve_rowcount=True
    )


def insert_or_replace(
    dialect: str, table: Table, column: str | Sequence[str], replaced: Sequence[str]
) -> Insert:
    """An insert that, if `column`'s value is taken (or the values of several together), replaces
    the columns `replaced` there.
    """
    insert: sqlite.Insert | postgresql.Insert
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return insert.on_conflict_do_update(
        index_elements=[column] if isinstance(column, str) else [*column],
        set_={name: insert.excluded[name] for name in replaced},
    )


def is_outage(error: DBAPIError) -> bool:
    """Whether the database was away, full or locked, as opposed to a fault in our statement."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in SQLITE_OUTAGES
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def is_lost(error: DBAPIError) -> bool:
    """Whether the connection is gone (PostgreSQL), or the server is on its way down."""
    state = getattr(error.orig, "sqlstate", None) or ""
    return error.connection_invalidated or state.startswith(("57P", "08"))


def is_retryable(error: DBAPIError) -> bool:
    """Whether PostgreSQL undid the transaction only because of its neighbours."""
    return getattr(error.orig, "sqlstate", None) in POSTGRES_RETRYABLE


def network_file_system(folder: Path, mounts: str) -> str | None:
    """The kind of network file system that `folder` lies on, or None.

    `mounts` is the text of /proc/mounts: device, mount point, type, options, one mount per line,
    blanks in octal. The last mount of the longest matching point is the one that is seen.
    """
    target, best, kind = folder.resolve(), -1, ""
    for point, found in mount_points(mounts):
        if target.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), found
    return kind if kind in NETWORK_FILE_SYSTEMS else None


def mount_points(mounts: str) -> Iterable[tuple[Path, str]]:
    """Mount point and type of each line."""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) >= 3:
            yield Path(fields[1].encode().decode("unicode_escape")), fields[2]
