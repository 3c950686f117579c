"""Recovery codes: a set of keyed hashes per person, each used at most once."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from twofold.core.people import Instant, Person
from twofold.core.recovery import RecoveryStanding
from twofold.storage.journal import Keeps
from twofold.storage.tables import recovery_codes

OF_PERSON = recovery_codes.c.person_id == bindparam("of_person")
IS_IT = recovery_codes.c.code_hash.in_(bindparam("hashes", expanding=True))
UNUSED = recovery_codes.c.used_at.is_(None)
# Promise P2: the row that this one statement returns is the permission.
USE = (
    update(recovery_codes)
    .where(OF_PERSON, IS_IT, UNUSED)
    .values(used_at=bindparam("at"))
    .returning(recovery_codes.c.id)
)
SPENT = select(recovery_codes.c.id).where(OF_PERSON, IS_IT, recovery_codes.c.used_at.is_not(None))
DROP = delete(recovery_codes).where(OF_PERSON).returning(recovery_codes.c.created_at)
STORED = (
    update(recovery_codes)
    .where(OF_PERSON, recovery_codes.c.stored_at.is_(None))
    .values(stored_at=bindparam("at"))
)
STANDING = select(
    func.count().filter(UNUSED),
    func.max(recovery_codes.c.created_at),
    func.max(recovery_codes.c.stored_at),
).where(OF_PERSON)


class Recovery:
    """See `ports.Recovery`."""

    def __init__(self, connection: Connection, journal: Keeps) -> None:
        """On the connection of one transaction; `journal` hears what a backup cannot know."""
        self._connection, self._journal = connection, journal

    def replace(
        self, person: Person, hashes: Sequence[str], *, ids: Sequence[str], at: Instant
    ) -> None:
        """A new set in place of the one before."""
        self.end_all(person.id)
        rows = [
            {
                "id": id_,
                "account_id": person.account_id,
                "person_id": person.id,
                "code_hash": code_hash,
                "created_at": at,
            }
            for id_, code_hash in zip(ids, hashes, strict=True)
        ]
        self._connection.execute(insert(recovery_codes), rows)

    def use(self, person_id: str, hashes: Sequence[str], *, at: Instant) -> bool:
        """Use it up: true for exactly one caller."""
        values = {"of_person": person_id, "hashes": hashes, "at": at}
        used = self._connection.execute(USE, values).scalar_one_or_none()
        if used is not None:
            self._journal.spent(used)
        return used is not None

    def is_spent(self, person_id: str, hashes: Sequence[str]) -> bool:
        """Whether it is one of the set that was used before."""
        values = {"of_person": person_id, "hashes": hashes}
        return self._connection.execute(SPENT, values).first() is not None

    def standing(self, person_id: str) -> RecoveryStanding | None:
        """What is left of the set."""
        left, made_at, stored_at = self._connection.execute(
            STANDING, {"of_person": person_id}
        ).one()
        return None if made_at is None else RecoveryStanding(left, made_at, stored_at)

    def stored(self, person_id: str, *, at: Instant) -> bool:
        """Note that the person has stored the set."""
        values = {"of_person": person_id, "at": at}
        return self._connection.execute(STORED, values).rowcount > 0

    def end_all(self, person_id: str) -> int:
        """Delete the set."""
        made = self._connection.execute(DROP, {"of_person": person_id}).scalars().all()
        if made:
            self._journal.ended(person_id, max(made))
        return len(made)
