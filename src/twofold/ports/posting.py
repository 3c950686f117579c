"""The ports through which mails leave."""

from dataclasses import dataclass
from typing import Protocol

from twofold.core.mail import Mail
from twofold.core.people import Account, Person


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
