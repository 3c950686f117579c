"""Sealing: what must be read back but must not lie open in the database (promise P5).

A sealed value is `version (1 byte) | key id (8 ASCII bytes) | nonce (12 bytes) | ciphertext and
tag`, AES-256-GCM. Its associated data are table, column, row id and key id, so that a value that
somebody copies into another row, column or table does not open there: without that, whoever can
write to the database could give a victim's row their own known secret.

The keys are in a file beside the database, never in it: one line per key, `id base64`, the last
line seals, all lines open. Sub-keys come from each key by HKDF (RFC 5869), one per use.
"""

import base64
import binascii
import hmac
import logging
import os
import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from twofold.core.errors import SealError, StartError
from twofold.ports import Random

log = logging.getLogger(__name__)

VERSION = b"\x01"
ID_BYTES, NONCE_BYTES, KEY_BYTES = 8, 12, 32
HEADER_BYTES = 1 + ID_BYTES + NONCE_BYTES
SIGNATURE_BYTES = ID_BYTES + 32
"""Of what `KeyRing.sign` returns."""
KEY_ID = re.compile(r"[0-9a-f]{8}")


class Loaded:
    """The keys of a ring at one moment, and what is derived from them."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """`keys` by id, oldest first."""
        if not keys:
            raise StartError("The key file holds no key.")
        self.keys = dict(keys)
        self.newest = list(keys)[-1]
        self.ciphers = {key_id: AESGCM(derive(key, "seal")) for key_id, key in keys.items()}
        self.digests = {key_id: derive(key, "digest") for key_id, key in keys.items()}


class KeyRing:
    """The keys of a deployment: the last one seals, every one opens.

    With a `source` the ring follows the key file while the process runs: it looks whether the file
    is another one before it seals, and when it meets a key that it does not know. So a key can be
    added, made the one that seals, and retired without a restart. A file that is gone or cannot be
    read changes nothing.
    """

    def __init__(
        self, keys: Mapping[str, bytes], random: Random, source: Path | None = None
    ) -> None:
        """`keys` by id (8 lower-case hexadecimal digits), 32 bytes each, oldest first."""
        self._loaded = Loaded(keys)
        self._random, self._source = random, source
        self._seen: tuple[int, ...] = ()

    @property
    def _keys(self) -> Mapping[str, bytes]:
        return self._loaded.keys

    @property
    def newest(self) -> str:
        """The id of the key that seals."""
        return self._followed().newest

    def __repr__(self) -> str:
        """Ids only, so that no traceback or log line can carry a key."""
        return f"KeyRing({list(self._keys)!r})"

    def _followed(self) -> Loaded:
        """The keys as they are in the file now."""
        if self._source is None:
            return self._loaded
        try:
            found = os.stat(self._source)
            seen = (found.st_mtime_ns, found.st_ino, found.st_size)
            if seen != self._seen:
                self._loaded, self._seen = Loaded(read_keys(self._source)), seen
        except (OSError, StartError):
            log.warning("The key file %s cannot be read; the keys stay as they were.", self._source)
        return self._loaded

    def _holding(self, key_id: str) -> Loaded:
        """The keys, looked for again where this one is not among them."""
        loaded = self._loaded
        return loaded if key_id in loaded.keys else self._followed()

    def seal(self, place: str, row_id: str, value: bytes) -> bytes:
        """`value` sealed for the column `place` (`table.column`) of the row `row_id`."""
        loaded, nonce = self._followed(), self._random.secret()[:NONCE_BYTES]
        about = associated_data(place, row_id, loaded.newest)
        sealed = loaded.ciphers[loaded.newest].encrypt(nonce, value, about)
        return VERSION + loaded.newest.encode() + nonce + sealed

    def open(self, place: str, row_id: str, sealed: bytes) -> bytes:
        """The value again. Raises `SealError` for another place, row or key, or a changed byte."""
        key_id = sealed[1 : 1 + ID_BYTES].decode("ascii", "replace")
        cipher = self._holding(key_id).ciphers.get(key_id)
        if sealed[:1] != VERSION or cipher is None or len(sealed) < HEADER_BYTES:
            raise SealError
        nonce = sealed[1 + ID_BYTES : HEADER_BYTES]
        try:
            return cipher.decrypt(
                nonce, sealed[HEADER_BYTES:], associated_data(place, row_id, key_id)
            )
        except InvalidTag as error:
            raise SealError from error

    def digest(self, use: str, text: str) -> str:
        """HMAC-SHA-256 of `text` for one `use` under the newest key, in hexadecimal. With the next
        key it is another one: for what need not be found for longer than a while.
        """
        loaded = self._followed()
        return keyed(loaded.digests[loaded.newest], use, text).hex()

    def digests(self, use: str, text: str) -> Sequence[str]:
        """Everything under which `text` may be stored: `key id:HMAC` for each of our keys, the
        newest first, which is the one to store; then the bare HMACs of versions before the id.
        """
        derived = self._followed().digests
        made = {key_id: keyed(derived[key_id], use, text).hex() for key_id in reversed(derived)}
        return [*(f"{key_id}:{digest}" for key_id, digest in made.items()), *made.values()]

    def sign(self, use: str, text: str) -> bytes:
        """What `is_signed` knows again: the newest key's id and HMAC-SHA-256 of `text`."""
        loaded = self._followed()
        return loaded.newest.encode() + keyed(loaded.digests[loaded.newest], use, text)

    def is_signed(self, use: str, text: str, signature: bytes) -> bool:
        """Whether `signature` was made by `sign` for this use and text, with any of our keys."""
        key_id = signature[:ID_BYTES].decode("ascii", "replace")
        derived = self._holding(key_id).digests.get(key_id)
        if derived is None:
            return False
        return hmac.compare_digest(signature[ID_BYTES:], keyed(derived, use, text))

    def check_values(self) -> dict[str, bytes]:
        """By key id a value that tells the key from any other and gives nothing away about it."""
        return {key_id: derive(key, "check") for key_id, key in self._keys.items()}


def keyed(derived: bytes, use: str, text: str) -> bytes:
    """HMAC-SHA-256 of `text` for one `use`."""
    return hmac.digest(derived, f"{use}\0{text}".encode(), "sha256")


def derive(key: bytes, use: str) -> bytes:
    """The 32-byte sub-key of `key` for one use (HKDF-SHA-256, RFC 5869)."""
    info = f"twofold:{use}:v1".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)


def associated_data(place: str, row_id: str, key_id: str) -> bytes:
    """Table, column, row and key, each with its length in front, so that none can pose as two."""
    parts = (*place.split(".", 1), row_id, key_id)
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def check_against(ring: KeyRing, stored: Mapping[str, bytes]) -> dict[str, bytes]:
    """The check values that the database does not have yet.

    Raises `StartError` if the database was written with a key that the ring lacks, or that has
    another value under the same id: starting would make every secret unreadable.
    """
    ours = ring.check_values()
    for key_id, value in stored.items():
        if key_id not in ours:
            raise StartError(
                f"The key {key_id}, which this database was written with, is not in the key file. "
                "Put the key file back that belongs to this database."
            )
        if not hmac.compare_digest(ours[key_id], value):
            raise StartError(
                f"The key {key_id} in the key file is not the one that this database was written "
                "with. Put the key file back that belongs to this database."
            )
    return {key_id: value for key_id, value in ours.items() if key_id not in stored}


def load_keys(path: Path, random: Random, *, database_exists: bool) -> KeyRing:
    """The ring in the key file at `path`; a new file only if there is no database yet.

    Raises `StartError` if the file is missing beside a database, readable by others than its
    owner, or not a key file.
    """
    if not path.exists():
        if database_exists:
            raise StartError(
                f"The key file {path} is missing, but there is a database already. "
                "Put the key file back from your backup: a new key could not open anything."
            )
        create_keys(path, random)
    return KeyRing(read_keys(path), random, path)


def new_key(random: Random) -> tuple[str, bytes]:
    """Id and bytes of a key that nobody has."""
    return random.secret()[:4].hex(), base64.urlsafe_b64decode(random.token() + "=")


def create_keys(path: Path, random: Random) -> None:
    """Write a key file with one new key, mode 0600, whole or not at all.

    A process that starts at the same moment may have been first; then its file stands.
    """
    key_id, key = new_key(random)
    line = key_lines({key_id: key})
    draft = path.with_name(f"{path.name}.{random.new_id()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        publish(draft, path)
    except OSError as error:
        raise StartError(f"The key file {path} cannot be written: {error.strerror}.") from error


def write_keys(path: Path, keys: Mapping[str, bytes], random: Random) -> None:
    """Put a key file with these keys in the place of the one at `path`, whole or not at all."""
    draft = path.with_name(f"{path.name}.{random.new_id()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(key_lines(keys))
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
        sync_folder(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StartError(f"The key file {path} cannot be written: {error.strerror}.") from error


def sync_folder(folder: Path) -> None:
    """Wait until the names in this folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(draft: Path, path: Path) -> None:
    """Give the written file its name unless the name is taken, and make the name durable."""
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
    sync_folder(path.parent)


def read_keys(path: Path) -> dict[str, bytes]:
    """The keys in the file, oldest first. Raises `StartError` as `load_keys` says."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise StartError(
                f"The key file {path} can be read by others than its owner (mode {mode:04o}). "
                f"Run: chmod 600 {path}"
            )
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"The key file {path} cannot be read: {error}.") from error
    return parse_keys(text, path)


def parse_keys(text: str, path: Path | None = None) -> dict[str, bytes]:
    """The keys in the text of a key file, oldest first. Raises `StartError`, which names `path`."""
    lines = enumerate(text.splitlines(), 1)
    return dict(read_line(path, number, line) for number, line in lines if line)


def key_lines(keys: Mapping[str, bytes]) -> str:
    """The text of a key file with these keys."""
    return "".join(f"{key_id} {base64.b64encode(key).decode()}\n" for key_id, key in keys.items())


def read_line(path: Path | None, number: int, line: str) -> tuple[str, bytes]:
    """Id and key of one line. The message names the line, never what stands in it."""
    key_id, _, encoded = line.strip().partition(" ")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if not KEY_ID.fullmatch(key_id) or len(key) != KEY_BYTES:
        where = f"the key file {path}" if path else "the keys in the backup"
        raise StartError(f"Line {number} of {where} is not a key id and a key.")
    return key_id, key
