"""Second mail addresses."""

from sqlalchemy import Connection, bindparam, delete, select, update

from twofold.core.addresses import SecondAddress
from twofold.core.people import Instant
from twofold.storage.engine import insert_or_replace
from twofold.storage.statements import Statement
from twofold.storage.tables import addresses

OF_PERSON = addresses.c.person_id == bindparam("of_person")
PUT = {
    dialect: insert_or_replace(
        dialect, addresses, "person_id", ("email", "added_at", "confirmed_at")
    )
    for dialect in ("sqlite", "postgresql")
}
OF = Statement(
    select(
        addresses.c.person_id,
        addresses.c.account_id,
        addresses.c.email,
        addresses.c.added_at,
        addresses.c.confirmed_at,
    ).where(OF_PERSON)
)
PEOPLE = select(addresses.c.person_id).where(addresses.c.account_id == bindparam("account_id"))
CONFIRM = (
    update(addresses)
    .where(OF_PERSON, addresses.c.confirmed_at.is_(None))
    .values(confirmed_at=bindparam("at"))
)
REMOVE = delete(addresses).where(OF_PERSON)


class Addresses:
    """See `ports.Addresses`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection, self._put = connection, PUT[connection.dialect.name]

    def put(self, address: SecondAddress) -> None:
        """Insert, or take the place of the one that is there."""
        values = {
            "person_id": address.person_id,
            "account_id": address.account_id,
            "email": address.email,
            "added_at": address.added_at,
            "confirmed_at": address.confirmed_at,
        }
        self._connection.execute(self._put, values)

    def of(self, person_id: str) -> SecondAddress | None:
        """The person's, confirmed or not."""
        row = OF.one(self._connection, {"of_person": person_id})
        return None if row is None else SecondAddress(*row)

    def people(self, account_id: str) -> set[str]:
        """The ids of everybody of the account who has one, confirmed or not."""
        rows = self._connection.execute(PEOPLE, {"account_id": account_id})
        return set(rows.scalars())

    def confirm(self, person_id: str, *, at: Instant) -> bool:
        """True for exactly one caller."""
        values = {"of_person": person_id, "at": at}
        return self._connection.execute(CONFIRM, values).rowcount == 1

    def remove(self, person_id: str) -> bool:
        """True for exactly one caller."""
        return self._connection.execute(REMOVE, {"of_person": person_id}).rowcount == 1
