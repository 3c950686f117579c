"""Groups and who is in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from twofold.core.groups import Group
from twofold.core.people import Instant, Person


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A line of the list of groups. Nobody disabled and no program is counted."""

    group: Group
    people: int
    enrolled: int
    lead: str
    """The name of whoever leads it, or ""."""


class Groups(Protocol):
    """The groups of all accounts. Every look-up by id names the account: foreign ids are None."""

    def add(self, group: Group) -> bool:
        """Insert; false if the account has one of this name (`core.groups.name_key`)."""
        ...

    def find(self, account_id: str, group_id: str) -> Group | None: ...
    def of_account(self, account_id: str) -> Sequence[Group]:
        """All of them in the order of their names."""
        ...

    def rows(self, account_id: str, *, group_id: str = "") -> Sequence[GroupRow]:
        """All of them with their numbers, in the order of their names; or this one alone."""
        ...

    def rename(self, group_id: str, name: str) -> bool:
        """False if another one of the account has this name. The caller holds the account's row."""
        ...

    def set_lead(self, group_id: str, person_id: str | None) -> None: ...
    def set_digest(self, group_id: str, at: Instant | None) -> None:
        """When its lead is told next how far it is, None for never. The caller holds the account's
        row.
        """
        ...

    def digest_due(self, now: Instant) -> Group | None:
        """The group whose lead should be told longest, of any account; not locked."""
        ...

    def is_digest_due(self, group_id: str, now: Instant) -> bool: ...
    def put(self, person_id: str, groups: Sequence[str]) -> None:
        """Exactly these groups (ids) for the person, whose row the caller holds. The only place
        where memberships change, and with them `Person.groups`.
        """
        ...

    def people(self, group_id: str, *, after: str, limit: int) -> Sequence[tuple[Person, bool]]:
        """Its people in the order of their addresses, those after the `email_key` `after`, with
        whether they are enrolled.
        """
        ...

    def lock_people(self, group_id: str) -> Sequence[Person]:
        """All its people, their rows locked in the order of their ids."""
        ...

    def by_keys(self, account_id: str, keys: Sequence[str]) -> Mapping[str, Person]:
        """The people of the account with these `email_key`s, their rows locked in the order of
        their ids.
        """
        ...

    def set_exchange(
        self, group_id: str, from_at: Instant | None, until_at: Instant | None
    ) -> None: ...
    def exchanging(self, person_id: str, now: Instant) -> Sequence[tuple[Group, Instant | None]]:
        """The person's groups that exchange their phones now, with when they were asked last."""
        ...

    def exchange_asked(self, person_id: str, groups: Sequence[str], *, at: Instant) -> None:
        """Note that the person was asked for a new phone for these groups (ids)."""
        ...

    def remove(self, group_id: str) -> None:
        """Delete a group that nobody is in."""
        ...
