"""Whoever has the password: what is compared never passes the ladder, whatever they try."""

import pytest

from tests.simulation import odds
from tests.simulation.scene import scene
from tests.simulation.thieves import STRATEGIES, every, live, worst_month
from twofold.core.people import DAY, HOUR, Profile

DAYS, SEED = 33, 1
"""Long enough for the first failures to be forgotten and the budget to begin anew."""


@pytest.mark.parametrize("name", STRATEGIES)
def test_what_a_thief_has_compared_never_passes_the_ladder(name: str) -> None:
    """Counted inside the comparison; the owner signs in each morning and never has to wait."""
    with scene(SEED) as stage:
        result = live(stage, name, DAYS)
    assert result.keeps, result
    assert result.compared.singles + result.compared.pairs >= 5, "the thief did try"
    assert result.owner_refused == 0


@pytest.mark.parametrize("name", ["as soon as allowed", "many sign-ins at once"])
def test_under_the_strict_profile_no_single_code_is_compared(name: str) -> None:
    """Pairs only, ten in thirty days."""
    with scene(SEED) as stage:
        result = live(stage, name, DAYS, profile=Profile.STRICT)
    assert result.keeps, result
    assert result.compared.singles == 0
    assert result.most == 10


def test_a_copied_cookie_is_bounded_whatever_the_owner_does() -> None:
    """The owner's successes in that browser buy the thief nothing beyond thirty in thirty days."""
    with scene(SEED) as stage:
        result = live(stage, "cookie", DAYS, strategy=every(2 * HOUR), cookie=True)
    assert result.keeps, result
    assert result.most_singles == 35


def test_the_measured_chance_is_the_computed_one() -> None:
    """Uniform guesses against real secrets hit as often as the formula says (99.9 % interval)."""
    found = odds.play(35, 6_000, SEED)
    assert found.fits, (found, found.interval)
    ten_times_too_small = odds.Measured(40, 6_000, found.computed)
    assert not ten_times_too_small.fits


def test_the_interval_is_that_of_the_books() -> None:
    """Garwood's table: 0 → (0, 3.689), 10 → (4.795, 18.39) at 95 %."""
    assert odds.interval(0, 0.95) == pytest.approx((0, 3.689), abs=1e-3)
    assert odds.interval(10, 0.95) == pytest.approx((4.795, 18.39), abs=1e-2)


def test_the_worst_month_is_found() -> None:
    """Half open: what is exactly thirty days old has left."""
    assert worst_month([]) == 0
    assert worst_month([0, 1, 2]) == 3
    assert worst_month([0, 10, 30 * DAY]) == 2
    assert worst_month([0, 10, 30 * DAY - 1, 30 * DAY, 31 * DAY]) == 3
