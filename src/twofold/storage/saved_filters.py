"""Filters of the people table that were given a name."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, insert, select

from twofold.ports import SavedFilter
from twofold.storage.rollout_tables import saved_filters

COLUMNS = tuple(saved_filters.c)
OF_ACCOUNT = (
    select(*COLUMNS)
    .where(saved_filters.c.account_id == bindparam("account_id"))
    .order_by(saved_filters.c.name, saved_filters.c.id)
)
REMOVE = delete(saved_filters).where(
    saved_filters.c.account_id == bindparam("of_account"),
    saved_filters.c.id == bindparam("filter_id"),
)


class SavedFilters:
    """See `ports.SavedFilters`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def add(self, saved: SavedFilter) -> None:
        """Insert."""
        values = {column.name: getattr(saved, column.name) for column in COLUMNS}
        self._connection.execute(insert(saved_filters), values)

    def of_account(self, account_id: str) -> Sequence[SavedFilter]:
        """In the order of their names."""
        rows = self._connection.execute(OF_ACCOUNT, {"account_id": account_id})
        return [SavedFilter(*row) for row in rows]

    def remove(self, account_id: str, filter_id: str) -> bool:
        """False if the account has none with this id."""
        values = {"of_account": account_id, "filter_id": filter_id}
        return self._connection.execute(REMOVE, values).rowcount == 1
