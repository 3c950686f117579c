"""The people table and the progress page with ever more people: medians, p99, and by how much each
is slower than with the fewest.

An organisation is founded by the product and filled by bulk SQL, a third of it enrolled, all with
days to set up; then the flows of the pages are called as the pages call them. A database for
`--database` (postgresql://…) has to be empty, and takes one number of people.

usage: python bench/people_table.py [--people 1000 100000] [--times 20] [--database URL] [--json]
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from enumeration import make_world
from sqlalchemy import Table, create_engine, text
from switch_on import fill

from twofold.bootstrap import open_storage
from twofold.core.listing import Asked, Only
from twofold.core.people import DAY, Account
from twofold.flows import console, listing, progress, rollout
from twofold.ports import World
from twofold.storage.tables import authenticators, people

NUMBERS = (
    "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :most)"
)


def copies(table: Table, which: str, changed: dict[str, str], where: str = "") -> str:
    """The statement that copies one row again and again, with some columns changed."""
    columns = [column.name for column in table.c]
    values = [changed.get(name, f"{table.name}.{name}") for name in columns]
    names = ", ".join(columns)
    if table.name == "people":
        names = names.replace("groups", '"groups"')
        values = [one.replace("people.groups", 'people."groups"') for one in values]
    return (
        f"INSERT INTO {table.name} ({names}) {NUMBERS} SELECT {', '.join(values)} "  # noqa: S608
        f"FROM numbers, {table.name} WHERE {which} {where}"
    )


def copy_people(url: str, number: int, due_at: int) -> None:
    """So many more members; every third has an authenticator."""
    email = "'p' || (10000000 + n) || '@example.org'"
    member = {
        "id": "'p' || (10000000 + n)", "email": email, "email_key": email, "search_text": email,
        "name": "'P' || n", "due_at": str(due_at), "began_at": str(due_at - 14 * DAY),
        "duty_round": "1", "seen_at": f"{due_at} - n * 60",
    }  # fmt: skip
    owned = {"id": "'a' || (10000000 + n)", "person_id": "'p' || (10000000 + n)"}
    like = "people.email_key = 'like@example.org'"
    active = "authenticators.state = 'active'"
    with create_engine(url).begin() as connection:
        connection.execute(text(copies(people, like, member)), {"most": number})
        connection.execute(
            text(copies(authenticators, active, owned, "AND n % 3 = 0")), {"most": number}
        )
    with create_engine(url).connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def timed(act: Callable[[], object], times: int) -> dict[str, float]:
    """Milliseconds, the first call left out."""
    act()
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        took.append((time.perf_counter() - begun) * 1000)
    took.sort()
    return {
        "median": round(statistics.median(took), 2),
        "p99": round(took[min(len(took) - 1, int(len(took) * 0.99))], 2),
    }


def looks(world: World, account: Account, now: int) -> dict[str, Callable[[], object]]:
    """What is measured, by its name."""

    def page(asked: Asked, after: str = "") -> Callable[[], object]:
        return lambda: world.store.call(
            listing.show, now, account=account, asked=asked, after=after
        )

    keys = world.store.call(lambda tx: tx.people.tally(account.id)).people
    found: dict[str, Callable[[], object]] = {
        "first page": page(Asked()),
        "deep page": page(Asked(), f"p{10_000_000 + keys * 9 // 10}"),
        "tally": lambda: world.store.call(lambda tx: tx.people.tally(account.id)),
        "progress": lambda: world.store.call(progress.look, now, account_id=account.id),
    }
    return found | {f"only {only.value}": page(Asked(only=only)) for only in Only if only.value}


def check(world: World, account: Account, now: int, number: int) -> None:
    """What is measured is there: everybody, a third of them enrolled, the others with a date."""
    tally = world.store.call(lambda tx: tx.people.tally(account.id))
    assert (tally.people, tally.enrolled) == (number + 2, number // 3 + 1), tally
    asked = Asked(only=Only.AHEAD)
    ahead = world.store.call(lambda tx: tx.people_table.count(account, now, asked, most=number + 2))
    assert ahead == number + 1 - number // 3, ahead


def measure(number: int, times: int, database: str) -> dict[str, dict[str, float]]:
    """Everything with so many people."""
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder))
        url = f"sqlite:///{folder}/bench.db"
        if database:
            world.store.close()
            store = open_storage(database, Path(folder), world.random)
            world, url = replace(world, store=store), database.replace("://", "+psycopg://", 1)
        owner = fill(world, 2)
        now = world.clock.now()
        account = world.store.call(lambda tx: tx.accounts.get(owner.account_id))
        caller = world.store.call(console.as_admin, now, account=account, email=owner.email)
        done = world.store.call(rollout.switch_on, now, caller=caller, days=14)
        assert isinstance(done, rollout.Switched), done
        copy_people(url, number, now + 14 * DAY)
        account = world.store.call(lambda tx: tx.accounts.get(owner.account_id))
        check(world, account, now, number)
        took = {name: timed(act, times) for name, act in looks(world, account, now).items()}
        world.store.close()
    return took


def main() -> int:
    """Print the table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[1000, 100_000])
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--database", default="")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found: dict[int, dict[str, dict[str, Any]]] = {
        number: measure(number, options.times, options.database) for number in options.people
    }
    least = found[options.people[0]]
    for looked in found.values():
        for name, took in looked.items():
            took["ratio"] = round(took["median"] / max(least[name]["median"], 0.01), 1)
    if options.json:
        print(json.dumps(found))
        return 0
    for number, looked in found.items():
        print(f"{number} people: median ms, p99 ms, times the first")
        for name, took in looked.items():
            print(f"  {name:26} {took['median']:10} {took['p99']:10} {took['ratio']:8}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
