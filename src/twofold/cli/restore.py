"""`twofold restore`: back to a backup, and what that undoes."""

import os
from dataclasses import asdict
from pathlib import Path

import click

from twofold import safekeeping
from twofold.cli.backup import FILE
from twofold.cli.console import moment, print_object, print_table
from twofold.core.epoch import Ended
from twofold.core.events import words_of
from twofold.flows.restore import Epoch, Undone
from twofold.safekeeping import Restored
from twofold.settings import load

NAMES = {
    "sessions": "sessions",
    "sign_ins": "half-finished sign-ins",
    "browsers": "known browsers",
    "links": "links",
    "set_ups": "set-ups under way",
    "passes": "temporary passes",
    "waits": "delayed recoveries",
    "requests": "requests at the help desk",
    "uploads": "uploaded lists",
    "challenges": "questions to passkeys",
}
NO_JOURNAL = (
    "No journal covers the time since the backup, so nobody knows which recovery codes were used:"
    " all of them are used up now. Their owners are told when mail is released."
)
JOURNAL = "The journal covers the time since the backup."
NEXT = (
    "Start the service, and look at what was undone. No mail leaves until you say"
    " `twofold mail release`."
)


@click.command()
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="Where there is a database: keep it aside.")
@click.option("--keys", type=FILE, metavar="FILE", help="The key file, if there is none here.")
@click.option(
    "--journal",
    "journals",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="The journal of a host, instead of the one in the data folder. With PostgreSQL name that"
    " of every host.",
)
@click.option("--json", "as_json", is_flag=True, help="What was done as JSON, with stable keys.")
def restore(
    file: Path, replace: bool, keys: Path | None, journals: tuple[Path, ...], as_json: bool
) -> None:
    """Put a backup in the place of the database, with a new epoch.

    Stop the service first. The backup is tried as `twofold verify` does. Then everything is
    restored, or nothing: whoever was signed in has to sign in again, no link and no code of the
    time before works any more, and no mail leaves until `twofold mail release`. A database that is
    there is kept aside. Passwords, people and authenticators are those of the backup; what was
    changed since is listed, as far as the journal knows.

    Keys of the JSON object: backup_of, journal_whole, aside, ended (a number of each kind),
    codes_kept_used, without_codes (addresses), undone (at, kind, account, whom).
    """
    done = safekeeping.restore(
        load(os.environ), file, replace=replace, journals=journals, keys=keys
    )
    if as_json:
        print_object(_as_object(done))
        return
    epoch = done.epoch
    click.echo(f"Restored: the database is that of {moment(epoch.made_at)}.")
    if done.aside:
        click.echo(f"The old one is kept: {done.aside}")
    click.echo(f"Ended: {_counts(epoch.ended)}.")
    click.echo(JOURNAL if epoch.journal_was_whole else NO_JOURNAL)
    _print_differences(epoch)
    click.echo(NEXT)


def _counts(ended: Ended) -> str:
    counts = asdict(ended)
    return ", ".join(f"{name} {counts[key]}" for key, name in NAMES.items())


def _print_differences(epoch: Epoch) -> None:
    if epoch.codes_kept_used:
        click.echo(f"Recovery codes used since, and kept used: {epoch.codes_kept_used}")
    if epoch.without_codes:
        click.echo("Who needs new recovery codes:")
        for person in epoch.without_codes:
            click.echo(f"  {person.email}")
    if epoch.undone:
        click.echo("Done since the backup and undone now; do again what should stand:")
        print_table(("AT", "ACCOUNT", "WHAT", "WHOM"), [_row(one) for one in epoch.undone])


def _row(one: Undone) -> tuple[str, ...]:
    return moment(one.at), one.account, words_of(one.kind), one.whom


def _as_object(done: Restored) -> dict[str, object]:
    epoch = done.epoch
    return {
        "backup_of": moment(epoch.made_at),
        "journal_whole": epoch.journal_was_whole,
        "aside": done.aside,
        "ended": asdict(epoch.ended),
        "codes_kept_used": epoch.codes_kept_used,
        "without_codes": [person.email for person in epoch.without_codes],
        "undone": [
            {"at": moment(one.at), "kind": one.kind.value, "account": one.account, "whom": one.whom}
            for one in epoch.undone
        ],
    }
