"""Looking at the radar again and again: what is usual is counted once an hour, what stands out is
looked for at most twice a minute, however many ask.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from twofold.core.apps import Catalogue
from twofold.core.people import HOUR, Instant
from twofold.core.radar import Incident
from twofold.core.radar_groups import Dimension, Group, Usual
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
    """Which incidents have begun and which are over, from one look to the next."""

    _running: Mapping[tuple[str, Group], Incident] = field(default_factory=dict)

    def since_last(
        self, now: Instant, seen: Mapping[str, tuple[Incident, ...]]
    ) -> tuple[list[Incident], list[Incident]]:
        """What has begun and what has ended; `seen` by account."""
        running = {
            (account_id, incident.group): incident
            for account_id, incidents in seen.items()
            for incident in incidents
            if incident.goes_on(now)
        }
        begun = [one for key, one in running.items() if key not in self._running]
        ended = [one for key, one in self._running.items() if key not in running]
        self._running = running
        return begun, ended
