"""A year of an organisation's codes: who tries when, and what goes wrong on ordinary days."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from twofold.core.apps import Catalogue
from twofold.core.diagnosis import Cause
from twofold.core.people import DAY, HOUR, Instant
from twofold.core.radar import REMEMBERED
from twofold.core.radar_groups import Cell, Try, Usual, usual_of

MONDAY = 1_788_739_200
"""A Monday, 00:00 UTC."""
APPS = {
    "microsoft-authenticator-android": 30,
    "microsoft-authenticator-ios": 22,
    "google-authenticator-android": 15,
    "authy-ios": 8,
    "keepassxc-desktop": 5,
    "": 20,
}
"""Ids of apps and of how many people in a hundred."""
BROWSERS = {
    "Chrome on Windows": 40, "Edge on Windows": 20, "Firefox on Windows": 8, "Safari on macOS": 12,
    "Safari on iPhone": 8, "Chrome on Android": 7, "Firefox on Linux": 4, "An unknown browser": 1,
}  # fmt: skip
ORDINARY = {
    Cause.NO_MATCH: 0.014, Cause.USED: 0.005, Cause.MALFORMED: 0.004, Cause.CLOCK: 0.003,
    Cause.REPLACED: 0.001,
}  # fmt: skip
"""What goes wrong, and at which share of tries."""
BY_HOUR = {7: 0.06, 8: 0.22, 9: 0.2, 10: 0.1, 11: 0.07, 12: 0.06, 13: 0.12, 14: 0.07, 15: 0.05,
           16: 0.03, 17: 0.01, 20: 0.01}  # fmt: skip
"""When people sign in, as shares of a working day."""


@dataclass(frozen=True)
class Somebody:
    """A person with what they use."""

    id: str
    app: str
    browser: str


def crowd(random: Random, people: int) -> list[Somebody]:
    """People, each with an app and a browser."""
    apps = random.choices(list(APPS), list(APPS.values()), k=people)
    browsers = random.choices(list(BROWSERS), list(BROWSERS.values()), k=people)
    return [Somebody(f"p{n}", *what) for n, what in enumerate(zip(apps, browsers, strict=True))]


def one_day(random: Random, people: list[Somebody], midnight: Instant) -> list[Try]:
    """The codes of one day. On Mondays twice as much goes wrong; on some days one person's phone
    is broken and they try again and again; a wrong code is usually followed by a right one.
    """
    weekday = (midnight - MONDAY) // DAY % 7
    tries: list[Try] = []
    trouble = 2.0 if weekday == 0 else 1.0
    for who in people:
        for hour, share in BY_HOUR.items():
            if random.random() < share * (1.0 if weekday < 5 else 0.03):
                at = midnight + hour * HOUR + random.randrange(HOUR)
                tries += _signs_in(random, who, at, trouble)
    for who in random.sample(people, 2):
        at = midnight + random.choice(list(BY_HOUR)) * HOUR
        tries += [
            Try(who.id, at + n * 700, who.app, who.browser, True, Cause.NO_MATCH) for n in range(9)
        ]
    return sorted(tries, key=lambda one: one.at)


def _signs_in(random: Random, who: Somebody, at: Instant, trouble: float) -> Iterator[Try]:
    dice = random.random()
    for cause, share in ORDINARY.items():
        dice -= share * trouble
        if dice < 0:
            yield Try(who.id, at, who.app, who.browser, True, cause)
            at += 45
            break
    yield Try(who.id, at, who.app, who.browser, False)


@dataclass
class Past:
    """What the storage would count of the last weeks, day by day."""

    catalogue: Catalogue
    days: deque[tuple[Counter[tuple[str, str]], Counter[tuple[str, str]], Counter[Cause]]] = field(
        default_factory=lambda: deque(maxlen=REMEMBERED // DAY)
    )

    def add(self, tries: list[Try]) -> None:
        """A day is over."""
        tried = Counter((a, b) for _, _, a, b in {
            (one.person_id, one.at // HOUR, one.app, one.browser) for one in tries
        })  # fmt: skip
        refused = Counter((a, b) for _, _, a, b in {
            (one.person_id, one.at // HOUR, one.app, one.browser) for one in tries if one.refused
        })  # fmt: skip
        causes = Counter(
            cause
            for _, _, cause in {(one.person_id, one.at // HOUR, one.cause) for one in tries}
            if cause
        )
        self.days.append((tried, refused, causes))

    def usual(self) -> Usual:
        """What is usual after these days."""
        tried: Counter[tuple[str, str]] = Counter()
        refused: Counter[tuple[str, str]] = Counter()
        causes: Counter[Cause] = Counter()
        for one in self.days:
            tried, refused, causes = tried + one[0], refused + one[1], causes + one[2]
        cells = [Cell(*place, count, refused[place]) for place, count in tried.items()]
        return usual_of(cells, causes, self.catalogue)
