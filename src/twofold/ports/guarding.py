"""The repositories that the guard stands on."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from twofold.core.attempts import Attempt, Outcome
from twofold.core.browsers import Browser
from twofold.core.diagnosis import Verdict
from twofold.core.people import Instant, Person
from twofold.core.recovery import RecoveryStanding


class Attempts(Protocol):
    """Submitted codes and what became of them."""

    def reserve(self, attempt: Attempt) -> None:
        """Write the attempt before its check."""
        ...

    def settle(
        self, attempt_id: str, outcome: Outcome, *, authenticator_id: str | None, offset: int | None
    ) -> None: ...
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


class Recovery(Protocol):
    """Recovery codes, as keyed hashes."""

    def replace(
        self, person: Person, hashes: Sequence[str], *, ids: Sequence[str], at: Instant
    ) -> None:
        """A new set; what was left of the one before is dead."""
        ...

    def use(self, person_id: str, code_hash: str, *, at: Instant) -> bool:
        """THE consumption of a recovery code (promise P2): one conditional update."""
        ...

    def standing(self, person_id: str) -> RecoveryStanding | None:
        """What the person has in store, or None without a set."""
        ...

    def stored(self, person_id: str, *, at: Instant) -> bool:
        """The person says that they have stored their set; false if they said so before."""
        ...

    def end_all(self, person_id: str) -> int:
        """The set is dead; how many codes of it were left."""
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
