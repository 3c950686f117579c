"""The repositories of applications that ask over the API."""

from collections.abc import Sequence
from typing import Protocol

from twofold.core.applications import ApiKey, Application
from twofold.core.people import Instant
from twofold.core.verifications import Kept


class Applications(Protocol):
    """Applications and their keys."""

    def add(self, application: Application) -> None: ...
    def of_account(self, account_id: str) -> Sequence[Application]:
        """All, the newest first, those that are ended too."""
        ...

    def find(self, account_id: str, application_id: str) -> Application | None: ...
    def end(self, application_id: str, at: Instant) -> bool:
        """End it; false if it was ended before (conditional update)."""
        ...

    def add_key(self, key: ApiKey, token: bytes) -> None:
        """Insert; `token` is the digest of the key."""
        ...

    def keys(self, account_id: str) -> Sequence[ApiKey]:
        """Those of all its applications, the newest first."""
        ...

    def end_key(self, account_id: str, key_id: str, at: Instant) -> bool:
        """It opens nothing from `at` on; false if it does so already, or is not the account's."""
        ...

    def end_keys(self, application_id: str, at: Instant, *, keep: str = "") -> int:
        """The same for all keys of the application but `keep`; how many."""
        ...

    def by_key(self, token: bytes) -> tuple[Application, ApiKey] | None:
        """Whose key this is, ended or not: one indexed read."""
        ...

    def used(self, key_id: str, at: Instant) -> None: ...


class Verifications(Protocol):
    """Attempts that carried an id, with what they were answered."""

    def find(self, application_id: str, attempt: str) -> Kept | None: ...
    def add(self, kept: Kept) -> bool:
        """Insert; false if the application has used this id before."""
        ...

    def purge(self, before: Instant) -> int: ...
