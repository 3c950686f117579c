"""Codes that were right and used up: kept apart, seen for a day, gone without a trace."""

import pytest

from twofold.core import throttle
from twofold.core.people import DAY, Profile
from twofold.core.throttle import NOTHING, Disabled, NeedsLink, Numbers, Pair, Single, State, Wait

NOW = 1_789_000_000
LADDER = throttle.SP800_63B4_LADDER


def ask_code(person: State = NOTHING, **given: object) -> object:
    """What is asked at `NOW` of somebody of whom nothing is known but what is given."""
    what = {
        "profile": Profile.STANDARD,
        "person": person,
        "browser": None,
        "in_a_row": NOTHING,
        "breaker": NOTHING,
        "link_open": False,
        **given,
    }
    return throttle.ask_code(NOW, LADDER, **what)  # type: ignore[arg-type]


def test_a_used_code_moves_from_the_failures_to_the_used() -> None:
    """The charge of that very moment, and nothing else in the state."""
    state = State((NOW - 5, NOW), 7, 2, (("a", NOW),), (NOW - 9,))
    turned = throttle.turn_to_used(state, NOW, keep=9)
    assert turned == State((NOW - 5,), 7, 2, (("a", NOW),), (NOW - 9, NOW))


def test_the_newest_used_codes_are_kept() -> None:
    """No more than a limit can ask for."""
    state = State(used=(NOW - 3, NOW - 2, NOW - 1))
    assert throttle.turn_to_used(state, NOW, keep=3).used == (NOW - 2, NOW - 1, NOW)


def test_a_used_code_is_seen_as_a_failure_in_its_place() -> None:
    """Sorted among them, because waits run from the newest."""
    state = State((NOW - 20, NOW), 7, 2, (("a", NOW),), (NOW - 10,))
    seen = throttle.as_seen(state, NOW)
    assert seen == State((NOW - 20, NOW - 10, NOW), 7, 2, (("a", NOW),), (NOW - 10,))


@pytest.mark.parametrize(
    ("age", "seen"),
    [(0, 1), (DAY - 1, 1), (DAY, 0), (-DAY, 1), (-DAY - 1, 0)],
)
def test_a_used_code_is_seen_for_a_day(age: int, seen: int) -> None:
    """And for no longer than that where the clock has been set back."""
    assert len(throttle.as_seen(State(used=(NOW - age,)), NOW).failures) == seen


def test_where_no_code_was_used_the_state_is_as_it_was() -> None:
    """Also where all of them are forgotten."""
    for state in (State((NOW, NOW - 5)), State((NOW, NOW - 5), used=(NOW - DAY,))):
        assert throttle.as_seen(state, NOW) == state


def test_used_codes_lead_up_the_ladder_of_an_unknown_browser() -> None:
    """Each rung as after as many wrong ones."""
    for count in range(60):
        wrong, used = State((NOW,) * count), State(used=(NOW,) * count)
        assert ask_code(used) == ask_code(wrong)
    answers = [ask_code(State(used=(NOW,) * count)) for count in (2, 3, 5, 10, 50)]
    assert answers == [Single(known=False), Wait(NOW + 30), Pair(), NeedsLink(), Disabled()]


def test_used_codes_empty_a_known_browsers_day() -> None:
    """Nine leave one, ten none; what other browsers did does not matter."""
    left = [ask_code(browser=State(used=(NOW,) * count)) for count in (9, 10)]
    assert left == [Single(known=True), Single(known=False)]


def test_used_codes_stand_in_the_row() -> None:
    """A hundred from anywhere stop everybody for the day."""
    rows = [ask_code(in_a_row=State(used=(NOW,) * count)) for count in (99, 100)]
    assert rows == [Single(known=False), Disabled()]


def test_used_codes_set_nothing_off() -> None:
    """What lasts is decided by the failures alone."""
    state = State(used=(NOW,) * 200)
    assert not throttle.disables(state, NOW, LADDER)
    assert throttle.steps_reached(NOTHING, state, state, NOW, Numbers()) == ()


def test_used_codes_come_back_from_their_text() -> None:
    """And a text from before there were any is read as one without."""
    state = State((NOW,), 7, 2, (("a", NOW),), (NOW - 1, NOW))
    assert throttle.unpacked(throttle.packed(state)) == state
    assert throttle.unpacked('[[5], 7, 2, [["a", 6]]]') == State((5,), 7, 2, (("a", 6),))
