"""Passkeys and security keys (WebAuthn level 3): the values, the limits and the words.

The arithmetic of an answer is behind `core/webauthn.py`; in which order things are asked, and what
is stored, is in `flows/ceremonies.py`.
"""

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from twofold.core.people import MINUTE, Instant

MOST_PASSKEYS = 10
"""Passkeys of one person."""
CHALLENGE_LIFETIME = 5 * MINUTE
"""Seconds in which a ceremony has to be answered."""
MOST_OF_PERSON, MOST_OF_SOURCE = 60, 600
"""Challenges alive at once for one person, and for one source of sign-ins without a name. Nothing
can be guessed with them; the limits keep the table small."""
LONGEST_NAME = 40
HARDWARE, SOFTWARE = "hwk", "swk"
"""RFC 8176: the key stays in one device, or is copied between devices by its provider."""
PRESENT, MULTI_FACTOR = "user", "mfa"
"""RFC 8176: somebody was there; the device had them prove themselves to it as well."""
DEFAULT_NAME = "Passkey"


class Ceremony(StrEnum):
    """What a challenge is for; an answer to one kind is none to another (CVE-2022-42731)."""

    SET_UP = "set-up"
    SECOND_STEP = "second-step"
    WHOLE = "whole-sign-in"
    FRESH = "fresh-proof"


class Trouble(StrEnum):
    """Why an answer was refused, for the log. The page says one sentence for all of them."""

    MALFORMED = "malformed"
    CHALLENGE = "no such challenge, used, too old, or of another browser or purpose"
    UNKNOWN = "unknown passkey"
    FOREIGN = "somebody else's passkey"
    CROSS_ORIGIN = "from within another site"
    ORIGIN = "for another site"
    NOT_VERIFIED = "the signature or what it covers is not right"
    NO_USER_VERIFICATION = "the device did not check who was there"
    COPIED = "the counter went back: the key may have been copied"
    TAKEN = "set up already"
    TOO_MANY = "too many passkeys"
    NO_ENTRY = "the person may not sign in"


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Us, as browsers and authenticators know us."""

    id: str
    """The host name of the public URL."""
    origin: str
    """Scheme, host and port of the public URL: the one origin that answers may come from."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One ceremony that was begun; the random value itself is kept as a hash only."""

    id: str
    ceremony: Ceremony
    person_id: str | None
    """Whom it was made for, or None where nobody has said who they are."""
    bound_to: str
    """The browser: its session, its half-finished sign-in, or a cookie of its own."""
    source: str
    created_at: Instant
    expires_at: Instant


@dataclass(frozen=True, slots=True)
class Passkey:
    """One credential of one person."""

    id: str
    account_id: str
    person_id: str
    credential_id: bytes
    public_key: bytes
    """COSE key (RFC 9052). No secret, but sealed at rest: whoever could write the table would
    otherwise plant a key of their own."""
    sign_count: int
    """The highest counter seen; 0 for authenticators that do not count."""
    aaguid: str
    """The make of the authenticator, or all zeros."""
    name: str
    transports: tuple[str, ...]
    synced: bool
    """May be copied between devices by its provider (backup eligible); fixed at the set-up."""
    backed_up: bool
    """Was copied, as of its last use."""
    created_at: Instant
    used_at: Instant | None

    @property
    def method(self) -> str:
        """What it proves, as RFC 8176 calls it."""
        return SOFTWARE if self.synced else HARDWARE

    @property
    def kept(self) -> str:
        """Where its key is, for people."""
        if not self.synced:
            return "Bound to one device"
        return "Backed up by its provider" if self.backed_up else "Not backed up yet"


def relying_party(public_url: str) -> RelyingParty | None:
    """Who we are by the public URL; None where it names an address and not a host, because
    WebAuthn needs a name (level 3, section 5.1.2).
    """
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return RelyingParty(host, f"{parts.scheme}://{parts.netloc}") if host else None
    return None


def challenge_hash(challenge: str) -> bytes:
    """Under what a challenge is stored and found. It is 256 random bits, so no salt."""
    return hashlib.sha256(f"twofold:passkey-challenge:{challenge}".encode()).digest()


def clean_name(name: str) -> str:
    """As typed, without outer and doubled blanks."""
    return " ".join(name.split())


def name_problem(name: str) -> str | None:
    """What is wrong with a clean name, or None."""
    if not name:
        return "Enter a name, so that you know it again."
    if len(name) > LONGEST_NAME:
        return f"Use at most {LONGEST_NAME} characters."
    if not all(char.isprintable() for char in name):
        return "Use letters, digits and signs that can be printed."
    return None


def free_name(wanted: str, taken: set[str]) -> str:
    """`wanted`, with a number behind it where the person has one of that name."""
    if wanted not in taken:
        return wanted
    stem = re.sub(r" \d+$", "", wanted)
    return next(name for n in range(2, 100) if (name := f"{stem} {n}") not in taken)
