"""One right code over many connections at once: accepted exactly once."""

import time
from dataclasses import dataclass
from random import Random

from tests.faults.cast import Cast, Member
from tests.faults.clients import Visitor
from tests.faults.history import Act, History, Told
from tests.faults.service import Service
from tests.storage.races import race

CONNECTIONS = 16
PAGES = 4
"""Of these, how many go over the sign-in page."""


@dataclass
class Volley:
    """Rounds on one service; everybody of the cast has one code in 30 seconds."""

    service: Service
    cast: Cast
    history: History
    random: Random
    turn: int = 0

    def fire(self) -> list[Told]:
        """One round: what each connection was told."""
        member, step = self._whose()
        code = member.code(step)
        visitors = [
            Visitor(self.service, self.history, Random(self.random.random()))
            for _ in range(CONNECTIONS)
        ]
        for browser in visitors[:PAGES]:
            assert browser.is_half(member)
        pages = [browser.send("GET", "/sign-in/code") for browser in visitors[:PAGES]]

        def shoot(number: int) -> Told:
            shooter = visitors[number]
            if number >= PAGES:
                return shooter.verify(self.cast.key, member, code, step=step).told
            page = pages[number]
            assert page is not None
            return shooter.submit_code(member, page.text, code, step).told

        try:
            return race(CONNECTIONS, shoot)
        finally:
            for one in visitors:
                one.http.close()

    def _whose(self) -> tuple[Member, int]:
        """The next member who has a code that was not sent yet."""
        while True:
            self.turn += 1
            member = self.cast.enrolled[self.turn % len(self.cast.enrolled)]
            step = member.new_step(time.time())
            if step is not None:
                return member, step
            time.sleep(0.05)


def told_twice(history: History) -> int:
    """How many codes were accepted on more than one connection."""
    accepted: dict[tuple[str, int], int] = {}
    for one in history.those(Act.SIGN_IN, Act.VERIFY, told=Told.YES):
        accepted[one.person_id, one.step] = accepted.get((one.person_id, one.step), 0) + 1
    return sum(times > 1 for times in accepted.values())
