"""`twofold api-key`: applications that ask over the API, and their keys."""

import click

from twofold.cli.console import moment, print_json, print_object, print_table
from twofold.cli.menu import refuse
from twofold.cli.world import open_world, the_account
from twofold.core.applications import OVERLAP, ApiKey, Application, Scope
from twofold.core.people import HOUR, Account, Instant
from twofold.flows import applications
from twofold.flows.applications import NewKey, View
from twofold.flows.setup import Refused
from twofold.ports import World

SCOPES = click.Choice([scope.value for scope in Scope])
account_option = click.option(
    "--account", metavar="NAME", help="Which account, where the deployment has several."
)
json_option = click.option("--json", "as_json", is_flag=True, help="As JSON, with stable keys.")
GONE = "There is no such application, or it is ended: see `twofold api-key list`."


@click.group("api-key")
def api_key() -> None:
    """Make, list, rotate and end the keys of applications that check codes here."""


@api_key.command()
@click.option("--name", required=True, metavar="NAME", help="The application, as admins know it.")
@click.option(
    "--scope", "scopes", type=SCOPES, multiple=True, required=True, help="May be given repeatedly."
)
@account_option
@json_option
def add(name: str, scopes: tuple[str, ...], account: str | None, as_json: bool) -> None:
    """Add an application and print its key, this once.

    Scopes: verify (check codes, see who is enrolled), enrol (add people, set authenticators up),
    manage (list and remove authenticators, make recovery codes).
    """
    with open_world() as world:
        chosen = the_account(world, account)
        made = world.store.call(
            applications.make,
            world.clock.now(),
            account=chosen,
            actor=None,
            name=name,
            scopes=tuple(Scope(word) for word in scopes),
        )
    if isinstance(made, Refused):
        refuse(made.sentence)
    _print_new(made, as_json=as_json)


@api_key.command("list")
@account_option
@json_option
def list_(account: str | None, as_json: bool) -> None:
    """Print every application with its keys; the keys themselves are not known here.

    Keys of the JSON objects: id, name, scopes, created_at, ended_at (or null), keys (each with id,
    created_at, ends_at or null, last_used_at or null).
    """
    with open_world() as world:
        chosen = the_account(world, account)
        now = world.clock.now()
        views = world.store.call(applications.list_applications, account_id=chosen.id)
    if as_json:
        print_json([_as_object(view) for view in views])
        return
    print_table(
        ("NAME", "MAY", "KEY", "STATE", "LAST USED"),
        [
            (
                view.application.name,
                " ".join(view.application.scopes),
                key.id,
                _state(view.application, key, now),
                "never" if key.last_used_at is None else moment(key.last_used_at),
            )
            for view in views
            for key in view.keys
        ],
    )


@api_key.command()
@click.argument("name")
@click.option(
    "--overlap-hours",
    type=int,
    default=OVERLAP // HOUR,
    show_default=True,
    help="How long the old key goes on beside the new one.",
)
@account_option
@json_option
def rotate(name: str, overlap_hours: int, account: str | None, as_json: bool) -> None:
    """Make a new key for an application and print it, this once; the old one ends by itself."""
    with open_world() as world:
        chosen = the_account(world, account)
        made = world.store.call(
            applications.rotate,
            world.clock.now(),
            account=chosen,
            actor=None,
            application_id=_named(world, chosen, name).id,
            overlap=overlap_hours * HOUR,
        )
    if made is None:
        refuse(GONE)
    if isinstance(made, Refused):
        refuse(made.sentence)
    _print_new(made, as_json=as_json)


@api_key.command()
@click.argument("name")
@click.option("--key", "key_id", metavar="ID", help="Only this key, by its id.")
@account_option
@json_option
def end(name: str, key_id: str | None, account: str | None, as_json: bool) -> None:
    """End an application at once and for good, or one of its keys."""
    with open_world() as world:
        chosen = the_account(world, account)
        now, found = world.clock.now(), _named(world, chosen, name)
        ended = (
            world.store.call(
                applications.end_key, now, account=chosen, actor=None, key_id=key_id
            )
            if key_id
            else world.store.call(
                applications.end, now, account=chosen, actor=None, application_id=found.id
            )
        )  # fmt: skip
    if ended is None:
        refuse(GONE)
    if as_json:
        print_object({"id": ended.id, "name": ended.name, "key": key_id, "ended_at": moment(now)})
        return
    click.echo(f"{'That key of ' if key_id else ''}{ended.name} opens nothing any more.")


def _named(world: World, account: Account, name: str) -> Application:
    """The application of this name that is not ended, or of this id."""
    views = world.store.call(applications.list_applications, account_id=account.id)
    alive = (view.application for view in views if view.application.ended_at is None)
    found = next((one for one in alive if name in (one.name, one.id)), None)
    return refuse(GONE) if found is None else found


def _state(application: Application, key: ApiKey, now: Instant) -> str:
    if application.ended_at is not None or not key.is_alive(now):
        return "ended"
    return "works" if key.ends_at is None else f"works until {moment(key.ends_at)}"


def _print_new(made: NewKey, *, as_json: bool) -> None:
    if as_json:
        print_object(
            {
                "id": made.application.id,
                "name": made.application.name,
                "scopes": [scope.value for scope in made.application.scopes],
                "key_id": made.key.id,
                "key": made.text,
            }
        )
        return
    click.echo(f"The key of {made.application.name}. It is shown this once:")
    click.echo(f"  {made.text}")


def _as_object(view: View) -> dict[str, object]:
    one = view.application
    return {
        "id": one.id,
        "name": one.name,
        "scopes": [scope.value for scope in one.scopes],
        "created_at": moment(one.created_at),
        "ended_at": None if one.ended_at is None else moment(one.ended_at),
        "keys": [
            {
                "id": key.id,
                "created_at": moment(key.created_at),
                "ends_at": None if key.ends_at is None else moment(key.ends_at),
                "last_used_at": None if key.last_used_at is None else moment(key.last_used_at),
            }
            for key in view.keys
        ],
    }
