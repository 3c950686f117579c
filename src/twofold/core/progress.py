"""How far an organisation is, and how far it will be: numbers, pace and forecast. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from twofold.core.people import DAY, Instant

WINDOW = 7
"""Days whose pace the forecast goes on with."""
LAST_DAYS = 2
"""Days before a deadline in which the pace is another one: people wait for it."""
SURGE = (0.10, 0.45, 0.92)
"""The share of those left who set up in the last days: at least, about, at most. Rollouts that were
published say that most people came in the last days, and none says how many; the simulated crowds
of `tests/simulation` are held against these numbers."""
PACE = (0.4, 1.0, 2.5)
"""By how much the daily pace of the coming days may differ from that of the last."""


@dataclass(frozen=True, slots=True)
class Funnel:
    """How far those have come who had to set up in this round; nobody disabled."""

    asked: int
    told: int
    opened: int
    started: int
    finished: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened on a day and may have moved people."""

    day: int
    """Days since the epoch, UTC."""
    kind: str
    """"switch", "deadline", or the kind of a notice."""
    number: int
    """Rules, people whose time is over, or mails."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was counted, all of it over rows as they are."""

    people: int
    """Everybody who counts: nobody disabled, no program."""
    enrolled: int
    enrolled_by_day: Mapping[int, int]
    """Those who are enrolled by the day (since the epoch, UTC) on which they first were."""
    funnel: Funnel
    durations: Sequence[int]
    """Seconds from the first mail to the set-up, of everybody who came that way."""
    refusals: Mapping[tuple[int, str], int]
    """Codes that were not accepted, by day and cause."""
    drifts: Mapping[int, int]
    """Accepted codes by how many steps of 30 seconds they were off."""
    marks: Sequence[Mark]
    ahead: Mapping[Instant, int]
    """People who still have to set up, by their deadline."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many will be enrolled at a moment: at least, about, at most."""

    at: Instant
    low: int
    middle: int
    high: int


def line(facts: Facts, first_day: int, last_day: int) -> list[tuple[int, int]]:
    """Enrolled people at the end of each day from `first_day` to `last_day`."""
    total = sum(n for day, n in facts.enrolled_by_day.items() if day < first_day)
    found = []
    for day in range(first_day, last_day + 1):
        total += facts.enrolled_by_day.get(day, 0)
        found.append((day, total))
    return found


def share(facts: Facts) -> int:
    """Full percent of the people who are enrolled; never 100 before the last one is."""
    return facts.enrolled * 100 // facts.people if facts.people else 0


def pace(facts: Facts, now: Instant) -> float:
    """The daily chance with which somebody who has not set up does, over the last days.

    Half a set-up is added, so that a quiet week is not read as a standstill for ever.
    """
    today = now // DAY
    left = facts.people - facts.enrolled
    came, at_risk = 0.5, 1.0
    for day in range(today, today - WINDOW, -1):
        on_day = facts.enrolled_by_day.get(day, 0)
        left += on_day
        came, at_risk = came + on_day, at_risk + left
    return min(came / at_risk, 0.9)


def forecast(facts: Facts, now: Instant, at: Instant, deadline: Instant | None) -> Forecast:
    """How many will be enrolled at the moment `at`, if it goes on as it does; in the last days
    before `deadline` faster, because people wait for it.
    """
    left, daily = facts.people - facts.enrolled, pace(facts, now)
    days = max(0.0, (at - now) / DAY)
    calm = days
    surges = False
    if deadline is not None and now < deadline <= at:
        calm = max(0.0, days - LAST_DAYS)
        surges = True
    numbers = []
    for factor, surge in zip(PACE, SURGE, strict=True):
        stay = (1 - min(daily * factor, 0.9)) ** calm
        stay *= 1 - surge if surges else 1.0
        numbers.append(facts.enrolled + left * (1 - stay))
    low, middle, high = numbers
    return Forecast(at, int(low), round(middle), min(facts.people, int(high) + 1))


def typical(durations: Sequence[int]) -> tuple[int, int] | None:
    """Median and 90th percentile in seconds, or None without any."""
    if not durations:
        return None
    ordered = sorted(durations)
    return round(median(ordered)), ordered[min(len(ordered) - 1, len(ordered) * 9 // 10)]
