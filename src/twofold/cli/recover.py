"""`twofold recover`: a way back in for whom nobody can help."""

import click

from twofold.cli.console import moment
from twofold.cli.menu import refuse
from twofold.cli.world import open_world
from twofold.flows import recovery_link
from twofold.flows.setup import Refused


@click.command()
@click.option("--email", required=True, help="Address of the person.")
def recover(email: str) -> None:
    """Print a one-time link with which somebody sets up a new authenticator.

    For an owner without phone and recovery codes, whom nobody of a higher role can help. The
    password is asked for as ever; the present authenticator works until the new one is saved. The
    person and every owner are told by mail, and it stands in the log. The link alone goes to
    standard output; give it to nobody but the person.
    """
    with open_world() as world:
        made = world.store.call(recovery_link.make, world.clock.now(), email=email)
        if isinstance(made, Refused):
            refuse(made.sentence)
        click.echo(f"{world.public_url}/recover/{made.token}")
        click.echo(
            f"After the password it lets {made.person.email} set up anew, works once and ends at "
            f"{moment(made.expires_at)}.",
            err=True,
        )
