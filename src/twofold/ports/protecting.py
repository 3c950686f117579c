"""What the flows about protected sites need."""

from typing import Protocol

from twofold.core.people import Instant
from twofold.core.sessions import Caller
from twofold.core.sites import Sites, Visit


class ProtectedSites(Protocol):
    """The sites of the accounts, and how a session reaches them: a ticket once, then a pass."""

    def of_account(self, account_id: str) -> Sites:
        """In the order of their host names."""
        ...

    def replace(self, account_id: str, sites: Sites) -> str | None:
        """Protect these and no others; the passes of those that go are dead. The host name that
        another account has already, if there is one; then nothing is changed.
        """
        ...

    def visit(self, host: str, token: bytes, now: Instant) -> Visit | None:
        """The site of this host name, and whose pass this is; None if nobody protects it."""
        ...

    def add_ticket(
        self, token: bytes, *, session_id: str, host: str, begun: bytes, expires_at: Instant
    ) -> None:
        """`begun` is the digest of what the browser keeps that went off from the site."""
        ...

    def take_ticket(self, token: bytes, *, host: str, begun: bytes, now: Instant) -> str | None:
        """The id of the session, once: the ticket is gone with the taking."""
        ...

    def add_pass(self, token: bytes, *, session_id: str, host: str, at: Instant) -> None:
        """A pass lives as long as its session."""
        ...

    def owner_of(self, session_id: str) -> Caller | None:
        """Whose session it is, alive or not; None if it has ended."""
        ...

    def purge(self, expired_before: Instant) -> int:
        """Delete tickets that nobody used; how many."""
        ...
