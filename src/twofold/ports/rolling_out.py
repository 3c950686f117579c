"""What the rollout keeps: how far everybody is, what was mailed, the work in batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from twofold.core.people import Instant, Person
from twofold.core.rollout import Enrolment, Exemption, Expansion
from twofold.core.rules import Target


@dataclass(frozen=True, slots=True)
class NearStops:
    """Sign-ins that would have been stopped if anybody were."""

    people: int
    times: int
    last_at: Instant | None


class Enrolments(Protocol):
    """How far those have come who must set up, and which notices they were sent."""

    def of(self, person_id: str) -> Enrolment | None: ...
    def put(self, enrolment: Enrolment) -> None:
        """Insert, or replace the person's row."""
        ...

    def told(self, person_id: str, *, round_: int, at: Instant) -> bool:
        """Note when the first notice of this round leaves; false if there is no row yet."""
        ...

    def claim_notice(
        self, person: Person, *, round_: int, kind: str, mail_id: str, at: Instant
    ) -> bool:
        """Note that this notice is written to the person in this round; false if it was."""
        ...

    def was_noticed(self, person_id: str, *, round_: int, kind: str) -> bool: ...
    def due(self, now: Instant, *, limit: int) -> Sequence[Enrolment]:
        """Those with a notice due, oldest due first, not locked."""
        ...

    def mark(self, person_id: str, step: str, at: Instant) -> None:
        """Note that the person "opened", "started" or "finished", if it is not noted already."""
        ...

    def near_stops(self, account_id: str) -> NearStops: ...
    def near_stop(self, person: Person, at: Instant) -> None:
        """Count one sign-in that would have been stopped if anybody were."""
        ...


class Exemptions(Protocol):
    """Who is left out of a demand, why, by whom, until when."""

    def add(self, exemption: Exemption) -> None: ...
    def of(self, person_id: str) -> Sequence[Exemption]:
        """The person's, newest first."""
        ...

    def due(self, now: Instant, *, warn_until: Instant) -> Exemption | None:
        """The first that is over, or ends by `warn_until` and nobody was warned; not locked."""
        ...

    def end(self, exemption_id: str, at: Instant) -> bool:
        """End it; false if it had ended (conditional update)."""
        ...

    def warn(self, exemption_id: str, at: Instant) -> bool:
        """Note that its end was said; false if it was noted (conditional update)."""
        ...


class Expansions(Protocol):
    """Changes of the rules on their way to each person."""

    def add(self, expansion: Expansion) -> None: ...
    def due(self, now: Instant) -> Expansion | None:
        """The oldest that waits and has started, locked; one that another worker has locked is
        passed over.
        """
        ...

    def moved(self, expansion: Expansion) -> None:
        """Store how far it is. The caller holds the row."""
        ...

    def of_rule(self, account_id: str, rule_id: str) -> Sequence[Expansion]:
        """The work that this rule has made, newest first, locked."""
        ...

    def of_account(self, account_id: str, *, limit: int) -> Sequence[Expansion]:
        """The newest first, not locked."""
        ...

    def people_after(
        self, account_id: str, target: Target, *, after: str, limit: int
    ) -> Sequence[tuple[Person, bool]]:
        """People of the target in the order of their ids, those after the id `after`, with
        whether they are enrolled; nobody disabled. Their rows are locked.
        """
        ...

    def count(self, account_id: str, target: Target) -> int:
        """How many people of the target there are, nobody disabled."""
        ...

    def mails_left(self, account_id: str, target: Target, *, round_: int, since: Instant) -> int:
        """How many first notices to people of the target, written at or after `since`, were handed
        to a mail server or are being handed over now.
        """
        ...

    def take_back(
        self, account_id: str, target: Target, *, round_: int, since: Instant, error: str
    ) -> int:
        """Fail the first notices to people of the target written at or after `since` that still
        wait, and forget that they were written; how many.
        """
        ...
