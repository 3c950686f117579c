"""How far a clock is off, in seconds, from the codes that it showed.

One code says it within half a step and the time that somebody takes to read and type. Many codes
of one device say it within a few seconds, and also whether the device gains or loses time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from twofold.core.otp import STEP_SECONDS
from twofold.core.people import DAY, HOUR, MINUTE, Instant

TYPING = 8
"""Seconds that pass, for most people, between reading a code and its arrival here. By so much all
clocks seem slower than they are."""
NEWEST = 20
"""Accepted codes of one device that are looked at."""
JUMP = STEP_SECONDS + 20
"""Seconds by which two codes of one clock cannot differ by rounding and typing alone: the clock
was set in between, and what lies before says nothing about now."""
WANDERS = 3
"""Seconds a day by which a clock that nobody sets may wander besides."""
LEAST_FOR_TREND, SPAN_FOR_TREND = 5, 3 * DAY
"""Codes, and seconds between the first and the last of them, without which no trend is told."""
NOISE = 9.0
"""Seconds by which single codes scatter: the deviation of a uniform step of 30 seconds."""
SURE = 3
"""Standard errors by which a slope must differ from nothing."""
STEADY = 1.5
"""Seconds a day; where a greater slope can be excluded, the clock is called steady."""
RIGHT = 10
"""Seconds below which a clock is called right."""


def seconds_off(at: Instant, offset: int) -> int:
    """Seconds by which a device was ahead of us whose code lay `offset` steps from our clock.

    A code is shown for a whole step, so the middle of that step is the best guess; it is right
    within half a step. Typing takes time, so all of them come out some seconds too low.
    """
    into_step = at % STEP_SECONDS
    return offset * STEP_SECONDS + STEP_SECONDS // 2 - into_step


def about(seconds: int) -> str:
    """The size of a distance in time as one says it: "40 seconds", "3 minutes", "1 hour"."""
    size = abs(seconds)
    if size < 2 * MINUTE:
        return f"{max(10, round(size, -1))} seconds"
    for unit, word, up_to in ((MINUTE, "minute", 90 * MINUTE), (HOUR, "hour", 2 * DAY)):
        if size < up_to:
            halves = round(2 * size / unit)
            if unit == MINUTE or halves % 2 == 0:
                return _plural(round(size / unit), word)
            return f"{halves / 2:g} {word}s"
    return _plural(round(size / DAY), "day")


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def side(seconds: int) -> str:
    """Behind us or ahead of us."""
    return "behind" if seconds < 0 else "ahead"


@dataclass(frozen=True, slots=True)
class Reading:
    """One accepted code of a device."""

    at: Instant
    offset: int
    """Steps between our clock and the code."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How far a device's clock is off."""

    seconds: int
    """Ahead of ours when positive; the time for typing is taken off."""
    per_day: float | None
    """Seconds that it gains each day (loses when negative), 0.0 for steady, None where too few
    codes were seen to tell."""
    readings: int
    """From how many codes this is known."""


def drift_of(readings: Sequence[Reading]) -> Drift | None:
    """How far the clock of a device is off, from its accepted codes in any order, or None where
    there are none. Codes from before the clock was last set are left out.
    """
    points = _since_it_was_set(readings)
    if not points:
        return None
    values = [off for _, off in points]
    middle = fmean(values)
    slope, error = _slope(points)
    if slope is not None and abs(slope) > SURE * error:
        now_off = middle + slope * (points[-1][0] - fmean(day for day, _ in points))
        return Drift(round(now_off), round(slope, 1), len(points))
    is_steady = slope is not None and SURE * error < STEADY
    return Drift(round(middle), 0.0 if is_steady else None, len(points))


def _since_it_was_set(readings: Sequence[Reading]) -> list[tuple[float, int]]:
    """The newest readings as (days, seconds ahead), oldest first, back to the last jump."""
    newest_first = sorted(readings, key=lambda one: one.at, reverse=True)[:NEWEST]
    points = [(one.at / DAY, seconds_off(one.at, one.offset) + TYPING) for one in newest_first]
    kept = points[:1]
    for (later, off), (earlier, before) in pairwise(points):
        if abs(off - before) > JUMP + WANDERS * (later - earlier):
            break
        kept.append((earlier, before))
    return kept[::-1]


def _slope(points: Sequence[tuple[float, int]]) -> tuple[float | None, float]:
    """Seconds a day by least squares, and the standard error; None where too little was seen."""
    if len(points) < LEAST_FOR_TREND or (points[-1][0] - points[0][0]) * DAY < SPAN_FOR_TREND:
        return None, 0.0
    day, middle = fmean(d for d, _ in points), fmean(off for _, off in points)
    spread: float = sum((d - day) ** 2 for d, _ in points)
    slope: float = sum((d - day) * (off - middle) for d, off in points) / spread
    left = sum((off - middle - slope * (d - day)) ** 2 for d, off in points)
    noise = max(NOISE, (left / (len(points) - 2)) ** 0.5)
    return slope, noise / spread**0.5


def drift_sentence(drift: Drift, whose: str = "your phone") -> str:
    """What is known about a device's clock, in one sentence."""
    start = f"The clock of {whose} is"
    if abs(drift.seconds) < RIGHT:
        few = drift.readings < LEAST_FOR_TREND
        place = f"right, within {'half a minute' if few else 'some seconds'}"
    else:
        place = f"about {about(drift.seconds)} {side(drift.seconds)}"
    if drift.per_day is None:
        return f"{start} {place}."
    if drift.per_day == 0:
        return f"{start} {place}, steady."
    verb = "gains" if drift.per_day > 0 else "loses"
    return f"{start} {place} and {verb} about {_rate(abs(drift.per_day))}."


def _rate(per_day: float) -> str:
    """A rate by the day, or for slow ones by the week."""
    if per_day >= 1:
        return f"{_plural(round(per_day), 'second')} a day"
    return f"{_plural(max(1, round(7 * per_day)), 'second')} a week"
