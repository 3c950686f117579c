"""Temporary passes: keyed hashes, each used once or until it ends."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, insert, not_, or_, select, update

from twofold.core.passes import Pass
from twofold.core.people import Instant
from twofold.storage.desk_tables import temporary_passes

OF_PERSON = temporary_passes.c.person_id == bindparam("of_person")
IS_IT = temporary_passes.c.code_hash.in_(bindparam("hashes", expanding=True))
WORKS = (
    temporary_passes.c.ended_at.is_(None),
    temporary_passes.c.expires_at > bindparam("at"),
    or_(not_(temporary_passes.c.once), temporary_passes.c.used_at.is_(None)),
)
# Promise P2: the row count of this one statement is the permission.
USE = update(temporary_passes).where(OF_PERSON, IS_IT, *WORKS).values(used_at=bindparam("at"))
END_ALL = update(temporary_passes).where(OF_PERSON, *WORKS).values(ended_at=bindparam("at"))
KNOWN = select(temporary_passes.c.id).where(OF_PERSON, IS_IT)
NEWEST = (
    select(
        temporary_passes.c.id,
        temporary_passes.c.account_id,
        temporary_passes.c.person_id,
        temporary_passes.c.created_at,
        temporary_passes.c.expires_at,
        temporary_passes.c.once,
        temporary_passes.c.used_at,
        temporary_passes.c.ended_at,
        temporary_passes.c.made_by,
    )
    .where(OF_PERSON)
    .order_by(temporary_passes.c.created_at.desc(), temporary_passes.c.id.desc())
    .limit(1)
)


class Passes:
    """See `ports.Passes`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def add(self, made: Pass, code_hash: str) -> None:
        """Insert."""
        values = {
            "id": made.id,
            "account_id": made.account_id,
            "person_id": made.person_id,
            "code_hash": code_hash,
            "created_at": made.created_at,
            "expires_at": made.expires_at,
            "once": made.once,
            "used_at": made.used_at,
            "ended_at": made.ended_at,
            "made_by": made.made_by,
        }
        self._connection.execute(insert(temporary_passes), values)

    def use(self, person_id: str, hashes: Sequence[str], *, at: Instant) -> bool:
        """Use it: of one that is for once, true for exactly one caller."""
        values = {"of_person": person_id, "hashes": hashes, "at": at}
        return self._connection.execute(USE, values).rowcount == 1

    def is_known(self, person_id: str, hashes: Sequence[str]) -> bool:
        """Whether it was one of the person's passes."""
        values = {"of_person": person_id, "hashes": hashes}
        return self._connection.execute(KNOWN, values).first() is not None

    def newest(self, person_id: str) -> Pass | None:
        """The last one that was made."""
        row = self._connection.execute(NEWEST, {"of_person": person_id}).one_or_none()
        if row is None:
            return None
        id_, account_id, owner, created_at, expires_at, once, *rest = row
        return Pass(id_, account_id, owner, created_at, expires_at, bool(once), *rest)

    def end_all(self, person_id: str, *, at: Instant) -> int:
        """End those that still work."""
        return self._connection.execute(END_ALL, {"of_person": person_id, "at": at}).rowcount
