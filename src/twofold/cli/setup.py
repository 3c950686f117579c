"""`twofold setup` and `twofold admin-link`: how the first owner gets in, and back in."""

import click

from twofold.cli.console import moment
from twofold.cli.menu import refuse
from twofold.cli.world import open_world, read_new_password
from twofold.flows.setup import ConsoleLink, Refused, check_names, console_link, found


@click.command()
@click.option("--account", required=True, metavar="NAME", help="Name of the organisation.")
@click.option("--name", required=True, help="Name of the owner.")
@click.option("--email", required=True, help="Address of the owner.")
@click.option(
    "--password-stdin",
    is_flag=True,
    required=True,
    help="Read the owner's password from the first line of standard input.",
)
def setup(account: str, name: str, email: str, password_stdin: bool) -> None:
    """Make an account and its first owner without a browser.

    May be run again: one deployment can hold several accounts, which never see each other.
    """
    # The fields are looked at first, so that nobody waits for a hash that is not needed.
    refused = check_names(name=name, email=email, organisation=account)
    if refused is not None:
        refuse(refused.sentence)
    with open_world() as world:
        password = read_new_password(world, about=(name, email, account))
        made = world.store.call(
            found,
            world.clock.now(),
            name=name,
            email=email,
            organisation=account,
            encoded=world.hasher.hash_now(password),
        )
        if isinstance(made, Refused):
            refuse(made.sentence)
        click.echo(f"{made.account.name} is set up, with {made.owner.email} as its owner.")
        click.echo(f"Sign in at {world.public_url}")


@click.command("admin-link")
@click.option("--email", help="Whose link, if not that of the oldest owner.")
def admin_link(email: str | None) -> None:
    """Print a one-time link.

    While there is no account, the link makes the first admin. Afterwards it sets a new password
    for an owner or admin; it never signs in and never touches a second factor, and the person is
    told by mail. Earlier links of its kind stop working. The link alone goes to standard output.
    """
    with open_world() as world:
        link = world.store.call(console_link, world.clock.now(), email=email)
        if isinstance(link, Refused):
            refuse(link.sentence)
        click.echo(link_url(world.public_url, link))
        what = (
            f"sets a new password for {link.owner.email}" if link.owner else "makes the first admin"
        )
        click.echo(f"It {what}, works once and ends at {moment(link.expires_at)}.", err=True)


def link_url(public_url: str, link: ConsoleLink) -> str:
    """The address to open: of the page that makes the first admin, or of the new password."""
    path = "first-admin" if link.owner is None else "password"
    return f"{public_url}/{path}/{link.token}"
