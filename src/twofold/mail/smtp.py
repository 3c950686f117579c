"""Hands mails to a mail server, one conversation each, and says in words what became of them.

Only a 5xx answer to MAIL, RCPT or DATA is about the mail and final. Everything else (refused
connections, time-outs, certificates, sign-in at the mail server, 4xx) is about the server or our
settings, so the mail waits and is tried again. A connection that breaks after the final dot
leaves open whether the mail was taken; it is sent again under the same Message-ID (RFC 1047).
"""

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterable

from jinja2 import TemplateError

from twofold.core.errors import SettingsError
from twofold.mail import words
from twofold.mail.conversation import Conversation, Timeouts, Trouble, base64
from twofold.mail.envelope import Envelope, UnwritableAddress, deliverable, parse_sender, seal
from twofold.mail.smtp_url import MailServer, parse_smtp_url
from twofold.ports import Delivery, Letter, Postbox

__all__ = ["SmtpMailer", "Timeouts", "parse_smtp_url"]

_ABOUT_US = (530, 538)
"""5xx answers that speak of our sign-in or encryption wherever they come (RFC 4954, RFC 3207)."""
_LONGEST_DETAIL = 300
_DEFAULT_TIMEOUTS = Timeouts()


class SmtpMailer:
    """Sends through one mail server (`ports.Mailer`). Safe to use from several threads."""

    def __init__(
        self,
        url: str | None,
        sender: str,
        postbox: Postbox,
        *,
        return_path: str | None = None,
        timeouts: Timeouts = _DEFAULT_TIMEOUTS,
    ) -> None:
        """`url` as for `parse_smtp_url`, or None for no server; `sender` is `Name <address>`;
        `return_path` is the address that reports go to, that of the sender if it is None.

        Raises `SettingsError` for a URL, a certificate file or a sender that cannot be used.
        """
        self._server = parse_smtp_url(url) if url else None
        self._sender = parse_sender(sender)
        self._return_path = return_path or self._sender.addr_spec
        self._postbox = postbox
        self._timeouts = timeouts
        self._tls = _tls_context(self._server) if self._server else None
        self._own_name = _own_name(self._sender.domain)

    @property
    def configured(self) -> bool:
        """Whether there is a server at all; without one mails wait in the outbox."""
        return self._server is not None

    def send(self, letter: Letter) -> Delivery:
        """One conversation. Never raises for what a server does."""
        if self._server is None or self._tls is None:
            return Delivery(ok=False, final=False, detail="No mail server is set up.")
        try:
            envelope = self._sealed(letter)
        except UnwritableAddress as problem:
            return Delivery(ok=False, final=True, detail=str(problem))
        except TemplateError as problem:
            detail = f"Twofold cannot write this mail: {problem.message}."
            return Delivery(ok=False, final=False, detail=detail)
        secrets = _secrets(self._server, letter)
        conversation = Conversation(
            self._server, self._tls, self._timeouts, own_name=self._own_name
        )
        try:
            return _Attempt(self._server, conversation, secrets).hand_over(envelope)
        finally:
            conversation.leave()

    def probe(self, receiver: str, *, patience: float) -> Delivery:
        """One conversation up to RCPT, about a mail from our sender to `receiver` (our own sender
        for ""), which is then given up: nothing is sent. Takes at most `patience` seconds and the
        time of a name look-up. `final` says that the server does not want this receiver.
        """
        if self._server is None or self._tls is None:
            return Delivery(ok=False, final=False, detail="No mail server is set up.")
        timeouts = Timeouts(patience, patience, patience, patience, patience)
        conversation = Conversation(self._server, self._tls, timeouts, own_name=self._own_name)
        attempt = _Attempt(self._server, conversation, _passwords(self._server))
        try:
            to = deliverable(receiver) if receiver else self._sender.addr_spec
            return attempt.ask(self._return_path, to)
        except UnwritableAddress as problem:
            return Delivery(ok=False, final=True, detail=str(problem))
        finally:
            conversation.leave()

    def _sealed(self, letter: Letter) -> Envelope:
        rendered = self._postbox.render(letter)
        return seal(letter.mail, rendered, self._sender, return_path=self._return_path)


class _Attempt:
    """One mail in one conversation."""

    def __init__(
        self, server: MailServer, conversation: Conversation, secrets: Iterable[str]
    ) -> None:
        self._at = f"{server.host}:{server.port}"
        self._conversation = conversation
        self._secrets = secrets

    def hand_over(self, envelope: Envelope) -> Delivery:
        return self._signed_in(lambda: self._transaction(envelope))

    def ask(self, sender: str, receiver: str) -> Delivery:
        return self._signed_in(lambda: self._question(sender, receiver))

    def _question(self, sender: str, receiver: str) -> Delivery:
        """MAIL and RCPT; the QUIT that follows gives the mail up (RFC 5321 section 4.1.1.10)."""
        options = () if receiver.isascii() else ("SMTPUTF8",)
        if options and not self._conversation.has_extn("smtputf8"):
            return self._no_utf8(receiver)
        code, reply = self._conversation.mail(sender, options)
        if not _positive(code):
            detail = f"{self._at} did not take the sender {sender}: {self._words(code, reply)}"
            return Delivery(ok=False, final=False, detail=detail)
        code, reply = self._conversation.rcpt(receiver)
        said = self._words(code, reply)
        if _positive(code):
            detail = f"{self._at} would take a mail to {receiver}: {said}"
            return Delivery(ok=True, final=False, detail=detail)
        final = 500 <= code < 600 and code not in _ABOUT_US
        detail = f"{self._at} did not take the receiver {receiver}: {said}"
        return Delivery(ok=False, final=final, detail=detail)

    def _no_utf8(self, receiver: str) -> Delivery:
        detail = f"{self._at} cannot deliver to {receiver}: it does not know SMTPUTF8."
        return Delivery(ok=False, final=True, detail=detail)

    def _signed_in(self, then: Callable[[], Delivery]) -> Delivery:
        """Connect, secure, sign in, and go on; what goes wrong on the way, in words."""
        try:
            self._conversation.greet()
            self._conversation.secure()
            self._conversation.authenticate()
            return then()
        except Trouble as trouble:
            return self._not_now(f"{self._at} cannot be used: {trouble}.")
        except smtplib.SMTPAuthenticationError as problem:
            return self._not_now(
                f"{self._at} did not accept the name and password of TWOFOLD_SMTP_URL: "
                + self._words(problem.smtp_code, problem.smtp_error)
            )
        except smtplib.SMTPResponseException as problem:
            # Answers to the greeting, EHLO and STARTTLS: whatever they say, not about this mail.
            return self._not_now(
                f"{self._at} is not ready: " + self._words(problem.smtp_code, problem.smtp_error)
            )
        except (OSError, smtplib.SMTPException) as problem:
            return self._not_now(self._broken(problem))

    def _transaction(self, envelope: Envelope) -> Delivery:
        """MAIL, RCPT, DATA (RFC 5321 section 3.3); the first answer that is not 2xx ends it."""
        conversation = self._conversation
        if envelope.needs_utf8 and not conversation.has_extn("smtputf8"):
            return self._no_utf8(envelope.receiver)
        options = ("SMTPUTF8",) if envelope.needs_utf8 else ()
        code, reply = conversation.mail(envelope.sender, options)
        if _positive(code):
            code, reply = conversation.rcpt(envelope.receiver)
        if _positive(code):
            try:
                code, reply = conversation.data(envelope.content)
            except smtplib.SMTPDataError as problem:
                code, reply = problem.smtp_code, _as_bytes(problem.smtp_error)
        said = self._words(code, reply)
        if _positive(code):
            return Delivery(ok=True, final=False, detail=f"{self._at} took it: {said}")
        final = 500 <= code < 600 and code not in _ABOUT_US
        return Delivery(ok=False, final=final, detail=f"{self._at} did not take it: {said}")

    def _broken(self, problem: Exception) -> str:
        """What to say of a connection that did not hold."""
        stage = self._conversation.stage
        if isinstance(problem, ssl.SSLCertVerificationError):
            return f"The certificate of {self._at} was not accepted: {problem.verify_message}."
        if _timed_out(problem):
            return f"{self._at} took too long ({stage})."
        if isinstance(problem, socket.gaierror):
            return f"{self._at} was not found: {problem.strerror}."
        if isinstance(problem, ssl.SSLError):
            return f"{self._at} does not speak TLS that we accept: {problem.reason or problem}."
        if isinstance(problem, OSError) and problem.strerror:
            return f"{self._at} was not reached ({stage}): {problem.strerror.lower()}."
        return f"{self._at} closed the connection ({stage})."

    def _not_now(self, detail: str) -> Delivery:
        return Delivery(ok=False, final=False, detail=self._without_secrets(detail))

    def _words(self, code: int, reply: bytes | str) -> str:
        text = _as_bytes(reply).decode("utf-8", "replace")
        return self._without_secrets(words.one_line(f"{code} {text}"))

    def _without_secrets(self, text: str) -> str:
        """Servers repeat what they were told: our password, or a link inside the mail."""
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text if len(text) <= _LONGEST_DETAIL else text[: _LONGEST_DETAIL - 1] + "…"


def _secrets(server: MailServer, letter: Letter) -> list[str]:
    """What must not come back in a detail, longest first."""
    found = {str(letter.mail.params.get("token", "")), *_passwords(server)}
    return sorted(found - {""}, key=len, reverse=True)


def _passwords(server: MailServer) -> list[str]:
    """Our password at the mail server, as it may come back; longest first."""
    name, password = server.name, server.password
    if not password:
        return []
    found = {password, base64(password), base64(name), base64(f"\0{name}\0{password}")}
    return sorted(found, key=len, reverse=True)


def _tls_context(server: MailServer) -> ssl.SSLContext:
    """The machine's certificates take as long to read as a tenth of a start; only for a server."""
    ca_file = server.ca_file
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError:
        raise SettingsError(
            f"TWOFOLD_SMTP_URL names the certificate file {ca_file}, which holds no certificates"
            " in PEM form."
        ) from None


def _own_name(sender_domain: str) -> str:
    """What EHLO says: this machine's full name, else the domain that we write for.

    Never asks the network, which `socket.getfqdn` does without a time limit.
    """
    name = socket.gethostname()
    return name if "." in name and name.isascii() else sender_domain


def _positive(code: int) -> bool:
    return 200 <= code < 300


def _timed_out(problem: BaseException) -> bool:
    return isinstance(problem, TimeoutError) or isinstance(problem.__context__, TimeoutError)


def _as_bytes(reply: bytes | str) -> bytes:
    return reply.encode("utf-8", "replace") if isinstance(reply, str) else reply
