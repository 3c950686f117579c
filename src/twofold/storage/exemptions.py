"""Who is left out of a demand, why, by whom, until when."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from twofold.core.people import Instant
from twofold.core.rollout import Exemption
from twofold.storage.rollout_tables import exemptions

COLUMNS = tuple(exemptions.c)
OPEN = exemptions.c.ended_at.is_(None)
OF = (
    select(*COLUMNS)
    .where(exemptions.c.person_id == bindparam("person_id"))
    .order_by(exemptions.c.id.desc())
)
DUE = (
    select(*COLUMNS)
    .where(
        OPEN,
        (exemptions.c.until_at <= bindparam("now"))
        | (exemptions.c.warned_at.is_(None) & (exemptions.c.until_at <= bindparam("warn_until"))),
    )
    .order_by(exemptions.c.until_at, exemptions.c.id)
    .limit(1)
)
END = (
    update(exemptions)
    .where(exemptions.c.id == bindparam("exemption_id"), OPEN)
    .values(ended_at=bindparam("at"))
)
WARN = (
    update(exemptions)
    .where(exemptions.c.id == bindparam("exemption_id"), OPEN, exemptions.c.warned_at.is_(None))
    .values(warned_at=bindparam("at"))
)


class Exemptions:
    """See `ports.Exemptions`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def add(self, exemption: Exemption) -> None:
        """Insert."""
        values = {column.name: getattr(exemption, column.name) for column in COLUMNS}
        self._connection.execute(insert(exemptions), values)

    def of(self, person_id: str) -> Sequence[Exemption]:
        """The person's, newest first."""
        return [_of(row) for row in self._connection.execute(OF, {"person_id": person_id})]

    def due(self, now: Instant, *, warn_until: Instant) -> Exemption | None:
        """The first that is over, or ends by `warn_until` and nobody was warned; not locked."""
        values = {"now": now, "warn_until": warn_until}
        row = self._connection.execute(DUE, values).one_or_none()
        return None if row is None else _of(row)

    def end(self, exemption_id: str, at: Instant) -> bool:
        """End it; false if it had ended."""
        return self._connection.execute(END, _at(exemption_id, at)).rowcount == 1

    def warn(self, exemption_id: str, at: Instant) -> bool:
        """Note that its end was said; false if it was noted."""
        return self._connection.execute(WARN, _at(exemption_id, at)).rowcount == 1


def _at(exemption_id: str, at: Instant) -> dict[str, object]:
    return {"exemption_id": exemption_id, "at": at}


def _of(row: Sequence[Any]) -> Exemption:
    return Exemption(*row)
