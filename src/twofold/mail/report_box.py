"""Where reports about our mails lie: in a Maildir, in an mbox, or in one message.

Whoever can send us mail writes here, so nothing is read without an end: of each message only as
much as the parser looks at.
"""

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from twofold.core.mail_reports import MOST_BYTES

_SEEN = ":2,S"
"""The flag of a message that was read (the Maildir convention)."""
_FROM = b"From "
_QUOTED = re.compile(rb">+From ")


class Maildir:
    """`new/` holds what waits; what is done is moved to `cur/` (`ports.ReportBox`).

    Any number of readers may look at once: a message that another one has moved is passed over.
    """

    def __init__(self, path: Path) -> None:
        """Nothing is opened before it is asked for."""
        self._new, self._cur = path / "new", path / "cur"

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """In the order of their names, which begin with the second of the delivery."""
        for name in sorted(os.listdir(self._new)):
            if not name.startswith("."):
                content = _content(self._new / name)
                if content is not None:
                    yield name, content

    def done(self, name: str) -> None:
        """Move it; its name is its own for ever, so nothing is overwritten."""
        bare = name.partition(":")[0]
        with contextlib.suppress(FileNotFoundError):
            os.rename(self._new / name, self._cur / f"{bare}{_SEEN}")


class Stream:
    """An mbox, or one message, as it comes (`ports.ReportBox`)."""

    def __init__(self, stream: BinaryIO) -> None:
        """What begins with a `From ` line is an mbox (RFC 4155)."""
        self._stream = stream

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """One after the other; the whole is read, so that no writer finds its pipe closed."""
        message, size, number = bytearray(), 0, 0
        is_mbox = after_blank = False
        while line := self._stream.readline(MOST_BYTES):
            if line.startswith(_FROM) and (after_blank or not (size or number)):
                is_mbox = True
                if size:
                    yield str(number), bytes(message)
                message, size, number = bytearray(), 0, number + 1
                after_blank = False
                continue
            after_blank = is_mbox and not line.strip()
            size += len(line)
            if len(message) < MOST_BYTES:
                message += line[1:] if is_mbox and _QUOTED.match(line) else line
        if size:
            yield str(number), bytes(message)

    def done(self, name: str) -> None:
        """It is not ours to change."""


def _content(path: Path) -> bytes | None:
    """The beginning of a file; None for what is no file or is gone by now."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        # Gone, or a symbolic link, or not for us to read.
        return None
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        return None
    with os.fdopen(number, "rb") as file:
        return file.read(MOST_BYTES)
