"""Learning where the centre of the window lies."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.core.drift import MAX_DRIFT, learn
from twofold.core.otp import code_at, matching_step, step_at

SECRET = b"12345678901234567890"
NOW = 1_789_000_000


class Device:
    """What is stored about an authenticator whose codes are offered one after the other."""

    def __init__(self) -> None:
        self.drift = 0
        self.last_offset = 0

    def offer(self, offset: int) -> bool:
        """Whether a code `offset` steps from our clock is accepted; learn from it if so."""
        if abs(offset - self.drift) > 1:
            return False
        self.drift = learn(self.drift, self.last_offset, offset)
        self.last_offset = offset
        return True


@pytest.mark.parametrize(
    ("drift", "last_offset", "offset", "learnt"),
    [
        (0, 0, 0, 0),
        (0, 0, 1, 0),
        (0, 1, 1, 1),
        (0, -1, -1, -1),
        (0, -1, 1, 0),
        (1, 1, 0, 1),
        (1, 0, 0, 0),
        (1, 2, 2, 2),
        (1, 1, 2, 1),
        (5, 6, 6, 5),
        (-5, -6, -6, -5),
        (5, 4, 4, 4),
    ],
)
def test_two_codes_at_one_step_move_the_centre_there(
    drift: int, last_offset: int, offset: int, learnt: int
) -> None:
    """One code moves nothing; two in a row at the same step beside the centre do."""
    assert learn(drift, last_offset, offset) == learnt


@pytest.mark.parametrize(("drift", "offset"), [(0, 2), (0, -2), (3, 0), (5, 7)])
def test_a_code_from_outside_the_window_teaches_nothing(drift: int, offset: int) -> None:
    """It cannot have been accepted, so somebody calls this wrongly."""
    with pytest.raises(ValueError, match="window"):
        learn(drift, offset, offset)


@given(st.lists(st.integers(min_value=-9, max_value=9), max_size=200))
def test_the_centre_moves_one_step_at_most_and_stays_bounded(offsets: list[int]) -> None:
    """Whatever is offered, in whatever order."""
    device = Device()
    seen = [0]
    for offset in offsets:
        device.offer(offset)
        seen.append(device.drift)
    assert all(abs(drift) <= MAX_DRIFT for drift in seen)
    assert all(abs(after - before) <= 1 for before, after in pairwise(seen))


@given(st.lists(st.integers(min_value=-7, max_value=7), max_size=60))
def test_the_window_never_gets_wider_than_three_steps(offsets: list[int]) -> None:
    """Whatever was learnt, exactly three steps are accepted."""
    device = Device()
    for offset in offsets:
        device.offer(offset)
    here = step_at(NOW)
    accepted = [
        step
        for step in range(here - 9, here + 10)
        if matching_step(SECRET, code_at(SECRET, step), NOW, device.drift) == step
    ]
    assert accepted == [here + device.drift + near for near in (-1, 0, 1)]


@given(
    st.integers(min_value=-MAX_DRIFT - 1, max_value=MAX_DRIFT),
    st.lists(st.booleans(), min_size=1, max_size=100),
)
def test_a_device_between_two_steps_is_never_shut_out(low: int, highs: list[bool]) -> None:
    """A phone whose codes fall on two neighbouring steps, in any order, once it was reached.

    The lists begin where the device has got to by wandering there slowly.
    """
    device = Device()
    walk = range(0, low, 1) if low >= 0 else range(0, low, -1)
    for offset in [step for step in walk for _ in range(2)] + [low, low]:
        assert device.offer(offset)
    for high in highs:
        assert device.offer(low + high)


@given(
    st.lists(st.sampled_from((-1, 0, 1)), max_size=100),
    st.lists(st.integers(min_value=2, max_value=5), min_size=100, max_size=100),
)
def test_a_clock_that_wanders_is_followed(moves: list[int], stays: list[int]) -> None:
    """By one step at a time, with two codes in between, up to six steps either way."""
    device = Device()
    error = 0
    for move, codes in zip(moves, stays, strict=False):
        error = max(-MAX_DRIFT - 1, min(MAX_DRIFT + 1, error + move))
        for _ in range(codes):
            assert device.offer(error)


@pytest.mark.parametrize("ends_at", [-6, -5, -1, 0, 1, 5, 6])
def test_a_steady_error_of_up_to_six_steps_stays_accepted(ends_at: int) -> None:
    """A phone that came to be three minutes off keeps working for ever."""
    device = Device()
    for offset in range(0, ends_at, 1 if ends_at > 0 else -1):
        assert device.offer(offset)
        assert device.offer(offset)
    assert all(device.offer(ends_at) for _ in range(50))


@pytest.mark.parametrize("jump", [-7, -3, -2, 2, 3, 7])
def test_a_clock_that_jumps_out_of_the_window_is_refused(jump: int) -> None:
    """Two right codes in a row at a far step are not learnt here: they were never accepted."""
    device = Device()
    assert not any(device.offer(jump) for _ in range(5))
    assert device.drift == 0
