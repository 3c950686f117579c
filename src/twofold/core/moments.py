"""Moments and stretches of time as people read them, in UTC unless a zone is named."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from twofold.core.clocks import about
from twofold.core.otp import STEP_SECONDS
from twofold.core.people import DAY, HOUR, Instant


def when(at: Instant) -> str:
    """`1795527127` → “Tue 24 Nov 2026, 14:32 UTC”."""
    return _moment(at).strftime("%a %-d %b %Y, %H:%M UTC")


def when_in(at: Instant, zone: str) -> str:
    """The same in an IANA zone, as a deadline is said: “Tue 8 Dec 2026, 09:00 CET”."""
    return _moment(at).astimezone(ZoneInfo(zone)).strftime("%a %-d %b %Y, %H:%M %Z")


def day_in(at: Instant, zone: str) -> date:
    """The day on which a moment falls in an IANA zone."""
    return _moment(at).astimezone(ZoneInfo(zone)).date()


def clock(at: Instant) -> str:
    """`1795527127` → “14:32 UTC”."""
    return _moment(at).strftime("%H:%M UTC")


def day(at: Instant) -> str:
    """`1795527127` → “24 Nov 2026”."""
    return _moment(at).strftime("%-d %b %Y")


def near(at: Instant, now: Instant) -> str:
    """`at` as short as it can be said at `now`: “today 09:12 UTC”, “yesterday 09:12 UTC”, else in
    full.
    """
    days = now // DAY - at // DAY
    if days in (0, 1):
        return f"{'yesterday' if days else 'today'} {clock(at)}"
    return when(at)


def until(at: Instant, now: Instant) -> str:
    """A moment ahead: “14:32 UTC (in 12 minutes)”, from a day on “24 Nov 2026”."""
    left = at - now
    if left > DAY:
        return day(at)
    return f"{clock(at)} (in {about(left)})"


def ago(at: Instant, now: Instant) -> str:
    """How long ago a moment was: “40 seconds”, “3 days”."""
    past = max(0, now - at)
    return about(past) if past < 2 * DAY else f"{past // DAY} days"


def clock_seconds(seconds: int) -> str:
    """How far a clock is off: “180 s behind”, “in step” within the doubt of half a step."""
    if abs(seconds) < STEP_SECONDS // 2:
        return "in step"
    if abs(seconds) >= HOUR:
        return f"{about(seconds)} {'behind' if seconds < 0 else 'ahead'}"
    return f"{abs(seconds)} s {'behind' if seconds < 0 else 'ahead'}"


def _moment(at: Instant) -> datetime:
    return datetime.fromtimestamp(at, UTC)
