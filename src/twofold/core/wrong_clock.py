"""Putting right what was written while our clock stood in the future.

When the clock goes back, some of what was stored lies ahead. Most of it is harmless: limits do not
make anybody wait for a failure from the future. Two things are not. A used step from the future
would refuse its owner's codes until that time has come, and failures from the future would count
until then. Both are brought back to now, and nothing is forgiven:

- The last used step becomes the one that the device shows now, so every code that it has shown so
  far stays dead. Steps beyond that were used during the incident stay dead too: the history of
  accepted codes has them, and `flows/verify.py` asks it (promise P2).
- A failure from the future counts as one of now, as it does when the next one is charged.
"""

from collections.abc import Iterable
from dataclasses import replace

from twofold.core import otp, throttle
from twofold.core.clocks import Reading
from twofold.core.people import HOUR, MINUTE, Instant
from twofold.core.throttle import State

BUCKETS = {"code:site": HOUR, "pw:site": MINUTE}
"""Keys whose marks are counts by the hour, or the minute, and not keyed hashes."""


def is_ahead(last_step: int, drift: int, now: Instant) -> bool:
    """Whether a used step lies beyond all that the device could have shown by now."""
    return last_step > newest_step(drift, now) + otp.WINDOW


def newest_step(drift: int, now: Instant) -> int:
    """The step that a device with this drift shows now: what is used up when it is brought back."""
    return otp.step_at(now) + drift


def was_used(step: int, accepted: Iterable[Reading]) -> bool:
    """Whether a step is among the accepted codes, or just before one: then it may have been the
    first of two consecutive codes, of which the second alone is written down.
    """
    used = {otp.step_at(one.at) + one.offset for one in accepted}
    return step in used or step + 1 in used


def brought_back(key: str, state: State, now: Instant) -> State:
    """The state under `key`, with nothing in it that lies after `now`."""
    return replace(
        state,
        failures=tuple(min(at, now) for at in state.failures),
        used=tuple(min(at, now) for at in state.used),
        marks=_buckets(state.marks, now // BUCKETS[key])
        if key in BUCKETS
        else tuple((mark, min(at, now)) for mark, at in state.marks),
        until=min(state.until, now + throttle.SP800_63B4_LADDER.longest_fall)
        if not key.startswith("code:browser:")
        else min(state.until, now),
    )


def _buckets(marks: Iterable[tuple[str, int]], current: int) -> tuple[tuple[str, int], ...]:
    """Counts by the hour or the minute; those of the future are counted now."""
    counts: dict[int, int] = {}
    for bucket, count in marks:
        place = min(int(bucket), current)
        counts[place] = counts.get(place, 0) + count
    return tuple((str(place), count) for place, count in sorted(counts.items()))
