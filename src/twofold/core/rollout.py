"""The road to everybody enrolled: the work in batches, and the notices to each person."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from twofold.core.moments import day_in
from twofold.core.people import DAY, HOUR, MINUTE, Instant

BATCH = 500
"""People whom one transaction reaches."""
FIRST_BATCH = 50
"""The same within the switch itself, where more than `BATCH` people wait for their turn."""
HOLD = MINUTE
"""Seconds for which the first mails of a wave wait: the time to see a mistake and take it back."""
WARN_BEFORE = 7 * DAY
"""Seconds before its end at which an exemption is warned of."""
DORMANT = 90 * DAY
"""Seconds without a sign-in after which somebody counts as dormant."""


class Work(StrEnum):
    """What is done to each person whom a rule covers."""

    BEGIN = "begin"
    """Their time begins and they are told."""
    ANEW = "anew"
    """The rules are others: their date is computed anew, and they are told where it is another."""


class ExpansionState(StrEnum):
    """How far the work is."""

    WAITING = "waiting"
    DONE = "done"
    UNDONE = "undone"
    """Taken back before its first mail had left."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """The work that a change of the rules makes, with the place it has come to."""

    id: str
    account_id: str
    rule_id: str
    work: Work
    state: ExpansionState
    by_id: str | None
    """The admin who moved the switch; None for the command line."""
    starts_at: Instant
    mails_at: Instant
    """Its mails leave no earlier."""
    after: str
    """The id of the last person reached; "" at the beginning."""
    total: int
    """People whom the rule covered when the work was written down."""
    done: int
    mails: int
    created_at: Instant
    finished_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """How far somebody has come who must set up. Decides nothing; pages count it."""

    person_id: str
    account_id: str
    round: int
    told_at: Instant | None = None
    opened_at: Instant | None = None
    """The link of a mail was opened."""
    started_at: Instant | None = None
    finished_at: Instant | None = None
    next_at: Instant | None = None
    """When the next notice is due; None when none is."""
    next_notice: str = ""


@dataclass(frozen=True, slots=True)
class Exemption:
    """Somebody is left out of the demand for a while."""

    id: str
    account_id: str
    person_id: str
    approver_id: str
    """The admin who gave it."""
    reason: str
    given_at: Instant
    until_at: Instant
    ended_at: Instant | None = None
    warned_at: Instant | None = None


START = "start"
"""The kind of the first notice. Its mail is the switch's, or an invitation."""
LAST = "last"
"""The kind of the notice on the morning of the deadline."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One reminder: its kind, unique in a round, and when it is due."""

    kind: str
    at: Instant
    days_left: int
    """Full days until the deadline, as a person counts them; 0 on the day itself."""


SINCE_BEGIN, EVERY_WEEK_FROM = (2, 10), 17
"""Days after the beginning on which somebody is reminded; then every seven days."""
BEFORE_DUE = (7, 3, 1)
"""Days before the deadline on which somebody is reminded."""
REMIND_AT, LAST_AT = time(9, 0), time(7, 0)


def schedule(began: Instant, due: Instant, zone: str) -> tuple[Notice, ...]:
    """The reminders between the beginning of somebody's time and its end, in their order.

    Each falls on 09:00 in the person's zone, the last one on 07:00 of the day itself, always
    before the deadline. Those counted from the beginning end a week before it, where the countdown
    begins. Nothing falls into the first day.
    """
    place = ZoneInfo(zone)
    first, last = day_in(began, zone), day_in(due, zone)
    length = (last - first).days
    early = [*SINCE_BEGIN, *range(EVERY_WEEK_FROM, max(length, 0), 7)]
    wanted = [
        *((f"day-{n}", first + timedelta(n), REMIND_AT) for n in early if n < length - 7),
        *((f"left-{n}", last - timedelta(n), REMIND_AT) for n in BEFORE_DUE),
        (LAST, last, LAST_AT),
    ]
    found = []
    for kind, day, hour in wanted:
        at = round(datetime.combine(day, hour, place).timestamp())
        if kind == LAST:
            at = min(at, due - 2 * HOUR)
        if began + DAY <= at < due:
            found.append(Notice(kind, at, (last - day).days))
    return tuple(found)


def due_and_next(notices: tuple[Notice, ...], now: Instant) -> tuple[Notice | None, Notice | None]:
    """The latest notice that is due and the next one that is not. After a standstill nobody is
    sent everything that was missed.
    """
    past = [notice for notice in notices if notice.at <= now]
    ahead = [notice for notice in notices if notice.at > now]
    return (past[-1] if past else None), (ahead[0] if ahead else None)
