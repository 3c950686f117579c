"""Everybody at once: threads in which members and an application use the running service."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from tests.faults.cast import Cast, Member
from tests.faults.clients import Visitor
from tests.faults.history import Act, Entry, History, Told
from tests.faults.service import Service

PAUSE = 0.05
"""Seconds that a client waits after no answer, before it tries something else."""
RETRIES = 40
SEEN = 0.1
"""How often somebody who saw a code sends it too."""


@dataclass
class Play:
    """A run: who plays, on what, and what was said."""

    service: Service
    cast: Cast
    seed: int
    history: History = field(default_factory=History)
    errors: list[BaseException] = field(default_factory=list)
    _idle: dict[str, list[Member]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        for name in ("enrolled", "newcomers", "forgetful", "suspects"):
            self._idle[name] = list(getattr(self.cast, name))
        # A recovery code burns the next codes of the app, and so would leave nobody who has one.
        self._idle["recovering"] = self._idle["enrolled"][::4]
        del self._idle["enrolled"][::4]

    @contextmanager
    def running(self, threads: int = 4) -> Iterator["Play"]:
        """Everybody plays until the block ends; an error of a client is one of the test."""
        started = [
            threading.Thread(target=self._act, args=(Random(f"{self.seed}-{n}"),), daemon=True)
            for n in range(threads)
        ]
        for one in started:
            one.start()
        try:
            yield self
        finally:
            self._over.set()
            for one in started:
                one.join(120)
        assert not any(one.is_alive() for one in started), "a client never came back"
        if self.errors:
            raise self.errors[0]

    def _act(self, random: Random) -> None:
        scenes: list[tuple[Callable[[Random], object], int]] = [
            (self.somebody_signs_in, 6),
            (self.an_application_asks, 8),
            (self.somebody_guesses, 2),
            (self.somebody_recovers, 1),
            (self.somebody_sets_up, 1),
            (self.somebody_has_forgotten, 1),
            (self.somebody_signs_out, 1),
        ]
        names, weights = zip(*scenes, strict=True)
        try:
            while not self._over.is_set():
                (scene,) = random.choices(names, weights)
                scene(random)
        except BaseException as error:
            self.errors.append(error)
            self._over.set()

    @contextmanager
    def borrowed(self, group: str, random: Random) -> Iterator[Member | None]:
        """Somebody of the group whom nobody else plays meanwhile."""
        with self._lock:
            idle = self._idle[group]
            member = idle.pop(random.randrange(len(idle))) if idle else None
        try:
            yield member
        finally:
            if member is not None:
                with self._lock:
                    self._idle[group].append(member)
            else:
                time.sleep(PAUSE)

    def visitor(self, random: Random) -> Visitor:
        """A new browser."""
        return Visitor(self.service, self.history, Random(random.random()))

    def somebody_signs_in(self, random: Random) -> None:
        """With a code; and now and then somebody who saw the code tries it too."""
        with self.borrowed("enrolled", random) as member, self.visitor(random) as browser:
            if member is None:
                return
            entry = browser.sign_in(member)
            self.rest(browser)
            if entry is not None and entry.told is Told.YES and random.random() < SEEN:
                self.replay(random, member, entry)

    def replay(self, random: Random, member: Member, entry: Entry) -> None:
        """An accepted code once more, over another way. It slows its owner down too."""
        with self.visitor(random) as thief:
            thief.verify(self.cast.key, member, entry.proof, step=entry.step, act=Act.REPLAY)

    def an_application_asks(self, random: Random) -> None:
        """With an id of the attempt, and again with the same id until an answer comes."""
        with self.borrowed("enrolled", random) as member, self.visitor(random) as shop:
            step = member.new_step(time.time()) if member is not None else None
            if member is None or step is None:
                return
            attempt = f"attempt-{random.getrandbits(64):x}"
            for _ in range(RETRIES):
                entry = shop.verify(
                    self.cast.key, member, member.code(step), attempt=attempt, step=step
                )
                if entry.told in (Told.YES, Told.NO, Told.OTHER) or self._over.is_set():
                    break
                time.sleep(PAUSE)
            if random.random() < SEEN:
                shop.verify(self.cast.key, member, member.code(step), step=step, act=Act.REPLAY)

    def somebody_guesses(self, random: Random) -> None:
        """One wrong code."""
        with self.borrowed("suspects", random) as member, self.visitor(random) as browser:
            if member is not None:
                browser.guess(member)
                self.rest(browser)

    def somebody_recovers(self, random: Random) -> None:
        """With a recovery code, and then once more with the same one."""
        with self.borrowed("recovering", random) as member, self.visitor(random) as browser:
            if member is None or len(member.codes) < 2:
                return
            entry = browser.recover(member)
            self.rest(browser)
            if entry is not None:
                member.codes.append(entry.proof)
                with self.visitor(random) as thief:
                    again = thief.recover(member)
                if again is None:
                    member.codes.remove(entry.proof)

    def somebody_sets_up(self, random: Random) -> None:
        """A first set-up."""
        with self.borrowed("newcomers", random) as member, self.visitor(random) as browser:
            if member is not None:
                browser.save(member)
                self.rest(browser)

    def somebody_has_forgotten(self, random: Random) -> None:
        """The link for a new password, again and again."""
        with self.borrowed("forgetful", random) as member, self.visitor(random) as browser:
            if member is not None:
                browser.use_link(member)
                self.rest(browser)

    def somebody_signs_out(self, random: Random) -> None:
        """One of the sessions that somebody has."""
        group = random.choice(("enrolled", "recovering"))
        with self.borrowed(group, random) as member, self.visitor(random) as browser:
            if member is not None and member.tokens:
                browser.sign_out(member, random.choice(member.tokens))
                self.rest(browser)

    def rest(self, browser: Visitor) -> None:
        """Nobody hammers on a door that does not answer."""
        if browser.broken:
            time.sleep(PAUSE)


def look_again(play: Play) -> list[str]:
    """With the service up again: what was ended stays ended, what was accepted is not accepted
    again, and what was handed over still opens. Sentences that begin with the invariant.
    """
    history, random = play.history, Random(play.seed)
    service, cast = play.service, play.cast
    members = {one.id: one for one in cast.everybody}
    found = []
    with Visitor(service, history, random) as visitor:
        ended = {one.proof for one in history.those(Act.REVOKE)}
        for one in history.those(Act.REVOKE, told=Told.YES)[-20:]:
            if visitor.is_open(one.proof):
                found.append(f"I3 an ended session of {one.person_id} opens again")
        for one in history.those(Act.SIGN_IN, told=Told.YES)[-20:]:
            if one.session not in ended and visitor.is_open(one.session) is False:
                found.append(f"I3 a session of {one.person_id} does not open any more")
        for one in history.those(Act.SIGN_IN, Act.VERIFY, told=Told.YES)[-20:]:
            again = visitor.verify(
                cast.key, members[one.person_id], one.proof, step=one.step, act=Act.REPLAY
            )
            if again.told is Told.YES:
                found.append(f"I1 a code of {one.person_id} was accepted again")
        for one in history.those(Act.LINK, told=Told.YES):
            answer = visitor.send("GET", f"/password/{one.proof}")
            if answer is None or answer.status_code != 410:
                found.append(f"I1 a used link of {one.person_id} is not gone")
    return found
