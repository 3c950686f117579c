"""Applications that ask over the API: what they may do, and the keys that they show."""

import re
from dataclasses import dataclass
from enum import StrEnum

from twofold.core import addresses
from twofold.core.people import DAY, HOUR, Account, Instant, email_key
from twofold.core.tokens import Purpose, digest

KEY_PREFIX = "twofold_key_"
"""With which every key begins, so that a scanner of sources finds one that was left lying about."""
_KEY = re.compile(r"twofold_key_([A-Za-z0-9_-]{43})")
MOST_APPLICATIONS = 50
"""Applications of an account that are not ended."""
LONGEST_OVERLAP = 30 * DAY
"""Seconds for which an old key may go on beside a new one."""
OVERLAP = DAY
"""The same, unless somebody says otherwise."""
TOUCH_EVERY = 60
"""Seconds between two writes of a key's last use."""


class Scope(StrEnum):
    """What an application may do; each route asks for exactly one."""

    VERIFY = "verify"
    """Have codes checked, and see whether somebody is enrolled."""
    ENROL = "enrol"
    """Add people and set authenticators up for them."""
    MANAGE = "manage"
    """List and remove authenticators, make recovery codes."""

    @property
    def words(self) -> str:
        """The scope as admins read it."""
        return _WORDS[self]


_WORDS = {
    Scope.VERIFY: "Check codes, and see who is enrolled",
    Scope.ENROL: "Add people and set authenticators up for them",
    Scope.MANAGE: "List and remove authenticators, make recovery codes",
}


@dataclass(frozen=True, slots=True)
class Application:
    """One program with an API key, in one account."""

    id: str
    account_id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: Instant
    ended_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is stored: without the key."""

    id: str
    account_id: str
    application_id: str
    created_at: Instant
    ends_at: Instant | None = None
    """From when on it opens nothing; None for as long as nobody ends it."""
    last_used_at: Instant | None = None

    def is_alive(self, now: Instant) -> bool:
        """Whether it opens anything now."""
        return self.ends_at is None or now < self.ends_at


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """Who asks over the API."""

    application: Application
    key: ApiKey
    account: Account


def key_text(token: str) -> str:
    """The key as it is handed out, from a token of 256 random bits."""
    return KEY_PREFIX + token


def key_digest(text: str) -> bytes | None:
    """Under what the key is stored; None for text that cannot be a key."""
    found = _KEY.fullmatch(text)
    return digest(Purpose.API_KEY, found[1]) if found else None


def name_key(name: str) -> str:
    """The one form under which an application's name is unique in an account."""
    return email_key(" ".join(name.split()))


def problem(name: str, scopes: tuple[Scope, ...]) -> tuple[str, str] | None:
    """The field and the sentence for an application that cannot be made, or None."""
    wrong = addresses.name_problem(name)
    if wrong:
        return "name", wrong
    if not scopes:
        return "scopes", "Choose at least one thing that the application may do."
    return None


def overlap_problem(seconds: int) -> str | None:
    """What is wrong with how long the old key goes on, or None."""
    if 0 <= seconds <= LONGEST_OVERLAP:
        return None
    return f"Choose 0 to {LONGEST_OVERLAP // HOUR} hours; 0 ends the old key at once."
