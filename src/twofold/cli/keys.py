"""`twofold keys`: from one sealing key to the next, beside a running service."""

import os

import click

from twofold import keykeeping
from twofold.cli.console import print_json, print_table
from twofold.cli.menu import refuse
from twofold.keykeeping import Key
from twofold.settings import load

ID = "ID"


@click.group()
def keys() -> None:
    """Change the sealing keys while the service runs.

    `add` makes a new key, `rotate` lets it seal and seals everything anew, `retire` takes the old
    one away. No restart is needed: every process looks at the key file before it seals.
    """


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with stable keys.")
def list_(as_json: bool) -> None:
    """Print the keys, which one seals, and what only each of them opens.

    Keys of the JSON objects: id, seals, sealed, logs, recovery_codes, passes. An object whose id
    is null counts hashes of an older version that do not name their key.
    """
    listed, bare = keykeeping.list_keys(load(os.environ))
    everything = [*listed] if bare.is_nothing else [*listed, Key("", False, bare)]
    if as_json:
        print_json([_as_object(one) for one in everything])
        return
    print_table(
        ("KEY", "SEALS", "SEALED VALUES", "LOGS", "RECOVERY CODES", "PASSES"),
        [
            (one.id or "not named", "yes" if one.seals else "", *map(str, _counts(one)))
            for one in everything
        ],
    )


def _counts(one: Key) -> tuple[int, int, int, int]:
    return one.left.sealed, one.left.logs, one.left.codes, one.left.passes


def _as_object(one: Key) -> dict[str, object]:
    sealed, logs, codes, passes = _counts(one)
    return {
        "id": one.id or None,
        "seals": one.seals,
        "sealed": sealed,
        "logs": logs,
        "recovery_codes": codes,
        "passes": passes,
    }


@keys.command()
def add() -> None:
    """Make a new key, which opens and does not seal yet.

    With several hosts copy the key file to each of them now, before `rotate`.
    """
    settings = load(os.environ)
    key_id = keykeeping.add(settings)
    click.echo(f"The key {key_id} is in {settings.data_dir / 'keys'}. Back that file up.")
    click.echo("With several hosts: copy it to each of them now.")
    click.echo(f"Then: twofold keys rotate {key_id}")


@keys.command()
@click.argument("key_id", metavar=ID)
def rotate(key_id: str) -> None:
    """Let this key seal, and seal everything anew with it.

    People go on working meanwhile. If it is stopped, run it again: it goes on where it was. With
    several hosts copy the key file to each of them afterwards, and run it once more.
    """
    done = keykeeping.rotate(load(os.environ), key_id)
    click.echo(f"The key {key_id} seals. Sealed anew: values {done.values}, logs {done.logs}.")
    if done.unreadable:
        refuse(
            f"{len(done.unreadable)} sealed values open with no key of the key file, the first is"
            f" {done.unreadable[0]}. Put the key file back that belongs to this database."
        )


@keys.command()
@click.argument("key_id", metavar=ID)
@click.option(
    "--end-codes",
    is_flag=True,
    help="End the recovery codes and temporary passes made with it; their owners are told.",
)
def retire(key_id: str, end_codes: bool) -> None:
    """Take a key away that nothing needs any more.

    Refused while anything is left that only this key opens. Recovery codes and temporary passes
    cannot be made anew from what is stored: wait until people have made new ones, or end them. The
    key goes to the file `retired-keys`: backups of before need it.
    """
    settings = load(os.environ)
    left, lost = keykeeping.retire(settings, key_id, end_codes=end_codes)
    if left.sealed or left.logs:
        refuse(
            f"The key {key_id} still seals {left.sealed} values and {left.logs} logs. Run `twofold"
            " keys rotate` with the new key again, on every host with the same key file."
        )
    if not left.is_nothing:
        refuse(
            f"{left.codes} recovery codes and {left.passes} temporary passes need the key {key_id}."
            " Wait until their owners have made new ones, or say --end-codes."
        )
    if lost:
        click.echo(f"People who need new recovery codes, and are told: {lost}")
    click.echo(f"The key {key_id} is retired. With several hosts: copy the key file to each.")
    click.echo(
        f"Backups made until now need it. It is kept in {settings.data_dir / keykeeping.RETIRED}:"
        " move that file to where you keep keys, and delete it with the last of those backups."
    )
