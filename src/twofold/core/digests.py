"""When the lead of a group is told how far the group is, and how the mail carries its people."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from twofold.core.moments import day_in
from twofold.core.people import Instant

AT, LATEST = time(9, 0), time(12, 0)
"""Morning: a mail that could not be written in it waits for the next one."""
NOT_FIXED = "-"
"""Beside somebody for whom no moment stands fixed yet."""
_PERSON, _FIELD = "\n", "\t"


def next_digest(now: Instant, zone: str) -> Instant:
    """09:00 on the next Monday in an IANA zone, later than `now`."""
    today = day_in(now, zone)
    monday = today + timedelta(days=-today.weekday() % 7)
    at = _at(monday, zone)
    return at if at > now else _at(monday + timedelta(days=7), zone)


def next_morning(now: Instant, zone: str) -> Instant:
    """The next 09:00 in the zone, later than `now`."""
    today = day_in(now, zone)
    at = _at(today, zone)
    return at if at > now else _at(today + timedelta(days=1), zone)


def is_morning(now: Instant, zone: str) -> bool:
    """Whether somebody in the zone reads it before noon of a day."""
    local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(zone)).time()
    return AT <= local < LATEST


def week_of(now: Instant, zone: str) -> str:
    """The week of a moment in the zone (ISO 8601): “2026-W48”."""
    year, week, _ = day_in(now, zone).isocalendar()
    return f"{year}-W{week:02}"


def packed(people: Sequence[tuple[str, str]]) -> str:
    """Names with what stands beside each, as one value of a mail."""
    return _PERSON.join(_FIELD.join(" ".join(text.split()) for text in pair) for pair in people)


def unpacked(text: str) -> list[tuple[str, str]]:
    """The same read again."""
    pairs = (line.partition(_FIELD) for line in text.split(_PERSON) if line)
    return [(name, beside) for name, _, beside in pairs]


def _at(day: date, zone: str) -> Instant:
    return round(datetime.combine(day, AT, ZoneInfo(zone)).timestamp())
