"""The picture of all clocks: one slow phone is that phone, a crowd is us.

Every code, accepted or refused for a clock, says how far one phone's clock is from ours. Phones
set themselves by the networks they are in, so most of them are right within two seconds, and the
median over many people says how far *our* clock is off, whatever a few phones do. Nothing is
remembered from one look to the next: no baseline that could be wrong, nothing to reset.

**How sure.** A single code is off by up to half a step and by the time that typing takes. The
median of `n` people scatters by about 1.25 deviations over the root of `n`; an alarm needs five of
those, and never less than `LOUD` seconds, below which no code is refused. While old and new codes
are mixed, just after the clock jumped, the deviation is large, so the alarm waits until the new
ones clearly have the say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from twofold.core.clocks import TYPING, about, seconds_off
from twofold.core.diagnosis import DENSE
from twofold.core.people import DAY, Instant

SEEN_WITHIN = DAY
"""Seconds for which a code takes part in the picture."""
FARTHEST = DENSE + 3
"""Steps that a code may lie from our clock to take part: an hour, and what rounding adds."""
FEWEST = 5
"""People without whom nothing is said."""
MOST = 60
"""People whose newest code takes part. More would be slower to follow a clock that has just
jumped, or was put right; the median of these is known within two seconds."""
MOST_CODES = 300
"""Newest codes among which the newest of each person are sought."""
LOUD = 20
"""Seconds below which there is never an alarm."""
ERRORS = 5
"""Standard errors of the median that an alarm needs besides."""
LEAST_DEVIATION = 10.0
"""Seconds by which single codes scatter at the least, from rounding to steps and from typing."""
OF_A_MEDIAN = 1.2533
"""The standard error of a median over that of a mean, the root of half pi."""
TO_DEVIATION = 1.4826
"""From the median distance of normal values to their standard deviation."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One code of one person that says how far a clock is off."""

    person_id: str
    at: Instant
    offset: int
    """Steps between our clock and the code."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What the phones of many people say about our clock."""

    people: int
    """How many people's phones."""
    ahead: int
    """Seconds by which our clock is ahead of theirs; behind when negative."""
    margin: int
    """Seconds from which on that is an alarm, with so many people."""

    @property
    def is_off(self) -> bool:
        """Whether our clock is wrong, as far as phones can tell."""
        return self.people >= FEWEST and abs(self.ahead) > self.margin

    @property
    def sentence(self) -> str:
        """What to say about it, whether it is off or not."""
        if self.people < FEWEST:
            return f"Codes of {FEWEST} people are needed to compare the clock with their phones."
        if self.is_off:
            side = "ahead of" if self.ahead > 0 else "behind"
            return f"This server's clock is about {about(self.ahead)} {side} most people's phones."
        return "This server's clock agrees with most people's phones."


NOBODY = Picture(0, 0, LOUD)


def newest_of_each(sightings: Iterable[Sighting]) -> list[Sighting]:
    """The newest code of each person, at most `MOST`, newest first."""
    found: dict[str, Sighting] = {}
    for one in sorted(sightings, key=lambda one: one.at, reverse=True):
        found.setdefault(one.person_id, one)
        if len(found) == MOST:
            break
    return list(found.values())


def picture(sightings: Iterable[Sighting]) -> Picture:
    """What these codes, in any order, say about our clock."""
    phones = [seconds_off(one.at, one.offset) for one in newest_of_each(sightings)]
    if not phones:
        return NOBODY
    middle = median(phones)
    return Picture(len(phones), -round(middle + TYPING), _margin(phones, middle))


def _margin(phones: Sequence[int], middle: float) -> int:
    deviation: float = TO_DEVIATION * median(abs(one - middle) for one in phones)
    error: float = OF_A_MEDIAN * max(deviation, LEAST_DEVIATION) / len(phones) ** 0.5
    return max(LOUD, round(ERRORS * error))
