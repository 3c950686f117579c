"""`twofold backup` and `twofold verify`: one file, and whether it would bring all back."""

import os
from dataclasses import asdict
from pathlib import Path

import click

from twofold import safekeeping
from twofold.cli.console import moment, print_object, print_table
from twofold.cli.menu import refuse
from twofold.core.backups import Manifest
from twofold.settings import load

FILE = click.Path(dir_okay=False, path_type=Path)
KEYS_INSIDE = (
    "THE KEYS ARE IN THIS FILE. Whoever has it can make everybody's codes. Keep it as you would"
    " keep the server itself, and never beside other backups."
)


@click.command()
@click.argument("file", type=FILE)
@click.option("--with-keys", is_flag=True, help="Put the sealing keys in; think before you do.")
@click.option("--json", "as_json", is_flag=True, help="What was written as JSON.")
def backup(file: Path, with_keys: bool, as_json: bool) -> None:
    """Write everything into one file, while the service runs.

    FILE must not be there yet; it gets its name once it is whole and on the disk, and is for its
    owner alone. It holds one moment of the database. The sealing keys are not in it: keep the key
    file in another place. Without it nobody can use the backup, neither a thief nor you.

    Keys of the JSON object: file, made_at, version, revision, source, bytes, keys, with_keys,
    accounts (name, people, authenticators, events), left_out.
    """
    made = safekeeping.back_up(load(os.environ), file, with_keys=with_keys)
    if as_json:
        print_object(_as_object(file, made))
    else:
        click.echo(f"{file}: {made.size:,} bytes, {moment(made.made_at)}, revision {made.revision}")
        _print_accounts(made)
        click.echo(f"To open it: the key {' and '.join(made.keys)}" + _where(made))
    if made.left_out:
        click.echo(f"Not of Twofold's making and left out: {', '.join(made.left_out)}", err=True)
    if with_keys:
        click.echo(KEYS_INSIDE, err=True)


def _where(made: Manifest) -> str:
    if made.key_lines is not None:
        return ", which is inside."
    return ", which is not inside. Keep the key file elsewhere."


def _print_accounts(made: Manifest) -> None:
    print_table(
        ("ACCOUNT", "PEOPLE", "AUTHENTICATORS", "EVENTS"),
        [
            (one.name, str(one.people), str(one.authenticators), str(one.events))
            for one in made.accounts
        ],
    )


def _as_object(file: Path, made: Manifest) -> dict[str, object]:
    return {
        "file": str(file),
        "made_at": moment(made.made_at),
        "version": made.version,
        "revision": made.revision,
        "source": made.source,
        "bytes": made.size,
        "keys": list(made.keys),
        "with_keys": made.key_lines is not None,
        "accounts": [asdict(one) for one in made.accounts],
        "left_out": list(made.left_out),
    }


@click.command()
@click.argument("file", type=FILE)
@click.option("--keys", type=FILE, metavar="FILE", help="The key file, if not the one in use.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with stable keys.")
def verify(file: Path, keys: Path | None, as_json: bool) -> None:
    """Try a backup without restoring it.

    Looks at every byte, at the version of the tables, at every page and reference of the database,
    at the keys, at every sealed value, at every account's log, and at the counts. Nothing is
    changed. Status 1 if anything is wrong.

    Keys of the JSON object: ok, backup (as `twofold backup` prints it, or null), checks (name, ok,
    says).
    """
    verified = safekeeping.verify(load(os.environ), file, keys)
    if as_json:
        print_object(
            {
                "ok": verified.is_ok,
                "backup": _as_object(file, verified.manifest) if verified.manifest else None,
                "checks": [
                    {"name": one.name, "ok": one.is_ok, "says": one.says} for one in verified.checks
                ],
            }
        )
    else:
        for one in verified.checks:
            click.echo(f"{'OK  ' if one.is_ok else 'FAIL'}  {one.name}: {one.says}")
        if verified.manifest:
            _print_accounts(verified.manifest)
    if not verified.is_ok:
        problem = next(one for one in verified.checks if not one.is_ok)
        refuse(f"The backup {file} cannot be relied on ({problem.name}).")
