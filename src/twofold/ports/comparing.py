"""The repository from which one person is compared with those for whom it works."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from twofold.core.attempts import Outcome
from twofold.core.people import Instant


@dataclass(frozen=True, slots=True)
class Success:
    """A sign-in with a right code."""

    person_id: str
    at: Instant
    offset: int
    """Steps between our clock and the code."""
    known_browser: bool


@dataclass(frozen=True, slots=True)
class SetUps:
    """The set-ups that somebody saved."""

    count: int
    newest_at: Instant


class Comparisons(Protocol):
    """Reads about a bounded number of people; never about all of them."""

    def successes(self, account_id: str, *, since: Instant, limit: int) -> Sequence[Success]:
        """The newest sign-ins with a right code in the account after a moment, newest first."""
        ...

    def set_ups(self, person_ids: Sequence[str]) -> Mapping[str, SetUps]:
        """Of those who ever saved one."""
        ...

    def outcomes(
        self, person_ids: Sequence[str], *, since: Instant
    ) -> Mapping[str, Mapping[Outcome, int]]:
        """How many codes became what after a moment, of those who entered any."""
        ...

    def apps(self, person_ids: Sequence[str]) -> Mapping[str, int]:
        """How many of them named which app for the authenticator in use; "" for none named."""
        ...

    def staff(self, person_ids: Sequence[str]) -> int:
        """How many of them are help desk, admins or owners."""
        ...

    def unreachable(self, person_ids: Sequence[str]) -> int:
        """How many of them have a newest mail that failed."""
        ...
