"""Does the sign-in tell who is here? Status, bytes and times of refusals, side by side.

For each kind of person one wrong sign-in after the other is sent to the real application in this
process (real hasher at the cost of the settings' defaults, SQLite on disk), in rounds of one of
each in an order that is drawn anew, so that a noisy machine disturbs all alike. Status, headers
and page must be the same to the byte; the times of each kind are compared with those of an unknown
address by the rank test of Mann and Whitney, and by their medians: by the wall, which is what a
stranger sees, and of the processor, which a busy machine disturbs less. `z` beyond about 3 in size
would mean that times tell the two apart. *Unknown again* is a second unknown address: what noise
does.

usage: python bench/enumeration.py [--samples 200] [--json]
"""

import argparse
import json
import logging
import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from starlette.testclient import TestClient

from twofold import logs
from twofold.core.people import Person, Role
from twofold.flows import enrol, people, setup
from twofold.hashing import Argon2Hasher
from twofold.mail.messages import MailTemplates
from twofold.mail.smtp import SmtpMailer
from twofold.ports import Tx, World
from twofold.storage import open_storage
from twofold.system import SystemClock, SystemRandom
from twofold.web.app import build_app

ORIGIN = "http://localhost:8000"
LARGEST_Z, LARGEST_DIFFERENCE = 4.0, 0.05
"""Bounds for the goal: of the rank test, and of the medians' difference as a share."""


def make_world(folder: Path) -> World:
    """The product on a new database."""
    random = SystemRandom()
    postbox = MailTemplates(ORIGIN)
    return World(
        store=open_storage(f"sqlite:///{folder}/bench.db", folder, random),
        hasher=Argon2Hasher(memory_kib=19456, time_cost=2, parallelism=1, threads=2),
        clock=SystemClock(),
        random=random,
        mailer=SmtpMailer(None, "Twofold <twofold@localhost>", postbox),
        postbox=postbox,
        public_url=ORIGIN,
        common_passwords=frozenset(),
    )


def fill(world: World) -> dict[str, str]:
    """People of every kind; their addresses by kind, all of one length."""
    now, encoded = world.clock.now(), world.hasher.hash_now("the right password")
    made = world.store.call(
        setup.found, now, name="Olga", email="o@a.example", organisation="A", encoded=encoded
    )
    assert isinstance(made, setup.Founded)
    kinds = ("wrong password", "enrolled", "in a wait", "behind a link", "disabled", "invited")
    found = {"unknown": "p0@a.example", "unknown again": "p9@a.example"}
    for number, kind in enumerate(kinds, 1):
        found[kind] = f"p{number}@a.example"
        person = world.store.call(
            people.add,
            now,
            account=made.account,
            actor=None,
            name=kind,
            email=found[kind],
            role=Role.MEMBER,
            encoded=None if kind == "invited" else encoded,
        )
        if kind == "enrolled":
            world.store.call(give_authenticator, now, person)
        if kind == "disabled":
            world.store.call(
                people.set_disabled, now, actor=made.owner, person_id=person.id, disabled=True
            )
    return found


def give_authenticator(tx: Tx, now: int, person: Person) -> None:
    """An authenticator that works."""
    account = tx.accounts.get(person.account_id)
    begun = enrol.begin(tx, now, person=person, account=account, begun_in="", app="")
    tx.authenticators.activate(begun.id, at=now)


def prepared(world: World, kind: str, email: str) -> Callable[[Tx], None]:
    """What is counted before a sample: nothing, or so much that the person has to wait."""
    failures = {"in a wait": 12, "behind a link": 100}.get(kind, 0)

    def prepare(tx: Tx) -> None:
        now = world.clock.now()
        tx.counters.purge(now + 10)
        person = tx.people.by_email(email)
        if failures and person is not None:
            text = json.dumps([[now] * failures, 0, 0, []])
            tx.counters.save(f"pw:person:{person.id}", text, now)

    return prepare


def rank_z(ours: list[float], theirs: list[float]) -> float:
    """The statistic of Mann and Whitney as a standard normal value."""
    n, m = len(ours), len(theirs)
    everything = sorted([(t, 0) for t in ours] + [(t, 1) for t in theirs])
    ranks = sum(rank for rank, (_, who) in enumerate(everything, 1) if who == 0)
    u = ranks - n * (n + 1) / 2
    return (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)


Times = dict[str, list[float]]


def measure(samples: int) -> tuple[Times, Times, bool]:
    """Seconds of each kind's refusals by the wall and of the processor, and whether all answers
    were the same.
    """
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder))
        client = TestClient(build_app(world), base_url=ORIGIN, follow_redirects=False)
        emails = fill(world)
        wall: Times = {kind: [] for kind in emails}
        work: Times = {kind: [] for kind in emails}
        answers: set[tuple[int, tuple[tuple[str, str], ...], str]] = set()
        order = random.Random(1)
        for number in range(samples + 3):
            for kind, email in order.sample(list(emails.items()), len(emails)):
                world.store.call(prepared(world, kind, email))
                client.cookies.clear()
                started, begun = time.perf_counter(), time.process_time()
                answer = client.post("/sign-in", data={"email": email, "password": "a wrong one"})
                took, worked = time.perf_counter() - started, time.process_time() - begun
                headers = tuple(sorted(answer.headers.items()))
                answers.add((answer.status_code, headers, answer.text.replace(email, "…")))
                if number >= 3:  # The first ones warm up.
                    wall[kind].append(took)
                    work[kind].append(worked)
        world.store.close()
    return wall, work, len(answers) == 1


def compared(times: Times) -> dict[str, tuple[float, float, float]]:
    """By kind: the median in ms, that over an unknown address, and the rank test's z."""
    base = times["unknown"]
    return {
        kind: (
            round(statistics.median(taken) * 1000, 2),
            round(statistics.median(taken) / statistics.median(base), 4),
            0.0 if kind == "unknown" else round(rank_z(taken, base), 2),
        )
        for kind, taken in times.items()
    }


def main() -> int:
    """Measure, print, and say whether times or bytes told anybody apart."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=200, help="refusals of each kind")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    logs.configure("CRITICAL")
    logging.disable()
    wall, work, same = measure(given.samples)
    tables = {"wall": compared(wall), "processor": compared(work)}
    if given.json:
        print(json.dumps({"samples": given.samples, "same answer": same, "tables": tables}))
    else:
        for name, table in tables.items():
            print(f"{name:16}{'median ms':>10}{'over unknown':>14}{'z':>8}")
            for kind, row in table.items():
                print(f"{kind:16}{row[0]:>10}{row[1]:>14}{row[2]:>8}")
        print("status, headers and bytes:", "the same for all" if same else "DIFFERENT")
    quiet = all(
        abs(z) < LARGEST_Z or abs(over - 1) < LARGEST_DIFFERENCE
        for table in tables.values()
        for _, over, z in table.values()
    )
    return 0 if same and quiet else 1


if __name__ == "__main__":
    sys.exit(main())
