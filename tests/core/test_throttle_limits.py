"""The ladder at its edges: what only a single number, or the order of two, would change."""

import pytest

from twofold.core import throttle
from twofold.core.people import DAY, HOUR, MINUTE, Profile
from twofold.core.throttle import NOTHING, Disabled, NeedsLink, Numbers, Pair, Single, State, Wait

NOW = 1_789_000_000
LADDER = throttle.SP800_63B4_LADDER
UNKNOWN = Single(known=False)


def ask_password(now: int, person: State, *sources: tuple[State, int]) -> object:
    """Ask in an unknown browser without a link."""
    return throttle.ask_password(
        now, LADDER, person=person, browser=None, sources=sources, link_open=False
    )


def ask_code(now: int, person: State, numbers: Numbers = LADDER) -> object:
    """Ask in an unknown browser without a link."""
    return throttle.ask_code(
        now,
        numbers,
        profile=Profile.STANDARD,
        person=person,
        browser=None,
        in_a_row=NOTHING,
        breaker=NOTHING,
        link_open=False,
    )


@pytest.mark.parametrize("now", [0, 1])
def test_no_moment_is_special(now: int) -> None:
    """Where nobody failed nobody waits, be it at the first second of the calendar."""
    ahead = State((now + DAY,) * 30)
    assert ask_password(now, NOTHING) == UNKNOWN
    assert ask_password(now, NOTHING, (NOTHING, 1), (ahead, 1)) == UNKNOWN
    assert ask_password(now, ahead) == UNKNOWN
    assert ask_code(now, NOTHING) == UNKNOWN
    assert ask_code(now, State((now + DAY,) * 4)) == UNKNOWN
    assert throttle.ask_set_up(now, LADDER, state=NOTHING) == UNKNOWN
    assert throttle.ask_set_up(now, LADDER, state=ahead) == UNKNOWN


def test_a_wait_runs_from_the_newest_failure() -> None:
    """Older ones count, and neither lengthen nor shorten it."""
    apart = State((NOW - 300, NOW - 200, NOW - 100, NOW))
    assert ask_code(NOW, apart) == Wait(NOW + 60)
    assert ask_code(NOW, State(apart.failures[:3])) == UNKNOWN
    assert ask_code(NOW - 100, State(apart.failures[:3])) == Wait(NOW - 70)
    many = State(tuple(NOW - 100 * n for n in reversed(range(8))))
    assert ask_password(NOW, many) == Wait(NOW + 8)


def test_the_longest_of_several_waits_holds() -> None:
    """The person's and that of each source: whoever waits as told is let in."""
    person = State((NOW,) * 8)
    near, far = State((NOW - 240,) * 20), State((NOW - 60,) * 80)
    assert ask_password(NOW, person, (near, 1)) == Wait(NOW + MINUTE)
    assert ask_password(NOW, person, (near, 1), (far, 4)) == Wait(NOW + 4 * MINUTE)
    assert ask_password(NOW + 4 * MINUTE, person, (near, 1), (far, 4)) == UNKNOWN
    hour = State((NOW - 3000,) * 80 + (NOW - 10,) * 20)
    assert ask_password(NOW, NOTHING, (hour, 1)) == Wait(NOW - 3000 + HOUR)


def test_a_source_waits_for_the_failure_that_makes_room() -> None:
    """Not for all of them: the twentieth from the end is the one that has to leave."""
    source = State(tuple(NOW - 10 * n for n in reversed(range(25))))
    assert ask_password(NOW, NOTHING, (source, 1)) == Wait(NOW - 190 + 5 * MINUTE)
    leaving = State((NOW - 5 * MINUTE,) + (NOW,) * 19)
    assert ask_password(NOW - 1, NOTHING, (leaving, 1)) == Wait(NOW)
    assert ask_password(NOW, NOTHING, (leaving, 1)) == UNKNOWN


def test_a_browser_that_fell_has_its_whole_budget_again() -> None:
    """Ten tries, also where the fall is shorter than the window they are counted in."""
    numbers = Numbers(fall=MINUTE)
    state = NOTHING
    for _ in range(10):
        state = throttle.charge_browser_password(state, NOW, numbers)
    assert state == State(until=NOW + MINUTE, falls=1)
    for _ in range(9):
        state = throttle.charge_browser_password(state, NOW + MINUTE, numbers)
    assert state.falls == 1
    state = throttle.charge_browser_password(state, NOW + MINUTE, numbers)
    assert state == State(until=NOW + 3 * MINUTE, falls=2)


def test_a_fall_keeps_its_marks_and_forgets_its_failures() -> None:
    """What else stands in the row is not touched."""
    state = State((NOW,) * 9, 0, 3, (("a", NOW),))
    fallen = throttle.charge_browser_password(state, NOW, LADDER)
    assert fallen == State((), NOW + 2 * HOUR, 4, (("a", NOW),))


def test_the_waits_are_those_of_the_numbers_from_the_first_on() -> None:
    """The first two of the defaults are nought; others need not be."""
    numbers = Numbers(code_waits=(7, 11), pair_after=4)
    answers = [ask_code(NOW, State((NOW,) * count), numbers) for count in range(5)]
    assert answers == [UNKNOWN, Wait(NOW + 7), Wait(NOW + 11), UNKNOWN, Pair()]


def test_the_limits_are_those_of_the_numbers() -> None:
    """Where an admin has changed them too."""
    numbers = Numbers(pair_after=1, link_after_codes=2, disable_after=3)
    answers = [ask_code(NOW, State((NOW,) * count), numbers) for count in range(4)]
    assert answers == [UNKNOWN, Pair(), NeedsLink(), Disabled()]
