"""Who the radar groups people by: app, device, browser, system, and why codes were refused."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from twofold.core.apps import Catalogue
from twofold.core.attempts import Outcome
from twofold.core.diagnosis import Cause
from twofold.core.people import Instant

UNKNOWN_APP = ""
"""Stands for an app that nobody named, or one that has left the catalogue."""
BY_OUTCOME: Mapping[Outcome, Cause] = {
    Outcome.USED: Cause.USED,
    Outcome.REPEATED: Cause.REPEATED,
    Outcome.NOT_CHECKED: Cause.NOT_CHECKED,
    Outcome.MALFORMED: Cause.MALFORMED,
}
"""Outcomes that are their own reason."""


class Dimension(StrEnum):
    """What people are grouped by; the first of two that are equally unlikely is named."""

    EVERYBODY = "everybody"
    APP = "app"
    """One app on one device."""
    PRODUCT = "product"
    """One app on all devices."""
    DEVICE = "device"
    """What the app runs on."""
    PLACE = "place"
    """A browser on a system, where the code was typed."""
    BROWSER = "browser"
    SYSTEM = "system"
    CAUSE = "cause"
    """Why codes were refused, whoever tried."""


@dataclass(frozen=True, slots=True)
class Group:
    """People who share something."""

    dimension: Dimension
    value: str = ""
    """In words; of an app that nobody named "", of a cause the cause."""


EVERYBODY = Group(Dimension.EVERYBODY)


@dataclass(frozen=True, slots=True)
class Try:
    """One submitted code."""

    person_id: str
    at: Instant
    app: str
    """The id of the app in the catalogue, "" where nobody said."""
    browser: str
    refused: bool
    cause: Cause | None = None
    """Why, where that is known."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Tries of the past: people with one app in one browser."""

    app: str
    browser: str
    tried: int
    refused: int


@dataclass(frozen=True, slots=True)
class HourCount:
    """Different people within one hour."""

    at: Instant
    """Its beginning."""
    tried: int
    refused: int


@dataclass(frozen=True, slots=True)
class Share:
    """How many tries of how many were refused."""

    refused: int
    tried: int


Usual = Mapping[Group, Share]


@dataclass(slots=True)
class Grouping:
    """Which groups somebody with an app and a browser belongs to."""

    catalogue: Catalogue
    _known: dict[tuple[str, str], tuple[Group, ...]] = field(default_factory=dict)

    def of(self, app: str, browser: str) -> tuple[Group, ...]:
        """Everybody first, then from the narrowest to the widest, apps before browsers."""
        key = (app, browser)
        if key not in self._known:
            self._known[key] = (EVERYBODY, *self._apps(app), *_browsers(browser))
        return self._known[key]

    def _apps(self, app_id: str) -> tuple[Group, ...]:
        app = self.catalogue.find(app_id)
        if app is None:
            return (Group(Dimension.APP, UNKNOWN_APP),)
        return (
            Group(Dimension.APP, app.title),
            Group(Dimension.PRODUCT, app.name),
            Group(Dimension.DEVICE, app.on_device),
        )


def _browsers(described: str) -> tuple[Group, ...]:
    """“Firefox on Linux” is three groups; a browser of which no system is known is one."""
    browser, on, system = described.partition(" on ")
    if not on:
        return (Group(Dimension.BROWSER, browser),)
    return (
        Group(Dimension.PLACE, described),
        Group(Dimension.BROWSER, browser),
        Group(Dimension.SYSTEM, system),
    )


def usual_of(cells: Iterable[Cell], causes: Mapping[Cause, int], catalogue: Catalogue) -> Usual:
    """What is usual for each group, from the tries of the past. `causes`: tries refused for it."""
    refused: Counter[Group] = Counter()
    tried: Counter[Group] = Counter()
    grouping = Grouping(catalogue)
    for cell in cells:
        for group in grouping.of(cell.app, cell.browser):
            refused[group] += cell.refused
            tried[group] += cell.tried
    shares = {group: Share(refused[group], count) for group, count in tried.items()}
    for cause, count in causes.items():
        shares[Group(Dimension.CAUSE, cause)] = Share(count, tried[EVERYBODY])
    return shares


def who_of(group: Group) -> Group:
    """Those among whom refused ones are counted: of a cause, everybody."""
    return EVERYBODY if group.dimension is Dimension.CAUSE else group


def groups_of(one: Try, grouping: Grouping) -> tuple[Group, ...]:
    """Every group that a refused code counts for."""
    groups = grouping.of(one.app, one.browser)
    return (*groups, Group(Dimension.CAUSE, one.cause)) if one.cause else groups


def refused_people(tries: Iterable[Try], grouping: Grouping) -> dict[Group, set[str]]:
    """Whose codes were refused, by group."""
    people: dict[Group, set[str]] = {}
    for one in tries:
        if one.refused:
            for group in groups_of(one, grouping):
                people.setdefault(group, set()).add(one.person_id)
    return people
