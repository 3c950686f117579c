"""`twofold clock repair`: what to run after the machine's clock stood in the future."""

import os

import click

from twofold import bootstrap, checkup
from twofold.checkup import Level
from twofold.cli.console import moment, print_json, print_table
from twofold.cli.menu import refuse
from twofold.core.clocks import about
from twofold.flows import clock as flows
from twofold.flows.clock import BroughtBack, Repaired
from twofold.settings import Settings, load


@click.group()
def clock() -> None:
    """Put right what a wrong clock left behind."""


@clock.command()
@click.option("--dry-run", is_flag=True, help="Only list what would be brought back.")
@click.option("--json", "as_json", is_flag=True, help="The list as JSON, with stable keys.")
def repair(dry_run: bool, as_json: bool) -> None:
    """Bring back to now what was written while the clock stood in the future.

    First set the clock; `twofold doctor` shows whether it is right, and nothing is done while a
    time server or the database server says that it is not. Then this lets people in again
    whose last used code lies in the future. No code that was shown or used by now works again.
    Limits that would count until then are counted from now on, and mails that would wait until
    then leave now. Everything is in the log of what happened. Running it twice does no harm.

    Keys of the JSON objects: account, person, name, email, seconds_ahead.
    """
    settings = load(os.environ)
    _refuse_while_wrong(settings)
    with bootstrap.open_world(settings) as world:
        now = world.clock.now()
        done = world.store.call(flows.repair, now, only_look=dry_run)
    if as_json:
        print_json([_as_object(one) for one in done.authenticators])
    elif done.authenticators:
        print_table(
            ("ACCOUNT", "EMAIL", "AHEAD BY"),
            [(one.account.name, one.person.email, about(one.ahead)) for one in done.authenticators],
        )
    click.echo(_summary(done, dry_run=dry_run, now=moment(now)), err=as_json)


def _refuse_while_wrong(settings: Settings) -> None:
    """By a clock that is behind, everything seems to lie in the future, and would be brought back
    too far: codes that were shown since, and not used, would work again.
    """
    for found in checkup.of_clocks(settings):
        if found.level is Level.FAIL:
            refuse(f"{found.says} Set it first.")


def _summary(done: Repaired, *, dry_run: bool, now: str) -> str:
    people = f"authenticators {len(done.authenticators)}, limits {done.counters}"
    if dry_run:
        return f"By this clock it is {now}. To be brought back: {people}. Nothing was changed."
    return f"By this clock it is {now}. Brought back: {people}, mails {done.mails}."


def _as_object(one: BroughtBack) -> dict[str, object]:
    return {
        "account": one.account.name,
        "person": one.person.id,
        "name": one.person.name,
        "email": one.person.email,
        "seconds_ahead": one.ahead,
    }
