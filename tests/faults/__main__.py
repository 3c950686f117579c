"""Chaos: faults at seeded moments while everybody uses the service, and a verdict at the end.

`./dev chaos --minutes 10 --seed 7`, or by number: `--kills 1000`, `--rounds 1000`.
"""

import argparse
import contextlib
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.faults.cast import Cast, make_cast
from tests.faults.history import Act, History, Told
from tests.faults.judge import INVARIANTS, judged
from tests.faults.nursery import Nursery
from tests.faults.play import Play, look_again
from tests.faults.servers import Postgres, postgres_server
from tests.faults.service import Service, serving
from tests.faults.volley import CONNECTIONS, Volley
from tests.faults.weather import Weather
from tests.mail.servers import Box, mail_server

PEOPLE = {"enrolled": 120, "newcomers": 30, "forgetful": 30, "suspects": 20}
PROCESSES = {"sqlite": 1, "postgres": 2}


@dataclass
class Stage:
    """One deployment on one database, running."""

    folder: Path
    url: str
    cast: Cast
    service: Service
    box: Box
    postgres: Postgres | None


@dataclass
class Outcome:
    """What a run showed."""

    database: str
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    history: History = field(default_factory=History)
    violations: list[str] = field(default_factory=list)

    def table(self) -> str:
        """As lines for the terminal and for docs/reliability.md."""
        faults = ", ".join(f"{name} {times}" for name, times in sorted(self.faults.items()))
        lines = [f"{self.database}: {self.seconds:.0f} s; {faults or 'no fault'}"]
        for act in Act:
            told = Counter(one.told for one in self.history.those(act))
            if told:
                said = ", ".join(f"{count} {word.value}" for word, count in sorted(told.items()))
                lines.append(f"  {act.value:8} {said}")
        for name, sentence in INVARIANTS.items():
            broken = [said for said in self.violations if said.startswith(name)]
            lines.append(f"  {name} {'BROKEN' if broken else 'holds '} {sentence}")
            lines += [f"     {said}" for said in broken[:20]]
        return "\n".join(lines)


@contextlib.contextmanager
def stage(database: str) -> Iterator[Stage]:
    """A deployment of its own; everything of it is gone afterwards."""
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="twofold-chaos-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = None
        url = f"sqlite:///{folder / 'twofold.db'}"
        if database == "postgres":
            postgres = stack.enter_context(postgres_server())
            url = postgres.new_database("chaos")
        cast = make_cast(folder, url, **PEOPLE)
        nursery = Nursery()
        stack.callback(nursery.close)
        box = Box()
        smtp = f"smtp://127.0.0.1:{stack.enter_context(mail_server(box))}"
        service = stack.enter_context(
            serving(
                folder,
                url,
                processes=PROCESSES[database],
                nursery=nursery,
                TWOFOLD_SMTP_URL=smtp,
            )
        )
        yield Stage(folder, url, cast, service, box, postgres)


def chaos(
    database: str, seed: int, *, seconds: float = 0, turns: int = 0, kills: int = 0
) -> Outcome:
    """Faults for so long and at least so many, or so many kills and no other fault."""
    outcome = Outcome(database)
    with stage(database) as made:
        begun = time.monotonic()
        play = Play(made.service, made.cast, seed)
        outcome.history = play.history
        weather = Weather(made.service, made.box, Random(seed), made.postgres)
        with play.running():
            for _ in range(kills):
                weather.calm(0.0, 0.5)
                weather.kill()
                weather.brought["kill"] += 1
            while not kills and (
                time.monotonic() - begun < seconds or weather.brought.total() < turns
            ):
                weather.turn()
        outcome.faults, outcome.seconds = weather.brought, time.monotonic() - begun
        outcome.violations = look_again(play)
        outcome.violations += judged(
            play.history, made.cast, made.folder, made.url, made.box.received
        )
    return outcome


def volleys(database: str, seed: int, rounds: int) -> Outcome:
    """One right code at once over many connections, so many times."""
    outcome = Outcome(database)
    with stage(database) as made:
        begun = time.monotonic()
        volley = Volley(made.service, made.cast, outcome.history, Random(seed))
        for number in range(rounds):
            told = volley.fire()
            if told.count(Told.YES) != 1:
                outcome.violations.append(f"I1 round {number}: the connections were told {told}")
        outcome.faults[f"rounds of {CONNECTIONS} connections"] = rounds
        outcome.seconds = time.monotonic() - begun
        outcome.violations += judged(outcome.history, made.cast, made.folder, made.url)
    return outcome


def main(arguments: list[str]) -> int:
    """Run, print, and leave with 1 if an invariant is broken."""
    parser = argparse.ArgumentParser(prog="./dev chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="of faults, all in all (10)")
    parser.add_argument("--seed", type=int, default=1, help="of every choice (1)")
    parser.add_argument("--database", choices=[*PROCESSES, "both"], default="both")
    parser.add_argument("--kills", type=int, default=0, help="so many kill -9 each, nothing else")
    parser.add_argument("--rounds", type=int, default=0, help="so many rounds of one code at once")
    asked = parser.parse_args(arguments)
    databases = list(PROCESSES) if asked.database == "both" else [asked.database]
    print(f"seed {asked.seed}", flush=True)
    broken = False
    for database in databases:
        if asked.rounds:
            outcome = volleys(database, asked.seed, asked.rounds)
        else:
            seconds = asked.minutes * 60 / len(databases)
            outcome = chaos(database, asked.seed, seconds=seconds, kills=asked.kills)
        print(outcome.table(), flush=True)
        broken = broken or bool(outcome.violations)
    return int(broken)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
