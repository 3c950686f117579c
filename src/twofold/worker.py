"""The thread that sends mail and cleans up beside the serving of pages.

Any number of workers may run at once, in one process or several: mails are leased, and cleaning
up twice deletes nothing more. A worker that dies loses nothing (see `flows/deliver.py`).
"""

import threading
from collections.abc import Callable

import structlog

from twofold.core.crowd import FEWEST, LOUD, NOBODY, Picture
from twofold.core.people import MINUTE, Instant
from twofold.core.radar_words import headline, likely_cause
from twofold.flows import (
    clock,
    deadlines,
    digests,
    expansion,
    mail_reports,
    radar,
    reminders,
    waits,
)
from twofold.flows.deliver import deliver_due
from twofold.flows.housekeeping import purge
from twofold.flows.radar_watch import Changes, RadarWatch
from twofold.ports import Tx, World

PAUSE = 0.5
"""Seconds between two looks into the outbox when nothing was due."""
CLEAN_EVERY = MINUTE
LOOK_EVERY, MOST_WAITS = 5, 50
"""Seconds between two looks at delayed recoveries, and how many are moved at most in one."""
MOST_REMINDERS, MOST_BATCHES = 20, 20
"""Transactions of the rollout in one look, so that mails are sent in between."""
MOST_REPORTS = 500
"""Messages of the report box that are read at most in one minute."""
BATCH = 10
"""Mails between two looks at whether to stop or to clean up."""

_log = structlog.get_logger(__name__)


class Worker:
    """Calls `tick` until it is stopped."""

    def __init__(self, world: World) -> None:
        """Nothing runs before `start`."""
        self._world = world
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="twofold-worker", daemon=True)
        self._cleaned_at: Instant | None = None
        self._looked_at: Instant | None = None
        self._told: Picture = NOBODY
        self._box_is_shut = False
        self._radar, self._changes = RadarWatch(world.store, world.apps), Changes()

    def start(self) -> None:
        """Begin; may be called once."""
        self._thread.start()

    def wake(self) -> None:
        """Look into the outbox now rather than after the pause. Safe from every thread."""
        self._woken.set()

    def stop(self, timeout: float) -> bool:
        """Finish the mail at hand and end; whether that took no longer than `timeout` seconds.

        A mail that takes longer is settled if the process lives on, else sent again later.
        """
        self._stopping.set()
        self._woken.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def tick(self) -> bool:
        """One pass over the outbox and, once a minute, cleaning up; whether mails may be left."""
        now = self._world.clock.now()
        if self._cleaned_at is None or now - self._cleaned_at >= CLEAN_EVERY:
            self._cleaned_at = now
            self._world.store.call(purge, now)
            self._watch_the_clock(now)
            self._watch_the_radar(now)
            self._read_the_reports()
        if self._looked_at is None or not 0 <= now - self._looked_at < LOOK_EVERY:
            self._looked_at = now
            self._move_the_waits(now)
            self._go_on(reminders.tick, now, MOST_REMINDERS)
            self._go_on(deadlines.tick, now, MOST_REMINDERS)
            self._go_on(digests.tick, now, MOST_REMINDERS)
        self._go_on(expansion.step, now, MOST_BATCHES)
        done = 0
        while done < BATCH and not self._stopping.is_set():
            if not deliver_due(self._world, limit=1):
                return False
            done += 1
        return done == BATCH

    def _move_the_waits(self, now: Instant) -> None:
        """Do what is due for delayed recoveries, each in a transaction of its own."""
        self._go_on(waits.tick, now, MOST_WAITS)

    def _go_on(self, work: Callable[[Tx, Instant], bool], now: Instant, most: int) -> None:
        """Do work until nothing is left of it, at most so many transactions at a time."""
        for _ in range(most):
            if self._stopping.is_set() or not self._world.store.call(work, now):
                return

    def _watch_the_clock(self, now: Instant) -> None:
        """Say it in the log when our own clock turns out to be off, by another size, or right."""
        seen = self._world.store.read(clock.look, now)
        if seen.is_off and (not self._told.is_off or abs(seen.ahead - self._told.ahead) > LOUD):
            _log.warning(
                "our-clock-is-off", seconds_ahead=seen.ahead, people=seen.people, says=seen.sentence
            )
        elif self._told.is_off and not seen.is_off and seen.people >= FEWEST:
            _log.warning("our-clock-is-right-again", people=seen.people)
        else:
            return
        self._told = seen

    def _watch_the_radar(self, now: Instant) -> None:
        """Say it in the log when an incident begins and when it is over."""
        accounts = self._world.store.read(radar.accounts)
        seen = {one: self._radar.incidents(now, one) for one in accounts}
        begun, ended = self._changes.since_last(now, seen)
        for kind, incidents in (("incident-begins", begun), ("incident-is-over", ended)):
            for incident in incidents:
                _log.warning(
                    kind,
                    says=headline(incident, now),
                    people=len(incident.people),
                    cause=likely_cause(incident.cause).name,
                )

    def _read_the_reports(self) -> None:
        """Mark the mails that came back. A box that cannot be read is said once."""
        box = self._world.reports
        if box is None:
            return
        try:
            count = mail_reports.read_box(self._world, box, limit=MOST_REPORTS)
        except OSError as problem:
            if not self._box_is_shut:
                _log.warning("mail-reports-not-readable", why=problem.strerror)
            self._box_is_shut = True
            return
        self._box_is_shut = False
        if count:
            _log.info("mail-reports", **{fate.name.lower(): seen for fate, seen in count.items()})

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._safe_tick():
                self._woken.wait(PAUSE)
            self._woken.clear()

    def _safe_tick(self) -> bool:
        """`tick`, but a fault is logged and the loop goes on.

        Otherwise mails would wait for a restart that nobody knows is needed.
        """
        try:
            return self.tick()
        except Exception:
            _log.exception("worker-tick-failed")
            return False
