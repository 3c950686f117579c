"""The repositories of the roads back in: second mail addresses, delayed recoveries."""

from collections.abc import Sequence
from typing import Protocol

from twofold.core.addresses import SecondAddress
from twofold.core.people import Instant, Person
from twofold.core.waits import Wait, WaitState


class Addresses(Protocol):
    """Second mail addresses, at most one for each person."""

    def put(self, address: SecondAddress) -> None:
        """Keep it, in place of one that is there."""
        ...

    def of(self, person_id: str) -> SecondAddress | None:
        """The person's, confirmed or not."""
        ...

    def people(self, account_id: str) -> set[str]:
        """The ids of everybody of the account who has one, confirmed or not."""
        ...

    def confirm(self, person_id: str, *, at: Instant) -> bool:
        """It is proved; false if there is none that waits for it."""
        ...

    def remove(self, person_id: str) -> bool: ...


class Waits(Protocol):
    """Delayed recoveries, at most one running for each person."""

    def add(self, wait: Wait) -> None: ...
    def running(self, person_id: str) -> Wait | None: ...
    def latest(self, person_id: str) -> Wait | None:
        """The one begun last, whatever became of it."""
        ...

    def due(self, now: Instant) -> Wait | None:
        """The running one that is to be looked at first, now or because it was written by a clock
        more than `core.waits.JUMP` ahead of `now`.
        """
        ...

    def running_in(self, account_id: str) -> Sequence[tuple[Wait, Person]]:
        """All that run in the account, the oldest first."""
        ...

    def move(self, wait: Wait, *, state: WaitState, notices: int) -> bool:
        """Store what changed in `wait`, if it still stands at `state` with so many `notices`: one
        conditional update decides among several workers and buttons (promise P2).
        """
        ...

    def password_is_proved(self, person_id: str) -> bool:
        """Whether the present password was part of a complete sign-in with a second factor, or did
        not come from a mailed link. A mailbox alone must not be enough.
        """
        ...

    def prove_password(self, person_id: str) -> None:
        """The present password was part of such a sign-in."""
        ...
