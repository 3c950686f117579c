"""When somebody's time begins and when it is over. Pure: the zone data is a table, not a clock."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from twofold.core.rules import Calendar, Duty, Instant, Rule, Start

MORNING = time(9, 0)
"""A deadline is in the morning, when there is somebody to ask."""
LONGEST = 180
"""Days that a rule may give at most."""
MOST_QUIET = 400
"""Quiet days that a calendar may hold; it bounds the search for a working day."""


def due_after(begun: Instant, days: int, calendar: Calendar) -> Instant:
    """When the time of somebody is over that began at `begun` (UTC seconds) and takes `days`.

    At 09:00 in the calendar's zone, on the first working day from then on that is not quiet; with
    0 days at once. Never earlier than the full number of days.
    """
    if days == 0:
        return begun
    zone = ZoneInfo(calendar.zone)
    start = datetime.fromtimestamp(begun, UTC).astimezone(zone)
    day = start.date() + timedelta(days=days)
    if start.time() > MORNING:
        day += timedelta(days=1)
    day = next_working_day(day, calendar)
    return round(datetime.combine(day, MORNING, zone).timestamp())


def next_working_day(day: date, calendar: Calendar) -> date:
    """This day, or the first one after it on which the organisation works."""
    for _ in range(7 * (MOST_QUIET + 1)):
        if day.weekday() in calendar.work_days and day.isoformat() not in calendar.quiet_days:
            return day
        day += timedelta(days=1)
    return day


def begins_at(rule: Rule, *, came_at: Instant, away_until: Instant | None) -> Instant:
    """When the time of somebody begins whom `rule` covers from `came_at` on, as far as it begins
    by itself: see `Start`.
    """
    return max(rule.since, came_at, away_until or 0)


def begins_by_itself(rule: Rule, *, has_password: bool) -> bool:
    """Whether a person's time begins with the rule, and not with something they or a mail server
    must do first.
    """
    if rule.start is Start.INVITED:
        return has_password
    return rule.start is Start.SWITCH


def fair_due(rules: Sequence[Rule], duty: Duty, calendar: Calendar) -> Instant:
    """When the time of somebody is over whose time has begun (`duty.began_at`) and of whom these
    rules require a second factor: the strictest wins, and what was promised to the person stays.
    """
    began = duty.began_at or 0
    by_rule = (
        due_after(begins_at(rule, came_at=began, away_until=duty.away_until), rule.days, calendar)
        for rule in rules
    )
    return max(min(by_rule), duty.extended_until or 0)


def morning_of(text: str, calendar: Calendar) -> Instant | None:
    """09:00 in the calendar's zone on a day such as “2026-12-01”; None for what is no such day."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return round(datetime.combine(day, MORNING, ZoneInfo(calendar.zone)).timestamp())


def calendar_problem(calendar: Calendar) -> tuple[str, str] | None:
    """The field and the sentence for a calendar that cannot be kept to, or None."""
    if calendar.zone not in available_timezones():
        return "zone", "Choose a zone by its name, such as Europe/Berlin."
    if not calendar.work_days:
        return "work_days", "Choose at least one working day: a deadline must fall on one."
    if len(calendar.quiet_days) > MOST_QUIET:
        return "quiet_days", f"Name at most {MOST_QUIET} quiet days."
    for day in calendar.quiet_days:
        try:
            date.fromisoformat(day)
        except ValueError:
            return "quiet_days", f"“{day}” is no date. Write dates such as 2026-12-24, one a line."
    return None
