"""One SMTP connection that cannot outlast its patience.

`smtplib` knows one time-out, for each single read: a server that sends a byte now and then could
hold it for ever (a tarpit). Here each stage has a deadline for all that it reads and writes, the
conversation as a whole has one too, and a reply has a greatest length. Time is measured with the
monotonic clock of the process, because it bounds sockets and dates nothing.
"""

import contextlib
import io
import smtplib
import socket
import ssl
import time
from base64 import b64encode
from dataclasses import dataclass, replace
from typing import Any

from twofold.mail.smtp_url import MailServer, Tls

_LONGEST_REPLY = 64 * 1024
_GOODBYE = 5.0
_READY, _SIGNED_IN, _GO_ON = 220, 235, 334
_VERBS = frozenset({"EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"})


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Patience with a mail server in seconds, for each stage and for the whole."""

    connect: float = 20
    greeting: float = 60
    command: float = 60
    data: float = 180
    """From the DATA command to the answer after the final dot."""
    overall: float = 240
    """Under `core.mail.LEASE`, so that nobody else takes the mail up meanwhile."""


class Trouble(Exception):
    """The conversation cannot go on; the message says why in one sentence."""


class Conversation(smtplib.SMTP):
    """A connection to one mail server.

    Its methods raise `OSError`, `smtplib.SMTPException` and `Trouble`; `stage` then says in words
    how far it came.
    """

    def __init__(
        self, server: MailServer, tls: ssl.SSLContext, timeouts: Timeouts, *, own_name: str
    ) -> None:
        """Nothing is connected yet; `own_name` is what EHLO will say."""
        self._server = server
        self._tls = tls
        self._timeouts = timeouts
        self._end = time.monotonic() + timeouts.overall
        self._begin("connecting", timeouts.connect)
        super().__init__(local_hostname=own_name, timeout=timeouts.connect)
        self._host = server.host  # the name that STARTTLS checks the certificate against

    # Every read and write below goes through the stage's deadline.

    def _begin(self, stage: str, seconds: float) -> None:
        self.stage = stage
        self._deadline = min(time.monotonic() + seconds, self._end)
        self._received = 0

    def _patience(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = socket.create_connection((host, port), self._patience())
        if self._server.tls is Tls.IMPLICIT:
            self._begin("setting up TLS", self._timeouts.command)
            connection.settimeout(self._patience())
            connection = self._tls.wrap_socket(connection, server_hostname=host)
        self._begin("waiting for the greeting", self._timeouts.greeting)
        return connection

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Send a command; its stage begins."""
        verb = cmd.upper()
        seconds = self._timeouts.data if verb == "DATA" else self._timeouts.command
        # What is no command is the second line of AUTH LOGIN: the password.
        named = verb if verb in _VERBS else "AUTH"
        self._begin(f"waiting for the answer to {named}", seconds)
        super().putcmd(cmd, args)

    def send(self, s: Any) -> None:
        """Send text or bytes within the stage's deadline."""
        if self.sock is not None:
            self.sock.settimeout(self._patience())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Read one reply within the stage's deadline."""
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(_Reader(self))
        return super().getreply()

    def docmd(self, cmd: str, args: str = "") -> tuple[int, bytes]:
        """Send a command and read its reply."""
        reply = super().docmd(cmd, args)
        if cmd == "STARTTLS" and self.sock is not None:
            # The handshake follows, which Python bounds by the time-out of the socket.
            self._begin("setting up TLS", self._timeouts.command)
            self.sock.settimeout(self._patience())
        return reply

    def receive_into(self, buffer: memoryview) -> int:
        """Read what is there into `buffer`; how many bytes, 0 at the end."""
        assert self.sock is not None
        self.sock.settimeout(self._patience())
        count = self.sock.recv_into(buffer)
        self._received += count
        if self._received > _LONGEST_REPLY:
            raise OSError("the reply has no end")
        return count

    # The steps before a mail.

    def greet(self) -> None:
        """Connect and read the greeting."""
        code, reply = self.connect(self._server.host, self._server.port)
        if code != _READY:
            raise smtplib.SMTPConnectError(code, reply)

    def secure(self) -> None:
        """EHLO, and STARTTLS as the settings want it. Raises `Trouble`."""
        self.ehlo_or_helo_if_needed()
        if self._server.tls in (Tls.IMPLICIT, Tls.OFF):
            return
        if self.has_extn("starttls"):
            self.starttls(context=self._tls)
            self.ehlo_or_helo_if_needed()
        elif self._server.tls is Tls.REQUIRED:
            raise Trouble("it does not offer STARTTLS, and nothing is sent unencrypted")

    def authenticate(self) -> None:
        """AUTH PLAIN or LOGIN in UTF-8 (RFC 4616), where credentials are set. Raises `Trouble`.

        Without TLS this is reached only if the settings say `starttls=off` themselves.
        """
        name, password = self._server.name, self._server.password
        if not name:
            return
        mechanisms = self.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in mechanisms:
            code, reply = self.docmd("AUTH", "PLAIN " + base64(f"\0{name}\0{password}"))
        elif "LOGIN" in mechanisms:
            code, reply = self.docmd("AUTH", f"LOGIN {base64(name)}")
            if code == _GO_ON:
                code, reply = self.docmd(base64(password))
        else:
            raise Trouble("it offers no sign-in with PLAIN or LOGIN, but a password is set")
        if code != _SIGNED_IN:
            raise smtplib.SMTPAuthenticationError(code, reply)

    def leave(self) -> None:
        """Say QUIT and close, without waiting long for an answer."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._timeouts = replace(self._timeouts, command=min(_GOODBYE, self._timeouts.command))
            self.docmd("QUIT")
        self.close()


class _Reader(io.RawIOBase):
    """The receiving half of a conversation as a file."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._conversation.receive_into(memoryview(buffer))


def base64(text: str) -> str:
    """`text` as AUTH carries it."""
    return b64encode(text.encode()).decode("ascii")
