"""The repositories that the guard stands on."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from twofold.core.attempts import Attempt
from twofold.core.browsers import Browser
from twofold.core.clocks import Reading
from twofold.core.crowd import Sighting
from twofold.core.diagnosis import Cause, Verdict
from twofold.core.people import Instant
from twofold.core.radar_groups import Cell, HourCount, Try


class Attempts(Protocol):
    """Submitted codes and what became of them."""

    def add(self, attempt: Attempt) -> None:
        """Write down an attempt and what became of it."""
        ...

    def explain(self, attempt_id: str, verdict: Verdict) -> None:
        """Write down why it was refused; only where that was not looked at yet."""
        ...

    def find(self, attempt_id: str) -> Attempt | None: ...
    def verdicts(self, person_id: str, *, since: Instant, limit: int) -> Sequence[Verdict]:
        """The newest verdicts on the person's refused codes after a moment."""
        ...

    def failures(self, person_id: str, *, limit: int) -> Sequence[Instant]:
        """When the newest `limit` reserved or wrong attempts were made, newest first."""
        ...

    def of(self, person_id: str, *, limit: int) -> Sequence[Attempt]:
        """The newest attempts, newest first."""
        ...

    def accepted(
        self, person_id: str, authenticator_id: str, *, since: Instant, until: Instant, limit: int
    ) -> Sequence[Reading]:
        """The newest accepted codes of one authenticator, from `since` to `until`."""
        ...

    def sightings(self, *, since: Instant, until: Instant, limit: int) -> Sequence[Sighting]:
        """The newest codes of everybody that tell how far a clock is off, after `since` and up to
        `until`. Bounded work, however many codes were refused in that time.
        """
        ...

    def tries(
        self, account_id: str, *, since: Instant, until: Instant, limit: int
    ) -> Sequence[Try]:
        """The newest `limit` codes of the account after `since` and up to `until`, oldest first."""
        ...

    def cells(self, account_id: str, *, since: Instant, until: Instant) -> Sequence[Cell]:
        """People and hours in which they tried, and in which they were refused, in numbers, by app
        and browser. Bounded work, however many codes there were.
        """
        ...

    def causes(self, account_id: str, *, since: Instant, until: Instant) -> Mapping[Cause, int]:
        """People and hours in which they were refused, by why; the same bound."""
        ...

    def hours(self, account_id: str, *, since: Instant, until: Instant) -> Sequence[HourCount]:
        """The hours in which somebody tried, oldest first; the same bound."""
        ...


class Counters(Protocol):
    """What `core/throttle.py` remembers, as texts under keys."""

    def load(self, keys: Sequence[str]) -> Mapping[str, str]:
        """The texts of the keys that have one, locked until the transaction ends. `keys` are
        sorted, so that no two transactions wait for each other crosswise.
        """
        ...

    def peek(self, keys: Sequence[str]) -> Mapping[str, str]:
        """The same without a lock."""
        ...

    def save(self, key: str, text: str, at: Instant) -> None: ...
    def saved_after(self, moment: Instant) -> Mapping[str, str]:
        """The texts last saved after `moment`, locked. After now: by a clock that was wrong."""
        ...

    def drop(self, keys: Sequence[str]) -> int: ...
    def purge(self, before: Instant) -> int:
        """Delete what was last saved before this moment; how many."""
        ...


class Browsers(Protocol):
    """Browsers that people have signed in with. One cookie may stand for several people."""

    def add(self, browser: Browser, token: bytes) -> None: ...
    def by_token(self, token: bytes, person_id: str) -> Browser | None: ...
    def seen(self, browser_id: str, *, at: Instant, name: str, address: str) -> None: ...
    def trust(self, browser_id: str, *, until: Instant, factors: str) -> None: ...
    def of(self, person_id: str) -> Sequence[Browser]:
        """The person's browsers, the last seen first."""
        ...

    def end(self, person_id: str, browser_id: str) -> bool: ...
    def end_all(self, person_id: str) -> int: ...
    def end_trust(self, person_id: str) -> int:
        """None of the person's browsers may skip the code any more; how many might."""
        ...

    def purge(self, before: Instant) -> int: ...
