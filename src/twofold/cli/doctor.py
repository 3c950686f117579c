"""`twofold doctor`: is everything well, and if not, what to do."""

import os

import click

from twofold import checkup
from twofold.checkup import Finding, Level, fail
from twofold.cli.console import print_json, print_table
from twofold.cli.menu import refuse
from twofold.core.errors import SettingsError
from twofold.settings import load


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, with stable keys.")
@click.option(
    "--mail-to",
    metavar="ADDRESS",
    default="",
    help="Ask the mail server about this receiver instead of our own sender. Nothing is sent.",
)
def doctor(as_json: bool, mail_to: str) -> None:
    """Check database, keys, clock, mail, address, disk and rights, and say what to do.

    Changes nothing, sends nothing, and takes less than three seconds; may be run beside the
    service. Fails with status 1 if a check fails; warnings do not.

    Keys of the JSON objects: check, level (OK, WARN or FAIL), says, remedy.
    """
    found = _findings(mail_to)
    if as_json:
        print_json([_as_object(one) for one in found])
    else:
        print_table(
            ("STATE", "CHECK", "WHAT WAS FOUND"),
            [(one.level.value, one.check, one.says) for one in found],
        )
        for one in found:
            if one.remedy:
                click.echo(f"{one.level.value} {one.check}: {one.remedy}")
    failed = [one.check for one in found if one.level is Level.FAIL]
    if failed:
        refuse(f"Not well: {', '.join(failed)}.")


def _findings(mail_to: str) -> list[Finding]:
    try:
        settings = load(os.environ)
    except SettingsError as problem:
        return [fail("settings", str(problem), "Correct it; `twofold config check` tries again.")]
    return checkup.examine(settings, mail_to=mail_to)


def _as_object(one: Finding) -> dict[str, object]:
    return {
        "check": one.check,
        "level": one.level.value,
        "says": one.says,
        "remedy": one.remedy,
    }
