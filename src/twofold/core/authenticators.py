"""What proves the second factor: a TOTP authenticator and its life."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from twofold.core.otp import STEP_SECONDS
from twofold.core.people import Instant

MOST_TOTP = 3
"""TOTP authenticators of one person at a time. Each is one more that a guess may hit."""
EVERY = "all"
"""As what a set-up replaces: all that the person has."""

MAILED_LINK = "mailed link"
"""A set-up that was begun with the mailed link in hand."""


class AuthenticatorState(StrEnum):
    """`PENDING` never authenticates; `REPLACED` and `REMOVED` are kept to explain old codes."""

    PENDING = "pending"
    ACTIVE = "active"
    REPLACED = "replaced"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Totp:
    """A time-based authenticator (RFC 6238, SHA-1, 6 digits, 30 seconds)."""

    id: str
    account_id: str
    person_id: str
    state: AuthenticatorState
    secret: bytes
    """20 bytes. Never shown again once the state has left `PENDING` (promise P5)."""
    issuer: str
    label: str
    """Issuer and account text as they stand in the app, fixed when the set-up began."""
    created_at: Instant
    begun_in: str
    """The session in which the set-up was begun, or `MAILED_LINK`. Shown and saved only there."""
    confirmed_at: Instant | None
    disabled_at: Instant | None
    """Disabled after too many wrong codes, or None. It still binds the person: they do not
    become somebody without a second factor (NIST SP 800-63B-4 section 3.2.2)."""
    last_step: int
    """The highest step ever accepted; only greater ones count (RFC 6238 section 5.2)."""
    drift: int
    """Steps by which the device's clock differs from ours; the window is centred on it."""
    last_offset: int
    """Steps between our clock and the last accepted code, for learning the drift."""
    ended_at: Instant | None = None
    """When it was replaced or removed, or None."""
    app: str = ""
    """The app and device that the person said they set up, an id of `core.apps`, or ""."""

    spent_until: int = 0
    """The highest step that was used before a repair of the clock brought `last_step` back, or 0:
    up to it the history of accepted codes is asked too."""

    name: str = ""
    """What the person calls it, or "" for a name that follows from the app."""
    replaces: str = ""
    """What the set-up is for: "" for one more, the id of the one whose place it takes, or
    `EVERY`."""
    asked_at: Instant | None = None
    """When the person was asked whether it still works, and answered; or None."""

    @property
    def was_used(self) -> bool:
        """Whether a code of it was accepted after the one that proved the set-up."""
        if self.confirmed_at is None:
            return False
        step = self.confirmed_at // STEP_SECONDS
        return self.last_step - self.last_offset > step

    def __repr__(self) -> str:
        """Without the secret, so that no traceback or log line can carry it."""
        return f"Totp(id={self.id!r}, person_id={self.person_id!r}, state={self.state.value!r})"


def is_stopped(authenticators: Sequence[Totp]) -> bool:
    """Whether somebody has authenticators and all of them are disabled: no code helps any more."""
    return bool(authenticators) and all(one.disabled_at is not None for one in authenticators)
