"""The picture of all clocks for the pages: looked at once in a while, however many ask.

`/readyz` is open to everybody and the banner stands on pages that are opened often, so the look
is kept for half a minute. A look that fails is logged and says nothing: a clock incident is loud,
and shuts no door.
"""

import asyncio
from dataclasses import dataclass, field

import structlog

from twofold.core.crowd import NOBODY, Picture
from twofold.core.people import Instant
from twofold.flows import clock
from twofold.ports import World

KEPT = 30
"""Seconds for which one look serves."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class ClockWatch:
    """What was last seen, and when."""

    world: World
    _seen: Picture = field(default=NOBODY)
    _looked_at: Instant | None = field(default=None)

    async def look(self, now: Instant) -> Picture:
        """The picture, at most `KEPT` seconds old. Never raises."""
        if self._looked_at is None or not 0 <= now - self._looked_at < KEPT:
            self._looked_at = now
            try:
                self._seen = await asyncio.to_thread(self.world.store.read, clock.look, now)
            except Exception as problem:
                _log.warning("the clock was not looked at", problem=type(problem).__name__)
                self._seen = NOBODY
        return self._seen

    async def alarm(self, now: Instant) -> str:
        """What to tell an admin about our clock, or "" while nothing is wrong."""
        seen = await self.look(now)
        return seen.sentence if seen.is_off else ""
