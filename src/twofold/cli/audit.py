"""`twofold audit verify` and `twofold audit list`: the log of what happened."""

from collections.abc import Sequence

import click

from twofold.cli.console import moment, print_json, print_table
from twofold.cli.menu import refuse
from twofold.cli.world import open_world, the_account
from twofold.core.events import Seal, words_of
from twofold.core.people import Account, Person
from twofold.flows import audit as flows
from twofold.flows.audit import Checked, Entry, Filter
from twofold.ports import World

SEALS = {
    Seal.MISSING: "the log has no seal, so the chain may have been computed anew;"
    " the next entry seals it as it stands",
    Seal.BROKEN: "the seal was not made with our keys, so somebody else wrote to the log",
    Seal.WHOLE: "the chain holds",
}


@click.group()
def audit() -> None:
    """Read the log of what happened, and check that nobody changed it."""


@audit.command()
@click.option("--account", metavar="NAME", help="Only the log of this account.")
def verify(account: str | None) -> None:
    """Check the chain of every account's log from its first entry.

    Each entry carries a hash over itself and the entry before, so that one that was changed, cut
    off, taken out or put in shows; the newest one is sealed with the key file, so that a chain
    that was computed anew shows too. Fails with status 1 if a chain is broken, and names the first
    entry that does not follow, or if a seal is missing or broken.
    """
    with open_world() as world:
        checked = [world.store.read(flows.verify, account=one) for one in _accounts(world, account)]
    broken = [one for one in checked if one.broken is not None]
    unsealed = [one for one in checked if one.broken is None and one.seal is not Seal.WHOLE]
    for one in checked:
        if one in broken or one in unsealed:
            click.echo(_sentence(one))
    if broken:
        refuse(f"The chain is broken in {len(broken)} of {_counted(len(checked), 'account')}.")
    if unsealed:
        refuse(f"The seal does not hold in {len(unsealed)} of {_counted(len(checked), 'account')}.")
    entries = sum(one.entries for one in checked)
    click.echo(
        f"{_counted(entries, 'entry', 'entries')} in {_counted(len(checked), 'account')},"
        " the chain holds"
    )


def _accounts(world: World, name: str | None) -> Sequence[Account]:
    return [the_account(world, name)] if name is not None else world.store.call(flows.accounts)


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _sentence(checked: Checked) -> str:
    broken = checked.broken
    if broken is None:
        return f"{checked.account.name}: {SEALS[checked.seal]}"
    if broken.at is None:
        return f"{checked.account.name}: entry {broken.seq} is missing"
    return (
        f"{checked.account.name}: entry {broken.seq} of {moment(broken.at)}"
        " does not follow from the one before"
    )


@audit.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with stable keys.")
@click.option("--account", metavar="NAME", help="Only the log of this account.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="How many entries of each account.",
)
def list_(as_json: bool, account: str | None, limit: int) -> None:
    """Print the log, newest entries first.

    Keys of the JSON objects: account, seq, at, kind, what, actor_id, actor, actor_email,
    subject_id, subject, subject_email, data; times in UTC.
    """
    with open_world() as world:
        rows = [
            (one, entry)
            for one in _accounts(world, account)
            for entry in _newest(world, one, limit)
        ]
    if as_json:
        print_json([{"account": one.name, **flows.plain(entry)} for one, entry in rows])
        return
    print_table(
        ("ACCOUNT", "ENTRY", "TIME", "WHAT", "BY", "WHOM"),
        [
            (
                one.name,
                str(entry.event.seq),
                moment(entry.event.at),
                words_of(entry.event.kind),
                _who(entry.actor, entry.event.actor_id),
                _who(entry.subject, entry.event.subject_id),
            )
            for one, entry in rows
        ],
    )


def _newest(world: World, account: Account, limit: int) -> list[Entry]:
    """The newest entries, a stretch in each transaction."""
    found: list[Entry] = []
    before = 0
    while len(found) < limit:
        page = world.store.read(
            flows.list_entries,
            account_id=account.id,
            only=Filter(),
            before=before,
            size=min(limit - len(found), flows.STRETCH),
        )
        found.extend(page.entries)
        before = page.next_before
        if not before:
            break
    return found


def _who(person: Person | None, id_: str | None) -> str:
    return person.email if person else id_ or "-"
