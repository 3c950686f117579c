"""`twofold people`: add one, import many, list all."""

import sys
from pathlib import Path

import click

from twofold.cli.console import print_json, print_table
from twofold.cli.menu import refuse
from twofold.cli.world import open_world, read_new_password, the_account
from twofold.core.people import Account, PersonKind, Role
from twofold.core.roster import Roster, parse
from twofold.core.roster_plan import Action, Plan
from twofold.flows import roster
from twofold.flows.console import list_people
from twofold.flows.people import add as add_person
from twofold.flows.setup import Refused
from twofold.ports import PersonRow, World

ROLES = click.Choice([role.value for role in Role])

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
@click.option("--service", is_flag=True, help="A program: no password, no mail, no sign-in.")
@account_option
def add(
    name: str, email: str, role: str, password_stdin: bool, service: bool, account: str | None
) -> None:
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
            kind=PersonKind.SERVICE if service else PersonKind.PERSON,
        )
    if isinstance(added, Refused):
        refuse(added.sentence)
    if service:
        click.echo(f"{added.name} ({added.email}) is added as a service account.")
        return
    told = "They can sign in with that password." if encoded else "An invitation is in the outbox."
    click.echo(f"{added.name} ({added.email}) is added as {added.role.value}. {told}")


@people.command("import")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.csv")
@click.option("--dry-run", is_flag=True, help="Show what would be done and change nothing.")
@click.option("--suspend", is_flag=True, help="Disable whoever is not in the file; owners never.")
@account_option
def import_(file: Path, dry_run: bool, suspend: bool, account: str | None) -> None:
    """Make the people those of a CSV file: add and invite who is new, change who is other there.

    Columns: name, e-mail, and if wanted role, groups, language, time zone, second address,
    external id, kind. Shows what happens to each row, with its line number. All rows or none are
    applied, and the same file may be imported again: it changes nothing then. `-` reads standard
    input.
    """
    parsed = parse(_content(file))
    if not isinstance(parsed, Roster):
        refuse(parsed.sentence)
    with open_world() as world:
        chosen = the_account(world, account)
        planned = world.store.call(
            roster.preview, world.clock.now(), account=chosen, actor=None, roster=parsed
        )
        _print_plan(planned)
        if planned.problems:
            refuse(_problems(planned))
        if dry_run:
            click.echo(f"{_counts(planned, 'would be ', suspend=suspend)}; nothing was changed.")
            return
        done = _apply(world, chosen, parsed, suspend=suspend)
    if done.problems:
        refuse(_problems(done))
    click.echo(f"{_counts(done, '', suspend=suspend)}.")


def _content(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as problem:
        refuse(f"{file} cannot be read: {(problem.strerror or 'unknown reason').lower()}.")


def _apply(world: World, account: Account, parsed: Roster, *, suspend: bool) -> Plan:
    with click.progressbar(
        length=len(parsed.rows), label="importing", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        return world.store.call(
            roster.apply,
            world.clock.now(),
            account=account,
            actor=None,
            roster=parsed,
            suspend=suspend,
            each=lambda: bar.update(1),
        )


def _print_plan(planned: Plan) -> None:
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
    for person in planned.left_out:
        click.echo(f"Not in the file: {person.name} ({person.email})")


def _problems(planned: Plan) -> str:
    lines = [str(row.row.line) for row in planned.rows if row.action is Action.PROBLEM]
    shown = ", ".join(lines[:10]) + (" and more" if len(lines) > 10 else "")
    where = f"line {shown} has a problem" if len(lines) == 1 else f"lines {shown} have problems"
    return f"Nothing was imported: {where}."


def _counts(planned: Plan, would: str, *, suspend: bool) -> str:
    parts = [f"{planned.added} {would}added"]
    if planned.changed:
        parts.append(f"{planned.changed} {would}changed")
    if planned.new_groups:
        parts.append(f"groups {would}made: {', '.join(planned.new_groups)}")
    parts.append(f"{planned.same} there already")
    if planned.left_out:
        fate = f"{would}suspended" if suspend else "not in the file"
        parts.append(f"{len(planned.left_out)} {fate}")
    return ", ".join(parts)


@people.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with stable keys.")
@click.option("--account", metavar="NAME", help="Only the people of this account.")
def list_(as_json: bool, account: str | None) -> None:
    """Print everybody, in the order of their addresses.

    Keys of the JSON objects: id, account, name, email, role (member, helpdesk, admin or owner),
    state (invited, active or disabled), kind (person or service), groups (ids),
    enrolled, last_mail (kind and state, or null).
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
                _factor(row),
            )
            for _, row in rows
        ],
    )


def _factor(row: PersonRow) -> str:
    if row.person.kind is PersonKind.SERVICE:
        return "a program"
    return "set up" if row.enrolled else "not set up"


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
        "kind": row.person.kind.value,
        "groups": list(row.person.groups),
        "enrolled": row.enrolled,
        "last_mail": last_mail,
    }
