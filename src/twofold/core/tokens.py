"""Opaque tokens: 256 random bits handed out once, kept only as a hash, one kind per purpose."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from twofold.core.people import DAY, HOUR, MINUTE, Instant


class Purpose(StrEnum):
    """What a token opens. The purpose is hashed in, so no kind can stand in for another."""

    SESSION = "session"
    SIGN_IN = "sign-in"
    FIRST_ADMIN = "first-admin"
    INVITATION = "invitation"
    ENROL = "enrol"
    BROWSER = "browser"
    """The cookie of a known browser."""
    BROWSER_LINK = "browser-link"
    """A mailed link that lets an unknown browser try the password again."""
    OPEN_BROWSER = "open-browser"
    """The cookie of a browser in which such a link was opened."""
    CODE_LINK = "code-link"
    """A mailed link that lets a half-finished sign-in go on to the code."""
    RECOVERY = "recovery"
    """A link that lets somebody set up anew after the password; made by a `Maker`."""
    ADDRESS = "address"
    """A link mailed to a second address, which proves that it is the person's."""
    PASSKEY = "passkey"
    """The cookie of a sign-in page on which a passkey may be used."""
    SITE_BEGUN = "site-begun"
    """The cookie of a browser that went off from a protected site to sign in."""
    SITE_TICKET = "site-ticket"
    """What hands a session over to a protected site, once."""
    SITE_PASS = "site-pass"  # noqa: S105 - the name of a purpose, not a password
    """The cookie with which a session is known on a protected site."""
    WAIT = "wait"
    """A mailed link that begins a delayed recovery."""
    STOP_WAIT = "stop-wait"
    """A link in every mail about a delayed recovery, which stops it."""
    PASSWORD = "password"  # noqa: S105 - the name of a purpose, not a password
    API_KEY = "api-key"
    """The key of an application (`core/applications.py`)."""
    API_BROWSER = "api-browser"
    """What an application calls one browser of one person."""


LINK_LIFETIME: dict[Purpose, int] = {
    Purpose.FIRST_ADMIN: 30 * MINUTE,
    Purpose.INVITATION: 14 * DAY,
    Purpose.ENROL: 14 * DAY,
    Purpose.PASSWORD: HOUR,
    Purpose.ADDRESS: HOUR,
    Purpose.BROWSER_LINK: 15 * MINUTE,
    Purpose.OPEN_BROWSER: 15 * MINUTE,
    Purpose.CODE_LINK: 15 * MINUTE,
    Purpose.WAIT: 15 * MINUTE,
}
"""Seconds that each kind of one-time link lives; see also `RECOVERY_LIFETIME`, and
`STOP_LIFETIME` in `core/waits.py`."""


class Maker(StrEnum):
    """Who lets somebody set up anew by a link."""

    CONSOLE = "console"
    """The operator, on the server's console: printed, handed over."""
    DESK = "desk"
    """The help desk or an admin: mailed."""
    WAIT = "wait"
    """A delayed recovery that nobody stopped: mailed."""


RECOVERY_LIFETIME: dict[Maker, int] = {Maker.CONSOLE: HOUR, Maker.DESK: DAY, Maker.WAIT: DAY}
"""Seconds that a link which sets up anew lives, by its maker. A day is the most that NIST
SP 800-63B-4 section 4.2.1.2 gives a recovery code that is mailed."""


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link as it is stored: without the token."""

    id: str
    purpose: Purpose
    account_id: str | None
    person_id: str | None
    password_version: int
    """The person's version when the link was made; any other one kills the link."""
    created_at: Instant
    expires_at: Instant
    used_at: Instant | None


def digest(purpose: Purpose, token: str) -> bytes:
    """The 32 bytes under which `token` is stored and found.

    SHA-256 without a salt is right here: the token is 256 random bits, so there is nothing to
    guess offline (contrast: passwords).
    """
    return hashlib.sha256(f"twofold:{purpose.value}:{token}".encode()).digest()
