"""Deleting what has ended and nobody asks for any more."""

from dataclasses import dataclass

from twofold.core.browsers import KNOWN_FOR
from twofold.core.people import DAY, HOUR, Instant
from twofold.core.sessions import SESSION_IDLE, SESSION_LIFETIME
from twofold.core.throttle import MONTH
from twofold.core.verifications import KEPT
from twofold.ports import Tx

UPLOAD_LIFETIME = HOUR
"""Seconds that an uploaded list waits between preview and import."""
REMEMBERED = DAY
"""Seconds for which an ended sign-in is kept, so that the page can say why and keep the name."""


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows were deleted."""

    sign_ins: int
    sessions: int
    uploads: int
    counters: int
    browsers: int
    challenges: int
    verifications: int
    tickets: int


def purge(tx: Tx, now: Instant) -> Purged:
    """Delete ended sign-ins, dead sessions and forgotten uploads."""
    return Purged(
        sign_ins=tx.sign_ins.purge(now - REMEMBERED),
        sessions=tx.sessions.purge(now - SESSION_LIFETIME, now - SESSION_IDLE),
        uploads=tx.uploads.purge(now - UPLOAD_LIFETIME),
        counters=tx.counters.purge(now - MONTH - DAY),
        browsers=tx.browsers.purge(now - KNOWN_FOR),
        challenges=tx.challenges.purge(now - HOUR),
        verifications=tx.verifications.purge(now - KEPT),
        tickets=tx.protected.purge(now),
    )
