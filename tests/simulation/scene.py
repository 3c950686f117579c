"""What simulations stand on: the real flows on a real SQLite file, a clock that jumps, and a count
of what was really compared.

The count is taken inside: where `core/otp.py` compares a code, not where an answer says so.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.conftest import MORNING, FixedClock
from tests.world import Organisation, found
from twofold.core import otp
from twofold.core.people import DAY, Instant, Person
from twofold.flows import housekeeping
from twofold.storage import build_store
from twofold.storage.sealing import KeyRing
from twofold.system import SystemRandom


@dataclass
class Comparisons:
    """When codes were compared, of whoever is in front of the page at the moment."""

    singles: list[Instant] = field(default_factory=list)
    pairs: list[Instant] = field(default_factory=list)
    is_counting: bool = False

    @contextmanager
    def counted(self) -> Iterator[None]:
        """What is compared inside counts; what the owner types elsewhere does not."""
        self.is_counting = True
        try:
            yield
        finally:
            self.is_counting = False


@contextmanager
def watched() -> Iterator[Comparisons]:
    """Count the comparisons of the whole process; they are made as ever."""
    seen = Comparisons()
    one, two = otp.matching_step, otp.matching_pair

    def matching_step(secret: bytes, code: str, now: Instant, drift: int = 0) -> int | None:
        if seen.is_counting:
            seen.singles.append(now)
        return one(secret, code, now, drift)

    def matching_pair(
        secret: bytes, first: str, second: str, now: Instant, drift: int = 0, **more: int
    ) -> int | None:
        if seen.is_counting:
            seen.pairs.append(now)
        return two(secret, first, second, now, drift, **more)

    otp.matching_step, otp.matching_pair = matching_step, matching_pair
    try:
        yield seen
    finally:
        otp.matching_step, otp.matching_pair = one, two


@dataclass
class Scene:
    """An organisation, its clock, chance with a seed, and what was compared."""

    acme: Organisation
    random: Random
    compared: Comparisons
    tidied_at: Instant = MORNING

    @property
    def now(self) -> Instant:
        """The moment that the clock shows."""
        return self.acme.now

    def move_to(self, moment: Instant) -> None:
        """Let time pass, never backwards; once a day the product tidies up, as its worker does."""
        clock = self.acme.clock
        while self.tidied_at + DAY <= moment:
            self.tidied_at += DAY
            clock.moment = max(clock.moment, self.tidied_at)
            self.acme.call(housekeeping.purge)
        clock.moment = max(clock.moment, moment)

    def enrolled(self, name: str) -> Person:
        """A new member with an authenticator; no step of it was used a minute ago."""
        person = self.acme.add(name)
        self.acme.enrol(person)
        self.acme.clock.advance(60)
        return self.acme.person(person.id)


@contextmanager
def scene(seed: int) -> Iterator[Scene]:
    """A fresh organisation on a file in memory, where the machine has such a place."""
    memory = Path("/dev/shm")
    parent = memory if memory.is_dir() else None
    random = SystemRandom()
    keys = KeyRing({"00000001": random.secret() + random.secret()[:12]}, random)
    with tempfile.TemporaryDirectory(dir=parent) as folder, watched() as seen:
        store = build_store(f"sqlite:///{folder}/twofold.db", keys, random)
        try:
            yield Scene(found(store, FixedClock()), Random(seed), seen)
        finally:
            store.close()
