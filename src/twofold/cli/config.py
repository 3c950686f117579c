"""`twofold config check`: the effective settings, where each came from, secrets masked."""

import os

import click

from twofold.cli.console import print_table
from twofold.settings import check_rows, load


@click.group()
def config() -> None:
    """Look at the settings."""


@config.command()
def check() -> None:
    """Print each setting with its effective value and where that came from.

    Fails with one sentence if a value cannot be used or a name is not known.
    """
    rows = check_rows(load(os.environ))
    print_table(("SETTING", "VALUE", "FROM"), [(row.name, row.value, row.origin) for row in rows])
