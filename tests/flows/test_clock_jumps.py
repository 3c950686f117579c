"""A clock that jumps about and is repaired now and then: no code works twice."""

from collections import Counter
from random import Random

import pytest

from tests.world import DESK, Organisation
from twofold.core.attempts import AttemptPurpose
from twofold.core.otp import step_at
from twofold.core.people import DAY, Person
from twofold.flows import clock
from twofold.flows.verify import Accepted, Standing, Typed, prove_code

ROUNDS = 120


class Phone:
    """A phone that follows the server's clock, whatever that shows, and somebody who writes down
    every code that was ever typed."""

    def __init__(self, acme: Organisation, person: Person) -> None:
        self.acme, self.person = acme, person
        self.accepted: Counter[int] = Counter()
        self.typed: set[int] = set()

    def submit(self, step: int) -> bool:
        """Type the code of a step. What is counted against guessing is put aside: it is not what
        keeps used codes from working.
        """
        acme = self.acme
        acme.store.call(lambda tx: tx.counters.purge(10**12))
        code = acme.code(self.person, steps=step - step_at(acme.now))
        proof = acme.call(
            prove_code,
            person=self.person,
            account=acme.account,
            authenticators=[acme.active(self.person)],
            typed=Typed(code),
            purpose=AttemptPurpose.STEP_UP,
            standing=Standing(DESK),
        )
        self.typed.add(step)
        if isinstance(proof, Accepted):
            self.accepted[proof.step] += 1
        return isinstance(proof, Accepted)

    def replay(self, dice: Random) -> None:
        """Type again what lies in the window now, if anything of it was ever typed."""
        near = [step for step in self.typed if abs(step - step_at(self.acme.now)) <= 1]
        if near:
            self.submit(dice.choice(near))


@pytest.mark.parametrize("seed", range(3))
def test_no_code_works_twice_however_the_clock_jumps(acme: Organisation, seed: int) -> None:
    """And after each repair the next new code works, so that nobody stays shut out."""
    dice, ben = Random(seed), acme.add("Ben")
    acme.enrol(ben)
    phone, start, works = Phone(acme, ben), acme.now, 0
    for _ in range(ROUNDS):
        match dice.randrange(6):
            case 0:
                acme.clock.advance(dice.randrange(20, 120))
            case 1:
                acme.clock.moment = start + dice.randrange(-DAY, DAY)
            case 2 if phone.typed:
                acme.clock.moment = dice.choice(sorted(phone.typed)) * 30 + dice.randrange(-30, 60)
            case 3:
                acme.call(clock.repair)
                acme.clock.advance(61)
                step = step_at(acme.now)
                if not {step, step + 1} & set(phone.accepted):
                    assert phone.submit(step)
                    works += 1
            case 4:
                phone.submit(step_at(acme.now) + dice.choice([-1, 0, 0, 1]))
            case _:
                phone.replay(dice)
    assert works >= 3
    assert phone.accepted
    assert max(phone.accepted.values()) == 1
