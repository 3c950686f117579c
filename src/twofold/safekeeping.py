"""What keeps a deployment safe beside its service: backups and keys, put together for the commands.

Beside `bootstrap.py` and `checkup.py` the only file that sees settings and storage. Nothing here
opens the store: a backup must not bring the tables up to date first.
"""

import time
from pathlib import Path

from twofold import __version__
from twofold.core.backups import Manifest, Verified
from twofold.core.errors import StartError
from twofold.settings import Settings
from twofold.storage import backing_up, sealing, verifying
from twofold.storage.inspection import key_file
from twofold.storage.sealing import KeyRing
from twofold.system import SystemRandom


def back_up(settings: Settings, target: Path, *, with_keys: bool) -> Manifest:
    """Write a backup of the running deployment. Raises `BackupError` or `StartError`."""
    path, random = key_file(settings.data_dir), SystemRandom()
    ring = KeyRing(sealing.read_keys(path), random)
    return backing_up.back_up(
        settings.database_url,
        target,
        ring,
        random,
        made_at=int(time.time()),
        version=__version__,
        key_lines=sealing.key_lines(sealing.read_keys(path)) if with_keys else None,
    )


def verify(settings: Settings, path: Path, keys: Path | None) -> Verified:
    """Look at a backup with the keys of `keys`, or those that are at hand."""
    return verifying.verify(path, lambda manifest: keys_for(settings, manifest, keys))


def keys_for(settings: Settings, manifest: Manifest, given: Path | None) -> KeyRing:
    """The keys that a backup is opened with: those of the file that was named, or of the data
    folder, or, where there are none, those in the backup itself. Raises `StartError`.
    """
    path = given or key_file(settings.data_dir)
    if given is None and not path.exists() and manifest.key_lines is not None:
        return KeyRing(sealing.parse_keys(manifest.key_lines), SystemRandom())
    if not path.exists():
        needed = " and ".join(manifest.keys)
        raise StartError(
            f"There is no key file {path}. This backup needs the key {needed}: name the file that "
            "holds it with --keys."
        )
    return KeyRing(sealing.read_keys(path), SystemRandom())
