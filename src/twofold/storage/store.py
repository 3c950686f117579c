"""From an address to a working store: checks, keys, migrations, threads, in this order."""

from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from twofold.core.errors import StartError
from twofold.ports import Random, Store
from twofold.storage.engine import (
    is_sqlite,
    parse_url,
    postgres_engine,
    sqlite_driver,
    sqlite_engine,
)
from twofold.storage.journal import NO_JOURNAL, Journal, Keeps
from twofold.storage.migrating import bring_up_to_date, is_empty
from twofold.storage.postgres_store import PostgresStore
from twofold.storage.sealing import KeyRing, load_keys
from twofold.storage.sqlite_store import QUEUE_LIMIT, SqliteStore
from twofold.storage.startup import (
    check_sqlite_file,
    hold,
    prepare_folder,
    refuse_network_folder,
    take_alone,
)

KEY_FILE, JOURNAL = "keys", "journal"


def open_storage(database_url: str, data_dir: Path, random: Random) -> Store:
    """The store of a deployment: made if it is new, migrated if it is older.

    The key file is `data_dir/keys`. Raises `StartError` with one sentence for everything that
    stands in the way.
    """
    url = parse_url(database_url)
    prepare_folder(data_dir)
    if is_sqlite(url):
        refuse_network_folder(sqlite_path(url).parent)
    ring = load_keys(data_dir / KEY_FILE, random, database_exists=database_exists(url))
    return build_store(database_url, ring, random, journal=Journal(data_dir / JOURNAL))


def build_store(
    database_url: str,
    keyring: KeyRing,
    random: Random,
    *,
    queue_limit: int = QUEUE_LIMIT,
    journal: Keeps = NO_JOURNAL,
) -> Store:
    """The store at this address with these keys, migrated to this version."""
    url = parse_url(database_url)
    if is_sqlite(url):
        return sqlite_store(sqlite_path(url), keyring, random, queue_limit, journal)
    return postgres_store(url, keyring, random, queue_limit, journal)


def sqlite_store(
    path: Path, keyring: KeyRing, random: Random, queue_limit: int, journal: Keeps
) -> SqliteStore:
    """On SQLite."""
    driver = sqlite_driver()
    let_go = [hold(path)]

    def let_others_in() -> None:
        while let_go:
            let_go.pop()()

    try:
        let_go.append(take_alone(path, driver))
        check_sqlite_file(path, driver)
        engine = sqlite_engine(path, driver)
        bring_up_to_date(engine, keyring)
        return SqliteStore(
            path,
            keyring,
            random,
            driver=driver,
            queue_limit=queue_limit,
            journal=journal,
            on_close=let_others_in,
        )
    except DBAPIError as error:
        let_others_in()
        raise StartError(f"The database {path} cannot be opened: {error.orig}.") from error
    except BaseException:
        let_others_in()
        raise


def postgres_store(
    url: URL, keyring: KeyRing, random: Random, queue_limit: int, journal: Keeps
) -> PostgresStore:
    """On PostgreSQL."""
    engine = postgres_engine(url, 1)
    try:
        bring_up_to_date(engine, keyring)
    except DBAPIError as error:
        raise StartError(no_answer(error)) from error
    finally:
        engine.dispose()
    return PostgresStore(url, keyring, random, queue_limit=queue_limit, journal=journal)


def database_exists(url: URL) -> bool:
    """Whether there is a database with anything in it; then its keys must be there too."""
    if is_sqlite(url):
        path = sqlite_path(url)
        return path.exists() and path.stat().st_size > 0
    engine = postgres_engine(url, 1)
    try:
        return not is_empty(engine)
    except DBAPIError as error:
        raise StartError(no_answer(error)) from error
    finally:
        engine.dispose()


def sqlite_path(url: URL) -> Path:
    """The database file of a SQLite address."""
    return Path(url.database or "")


def no_answer(error: DBAPIError) -> str:
    """The sentence about a PostgreSQL that cannot be used, in the server's first words."""
    reason = str(error.orig).strip().splitlines()[0]
    return f"The PostgreSQL database cannot be used: {reason}"
