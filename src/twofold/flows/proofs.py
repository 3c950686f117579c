"""What is brought to `verify.prove_code`, and what it answers."""

from dataclasses import dataclass, field

from twofold.core.attempts import Source
from twofold.core.browsers import Browser
from twofold.core.otp import Malformed
from twofold.core.people import Instant
from twofold.core.recovery import NotARecoveryCode


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed: one code, or two consecutive ones."""

    first: str
    second: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """From where a code comes, as far as the guard cares."""

    source: Source
    browser: Browser | None = None
    """The person's known browser, or None in an unknown one."""
    link_open: bool = False
    """A mailed link was opened in this browser during this sign-in."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The code was right and is consumed. Only `prove_code` makes one."""

    authenticator_id: str
    """"" for a recovery code or a temporary pass."""
    step: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """The code, or the pair, was checked, or could not be, and the answer is no."""

    attempt_id: str = field(default="", compare=False)
    """The row that tells why, once somebody has looked (`flows/diagnose.py`)."""


@dataclass(frozen=True, slots=True)
class NeedsPair:
    """Not looked at: two consecutive codes are asked for."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Refused unread: too many failures. Open again at `until`."""

    until: Instant


@dataclass(frozen=True, slots=True)
class NeedsLink:
    """Refused unread: a mailed link must be opened in this browser first."""


@dataclass(frozen=True, slots=True)
class Suspended:
    """Refused unread: the authenticator is disabled and must be set up anew, or passkeys alone are
    taken from this person.
    """


Proof = Accepted | Malformed | NotARecoveryCode | Wrong | NeedsPair | Locked | NeedsLink | Suspended
