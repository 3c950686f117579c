"""The rollout in numbers, each counted over the rows as they are."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, union_all

from twofold.core.attempts import Outcome
from twofold.core.people import DAY, Account, Instant, PersonKind, PersonState
from twofold.core.progress import Facts, Funnel, Mark
from twofold.storage.people_rows import ENROLLED
from twofold.storage.people_table import Demands
from twofold.storage.rollout_tables import enrolments, notices
from twofold.storage.tables import attempts, authenticators, fixed, passkeys, people

MOST_DURATIONS = 20_000
COUNTS = (
    people.c.account_id == bindparam("account_id"),
    people.c.state != fixed(PersonState.DISABLED),
    people.c.kind == fixed(PersonKind.PERSON),
)
PEOPLE = select(func.count()).select_from(people).where(*COUNTS)
FACTORS = union_all(
    select(authenticators.c.person_id, authenticators.c.confirmed_at.label("at")).where(
        authenticators.c.account_id == bindparam("account_id"),
        authenticators.c.confirmed_at.is_not(None),
    ),
    select(passkeys.c.person_id, passkeys.c.created_at.label("at")).where(
        passkeys.c.account_id == bindparam("account_id")
    ),
).subquery("factors")
FIRST = (
    select(FACTORS.c.person_id, func.min(FACTORS.c.at).label("at"))
    .group_by(FACTORS.c.person_id)
    .subquery("first")
)
ENROLLED_ON = (
    select((FIRST.c.at // DAY).label("day"), func.count())
    .select_from(people.join(FIRST, FIRST.c.person_id == people.c.id))
    .where(*COUNTS, ENROLLED)
    .group_by("day")
)
ON_ROAD = (*COUNTS, enrolments.c.round == bindparam("round"))
ROAD = people.join(enrolments, enrolments.c.person_id == people.c.id)
FUNNEL = (
    select(
        func.count(),
        func.count(enrolments.c.told_at),
        func.count(enrolments.c.opened_at),
        func.count(enrolments.c.started_at),
        func.count(enrolments.c.finished_at),
    )
    .select_from(ROAD)
    .where(*ON_ROAD)
)
DURATIONS = (
    select(enrolments.c.finished_at - enrolments.c.told_at)
    .select_from(ROAD)
    .where(*ON_ROAD, enrolments.c.finished_at >= enrolments.c.told_at)
    .order_by(enrolments.c.finished_at.desc())
    .limit(MOST_DURATIONS)
)
TRIED = (
    attempts.c.account_id == bindparam("account_id"),
    attempts.c.tried_at >= bindparam("since"),
)
REFUSALS = (
    select(
        (attempts.c.tried_at // DAY).label("day"),
        func.coalesce(attempts.c.cause, attempts.c.outcome).label("why"),
        func.count(),
    )
    .where(
        *TRIED,
        attempts.c.outcome.not_in((fixed(Outcome.ACCEPTED), fixed(Outcome.RESERVED))),
    )
    .group_by("day", "why")
)
DRIFTS = (
    select(attempts.c.step_offset, func.count())
    .where(
        *TRIED,
        attempts.c.outcome == fixed(Outcome.ACCEPTED),
        attempts.c.step_offset.is_not(None),
    )
    .group_by(attempts.c.step_offset)
)
WRITTEN = (
    select((notices.c.written_at // DAY).label("day"), notices.c.kind, func.count())
    .where(notices.c.account_id == bindparam("account_id"), notices.c.round == bindparam("round"))
    .group_by("day", notices.c.kind)
    .order_by("day")
)


class Progress:
    """See `ports.Progress`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def facts(self, account: Account, now: Instant, *, since: Instant) -> Facts:
        """Everything that is counted; codes from `since` on."""
        values = {
            "account_id": account.id,
            "round": account.policy.round,
            "now": now,
            "since": since,
        }
        run = self._connection.execute
        by_day = {int(day): int(number) for day, number in run(ENROLLED_ON, values)}
        funnel = run(FUNNEL, values).one()
        return Facts(
            people=run(PEOPLE, values).scalar_one(),
            enrolled=sum(by_day.values()),
            enrolled_by_day=by_day,
            funnel=Funnel(*(int(number) for number in funnel)),
            durations=[int(seconds) for seconds in run(DURATIONS, values).scalars()],
            refusals={(int(day), str(why)): int(n) for day, why, n in run(REFUSALS, values)},
            drifts={int(step): int(n) for step, n in run(DRIFTS, values)},
            marks=self._marks(account, values),
            ahead={int(due): int(n) for due, n in run(ahead(account, now))},
        )

    def _marks(self, account: Account, values: Mapping[str, object]) -> list[Mark]:
        switched = [Mark(rule.since // DAY, "switch", 1) for rule in account.policy.demands]
        rows = self._connection.execute(WRITTEN, values)
        return [*switched, *(Mark(int(day), kind, int(number)) for day, kind, number in rows)]


def ahead(account: Account, now: Instant) -> Select[Any]:
    """How many people have until which moment: those whom the people table shows as such."""
    return (
        select(people.c.due_at, func.count())
        .where(people.c.account_id == account.id, Demands(account, now).due_between(now, None))
        .group_by(people.c.due_at)
        .order_by(people.c.due_at)
    )
