"""Measuring a chance: uniform guesses against real secrets, and what may be said about the result.

A chance of 1.5 in 100,000 needs many tries to be seen. So the schedule that a thief got out of the
real flows is played again, window by window, against a fresh secret each time, through the
comparison that the product uses.
"""

from dataclasses import dataclass
from math import exp, sqrt
from random import Random

from tests.conftest import MORNING
from twofold.core import otp
from twofold.core.guessing import Guesses


@dataclass(frozen=True)
class Measured:
    """`hits` of `windows` were hit; what was computed for one."""

    hits: int
    windows: int
    computed: float

    @property
    def rate(self) -> float:
        """The share."""
        return self.hits / self.windows

    @property
    def interval(self) -> tuple[float, float]:
        """Between which the chance lies, with 99.9 % confidence (Poisson, exact)."""
        low, high = interval(self.hits, 0.999)
        return low / self.windows, high / self.windows

    @property
    def fits(self) -> bool:
        """Whether what was computed lies between."""
        low, high = self.interval
        return low <= self.computed <= high


def interval(hits: int, confidence: float) -> tuple[float, float]:
    """The exact bounds of a Poisson mean of which `hits` were seen (Garwood 1936), by bisection."""
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else _solve(lambda mean: 1 - _at_most(hits - 1, mean), tail, rising=True)
    return low, _solve(lambda mean: _at_most(hits, mean), tail, rising=False)


def _at_most(count: int, mean: float) -> float:
    term = total = exp(-mean)
    for k in range(1, count + 1):
        term *= mean / k
        total += term
    return total


def _solve(share, wanted: float, *, rising: bool) -> float:  # type: ignore[no-untyped-def]
    low, high = 0.0, 400.0
    for _ in range(100):
        middle = (low + high) / 2
        if (share(middle) < wanted) == rising:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def play(singles: int, windows: int, seed: int) -> Measured:
    """So many windows of so many single guesses each, two in a step, through `matching_step`."""
    random, hits = Random(seed), 0
    for _ in range(windows):
        secret = random.randbytes(20)
        now = MORNING + random.randrange(10**8)
        for n in range(singles):
            code = f"{random.randrange(10**6):06}"
            if otp.matching_step(secret, code, now + 15 * n) is not None:
                hits += 1
                break
    return Measured(hits, windows, Guesses(singles, 0).chance)


def spread(rate: float, count: int) -> float:
    """The standard error of a share."""
    return sqrt(rate * (1 - rate) / count)
