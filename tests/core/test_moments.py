"""Moments and stretches of time in words."""

import pytest

from twofold.core import moments
from twofold.core.people import DAY, HOUR, MINUTE

AT = 1_795_530_720
"""Tue 24 Nov 2026, 14:32 UTC."""


def test_a_moment_is_said_with_its_zone() -> None:
    """In full, as a clock time, as a day."""
    assert moments.when(AT) == "Tue 24 Nov 2026, 14:32 UTC"
    assert moments.clock(AT) == "14:32 UTC"
    assert moments.day(AT) == "24 Nov 2026"


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (AT, "today 14:32 UTC"),
        (AT + 9 * HOUR, "today 14:32 UTC"),
        (AT + 10 * HOUR, "yesterday 14:32 UTC"),
        (AT + 34 * HOUR, "Tue 24 Nov 2026, 14:32 UTC"),
        (AT - DAY, "Tue 24 Nov 2026, 14:32 UTC"),
    ],
)
def test_a_near_moment_is_said_shortly(now: int, said: str) -> None:
    """By the day of UTC, not by 24 hours."""
    assert moments.near(AT, now) == said


def test_what_lies_ahead_is_said_with_the_time_that_is_left() -> None:
    """From a day on, by the day alone."""
    assert moments.until(AT, AT - 12 * MINUTE) == "14:32 UTC (in 12 minutes)"
    assert moments.until(AT, AT - 2 * DAY) == "24 Nov 2026"


def test_what_lies_back_is_said_by_its_size() -> None:
    """Days are counted whole; a moment ahead is none ago."""
    assert moments.ago(AT, AT + 90) == "90 seconds"
    assert moments.ago(AT, AT + 3 * DAY + HOUR) == "3 days"
    assert moments.ago(AT, AT - 5) == "10 seconds"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "in step"), (-14, "in step"), (15, "15 s ahead"), (-180, "180 s behind"),
        (3600, "60 minutes ahead"), (-7200, "2 hours behind"),
    ],
)  # fmt: skip
def test_a_clock_is_said_by_its_distance(seconds: int, said: str) -> None:
    """Within half a step nothing is known."""
    assert moments.clock_seconds(seconds) == said
