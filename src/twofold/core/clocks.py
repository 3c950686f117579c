"""How far a clock is off, in seconds, from the codes that it showed."""

from twofold.core.otp import STEP_SECONDS
from twofold.core.people import DAY, HOUR, MINUTE, Instant


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
