"""Attempts of applications that carried an id, with their answers."""

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from twofold.core.attempts import AttemptPurpose
from twofold.core.people import Instant
from twofold.core.verifications import Kept, Needed, Verdict, Verification
from twofold.storage.application_tables import verifications
from twofold.storage.statements import Statement

ADD = Statement(
    sqlite.insert(verifications).on_conflict_do_nothing(),
    postgres=postgresql.insert(verifications).on_conflict_do_nothing(),
    columns=[column.name for column in verifications.c],
)
FIND = Statement(
    select(*verifications.c).where(
        verifications.c.application_id == bindparam("of_application"),
        verifications.c.attempt == bindparam("of_attempt"),
    )
)
PURGE = delete(verifications).where(verifications.c.answered_at < bindparam("before"))


class Verifications:
    """See `ports.Verifications`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def find(self, application_id: str, attempt: str) -> Kept | None:
        """The attempt of this application with this id."""
        values = {"of_application": application_id, "of_attempt": attempt}
        row = FIND.one(self._connection, values)
        if row is None:
            return None
        application, key, person_id, asked_hash, outcome, needed, until, at, purpose = row
        answer = Verification(Verdict(outcome), Needed(needed), until)
        proved_by = AttemptPurpose(purpose) if purpose else None
        return Kept(application, key, person_id, asked_hash, answer, at, proved_by)

    def add(self, kept: Kept) -> bool:
        """Insert; false if the application has used this id before."""
        values = {
            "application_id": kept.application_id,
            "attempt": kept.attempt,
            "person_id": kept.person_id,
            "asked_hash": kept.asked_hash,
            "outcome": kept.answer.verdict.value,
            "needed": kept.answer.needed.value,
            "until_at": kept.answer.until,
            "answered_at": kept.answered_at,
            "purpose": kept.purpose.value if kept.purpose else "",
        }
        return ADD.run(self._connection, values) == 1

    def purge(self, before: Instant) -> int:
        """Delete those answered before this moment; how many."""
        return self._connection.execute(PURGE, {"before": before}).rowcount
