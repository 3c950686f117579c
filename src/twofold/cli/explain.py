"""`twofold explain`: the help desk's sentence about one person, with the evidence."""

import click

from twofold.cli.console import moment, print_object, print_table
from twofold.cli.menu import refuse
from twofold.cli.world import open_world
from twofold.core import locks
from twofold.core.case import Case, Diagnosis, diagnose
from twofold.core.evidence import Tried
from twofold.core.moments import clock_seconds
from twofold.flows import troubleshoot

SHOWN = 8


@click.command()
@click.option("--email", required=True, help="Address of the person.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with stable keys.")
def explain(email: str, as_json: bool) -> None:
    """Say in one sentence why somebody cannot sign in, and on what evidence.

    Keys of the JSON object: email, standing (works, not set up, trouble or shut), sentence, say,
    avoid, also, passkeys (name, kept, used), locks (kind, until, sentence, ended_by), tries (at,
    outcome, cause, certain, seconds_off, browser, known_browser, sentence); times in UTC.
    """
    with open_world() as world:
        case = world.store.call(troubleshoot.case_by_email, world.clock.now(), email=email)
    if case is None:
        refuse(f"Nobody has the address {email}.")
    found = diagnose(case)
    if as_json:
        print_object(_as_object(case, found))
        return
    click.echo(found.sentence)
    for line in (*found.also, *(locks.sentence(one, case.now) for one in case.locks)):
        if line != found.sentence:
            click.echo(line)
    click.echo(f"\nTell the caller: {found.say}")
    if found.avoid:
        click.echo(f"What not to do: {' '.join(found.avoid)}")
    for one in case.passkeys:
        used = moment(one.used_at) if one.used_at else "never"
        click.echo(f"Passkey: {one.name} ({one.kept.lower()}), last used {used}")
    if case.tried:
        click.echo()
        print_table(
            ("TIME", "CLOCK", "BROWSER", "WHAT WAS FOUND"),
            [
                (moment(one.attempt.at), _off(one), _browser(one), _sentence(one))
                for one in case.tried[:SHOWN]
            ],
        )


def _off(one: Tried) -> str:
    return "-" if one.off is None else clock_seconds(one.off)


def _browser(one: Tried) -> str:
    return f"{one.attempt.source.browser} ({'known' if one.attempt.known_browser else 'new'})"


def _sentence(one: Tried) -> str:
    return "Accepted." if one.told is None else one.told.desk


def _as_object(case: Case, found: Diagnosis) -> dict[str, object]:
    return {
        "email": case.person.email,
        "standing": found.standing.value,
        "sentence": found.sentence,
        "say": found.say,
        "avoid": list(found.avoid),
        "also": list(found.also),
        "passkeys": [
            {
                "name": one.name,
                "kept": one.kept,
                "used": None if one.used_at is None else moment(one.used_at),
            }
            for one in case.passkeys
        ],
        "locks": [
            {
                "kind": one.kind.value,
                "until": None if one.until is None else moment(one.until),
                "sentence": locks.sentence(one, case.now),
                "ended_by": locks.ended_by(one),
            }
            for one in case.locks
        ],
        "tries": [
            {
                "at": moment(one.attempt.at),
                "outcome": one.attempt.outcome.value,
                "cause": one.cause.value if one.cause else None,
                "certain": one.attempt.certain,
                "seconds_off": one.off,
                "browser": one.attempt.source.browser,
                "known_browser": one.attempt.known_browser,
                "sentence": _sentence(one),
            }
            for one in case.tried[:SHOWN]
        ],
    }
