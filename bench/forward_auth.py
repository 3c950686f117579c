"""How many requests a second a proxy can have checked, beside the ceiling, in one run.

One process of the product on SQLite, as it is served, asked as nginx asks: forwarded headers and
the cookie of a pass, loaded by wrk over loopback; in turns with a bare Starlette endpoint that
answers a GET with nothing, and one that reads and answers a little JSON, as the other benchmarks
have it. The ratio of each round is taken within the round; the median counts.
Beside the rates stands the processor time that the serving process took for a request: it says the
same on a machine that has other things to do.

*allowed* is a signed-in person in two groups, on a site with as many rules as asked for; *public*
a page without a cookie; *stranger* somebody who is led to the sign-in.

usage: python bench/forward_auth.py [--rounds 5] [--seconds 2] [--connections 32] [--rules 50]
       [--profile] [--json]
"""

import argparse
import asyncio
import cProfile
import json
import multiprocessing
import os
import pstats
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from ceiling import BODY, Load, free_port, load, run, wait_for
from ceiling import bare as bare_json
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from twofold import __version__, bootstrap
from twofold.core.attempts import Source
from twofold.core.groups import Group
from twofold.core.tokens import Purpose, digest
from twofold.flows import groups, sessions, setup, sites
from twofold.hashing import Argon2Hasher
from twofold.mail.messages import MailTemplates
from twofold.mail.smtp import SmtpMailer
from twofold.ports import World
from twofold.storage import open_storage
from twofold.system import SystemClock, SystemRandom

PUBLIC_URL, HOST = "https://login.example.org", "wiki.example.org"
ENCODED = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"
BEGUN = "b" * 43
GOAL = 0.6
"""Share of the ceiling."""


def make_world(folder: Path) -> World:
    """The product on SQLite, behind a proxy on this machine."""
    random, postbox = SystemRandom(), MailTemplates(PUBLIC_URL)
    return World(
        store=open_storage(f"sqlite:///{folder}/bench.db", folder, random),
        hasher=Argon2Hasher(memory_kib=19456, time_cost=2, parallelism=1, threads=2),
        clock=SystemClock(),
        random=random,
        mailer=SmtpMailer(None, "Twofold <twofold@example.org>", postbox),
        postbox=postbox,
        public_url=PUBLIC_URL,
        common_passwords=frozenset(),
        trusted_proxies=(ip_network("127.0.0.1/32"),),
    )


def product(folder: Path) -> ASGIApp:
    """Everything that is served, for a process of its own."""
    return bootstrap.build_faces(make_world(folder))


async def nothing(_request: Request) -> Response:
    """Says yes to everybody."""
    return Response()


def bare() -> Starlette:
    """The bare endpoint."""
    return Starlette(routes=[Route("/v", nothing)])


def fill(world: World, rules: int) -> str:
    """An owner in two groups with a session, and a site; the token of the pass."""
    now = world.clock.now()
    founded = world.store.call(
        setup.found, now, name="Olga", email="olga@example.org", organisation="Acme",
        encoded=ENCODED,
    )  # fmt: skip
    assert isinstance(founded, setup.Founded)

    def sign_in(tx: Any) -> Any:
        token = sessions.begin(
            tx, now, founded.owner, methods=("pwd", "otp"), source=Source("192.0.2.7", "Firefox")
        )
        return tx.sessions.by_token(digest(Purpose.SESSION, token), now)

    caller = world.store.call(sign_in)
    for name in ("Operators", "Sales, North"):
        group = world.store.call(groups.create, now, caller=caller, name=name)
        assert isinstance(group, Group)
        world.store.call(
            groups.enter, now, caller=caller, group_id=group.id, text=founded.owner.email
        )
    lines = [f"  /area-{n}/of/the/wiki  second factor, group Operators" for n in range(rules)]
    text = "\n".join([f"https://{HOST}", "  /  session", "  /static  public", *lines])
    done = world.store.call(
        sites.set_sites, now, caller=caller, text=text, own_host="login.example.org"
    )
    assert isinstance(done, sites.SitesSet), done
    judged = world.store.call(
        sites.hand_over, now, caller=caller, host=HOST, page="/",
        begun=digest(Purpose.SITE_BEGUN, BEGUN),
    )  # fmt: skip
    assert judged is not None
    token = world.store.call(sites.enter, now, host=HOST, ticket=judged.ticket, begun=BEGUN)
    assert token is not None
    return token


def questions(token: str, rules: int) -> dict[str, dict[str, str]]:
    """The headers of each kind of question, with what a browser sends besides."""
    browser = {
        "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "accept-language": "en-GB,en;q=0.7",
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
        "x-forwarded-host": HOST,
        "x-forwarded-proto": "https",
        "x-forwarded-method": "GET",
    }
    page = f"/area-{rules - 1}/of/the/wiki/pages/42?action=view" if rules else "/pages/42"
    return {
        "allowed": browser
        | {"x-forwarded-uri": page, "cookie": f"theme=dark; __Host-twofold-site={token}"},
        "public": browser | {"x-forwarded-uri": "/static/wiki.css"},
        "stranger": browser | {"x-forwarded-uri": page},
    }


@dataclass(frozen=True)
class Slot:
    """One load, and the microseconds of processor time that a request took in the server."""

    load: Load
    cpu: float


@dataclass(frozen=True)
class Served:
    """A process that serves."""

    url: str
    pid: int

    def loaded(
        self, path: str, headers: dict[str, str], options: argparse.Namespace, body: str = ""
    ) -> Slot:
        """Load it for one slot."""
        before = cpu_seconds(self.pid)
        found = load(
            f"{self.url}{path}", [body], connections=options.connections, seconds=options.seconds,
            headers=headers, method="POST" if body else "GET",
        )  # fmt: skip
        return Slot(found, (cpu_seconds(self.pid) - before) / found.requests * 1e6)


def cpu_seconds(pid: int) -> float:
    """What all threads of a process have taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(app: Callable[[], ASGIApp]) -> Iterator[Served]:
    """One process that serves what `app` makes."""
    port = free_port()
    child = multiprocessing.get_context("spawn").Process(target=run, args=(app, port))
    child.start()
    try:
        wait_for(port)
        assert child.pid is not None, "it was started"
        yield Served(f"http://127.0.0.1:{port}", child.pid)
    finally:
        child.terminate()
        child.join(15)
        child.kill()


def measure(options: argparse.Namespace, folder: Path) -> list[dict[str, Slot]]:
    """The rounds. Raises `AssertionError` if anything was answered that should not have been."""
    world = make_world(folder)
    asked = questions(fill(world, options.rules), options.rules)
    world.store.close()
    rounds = []
    with (
        served(partial(product, folder)) as gate,
        served(bare) as ceiling,
        served(bare_json) as json_ceiling,
    ):
        ceiling.loaded("/v", asked["public"], options)
        for _ in range(options.rounds):
            found = {
                kind: gate.loaded("/gate/nginx", headers, options)
                for kind, headers in asked.items()
            }
            found["ceiling"] = ceiling.loaded("/v", asked["allowed"], options)
            found["json"] = json_ceiling.loaded("/v", asked["allowed"], options, BODY)
            for kind, slot in found.items():
                wanted = slot.load.requests if kind == "stranger" else 0
                assert (slot.load.errors, slot.load.refused) == (0, wanted), (kind, slot)
            rounds.append(found)
    return rounds


def profile(options: argparse.Namespace, folder: Path) -> None:
    """Where the time of a check goes, without server and network."""
    world = make_world(folder)
    headers = questions(fill(world, options.rules), options.rules)["allowed"]
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    app = bootstrap.build_faces(world)
    scope = {"type": "http", "path": "/gate/nginx", "method": "GET", "headers": raw,
             "client": ("127.0.0.1", 1), "query_string": b""}  # fmt: skip
    statuses: set[int] = set()

    async def send(message: Any) -> None:
        statuses.add(message.get("status", 200))

    async def many() -> None:
        for _ in range(20_000):
            await app(dict(scope), None, send)  # type: ignore[arg-type]

    measured = cProfile.Profile()
    measured.runcall(asyncio.run, many())
    world.store.close()
    assert statuses == {200}, statuses
    pstats.Stats(measured).sort_stats("tottime").print_stats(25)


def table(rounds: list[dict[str, Slot]]) -> dict[str, object]:
    """Medians over the rounds, and ratios taken within a round."""
    rows = {
        kind: {
            "rate": round(statistics.median(one[kind].load.rate for one in rounds)),
            "p50_ms": round(statistics.median(one[kind].load.p50 for one in rounds), 2),
            "p99_ms": round(statistics.median(one[kind].load.p99 for one in rounds), 2),
            "of_the_ceiling": round(
                statistics.median(one[kind].load.rate / one["ceiling"].load.rate for one in rounds),
                3,
            ),
            "cpu_us": round(statistics.median(one[kind].cpu for one in rounds), 1),
            "ceiling_by_cpu": round(
                statistics.median(one["ceiling"].cpu / one[kind].cpu for one in rounds), 3
            ),
            "of_json": round(
                statistics.median(one[kind].load.rate / one["json"].load.rate for one in rounds), 3
            ),
            "json_by_cpu": round(
                statistics.median(one["json"].cpu / one[kind].cpu for one in rounds), 3
            ),
        }
        for kind in rounds[0]
    }
    return {"version": __version__, "rounds": len(rounds), "goal": GOAL, "kinds": rows}


def main() -> int:
    """Print the table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rules", type=int, default=50)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.profile:
            profile(options, Path(folder))
            return 0
        found = table(measure(options, Path(folder)))
    if options.json:
        print(json.dumps(found))
        return 0
    print(f"{options.connections} connections, median of {found['rounds']} rounds; goal: allowed"
          f" {GOAL} x ceiling")  # fmt: skip
    for kind, row in found["kinds"].items():  # type: ignore[attr-defined]
        print(
            f"{kind:9} {row['rate']:6}/s  p50 {row['p50_ms']:6.2f} ms  p99 {row['p99_ms']:6.2f} ms"
            f"  x bare {row['of_the_ceiling']:.2f}  x JSON {row['of_json']:.2f}"
            f"  {row['cpu_us']:6.1f} us of processor"
            f"  x bare {row['ceiling_by_cpu']:.2f}  x JSON {row['json_by_cpu']:.2f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
