"""The simple lock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.core.throttle import LIMIT, SIMPLE_LOCK, WAIT, WINDOW, Lock, wait_until

NOW = 1_789_000_000


def test_the_numbers_are_the_documented_ones() -> None:
    """Ten failures in fifteen minutes make fifteen minutes of waiting."""
    assert Lock(limit=10, window=900, wait=900) == SIMPLE_LOCK
    assert (LIMIT, WINDOW, WAIT) == (10, 900, 900)


def test_nine_failures_do_not_lock() -> None:
    """Even all at once."""
    assert wait_until([NOW] * 9, NOW) is None
    assert wait_until([], NOW) is None


def test_the_tenth_failure_locks_for_fifteen_minutes() -> None:
    """From that failure on."""
    failures = [NOW - 60 * n for n in range(10)]
    assert wait_until(failures, NOW) == NOW + 900
    assert wait_until(failures, NOW + 899) == NOW + 900
    assert wait_until(failures, NOW + 900) is None


def test_ten_failures_over_a_longer_time_do_not_lock() -> None:
    """Fifteen minutes from the first to the last is too long by a second."""
    spread = [NOW - 100 * n for n in range(9)]
    assert wait_until([*spread, NOW - 899], NOW) == NOW + 900
    assert wait_until([*spread, NOW - 900], NOW) is None


def test_only_the_newest_ten_count() -> None:
    """Older ones may be passed along and change nothing."""
    failures = [NOW] * 9 + [NOW - 5000]
    assert wait_until(failures, NOW) is None
    assert wait_until([NOW] * 10 + [NOW - 5000] * 90, NOW) == NOW + 900


def test_a_clock_that_was_set_back_does_not_lengthen_what_the_page_says() -> None:
    """A failure from the future counts as made now."""
    assert wait_until([NOW + 86_400] * 10, NOW) == NOW + 900
    assert wait_until([NOW + 60, *[NOW - 10] * 9], NOW) == NOW + 900


def test_a_clock_that_was_set_back_gives_no_free_tries() -> None:
    """Failures from the future go on counting, together with newer ones."""
    assert wait_until([NOW + 86_400] * 3 + [NOW] * 7, NOW) is not None


@given(st.lists(st.integers(min_value=NOW - 2000, max_value=NOW + 2000), max_size=20))
def test_a_wait_is_ahead_and_never_longer_than_fifteen_minutes(failures: list[int]) -> None:
    """Whatever the failures are."""
    until = wait_until(sorted(failures, reverse=True), NOW)
    assert until is None or NOW < until <= NOW + WAIT


@given(st.lists(st.integers(min_value=0, max_value=1200), min_size=30, max_size=120))
def test_never_more_than_ten_tries_without_a_wait(pauses: list[int]) -> None:
    """A guesser who tries whenever it is allowed, and always fails, meets every lock anew.

    No stretch of fifteen minutes ever holds more than ten failures, and after each wait there
    are ten new tries.
    """
    now, failures = NOW, list[int]()
    for pause in pauses:
        now += pause
        until = wait_until(failures[:LIMIT], now)
        if until is not None:
            now = until
        failures.insert(0, now)
    for index in range(len(failures) - LIMIT):
        assert failures[index] - failures[index + LIMIT] >= WINDOW


def test_each_wait_is_followed_by_ten_new_tries() -> None:
    """The failures before a wait are not part of the next one."""
    failures = [NOW] * 10
    after = NOW + 900
    for tries in range(9):
        assert wait_until(failures[:LIMIT], after) is None, tries
        failures.insert(0, after)
    assert wait_until(failures[:LIMIT], after) is None
    failures.insert(0, after)
    assert wait_until(failures[:LIMIT], after) == after + 900


@pytest.mark.parametrize(("limit", "window", "wait"), [(1, 1, 30), (3, 60, 5), (100, 86_400, 3600)])
def test_the_numbers_may_be_others(limit: int, window: int, wait: int) -> None:
    """The lock is a value."""
    lock = Lock(limit, window, wait)
    assert wait_until([NOW] * (limit - 1), NOW, lock) is None
    assert wait_until([NOW] * limit, NOW, lock) == NOW + wait
