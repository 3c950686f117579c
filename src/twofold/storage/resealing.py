"""From one key to the next, while everybody works: what only an old key opens, and sealing anew.

Each sealed value and each keyed hash carries the id of its key, so what is left to do shows in the
rows themselves: a run that is killed is begun again and goes on. A batch is one transaction. A
value that somebody else changes meanwhile is theirs; they have sealed it with the new key.

Keyed hashes cannot be made anew, because nobody but their owner has what is hashed. Recovery codes
and temporary passes that still work keep their old key in the ring.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    LargeBinary,
    Text,
    case,
    delete,
    func,
    not_,
    or_,
    select,
    text,
    update,
)

from twofold.core.errors import SealError, StartError
from twofold.core.events import Seal
from twofold.core.people import Instant
from twofold.storage import heads
from twofold.storage.desk_tables import temporary_passes
from twofold.storage.sealed import COLUMNS, SealedColumn
from twofold.storage.sealing import ID_BYTES, KeyRing
from twofold.storage.tables import event_heads, recovery_codes, sealing_keys

BATCH = 200
"""Rows in one transaction: some milliseconds, for which others wait on SQLite."""
BY = "by_key"
BARE = ""
"""Stands for the key of hashes of versions that did not write its id down."""
PATIENCE = 60
"""Seconds to wait for transactions that may have sealed with an old key."""
RUNNING = text(
    "SELECT pid, xact_start::text FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
)


@dataclass(slots=True)
class Left:
    """What only one key opens."""

    sealed: int = 0
    logs: int = 0
    """Logs whose newest entry is sealed with it."""
    codes: int = 0
    """Recovery codes that still work."""
    passes: int = 0
    """Temporary passes that still work."""

    @property
    def is_nothing(self) -> bool:
        """Whether the key may go."""
        return not (self.sealed or self.logs or self.codes or self.passes)


def left(connection: Connection, now: Instant) -> Mapping[str, Left]:
    """By key id what only that key opens."""
    found: dict[str, Left] = {}

    def add(kind: str, statement: Any) -> None:
        for key_id, count in connection.execute(statement):
            name = key_id.decode("ascii", "replace") if isinstance(key_id, bytes) else key_id
            one = found.setdefault(name, Left())
            setattr(one, kind, getattr(one, kind) + count)

    for column in COLUMNS:
        key = sealing_key(column)
        add("sealed", select(key.label(BY), func.count()).group_by(BY))
    signer = func.substr(event_heads.c.hash, heads.HASH_BYTES + 1, ID_BYTES, type_=LargeBinary)
    is_sealed = func.length(event_heads.c.hash) > heads.HASH_BYTES
    add("logs", select(signer.label(BY), func.count()).where(is_sealed).group_by(BY))
    for kind, table, works in (
        ("codes", recovery_codes, (recovery_codes.c.used_at.is_(None),)),
        ("passes", temporary_passes, working(now)),
    ):
        hashed_by = hashing_key(table.c.code_hash)
        add(kind, select(hashed_by.label(BY), func.count()).where(*works).group_by(BY))
    return found


def working(now: Instant) -> Sequence[ColumnElement[bool]]:
    """Whether a temporary pass still gets somebody in."""
    return (
        temporary_passes.c.ended_at.is_(None),
        temporary_passes.c.expires_at > now,
        or_(not_(temporary_passes.c.once), temporary_passes.c.used_at.is_(None)),
    )


def sealing_key(column: SealedColumn) -> ColumnElement[bytes]:
    """The id of the key, out of the sealed value."""
    return func.substr(column.column, 2, ID_BYTES, type_=LargeBinary)


def hashing_key(column: ColumnElement[str]) -> ColumnElement[str]:
    """The id of the key in front of a keyed hash, or `BARE`."""
    has_id = func.substr(column, ID_BYTES + 1, 1, type_=Text) == ":"
    return case((has_id, func.substr(column, 1, ID_BYTES, type_=Text)), else_=BARE)


@dataclass(slots=True)
class Resealed:
    """How far a run came."""

    values: int = 0
    logs: int = 0
    unreadable: list[str] = field(default_factory=list)
    """Values that no key of the ring opens."""


def reseal(engine: Engine, ring: KeyRing) -> Resealed:
    """Seal everything with the newest key of the ring that is sealed with another one; and once
    more what transactions have sealed that began before the key was the newest.
    """
    done = Resealed()
    _pass(engine, ring, done)
    wait_for_others(engine)
    done.unreadable.clear()
    _pass(engine, ring, done)
    return done


def _pass(engine: Engine, ring: KeyRing, done: Resealed) -> None:
    for column in COLUMNS:
        after: str | None = ""
        while after is not None:
            with engine.begin() as connection:
                after = _batch(connection, ring, column, after, done)
    after = ""
    while after is not None:
        with engine.begin() as connection:
            after = _heads(connection, ring, after, done)


def _batch(
    connection: Connection, ring: KeyRing, one: SealedColumn, after: str, done: Resealed
) -> str | None:
    """Seal the next values after this id anew; the id of the last, or None at the end."""
    rows = connection.execute(
        select(one.table.c.id, one.column, *one.also)
        .where(one.table.c.id > after, sealing_key(one) != ring.newest.encode())
        .order_by(one.table.c.id)
        .limit(BATCH)
    ).all()
    for id_, sealed, *also in rows:
        name = one.name_of(id_, *also)
        try:
            anew = ring.seal(one.place, name, ring.open(one.place, name, bytes(sealed)))
        except SealError:
            done.unreadable.append(f"{one.place} of the row {id_}")
            continue
        changed = connection.execute(
            update(one.table)
            .where(one.table.c.id == id_, one.column == sealed)
            .values({one.column: anew})
        )
        done.values += changed.rowcount
    return rows[-1][0] if rows else None


def _heads(connection: Connection, ring: KeyRing, after: str, done: Resealed) -> str | None:
    """Seal the newest entry of the next account's log anew, if its seal holds."""
    head = connection.execute(
        select(event_heads.c.account_id, event_heads.c.seq, event_heads.c.hash)
        .where(event_heads.c.account_id > after)
        .order_by(event_heads.c.account_id)
        .limit(1)
        .with_for_update()
    ).one_or_none()
    if head is None:
        return None
    stored = bytes(head.hash)
    signer = stored[heads.HASH_BYTES : heads.HASH_BYTES + ID_BYTES]
    whole = heads.seal_of(ring, head.account_id, head.seq, stored) is Seal.WHOLE
    if whole and signer != ring.newest.encode():
        anew = heads.sealed(ring, head.account_id, head.seq, heads.link_of(stored))
        mine = event_heads.c.account_id == head.account_id
        connection.execute(update(event_heads).where(mine).values(hash=anew))
        done.logs += 1
    account_id: str = head.account_id
    return account_id


def wait_for_others(engine: Engine) -> None:
    """Until every transaction that runs at this moment has ended: it may have sealed something
    with a key that was the newest when it began. On SQLite the write lock is that wait.
    Raises `StartError` after `PATIENCE`.
    """
    if engine.dialect.name != "postgresql":
        return
    with engine.connect() as connection:
        before = {tuple(row) for row in connection.execute(RUNNING)}
        deadline = time.monotonic() + PATIENCE
        while before & {tuple(row) for row in connection.execute(RUNNING)}:
            if time.monotonic() > deadline:
                raise StartError("A transaction has been open for a minute. Try again later.")
            connection.rollback()
            time.sleep(0.1)


def forget(engine: Engine, key_id: str, now: Instant) -> Left:
    """Strike the key off the database's list if nothing needs it; what does, if anything."""
    wait_for_others(engine)
    with engine.begin() as connection:
        needs = left(connection, now)
        found = needs.get(key_id, Left())
        bare = needs.get(BARE, Left())
        found.codes, found.passes = found.codes + bare.codes, found.passes + bare.passes
        if found.is_nothing:
            connection.execute(delete(sealing_keys).where(sealing_keys.c.id == key_id))
        return found
