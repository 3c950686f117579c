"""What the throttle remembers, as texts under keys."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Executable, bindparam, delete, select

from twofold.core.people import Instant
from twofold.storage.engine import insert_if_free, insert_or_replace
from twofold.storage.tables import counters

KEYS = counters.c.key.in_(bindparam("keys", expanding=True))
PEEK = select(counters.c.key, counters.c.state).where(KEYS)
# In the order of the keys, so that two transactions never wait for each other crosswise.
LOCK = PEEK.order_by(counters.c.key).with_for_update()
DIALECTS = ("sqlite", "postgresql")
MAKE = {dialect: insert_if_free(dialect, counters, "key") for dialect in DIALECTS}
SAVE = {
    dialect: insert_or_replace(dialect, counters, "key", ("state", "saved_at"))
    for dialect in DIALECTS
}
SAVED_AFTER = (
    select(counters.c.key, counters.c.state)
    .where(counters.c.saved_at > bindparam("moment"))
    .order_by(counters.c.key)
    .with_for_update()
)
DROP = delete(counters).where(KEYS)
PURGE = delete(counters).where(counters.c.saved_at < bindparam("before"))
EMPTY = ""


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
                self._connection.execute(MAKE[self._dialect], row)
        return self._texts(LOCK, keys)

    def peek(self, keys: Sequence[str]) -> Mapping[str, str]:
        """The texts, not locked."""
        return self._texts(PEEK, keys)

    def save(self, key: str, text: str, at: Instant) -> None:
        """Write the text under the key, whatever was there."""
        values = {"key": key, "state": text, "saved_at": at}
        self._connection.execute(SAVE[self._dialect], values)

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

    def _texts(self, statement: Executable, keys: Sequence[str]) -> Mapping[str, str]:
        rows = self._connection.execute(statement, {"keys": list(keys)})
        return {key: text for key, text in rows if text != EMPTY}
