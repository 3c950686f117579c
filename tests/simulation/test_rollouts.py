"""The forecast of the progress page against crowds that it does not know."""

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from tests.simulation.rollouts import START, Crowd, crowd, moments
from twofold.core.people import DAY, Instant
from twofold.core.progress import Facts, Funnel, forecast

RUNS = 200


def facts(people: int, done: list[Instant]) -> Facts:
    """What the page would have counted."""
    return Facts(
        people=people,
        enrolled=len(done),
        enrolled_by_day=Counter(at // DAY for at in done),
        funnel=Funnel(0, 0, 0, 0, 0),
        durations=(),
        refusals={},
        drifts={},
        marks=(),
        ahead={},
    )


def runs() -> Iterator[tuple[Crowd, list[Instant]]]:
    """Two hundred seeded organisations."""
    for seed in range(RUNS):
        random = Random(seed)
        one = crowd(random)
        yield one, moments(one, random)


@pytest.mark.parametrize("part", [0.3, 0.5, 0.8])
def test_the_band_holds_what_comes_in_four_of_five_runs(part: float) -> None:
    """Looked at early, in the middle and late on the road; and it is a band that says something."""
    inside, widths = 0, []
    for one, all_of_them in runs():
        now = START + round(one.days * part) * DAY
        done = [at for at in all_of_them if at <= now]
        said = forecast(facts(one.people, done), now, one.deadline, one.deadline)
        inside += said.low <= len(all_of_them) <= said.high
        widths.append((said.high - said.low) / one.people)
    assert inside >= 0.8 * RUNS, inside
    assert sorted(widths)[RUNS // 2] < 0.5


def test_the_band_is_in_order_and_within_the_people() -> None:
    """At any moment, also where nobody is left or nothing has happened."""
    for one, all_of_them in runs():
        for day in range(0, one.days + 3, 3):
            now = START + day * DAY
            done = [at for at in all_of_them if at <= now]
            said = forecast(facts(one.people, done), now, one.deadline + 5 * DAY, one.deadline)
            assert len(done) <= said.low <= said.middle <= said.high <= one.people
