"""When somebody's time begins and is over; which reminders fall between."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.core.deadlines import (
    MORNING,
    begins_at,
    begins_by_itself,
    calendar_problem,
    due_after,
    next_working_day,
)
from twofold.core.people import DAY, HOUR
from twofold.core.rollout import LAST, due_and_next, schedule
from twofold.core.rules import EVERYBODY, Calendar, Rule, Stance, Start

BERLIN = Calendar("Europe/Berlin")
ZONES = ("UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati")


def at(text: str, zone: str = "UTC") -> int:
    """A local time as UTC seconds."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


@pytest.mark.parametrize(
    ("begun", "days", "wanted"),
    [
        ("2026-11-24T08:00", 14, "2026-12-08T09:00"),
        ("2026-11-24T09:01", 14, "2026-12-09T09:00"),
        ("2026-11-24T08:00", 11, "2026-12-07T09:00"),  # The 5th is a Saturday.
        ("2026-11-24T08:00", 1, "2026-11-25T09:00"),
        ("2027-03-20T08:00", 9, "2027-03-29T09:00"),  # Summer time has begun.
    ],
)
def test_time_is_over_on_a_working_morning(begun: str, days: int, wanted: str) -> None:
    """At nine in the account's zone, never earlier than the full number of days."""
    zone = BERLIN.zone
    assert due_after(at(begun, zone), days, BERLIN) == at(wanted, zone)


def test_quiet_days_are_passed_over() -> None:
    """The holidays of 2026 end on Monday, 4 January."""
    quiet = tuple((date(2026, 12, 24) + timedelta(n)).isoformat() for n in range(9))
    holidays = Calendar("Europe/Berlin", quiet_days=quiet)
    begun = at("2026-12-10T08:00", "Europe/Berlin")
    assert due_after(begun, 14, holidays) == at("2027-01-04T09:00", "Europe/Berlin")


def test_without_days_it_is_over_at_once() -> None:
    """Also at a weekend: whoever says at once means it."""
    assert due_after(at("2026-11-28T23:00"), 0, BERLIN) == at("2026-11-28T23:00")


@given(st.integers(1_700_000_000, 2_000_000_000), st.integers(1, 180), st.sampled_from(ZONES))
def test_nobody_gets_less_than_the_days_that_were_said(begun: int, days: int, zone: str) -> None:
    """Whatever the zone and the season do; an hour of summer time is not counted."""
    due = due_after(begun, days, Calendar(zone))
    assert due >= begun + days * DAY - HOUR
    local = datetime.fromtimestamp(due, UTC).astimezone(ZoneInfo(zone))
    assert local.time() == MORNING
    assert local.weekday() < 5


def test_a_calendar_without_an_end_ends_all_the_same() -> None:
    """A day comes back even where none is left."""
    assert next_working_day(date(2026, 11, 24), Calendar(work_days=()))


def test_time_begins_with_the_rule_or_later() -> None:
    """When they came, and never before they are back."""
    rule = Rule("r", EVERYBODY, Stance.REQUIRED, since=100, days=14)
    assert begins_at(rule, came_at=50, away_until=None) == 100
    assert begins_at(rule, came_at=150, away_until=None) == 150
    assert begins_at(rule, came_at=150, away_until=300) == 300


@pytest.mark.parametrize(
    ("start", "has_password", "itself"),
    [
        (Start.SWITCH, False, True),
        (Start.INVITED, False, False),
        (Start.INVITED, True, True),
        (Start.DELIVERED, True, False),
        (Start.SIGN_IN, True, False),
    ],
)
def test_what_begins_somebodys_time(start: Start, has_password: bool, itself: bool) -> None:
    """By itself, or with something that a mail server or the person does first."""
    rule = Rule("r", EVERYBODY, Stance.REQUIRED, 0, start, 14)
    assert begins_by_itself(rule, has_password=has_password) is itself


@pytest.mark.parametrize(
    ("calendar", "field"),
    [
        (Calendar("Europe/Berlin"), None),
        (Calendar("Berlin"), "zone"),
        (Calendar(work_days=()), "work_days"),
        (Calendar(quiet_days=("24.12.2026",)), "quiet_days"),
        (Calendar(quiet_days=("2026-12-24",) * 401), "quiet_days"),
    ],
)
def test_a_calendar_is_checked(calendar: Calendar, field: str | None) -> None:
    """One sentence for the field at fault."""
    found = calendar_problem(calendar)
    assert (found and found[0]) == field


def test_the_reminders_of_two_weeks() -> None:
    """Two days after, then the countdown, then the morning itself."""
    zone = "Europe/Berlin"
    begun, due = at("2026-11-24T08:00", zone), at("2026-12-08T09:00", zone)
    found = schedule(begun, due, zone)
    assert [(n.kind, n.at, n.days_left) for n in found] == [
        ("day-2", at("2026-11-26T09:00", zone), 12),
        ("left-7", at("2026-12-01T09:00", zone), 7),
        ("left-3", at("2026-12-05T09:00", zone), 3),
        ("left-1", at("2026-12-07T09:00", zone), 1),
        (LAST, at("2026-12-08T07:00", zone), 0),
    ]


def test_a_long_road_is_reminded_weekly() -> None:
    """From the tenth day on, until the countdown begins."""
    begun = at("2026-09-01T08:00")
    kinds = [n.kind for n in schedule(begun, begun + 45 * DAY + HOUR, "UTC")]
    assert kinds == [
        "day-2", "day-10", "day-17", "day-24", "day-31", "left-7", "left-3", "left-1", LAST,
    ]  # fmt: skip


@given(
    st.integers(1_700_000_000, 2_000_000_000),
    st.integers(1, 180),
    st.sampled_from(ZONES),
    st.sampled_from(ZONES),
)
def test_reminders_are_in_order_and_before_the_deadline(
    begun: int, days: int, here: str, there: str
) -> None:
    """No two of one kind, none in the first day, all before the end, wherever the person is."""
    due = due_after(begun, days, Calendar(here))
    found = schedule(begun, due, there)
    moments = [notice.at for notice in found]
    assert moments == sorted(moments)
    assert len({notice.kind for notice in found}) == len(found)
    assert all(begun + DAY <= moment < due for moment in moments)


def test_after_a_standstill_only_the_latest_is_due() -> None:
    """And the next one is that which is ahead."""
    found = schedule(0, 14 * DAY, "UTC")
    assert due_and_next(found, 0) == (None, found[0])
    assert due_and_next(found, 8 * DAY) == (found[1], found[2])
    assert due_and_next(found, 14 * DAY) == (found[-1], None)
