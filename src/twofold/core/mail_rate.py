"""How many mails may still leave in this minute, where the operator has set a limit.

Counted over the deployment by the second, so that no 60 seconds see more than the limit, whichever
worker on whichever machine sends them. Attempts count, whether the mail server takes the mail or
not: it is the server's patience that the limit is about.
"""

from dataclasses import replace

from twofold.core.people import MINUTE, Instant
from twofold.core.throttle import State

KEY = "mails:minute"
"""Where it is remembered: seconds with how many attempts began in each, as `State.marks`."""


def room(state: State, now: Instant, per_minute: int) -> int:
    """How many attempts may begin now."""
    return max(0, per_minute - sum(count for _, count in _counted(state, now)))


def counted(state: State, now: Instant, attempts: int) -> State:
    """With this many more that begin now."""
    counts = dict(_counted(state, now))
    counts[now] = counts.get(now, 0) + attempts
    return replace(state, marks=tuple((str(at), count) for at, count in sorted(counts.items())))


def _counted(state: State, now: Instant) -> list[tuple[Instant, int]]:
    """The seconds that count. Those of another machine may be a little ahead of ours; what lies
    farther ahead was written by a clock that was wrong, and must not stop the mails until then.
    """
    return [
        (int(second), count)
        for second, count in state.marks
        if now - MINUTE < int(second) <= now + MINUTE
    ]
