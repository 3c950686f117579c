"""How far a clock is off, in seconds and in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.core import clocks
from twofold.core.otp import step_at

NOW = 1_789_000_000


@given(st.integers(NOW, NOW + 29), st.integers(-3600, 3600))
def test_seconds_are_right_within_half_a_step(now: int, off: int) -> None:
    """A phone that is `off` seconds ahead of us shows the code of its own time."""
    offset = step_at(now + off) - step_at(now)
    assert abs(clocks.seconds_off(now, offset) - off) <= 15


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3, "10 seconds"),
        (-44, "40 seconds"),
        (119, "120 seconds"),
        (120, "2 minutes"),
        (-190, "3 minutes"),
        (3600, "60 minutes"),
        (2 * 3600, "2 hours"),
        (-int(5.5 * 3600), "5.5 hours"),
        (3 * 86400, "3 days"),
    ],
)
def test_a_distance_as_one_says_it(seconds: int, words: str) -> None:
    """Rounded to what matters, without a sign."""
    assert clocks.about(seconds) == words


def test_the_side() -> None:
    """Negative is behind."""
    assert (clocks.side(-1), clocks.side(1)) == ("behind", "ahead")
