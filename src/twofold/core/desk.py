"""What the help desk may do for somebody, on what grounds, and what waits for a second admin.

Somebody on the telephone who is in a hurry is the usual way into an organisation. So an act needs
three things in writing: how the caller proved who they are, where the case is kept, and why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from twofold.core.people import DAY, HOUR, Instant

DEFAULT_PROOFS = (
    "Called back on a known number",
    "Manager confirmed",
    "In person with a photo id",
)
"""The proofs of identity that an account accepts until its admins choose their own."""
MOST_PROOFS, LONGEST_PROOF = 12, 80
MIN_REASON, LONGEST_REASON, LONGEST_TICKET = 3, 300, 60
"""Characters of what is written down about an act."""
PASS_HOURS = (1, 4, 8, 24)
"""How many hours a temporary pass may live: at most a day."""
REQUEST_LIFETIME = DAY
"""Seconds for which a request waits for a second admin."""


class Act(StrEnum):
    """What can be done for somebody."""

    UNLOCK = "unlock"
    """Forget the failures that slow them down."""
    PASS = "temporary-pass"  # noqa: S105
    """One code in place of the phone, for a while."""
    INVITE = "set-up-again"
    """A mailed link that sets up anew."""
    SIGN_OUT = "end-sessions"
    """End everything that is open."""

    @property
    def words(self) -> str:
        """The act as people read it."""
        return {
            Act.UNLOCK: "Unlock",
            Act.PASS: "Temporary pass",
            Act.INVITE: "Invitation to set up again",
            Act.SIGN_OUT: "End all sessions",
        }[self]

    @property
    def stands_in_for_a_factor(self) -> bool:
        """Whether it helps whoever has the password past the second step."""
        return self in (Act.PASS, Act.INVITE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An act with its choices."""

    act: Act
    once: bool = True
    """The temporary pass works once; otherwise as often as needed until it ends."""
    hours: int = 8
    """Hours after which the temporary pass ends: one of `PASS_HOURS`."""
    stolen: bool = False
    """The phone is in other hands: what is set up now stops with the invitation."""

    @property
    def problem(self) -> tuple[str, str] | None:
        """The field and the sentence for a choice that is not offered, or None."""
        if self.hours not in PASS_HOURS:
            return "hours", "Choose how long the pass works: at most 24 hours."
        return None


@dataclass(frozen=True, slots=True)
class Grounds:
    """On what grounds somebody is helped."""

    proof: str
    """How they proved who they are, in the words of the account's list."""
    ticket: str
    """Where the case is kept."""
    reason: str

    @property
    def data(self) -> dict[str, str]:
        """For the log and for mails."""
        return {"proof": self.proof, "ticket": self.ticket, "reason": self.reason}


def grounds_of(proof: str, ticket: str, reason: str) -> Grounds:
    """What somebody entered, each on one line and without blanks at its ends."""
    return Grounds(*(" ".join(text.split()) for text in (proof, ticket, reason)))


def problems(grounds: Grounds, proofs: Sequence[str]) -> list[tuple[str, str]]:
    """Field and sentence for everything that is missing; `proofs` is the account's list."""
    found = []
    if grounds.proof not in proofs:
        found.append(("proof", "Choose how the caller proved who they are."))
    if not grounds.ticket:
        found.append(("ticket", "Enter the ticket, so that the case can be found again."))
    elif len(grounds.ticket) > LONGEST_TICKET:
        found.append(("ticket", f"Enter at most {LONGEST_TICKET} characters for the ticket."))
    if len(grounds.reason) < MIN_REASON:
        found.append(("reason", "Say why, in a few words: it is kept in the log."))
    elif len(grounds.reason) > LONGEST_REASON:
        found.append(("reason", f"Say it in at most {LONGEST_REASON} characters."))
    return found


def read_proofs(text: str) -> tuple[str, ...] | str:
    """The proofs of identity in what an admin typed, one a line; or a sentence on what is off."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    proofs = tuple(dict.fromkeys(line for line in lines if line))
    if not proofs:
        return "Keep at least one. Without a proof of identity nobody could be helped."
    if len(proofs) > MOST_PROOFS:
        return f"Keep at most {MOST_PROOFS}; you entered {len(proofs)}."
    longest = max(proofs, key=len)
    if len(longest) > LONGEST_PROOF:
        return f"Keep each under {LONGEST_PROOF} characters. This one is longer: {longest[:40]}…"
    return proofs


class RequestState(StrEnum):
    """What became of a request. One that nobody decided in time stays `WAITING`, and is over."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Request:
    """An act for an admin, which waits for a second one."""

    id: str
    account_id: str
    person_id: str
    wanted: Wanted
    grounds: Grounds
    asked_by: str
    asked_at: Instant
    expires_at: Instant
    state: RequestState = RequestState.WAITING
    decided_by: str | None = None
    decided_at: Instant | None = None

    def is_open(self, now: Instant) -> bool:
        """Whether it may still be decided."""
        return self.state is RequestState.WAITING and now < self.expires_at


def pass_lifetime(wanted: Wanted) -> int:
    """Seconds that the temporary pass lives."""
    return wanted.hours * HOUR
