"""Why a refused code was not right: looked up after the answer has been decided.

Three steps, so that the search holds no transaction open: `gather` reads, `core/diagnosis.py`
searches, `conclude` writes the verdict beside the attempt. The code itself is never stored. If
the process dies in between, the attempt stays without a cause, and the pages say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core.attempts import Attempt, Outcome
from twofold.core.diagnosis import REMEMBERED, Suspect, Verdict
from twofold.core.people import Instant
from twofold.ports import Tx

LOOKED_AT = (Outcome.WRONG, Outcome.REPEATED)
MOST_SUSPECTS = 7
"""Authenticators that are looked at: the newest, with those that were replaced."""
MOST_EARLIER = 20
"""Earlier verdicts that may confirm this one."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What `diagnosis.explain` needs."""

    attempt: Attempt
    suspects: Sequence[Suspect]
    earlier: Sequence[Verdict]


def gather(tx: Tx, _now: Instant, *, attempt_id: str) -> Evidence | None:
    """The evidence about one refused code, or None where there is nothing to look for."""
    attempt = tx.attempts.find(attempt_id)
    if attempt is None or attempt.outcome not in LOOKED_AT or attempt.cause is not None:
        return None
    found = tx.authenticators.of(attempt.person_id, limit=MOST_SUSPECTS)
    earlier: Sequence[Verdict] = ()
    if attempt.outcome is Outcome.WRONG:  # The same code again says nothing new.
        since = attempt.at - REMEMBERED
        earlier = tx.attempts.verdicts(attempt.person_id, since=since, limit=MOST_EARLIER)
    return Evidence(attempt, [Suspect.of(totp) for totp in found], earlier)


def conclude(tx: Tx, _now: Instant, *, attempt_id: str, verdict: Verdict) -> None:
    """Write the verdict down, once."""
    tx.attempts.explain(attempt_id, verdict)
