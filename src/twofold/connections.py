"""Connections of clients that are slow, or that only ever open: none may keep what others need.

The HTTP library waits without end for the head of a request and for its body. Whoever sends a byte
a minute would hold a connection, and with enough of them all that the system grants (slowloris).
"""

import contextlib
import resource
from asyncio import TimerHandle, Transport

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD, BODY = 20, 120
"""Seconds within which the head of a request, and then its body, has to be whole. A connection on
which nothing was sent yet has as long as for a head."""


class Impatient(HttpToolsProtocol):
    """Drops a connection whose request is not whole in time."""

    _waiting: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """The first request is awaited."""
        super().connection_made(transport)
        self._wait(HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """The head of a request begins; of the first one it has been awaited since it opened."""
        super().on_message_begin()
        if self._waiting is None:
            self._wait(HEAD)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._wait(BODY)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._stop_waiting()
        super().on_message_complete()

    def _wait(self, seconds: int) -> None:
        self._stop_waiting()
        self._waiting = self.loop.call_later(seconds, self._give_up)

    def _stop_waiting(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.cancel()

    def _give_up(self) -> None:
        self._waiting = None
        self.transport.abort()


def allow_many() -> None:
    """Use as many open files as the system grants: many start a program with leave for 1024 and
    give more to whoever asks, and each connection is one.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):  # Some systems grant less than they say.
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
