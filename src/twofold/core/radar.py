"""Incident radar: do unusually many people have their codes refused, and what do they share?

**What is counted.** People, never codes: one person who tries fifty times is one person. A *try*
is one person within one clock hour, refused if any of their codes was. The usual share of refused
tries is that of the 28 days before the last one; everything is compared as a share of those who
tried, so a busy Monday is no incident.

**The test.** Of `n` tries in a group, `x` different people were refused. How likely are `x` or
more, when the share is the usual one? The usual share is known only from a number of tries, so the
tail is that of the beta-binomial distribution: exact, and wide where little is known. A new group
is first believed to be like everybody, and a new deployment to refuse one try in ten. However much
is known, the share of one hour swings around that of a month; so nothing counts as known better
than from `STEADY` tries.

**How sure.** All groups that were seen are looked at, over the last hour and the last day, so the
level `LEVEL` of one look is divided by their number (Bonferroni). Beside that it takes `FEWEST`
people and twice the usual share. Of the groups that stand out the least likely one is named; its
people are then left out, and the rest is looked at again.

**Since when.** The stretch of tries that speaks most for the higher share against the usual one,
which is the largest sum of a run of log-likelihood ratios.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, log

from twofold.core.apps import Catalogue
from twofold.core.diagnosis import Cause
from twofold.core.people import DAY, HOUR, Instant
from twofold.core.radar_groups import (
    EVERYBODY,
    Dimension,
    Group,
    Grouping,
    Try,
    Usual,
    groups_of,
    refused_people,
    who_of,
)
from twofold.core.rates import belief, expected, log_tail, share_of

REMEMBERED = 28 * DAY
"""Seconds before the last day from which the usual share is known."""
SPANS = (HOUR, DAY)
"""Seconds that are looked at: sudden trouble, and trouble that comes in slowly."""
FEWEST = 5
"""People without whom nothing is an incident."""
STRIKING = 2
"""Times the usual share that an incident needs at the least."""
LEVEL = 1e-5
"""Looks at ordinary traffic, of all, in which anything may stand out."""
MOST_AT_ONCE = 3
"""Incidents that are told apart at the same time."""
_LEAST_TELLING = (Cause.NOT_CHECKED, Cause.REPEATED, Cause.USED, Cause.MALFORMED, Cause.NO_MATCH)
"""Causes that say little about somebody who has a better one."""


@dataclass(frozen=True, slots=True)
class Incident:
    """A group that stands out."""

    group: Group
    began: Instant
    """When it reached the first of its people."""
    last: Instant
    """When it reached the last one, whoever goes on trying."""
    people: tuple[str, ...]
    """Whose codes were refused, by when that began."""
    tried: int
    """How many people of the group entered a code in that time."""
    expected: float
    """How many of them would usually be refused."""
    cause: Cause | None
    """What most of their codes were refused for; None if nobody could look."""
    of_cause: int
    """How many of the people that holds for."""

    def goes_on(self, now: Instant) -> bool:
        """Whether it reached somebody within the last hour."""
        return now - self.last < HOUR


@dataclass(frozen=True, slots=True)
class Row:
    """One group over the last day, for the table."""

    group: Group
    refused: int
    """People."""
    tried: int
    """People."""
    expected: float
    """People who would usually be refused."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A group that stands out in one span."""

    log_chance: float
    group: Group
    share: float


def find(
    tries: Sequence[Try], usual: Usual, catalogue: Catalogue, now: Instant
) -> tuple[Incident, ...]:
    """What stands out among the tries of the last day, the least likely first; mostly nothing."""
    grouping, incidents = Grouping(catalogue), list[Incident]()
    tries = [one for one in tries if now - DAY < one.at <= now]
    for _ in range(MOST_AT_ONCE):
        found = _most_striking(tries, usual, grouping, now)
        if found is None:
            break
        incident = _incident(found, tries, usual, grouping)
        incidents.append(incident)
        people = set(incident.people)
        tries = [one for one in tries if one.person_id not in people]
    return tuple(incidents)


def _most_striking(
    tries: Sequence[Try], usual: Usual, grouping: Grouping, now: Instant
) -> _Found | None:
    """The least likely group that stands out. A cause is named only where no group of people is:
    the people say more about whom to ask.
    """
    found: list[_Found] = []
    for span in SPANS:
        found += _striking([one for one in tries if one.at > now - span], usual, grouping)
    whose = [one for one in found if one.group.dimension is not Dimension.CAUSE]
    return min(whose or found, key=lambda one: one.log_chance, default=None)


def _striking(tries: Sequence[Try], usual: Usual, grouping: Grouping) -> Iterable[_Found]:
    refused = refused_people(tries, grouping)
    candidates = {group for group, people in refused.items() if len(people) >= FEWEST}
    if not candidates:
        return
    hours = _hours(tries, candidates, grouping)
    level = log(LEVEL / (len(SPANS) * len(usual.keys() | refused.keys())))
    order = list(Dimension)
    for group in sorted(candidates, key=lambda one: order.index(one.dimension)):
        count, tried = len(refused[group]), len(hours[who_of(group)])
        if _is_everybody(group, tried, len(hours[EVERYBODY])):
            continue
        a, b = belief(usual, group)
        chance = log_tail(count, tried, a, b)
        if chance < level and count / tried >= STRIKING * a / (a + b):
            yield _Found(chance, group, count / tried)


def _is_everybody(group: Group, tried: int, all_tried: int) -> bool:
    """Whether a group is only another name for everybody: then it explains nothing."""
    whose = group.dimension not in (Dimension.EVERYBODY, Dimension.CAUSE)
    return whose and tried == all_tried


def _hours(
    tries: Iterable[Try], groups: set[Group], grouping: Grouping
) -> dict[Group, set[tuple[str, int]]]:
    """People and hours in which they tried, of these groups and of everybody."""
    hours: dict[Group, set[tuple[str, int]]] = {who_of(group): set() for group in groups}
    hours[EVERYBODY] = set()
    places: dict[tuple[str, str], set[tuple[str, int]]] = {}
    for one in tries:
        places.setdefault((one.app, one.browser), set()).add((one.person_id, one.at // HOUR))
    for (app, browser), tried in places.items():
        for group in grouping.of(app, browser):
            if group in hours:
                hours[group] |= tried
    return hours


def _incident(found: _Found, tries: Sequence[Try], usual: Usual, grouping: Grouping) -> Incident:
    group, share = found.group, share_of(usual, found.group)
    of_group = sorted(
        (one for one in tries if who_of(group) in grouping.of(one.app, one.browser)),
        key=lambda one: one.at,
    )
    began, last = _stretch(group, of_group, share, max(found.share, STRIKING * share), grouping)
    within = [one for one in of_group if began <= one.at <= last]
    refused = [one for one in within if one.refused and group in groups_of(one, grouping)]
    cause, of_cause = likely(refused)
    hours = {(one.person_id, one.at // HOUR) for one in within}
    return Incident(
        group=group,
        began=began,
        last=last,
        people=tuple(dict.fromkeys(one.person_id for one in refused)),
        tried=len({one.person_id for one in within}),
        expected=expected(share, hours),
        cause=cause,
        of_cause=of_cause,
    )


def _stretch(
    group: Group, tries: Sequence[Try], usual: float, seen: float, grouping: Grouping
) -> tuple[Instant, Instant]:
    """First and last refused code of the run of tries whose log-likelihood ratios add up to most.

    A person counts once an hour, at the first refused code or else the first one.
    """
    seen = min(seen, 0.99)
    points: dict[tuple[str, int], tuple[Instant, bool]] = {}
    for one in tries:
        key, refused = (one.person_id, one.at // HOUR), group in groups_of(one, grouping)
        refused = refused and one.refused
        if key not in points or (refused and not points[key][1]):
            points[key] = (one.at, refused)
    best, running, begun = -inf, 0.0, 0
    stretch = (0, 0)
    for at, refused in sorted(points.values()):
        if running <= 0:
            running, begun = 0.0, at
        running += log(seen / usual) if refused else log((1 - seen) / (1 - usual))
        if refused and running > best:
            best, stretch = running, (begun, at)
    return stretch


def likely(refused: Iterable[Try]) -> tuple[Cause | None, int]:
    """What most of the people's codes were refused for, and for how many of them it holds.

    Of each person the most telling cause counts: who waits, or sends a code again, had a wrong one
    before.
    """
    own: dict[str, Cause | None] = {}
    for one in refused:
        if _telling(one.cause) > _telling(own.get(one.person_id)) or one.person_id not in own:
            own[one.person_id] = one.cause
    counts = Counter(own.values())
    known = [cause for cause in counts if cause is not None]
    if not known:
        return None, len(own)
    cause = max(known, key=lambda one: (counts[one], _telling(one)))
    return cause, counts[cause]


def _telling(cause: Cause | None) -> int:
    if cause is None:
        return -1
    return _LEAST_TELLING.index(cause) if cause in _LEAST_TELLING else len(_LEAST_TELLING)


# ---- the table ---------------------------------------------------------------------------------


def rows_of(
    tries: Sequence[Try], usual: Usual, catalogue: Catalogue, dimension: Dimension
) -> tuple[Row, ...]:
    """The groups of one dimension with somebody in them, those furthest beyond usual first."""
    grouping = Grouping(catalogue)
    refused = refused_people(tries, grouping)
    wanted = {group for group in refused if group.dimension is dimension}
    if dimension is not Dimension.CAUSE:
        belong = (grouping.of(one.app, one.browser) for one in tries)
        wanted |= {one for groups in belong for one in groups if one.dimension is dimension}
    hours = _hours(tries, wanted, grouping)
    rows = []
    for group in wanted:
        among = hours[who_of(group)]
        people, usually = {person for person, _ in among}, expected(share_of(usual, group), among)
        rows.append(Row(group, len(refused.get(group, ())), len(people), usually))
    return tuple(sorted(rows, key=lambda row: (row.expected - row.refused, row.group.value)))
