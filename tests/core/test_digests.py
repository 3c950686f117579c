"""When the lead of a group is told, and how the mail carries people."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.core.digests import (
    is_morning,
    next_digest,
    next_morning,
    packed,
    unpacked,
    week_of,
)

NOW = 1795530720
"""Tue 24 Nov 2026, 14:32 UTC."""
ZONES = ("UTC", "Europe/Vienna", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Auckland")


@pytest.mark.parametrize("zone", ZONES)
@given(at=st.integers(1_700_000_000, 1_900_000_000))
def test_it_is_monday_morning_within_a_week(zone: str, at: int) -> None:
    """There, in summer and winter; each next one is later."""
    due = next_digest(at, zone)
    local = datetime.fromtimestamp(due, UTC).astimezone(ZoneInfo(zone))
    assert (local.weekday(), local.hour, local.minute) == (0, 9, 0)
    assert at < due <= at + 7 * 86400 + 3600
    assert next_digest(due, zone) > due
    assert week_of(due, zone) != week_of(next_digest(due, zone), zone)
    assert is_morning(due, zone)
    assert is_morning(next_morning(at, zone), zone)
    assert at < next_morning(at, zone) <= at + 86400 + 3600


def test_noon_is_no_morning() -> None:
    """Nor is one before nine."""
    nine = next_morning(NOW, "Europe/Vienna")
    assert not is_morning(nine - 1, "Europe/Vienna")
    assert is_morning(nine + 3 * 3600 - 1, "Europe/Vienna")
    assert not is_morning(nine + 3 * 3600, "Europe/Vienna")
    assert week_of(NOW, "UTC") == "2026-W48"


def test_people_come_back_as_they_were_written() -> None:
    """Whatever stands in a name stays on its line."""
    people = [("Ben\tB\nEve", "Tue 8 Dec"), ("Eve", "")]
    assert unpacked(packed(people)) == [("Ben B Eve", "Tue 8 Dec"), ("Eve", "")]
    assert unpacked("") == []
