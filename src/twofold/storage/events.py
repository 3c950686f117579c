"""The audit log: one chain of entries per account.

Each entry carries `SHA-256(previous hash | entry)`. The previous hash of the first entry is 32
zero bytes. The entry is its canonical JSON in UTF-8: an object with the members `account_id`,
`actor_id`, `at`, `data`, `kind`, `seq`, `subject_id`, members sorted by name at every level, no
blanks, non-ASCII characters as they are, absent ids as null. So an entry that is changed, removed
or put in between breaks the chain from there on; the newest hash stands in `event_heads`, sealed,
so that a cut end shows too, and a chain that was computed anew (see `heads.py`).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from twofold.core.errors import NotFound
from twofold.core.events import Event, EventKind, Seal
from twofold.core.people import Instant
from twofold.storage import heads
from twofold.storage.journal import NO_JOURNAL, Keeps
from twofold.storage.sealing import KeyRing
from twofold.storage.statements import Statement
from twofold.storage.tables import event_heads, events

EVENT = (
    events.c.account_id,
    events.c.seq,
    events.c.kind,
    events.c.happened_at,
    events.c.actor_id,
    events.c.subject_id,
    events.c.data,
)
# The lock on the head makes the account's writers wait for each other's commit, so that numbers
# have no gaps and no two entries follow the same one.
HEAD = select(event_heads.c.seq, event_heads.c.hash).where(
    event_heads.c.account_id == bindparam("account_id")
)
LOCKED_HEAD = Statement(HEAD.with_for_update())
ADD = Statement(insert(events), columns=[*(column.name for column in EVENT), "hash"])
MOVE_HEAD = Statement(
    update(event_heads)
    .where(event_heads.c.account_id == bindparam("of_account"))
    .values(seq=bindparam("new_seq"), hash=bindparam("new_hash"))
)
NEWEST = (
    select(*EVENT)
    .where(events.c.account_id == bindparam("account_id"))
    .order_by(events.c.seq.desc())
    .limit(bindparam("limit"))
)
CHAIN = (
    select(*EVENT, events.c.hash)
    .where(events.c.account_id == bindparam("account_id"), events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
    .limit(bindparam("limit"))
)
LAST = select(func.max(events.c.seq)).where(events.c.account_id == bindparam("account_id"))
MOMENT = select(events.c.happened_at).where(
    events.c.account_id == bindparam("account_id"), events.c.seq == bindparam("seq")
)
STRETCH = 1000
"""Entries that a check of the chain holds in memory at once."""


class Events:
    """See `ports.Events`."""

    def __init__(self, connection: Connection, ring: KeyRing, journal: Keeps = NO_JOURNAL) -> None:
        """On the connection of one transaction; `journal` hears what a backup cannot know."""
        self._connection, self._ring, self._journal = connection, ring, journal

    def add(
        self,
        account_id: str,
        kind: EventKind,
        at: Instant,
        *,
        actor_id: str | None,
        subject_id: str | None,
        data: Mapping[str, str | int | bool],
    ) -> None:
        """Append the account's next entry. Raises `NotFound` if there is no such account."""
        head = LOCKED_HEAD.one(self._connection, {"account_id": account_id})
        if head is None:
            raise NotFound
        seq, written = head
        link, seal = heads.link_of(written), heads.seal_of(self._ring, account_id, seq, written)
        if seal is Seal.MISSING:
            seq, said = seq + 1, {"entries": seq}
            event = Event(account_id, seq, EventKind.LOG_SEALED, at, None, None, said)
            link = self._append(link, event)
        event = Event(account_id, seq + 1, kind, at, actor_id, subject_id, data)
        link = self._append(link, event)
        stored = heads.sealed(self._ring, account_id, event.seq, link)
        if seal is Seal.BROKEN:
            stored = link + heads.BROKEN
        moved = {"of_account": account_id, "new_seq": event.seq, "new_hash": stored}
        MOVE_HEAD.run(self._connection, moved)

    def _append(self, previous: bytes, event: Event) -> bytes:
        link = chained(previous, event)
        ADD.run(self._connection, values_of(event, link))
        self._journal.done(event)
        return link

    def of(self, account_id: str, *, limit: int) -> Sequence[Event]:
        """The newest entries, newest first."""
        rows = self._connection.execute(NEWEST, {"account_id": account_id, "limit": limit})
        return [event_of(row) for row in rows]

    def page(
        self,
        account_id: str,
        *,
        before: int,
        limit: int,
        kinds: Sequence[EventKind] = (),
        person_id: str | None = None,
        since: Instant | None = None,
        until: Instant | None = None,
    ) -> Sequence[Event]:
        """See `ports.Events.page`."""
        wanted = select(*EVENT).where(events.c.account_id == account_id)
        if before:
            wanted = wanted.where(events.c.seq < before)
        if kinds:
            wanted = wanted.where(events.c.kind.in_([kind.value for kind in kinds]))
        if person_id is not None:
            about = or_(events.c.actor_id == person_id, events.c.subject_id == person_id)
            wanted = wanted.where(about)
        if since is not None:
            wanted = wanted.where(events.c.happened_at >= since)
        if until is not None:
            wanted = wanted.where(events.c.happened_at < until)
        rows = self._connection.execute(wanted.order_by(events.c.seq.desc()).limit(limit))
        return [event_of(row) for row in rows]

    def verify(self, account_id: str) -> int | None:
        """See `ports.Events.verify`. After a cut end this is the number that should come next.

        The head is read first and the chain up to it: entries that are added meanwhile are not
        taken for a fault. The hash is taken over what is stored, so that a value that no entry
        may have is a broken link and not an error.
        """
        head = self._connection.execute(HEAD, {"account_id": account_id}).one_or_none()
        previous, seq = heads.BEFORE_THE_FIRST_EVENT, 0
        for row in self._chain(account_id, upto=head.seq if head else 0):
            seq += 1
            if row.seq != seq or link_of(previous, row) != row.hash:
                return seq
            previous = row.hash
        if head is None or head.seq > seq:
            return seq + 1
        if heads.link_of(head.hash) != previous:
            return max(seq, 1)
        return self._beyond_the_head(account_id)

    def seal(self, account_id: str) -> Seal:
        """See `ports.Events.seal`."""
        head = self._connection.execute(HEAD, {"account_id": account_id}).one_or_none()
        if head is None:
            return Seal.MISSING
        return heads.seal_of(self._ring, account_id, head.seq, head.hash)

    def _chain(self, account_id: str, *, upto: int) -> Iterator[Any]:
        after = -(2**62)  # A number below 1 would be a fault too, so it has to be seen.
        while True:
            values = {"account_id": account_id, "after": after, "limit": STRETCH}
            rows = self._connection.execute(CHAIN, values).all()
            for row in rows:
                if row.seq > upto:
                    return
                yield row
            if len(rows) < STRETCH:
                return
            after = rows[-1].seq

    def _beyond_the_head(self, account_id: str) -> int | None:
        """An entry is committed with its head: one beyond the head as it is now was slipped in."""
        last = self._connection.execute(LAST, {"account_id": account_id}).scalar_one() or 0
        head = self._connection.execute(HEAD, {"account_id": account_id}).one()
        return int(head.seq) + 1 if last > head.seq else None

    def moment(self, account_id: str, seq: int) -> Instant | None:
        """See `ports.Events.moment`."""
        values = {"account_id": account_id, "seq": seq}
        found: Instant | None = self._connection.execute(MOMENT, values).scalar_one_or_none()
        return found


def chained(previous: bytes, event: Event) -> bytes:
    """The 32 bytes that tie `event` to the entry before it; the form is at the top."""
    values = (event.account_id, event.seq, event.kind.value, event.at)
    return hashed(previous, *values, event.actor_id, event.subject_id, dict(event.data))


def link_of(previous: bytes, row: Sequence[Any]) -> bytes:
    """The same from a stored entry as it stands, whatever it holds; b"" if it is no entry."""
    *values, data, _ = row
    try:
        return hashed(previous, *values, json.loads(data))
    except (ValueError, TypeError, RecursionError):
        return b""


def hashed(previous: bytes, *values: Any) -> bytes:
    """SHA-256 over the hash before and the entry with these values of the columns `EVENT`."""
    names = ("account_id", "seq", "kind", "at", "actor_id", "subject_id", "data")
    entry = dict(zip(names, values, strict=True))
    return hashlib.sha256(previous + canonical(entry)).digest()


def canonical(value: Mapping[str, Any]) -> bytes:
    """The one way to write down a JSON object; the form is at the top."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def event_of(values: Sequence[Any]) -> Event:
    """The event in the columns `EVENT`."""
    account_id, seq, kind, at, actor_id, subject_id, data = values
    return Event(account_id, seq, EventKind(kind), at, actor_id, subject_id, json.loads(data))


def values_of(event: Event, link: bytes) -> dict[str, Any]:
    """The row of an event with its hash."""
    return {
        "account_id": event.account_id,
        "seq": event.seq,
        "kind": event.kind.value,
        "happened_at": event.at,
        "actor_id": event.actor_id,
        "subject_id": event.subject_id,
        "data": canonical(event.data).decode(),
        "hash": link,
    }
