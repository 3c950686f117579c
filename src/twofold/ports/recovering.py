"""The repositories of the roads back in: second mail addresses."""

from typing import Protocol

from twofold.core.addresses import SecondAddress
from twofold.core.people import Instant


class Addresses(Protocol):
    """Second mail addresses, at most one for each person."""

    def put(self, address: SecondAddress) -> None:
        """Keep it, in place of one that is there."""
        ...

    def of(self, person_id: str) -> SecondAddress | None:
        """The person's, confirmed or not."""
        ...

    def confirm(self, person_id: str, *, at: Instant) -> bool:
        """It is proved; false if there is none that waits for it."""
        ...

    def remove(self, person_id: str) -> bool: ...
