"""The file of `twofold backup`: a SQLite database, and a last part that says what it is.

    the database | newline | manifest, one line of JSON | newline | last line

The last line has a fixed length: the manifest's length, its SHA-256, the seal, and the name of the
format. The manifest holds size and SHA-256 of the database, the last line the digest of the
manifest, so every byte of the file is under a digest. A digest shows damage; against a forger
there is the seal, an HMAC under a key of the key file. SQLite does not look at what stands behind
its last page, so the file can be opened as it is.
"""

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from twofold.core.backups import InAccount, Manifest
from twofold.core.errors import BackupError
from twofold.storage.sealing import SIGNATURE_BYTES, KeyRing

FORMAT = b"twofold-backup-1"
USE = "backup"
LAST_LINE = re.compile(
    rb"([0-9]{10}) ([0-9a-f]{64}) ([0-9a-f]{%d}) %b\n" % (2 * SIGNATURE_BYTES, FORMAT)
)
LAST_BYTES = 10 + 1 + 64 + 1 + 2 * SIGNATURE_BYTES + 1 + len(FORMAT) + 1
MOST_MANIFEST = 64 * 2**20
"""Bytes; a longer manifest than this is none of ours."""
SQLITE = b"SQLite format 3\0"
CHUNK = 2**20
OTHER = "Use another backup, and take a new one while the service still runs."


def digest_of(file: BinaryIO, size: int) -> str:
    """SHA-256 of the next `size` bytes, or of what there is, in hexadecimal."""
    digest, left = hashlib.sha256(), size
    while left and (chunk := file.read(min(CHUNK, left))):
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest()


def append_manifest(path: Path, manifest: Manifest, ring: KeyRing) -> None:
    """Write the last part behind the database and wait for the disk."""
    text = json.dumps(asdict(manifest), sort_keys=True).encode()
    digest = hashlib.sha256(text).hexdigest()
    seal = ring.sign(USE, digest).hex().encode()
    last = b"%010d %s %s %s\n" % (len(text), digest.encode(), seal, FORMAT)
    with path.open("ab") as file:
        file.write(b"\n" + text + b"\n" + last)
        file.flush()
        os.fsync(file.fileno())


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A backup whose every byte was looked at."""

    path: Path
    manifest: Manifest
    digest: str
    seal: bytes

    def is_sealed_by(self, ring: KeyRing) -> bool:
        """Whether it was made with a key of ours."""
        return ring.is_signed(USE, self.digest, self.seal)


def read_backup(path: Path) -> BackupFile:
    """The backup at `path`. Raises `BackupError` with one sentence unless it is whole."""
    try:
        with path.open("rb") as file:
            return _read(path, file)
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise BackupError(f"{path} cannot be read: {reason}.") from error


def _read(path: Path, file: BinaryIO) -> BackupFile:
    total = file.seek(0, os.SEEK_END)
    length, digest, seal = _last_line(path, file, total)
    at = total - LAST_BYTES - 1 - length
    if length > MOST_MANIFEST or at < 1:
        raise BackupError(f"The backup {path} is damaged at its end. {OTHER}")
    file.seek(at - 1)
    around = file.read(length + 2)
    text = around[1:-1]
    if around[:1] + around[-1:] != b"\n\n" or hashlib.sha256(text).hexdigest() != digest:
        raise BackupError(f"The backup {path} is damaged at its end. {OTHER}")
    manifest = _manifest(path, text)
    file.seek(0)
    if manifest.size != at - 1 or digest_of(file, manifest.size) != manifest.sha256:
        raise BackupError(f"The backup {path} is damaged: its digest is another one. {OTHER}")
    return BackupFile(path, manifest, digest, seal)


def _last_line(path: Path, file: BinaryIO, total: int) -> tuple[int, str, bytes]:
    file.seek(max(0, total - LAST_BYTES))
    found = LAST_LINE.fullmatch(file.read(LAST_BYTES))
    if found is not None:
        return int(found[1]), found[2].decode(), bytes.fromhex(found[3].decode())
    file.seek(0)
    if file.read(len(SQLITE)) == SQLITE:
        raise BackupError(
            f"{path} has no whole end: it is a backup that was cut off or damaged, or a database "
            f"file that `twofold backup` did not make. {OTHER}"
        )
    raise BackupError(f"{path} is not a file of `twofold backup`. Give one that is.")


def _manifest(path: Path, text: bytes) -> Manifest:
    try:
        found: dict[str, Any] = json.loads(text)
        accounts = [InAccount(**one) for one in found.pop("accounts")]
        return Manifest(**found, accounts=accounts)
    except (ValueError, TypeError, KeyError) as error:
        raise BackupError(
            f"The backup {path} was made by another version of Twofold. Use that version."
        ) from error
