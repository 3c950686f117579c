"""Looking at the radar again and again: what is usual is counted once an hour, what stands out is
looked for at most twice a minute, however many ask.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from twofold.core.apps import Catalogue
from twofold.core.people import HOUR, Instant
from twofold.core.radar import Incident
from twofold.core.radar_groups import Dimension, Usual
from twofold.flows import radar
from twofold.flows.radar import RadarPage
from twofold.ports import Store

USUAL_KEPT = HOUR
"""Seconds for which what is usual is kept."""
LOOK_KEPT = 30
"""Seconds for which one look serves."""


@dataclass(slots=True)
class RadarWatch:
    """What was last seen, by account. Blocks while it reads, and may be used by many threads: two
    at once look twice and see the same.
    """

    store: Store
    catalogue: Catalogue
    _usual: dict[str, tuple[Instant, Usual]] = field(default_factory=dict)
    _seen: dict[str, tuple[Instant, tuple[Incident, ...]]] = field(default_factory=dict)

    def incidents(self, now: Instant, account_id: str) -> tuple[Incident, ...]:
        """What stands out, at most half a minute old."""
        kept = self._seen.get(account_id)
        if kept is None or not 0 <= now - kept[0] < LOOK_KEPT:
            found = self.store.read(
                radar.look,
                now,
                account_id=account_id,
                catalogue=self.catalogue,
                usual=self.usual(now, account_id),
            )
            kept = self._seen[account_id] = (now, found)
        return kept[1]

    def page(self, now: Instant, account_id: str, by: Dimension) -> RadarPage:
        """The page, as of now."""
        return self.store.read(
            radar.show,
            now,
            account_id=account_id,
            catalogue=self.catalogue,
            usual=self.usual(now, account_id),
            by=by,
        )

    def usual(self, now: Instant, account_id: str) -> Usual:
        """What is usual, at most an hour old."""
        kept = self._usual.get(account_id)
        if kept is None or not 0 <= now - kept[0] < USUAL_KEPT:
            counted = self.store.read(
                radar.usual, now, account_id=account_id, catalogue=self.catalogue
            )
            kept = self._usual[account_id] = (now, counted)
        return kept[1]


@dataclass(slots=True)
class Changes:
    """Which incidents have begun and which are over, from one look to the next.

    An incident whose people are mostly those of one before goes on, also when another group
    describes it better by now.
    """

    _running: Mapping[str, Sequence[Incident]] = field(default_factory=dict)

    def since_last(
        self, now: Instant, seen: Mapping[str, Sequence[Incident]]
    ) -> tuple[list[Incident], list[Incident]]:
        """What has begun and what has ended; `seen` by account."""
        before = self._running
        self._running = {
            account_id: [one for one in incidents if one.goes_on(now)]
            for account_id, incidents in seen.items()
        }
        return _missing(self._running, before), _missing(before, self._running)


def _missing(
    these: Mapping[str, Sequence[Incident]], among: Mapping[str, Sequence[Incident]]
) -> list[Incident]:
    return [
        one
        for account_id, incidents in these.items()
        for one in incidents
        if not any(_same(one, other) for other in among.get(account_id, ()))
    ]


def _same(one: Incident, other: Incident) -> bool:
    """Whether half of the people of the smaller one are in both."""
    shared = len(set(one.people) & set(other.people))
    return 2 * shared >= min(len(one.people), len(other.people))
