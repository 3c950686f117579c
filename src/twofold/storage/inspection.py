"""Looking at a database without touching it: for `twofold doctor`, beside a service that runs.

Nothing is made, migrated or locked: SQLite is opened read-only, PostgreSQL asked in one read-only
transaction. What cannot be looked at is said in words and raises nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from twofold.core.crowd import MOST_CODES, SEEN_WITHIN, Picture, picture
from twofold.core.errors import SealError, StartError
from twofold.core.people import Instant
from twofold.ports import Random
from twofold.storage.attempts import Attempts
from twofold.storage.authenticators import SECRET
from twofold.storage.engine import (
    database_time,
    is_sqlite,
    parse_url,
    postgres_engine,
    sqlite_driver,
    sqlite_reader,
)
from twofold.storage.migrating import head_revision, known_revisions, revision_of
from twofold.storage.sealing import KeyRing, check_against, read_keys
from twofold.storage.store import KEY_FILE, no_answer, sqlite_path
from twofold.storage.tables import authenticators, sealing_keys

NEWEST_SECRET = (
    select(authenticators.c.id, authenticators.c.sealed_secret)
    .order_by(authenticators.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in a database."""

    kind: str
    """`SQLite 3.51.3`, `PostgreSQL 16.4`."""
    revision: str | None
    """The revision of the tables; None where nothing was ever made."""
    head: str
    """The revision that this version works with."""
    is_known: bool
    """Whether this version knows the revision, so that it could bring it up to date."""
    server_time: float | None
    """Seconds since 1970 by the database server; None where it has no clock of its own."""
    phones: Picture | None
    """What the phones say about our clock; None where the tables are of another version."""
    sealed: Mapping[str, bytes]
    """The newest authenticator's secret under its id, as it is stored: one value or none."""
    key_checks: Mapping[str, bytes]
    """The check values of the keys that the database was written with."""


def database_file(database_url: str) -> Path | None:
    """The file of a SQLite database; None for PostgreSQL."""
    url = parse_url(database_url)
    return sqlite_path(url) if is_sqlite(url) else None


def look_into(database_url: str, now: Instant) -> Inspection:
    """Look. Raises `StartError` with one sentence where the database cannot be reached."""
    try:
        with _read_only(database_url) as connection:
            return _inspection(connection, now)
    except DBAPIError as error:
        raise StartError(_in_words(database_url, error)) from error


def _in_words(database_url: str, error: DBAPIError) -> str:
    file = database_file(database_url)
    return (
        no_answer(error) if file is None else f"The database {file} cannot be read: {error.orig}."
    )


@contextmanager
def _read_only(database_url: str) -> Iterator[Connection]:
    engine = _engine(database_url)
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            yield connection
    finally:
        engine.dispose()


def _engine(database_url: str) -> Engine:
    url = parse_url(database_url)
    if not is_sqlite(url):
        return postgres_engine(url, 1)
    driver = sqlite_driver()
    path = sqlite_path(url)
    return create_engine(
        "sqlite://",
        module=driver,
        creator=lambda: sqlite_reader(path, driver),
        poolclass=NullPool,
        hide_parameters=True,
    )


def _inspection(connection: Connection, now: Instant) -> Inspection:
    revision, head = revision_of(connection), head_revision()
    is_current = revision == head
    attempts = Attempts(connection)
    return Inspection(
        kind=_kind(connection),
        revision=revision,
        head=head,
        is_known=revision is None or revision in known_revisions(),
        server_time=database_time(connection),
        phones=picture(attempts.sightings(since=now - SEEN_WITHIN, until=now, limit=MOST_CODES))
        if is_current
        else None,
        sealed={id_: bytes(value) for id_, value in connection.execute(NEWEST_SECRET)}
        if is_current
        else {},
        key_checks={
            id_: bytes(value)
            for id_, value in connection.execute(
                select(sealing_keys.c.id, sealing_keys.c.check_value)
            )
        }
        if is_current
        else {},
    )


def _kind(connection: Connection) -> str:
    if connection.dialect.name == "postgresql":
        version = connection.exec_driver_sql("SHOW server_version").scalar_one()
        return f"PostgreSQL {str(version).split()[0]}"
    version = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
    return f"SQLite {version}"


def read_key_file(data_dir: Path, random: Random) -> KeyRing:
    """The keys beside the database. Raises `StartError`, as at the start of the service."""
    return KeyRing(read_keys(data_dir / KEY_FILE), random)


def key_file(data_dir: Path) -> Path:
    """Where the keys are."""
    return data_dir / KEY_FILE


def try_keys(ring: KeyRing, found: Inspection) -> bool:
    """Whether the keys are those of the database: False where nothing is sealed there yet, True
    where a sealed value was opened. Raises `StartError` where they are not.
    """
    check_against(ring, found.key_checks)
    try:
        for id_, sealed in found.sealed.items():
            ring.open(SECRET, id_, sealed)
    except SealError:
        raise StartError(
            "The key file does not open what is sealed in the database. Put the key file back "
            "that belongs to this database."
        ) from None
    return bool(found.sealed)
