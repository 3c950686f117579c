"""Mail servers on loopback: a real one (aiosmtpd), and one that misbehaves by a script."""

import asyncio
import contextlib
import email
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from types import TracebackType
from typing import IO, Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Received:
    """One mail as the server got it."""

    sender: str
    receivers: list[str]
    content: bytes
    options: list[str]
    encrypted: bool
    signed_in: bool

    @property
    def message(self) -> EmailMessage:
        """The mail, read as a mail program would."""
        parsed = email.message_from_bytes(self.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class Box:
    """What a server received, and how it answers (aiosmtpd's handler hooks)."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    """For MAIL, RCPT or DATA: the answers to give before the usual ones, in their order."""
    received: list[Received] = field(default_factory=list)
    sign_ins: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """The names under which clients introduced themselves."""
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int, *, timeout: float) -> bool:
        """Whether so many mails arrived within `timeout` seconds."""
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self.received) >= count, timeout)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, lines: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.said.append(hostname)
        return lines

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self._next("MAIL"):
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self._next("RCPT"):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if refusal := self._next("DATA"):
            return refusal
        content = envelope.original_content
        assert content is not None
        received = Received(
            sender=envelope.mail_from or "",
            receivers=list(envelope.rcpt_tos),
            content=content,
            options=list(envelope.mail_options),
            encrypted=session.ssl is not None,
            signed_in=bool(session.authenticated),
        )
        with self._arrived:
            self.received.append(received)
            self._arrived.notify_all()
        return "250 2.0.0 queued as 4711"

    def _next(self, verb: str) -> str | None:
        waiting = self.answers.get(verb, [])
        return waiting.pop(0) if waiting else None

    def sign_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        """aiosmtpd's authenticator: one name, one password."""
        assert isinstance(data, LoginPassword)
        self.sign_ins.append((mechanism, data.login, data.password))
        right = (data.login, data.password) == (b"twofold", "pass/w\u00f6rd@1".encode())
        return AuthResult(success=right, handled=False)


PASSWORD_IN_URL = "pass%2Fw%C3%B6rd%401"
"""The right password, as it stands in a URL."""


@contextlib.contextmanager
def mail_server(
    box: Box, *, implicit_tls: ssl.SSLContext | None = None, **options: Any
) -> Iterator[int]:
    """A real mail server on an ephemeral port of 127.0.0.1; its port."""
    loop = asyncio.new_event_loop()

    def session() -> SMTP:
        return SMTP(box, hostname="mail.test", loop=loop, authenticator=box.sign_in, **options)

    # A TLS context with aiosmtpd's own name for it means STARTTLS.
    server = loop.run_until_complete(loop.create_server(session, "127.0.0.1", 0, ssl=implicit_tls))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


class ScriptedServer:
    """Runs `script` with each connection, on a thread of its own.

    The script gets the server and the connection; `released` is set when the test is over, so
    that a script may hang until then.
    """

    def __init__(self, script: Callable[["ScriptedServer", "Line"], None]) -> None:
        self.released = threading.Event()
        self.heard: list[bytes] = []
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._surprises: list[AssertionError] = []

    def __enter__(self) -> "ScriptedServer":
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.released.set()
        # Closing alone does not wake a thread that waits in accept.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()
        if self._surprises and error is None:
            raise self._surprises[0]

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as file, contextlib.suppress(OSError):
            try:
                self._script(self, Line(self, connection, file))
            except AssertionError as surprise:
                self._surprises.append(surprise)


class Line:
    """One connection of a scripted server."""

    def __init__(self, server: ScriptedServer, connection: socket.socket, file: IO[bytes]) -> None:
        self._server = server
        self._connection = connection
        self._file = file

    def say(self, reply: str) -> None:
        self._connection.sendall(reply.encode() + b"\r\n")

    def raw(self, data: bytes) -> None:
        self._connection.sendall(data)

    def hear(self) -> bytes:
        """One line of the client, remembered."""
        heard = self._file.readline()
        self._server.heard.append(heard)
        return heard

    def talk_until(self, stage: str) -> None:
        """Answer as a good server does, up to the point where `stage` waits for its answer."""
        if stage == "greeting":
            return
        self.say("220 mail.test")
        for verb, answer in (
            ("EHLO", "250 mail.test"),
            ("MAIL", "250 OK"),
            ("RCPT", "250 OK"),
            ("DATA", "354 go on"),
        ):
            assert self.hear().upper().startswith(verb.encode())
            if stage == verb:
                return
            self.say(answer)
        while self.hear() != b".\r\n":
            pass
        if stage == "dot":
            return
        self.say("250 2.0.0 taken")
        assert self.hear().upper().startswith(b"QUIT")
