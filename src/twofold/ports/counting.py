"""The rollout in numbers."""

from typing import Protocol

from twofold.core.people import Account, Instant
from twofold.core.progress import Facts


class Progress(Protocol):
    """What the progress page counts."""

    def facts(self, account: Account, now: Instant, *, since: Instant) -> Facts:
        """Everything that is counted over the account's rows; codes from `since` on."""
        ...
