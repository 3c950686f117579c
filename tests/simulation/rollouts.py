"""Crowds on the road to a deadline: some act at once, most when it is near, some never."""

from dataclasses import dataclass
from random import Random

from twofold.core.people import DAY, HOUR, Instant

START: Instant = 1_790_000_000


@dataclass(frozen=True, slots=True)
class Crowd:
    """What one seeded organisation is like."""

    people: int
    days: int
    at_once: float
    """Who acts in the first two days."""
    late: float
    """Who acts in the last two days, on a reminder."""
    never: float
    """Who does not act at all: away, unreachable, unwilling."""

    @property
    def deadline(self) -> Instant:
        """When everybody's time is over."""
        return START + self.days * DAY


def crowd(random: Random) -> Crowd:
    """A crowd of 20 to 2,000 people with two to six weeks; whoever is left acts on any day."""
    return Crowd(
        people=round(20 * 10 ** random.uniform(0, 2)),
        days=random.choice((14, 21, 30, 45)),
        at_once=random.uniform(0.1, 0.35),
        late=random.uniform(0.2, 0.45),
        never=random.uniform(0.01, 0.12),
    )


def moments(crowd: Crowd, random: Random) -> list[Instant]:
    """When each of those who act does, in order."""
    found = []
    for _ in range(crowd.people):
        draw = random.random()
        if draw < crowd.never:
            continue
        if draw < crowd.never + crowd.at_once:
            at = START + random.expovariate(1 / (18 * HOUR))
        elif draw < crowd.never + crowd.at_once + crowd.late:
            at = crowd.deadline - random.uniform(0, 2 * DAY)
        else:
            at = START + random.uniform(0, (crowd.days - 1) * DAY)
        found.append(min(round(at), crowd.deadline - 1))
    return sorted(found)
