"""What the throttle remembers, as texts under keys."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from sqlalchemy import Connection, Select, bindparam, delete, select

from twofold.core.people import Instant
from twofold.storage.engine import insert_if_free, insert_or_replace
from twofold.storage.statements import Statement
from twofold.storage.tables import Word, counters

KEYS = counters.c.key.in_(bindparam("keys", expanding=True))
MAKE = insert_if_free("postgresql", counters, "key")
SAVE = Statement(
    insert_or_replace("sqlite", counters, "key", ("state", "saved_at")),
    postgres=insert_or_replace("postgresql", counters, "key", ("state", "saved_at")),
)
SAVED_AFTER = (
    select(counters.c.key, counters.c.state)
    .where(counters.c.saved_at > bindparam("moment"))
    .order_by(counters.c.key)
    .with_for_update()
)
DROP = delete(counters).where(KEYS)
PURGE = delete(counters).where(counters.c.saved_at < bindparam("before"))
EMPTY = ""


@cache
def names(number: int) -> Sequence[str]:
    """The parameters for so many keys."""
    return [f"key_{n}" for n in range(number)]


def under(number: int) -> Select[tuple[str, str]]:
    """The texts under so many keys."""
    keys = [bindparam(name, type_=Word) for name in names(number)]
    return select(counters.c.key, counters.c.state).where(counters.c.key.in_(keys))


@cache
def peeking(number: int) -> Statement:
    """The same as a statement, without a lock."""
    return Statement(under(number))


@cache
def locking(number: int) -> Statement:
    """The same with a lock, in the order of the keys, so that two transactions never wait for
    each other crosswise.
    """
    return Statement(under(number).order_by(counters.c.key).with_for_update())


class Counters:
    """See `ports.Counters`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection
        self._dialect = connection.dialect.name

    def load(self, keys: Sequence[str]) -> Mapping[str, str]:
        """The texts, locked until the transaction ends.

        A row that does not exist cannot be locked, so on PostgreSQL the missing ones are made
        first. SQLite has one writer, which is lock enough.
        """
        if self._dialect == "postgresql":
            for key in keys:
                row = {"key": key, "state": EMPTY, "saved_at": 0}
                self._connection.execute(MAKE, row)
        return self._texts(locking, keys)

    def peek(self, keys: Sequence[str]) -> Mapping[str, str]:
        """The texts, not locked."""
        return self._texts(peeking, keys)

    def save(self, key: str, text: str, at: Instant) -> None:
        """Write the text under the key, whatever was there."""
        values = {"key": key, "state": text, "saved_at": at}
        SAVE.run(self._connection, values)

    def saved_after(self, moment: Instant) -> Mapping[str, str]:
        """The texts last saved after this moment, locked until the transaction ends."""
        rows = self._connection.execute(SAVED_AFTER, {"moment": moment})
        return {key: text for key, text in rows if text != EMPTY}

    def drop(self, keys: Sequence[str]) -> int:
        """Forget these keys; how many there were."""
        return self._connection.execute(DROP, {"keys": list(keys)}).rowcount

    def purge(self, before: Instant) -> int:
        """Delete what was last saved before this moment; how many."""
        return self._connection.execute(PURGE, {"before": before}).rowcount

    def _texts(self, made: Callable[[int], Statement], keys: Sequence[str]) -> Mapping[str, str]:
        if not keys:
            return {}
        rows = made(len(keys)).all(self._connection, dict(zip(names(len(keys)), keys, strict=True)))
        return {key: text for key, text in rows if text != EMPTY}
