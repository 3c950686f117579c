"""`twofold sites`: the protected sites, as a text or as JSON."""

import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import click

from twofold.cli.console import print_json, print_object
from twofold.cli.menu import refuse
from twofold.cli.world import open_world, the_account
from twofold.core.rules import TargetKind
from twofold.core.site_text import Wrong, shown_path
from twofold.core.sites import Site, SiteRule
from twofold.flows import console
from twofold.flows import sites as flows
from twofold.flows.setup import Refused

account_option = click.option(
    "--account", metavar="NAME", help="Which account, where the deployment has several."
)
json_option = click.option("--json", "as_json", is_flag=True, help="As JSON, with stable keys.")


@click.group()
def sites() -> None:
    """List and change the sites that reverse proxies protect."""


@sites.command("list")
@json_option
@account_option
def list_command(as_json: bool, account: str | None) -> None:
    """Print the sites with their rules, in the form that `set` takes.

    Keys of each JSON object: site, rules (path, exact, asks, groups, roles, fresh).
    """
    with open_world() as world:
        chosen = the_account(world, account)
        listed = world.store.call(flows.list_sites, account_id=chosen.id)
    if as_json:
        print_json([_as_object(site, listed.names) for site in listed.sites])
    else:
        click.echo(listed.text, nl=False)


@sites.command("set")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--by", required=True, metavar="EMAIL", help="The admin who does it; named in the log."
)
@json_option
@account_option
def set_command(file: str, by: str, as_json: bool, account: str | None) -> None:
    """Protect the sites in FILE (- for standard input) and no others.

    Keys of the JSON object: changed, sites.
    """
    text = _text_of(file)
    with open_world() as world:
        chosen, now = the_account(world, account), world.clock.now()
        caller = world.store.call(console.as_admin, now, account=chosen, email=by)
        if isinstance(caller, Refused):
            refuse(caller.sentence)
        own_host = urlsplit(world.public_url).hostname or ""
        done = world.store.call(flows.set_sites, now, caller=caller, text=text, own_host=own_host)
    if isinstance(done, Wrong):
        refuse(str(done))
    if as_json:
        kept = [str(site.origin) for site in done.listed.sites]
        print_object({"changed": done.changed, "sites": kept})
        return
    count = len(done.listed.sites)
    words = "1 site is protected" if count == 1 else f"{count} sites are protected"
    click.echo(f"{words}.{'' if done.changed else ' Nothing was changed.'}")


def _text_of(file: str) -> str:
    try:
        if file == "-":
            return sys.stdin.buffer.read().decode("utf-8")
        return Path(file).read_text("utf-8")
    except UnicodeDecodeError:
        refuse("The file is not UTF-8 text.")
    except OSError as problem:
        refuse(f"The file cannot be read: {problem.strerror}.")


def _as_object(site: Site, names: Mapping[str, str]) -> dict[str, object]:
    return {"site": str(site.origin), "rules": [_rule(one, names) for one in site.rules]}


def _rule(rule: SiteRule, names: Mapping[str, str]) -> dict[str, object]:
    roles = [one.value for one in rule.only if one.kind is TargetKind.ROLE]
    groups = [names.get(one.value) for one in rule.only if one.kind is TargetKind.GROUP]
    return {
        "path": shown_path(rule),
        "exact": rule.exact,
        "asks": rule.assurance.value,
        "groups": groups,
        "roles": roles,
        "fresh": rule.fresh or None,
    }
