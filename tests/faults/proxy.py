"""A wire between the service and PostgreSQL that is cut at a COMMIT (fault F7)."""

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType

COMMIT = b"COMMIT\0"
QUESTIONS = {struct.pack("!I", 80877103), struct.pack("!I", 80877104)}
"""Before a connection begins: whether the server encrypts, in one way or the other."""


class Cut(Enum):
    """Where the wire is cut."""

    NOWHERE = "nowhere"
    BEFORE = "before the commit reaches the server"
    AFTER = "after the server has done it, before anybody hears of it"


@dataclass
class Wire:
    """Passes bytes on until it is told to cut; it cuts once, where a transaction commits in which
    certain bytes were sent.
    """

    server_port: int
    about: bytes = b""
    cut: Cut = Cut.NOWHERE
    cuts: int = 0
    port: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> "Wire":
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _at: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def cut_next(self, where: Cut, about: bytes) -> None:
        """Cut the next connection that commits a transaction with these bytes in it."""
        with self._lock:
            self.cut, self.about = where, about

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self.server_port))
                line = Line(self, client, server)
                threading.Thread(target=line.to_server, daemon=True).start()
                threading.Thread(target=line.to_client, daemon=True).start()

    def take(self, sent: bytes) -> Cut:
        """Where to cut now; it is asked for at each commit, with what was sent before it."""
        with self._lock:
            if self.about not in sent:
                return Cut.NOWHERE
            where, self.cut = self.cut, Cut.NOWHERE
            self.cuts += where is not Cut.NOWHERE
            return where


@dataclass
class Line:
    """One connection."""

    wire: Wire
    client: socket.socket
    server: socket.socket
    is_deaf: threading.Event = field(default_factory=threading.Event)
    """From now on what the server says is heard by nobody."""

    def to_server(self) -> None:
        """Message by message. The first has no type, nor have questions before it; all have a
        length.
        """
        with contextlib.suppress(OSError, EOFError):
            is_question = True
            while is_question:
                (length,) = struct.unpack("!I", head := self._read(4))
                body = self._read(length - 4)
                self.server.sendall(head + body)
                is_question = body[:4] in QUESTIONS
            sent = b""
            while True:
                head = self._read(5)
                (length,) = struct.unpack("!I", head[1:])
                body = self._read(length - 4)
                sent, where = sent + body, Cut.NOWHERE
                if head[:1] in b"QP" and COMMIT in body:
                    sent, where = b"", self.wire.take(sent)
                if where is Cut.BEFORE:
                    break
                if where is Cut.AFTER:
                    self.is_deaf.set()
                self.server.sendall(head + body)
        if not self.is_deaf.is_set():
            self._close()

    def to_client(self) -> None:
        """Whatever the server says; once nobody is to hear it, the wire is cut in its place."""
        with contextlib.suppress(OSError):
            while said := self.server.recv(65536):
                if self.is_deaf.is_set():
                    break
                self.client.sendall(said)
        self._close()

    def _read(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            more = self.client.recv(count - len(got))
            if not more:
                raise EOFError
            got += more
        return got

    def _close(self) -> None:
        for one in (self.client, self.server):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
