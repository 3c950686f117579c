"""How long the check of a code takes while a flood of sign-ins runs, beside how long without one.

    PYTHONPATH=src:. python bench/overload.py [--checks N] [--connections N] [--json]

The real service on SQLite, started for this. One application has codes checked, one after another,
first alone and then while many connections send passwords, and whoever is turned away comes again
after a fifth of a second. Every code is right and checked once, so each check is whole: looked up,
charged, compared, claimed, written down. The goal: the 99th percentile in the flood is at most
three times the one without.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import httpx2

from tests.faults.cast import PASSWORD, Cast, make_cast
from tests.faults.clients import Visitor
from tests.faults.history import History, Told
from tests.faults.service import Service, serving

GOAL = 3.0
PEOPLE = 900
"""Each has one code in 30 seconds, and each code is checked once."""


def check(service: Service, cast: Cast, count: int, first: int) -> list[float]:
    """Milliseconds of each check, all accepted."""
    took = []
    with Visitor(service, History(), Random(1)) as shop:
        for number in range(first, first + count):
            member = cast.enrolled[number]
            step = member.new_step(time.time())
            assert step is not None
            begun = time.perf_counter()
            entry = shop.verify(cast.key, member, member.code(step), step=step)
            took.append((time.perf_counter() - begun) * 1000)
            if entry.told is not Told.YES:
                sys.exit(f"a right code was answered with {entry.status}: nothing to measure.")
    return took


class Flood:
    """Connections that send passwords again and again, in a process of their own that gives way to
    others: the people of a flood sit elsewhere.
    """

    def __init__(self, service: Service, cast: Cast, connections: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._over, self._begun, self._told = spawn.Event(), spawn.Event(), spawn.SimpleQueue()
        emails = [member.email for member in cast.suspects]
        given = (service.ports[0], emails, connections, self._over, self._begun, self._told)
        self._process = spawn.Process(target=press, args=given, daemon=True)

    def begin(self) -> None:
        """Until the first is turned away."""
        self._process.start()
        if not self._begun.wait(120):
            sys.exit("nobody was turned away: that is no flood.")

    def end(self) -> Counter[int]:
        """All stop; what they were answered."""
        self._over.set()
        told: Counter[int] = self._told.get()
        self._process.join(60)
        return told


def press(port: int, emails: list[str], connections: int, over: Any, begun: Any, told: Any) -> None:
    """The flood's own process."""
    os.nice(15)

    async def one(client: httpx2.AsyncClient, number: int, got: Counter[int]) -> None:
        form = {"email": emails[number % len(emails)], "password": PASSWORD}
        address = f"10.{number % 250}.{number // 250}.1"
        while not over.is_set():
            client.cookies.clear()
            answer = await client.post("/sign-in", data=form, headers={"x-forwarded-for": address})
            got[answer.status_code] += 1
            if answer.status_code == 503:
                begun.set()
                await asyncio.sleep(0.2)

    async def all_at_once() -> Counter[int]:
        got: Counter[int] = Counter()
        async with httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            timeout=60,
            verify=False,
            trust_env=False,
            limits=httpx2.Limits(max_connections=connections),
        ) as client:
            await asyncio.gather(*(one(client, number, got) for number in range(connections)))
        return got

    told.put(asyncio.run(all_at_once()))


def percentile(values: list[float], part: int) -> float:
    """The value below which so many of a hundred lie."""
    return statistics.quantiles(values, n=100)[part - 1]


def main() -> None:
    """Measure, print, and leave with 1 if the goal is not met."""
    parser = argparse.ArgumentParser(description="Checks of codes in a flood of sign-ins.")
    parser.add_argument("--checks", type=int, default=400, help="in each half (400)")
    parser.add_argument("--connections", type=int, default=120, help="of the flood (120)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    if not 20 <= asked.checks <= PEOPLE // 2:
        parser.error(f"between 20 and {PEOPLE // 2} checks")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/twofold.db"
        cast = make_cast(Path(folder), url, enrolled=PEOPLE, newcomers=0, forgetful=0, suspects=20)
        with serving(Path(folder), url) as service:
            check(service, cast, 10, PEOPLE - 10)
            alone = check(service, cast, asked.checks, 0)
            flood = Flood(service, cast, asked.connections)
            flood.begin()
            flooded = check(service, cast, asked.checks, asked.checks)
            told = flood.end()
    ratio = percentile(flooded, 99) / percentile(alone, 99)
    found = {
        "cores": os.cpu_count(),
        "p50 alone ms": statistics.median(alone),
        "p99 alone ms": percentile(alone, 99),
        "p50 flooded ms": statistics.median(flooded),
        "p99 flooded ms": percentile(flooded, 99),
        "ratio of p99": ratio,
        "goal": GOAL,
        "met": ratio <= GOAL,
        "answers of the flood": {str(status): count for status, count in sorted(told.items())},
    }
    if asked.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:22} {value:.2f}" if isinstance(value, float) else f"{name:22} {value}")
    sys.exit(0 if ratio <= GOAL else 1)


if __name__ == "__main__":
    main()
