"""One submitted code, as it is remembered: never the code itself."""

from dataclasses import dataclass
from enum import StrEnum

from twofold.core.diagnosis import Cause
from twofold.core.people import Instant


class AttemptPurpose(StrEnum):
    """What the code was for. All purposes share one budget (promise P3)."""

    SIGN_IN = "sign-in"
    ENROL = "enrol"
    STEP_UP = "step-up"
    RECOVERY = "recovery"
    """A recovery code in place of the code at sign-in."""
    PRACTICE = "practice"
    """A code that its owner tries out while signed in; it opens nothing."""
    PASS = "pass"  # noqa: S105
    """A temporary pass in place of the code at sign-in."""
    RESYNC = "resync"
    """Two consecutive codes that put a clock right which is off by minutes."""


class Outcome(StrEnum):
    """What became of it. `RESERVED` and `WRONG` count against the budget."""

    RESERVED = "reserved"
    """Counted before the check; stays so if the check could not finish (promises P3, P6)."""
    ACCEPTED = "accepted"
    WRONG = "wrong"
    USED = "used"
    """The right code, but its step was used before."""
    REPEATED = "repeated"
    """The same wrong code again within 90 seconds; counted once."""
    NOT_CHECKED = "not-checked"
    """Refused unread while the person had to wait."""
    MALFORMED = "malformed"
    """Not six digits; no guess, and free of charge."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a request came from, as far as the face can tell."""

    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """A row of a person's history."""

    id: str
    account_id: str
    person_id: str
    purpose: AttemptPurpose
    outcome: Outcome
    at: Instant
    authenticator_id: str | None
    offset: int | None
    """Steps between our clock and the code, where it matched."""
    known_browser: bool
    """Whether it came from a browser that the person had signed in with before."""
    source: Source
    cause: Cause | None = None
    """Why it was wrong, once that has been looked at (`core/diagnosis.py`)."""
    certain: bool = False
    """Whether the cause is certain, or one match that may be chance."""
    detail: str = ""
    """What `Verdict.detail` says."""
