"""The people table: a page of it, its numbers, its export, and filters with a name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from twofold.core.events import EventKind
from twofold.core.listing import COUNTED_TO, MOST_AT_ONCE, Asked, Line, Only, asked_of, fields_of
from twofold.core.locks import Counted, LockKind, locks_of
from twofold.core.people import DAY, Account, Instant, Person, email_key
from twofold.core.policy import numbers_of, profile_of
from twofold.core.sessions import Caller
from twofold.flows import guard, rollout_look
from twofold.flows.setup import Refused
from twofold.ports import SavedFilter, Tally, Tx

PAGE = 40
STRETCH = 500
"""Lines of one transaction of an export."""
MOST_SUSPECTS = 1000
MOST_SAVED = 20
MOST_COUNTED = 5_000
"""People of an account up to which every filter shows its number."""
COUNTED_SINCE = 31 * DAY
"""Seconds for which a count may still lock somebody."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A stretch of the table. `next_after` is "" on the last one."""

    lines: Sequence[Line]
    next_after: str
    found: int
    """How many the filter finds, counted to `MOST_AT_ONCE`."""
    counts: Mapping[Only, int]
    """The same for each named filter beside search, role and group, to `COUNTED_TO` + 1. Locked
    people are counted only when they are asked for, because each is looked at."""
    tally: Tally
    groups: Mapping[str, str]
    """The names of the account's groups by id."""
    saved: Sequence[SavedFilter]


def show(
    tx: Tx, now: Instant, *, account: Account, asked: Asked, after: str = "", size: int = PAGE
) -> Listing:
    """One page in the order of addresses, with everything around it."""
    lines, next_after = stretch(tx, now, account=account, asked=asked, after=after, size=size)
    counts = _counts(tx, now, account, asked)
    found = _count(tx, now, account, asked, MOST_AT_ONCE + 1)
    return Listing(
        lines=lines,
        next_after=next_after,
        found=found,
        counts=counts,
        tally=tx.people.tally(account.id),
        groups=rollout_look.group_names(tx, account_id=account.id),
        saved=tx.saved_filters.of_account(account.id),
    )


def _counts(tx: Tx, now: Instant, account: Account, asked: Asked) -> dict[Only, int]:
    """The numbers beside the filters. A rare condition among very many people is found only by
    looking at all of them, so a large organisation is shown the number of the chosen one alone.
    """
    is_large = _count(tx, now, account, Asked(), MOST_COUNTED + 1) > MOST_COUNTED
    return {
        only: _count(tx, now, account, replace(asked, only=only), COUNTED_TO + 1)
        for only in Only
        if only is asked.only or (only is not Only.LOCKED and not is_large)
    }


def stretch(
    tx: Tx, now: Instant, *, account: Account, asked: Asked, after: str, size: int
) -> tuple[Sequence[Line], str]:
    """`size` lines after the key `after`, and the key after which the next ones begin, or ""."""
    people, next_after = ids(tx, now, account=account, asked=asked, after=after, size=size)
    return tx.people_table.lines(account, people), next_after


def ids(
    tx: Tx, now: Instant, *, account: Account, asked: Asked, after: str, size: int
) -> tuple[Sequence[str], str]:
    """The ids of the same people; no more is read of them."""
    locked = _locked(tx, now, account) if asked.only is Only.LOCKED else None
    keys = tx.people_table.keys(account, now, asked, after=after, limit=size + 1, ids=locked)
    more, keys = len(keys) > size, keys[:size]
    return [id_ for id_, _ in keys], keys[-1][1] if more else ""


def of_ids(tx: Tx, *, account: Account, people: Sequence[str]) -> Sequence[Line]:
    """The lines of these people of the account, in the order of their addresses."""
    return tx.people_table.lines(account, list(dict.fromkeys(people)))


def _count(tx: Tx, now: Instant, account: Account, asked: Asked, most: int) -> int:
    if asked.only is Only.LOCKED:
        locked = _locked(tx, now, account)
        found = tx.people_table.keys(account, now, asked, after="", limit=most, ids=locked)
        return len(found)
    return tx.people_table.count(account, now, asked, most=most)


def _locked(tx: Tx, now: Instant, account: Account) -> list[str]:
    """The ids of those whom something shuts out at this moment."""
    suspects = tx.people_table.suspects(account, now - COUNTED_SINCE, limit=MOST_SUSPECTS)
    return [person.id for person in suspects if shut_by(tx, now, account, person)]


def shut_by(tx: Tx, now: Instant, account: Account, person: Person) -> Sequence[LockKind]:
    """What shuts the person out at this moment."""
    active = tx.authenticators.in_force(person.id)
    names = ("pw:person", "code:person", "code:row", "code:enrol")
    states = guard.peek(tx, [f"{name}:{person.id}" for name in names])
    passwords, codes, in_a_row, set_up = (states[f"{name}:{person.id}"] for name in names)
    found = locks_of(
        now,
        numbers_of(account, authenticators=len(active)),
        person=person,
        disabled_at=next((one.disabled_at for one in active), None),
        profile=profile_of(account, person.role),
        counted=Counted(passwords=passwords, codes=codes, in_a_row=in_a_row, set_up=set_up),
    )
    return [lock.kind for lock in found if lock.kind.is_shut]


def only_hit(listing: Listing, search: str) -> Person | None:
    """The one person whom a search means: the only one found, or the one with that address."""
    if not search or listing.next_after:
        return None
    people = [line.person for line in listing.lines]
    exact = [person for person in people if email_key(person.email) == email_key(search)]
    hits = exact or people
    return hits[0] if len(hits) == 1 else None


def begin_export(
    tx: Tx, now: Instant, *, caller: Caller, asked: Asked, ticked: int, columns: str, form: str
) -> Mapping[str, str]:
    """Note that the caller takes these people along as a file, `form` being "csv" or "json"; the
    names of the groups. `ticked` is how many were chosen one by one, 0 for whom the filter finds.
    """
    chosen = f"{ticked} ticked" if ticked else urlencode(fields_of(asked))
    tx.events.add(
        caller.account.id,
        EventKind.PEOPLE_EXPORTED,
        now,
        actor_id=caller.person.id,
        subject_id=None,
        data={"form": form, "filter": chosen, "columns": columns},
    )
    return {group.id: group.name for group in tx.groups.of_account(caller.account.id)}


def save_filter(
    tx: Tx, now: Instant, *, caller: Caller, name: str, asked: Asked
) -> SavedFilter | Refused:
    """Keep a filter under a name, for everybody of the account who sees the table."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 60:
        return Refused("name", "Give the filter a name of 1 to 60 letters.")
    if not fields_of(asked):
        return Refused("name", "Narrow the list down first: everybody needs no filter.")
    tx.accounts.lock(caller.account.id)
    if len(tx.saved_filters.of_account(caller.account.id)) >= MOST_SAVED:
        return Refused("name", f"{MOST_SAVED} filters are saved. Delete one that nobody uses.")
    saved = SavedFilter(
        id=tx.random.new_id(),
        account_id=caller.account.id,
        name=name,
        query=urlencode(fields_of(asked)),
        made_by=caller.person.id,
        made_at=now,
    )
    tx.saved_filters.add(saved)
    return saved


def saved_filter(tx: Tx, *, account_id: str, name: str) -> Asked | None:
    """What the filter of this name asks for, however the name is written."""
    for saved in tx.saved_filters.of_account(account_id):
        if saved.name.casefold() == " ".join(name.split()).casefold():
            return asked_of(dict(parse_qsl(saved.query)))
    return None


def delete_filter(tx: Tx, *, caller: Caller, filter_id: str) -> bool:
    """Forget a filter; false if the account has none with this id."""
    return tx.saved_filters.remove(caller.account.id, filter_id)
