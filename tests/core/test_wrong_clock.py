"""Bringing back what was written in the future: nothing is forgiven, nobody waits for it."""

from hypothesis import given
from hypothesis import strategies as st

from twofold.core import throttle
from twofold.core.clocks import Reading
from twofold.core.otp import step_at
from twofold.core.throttle import SP800_63B4_LADDER, State
from twofold.core.wrong_clock import brought_back, is_ahead, newest_step, was_used

NOW = 1_789_000_000
YEAR = 365 * 86400
moments = st.integers(NOW - YEAR, NOW + YEAR)


@given(st.integers(-20, 20), st.integers(-1, 1), st.integers(NOW, NOW + 29))
def test_what_a_device_can_have_shown_is_not_ahead(drift: int, beside: int, now: int) -> None:
    """Every step inside the window is left alone, however far the phone is off."""
    assert not is_ahead(step_at(now) + drift + beside, drift, now)
    assert is_ahead(step_at(now) + drift + 2, drift, now)
    assert newest_step(drift, now) == step_at(now) + drift


@given(st.lists(st.tuples(moments, st.integers(-21, 21))), st.integers(0, 5))
def test_an_accepted_step_and_the_one_before_it_are_used(
    codes: list[tuple[int, int]], away: int
) -> None:
    """The one before may have been the first of a pair. All others are free."""
    accepted = [Reading(at, offset) for at, offset in codes]
    steps = {step_at(at) + offset for at, offset in codes}
    for step in steps:
        assert was_used(step, accepted)
        assert was_used(step - 1, accepted)
        near = step + 1 + away
        assert was_used(near, accepted) == (near in steps or near + 1 in steps)
    assert not was_used(1, accepted)


@given(
    st.sampled_from(
        ["code:person:a", "code:row:a", "pw:person:a", "code:browser:b", "pw:source:c"]
    ),
    st.lists(moments, max_size=60),
    st.lists(moments, max_size=9),
    moments,
)
def test_every_failure_is_kept_and_none_lies_ahead(
    key: str, failures: list[int], used: list[int], until: int
) -> None:
    """Their number is the same; what was in the past stays where it was."""
    state = State(tuple(sorted(failures)), until, 3, (("mark", until),), tuple(used))
    after = brought_back(key, state, NOW)
    assert len(after.failures) == len(failures)
    assert [at for at in after.failures if at < NOW] == [at for at in state.failures if at < NOW]
    assert max((*after.failures, *after.used, after.marks[0][1]), default=0) <= NOW
    assert after.falls == 3
    assert after.until <= NOW + SP800_63B4_LADDER.longest_fall
    assert after.since(NOW - throttle.MONTH) == state.since(NOW - throttle.MONTH)


def test_what_was_in_the_past_is_untouched() -> None:
    """A clock that was right leaves nothing to do."""
    state = State((NOW - 9, NOW), NOW - 5, 1, (("m", NOW - 1),), (NOW - 2,))
    for key in ("code:person:a", "code:browser:b", "pw:source:c"):
        assert brought_back(key, state, NOW) == state


def test_hours_of_the_future_are_counted_in_this_one() -> None:
    """The marks of the whole site are counts and no moments."""
    hour, minute = NOW // 3600, NOW // 60
    codes = State(marks=((str(hour - 1), 4), (str(hour), 5), (str(hour + 99), 7)))
    assert brought_back("code:site", codes, NOW).marks == ((str(hour - 1), 4), (str(hour), 12))
    words = State(marks=((str(minute + 5), 2),))
    assert brought_back("pw:site", words, NOW).marks == ((str(minute), 2),)
