"""The audit log: read, exported, checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from twofold.core.events import Event, EventKind, Group, Seal, words_of
from twofold.core.people import Account, Instant, Person
from twofold.core.sessions import Caller
from twofold.flows.setup import Refused
from twofold.ports import Tx

PAGE = 50
STRETCH = 500
"""Entries of one transaction of an export: no reader holds the log for long."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are asked for; the default is all of them."""

    group: Group | None = None
    person_id: str | None = None
    """Who did it, or to whom it was done."""
    since: Instant | None = None
    until: Instant | None = None
    """Entries before this moment."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry with the people behind its ids; None where there is nobody of the account."""

    event: Event
    actor: Person | None
    subject: Person | None


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """Newest entries first. `next_before` is 0 on the last page."""

    entries: Sequence[Entry]
    next_before: int


def list_entries(
    tx: Tx, *, account_id: str, only: Filter, before: int = 0, size: int = PAGE
) -> ActivityPage:
    """`size` entries of the account before the number `before`, 0 for the newest."""
    found = _page(tx, account_id, only, before, size + 1)
    more = len(found) > size
    found = found[:size]
    return ActivityPage(_named(tx, account_id, found), found[-1].seq if more else 0)


def _page(tx: Tx, account_id: str, only: Filter, before: int, limit: int) -> Sequence[Event]:
    return tx.events.page(
        account_id,
        before=before,
        limit=limit,
        kinds=only.group.kinds if only.group else (),
        person_id=only.person_id,
        since=only.since,
        until=only.until,
    )


def _named(tx: Tx, account_id: str, found: Sequence[Event]) -> list[Entry]:
    ids = {id_ for event in found for id_ in (event.actor_id, event.subject_id) if id_}
    people = {id_: tx.people.find(account_id, id_) for id_ in ids}
    return [
        Entry(event, people.get(event.actor_id or ""), people.get(event.subject_id or ""))
        for event in found
    ]


def plain(entry: Entry) -> dict[str, object]:
    """An entry as programs read it: these keys stay; times are ISO 8601 in UTC."""
    event, actor, subject = entry.event, entry.actor, entry.subject
    return {
        "seq": event.seq,
        "at": _iso(event.at),
        "kind": event.kind.value,
        "what": words_of(event.kind),
        "actor_id": event.actor_id,
        "actor": actor.name if actor else None,
        "actor_email": actor.email if actor else None,
        "subject_id": event.subject_id,
        "subject": subject.name if subject else None,
        "subject_email": subject.email if subject else None,
        "data": dict(event.data),
    }


def _iso(at: Instant) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def whom(tx: Tx, *, account_id: str, typed: str) -> Person | Refused:
    """The one person of the account whose address is `typed`, or whose name or address holds it."""
    exact = tx.people.by_email(typed)
    if exact is not None and exact.account_id == account_id:
        return exact
    rows = tx.people.page(account_id, search=typed, after="", limit=2, only="")
    if not rows:
        return Refused("person", "Nobody here has this name or address.")
    if len(rows) > 1:
        return Refused("person", "Several people have this in their name. Enter the whole address.")
    return rows[0].person


def begin_export(tx: Tx, now: Instant, *, caller: Caller, only: Filter, form: str) -> int:
    """Note that the caller exports what `only` lets through; the number below which the export
    begins, so that it holds what was there before and does not chase its own entries.

    `form` is "csv" or "json".
    """
    asked = {"form": form}
    if only.group is not None:
        asked["group"] = only.group.value
    if only.since is not None:
        asked["since"] = _iso(only.since)
    if only.until is not None:
        asked["until"] = _iso(only.until)
    tx.events.add(
        caller.account.id,
        EventKind.EXPORTED,
        now,
        actor_id=caller.person.id,
        subject_id=only.person_id,
        data=asked,
    )
    return tx.events.of(caller.account.id, limit=1)[0].seq


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """The first entry that does not follow from the one before."""

    seq: int
    at: Instant | None
    """When it says that it happened; None if it is missing."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One account's log, checked from its first entry."""

    account: Account
    entries: int
    """How many there are, where the chain holds."""
    broken: BrokenLink | None
    seal: Seal


def accounts(tx: Tx) -> Sequence[Account]:
    """Every account of the deployment, for the command line."""
    return tx.accounts.all()


def verify(tx: Tx, *, account: Account) -> Checked:
    """Whether the account's chain holds, and if not, where it breaks; and whether it is sealed."""
    seq, seal = tx.events.verify(account.id), tx.events.seal(account.id)
    if seq is not None:
        return Checked(account, 0, BrokenLink(seq, tx.events.moment(account.id, seq)), seal)
    newest = tx.events.page(account.id, before=0, limit=1)
    return Checked(account, newest[0].seq if newest else 0, None, seal)
