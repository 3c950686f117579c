"""Clocks: how far one device is off, how far we are, and putting right what a wrong clock left.

A clock incident is loud and shuts no door: nothing here refuses or accepts a code.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core import clocks, crowd, otp, throttle, wrong_clock
from twofold.core.authenticators import Totp
from twofold.core.clocks import Drift
from twofold.core.crowd import Picture
from twofold.core.drift import FARTHEST
from twofold.core.events import EventKind
from twofold.core.people import HOUR, Account, Instant, Person
from twofold.flows.outbox import record
from twofold.ports import Tx

LONGEST_WAIT = 2 * HOUR
"""Seconds within which a mail is tried again; farther off it was put by a wrong clock."""


def look(tx: Tx, now: Instant) -> Picture:
    """What the phones of all people of the deployment say about our clock. Codes that were written
    down in the future, by a clock that was put back since, take no part.
    """
    since = now - crowd.SEEN_WITHIN
    return crowd.picture(tx.attempts.sightings(since=since, until=now, limit=crowd.MOST_CODES))


def of_authenticator(tx: Tx, now: Instant, *, authenticator: Totp) -> Drift | None:
    """How far the clock of one device is off and whether it wanders, or None without a code."""
    readings = tx.attempts.accepted(
        authenticator.person_id, authenticator.id, since=0, until=now, limit=clocks.NEWEST
    )
    return clocks.drift_of(readings)


@dataclass(frozen=True, slots=True)
class BroughtBack:
    """An authenticator whose last used step lay in the future."""

    account: Account
    person: Person
    ahead: int
    """By how many seconds; for so long its owner would have been refused."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a clock that stood in the future had left."""

    authenticators: Sequence[BroughtBack]
    counters: int
    """Limits that would have counted until then."""
    mails: int
    """Mails that would have waited until then."""


def repair(tx: Tx, now: Instant, *, only_look: bool = False) -> Repaired:
    """Bring back what lies in the future by our clock, which must be right again.

    Every code that a device has shown up to now stays dead, and so does each that was accepted
    (`core/wrong_clock.py`). With `only_look` nothing is changed, and mails are not counted.
    """
    found = [
        one
        for one in tx.authenticators.used_beyond(otp.step_at(now) - FARTHEST)
        if wrong_clock.is_ahead(one.last_step, one.drift, now)
    ]
    brought = [_bring_back(tx, now, one, only_look=only_look) for one in found]
    counters = tx.counters.saved_after(now)
    if only_look:
        return Repaired([one for one in brought if one], len(counters), 0)
    for key, text in counters.items():
        state = wrong_clock.brought_back(key, throttle.unpacked(text), now)
        tx.counters.save(key, throttle.packed(state), now)
    mails = tx.mails.bring_forward(now + LONGEST_WAIT, now)
    return Repaired([one for one in brought if one], len(counters), mails)


def _bring_back(tx: Tx, now: Instant, found: Totp, *, only_look: bool) -> BroughtBack | None:
    """None if it was used by somebody else in this very moment, so that it is not there now."""
    step = wrong_clock.newest_step(found.drift, now)
    ahead = (found.last_step - step) * otp.STEP_SECONDS
    person = tx.people.find(found.account_id, found.person_id)
    if person is None:
        return None
    if not only_look:
        tx.people.lock(person.id)
        if not tx.authenticators.bring_back(found.id, step, expected=found.last_step):
            return None
        record(tx, now, EventKind.CLOCK_REPAIRED, person, actor_id=None, seconds=ahead)
    return BroughtBack(tx.accounts.get(found.account_id), person, ahead)
