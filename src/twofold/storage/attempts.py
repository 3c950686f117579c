"""Submitted codes and what became of them, of one person; of all: `attempt_lists.py`."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, insert, or_, select, update

from twofold.core.attempts import Attempt, AttemptPurpose, Outcome, Source
from twofold.core.clocks import Reading
from twofold.core.crowd import FARTHEST, Sighting
from twofold.core.diagnosis import Cause, Verdict
from twofold.core.people import Instant
from twofold.storage.attempt_lists import AttemptLists
from twofold.storage.statements import Statement
from twofold.storage.tables import Word, attempts

ATTEMPT = (
    attempts.c.id,
    attempts.c.account_id,
    attempts.c.person_id,
    attempts.c.purpose,
    attempts.c.outcome,
    attempts.c.tried_at,
    attempts.c.authenticator_id,
    attempts.c.step_offset,
    attempts.c.address,
    attempts.c.browser,
    attempts.c.known_browser,
    attempts.c.cause,
    attempts.c.certain,
    attempts.c.detail,
)
ADD = Statement(insert(attempts), columns=[column.name for column in ATTEMPT])
# Where nothing matched, the authenticator that was asked for stays.
EXPLAIN = (
    update(attempts)
    .where(attempts.c.id == bindparam("attempt_id"), attempts.c.cause.is_(None))
    .values(
        cause=bindparam("why"),
        certain=bindparam("is_certain"),
        detail=bindparam("in_detail"),
        authenticator_id=func.coalesce(
            bindparam("matched", type_=Word), attempts.c.authenticator_id
        ),
        step_offset=bindparam("by_steps"),
    )
)
FIND = select(*ATTEMPT).where(attempts.c.id == bindparam("attempt_id"))
VERDICTS = (
    select(
        attempts.c.cause,
        attempts.c.certain,
        attempts.c.authenticator_id,
        attempts.c.step_offset,
        attempts.c.detail,
    )
    .where(
        attempts.c.person_id == bindparam("person_id"),
        attempts.c.tried_at > bindparam("since"),
        attempts.c.cause.is_not(None),
    )
    .order_by(attempts.c.tried_at.desc(), attempts.c.id.desc())
    .limit(bindparam("limit"))
)
NEWEST = (
    select(*ATTEMPT)
    .where(attempts.c.person_id == bindparam("person_id"))
    .order_by(attempts.c.tried_at.desc(), attempts.c.id.desc())
    .limit(bindparam("limit"))
)
ACCEPTED = (
    select(attempts.c.tried_at, attempts.c.step_offset)
    .where(
        attempts.c.person_id == bindparam("person_id"),
        attempts.c.tried_at >= bindparam("since"),
        attempts.c.tried_at <= bindparam("until"),
        attempts.c.authenticator_id == bindparam("authenticator_id"),
        attempts.c.outcome == Outcome.ACCEPTED.value,
    )
    .order_by(attempts.c.tried_at.desc(), attempts.c.id.desc())
    .limit(bindparam("limit"))
)
MOST_LOOKED_AT = 5000
"""Newest attempts among which those are sought that tell of a clock: a flood of refused codes
makes the picture older, never the look slower."""
LOOKED_AT = (
    select(
        attempts.c.person_id,
        attempts.c.tried_at,
        attempts.c.step_offset,
        attempts.c.outcome,
        attempts.c.cause,
    )
    .where(attempts.c.tried_at > bindparam("since"), attempts.c.tried_at <= bindparam("until"))
    .order_by(attempts.c.tried_at.desc())
    .limit(MOST_LOOKED_AT)
    .subquery()
)
SIGHTINGS = (
    select(LOOKED_AT.c.person_id, LOOKED_AT.c.tried_at, LOOKED_AT.c.step_offset)
    .where(
        LOOKED_AT.c.step_offset.between(-FARTHEST, FARTHEST),
        or_(
            LOOKED_AT.c.outcome == Outcome.ACCEPTED.value,
            LOOKED_AT.c.cause.in_((Cause.CLOCK.value, Cause.TIME_ZONE.value)),
        ),
    )
    .order_by(LOOKED_AT.c.tried_at.desc())
    .limit(bindparam("limit"))
)
FAILURES = (
    select(attempts.c.tried_at)
    .where(
        attempts.c.person_id == bindparam("person_id"),
        attempts.c.outcome.in_((Outcome.RESERVED.value, Outcome.WRONG.value)),
    )
    .order_by(attempts.c.tried_at.desc())
    .limit(bindparam("limit"))
)


class Attempts(AttemptLists):
    """See `ports.Attempts`."""

    def add(self, attempt: Attempt) -> None:
        """Write down an attempt and what became of it."""
        ADD.run(self._connection, values_of(attempt))

    def explain(self, attempt_id: str, verdict: Verdict) -> None:
        """Write down why it was refused; only where that was not looked at yet."""
        values = {
            "attempt_id": attempt_id,
            "why": verdict.cause.value,
            "is_certain": verdict.certain,
            "in_detail": verdict.detail,
            "matched": verdict.authenticator_id,
            "by_steps": verdict.offset,
        }
        self._connection.execute(EXPLAIN, values)

    def find(self, attempt_id: str) -> Attempt | None:
        """The attempt with this id."""
        row = self._connection.execute(FIND, {"attempt_id": attempt_id}).one_or_none()
        return None if row is None else attempt_of(row)

    def verdicts(self, person_id: str, *, since: Instant, limit: int) -> Sequence[Verdict]:
        """The newest verdicts on the person's refused codes after a moment."""
        values = {"person_id": person_id, "since": since, "limit": limit}
        return [
            Verdict(Cause(cause), bool(certain), matched, offset, detail)
            for cause, certain, matched, offset, detail in self._connection.execute(
                VERDICTS, values
            )
        ]

    def failures(self, person_id: str, *, limit: int) -> Sequence[Instant]:
        """When the newest `limit` reserved or wrong attempts were made, newest first."""
        values = {"person_id": person_id, "limit": limit}
        return list(self._connection.execute(FAILURES, values).scalars())

    def of(self, person_id: str, *, limit: int) -> Sequence[Attempt]:
        """The newest attempts, newest first."""
        values = {"person_id": person_id, "limit": limit}
        return [attempt_of(row) for row in self._connection.execute(NEWEST, values)]

    def accepted(
        self, person_id: str, authenticator_id: str, *, since: Instant, until: Instant, limit: int
    ) -> Sequence[Reading]:
        """The newest accepted codes of one authenticator, from `since` to `until`."""
        values = {
            "person_id": person_id,
            "authenticator_id": authenticator_id,
            "since": since,
            "until": until,
            "limit": limit,
        }
        rows = self._connection.execute(ACCEPTED, values)
        return [Reading(at, offset) for at, offset in rows if offset is not None]

    def sightings(self, *, since: Instant, until: Instant, limit: int) -> Sequence[Sighting]:
        """The newest codes of everybody that tell how far a clock is off."""
        values = {"since": since, "until": until, "limit": limit}
        return [Sighting(*row) for row in self._connection.execute(SIGHTINGS, values)]


def attempt_of(values: Sequence[Any]) -> Attempt:
    """The attempt in the columns `ATTEMPT`."""
    id_, account_id, person_id, purpose, outcome, at, matched, offset, *place = values
    address, browser, known, cause, certain, detail = place
    return Attempt(
        id=id_,
        account_id=account_id,
        person_id=person_id,
        purpose=AttemptPurpose(purpose),
        outcome=Outcome(outcome),
        at=at,
        authenticator_id=matched,
        offset=offset,
        known_browser=bool(known),
        source=Source(address=address, browser=browser),
        cause=Cause(cause) if cause else None,
        certain=bool(certain),
        detail=detail,
    )


def values_of(attempt: Attempt) -> dict[str, Any]:
    """The row of an attempt."""
    return {
        "id": attempt.id,
        "account_id": attempt.account_id,
        "person_id": attempt.person_id,
        "purpose": attempt.purpose.value,
        "outcome": attempt.outcome.value,
        "tried_at": attempt.at,
        "authenticator_id": attempt.authenticator_id,
        "step_offset": attempt.offset,
        "address": attempt.source.address,
        "browser": attempt.source.browser,
        "known_browser": attempt.known_browser,
        "cause": attempt.cause.value if attempt.cause else None,
        "certain": attempt.certain,
        "detail": attempt.detail,
    }
