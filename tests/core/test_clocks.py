"""How far a clock is off, in seconds and in words."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.core import clocks
from twofold.core.clocks import Drift, Reading, drift_of, drift_sentence
from twofold.core.otp import step_at

NOW = 1_789_000_000
DAY, HOUR = 86400, 3600


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


# ---- many codes of one device ----------------------------------------------------------------


def used(
    off: float,
    *,
    count: int = 20,
    every: float = DAY,
    per_day: float = 0.0,
    seed: int = 1,
    until: int = NOW,
) -> list[Reading]:
    """Codes of a phone that is `off` seconds ahead of us at the end and gains `per_day`."""
    dice = Random(seed)
    readings = []
    for number in range(count):
        age = (count - 1 - number) * every + dice.uniform(0, HOUR)
        at = int(until - age)
        shown = at - dice.triangular(3, 20, 6) + off - per_day * age / DAY
        readings.append(Reading(at, step_at(int(shown)) - step_at(at)))
    return readings


@given(st.integers(-140, 140), st.integers(0, 10_000))
def test_twenty_codes_say_how_far_a_clock_is_off(off: int, seed: int) -> None:
    """Within twenty seconds, typing and rounding and all, mostly within ten; and it is called
    steady, or nothing.
    """
    drift = drift_of(used(off, seed=seed))
    assert drift is not None
    assert abs(drift.seconds - off) <= 20
    assert drift.readings == 20
    assert drift.per_day is None or abs(drift.per_day) <= 1.5


@given(st.integers(-60, 60), st.sampled_from([-4.0, -3.0, 3.0, 4.0]), st.integers(0, 10_000))
def test_a_clock_that_wanders_is_known_by_its_rate(off: int, rate: float, seed: int) -> None:
    """Seconds a day, and the seconds are those of now and not of the middle of the past."""
    drift = drift_of(used(off, per_day=rate, every=1.5 * DAY, seed=seed))
    assert drift is not None
    assert drift.per_day is not None
    assert abs(drift.per_day - rate) < 1.5
    assert abs(drift.seconds - off) <= 20


@given(st.permutations(used(-40)))
def test_the_order_of_the_codes_does_not_matter(shuffled: list[Reading]) -> None:
    """They come out of a table."""
    assert drift_of(shuffled) == drift_of(used(-40))


def test_what_was_before_the_clock_was_set_is_left_out() -> None:
    """Somebody put the phone right yesterday: three minutes of the past are gone."""
    before = used(-180, until=NOW - 2 * DAY)
    after = used(0, count=2)
    drift = drift_of([*before, *after])
    assert drift is not None
    assert (drift.readings, drift.per_day) == (2, None)
    assert abs(drift.seconds) <= 20


def test_two_codes_tell_no_trend_and_none_tells_nothing() -> None:
    """Five of the same hour do not either."""
    assert drift_of([]) is None
    for codes in (used(30, count=2), used(30, count=5, every=60)):
        drift = drift_of(codes)
        assert drift is not None
        assert drift.per_day is None


@pytest.mark.parametrize(
    ("drift", "sentence"),
    [
        (Drift(-21, 0.0, 20), "is about 20 seconds behind, steady."),
        (Drift(64, None, 3), "is about 60 seconds ahead."),
        (Drift(-31, -2.2, 20), "is about 30 seconds behind and loses about 2 seconds a day."),
        (Drift(12, 0.4, 20), "is about 10 seconds ahead and gains about 3 seconds a week."),
        (Drift(4, 0.0, 20), "is right, within some seconds, steady."),
        (Drift(4, None, 1), "is right, within half a minute."),
    ],
)
def test_the_sentence_about_a_clock(drift: Drift, sentence: str) -> None:
    """Size, side, and what becomes of it."""
    assert drift_sentence(drift) == f"The clock of your phone {sentence}"
    assert drift_sentence(drift, "Ben's phone") == f"The clock of Ben's phone {sentence}"
