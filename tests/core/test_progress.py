"""Numbers of the progress page that are computed and not counted."""

from tests.simulation.test_rollouts import facts
from twofold.core.people import DAY
from twofold.core.progress import forecast, line, pace, share, typical

NOW = 20_000 * DAY


def test_a_hundred_percent_is_said_of_everybody_and_never_before() -> None:
    """999 of 1,000 are 99 %."""
    assert share(facts(0, [])) == 0
    assert share(facts(3, [NOW])) == 33
    assert share(facts(1000, [NOW] * 999)) == 99
    assert share(facts(2, [NOW] * 2)) == 100


def test_the_line_ends_with_what_is_counted() -> None:
    """Who was enrolled before the first day stands in it from the beginning."""
    some = facts(10, [NOW - 9 * DAY, NOW - DAY, NOW - DAY, NOW])
    day = NOW // DAY
    assert line(some, day - 2, day) == [(day - 2, 1), (day - 1, 3), (day, 4)]


def test_the_pace_is_a_chance_and_never_nothing() -> None:
    """Of those who were left on each of the last days."""
    assert 0 < pace(facts(100, []), NOW) < 0.01
    assert pace(facts(1, [NOW]), NOW) <= 0.9
    slow, quick = facts(100, [NOW] * 2), facts(100, [NOW] * 20)
    assert pace(slow, NOW) < pace(quick, NOW)


def test_nobody_is_foretold_who_is_not_there() -> None:
    """Where all are enrolled, the band is a line."""
    said = forecast(facts(2, [NOW, NOW]), NOW, NOW + 9 * DAY, None)
    assert (said.low, said.middle, said.high) == (2, 2, 2)


def test_the_typical_times_are_median_and_ninth_of_ten() -> None:
    """Of an odd and an even number; nothing of nobody."""
    assert typical([]) is None
    assert typical([60]) == (60, 60)
    assert typical(list(range(1, 101))) == (50, 91)
