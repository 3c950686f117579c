"""How guessing is slowed: the ladder, step by step and for any sequence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.core import throttle
from twofold.core.people import DAY, HOUR, MINUTE, Profile
from twofold.core.throttle import (
    MONTH,
    NOTHING,
    SP800_63B4_LADDER,
    Disabled,
    NeedsLink,
    Numbers,
    Pair,
    Single,
    State,
    Step,
    Wait,
)

NOW = 1_789_000_000
LADDER = SP800_63B4_LADDER
FULL = State(failures=(NOW,) * 100)

moments = st.lists(st.integers(NOW - 2 * MONTH, NOW + DAY), max_size=60).map(sorted)


def ask_password(now: int = NOW, **given: object) -> object:
    """Ask for somebody whom nobody has failed yet, except as given."""
    what = {"person": NOTHING, "browser": None, "sources": [], "link_open": False, **given}
    return throttle.ask_password(now, LADDER, **what)  # type: ignore[arg-type]


def ask_code(now: int = NOW, numbers: Numbers = LADDER, **given: object) -> object:
    """Likewise at the code."""
    what = {
        "profile": Profile.STANDARD,
        "person": NOTHING,
        "browser": None,
        "in_a_row": NOTHING,
        "breaker": NOTHING,
        "link_open": False,
        **given,
    }
    return throttle.ask_code(now, numbers, **what)  # type: ignore[arg-type]


def failed(*ages: int) -> State:
    """Failures so many seconds ago."""
    return State(failures=tuple(sorted(NOW - age for age in ages)))


def test_the_numbers_are_the_documented_ones() -> None:
    """Each of them stands in docs/design/guard.md; none changes by accident."""
    assert Numbers() == LADDER
    assert (LADDER.known_passwords, LADDER.window, LADDER.fall) == (10, 900, 900)
    assert (LADDER.longest_fall, LADDER.free_passwords, LADDER.longest_wait) == (86_400, 5, 900)
    assert (LADDER.link_after_passwords, LADDER.source_burst, LADDER.source_hour) == (100, 20, 100)
    assert LADDER.code_waits == (0, 0, 30, 60)
    assert (LADDER.pair_after, LADDER.link_after_codes) == (5, 10)
    assert (LADDER.disable_after, LADDER.disable_in_a_row) == (50, 100)
    assert (LADDER.known_codes, LADDER.known_codes_month) == (10, 30)
    assert (LADDER.set_up_codes, LADDER.per_sign_in, LADDER.repeat) == (10, 5, 90)
    assert (LADDER.site_hour, LADDER.site_day, LADDER.site_month) == (200, 500, 2000)
    assert (LADDER.site_factor, LADDER.site_floor, LADDER.breaker) == (3, 30, 86_400)
    assert (LADDER.spray, LADDER.site_passwords) == (10, 1000)
    assert (MONTH, throttle.FOR_EVER) == (30 * DAY, 36_500 * DAY)


# ---- states --------------------------------------------------------------------------------


@given(moments, st.integers(1, 80), st.integers(1, MONTH))
def test_a_charge_keeps_order_and_the_newest(failures: list[int], keep: int, window: int) -> None:
    """Never more than `keep`, none outside the window, none in the future, the new one last."""
    state = throttle.charge(State(failures=tuple(failures)), NOW, keep=keep, window=window)
    assert len(state.failures) <= keep
    assert state.failures[-1] == NOW
    assert list(state.failures) == sorted(state.failures)
    assert all(NOW - window < at <= NOW for at in state.failures)
    expected = [min(at, NOW) for at in failures if at > NOW - window] + [NOW]
    assert list(state.failures) == expected[-keep:]


@given(moments, st.integers(0, 3))
def test_taking_back_undoes_the_charge(failures: list[int], later: int) -> None:
    """As long as nothing had to be let go for it, whatever was charged in between."""
    before = State(failures=tuple(min(at, NOW) for at in failures if at > NOW - MONTH))
    after = throttle.charge(before, NOW, keep=1000, window=MONTH)
    assert throttle.take_back(after, NOW) == before
    for _ in range(later):
        after = throttle.charge(after, NOW + 1, keep=1000, window=MONTH)
    expected = before.failures + (NOW + 1,) * later
    kept = tuple(at for at in expected if at > NOW + 1 - MONTH) if later else expected
    assert throttle.take_back(after, NOW).failures == kept


def test_taking_back_what_was_not_charged_changes_nothing() -> None:
    """A charge that has left the window, or that an unlock dropped, gives nothing back."""
    state = failed(10, 20)
    assert throttle.take_back(state, NOW) == state
    assert throttle.take_back(NOTHING, NOW) == NOTHING


def test_one_of_two_charges_of_a_second_is_taken_back() -> None:
    """Two tries at once, one of them right: the other one stays."""
    state = throttle.charge(failed(5), NOW, keep=9, window=DAY)
    state = throttle.charge(state, NOW, keep=9, window=DAY)
    assert throttle.take_back(state, NOW).failures == (NOW - 5, NOW)


def test_taking_back_leaves_the_rest_of_a_state() -> None:
    """Marks, falls and the like are not part of a charge."""
    state = State(failures=(NOW,), until=7, falls=2, marks=(("a", NOW),))
    assert throttle.take_back(state, NOW) == State((), 7, 2, (("a", NOW),))


@given(
    moments,
    st.integers(0, 2 * NOW),
    st.integers(0, 40),
    st.lists(st.tuples(st.text(max_size=20), st.integers(0, 2 * NOW)), max_size=9),
)
def test_a_state_comes_back_from_its_text(
    failures: list[int], until: int, falls: int, marks: list[tuple[str, int]]
) -> None:
    """What is stored is what was meant."""
    state = State(tuple(failures), until, falls, tuple(marks))
    assert throttle.unpacked(throttle.packed(state)) == state


def test_no_text_is_no_failures() -> None:
    """A key that was never charged."""
    assert throttle.unpacked(None) == NOTHING


@pytest.mark.parametrize("text", ["", "{", "[]", "[[1],0,0]", "null", '[[],0,0,[["a","b"]]]'])
def test_a_text_that_cannot_be_read_is_no_permission(text: str) -> None:
    """It is an error, and the caller says no (promise P6)."""
    with pytest.raises((ValueError, TypeError)):
        throttle.unpacked(text)


def test_a_mark_is_remembered_for_its_window() -> None:
    """And replaced by itself, not doubled."""
    state = throttle.marked(NOTHING, "a", NOW, keep=2, window=90)
    assert throttle.has_mark(state, "a", NOW + 89, window=90)
    assert not throttle.has_mark(state, "a", NOW + 90, window=90)
    assert not throttle.has_mark(state, "b", NOW, window=90)
    again = throttle.marked(state, "a", NOW + 5, keep=2, window=90)
    assert again.marks == (("a", NOW + 5),)
    more = throttle.marked(throttle.marked(again, "b", NOW + 6, keep=2, window=90), "c", NOW + 7,
                           keep=2, window=90)  # fmt: skip
    assert more.marks == (("b", NOW + 6), ("c", NOW + 7))
    assert throttle.marked(more, "d", NOW + 97, keep=9, window=90).marks == (("d", NOW + 97),)


# ---- the password --------------------------------------------------------------------------


def test_five_passwords_are_free_then_the_waits_double() -> None:
    """1, 2, 4 … seconds after the newest failure, fifteen minutes at most."""
    for count in range(5):
        assert ask_password(person=State((NOW,) * count)) == Single(known=False)
    for count, wait in [(5, 1), (6, 2), (7, 4), (14, 512), (15, 900), (60, 900), (99, 900)]:
        person = State((NOW,) * count)
        assert ask_password(person=person) == Wait(NOW + wait), count
        assert ask_password(NOW + wait, person=person) == Single(known=False), count
        assert ask_password(NOW + wait - 1, person=person) == Wait(NOW + wait), count


def test_failures_of_a_day_ago_are_forgotten() -> None:
    """To the second."""
    assert ask_password(NOW + DAY, person=State((NOW,) * 60)) == Single(known=False)
    assert ask_password(NOW + DAY - 1, person=FULL) == NeedsLink()
    assert ask_password(NOW + DAY, person=FULL) == Single(known=False)


def test_after_a_hundred_a_link_is_needed_and_opens_a_hundred_more() -> None:
    """Whoever reads the mail has no endless tries either."""
    assert ask_password(person=FULL) == NeedsLink()
    assert ask_password(person=FULL, link_open=True) == Single(known=False)
    assert ask_password(person=State((NOW,) * 199), link_open=True) == Single(known=False)
    assert ask_password(person=State((NOW,) * 200), link_open=True) == Wait(NOW + DAY)


def test_an_open_link_ends_every_wait() -> None:
    """Also that of a shared address."""
    busy = (State((NOW,) * 100), 1)
    assert ask_password(person=State((NOW,) * 50), sources=[busy]) == Wait(NOW + HOUR)
    answer = ask_password(person=State((NOW,) * 50), sources=[busy], link_open=True)
    assert answer == Single(known=False)


def test_a_known_browser_does_not_wait_whatever_others_did() -> None:
    """Nobody keeps somebody out of a browser of theirs (promise P9)."""
    answer = ask_password(person=FULL, browser=NOTHING, sources=[(FULL, 1)])
    assert answer == Single(known=True)


def test_a_known_browser_falls_with_its_tenth_failure_and_longer_each_time() -> None:
    """15 minutes, then 30, 60 … at most a day; meanwhile it counts as unknown."""
    state, now = NOTHING, NOW
    for minutes in (15, 30, 60, 120, 240, 480, 960, 1440, 1440):
        for _ in range(9):
            state = throttle.charge_browser_password(state, now, LADDER)
            assert throttle.is_known(now, state, LADDER)
        state = throttle.charge_browser_password(state, now, LADDER)
        assert state.until == now + minutes * MINUTE
        assert ask_password(now, browser=state, person=FULL) == Single(known=False) or (
            ask_password(now, browser=state, person=State((now,) * 100)) == NeedsLink()
        )
        assert not throttle.is_known(state.until - 1, state, LADDER)
        now = state.until
        assert throttle.is_known(now, state, LADDER)


def test_nine_failures_in_a_window_do_not_fell_a_browser() -> None:
    """However long it goes on: each leaves after fifteen minutes."""
    state = NOTHING
    for n in range(100):
        state = throttle.charge_browser_password(state, NOW + n * 100, LADDER)
        assert state.falls == 0


@pytest.mark.parametrize(("times", "burst", "hour"), [(1, 20, 100), (4, 80, 400)])
def test_a_source_waits_until_its_window_is_free(times: int, burst: int, hour: int) -> None:
    """Twenty in five minutes, a hundred in an hour; four times as many for a /48."""
    early = State((NOW - 60,) * burst)
    assert ask_password(sources=[(early, times)]) == Wait(NOW - 60 + 5 * MINUTE)
    assert ask_password(sources=[(State((NOW - 60,) * (burst - 1)), times)]) == Single(known=False)
    assert ask_password(NOW + 240, sources=[(early, times)]) == Single(known=False)
    slow = State(tuple(NOW - 3000 + n * 2700 // hour for n in range(hour)))
    assert ask_password(sources=[(slow, times)]) == Wait(NOW - 3000 + HOUR)


@given(st.lists(st.integers(0, 2 * HOUR), min_size=1, max_size=150))
@settings(max_examples=50)
def test_the_passwords_of_unknown_browsers_never_pass_the_budget(pauses: list[int]) -> None:
    """Whoever tries whenever it is allowed has at most a hundred in any day, and waits in order."""
    now, state, tried = NOW, NOTHING, list[int]()
    for pause in pauses:
        now += pause
        answer = throttle.ask_password(
            now, LADDER, person=state, browser=None, sources=[], link_open=False
        )
        if isinstance(answer, Wait):
            assert now < answer.until <= now + 15 * MINUTE
            now = answer.until
        elif isinstance(answer, NeedsLink):
            assert sum(at > now - DAY for at in tried) >= 100
            continue
        state = throttle.charge(state, now, keep=220, window=DAY)
        tried.append(now)
        assert sum(at > now - DAY for at in tried) <= 100


@given(st.lists(st.booleans(), min_size=1, max_size=400))
@settings(max_examples=50)
def test_right_passwords_through_a_link_give_no_tries_back(right: list[bool]) -> None:
    """Charging and taking back at the limit loses no failure: the gate stays closed."""
    state = FULL
    for n, is_right in enumerate(right):
        now = NOW + n
        answer = throttle.ask_password(
            now, LADDER, person=state, browser=None, sources=[], link_open=True
        )
        if isinstance(answer, Single):
            state = throttle.charge(state, now, keep=220, window=DAY)
            if is_right:
                state = throttle.take_back(state, now)
        assert ask_password(now, person=state) == NeedsLink()


# ---- the code ------------------------------------------------------------------------------


def test_the_ladder_of_the_standard_profile() -> None:
    """Two free, 30 and 60 seconds, pairs from five, a link from ten, disabled at fifty."""
    expected = {
        0: Single(known=False),
        1: Single(known=False),
        2: Single(known=False),
        3: Wait(NOW + 30),
        4: Wait(NOW + 60),
        **dict.fromkeys(range(5, 10), Pair()),
        **dict.fromkeys(range(10, 50), NeedsLink()),
        50: Disabled(),
    }
    for count, answer in expected.items():
        assert ask_code(person=State((NOW,) * count)) == answer, count
    for count in (3, 4):
        wait = LADDER.code_waits[count - 1]
        person = State((NOW,) * count)
        assert ask_code(NOW + wait - 1, person=person) == Wait(NOW + wait)
        assert ask_code(NOW + wait, person=person) == Single(known=False)
    for count in range(10, 50):
        assert ask_code(person=State((NOW,) * count), link_open=True) == Pair()
    assert ask_code(person=State((NOW,) * 50), link_open=True) == Disabled()


def test_the_strict_profile_asks_for_pairs_at_once() -> None:
    """And never for a single code from an unknown browser."""
    for count in range(10):
        person = State((NOW,) * count)
        assert ask_code(profile=Profile.STRICT, person=person) == Pair()
    assert ask_code(profile=Profile.STRICT, browser=NOTHING) == Single(known=True)


def test_a_failure_counts_for_thirty_days_to_the_second() -> None:
    """No success clears it, only time."""
    five = State((NOW,) * 5)
    assert ask_code(NOW + MONTH - 1, person=five) == Pair()
    assert ask_code(NOW + MONTH, person=five) == Single(known=False)


def test_the_breaker_asks_unknown_browsers_for_pairs() -> None:
    """While it is on; known ones it leaves alone."""
    on = State(until=NOW + 1)
    assert ask_code(breaker=on) == Pair()
    assert ask_code(NOW + 1, breaker=on) == Single(known=False)
    assert ask_code(breaker=on, browser=NOTHING) == Single(known=True)


def test_a_hundred_in_a_row_disable_everywhere() -> None:
    """NIST SP 800-63B-4 section 3.2.2: also in known browsers."""
    assert ask_code(in_a_row=State((NOW,) * 99), browser=NOTHING) == Single(known=True)
    assert ask_code(in_a_row=State((NOW,) * 100), browser=NOTHING) == Disabled()
    old = State(tuple(NOW - n * MONTH for n in range(99, -1, -1)))
    assert ask_code(in_a_row=old) == Disabled()


def test_a_known_browser_has_ten_codes_a_day_of_its_own() -> None:
    """Whatever unknown browsers did; then it is one of them."""
    many = State((NOW,) * 40)
    assert ask_code(person=many, browser=State((NOW,) * 9)) == Single(known=True)
    assert ask_code(person=many, browser=State((NOW,) * 10)) == NeedsLink()
    assert ask_code(browser=State((NOW,) * 10)) == Single(known=False)
    assert ask_code(NOW + DAY, person=many, browser=State((NOW,) * 10)) == Single(known=True)


def test_a_right_code_fills_the_day_of_a_known_browser_and_not_its_month() -> None:
    """A copied cookie gets no new tries out of the owner's successes beyond thirty."""
    now, state = NOW, NOTHING
    for _ in range(3):
        for _ in range(10):
            assert ask_code(now, browser=state) == Single(known=True)
            state = throttle.charge(state, now, keep=50, window=MONTH)
        assert ask_code(now, browser=state) == Single(known=False)
        now += 60
        state = throttle.code_right_in_known(state, now)
        now += 1
    assert ask_code(now, browser=state) == Single(known=False)
    assert ask_code(NOW + MONTH, browser=state) == Single(known=True)


def test_a_right_code_fills_a_day_only_where_something_is_counted() -> None:
    """Of a clean record nothing has to be written: failures and used codes are what is filled."""
    assert throttle.code_right_in_known(NOTHING, NOW) == NOTHING
    failed, used = State(failures=(NOW - 5,)), State(used=(NOW - 5,))
    assert throttle.code_right_in_known(failed, NOW) == State(failures=(NOW - 5,), until=NOW)
    assert throttle.code_right_in_known(used, NOW) == State(used=(NOW - 5,), until=NOW)


@given(st.lists(st.tuples(st.integers(0, 3 * DAY), st.booleans()), min_size=1, max_size=200))
@settings(max_examples=100)
def test_a_copied_cookie_never_passes_its_budget(tries: list[tuple[int, bool]]) -> None:
    """Thirty in thirty days in that browser, with however many successes in between."""
    now, state, compared = NOW, NOTHING, list[int]()
    for pause, owner_succeeds in tries:
        now += pause
        if owner_succeeds:
            state = throttle.code_right_in_known(state, now)
        if ask_code(now, browser=state) == Single(known=True):
            state = throttle.charge(state, now, keep=50, window=MONTH)
            compared.append(now)
        assert sum(at > now - MONTH for at in compared) <= LADDER.known_codes_month


settings_of_an_admin = st.tuples(st.integers(1, 5), st.integers(0, 5)).map(
    lambda chosen: Numbers(pair_after=chosen[0], link_after_codes=chosen[0] + chosen[1])
)


@given(
    settings_of_an_admin,
    st.sampled_from(Profile),
    st.lists(st.tuples(st.integers(0, 4 * DAY), st.booleans()), min_size=1, max_size=120),
)
@settings(max_examples=150)
def test_no_sequence_of_codes_passes_the_budget(
    numbers: Numbers, profile: Profile, tries: list[tuple[int, bool]]
) -> None:
    """In any 30 days at most `pair_after` single codes and `link_after_codes` in all are compared
    from unknown browsers, with right ones in between that are taken back.
    """
    now, state = NOW, NOTHING
    wrong: list[tuple[int, bool]] = []
    for pause, is_right in tries:
        now += pause
        answer = ask_code(now, numbers, profile=profile, person=state)
        if isinstance(answer, Wait):
            assert now < answer.until <= now + 60
            now = answer.until
            answer = ask_code(now, numbers, profile=profile, person=state)
        if isinstance(answer, NeedsLink):
            continue
        assert isinstance(answer, Single | Pair)
        state = throttle.charge(state, now, keep=numbers.disable_after, window=MONTH)
        if is_right:
            state = throttle.take_back(state, now)
            continue
        wrong.append((now, isinstance(answer, Single)))
        recent = [single for at, single in wrong if at > now - MONTH]
        assert len(recent) <= numbers.link_after_codes
        assert sum(recent) <= (0 if profile is Profile.STRICT else numbers.pair_after)


@given(moments, moments, st.integers(0, 200))
def test_nothing_shuts_the_owner_out(
    of_person: list[int], of_row: list[int], passwords: int
) -> None:
    """Below the NIST limits the owner always has a way: at once in a known browser, and in a new
    one with a code, a pair, a link or a minute's wait.
    """
    person = State(tuple(of_person[:49]))
    row = State(tuple(of_row[:99]))
    assert ask_code(person=person, in_a_row=row, browser=NOTHING) == Single(known=True)
    answer = ask_code(person=person, in_a_row=row, link_open=True)
    assert isinstance(answer, Single | Pair) or (
        isinstance(answer, Wait) and answer.until <= NOW + 60
    )
    vandal = State((NOW,) * min(passwords, 100))
    assert ask_password(person=vandal, browser=NOTHING) == Single(known=True)
    assert ask_password(person=vandal, link_open=True) == Single(known=False)


def test_a_set_up_has_ten_codes_in_fifteen_minutes() -> None:
    """Of its own."""
    assert throttle.ask_set_up(NOW, LADDER, state=State((NOW,) * 9)) == Single(known=False)
    assert throttle.ask_set_up(NOW, LADDER, state=State((NOW,) * 10)) == Wait(NOW + 900)
    assert throttle.ask_set_up(NOW + 900, LADDER, state=State((NOW,) * 10)) == Single(known=False)


def test_each_step_is_set_off_once() -> None:
    """By the failure that reaches its count, and not again."""
    state, reached = NOTHING, dict[int, tuple[Step, ...]]()
    for count in range(1, 52):
        after = throttle.charge(state, NOW, keep=LADDER.disable_after, window=MONTH)
        steps = throttle.steps_reached(state, after, NOTHING, NOW, LADDER)
        if steps:
            reached[count] = steps
        state = after
    assert reached == {5: (Step.TELL_OWNER,), 10: (Step.PASSWORD_STOLEN,), 50: (Step.DISABLE,)}


def test_a_hundred_in_a_row_set_off_the_end() -> None:
    """Once, also if the fiftieth in thirty days comes with it."""
    row = State((NOW,) * 100)
    before, after = State((NOW,) * 49), State((NOW,) * 50)
    assert throttle.steps_reached(before, after, row, NOW, LADDER) == (Step.DISABLE,)
    assert throttle.steps_reached(NOTHING, NOTHING, row, NOW, LADDER) == (Step.DISABLE,)
    assert throttle.steps_reached(NOTHING, NOTHING, State((NOW,) * 99), NOW, LADDER) == ()


# ---- a clock that was set back -------------------------------------------------------------


def test_failures_from_the_future_count_and_nobody_waits_for_them() -> None:
    """A clock that ran ahead and was put right: no wait lasts until it has caught up."""
    ahead = NOW + 10 * DAY
    assert ask_code(person=State((ahead,) * 4)) == Single(known=False)
    assert ask_code(person=State((ahead,) * 5)) == Pair()
    assert ask_password(person=State((ahead,) * 60)) == Single(known=False)
    assert ask_password(person=State((ahead,) * 100)) == NeedsLink()
    assert ask_password(sources=[(State((ahead,) * 100), 1)]) == Single(known=False)
    assert throttle.ask_set_up(NOW, LADDER, state=State((ahead,) * 10)) == Single(known=False)


def test_after_one_more_failure_the_waits_are_back() -> None:
    """The set-back gives one try, not many: a charge brings what lies ahead down to now."""
    ahead = NOW + 10 * DAY
    person = throttle.charge(State((ahead,) * 3), NOW, keep=50, window=MONTH)
    assert person.failures == (NOW,) * 4
    assert ask_code(person=person) == Wait(NOW + 60)
    source = throttle.charge(State((ahead,) * 30), NOW, keep=120, window=HOUR)
    assert ask_password(sources=[(source, 1)]) == Wait(NOW + 5 * MINUTE)


def test_a_fall_or_a_breaker_from_the_future_does_not_hold() -> None:
    """Farther ahead than it could be set, it was set by a wrong clock."""
    assert ask_password(browser=State(until=NOW + DAY)) == Single(known=False)
    assert ask_password(browser=State(until=NOW + DAY + 1)) == Single(known=True)
    assert ask_code(breaker=State(until=NOW + DAY)) == Pair()
    assert ask_code(breaker=State(until=NOW + DAY + 1)) == Single(known=False)


@given(moments)
def test_waits_never_grow_when_time_passes(failures: list[int]) -> None:
    """Whoever waits as told is not told to wait again."""
    person = State(tuple(failures))
    for answer, ask in (
        (ask_code(person=person), ask_code),
        (ask_password(person=person), ask_password),
    ):
        if isinstance(answer, Wait):
            before = ask(answer.until - 1, person=person)
            assert before == answer or answer.until - 1 < NOW
            assert not isinstance(ask(answer.until, person=person), Wait)
