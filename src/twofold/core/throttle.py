"""How guessing is slowed: the simple lock. Failures in, the end of the wait out.

Ten wrong codes in a quarter of an hour make the person wait a quarter of an hour. That is at most
ten guesses in 15 minutes, for ever: each lock ends by itself, and the tenth failure after it
starts the next one. The numbers are one value, so that a larger ladder can stand beside this one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core.people import MINUTE, Instant


@dataclass(frozen=True, slots=True)
class Lock:
    """The numbers of a lock."""

    limit: int
    """Failures that start it."""
    window: int
    """Seconds within which they must lie."""
    wait: int
    """Seconds that it lasts, from the newest failure on."""


SIMPLE_LOCK = Lock(limit=10, window=15 * MINUTE, wait=15 * MINUTE)
LIMIT = SIMPLE_LOCK.limit
"""How many failures `wait_until` wants to see."""
WINDOW = SIMPLE_LOCK.window
"""Seconds."""
WAIT = SIMPLE_LOCK.wait
"""Seconds."""


def wait_until(
    failures: Sequence[Instant], now: Instant, lock: Lock = SIMPLE_LOCK
) -> Instant | None:
    """Until when codes are refused unread, or None when the next one may be checked.

    `failures` are the newest counted failures, newest first; `lock.limit` of them are enough. A
    window is shorter than `lock.window`, so the failures before a wait are never part of the next
    one and each wait is followed by `lock.limit` new tries.

    If our clock was set back, failures seem to come from the future. They count as made now: a
    wait never reads longer than `lock.wait`. It does go on until our clock has come past them; to
    leave them out instead would give a guesser free tries for as long (promise P6).
    """
    counted = [min(at, now) for at in failures[: lock.limit]]
    if len(counted) < lock.limit or counted[0] - counted[-1] >= lock.window:
        return None
    until = counted[0] + lock.wait
    return until if until > now else None
