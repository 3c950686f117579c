"""The ports of mail: the outbox, how mails leave it, and what is reported back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from twofold.core.mail import Mail, MailKind, MailState
from twofold.core.mail_texts import MailText
from twofold.core.people import Account, Instant, Person


class Mails(Protocol):
    """The outbox: mails as rows, written in the transaction that causes them (promise P7)."""

    def add(self, mail: Mail) -> None: ...
    def claim(self, now: Instant, *, limit: int) -> Sequence[Mail]:
        """Due mails, leased to this caller until `now + core.mail.LEASE`, the urgent ones first."""
        ...

    def sent(self, mail_id: str, *, attempts: int, at: Instant) -> bool:
        """Mark as sent and drop the token from its params; false if it was sent already."""
        ...

    def retry(self, mail_id: str, *, attempts: int, next_at: Instant, error: str) -> None: ...
    def fail(self, mail_id: str, *, attempts: int, error: str) -> None: ...
    def bounce(self, mail_id: str, *, since: Instant, error: str) -> bool:
        """Mark what was sent at or after `since` as come back; true for exactly one caller."""
        ...

    def note(self, mail_id: str, *, since: Instant, error: str) -> bool:
        """Write down beside what was sent at or after `since` what a server says of it."""
        ...

    def by_message_id(self, message_id: str) -> Mail | None:
        """The mail of this Message-ID, over the whole deployment."""
        ...

    def find(self, account_id: str, mail_id: str) -> Mail | None: ...
    def page(self, account_id: str, *, before: str, limit: int) -> Sequence[tuple[Mail, Person]]:
        """Newest first, those older than the id `before` ("" for the newest)."""
        ...

    def of(self, person_id: str, *, limit: int) -> Sequence[Mail]: ...
    def counts(self, account_id: str, *, since: Instant) -> Mapping[MailState, int]:
        """How many mails written at or after `since` are in each state."""
        ...

    def recent(self, person_id: str, kinds: Sequence[MailKind], since: Instant) -> int:
        """How many mails of these kinds the person was written since; against mail bombing."""
        ...

    def bring_forward(self, after: Instant, at: Instant) -> int:
        """What waits for a try after `after` is due `at`; how many."""
        ...

    def waiting_before(self, at: Instant) -> Sequence[Mail]:
        """Mails not sent and not failed, written before this moment, over the deployment."""
        ...

    def waiting(self) -> int:
        """Mails not sent and not failed, over the deployment."""
        ...


class MailTexts(Protocol):
    """Texts of mails that admins have written, by kind and language."""

    def all(self, account_id: str) -> Mapping[tuple[MailKind, str], MailText]: ...
    def find(self, account_id: str, kind: MailKind, language: str) -> MailText | None:
        """The account's own; None while it uses ours."""
        ...

    def put(
        self, account_id: str, kind: MailKind, language: str, text: MailText, *, at: Instant
    ) -> None: ...
    def drop(self, account_id: str, kind: MailKind, language: str) -> bool:
        """Go back to ours; false if there was no other."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one attempt to hand a mail over."""

    ok: bool
    final: bool
    """A 5xx answer about this mail: trying again would be refused again."""
    detail: str
    """One sentence with the server's words, safe to show to an admin."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail with what its template needs."""

    mail: Mail
    person: Person
    account: Account
    text: MailText | None = None
    """What an admin has written for this kind in the person's language; None for our text."""


class Mailer(Protocol):
    """Hands mails to a mail server."""

    @property
    def configured(self) -> bool:
        """Whether there is a server at all; without one mails wait in the outbox."""
        ...

    def send(self, letter: Letter) -> Delivery:
        """One conversation. Never raises for what a server does."""
        ...


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail as it reads."""

    subject: str
    text: str
    html: str


class Postbox(Protocol):
    """Renders mails, for sending and for reading in the browser."""

    def render(self, letter: Letter, *, hide_links: bool = False) -> Rendered:
        """The mail as it will be sent; with `hide_links` one-time links are blanked out."""
        ...

    def beginning(self, kind: MailKind, language: str) -> MailText:
        """The text with which an admin begins who writes one of their own, with its places."""
        ...


class ReportBox(Protocol):
    """Where a mail server puts its reports about our mails."""

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """Each message that waits with a name for it, the oldest first. Raises `OSError`."""
        ...

    def done(self, name: str) -> None:
        """Never show this message again. Raises `OSError`."""
        ...
