"""The people table and the filters that an admin keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from twofold.core.listing import Asked, Line
from twofold.core.people import Account, Instant, Person


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A filter under a name, for everybody of the account who sees the table."""

    id: str
    account_id: str
    name: str
    query: str
    """The fields as a query string."""
    made_by: str
    made_at: Instant


class PeopleTable(Protocol):
    """The people of an account, filtered, in the order of their addresses."""

    def keys(
        self,
        account: Account,
        now: Instant,
        asked: Asked,
        *,
        after: str,
        limit: int,
        ids: Sequence[str] | None = None,
    ) -> Sequence[tuple[str, str]]:
        """Id and `email_key` of those after the key `after`; of the people `ids` alone, if given.
        The filter for locked people is not known here: it comes as `ids`.
        """
        ...

    def lines(self, account: Account, ids: Sequence[str]) -> Sequence[Line]:
        """These people of the account with everything that a column may show, in the order of
        their addresses; ids of nobody of the account are left out.
        """
        ...

    def count(self, account: Account, now: Instant, asked: Asked, *, most: int) -> int:
        """How many there are, counted to `most` at most."""
        ...

    def suspects(self, account: Account, since: Instant, *, limit: int) -> Sequence[Person]:
        """People for whom something was counted since then, or whose authenticator is stopped:
        whoever is locked is among them.
        """
        ...


class SavedFilters(Protocol):
    """Filters that were given a name."""

    def add(self, saved: SavedFilter) -> None: ...
    def of_account(self, account_id: str) -> Sequence[SavedFilter]:
        """In the order of their names."""
        ...

    def remove(self, account_id: str, filter_id: str) -> bool:
        """False if the account has none with this id."""
        ...
