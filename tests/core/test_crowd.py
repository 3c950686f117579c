"""The picture of all clocks: our own is known to be off from the users' phones alone."""

from collections import deque
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.core import crowd
from twofold.core.crowd import FEWEST, LOUD, MOST, NOBODY, Picture, Sighting, picture
from twofold.core.otp import step_at

NOW = 1_789_000_000
DAY, HOUR = 86400, 3600
PEOPLE = 2000
DAYS = 60
"""Days of the short form; a year of it was run too, and takes six times as long."""
LOOK_EVERY = 20
"""Sign-ins between two looks."""


class Organisation:
    """Two thousand people with phones: most are right, some wander, a few are far off."""

    def __init__(self, seed: int, people: int = PEOPLE) -> None:
        self.dice = Random(seed)
        self.off = [self._clock() for _ in range(people)]
        self.rate = [
            self.dice.uniform(-2, 2) if self.dice.random() < 0.05 else 0.0 for _ in range(people)
        ]

    def _clock(self) -> float:
        kind = self.dice.random()
        if kind < 0.90:
            return self.dice.uniform(-2, 2)
        if kind < 0.97:
            return self.dice.gauss(-10, 25)
        return self.dice.choice([-3600.0, 3600.0, -180.0, -90.0, 240.0, -600.0])

    def code(self, person: int, at: float, *, server_ahead: float = 0.0) -> Sighting:
        """What is seen when somebody reads a code, types it, and sends it at `at`."""
        self.off[person] += self.rate[person] / 30
        if abs(self.off[person]) > 150 and self.rate[person]:
            self.off[person] = 0.0  # Somebody set the phone.
        typing = self.dice.uniform(3, 20)
        ours = int(at + server_ahead)
        shown = int(at - typing + self.off[person])
        return Sighting(str(person), ours, step_at(shown) - step_at(ours))

    def morning(self, day: int, *, server_ahead: float = 0.0) -> Iterator[Sighting]:
        """One day's sign-ins: most people, between eight and nine, some all day long."""
        at_work = [p for p in range(len(self.off)) if self.dice.random() < 0.7]
        times = sorted(
            self.dice.gauss(8.5, 0.4) if self.dice.random() < 0.8 else self.dice.uniform(7, 20)
            for _ in at_work
        )
        self.dice.shuffle(at_work)
        for person, hour in zip(at_work, times, strict=True):
            yield self.code(person, NOW + day * DAY + hour * HOUR, server_ahead=server_ahead)


class Server:
    """Sees codes, keeps those of a day, and looks."""

    def __init__(self) -> None:
        self.seen: deque[Sighting] = deque()

    def take(self, sighting: Sighting) -> None:
        self.seen.append(sighting)
        while self.seen[0].at <= sighting.at - crowd.SEEN_WITHIN:
            self.seen.popleft()

    def look(self) -> Picture:
        newest = range(1, min(len(self.seen), crowd.MOST_CODES) + 1)
        return picture(self.seen[-n] for n in newest)


@pytest.mark.parametrize("jump", [70, -70, 45, 300, -1800])
@pytest.mark.parametrize("seed", range(3))
def test_a_clock_that_jumped_is_known_by_its_size_after_a_hundred_sign_ins(
    jump: int, seed: int
) -> None:
    """Within ten seconds, in the middle of a morning, whether phones are accepted or refused."""
    people, server = Organisation(seed), Server()
    for sighting in people.morning(0):
        server.take(sighting)
    assert not server.look().is_off
    alarms = []
    for number, sighting in enumerate(people.morning(1, server_ahead=jump), 1):
        server.take(sighting)
        if server.look().is_off:
            alarms.append(number)
        if number == 100:
            break
    seen = server.look()
    assert seen.is_off
    assert abs(seen.ahead - jump) <= 10
    assert alarms[0] <= 45


def test_a_clock_that_was_put_right_is_quiet_again_after_a_hundred_sign_ins() -> None:
    """The alarm goes by itself: nobody resets anything."""
    people, server = Organisation(7), Server()
    for sighting in people.morning(0, server_ahead=70):
        server.take(sighting)
    assert server.look().is_off
    for number, sighting in enumerate(people.morning(1), 1):
        server.take(sighting)
        if number == 100:
            break
    assert not server.look().is_off


def test_no_alarm_in_ordinary_drift() -> None:
    """Phones wander, people are slow, some clocks are an hour off: that is not us."""
    assert false_alarms(DAYS, seed=3) == 0


def false_alarms(days: int, seed: int) -> int:
    """Looks that saw an alarm where there was none."""
    people, server, count, alarms = Organisation(seed), Server(), 0, 0
    for day in range(days):
        for sighting in people.morning(day):
            server.take(sighting)
            count += 1
            alarms += count % LOOK_EVERY == 0 and server.look().is_off
    assert count > 1000 * days
    return alarms


@given(st.integers(0, FEWEST - 1), st.integers(-120, 120))
def test_under_five_people_nothing_is_said(count: int, offset: int) -> None:
    """Two people with wrong phones are two people."""
    seen = picture(Sighting(str(number), NOW, offset) for number in range(count))
    assert not seen.is_off
    assert seen.people == count
    assert "needed to compare" in seen.sentence


def test_without_a_code_there_is_no_picture() -> None:
    """A new deployment."""
    assert picture([]) == NOBODY


def test_one_person_counts_once_and_by_the_newest_code() -> None:
    """Somebody who tries a hundred times with a wrong phone is one voice."""
    loud = [Sighting("eve", NOW + n, -40) for n in range(100)]
    others = [Sighting(str(n), NOW, 0) for n in range(6)]
    seen = picture([*loud, *others])
    assert (seen.people, seen.is_off) == (7, False)
    put_right = [*(Sighting(str(n), NOW, -10) for n in range(9)),
                 *(Sighting(str(n), NOW + 60, 0) for n in range(9))]  # fmt: skip
    assert not picture(put_right).is_off


def test_the_newest_people_have_the_say() -> None:
    """More than `MOST` are not looked at."""
    old = [Sighting(f"old {n}", NOW, 10) for n in range(500)]
    new = [Sighting(f"new {n}", NOW + 60, 0) for n in range(MOST)]
    seen = picture([*old, *new])
    assert (seen.people, seen.is_off) == (MOST, False)


@given(
    st.lists(st.integers(-2, 2), min_size=FEWEST, max_size=80),
    st.lists(st.integers(-120, 120), max_size=80),
)
def test_a_minority_decides_nothing(right: list[int], wrong: list[int]) -> None:
    """However far the wrong ones are off, as long as they are fewer than the right ones."""
    most = wrong[: len(right) // 3]
    sightings = [Sighting(str(n), NOW, offset // 2) for n, offset in enumerate([*right, *most])]
    seen = picture(sightings[:MOST])
    assert abs(seen.ahead) <= 60


def test_the_margin_shrinks_with_the_number_of_people() -> None:
    """Five people must agree on more than sixty."""
    few = picture(Sighting(str(n), NOW, 0) for n in range(FEWEST))
    many = picture(Sighting(str(n), NOW, 0) for n in range(MOST))
    assert many.margin == LOUD
    assert few.margin > many.margin


def test_the_sentences() -> None:
    """Ahead, behind, well."""
    assert Picture(40, 71, 20).sentence == (
        "This server's clock is about 70 seconds ahead of most people's phones."
    )
    assert Picture(40, -190, 20).sentence == (
        "This server's clock is about 3 minutes behind most people's phones."
    )
    assert Picture(40, 3, 20).sentence == "This server's clock agrees with most people's phones."
