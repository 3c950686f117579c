"""The codes of a whole account, for the radar: the newest ones, and the older ones in numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, case, distinct, func, select

from twofold.core.attempts import Outcome
from twofold.core.authenticators import AuthenticatorState
from twofold.core.diagnosis import Cause
from twofold.core.people import HOUR, Instant
from twofold.core.radar_groups import BY_OUTCOME, Cell, HourCount, Try
from twofold.storage.tables import attempts, authenticators, fixed

MOST_REMEMBERED = 200_000
"""Newest attempts that numbers are made of: a flood of codes makes the past shorter, and no look
slower."""


def newest(limit: Any) -> Select[Any]:
    """The newest attempts of an account within a time, by the index on the time."""
    return (
        select(attempts)
        .where(
            attempts.c.account_id == bindparam("account_id"),
            attempts.c.tried_at > bindparam("since"),
            attempts.c.tried_at <= bindparam("until"),
        )
        .order_by(attempts.c.tried_at.desc())
        .limit(limit)
    )


def refused(of: Any) -> Any:
    """1 for a code that was refused, 0 for one that was accepted."""
    return case((of.c.outcome == fixed(Outcome.ACCEPTED), 0), else_=1)


def cause(of: Any) -> Any:
    """Why it was refused, as `cause_of` says it."""
    own = [(of.c.outcome == fixed(outcome), fixed(why)) for outcome, why in BY_OUTCOME.items()]
    return func.coalesce(of.c.cause, case(*own))


RECENT = newest(bindparam("limit")).subquery()
PAST = newest(MOST_REMEMBERED).subquery()
SHOWN_BY, IN_FORCE = authenticators.alias("shown_by"), authenticators.alias("in_force")
OTHERS = authenticators.alias("others")


def with_app(of: Any) -> Any:
    """Attempts with the authenticator whose code it was, and with the newest one in force."""
    newest = (
        select(func.max(OTHERS.c.id))
        .where(
            OTHERS.c.person_id == of.c.person_id,
            OTHERS.c.state == fixed(AuthenticatorState.ACTIVE),
        )
        .scalar_subquery()
    )
    return of.outerjoin(SHOWN_BY, SHOWN_BY.c.id == of.c.authenticator_id).outerjoin(
        IN_FORCE, IN_FORCE.c.id == newest
    )


APP = func.coalesce(func.nullif(SHOWN_BY.c.app, ""), IN_FORCE.c.app, "").label("app")
"""The app that showed the code; of a code that fits nothing, the one that its owner uses."""

TRIES = (
    select(
        RECENT.c.person_id,
        RECENT.c.tried_at,
        APP,
        RECENT.c.browser,
        refused(RECENT),
        cause(RECENT),
    )
    .select_from(with_app(RECENT))
    .order_by(RECENT.c.tried_at, RECENT.c.id)
)
PER_HOUR = (
    select(APP, PAST.c.browser.label("browser"), func.max(refused(PAST)).label("refused"))
    .select_from(with_app(PAST))
    .group_by(PAST.c.person_id, PAST.c.tried_at // HOUR, APP, PAST.c.browser)
    .subquery()
)
CELLS = select(
    PER_HOUR.c.app, PER_HOUR.c.browser, func.count(), func.sum(PER_HOUR.c.refused)
).group_by(PER_HOUR.c.app, PER_HOUR.c.browser)
PER_CAUSE = (
    select(cause(PAST).label("why"))
    .where(refused(PAST) == 1)
    .group_by(PAST.c.person_id, PAST.c.tried_at // HOUR, cause(PAST))
    .subquery()
)
CAUSES = (
    select(PER_CAUSE.c.why, func.count())
    .where(PER_CAUSE.c.why.is_not(None))
    .group_by(PER_CAUSE.c.why)
)
AT = (PAST.c.tried_at // HOUR * HOUR).label("hour")
HOURS = (
    select(
        AT,
        func.count(distinct(PAST.c.person_id)),
        func.count(distinct(case((refused(PAST) == 1, PAST.c.person_id)))),
    )
    .group_by(AT)
    .order_by(AT)
)


class AttemptLists:
    """The account half of `ports.Attempts`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def tries(
        self, account_id: str, *, since: Instant, until: Instant, limit: int
    ) -> Sequence[Try]:
        """The newest `limit` codes after `since` and up to `until`, oldest first."""
        values = {"account_id": account_id, "since": since, "until": until, "limit": limit}
        return [
            Try(person, at, app, browser, bool(wrong), Cause(why) if wrong and why else None)
            for person, at, app, browser, wrong, why in self._connection.execute(TRIES, values)
        ]

    def cells(self, account_id: str, *, since: Instant, until: Instant) -> Sequence[Cell]:
        """People and hours in which they tried, and in which they were refused, in numbers."""
        values = {"account_id": account_id, "since": since, "until": until}
        return [
            Cell(app, browser, int(tried), int(wrong))
            for app, browser, tried, wrong in self._connection.execute(CELLS, values)
        ]

    def causes(self, account_id: str, *, since: Instant, until: Instant) -> Mapping[Cause, int]:
        """People and hours in which they were refused, by why."""
        values = {"account_id": account_id, "since": since, "until": until}
        return {Cause(why): count for why, count in self._connection.execute(CAUSES, values)}

    def hours(self, account_id: str, *, since: Instant, until: Instant) -> Sequence[HourCount]:
        """The hours in which somebody tried, oldest first."""
        values = {"account_id": account_id, "since": since, "until": until}
        return [
            HourCount(int(at), tried, wrong)
            for at, tried, wrong in self._connection.execute(HOURS, values)
        ]
