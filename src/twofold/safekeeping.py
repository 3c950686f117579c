"""What keeps a deployment safe beside its service: backups and keys, put together for the commands.

Beside `bootstrap.py` and `checkup.py` the only file that sees settings and storage. Nothing here
opens the store: a backup must not bring the tables up to date first.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from twofold import __version__
from twofold.core.backups import Manifest, Verified
from twofold.core.epoch import Known
from twofold.core.errors import BackupError, StartError
from twofold.flows.restore import Epoch, begin_epoch
from twofold.settings import Settings
from twofold.storage import backing_up, journal, restoring, sealing, verifying
from twofold.storage.backup_file import read_backup
from twofold.storage.engine import is_sqlite, parse_url
from twofold.storage.inspection import key_file
from twofold.storage.sealing import KeyRing
from twofold.system import SystemRandom


def back_up(settings: Settings, target: Path, *, with_keys: bool) -> Manifest:
    """Write a backup of the running deployment. Raises `BackupError` or `StartError`."""
    keys, random = sealing.read_keys(key_file(settings.data_dir)), SystemRandom()
    return backing_up.back_up(
        settings.database_url,
        target,
        KeyRing(keys, random),
        random,
        made_at=int(time.time()),
        version=__version__,
        key_lines=sealing.key_lines(keys) if with_keys else None,
        journal=journal.Journal(settings.data_dir / journal.NAME),
    )


def verify(settings: Settings, path: Path, keys: Path | None) -> Verified:
    """Look at a backup with the keys of `keys`, or those that are at hand."""
    return verifying.verify(
        path, lambda manifest: KeyRing(keys_for(settings, manifest, keys), SystemRandom())
    )


def keys_for(settings: Settings, manifest: Manifest, given: Path | None) -> dict[str, bytes]:
    """The keys that a backup is opened with: those of the file that was named and of the data
    folder, or, where there are none, those in the backup itself. Raises `StartError`.
    """
    own = key_file(settings.data_dir)
    files = [path for path in (given, own) if path is not None and (path == given or path.exists())]
    keys = {id_: key for path in files for id_, key in sealing.read_keys(path).items()}
    if not keys and manifest.key_lines is not None:
        keys = sealing.parse_keys(manifest.key_lines)
    lacking = [id_ for id_ in manifest.keys if id_ not in keys]
    if lacking:
        where = "is not in the key file" if keys else f"is needed, and there is no key file {own}"
        raise StartError(
            f"The key {' and '.join(lacking)}, which this backup was written with, {where}. Name "
            "the file that holds it with --keys."
        )
    return keys


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    manifest: Manifest
    epoch: Epoch
    aside: str
    """Where the old database is; "" if there was none."""


def restore(
    settings: Settings,
    path: Path,
    *,
    replace: bool,
    journals: Sequence[Path],
    keys: Path | None,
) -> Restored:
    """Put the backup at `path` in the place of the database. Raises `BackupError` or `StartError`,
    and then the database is as it was.
    """
    verified = verify(settings, path, keys)
    if not verified.is_ok or verified.manifest is None:
        problem = next(check for check in verified.checks if not check.is_ok)
        raise BackupError(f"Nothing was restored. {problem.says}")
    manifest, now, random = verified.manifest, int(time.time()), SystemRandom()
    known = _known(settings, manifest, journals)
    ring = _ring_to_keep(settings, keys_for(settings, manifest, keys), manifest)
    epoch, aside = restoring.restore(
        settings.database_url,
        read_backup(path),
        ring,
        random,
        lambda tx: begin_epoch(tx, now, made_at=manifest.made_at, known=known),
        replace=replace,
        stamp=f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}_{random.secret().hex()[:4]}",
    )
    return Restored(manifest, epoch, aside)


def _known(settings: Settings, manifest: Manifest, journals: Sequence[Path]) -> Known:
    """What the journals say. On SQLite the one in the data folder is all that there is; with
    PostgreSQL each host has its own, so that they have to be named.
    """
    own = settings.data_dir / journal.NAME
    paths = list(journals) or ([own] if own.exists() else [])
    all_named = bool(journals) or is_sqlite(parse_url(settings.database_url))
    return journal.known(paths, manifest.id, manifest.made_at, all_named=all_named)


def _ring_to_keep(settings: Settings, keys: dict[str, bytes], manifest: Manifest) -> KeyRing:
    """The keys with which the restored deployment goes on, written to the key file where that
    lacks any that the backup needs. They stand in front: the key that seals is another one.
    """
    own, random = key_file(settings.data_dir), SystemRandom()
    kept = sealing.read_keys(own) if own.exists() else {}
    needed = {id_: key for id_, key in keys.items() if id_ in manifest.keys and id_ not in kept}
    if needed:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        sealing.write_keys(own, {**needed, **kept}, random)
    return KeyRing({**needed, **kept}, random)
