"""Finding out why a code was refused, after its answer.

At sign-in the answer is sent first, so that nothing of the search shows in how long it takes; on
the set-up page the verdict is part of the answer. Only a few searches may wait at a time: under a
flood of wrong codes the later ones are left out, and the history says so.
"""

import asyncio
from dataclasses import dataclass, field

import structlog
from starlette.background import BackgroundTask
from starlette.responses import Response

from twofold.core import diagnosis
from twofold.core.diagnosis import Verdict
from twofold.flows import diagnose
from twofold.ports import World

MOST_WAITING = 16

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Explainer:
    """Looks for the reasons of refused codes, a few at a time."""

    world: World
    waiting: int = field(default=0)

    async def explain(self, attempt_id: str, *typed: str) -> Verdict | None:
        """Why the code of this attempt was refused, written down beside it. None where nothing is
        to be looked for, or too many wait. An error is logged and is never the sender's.
        """
        if not attempt_id or self.waiting >= MOST_WAITING:
            return None
        self.waiting += 1
        try:
            return await self._explain(attempt_id, typed)
        except Exception as problem:
            # The kind alone: a message could carry what was typed.
            _log.warning("a refused code was not explained", problem=type(problem).__name__)
            return None
        finally:
            self.waiting -= 1

    async def _explain(self, attempt_id: str, typed: tuple[str, ...]) -> Verdict | None:
        store, now = self.world.store, self.world.clock.now()
        found = await store.run(diagnose.gather, now, attempt_id=attempt_id)
        if found is None:
            return None
        verdict = await asyncio.to_thread(
            diagnosis.explain,
            typed,
            subject=found.attempt.authenticator_id,
            suspects=found.suspects,
            now=found.attempt.at,
            earlier=found.earlier,
        )
        await store.run(diagnose.conclude, now, attempt_id=attempt_id, verdict=verdict)
        return verdict

    def after(self, response: Response, attempt_id: str, *typed: str) -> Response:
        """The response, and once it has been sent, the search."""
        if attempt_id:
            response.background = BackgroundTask(self.explain, attempt_id, *typed)
        return response
