"""How far those have come who must set up, and which notices they were sent."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from twofold.core.people import Instant, Person
from twofold.core.rollout import Enrolment
from twofold.ports import NearStops
from twofold.storage.engine import insert_or_replace
from twofold.storage.rollout_tables import enrolments, near_stops, notices
from twofold.storage.statements import Statement

COLUMNS = tuple(enrolments.c)
NAMES = tuple(column.name for column in COLUMNS)
VALUES = attrgetter(*NAMES)
PUT = Statement(
    insert_or_replace("sqlite", enrolments, "person_id", NAMES[1:]),
    postgres=insert_or_replace("postgresql", enrolments, "person_id", NAMES[1:]),
)
MARKS = {
    "opened": enrolments.c.opened_at,
    "started": enrolments.c.started_at,
    "finished": enrolments.c.finished_at,
}
OF = Statement(select(*COLUMNS).where(enrolments.c.person_id == bindparam("person_id")))
DUE = (
    select(*COLUMNS)
    .where(enrolments.c.next_at <= bindparam("now"))
    .order_by(enrolments.c.next_at, enrolments.c.person_id)
    .limit(bindparam("limit"))
)
TOLD = Statement(
    update(enrolments)
    .where(
        enrolments.c.person_id == bindparam("of_person"),
        enrolments.c.round == bindparam("of_round"),
    )
    .values(told_at=bindparam("at"))
)
NOTICED = Statement(
    select(notices.c.mail_id).where(
        notices.c.person_id == bindparam("person_id"),
        notices.c.round == bindparam("round"),
        notices.c.kind == bindparam("kind"),
    )
)
CLAIM = Statement(
    sqlite.insert(notices).on_conflict_do_nothing(),
    postgres=postgresql.insert(notices).on_conflict_do_nothing(),
    columns=("person_id", "round", "kind", "account_id", "mail_id", "written_at"),
)


NEAR_STOPS = select(
    func.count(), func.sum(near_stops.c.times), func.max(near_stops.c.last_at)
).where(near_stops.c.account_id == bindparam("account_id"))


def _counting(insert: Any) -> Any:
    return insert.on_conflict_do_update(
        index_elements=["person_id"],
        set_={"times": near_stops.c.times + 1, "last_at": insert.excluded.last_at},
    )


NEAR_STOP = {
    "sqlite": _counting(sqlite.insert(near_stops)),
    "postgresql": _counting(postgresql.insert(near_stops)),
}


class Enrolments:
    """See `ports.Enrolments`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection, self._dialect = connection, connection.dialect.name

    def of(self, person_id: str) -> Enrolment | None:
        """The person's row, or None."""
        row = OF.one(self._connection, {"person_id": person_id})
        return None if row is None else Enrolment(*row)

    def put(self, enrolment: Enrolment) -> None:
        """Insert, or replace the person's row."""
        values = dict(zip(NAMES, VALUES(enrolment), strict=True))
        PUT.run(self._connection, values)

    def told(self, person_id: str, *, round_: int, at: Instant) -> bool:
        """Note when the first notice of this round leaves; false if there is no row yet."""
        return (
            TOLD.run(self._connection, {"of_person": person_id, "of_round": round_, "at": at}) == 1
        )

    def claim_notice(
        self, person: Person, *, round_: int, kind: str, mail_id: str, at: Instant
    ) -> bool:
        """Note that this notice is written to the person in this round; false if it was."""
        values = {
            "person_id": person.id,
            "round": round_,
            "kind": kind,
            "account_id": person.account_id,
            "mail_id": mail_id,
            "written_at": at,
        }
        return CLAIM.run(self._connection, values) == 1

    def was_noticed(self, person_id: str, *, round_: int, kind: str) -> bool:
        """Whether this notice was written to the person in this round."""
        values = {"person_id": person_id, "round": round_, "kind": kind}
        return NOTICED.one(self._connection, values) is not None

    def due(self, now: Instant, *, limit: int) -> Sequence[Enrolment]:
        """Those with a notice due, oldest due first, not locked."""
        rows = self._connection.execute(DUE, {"now": now, "limit": limit})
        return [Enrolment(*row) for row in rows]

    def mark(self, person_id: str, step: str, at: Instant) -> None:
        """Note that the person opened, started or finished, if it is not noted already."""
        column = MARKS[step]
        values: dict[str, object] = {column.name: at}
        if column is enrolments.c.finished_at:
            values |= {"next_at": None, "next_notice": ""}
        self._connection.execute(
            update(enrolments)
            .where(enrolments.c.person_id == person_id, column.is_(None))
            .values(**values)
        )

    def near_stops(self, account_id: str) -> NearStops:
        """How many people, how often, and when last."""
        row = self._connection.execute(NEAR_STOPS, {"account_id": account_id}).one()
        return NearStops(row[0], int(row[1] or 0), row[2])

    def near_stop(self, person: Person, at: Instant) -> None:
        """Count one sign-in that would have been stopped if anybody were."""
        values = {
            "person_id": person.id,
            "account_id": person.account_id,
            "times": 1,
            "last_at": at,
        }
        self._connection.execute(NEAR_STOP[self._dialect], values)
