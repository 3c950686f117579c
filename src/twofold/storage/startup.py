"""What is looked at before anything is opened: each trouble is one sentence (`StartError`)."""

import fcntl
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from twofold.core.errors import StartError
from twofold.storage.engine import is_safe, network_file_system

log = logging.getLogger(__name__)

MOUNTS = Path("/proc/mounts")
CHECKED_WHOLE = 64 * 2**20
"""Bytes up to which a database file is read through at the start; more would take too long."""


def prepare_folder(folder: Path) -> None:
    """Make the data folder, for its owner alone, and see that files can be made in it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise StartError(f"The data folder {folder} cannot be written to: {reason}.") from error


def refuse_network_folder(folder: Path, mounts: str | None = None) -> None:
    """SQLite's shared memory and locks do not hold over a network.

    `mounts` is the text of /proc/mounts; by default the machine's own, where it has one.
    """
    if mounts is None:
        mounts = MOUNTS.read_text() if MOUNTS.exists() else ""
    kind = network_file_system(folder, mounts)
    if kind is not None:
        raise StartError(
            f"The folder {folder} is on a network file system ({kind}), where SQLite can lose "
            "data. Use a local disk, or PostgreSQL."
        )


def check_sqlite_file(path: Path, driver: ModuleType) -> None:
    """See that the file is a sound SQLite database. A new one is made, for its owner alone."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = driver.connect(str(path), timeout=15)
    except (OSError, driver.Error) as error:
        raise StartError(f"The database {path} cannot be opened: {error}.") from error
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if path.stat().st_size <= CHECKED_WHOLE:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                raise StartError(damaged(path, verdict.splitlines()[0]))
    except driver.Error as error:
        raise StartError(damaged(path, str(error))) from error
    finally:
        connection.close()


def damaged(path: Path, reason: str) -> str:
    """The sentence about a corrupt file."""
    return f"The database {path} is damaged ({reason}). Restore it from a backup."


def take_alone(path: Path, driver: ModuleType) -> Callable[[], None]:
    """Where the SQLite library is too old for several processes, lock the others out.

    Returns what to call at the end. See `engine.py` for the fault.
    """
    if is_safe(driver):
        return lambda: None
    log.warning(
        "SQLite %s is older than 3.51.3, so only one process at a time may use the database. "
        "Install pysqlite3 to lift this.",
        driver.sqlite_version,
    )
    descriptor = os.open(f"{path}.alone", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StartError(
            f"Another process uses the database {path}, and SQLite {driver.sqlite_version} allows "
            "only one at a time. Stop the other one, or install pysqlite3."
        ) from error
    return lambda: os.close(descriptor)


def hold(path: Path, *, alone: bool = False) -> Callable[[], None]:
    """Tell a restore that this process uses the SQLite database at `path`; `alone` is the restore,
    which waits for nobody. Returns what to call at the end. Raises `StartError`.
    """
    kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    try:
        descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StartError(f"The database {path} cannot be opened: {error}.") from error
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        in_use = f"Twofold is using the database {path}. Stop the service and every other command."
        busy = f"A backup is being restored into {path} at this moment. Try again when it is done."
        raise StartError(in_use if alone else busy) from error
    return lambda: os.close(descriptor)
