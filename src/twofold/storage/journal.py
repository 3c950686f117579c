"""The journal beside the database: what a database that is restored from a backup cannot know.

One line of JSON per fact, only ever appended, in a file of the data folder. A recovery code that
is used, and a set that ends, are on the disk before the transaction commits: if it does not commit
after all, a restore would take the code for used, which costs its owner one code. Acts that decide
who may come in are written without waiting for the disk; they are there to be read by somebody.
No line holds a secret: ids, moments and kinds.

Every line is true whenever it is read, and reading it twice changes nothing. So a restore takes all
of them. Whether the journal has seen all the time since a backup is told by the backup itself: it
writes its id here before it looks at the database.
"""

import json
import os
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from twofold.core.epoch import DECIDES, Done, Known
from twofold.core.errors import BackupError, StorageUnavailable
from twofold.core.events import Event, EventKind
from twofold.core.people import Instant

NAME = "journal"


class Keeps(Protocol):
    """What the repositories tell."""

    def spent(self, code_id: str) -> None:
        """A recovery code is used."""
        ...

    def ended(self, person_id: str, made_at: Instant) -> None:
        """The person's recovery codes made at or before this moment are dead."""
        ...

    def done(self, event: Event) -> None:
        """Something happened."""
        ...


class NoJournal:
    """For a database that nobody would restore, and for transactions that only read."""

    def spent(self, code_id: str) -> None:
        """Say nothing."""

    def ended(self, person_id: str, made_at: Instant) -> None:
        """Say nothing."""

    def done(self, event: Event) -> None:
        """Say nothing."""


NO_JOURNAL = NoJournal()


class Journal:
    """Appends. Safe from every thread, and beside other processes."""

    def __init__(self, path: Path) -> None:
        """On the file at `path`, made for its owner alone with the first line."""
        self._path, self._lock = path, threading.Lock()

    def spent(self, code_id: str) -> None:
        """A recovery code is used."""
        self._write({"spent": code_id}, durable=True)

    def ended(self, person_id: str, made_at: Instant) -> None:
        """The person's recovery codes made at or before this moment are dead."""
        self._write({"ended": person_id, "made_at": made_at}, durable=True)

    def done(self, event: Event) -> None:
        """Something happened; only what decides who may come in is kept."""
        if event.kind in DECIDES:
            line = {
                "done": event.kind.value,
                "at": event.at,
                "account": event.account_id,
                "subject": event.subject_id,
            }
            self._write(line, durable=False)

    def backup(self, backup_id: str) -> None:
        """A backup is about to be made. Raises `BackupError` if that cannot be written down."""
        try:
            self._write({"backup": backup_id}, durable=True)
        except StorageUnavailable as error:
            raise BackupError(f"The journal {self._path} cannot be written.") from error

    def _write(self, line: Mapping[str, object], *, durable: bool) -> None:
        text = json.dumps(line).encode() + b"\n"
        with self._lock:
            try:
                self._append(text, durable=durable)
            except OSError as error:
                raise StorageUnavailable from error

    def _append(self, text: bytes, *, durable: bool) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        descriptor = os.open(self._path, flags, 0o600)
        try:
            before = self._beginning(descriptor)
            written = os.write(descriptor, before + text)
            if written < len(before) + len(text):
                raise OSError("the disk is full")
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _beginning(self, descriptor: int) -> bytes:
        """What has to stand before the next line: the first line of a new file, or the end of one
        that was torn by a power cut or a full disk.
        """
        size = os.fstat(descriptor).st_size
        if size == 0:
            return json.dumps({"journal": 1, "begun_at": int(time.time())}).encode() + b"\n"
        return b"" if os.pread(descriptor, 1, size - 1) == b"\n" else b"\n"


# ---- reading ---------------------------------------------------------------------------------


def known(paths: Sequence[Path], backup_id: str, made_at: Instant, *, all_named: bool) -> Known:
    """What these journals say together. They are whole for a backup if one of them has seen it
    and the others have begun before it, and if they are all that there are (`all_named`).
    Raises `BackupError` for a file that is no journal.
    """
    spent: list[str] = []
    ended: dict[str, Instant] = {}
    since: list[Done] = []
    saw_it, covers = [], []
    for path in paths:
        lines = read_journal(path)
        at = next((n for n, one in enumerate(lines) if one.get("backup") == backup_id), None)
        saw_it.append(at is not None)
        covers.append(saw_it[-1] or lines[0].get("begun_at", made_at + 1) <= made_at)
        spent += [line["spent"] for line in lines if "spent" in line]
        for line in lines:
            if "ended" in line:
                person = line["ended"]
                ended[person] = max(ended.get(person, 0), line["made_at"])
        done = [_done(line) for line in lines[at or 0 :] if "done" in line]
        since += [one for one in done if at is not None or one.at >= made_at]
    is_whole = all_named and any(saw_it) and all(covers)
    return Known(is_whole, spent, ended, sorted(since, key=lambda one: one.at))


def _done(line: Mapping[str, Any]) -> Done:
    return Done(line["at"], EventKind(line["done"]), line["account"], line["subject"])


def read_journal(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a journal; one that was torn is of something that did not happen."""
    try:
        text = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise BackupError(f"The journal {path} cannot be read: {reason}.") from error
    found = [line for raw in text.split(b"\n") if (line := _parsed(raw)) is not None]
    if not found or "journal" not in found[0]:
        raise BackupError(f"{path} is not a journal of Twofold.")
    return found


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None
