"""What the ladder's numbers mean, against values computed by hand."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.core import guessing
from twofold.core.guessing import PAIR, SINGLE, YEAR, Guesses
from twofold.core.people import DAY, GuardPolicy, Profile
from twofold.core.policy import MAX_BEFORE_LINK, MAX_SINGLE_CODES, guard_problem
from twofold.core.throttle import SP800_63B4_LADDER, Numbers

LADDER = SP800_63B4_LADDER


def exactly(singles: int, pairs: int) -> float:
    """The same chance in fractions: 1 - (1 - 3/10^6)^s (1 - 3/10^12)^p."""
    missed = (1 - Fraction(3, 10**6)) ** singles * (1 - Fraction(3, 10**12)) ** pairs
    return float(1 - missed)


def test_one_guess_has_three_chances() -> None:
    """Three of a million codes, three of a million million pairs."""
    assert Guesses(1, 0).chance == pytest.approx(3e-6, rel=1e-12, abs=0)
    assert Guesses(0, 1).chance == pytest.approx(3e-12, rel=1e-12, abs=0)
    assert Guesses(0, 0).chance == 0
    assert (SINGLE, PAIR) == (3e-6, 3e-12)


@given(st.integers(0, 3000), st.integers(0, 40))
def test_the_chance_is_that_of_the_formula(singles: int, pairs: int) -> None:
    """In fractions nothing is lost."""
    expected = exactly(singles, pairs)
    assert Guesses(singles, pairs).chance == pytest.approx(expected, rel=1e-9, abs=0)


def test_small_chances_do_not_vanish() -> None:
    """`1 - (1 - 3e-12)**n` would be wrong in the fourth digit, and 1e-17 would be nothing."""
    assert abs(Guesses(0, 10).chance / 3e-11 - 1) < 1e-9
    plain = 1 - (1 - 3e-12) ** 10
    assert abs(plain / 3e-11 - 1) > 1e-6


def test_the_standard_profile_keeps_its_promise() -> None:
    """5 · 3e-6 + 5 · 3e-12, less the overlap: 1.4999925e-5 in 30 days."""
    month = guessing.of_person(LADDER, Profile.STANDARD)
    assert month == Guesses(5, 5)
    assert month.chance == pytest.approx(1.4999925e-5, rel=1e-7)
    assert month.chance <= 1.5e-5
    year = guessing.of_person(LADDER, Profile.STANDARD, YEAR)
    assert year == Guesses(65, 65)
    assert year.chance == pytest.approx(1.94981e-4, rel=1e-5)


def test_the_strict_profile_keeps_its_promise() -> None:
    """10 · 3e-12 in 30 days."""
    month = guessing.of_person(LADDER, Profile.STRICT)
    assert month == Guesses(0, 10)
    assert month.chance == pytest.approx(3e-11, rel=1e-9, abs=0)
    assert month.chance <= 1e-10
    year = guessing.of_person(LADDER, Profile.STRICT, YEAR).chance
    assert year == pytest.approx(3.9e-10, rel=1e-6, abs=0)


def test_a_year_begins_thirteen_windows() -> None:
    """At days 0, 30 … 360; a failure is forgotten after exactly thirty days."""
    assert [guessing.windows(n * DAY) for n in (1, 30, 31, 60, 365)] == [1, 1, 2, 2, 13]


@pytest.mark.parametrize("pair_after", range(8))
@pytest.mark.parametrize("link_after", range(13))
def test_what_an_admin_may_choose_keeps_the_promise(pair_after: int, link_after: int) -> None:
    """Every choice that is not refused: 1.5e-5 in 30 days, and 1e-10 for the strict."""
    guard = GuardPolicy(pair_after=pair_after, link_after=link_after)
    if guard_problem(guard) is not None:
        return
    numbers = Numbers(pair_after=pair_after, link_after_codes=link_after)
    assert guessing.of_person(numbers, Profile.STANDARD).chance <= 1.5e-5
    assert guessing.of_person(numbers, Profile.STRICT).chance <= 1e-10


@pytest.mark.parametrize(
    ("field", "guard"),
    [
        ("pair_after", GuardPolicy(pair_after=0)),
        ("pair_after", GuardPolicy(pair_after=MAX_SINGLE_CODES + 1)),
        ("link_after", GuardPolicy(link_after=MAX_BEFORE_LINK + 1)),
        ("link_after", GuardPolicy(pair_after=5, link_after=4)),
        ("trust_days", GuardPolicy(trust_days=31)),
        ("trust_days", GuardPolicy(trust_days=-1)),
    ],
)
def test_what_breaks_the_promise_is_refused(field: str, guard: GuardPolicy) -> None:
    """With the field and a sentence."""
    problem = guard_problem(guard)
    assert problem is not None
    assert problem[0] == field
    assert problem[1].endswith(".")


def test_a_copied_cookie_is_worth_thirty_single_codes() -> None:
    """On top of what unknown browsers have."""
    standard = guessing.with_cookie(LADDER, Profile.STANDARD)
    assert standard == Guesses(35, 5)
    assert standard.chance == pytest.approx(1.05e-4, rel=1e-4)
    assert guessing.with_cookie(LADDER, Profile.STRICT, YEAR) == Guesses(390, 130)


def test_the_breaker_bounds_a_campaign() -> None:
    """2,001 single codes and one per day more, whatever the number of people."""
    each = guessing.of_person(LADDER, Profile.STANDARD)
    assert guessing.of_site(LADDER, each.times(100)) == Guesses(500, 500)
    many = guessing.of_site(LADDER, each.times(10_000))
    assert many == Guesses(2031, 97_969)
    assert many.chance == pytest.approx(6.0748e-3, rel=1e-4)
    strict = guessing.of_person(LADDER, Profile.STRICT).times(10_000)
    assert guessing.of_site(LADDER, strict).chance == pytest.approx(3e-7, rel=1e-5, abs=0)


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.0, "none"),
        (0.9, "more likely than not"),
        (0.5, "1 in 2"),
        (0.0762, "1 in 13"),
        (1.4999925e-5, "1 in 66,000"),
        (1e-5, "1 in 100,000"),
        (3e-7, "1 in 3.3 million"),
        (1e-6, "1 in 1 million"),
        (3e-8, "1 in 33 million"),
        (3e-9, "1 in 330 million"),
        (3e-11, "1 in 33 thousand million"),
        (3e-12, "1 in 330 thousand million"),
        (1e-15, "1 in 1,000 million million"),
    ],
)
def test_a_chance_in_words(chance: float, words: str) -> None:
    """Two digits, never better than it is."""
    assert guessing.in_words(chance) == words


@pytest.mark.parametrize(
    ("chance", "digits"),
    [(0.0, "0"), (1.4999925e-5, "1.5 × 10⁻⁵"), (0.0762, "7.6 × 10⁻²"), (3e-11, "3.0 × 10⁻¹¹"),
     (1.0, "1.0 × 10⁰")],
)  # fmt: skip
def test_a_chance_in_digits(chance: float, digits: str) -> None:
    """For whoever compares."""
    assert guessing.in_digits(chance) == digits


@given(st.floats(1e-18, 0.5))
def test_words_never_flatter(chance: float) -> None:
    """What is written is at least the chance, to the rounding of floats."""
    words = guessing.in_words(chance).removeprefix("1 in ")
    units = {name: unit for unit, name in guessing.UNITS}
    number, _, unit = words.partition(" ")
    written = float(number.replace(",", "")) * units.get(unit, 1)
    assert 1 / written >= chance * (1 - 1e-6)
