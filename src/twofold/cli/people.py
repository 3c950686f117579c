"""`twofold people`: add one, import many, list all."""

import sys
from pathlib import Path

import click

from twofold.cli.console import print_json, print_table
from twofold.cli.menu import refuse
from twofold.cli.world import open_world, read_new_password, the_account
from twofold.core import roster
from twofold.core.people import Account, Role
from twofold.flows.console import list_people
from twofold.flows.people import add as add_person
from twofold.flows.people import apply_import, preview_import
from twofold.flows.setup import Refused
from twofold.ports import PersonRow, World

ROLES = click.Choice([role.value for role in Role])

PROBLEM = roster.Action.PROBLEM

account_option = click.option(
    "--account", metavar="NAME", help="Which account, where the deployment has several."
)


@click.group()
def people() -> None:
    """Add, import and list people."""


@people.command()
@click.option("--name", required=True, help="Name of the person.")
@click.option("--email", required=True, help="Address of the person.")
@click.option("--role", type=ROLES, default=Role.MEMBER.value, show_default=True)
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read a password from the first line of standard input; then no invitation is sent.",
)
@account_option
def add(name: str, email: str, role: str, password_stdin: bool, account: str | None) -> None:
    """Add one person and send an invitation."""
    with open_world() as world:
        chosen = the_account(world, account)
        encoded = None
        if password_stdin:
            about = (name, email, chosen.name)
            encoded = world.hasher.hash_now(read_new_password(world, about=about))
        added = world.store.call(
            add_person,
            world.clock.now(),
            account=chosen,
            actor=None,
            name=name,
            email=email,
            role=Role(role),
            encoded=encoded,
        )
    if isinstance(added, Refused):
        refuse(added.sentence)
    told = "They can sign in with that password." if encoded else "An invitation is in the outbox."
    click.echo(f"{added.name} ({added.email}) is added as {added.role.value}. {told}")


@people.command("import")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.csv")
@click.option("--dry-run", is_flag=True, help="Show what would be done and change nothing.")
@account_option
def import_(file: Path, dry_run: bool, account: str | None) -> None:
    """Add everybody of a CSV file (name, e-mail, role) and send them invitations.

    Shows what happens to each row, with its line number. All rows or none are applied, and the
    same file may be imported again: who is there already is left alone. `-` reads standard input.
    """
    parsed = roster.parse(_content(file))
    if not isinstance(parsed, roster.Roster):
        refuse(parsed.sentence)
    with open_world() as world:
        chosen = the_account(world, account)
        planned = world.store.call(
            preview_import, account_id=chosen.id, roster=parsed, actor_role=Role.OWNER
        )
        _print_plan(planned)
        if planned.problems:
            refuse(_problems(planned))
        if dry_run:
            click.echo(f"{_counts(planned, 'would be added')}; nothing was changed.")
            return
        done = _apply(world, chosen, parsed)
    if done.problems:
        refuse(_problems(done))
    click.echo(f"{_counts(done, 'added')}.")


def _content(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as problem:
        refuse(f"{file} cannot be read: {(problem.strerror or 'unknown reason').lower()}.")


def _apply(world: World, account: Account, parsed: roster.Roster) -> roster.Plan:
    with click.progressbar(
        length=len(parsed.rows), label="importing", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        return world.store.call(
            apply_import,
            world.clock.now(),
            account=account,
            actor=None,
            roster=parsed,
            each=lambda: bar.update(1),
        )


def _print_plan(planned: roster.Plan) -> None:
    print_table(
        ("LINE", "NAME", "E-MAIL", "ROLE", "WHAT HAPPENS"),
        [
            (
                str(row.row.line),
                row.row.name,
                row.row.email,
                row.row.role.value,
                row.note or "Will be added.",
            )
            for row in planned.rows
        ],
    )


def _problems(planned: roster.Plan) -> str:
    lines = [str(row.row.line) for row in planned.rows if row.action is PROBLEM]
    shown = ", ".join(lines[:10]) + (" and more" if len(lines) > 10 else "")
    where = f"line {shown} has a problem" if len(lines) == 1 else f"lines {shown} have problems"
    return f"Nothing was imported: {where}."


def _counts(planned: roster.Plan, what: str) -> str:
    known = len(planned.rows) - planned.added - planned.problems
    return f"{planned.added} {what}, {known} there already"


@people.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with stable keys.")
@click.option("--account", metavar="NAME", help="Only the people of this account.")
def list_(as_json: bool, account: str | None) -> None:
    """Print everybody, in the order of their addresses.

    Keys of the JSON objects: id, account, name, email, role (member, helpdesk, admin or owner),
    state (invited, active or disabled), enrolled, last_mail (kind and state, or null).
    """
    with open_world() as world:
        rows = world.store.call(list_people, account=account)
    if isinstance(rows, Refused):
        refuse(rows.sentence)
    if as_json:
        print_json([_as_object(*row) for row in rows])
        return
    print_table(
        ("NAME", "E-MAIL", "ROLE", "STATE", "TWO-FACTOR"),
        [
            (
                row.person.name,
                row.person.email,
                row.person.role.value,
                row.person.state.value,
                "set up" if row.enrolled else "not set up",
            )
            for _, row in rows
        ],
    )


def _as_object(account: Account, row: PersonRow) -> dict[str, object]:
    kind, state = row.last_mail_kind, row.last_mail_state
    last_mail = {"kind": kind.value, "state": state.value} if kind and state else None
    return {
        "id": row.person.id,
        "account": account.name,
        "name": row.person.name,
        "email": row.person.email,
        "role": row.person.role.value,
        "state": row.person.state.value,
        "enrolled": row.enrolled,
        "last_mail": last_mail,
    }
