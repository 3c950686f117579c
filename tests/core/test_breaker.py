"""The whole site: sprays, floods, and the breaker."""

from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.core import breaker
from twofold.core.people import DAY, HOUR, MINUTE
from twofold.core.throttle import MONTH, NOTHING, SP800_63B4_LADDER, Numbers, State, is_on

HOUR_SHARP = 1_788_998_400
"""A moment at which an hour of the clock begins."""
LADDER = SP800_63B4_LADDER


def run(moments: list[int], numbers: Numbers = LADDER, state: State = NOTHING) -> State:
    """Charge the site at each of these moments."""
    for at in moments:
        state = breaker.charge_site(state, at, numbers)
    return state


def wide(**limits: int) -> Numbers:
    """Numbers of which only the given limits can be reached."""
    far = {"site_hour": 10**9, "site_day": 10**9, "site_month": 10**9, "site_floor": 10**9}
    return Numbers(**{**far, **limits})  # type: ignore[arg-type]


def test_the_breaker_goes_on_past_the_limit_of_an_hour() -> None:
    """With the failure after it, for a day."""
    numbers = wide(site_hour=200)
    state = run([HOUR_SHARP] * 200, numbers)
    assert state.until == 0
    assert run([HOUR_SHARP + 9], numbers, state).until == HOUR_SHARP + 9 + DAY
    assert run([HOUR_SHARP + HOUR], numbers, state).until == 0


def test_the_breaker_goes_on_past_the_limit_of_a_day() -> None:
    """Of 24 hours of the clock, the present one among them."""
    numbers = wide(site_day=500)
    spread = [HOUR_SHARP + n * DAY // 500 for n in range(500)]
    state = run(spread, numbers)
    assert state.until == 0
    assert run([spread[-1]], numbers, state).until == spread[-1] + DAY


def test_the_breaker_goes_on_past_the_limit_of_thirty_days() -> None:
    """So that a slow campaign is bounded too."""
    numbers = wide(site_month=2000)
    spread = [HOUR_SHARP + n * MONTH // 2000 for n in range(2000)]
    state = run(spread, numbers)
    assert state.until == 0
    assert run([HOUR_SHARP + MONTH - 1], numbers, state).until > 0
    later = run([HOUR_SHARP + MONTH + 2 * HOUR], numbers, state)
    assert later.until == 0


def test_the_oldest_hour_counts_until_it_has_wholly_left() -> None:
    """Otherwise a burst at its end would give room before its thirty days are over."""
    numbers = wide(site_month=10)
    state = run([HOUR_SHARP + HOUR - 1] * 10, numbers)
    assert run([HOUR_SHARP + HOUR - 2 + MONTH], numbers, state).until > 0
    assert run([HOUR_SHARP + HOUR + MONTH], numbers, state).until == 0


def test_three_times_the_usual_day_is_too_much() -> None:
    """Above a floor, so that a small site is not disturbed by two clumsy people."""
    numbers = wide(site_floor=30)
    quiet = run([HOUR_SHARP] * 30, numbers)
    assert quiet.until == 0
    assert run([HOUR_SHARP], numbers, quiet).until == HOUR_SHARP + DAY
    state = NOTHING
    for day in range(28):
        state = run([HOUR_SHARP + day * DAY] * 20, numbers, state)
    assert state.until == 0
    today = HOUR_SHARP + 28 * DAY
    state = run([today] * 60, numbers, state)
    assert state.until == 0
    assert run([today], numbers, state).until == today + DAY


def test_the_median_is_of_28_days() -> None:
    """One wild day in the past does not raise it; fifteen do."""
    numbers = wide(site_floor=30)
    wild = run([HOUR_SHARP - 2 * DAY] * 30, numbers)
    assert run([HOUR_SHARP] * 31, numbers, wild).until == HOUR_SHARP + DAY
    state = NOTHING
    for day in range(15, 0, -1):
        state = run([HOUR_SHARP - day * DAY] * 30, numbers, state)
    assert run([HOUR_SHARP] * 90, numbers, state).until == 0
    assert run([HOUR_SHARP] * 91, numbers, state).until == HOUR_SHARP + DAY


def test_while_it_is_on_it_is_not_made_longer() -> None:
    """It ends when it was said to, and goes on anew with the next failure if there are many."""
    numbers = wide(site_hour=5)
    state = run([HOUR_SHARP] * 6, numbers)
    assert run([HOUR_SHARP + 60] * 50, numbers, state).until == HOUR_SHARP + DAY
    assert run([HOUR_SHARP + DAY] * 5, numbers, state).until == HOUR_SHARP + DAY
    assert run([HOUR_SHARP + DAY] * 6, numbers, state).until == HOUR_SHARP + 2 * DAY


@given(st.lists(st.integers(0, 2 * DAY), min_size=20, max_size=300))
@settings(max_examples=50)
def test_a_campaign_never_passes_its_bound(pauses: list[int]) -> None:
    """Single codes compared in any 30 days: the limit, one more, and one per day of breaker."""
    numbers = wide(site_month=20)
    now, state, singles = HOUR_SHARP, NOTHING, list[int]()
    for pause in pauses:
        now += pause // 8
        if not is_on(state, now, numbers.breaker):
            singles.append(now)
        state = breaker.charge_site(state, now, numbers)
        assert sum(at > now - MONTH for at in singles) <= 20 + 1 + 30


def test_a_spray_is_told_once() -> None:
    """With the eleventh person within ten minutes, and not with each more."""
    state, alarms = NOTHING, list[int]()
    for n in range(40):
        state, alarm = breaker.mark_spray(state, f"p{n}", HOUR_SHARP + n, LADDER)
        alarms += [n] * alarm
    assert alarms == [10]


def test_the_same_person_again_is_no_spray() -> None:
    """Somebody who forgot a password fails one person."""
    state = NOTHING
    for n in range(100):
        state, alarm = breaker.mark_spray(state, f"p{n % 10}", HOUR_SHARP + n, LADDER)
        assert not alarm


def test_a_slow_look_around_is_no_spray() -> None:
    """Ten in ten minutes are allowed, for ever."""
    state = NOTHING
    for n in range(100):
        state, alarm = breaker.mark_spray(state, f"p{n}", HOUR_SHARP + n * 60, LADDER)
        assert not alarm


def test_a_flood_is_told_once() -> None:
    """With the failure after the thousandth in five minutes."""
    state, alarms = NOTHING, list[int]()
    for n in range(1500):
        state, alarm = breaker.count_site_passwords(state, HOUR_SHARP + n // 10, LADDER)
        alarms += [n] * alarm
    assert alarms == [1000]


def test_a_thousand_in_a_longer_time_are_no_flood() -> None:
    """The minutes before leave."""
    state = NOTHING
    for n in range(2000):
        at = HOUR_SHARP + n * 5 * MINUTE // 900
        state, alarm = breaker.count_site_passwords(state, at, LADDER)
        assert not alarm
