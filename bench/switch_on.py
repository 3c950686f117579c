"""Switching on for a large organisation: how long the answer takes, how fast people are reached.

A database on disk with so many people (SQLite, everything durable as in the product) is filled;
then the flow of the switch is called as the page calls it, and the worker's steps run until
everybody is told. Beside it, in the same run, stands the bare rate of small commits of the same
database, so that a slow disk is seen as one.

usage: python bench/switch_on.py [--people 20000] [--json]
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from enumeration import make_world

from twofold.core.people import Person, Role
from twofold.core.rollout import ExpansionState
from twofold.flows import console, enrol, expansion, people, rollout, setup
from twofold.ports import Tx, World

ENCODED = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"
GOAL_ANSWER, GOAL_RATE = 1.0, 5000.0
"""Seconds, and people a second."""
COMMITS = 200


def fill(world: World, number: int) -> Person:
    """An organisation of so many people with its enrolled owner."""
    now = world.clock.now()
    founded = world.store.call(
        setup.found, now, name="Olga", email="olga@example.org", organisation="Acme",
        encoded=ENCODED,
    )  # fmt: skip
    assert isinstance(founded, setup.Founded)
    account = founded.account

    def enrolled(tx: Tx) -> None:
        pending = enrol.begin(
            tx, now, person=founded.owner, account=account, begun_in="bench", app=None
        )
        assert not isinstance(pending, enrol.NoSetUp)
        assert tx.authenticators.activate(pending.id, at=now)

    world.store.call(enrolled)
    like = world.store.call(
        people.add, now, account=account, actor=None, name="Like", email="like@example.org",
        role=Role.MEMBER, encoded=ENCODED,
    )  # fmt: skip
    assert isinstance(like, Person)

    def add(tx: Tx, first: int, last: int) -> None:
        for n in range(first, last):
            other = replace(like, id=tx.random.new_id(), name=f"P{n}", email=f"p{n}@example.org")
            tx.people.add(other, password=ENCODED)

    for first in range(0, number - 2, 5000):
        world.store.call(add, first, min(first + 5000, number - 2))
    return founded.owner


def measure(number: int) -> dict[str, object]:
    """Seconds and rates for so many people."""
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder))
        owner = fill(world, number)
        begun = time.perf_counter()
        for n in range(COMMITS):
            world.store.call(lambda tx, n=n: tx.people.mark_stolen(f"nobody{n}", 0))
        commits = COMMITS / (time.perf_counter() - begun)
        now = world.clock.now()
        account = world.store.call(lambda tx: tx.accounts.get(owner.account_id))
        caller = world.store.call(console.as_admin, now, account=account, email=owner.email)
        begun = time.perf_counter()
        done = world.store.call(rollout.switch_on, now, caller=caller, days=14)
        answer = time.perf_counter() - begun
        assert isinstance(done, rollout.Switched), done
        begun, reached = time.perf_counter(), done.mails
        while world.store.call(expansion.step, now):
            pass
        seconds = time.perf_counter() - begun
        (work,) = world.store.call(lambda tx: tx.expansions.of_account(account.id, limit=9))
        assert (work.state, work.done) == (ExpansionState.DONE, number)
        world.store.close()
    return {
        "people": number,
        "answer_seconds": round(answer, 3),
        "people_a_second": round((number - reached) / seconds) if number > reached else None,
        "bare_commits_a_second": round(commits),
    }


def main() -> int:
    """Print the table or JSON; the status says whether the goals were reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.people)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name.replace('_', ' '):24} {value}")
        print(f"goals: answer under {GOAL_ANSWER} s, {GOAL_RATE:.0f} people a second")
    return 0


if __name__ == "__main__":
    sys.exit(main())
