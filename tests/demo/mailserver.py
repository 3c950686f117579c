"""A mail server that counts who connects."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP

from tests.mail.servers import Box

PATIENCE = 30


@dataclass
class Listening:
    """A mail server that takes everything, and how often somebody connected."""

    box: Box = field(default_factory=Box)
    connections: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        """As a setting names it."""
        return f"smtp://127.0.0.1:{self.port}?starttls=off"


@contextmanager
def mail_server() -> Iterator[Listening]:
    """One on a free port of this computer."""
    server, loop, ready = Listening(), asyncio.new_event_loop(), threading.Event()

    def conversation() -> SMTP:
        server.connections += 1
        return SMTP(server.box, hostname="mail.test", loop=loop)

    def serve() -> None:
        listening = loop.run_until_complete(loop.create_server(conversation, "127.0.0.1", 0))
        server.port = listening.sockets[0].getsockname()[1]
        ready.set()
        loop.run_forever()
        listening.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()
