"""What an application asked about a code, and what it was answered."""

import re
from dataclasses import dataclass
from enum import StrEnum

from twofold.core.attempts import AttemptPurpose
from twofold.core.people import DAY, MINUTE, Instant

ANSWERED_AGAIN = 10 * MINUTE
"""Seconds for which the same attempt gets the same answer."""
KEPT = DAY
"""Seconds for which an attempt is known, so that it is not taken for a new one."""
PROOF_LIFETIME = 5 * MINUTE
"""Seconds for which an accepted one is a proof for changing a factor (promise P4)."""
_ATTEMPT = re.compile(r"[\x21-\x7e]{8,128}")


class Verdict(StrEnum):
    """The outcome. There is no third: an error is none."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class Needed(StrEnum):
    """What would help after a refusal. It says nothing about the code."""

    NOTHING = "nothing"
    """Another code, once the wait is over."""
    TWO_CODES = "two-codes"
    """Two consecutive codes in one request."""
    LINK = "link"
    """Single and paired codes are not looked at from unknown browsers: somebody must help."""
    SET_UP = "set-up"
    """The authenticator was disabled, and must be set up anew."""
    PASSKEY = "passkey"
    """No code is taken from this person: they use passkeys, on Twofold's own pages."""
    ENROLMENT = "enrolment"
    """There is nothing that a code could be compared with."""


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer to one attempt."""

    verdict: Verdict
    needed: Needed = Needed.NOTHING
    until: Instant | None = None
    """Until when every code is refused unread."""

    @property
    def is_accepted(self) -> bool:
        """Everything else is no."""
        return self.verdict is Verdict.ACCEPTED


@dataclass(frozen=True, slots=True)
class Kept:
    """An attempt with its answer, as it is stored."""

    application_id: str
    attempt: str
    person_id: str | None
    asked_hash: str
    answer: Verification
    answered_at: Instant
    purpose: AttemptPurpose | None = None
    """What kind of code was accepted; None after a refusal."""

    def proves(self, person_id: str, now: Instant, *, set_up: bool = False) -> bool:
        """Whether it is a fresh proof of this person's factor. A temporary pass is none: it lets
        its owner set up an authenticator and change nothing else, as on our pages.
        """
        suffices = {AttemptPurpose.SIGN_IN, AttemptPurpose.RECOVERY}
        return (
            self.answer.is_accepted
            and self.person_id == person_id
            and 0 <= now - self.answered_at <= PROOF_LIFETIME
            and (self.purpose in suffices or (set_up and self.purpose is AttemptPurpose.PASS))
        )


def is_attempt(text: str) -> bool:
    """Whether this can be the id of an attempt."""
    return _ATTEMPT.fullmatch(text) is not None
