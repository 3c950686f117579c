"""No sixty seconds see more mails than the limit."""

from hypothesis import given
from hypothesis import strategies as st

from twofold.core import throttle
from twofold.core.mail_rate import KEY, counted, room
from twofold.core.throttle import NOTHING
from twofold.core.wrong_clock import brought_back

NOW = 1_789_000_000


def test_what_left_a_minute_ago_does_not_count_any_more() -> None:
    """To the second."""
    state = counted(counted(NOTHING, NOW, 3), NOW + 30, 2)
    assert room(state, NOW + 30, 10) == 5
    assert room(state, NOW + 59, 10) == 5
    assert room(state, NOW + 60, 10) == 8
    assert room(state, NOW + 90, 10) == 10


def test_a_limit_that_was_lowered_leaves_nothing() -> None:
    """And never less than nothing."""
    assert room(counted(NOTHING, NOW, 50), NOW, 10) == 0


def test_a_clock_that_was_put_back_does_not_stop_the_mails() -> None:
    """A machine a little ahead of ours counts; an hour ahead was an error."""
    assert room(counted(NOTHING, NOW + 60, 10), NOW, 10) == 0
    state = counted(NOTHING, NOW + 3600, 10)
    assert room(state, NOW, 10) == 10
    assert room(counted(state, NOW, 1), NOW, 10) == 9


def test_the_repair_after_a_wrong_clock_can_read_it() -> None:
    """It looks at everything that was saved in the future."""
    state = counted(NOTHING, NOW + 3600, 10)
    again = throttle.unpacked(throttle.packed(brought_back(KEY, state, NOW)))
    assert room(again, NOW, 10) == 10


@given(st.lists(st.tuples(st.integers(0, 25), st.integers(1, 40)), max_size=60), st.integers(1, 30))
def test_no_sixty_seconds_see_more(asked: list[tuple[int, int]], limit: int) -> None:
    """However the attempts come; the memory stays small."""
    now, state, began = NOW, NOTHING, []
    for wait, wanted in asked:
        now += wait
        taken = min(wanted, room(state, now, limit))
        state = throttle.unpacked(throttle.packed(counted(state, now, taken)))
        began += [now] * taken
        assert len(state.marks) <= 60
    for first in began:
        assert sum(first <= at < first + 60 for at in began) <= limit
