"""The audit log: one chain of entries per account.

Each entry carries `SHA-256(previous hash | entry)`. The previous hash of the first entry is 32
zero bytes. The entry is its canonical JSON in UTF-8: an object with the members `account_id`,
`actor_id`, `at`, `data`, `kind`, `seq`, `subject_id`, members sorted by name at every level, no
blanks, non-ASCII characters as they are, absent ids as null. So an entry that is changed, removed
or put in between breaks the chain from there on; the newest hash stands in `event_heads`, so that
a cut end shows too.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from twofold.core.errors import NotFound
from twofold.core.events import Event, EventKind
from twofold.core.people import Instant
from twofold.storage.accounts import BEFORE_THE_FIRST_EVENT
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
LOCKED_HEAD = HEAD.with_for_update()
MOVE_HEAD = (
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
    .where(events.c.account_id == bindparam("account_id"))
    .order_by(events.c.seq)
)


class Events:
    """See `ports.Events`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

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
        head = self._connection.execute(LOCKED_HEAD, {"account_id": account_id}).one_or_none()
        if head is None:
            raise NotFound
        event = Event(account_id, head.seq + 1, kind, at, actor_id, subject_id, data)
        link = chained(head.hash, event)
        self._connection.execute(insert(events), values_of(event, link))
        moved = {"of_account": account_id, "new_seq": event.seq, "new_hash": link}
        self._connection.execute(MOVE_HEAD, moved)

    def of(self, account_id: str, *, limit: int) -> Sequence[Event]:
        """The newest entries, newest first."""
        rows = self._connection.execute(NEWEST, {"account_id": account_id, "limit": limit})
        return [event_of(row) for row in rows]

    def broken_at(self, account_id: str) -> int | None:
        """The number of the first entry that does not follow from the one before, else None.

        After a cut end this is the number that should come next.
        """
        previous, seq = BEFORE_THE_FIRST_EVENT, 0
        for *values, stored in self._connection.execute(CHAIN, {"account_id": account_id}):
            event, seq = event_of(values), seq + 1
            if event.seq != seq or chained(previous, event) != stored:
                return seq
            previous = stored
        head = self._connection.execute(HEAD, {"account_id": account_id}).one_or_none()
        return None if head is None or tuple(head) == (seq, previous) else seq + 1


def chained(previous: bytes, event: Event) -> bytes:
    """The 32 bytes that tie `event` to the entry before it; the form is at the top."""
    entry = {
        "account_id": event.account_id,
        "actor_id": event.actor_id,
        "at": event.at,
        "data": dict(event.data),
        "kind": event.kind.value,
        "seq": event.seq,
        "subject_id": event.subject_id,
    }
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
