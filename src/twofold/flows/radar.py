"""The incident radar: what is usual, what stands out now, and the page that shows both.

Every flow here only reads, and runs beside the writers (`Store.read`). What is usual changes
slowly and is dear to count, so whoever looks often keeps it for a while: `flows/radar_watch.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core import radar
from twofold.core.apps import Catalogue
from twofold.core.people import DAY, HOUR, Instant, Person
from twofold.core.radar import REMEMBERED, Incident, Row
from twofold.core.radar_groups import EVERYBODY, Dimension, HourCount, Usual, usual_of
from twofold.core.rates import expected, share_of
from twofold.ports import Tx

CHARTED = 48
"""Hours of the chart."""
MOST_TRIES = 20_000
"""Codes of the last day that are looked at: the newest, under a flood."""
MOST_LISTED = 50
"""People of one incident who are named."""


@dataclass(frozen=True, slots=True)
class Told:
    """An incident with the people whom it is about."""

    incident: Incident
    people: Sequence[Person]
    """At most `MOST_LISTED`, by name."""
    more: int
    """How many are not named."""


@dataclass(frozen=True, slots=True)
class RadarPage:
    """What the page shows."""

    told: Sequence[Told]
    rows: Sequence[Row]
    """The groups of the dimension that was asked for, over the last day."""
    hours: Sequence[HourCount]
    """Every hour of the chart, oldest first, the one that runs now last."""
    refused: int
    """People whose codes were refused in the last day."""
    tried: int
    """People who entered a code in the last day."""
    expected: float
    """How many of them would usually be refused."""


def usual(tx: Tx, now: Instant, *, account_id: str, catalogue: Catalogue) -> Usual:
    """What is usual: the 28 days before the last one."""
    since, until = now - DAY - REMEMBERED, now - DAY
    cells = tx.attempts.cells(account_id, since=since, until=until)
    causes = tx.attempts.causes(account_id, since=since, until=until)
    return usual_of(cells, causes, catalogue)


def look(
    tx: Tx, now: Instant, *, account_id: str, catalogue: Catalogue, usual: Usual
) -> tuple[Incident, ...]:
    """What stands out now; mostly nothing."""
    tries = tx.attempts.tries(account_id, since=now - DAY, until=now, limit=MOST_TRIES)
    return radar.find(tries, usual, catalogue, now)


def show(
    tx: Tx,
    now: Instant,
    *,
    account_id: str,
    catalogue: Catalogue,
    usual: Usual,
    by: Dimension,
) -> RadarPage:
    """The page: what stands out with its people, one dimension in numbers, and the last hours."""
    tries = tx.attempts.tries(account_id, since=now - DAY, until=now, limit=MOST_TRIES)
    found = radar.find(tries, usual, catalogue, now)
    hours = {(one.person_id, one.at // HOUR) for one in tries}
    return RadarPage(
        told=[_told(tx, account_id, incident) for incident in found],
        rows=radar.rows_of(tries, usual, catalogue, by),
        hours=_last_hours(tx, now, account_id),
        refused=len({one.person_id for one in tries if one.refused}),
        tried=len({person for person, _ in hours}),
        expected=expected(share_of(usual, EVERYBODY), hours),
    )


def _told(tx: Tx, account_id: str, incident: Incident) -> Told:
    found = (tx.people.find(account_id, one) for one in incident.people[:MOST_LISTED])
    people = sorted((one for one in found if one), key=lambda one: (one.name.casefold(), one.id))
    return Told(incident, people, len(incident.people) - len(people))


def _last_hours(tx: Tx, now: Instant, account_id: str) -> list[HourCount]:
    last = now // HOUR * HOUR
    first = last - (CHARTED - 1) * HOUR
    counted = {hour.at: hour for hour in tx.attempts.hours(account_id, since=first - 1, until=now)}
    every = range(first, last + 1, HOUR)
    return [counted.get(at, HourCount(at, 0, 0)) for at in every]


def accounts(tx: Tx) -> Sequence[str]:
    """The accounts of the deployment, by id."""
    return [account.id for account in tx.accounts.all()]
