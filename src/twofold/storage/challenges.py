"""Challenges of passkey ceremonies: each answered once, in its own browser, within minutes."""

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from twofold.core.passkeys import Ceremony, Challenge
from twofold.core.people import Instant
from twofold.storage.tables import challenges

CHALLENGE = (
    challenges.c.id,
    challenges.c.ceremony,
    challenges.c.person_id,
    challenges.c.bound_to,
    challenges.c.source,
    challenges.c.created_at,
    challenges.c.expires_at,
)
# Promise P2: the row that this one statement gives back is the permission to look at the answer.
USE = (
    update(challenges)
    .where(
        challenges.c.challenge_hash == bindparam("hash"),
        challenges.c.ceremony == bindparam("of_ceremony"),
        challenges.c.bound_to == bindparam("browser"),
        challenges.c.used_at.is_(None),
        challenges.c.created_at <= bindparam("at"),
        challenges.c.expires_at > bindparam("at"),
    )
    .values(used_at=bindparam("at"))
    .returning(*CHALLENGE)
)
ALIVE = select(func.count()).where(challenges.c.expires_at > bindparam("now"))
OF_PERSON = ALIVE.where(challenges.c.person_id == bindparam("of_person"))
OF_SOURCE = ALIVE.where(
    challenges.c.source == bindparam("of_source"), challenges.c.person_id.is_(None)
)
END_ALL = delete(challenges).where(challenges.c.person_id == bindparam("of_person"))
PURGE = delete(challenges).where(challenges.c.expires_at < bindparam("before"))


class Challenges:
    """See `ports.Challenges`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def add(self, challenge: Challenge, challenge_hash: bytes) -> None:
        """Insert; the challenge itself is not stored."""
        values = {
            "id": challenge.id,
            "ceremony": challenge.ceremony.value,
            "challenge_hash": challenge_hash,
            "person_id": challenge.person_id,
            "bound_to": challenge.bound_to,
            "source": challenge.source,
            "created_at": challenge.created_at,
            "expires_at": challenge.expires_at,
        }
        self._connection.execute(insert(challenges), values)

    def use(
        self, challenge_hash: bytes, *, ceremony: Ceremony, bound_to: str, at: Instant
    ) -> Challenge | None:
        """Use it up: the challenge for exactly one caller, None for everybody else."""
        values = {
            "hash": challenge_hash,
            "of_ceremony": ceremony.value,
            "browser": bound_to,
            "at": at,
        }
        row = self._connection.execute(USE, values).one_or_none()
        if row is None:
            return None
        id_, kind, *rest = row
        return Challenge(id_, Ceremony(kind), *rest)

    def alive_of(self, person_id: str, now: Instant) -> int:
        """How many of the person's are not too old yet."""
        values = {"of_person": person_id, "now": now}
        return self._connection.execute(OF_PERSON, values).scalar_one()

    def alive_from(self, source: str, now: Instant) -> int:
        """How many of nobody's, made from this source, are not too old yet."""
        values = {"of_source": source, "now": now}
        return self._connection.execute(OF_SOURCE, values).scalar_one()

    def end_all(self, person_id: str) -> int:
        """Nothing that was begun for the person can be answered any more; how many."""
        return self._connection.execute(END_ALL, {"of_person": person_id}).rowcount

    def purge(self, before: Instant) -> int:
        """Delete those that were too old before this moment; how many."""
        return self._connection.execute(PURGE, {"before": before}).rowcount
