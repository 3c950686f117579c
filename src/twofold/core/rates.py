"""How likely is it that so many of so many are refused, when the usual share is what it was?"""

from collections import Counter
from collections.abc import Iterable
from math import inf, lgamma, log

from twofold.core.radar_groups import EVERYBODY, Dimension, Group, Share, Usual

STEADY = 1000
"""Tries from which the usual share counts as known at the most."""
BELIEVED, BELIEF = 0.1, 20
"""The usual share of a deployment without history, and how many tries that belief is worth."""
NEGLIGIBLE = 1e-12


def belief(usual: Usual, group: Group) -> tuple[float, float]:
    """The two parameters of the beta distribution of a group's usual share."""
    everybody = usual.get(EVERYBODY, Share(0, 0))
    overall = (everybody.refused + BELIEF * BELIEVED) / (everybody.tried + BELIEF)
    unseen = Share(0, everybody.tried if group.dimension is Dimension.CAUSE else 0)
    share = usual.get(group, unseen)
    refused = share.refused + BELIEF * overall
    right = share.tried - share.refused + BELIEF * (1 - overall)
    scale = min(1.0, STEADY / (refused + right))
    return refused * scale, right * scale


def share_of(usual: Usual, group: Group) -> float:
    """The usual share of a group."""
    refused, right = belief(usual, group)
    return refused / (refused + right)


def expected(share: float, hours: Iterable[tuple[str, int]]) -> float:
    """How many people are refused at least once, at this share of tries, in these hours of
    theirs.
    """
    tries = Counter(person for person, _ in hours)
    return sum(1 - (1 - share) ** count for count in tries.values())


def log_tail(refused: int, tried: int, a: float, b: float) -> float:
    """The logarithm of the chance of at least `refused` of `tried`, where the share is beta(a, b).

    Exact up to rounding: the terms are added from the first one on, until they no longer count.
    """
    if refused <= 0:
        return 0.0
    if refused > tried:
        return -inf
    first = (
        lgamma(tried + 1) - lgamma(refused + 1) - lgamma(tried - refused + 1)
        + _log_beta(refused + a, tried - refused + b) - _log_beta(a, b)
    )  # fmt: skip
    total = term = 1.0
    for k in range(refused, tried):
        ratio = (tried - k) * (k + a) / ((k + 1) * (tried - k - 1 + b))
        term *= ratio
        total += term
        if ratio < 1 and term < NEGLIGIBLE * total:
            break
    return min(0.0, first + log(total))


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
