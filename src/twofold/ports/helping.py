"""The repositories of the help desk."""

from collections.abc import Sequence
from typing import Protocol

from twofold.core.desk import Act, Request, RequestState
from twofold.core.passes import Pass
from twofold.core.people import Instant


class Passes(Protocol):
    """Temporary passes, as keyed hashes."""

    def add(self, made: Pass, code_hash: str) -> None: ...
    def use(self, person_id: str, hashes: Sequence[str], *, at: Instant) -> bool:
        """THE consumption of a temporary pass (promise P2): one conditional update, true for one
        that is neither over nor ended, and of one that is for once for exactly one caller.
        `hashes` is everything under which it may be stored (`Tx.keyed_digests`).
        """
        ...

    def is_known(self, person_id: str, hashes: Sequence[str]) -> bool:
        """Whether it was one of the person's passes, whatever became of it."""
        ...

    def newest(self, person_id: str) -> Pass | None:
        """The last one that was made for the person."""
        ...

    def end_all(self, person_id: str, *, at: Instant) -> int:
        """None of the person's passes works any more; how many did."""
        ...


class Desk(Protocol):
    """What an account accepts as proof of identity, and what waits for a second admin."""

    def proofs(self, account_id: str) -> Sequence[str]:
        """The account's own list of proofs, empty while it has none of its own."""
        ...

    def set_proofs(self, account_id: str, proofs: Sequence[str]) -> None: ...
    def add(self, request: Request) -> None: ...
    def find(self, account_id: str, request_id: str) -> Request | None: ...
    def newest(self, account_id: str, *, limit: int) -> Sequence[Request]:
        """Newest first."""
        ...

    def waiting(self, account_id: str, now: Instant) -> Sequence[Request]:
        """Those that may still be decided, oldest first."""
        ...

    def open_for(self, person_id: str, act: Act, now: Instant) -> Request | None:
        """One that waits already for the same act and person."""
        ...

    def decide(self, request_id: str, state: RequestState, *, decided_by: str, at: Instant) -> bool:
        """One conditional update: true for exactly one caller, and only in time (promise P2)."""
        ...
