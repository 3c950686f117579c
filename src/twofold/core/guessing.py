"""What the ladder's numbers mean: the chance that somebody who has the password gets in.

A code has six digits, and three of them are right at any moment (RFC 6238 section 5.2: one step
either side), so a guess is right with 3 in a million. Of two consecutive codes three pairs are
right out of a million million. Guesses are independent at best for whoever guesses, and n of them
succeed with `1 - (1 - p)^n`.

How many guesses there are follows from `core/throttle.py`. A failure counts for 30 days and is
never cleared, so each window of 30 days holds so many single codes and so many pairs and no more;
a year of 365 days begins 13 such windows. Past `link_after_codes` a mailed link is needed, and
whoever reads the mail too is another matter.

All of it is on condition that the password is known. If one password in a hundred is, an
organisation's chance is a hundredth of what stands here for one person.
"""

import math
from dataclasses import dataclass

from twofold.core.people import DAY, Profile
from twofold.core.throttle import MONTH, Numbers

SINGLE = 3e-6
"""Chance of one guess at one code: three codes of a million are right (RFC 6238 section 5.2)."""
PAIR = 3e-12
"""Chance of one guess at two consecutive codes: three pairs of a million million."""
YEAR = 365 * DAY
UNITS = ((10**12, "million million"), (10**9, "thousand million"), (10**6, "million"))


@dataclass(frozen=True, slots=True)
class Guesses:
    """So many guesses are compared at most."""

    singles: int
    pairs: int

    def __add__(self, other: "Guesses") -> "Guesses":
        """Both together."""
        return Guesses(self.singles + other.singles, self.pairs + other.pairs)

    def times(self, count: int) -> "Guesses":
        """The same `count` times."""
        return Guesses(self.singles * count, self.pairs * count)

    @property
    def chance(self) -> float:
        """That one of them is right, 0 to 1: `1 - (1 - p)^n`.

        By way of logarithms (`log1p`, `expm1`), because `1 - (1 - 3e-12)` loses most digits.
        """
        return -math.expm1(self.singles * math.log1p(-SINGLE) + self.pairs * math.log1p(-PAIR))


def windows(seconds: int) -> int:
    """How many windows of 30 days begin within so many seconds, the first at once."""
    return -(-seconds // MONTH)


def of_person(numbers: Numbers, profile: Profile, seconds: int = MONTH) -> Guesses:
    """What is compared at most within `seconds` from browsers that are not known, no mail read."""
    singles = 0 if profile is Profile.STRICT else numbers.pair_after
    return Guesses(singles, numbers.link_after_codes - singles).times(windows(seconds))


def with_cookie(numbers: Numbers, profile: Profile, seconds: int = MONTH) -> Guesses:
    """The same for somebody who has also copied the cookie of one known browser: its own budget
    comes on top, and is not filled again by the owner's successes within 30 days.
    """
    more = Guesses(numbers.known_codes_month, 0).times(windows(seconds))
    return of_person(numbers, profile, seconds) + more


def of_site(numbers: Numbers, each: Guesses, seconds: int = MONTH) -> Guesses:
    """What is compared on the whole site at most, where `each` is the sum over its people.

    The breaker bounds the single codes of 30 days: it goes on with the one past `site_month`, and
    each time that it has run out one more is compared before it is on again. On PostgreSQL those
    that are being compared at that moment come on top, one per storage thread.
    """
    most = numbers.site_month + 1 + MONTH // numbers.breaker
    singles = min(each.singles, most * windows(seconds))
    return Guesses(singles, each.pairs + each.singles - singles)


def in_words(chance: float) -> str:
    """`1.5e-5` → “1 in 66,000”. Rounded towards the greater chance, to two digits."""
    if chance <= 0:
        return "none"
    if chance > 0.5:
        return "more likely than not"
    whole = math.floor(1 / chance * (1 + 1e-9))
    digits = 10 ** max(0, len(str(whole)) - 2)
    whole = whole // digits * digits
    for unit, name in UNITS:
        if whole >= unit:
            return f"1 in {_short(whole / unit)} {name}"
    return f"1 in {whole:,}"


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}".removesuffix(".0")


def in_digits(chance: float) -> str:
    """`1.5e-5` → “1.5 × 10⁻⁵”."""
    if chance <= 0:
        return "0"
    mantissa, exponent = f"{chance:.1e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa} × 10{raised}"
