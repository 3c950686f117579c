"""The repository of restores."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from twofold.core.epoch import Ended, Restore
from twofold.core.people import Instant


class Restores(Protocol):
    """What a restore does to the rows of the time before, over the whole deployment."""

    def end_everything(self, at: Instant) -> Ended:
        """End what a browser, a mailbox or a note may still hold."""
        ...

    def use_up(self, step: int, far: Sequence[str]) -> None:
        """No code of a step that a device has shown by `step` is taken any more. Of the people
        `far` the clock may have been followed as far as that goes, since the backup.
        """
        ...

    def spend(self, code_ids: Sequence[str], at: Instant) -> int:
        """These recovery codes are used; how many were not yet."""
        ...

    def end_sets(self, ended: Mapping[str, Instant], at: Instant) -> Sequence[str]:
        """Of these people, all recovery codes made at or before the moment are used; those who
        lost any.
        """
        ...

    def end_all_sets(self, at: Instant) -> Sequence[str]:
        """All recovery codes of all people are used; those who lost any."""
        ...

    def end_hashed_with(self, key_id: str, at: Instant) -> Sequence[str]:
        """All recovery codes and temporary passes that were made with this key, or with one that
        they do not name, are used; those who lost recovery codes.
        """
        ...

    def add(self, restore: Restore) -> None: ...
    def newest(self) -> Restore | None: ...
    def is_frozen(self) -> bool:
        """Whether mail waits until somebody has looked."""
        ...

    def release(self, at: Instant) -> None:
        """Mail may leave again."""
        ...
