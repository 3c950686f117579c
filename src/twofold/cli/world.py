"""What the commands share in acting: the opened world, the chosen account, a new password."""

import os
import sys
from contextlib import AbstractContextManager

from twofold import bootstrap
from twofold.cli.menu import refuse
from twofold.core import passwords
from twofold.core.people import Account
from twofold.flows.console import choose_account
from twofold.flows.setup import Refused
from twofold.ports import World
from twofold.settings import load


def open_world() -> AbstractContextManager[World]:
    """The world that the settings of this environment describe; closed at the end."""
    return bootstrap.open_world(load(os.environ))


def the_account(world: World, name: str | None) -> Account:
    """The account that `--account` names, or the only one."""
    chosen = world.store.call(choose_account, name=name)
    if isinstance(chosen, Refused):
        refuse(chosen.sentence)
    return chosen


def read_new_password(world: World, *, about: tuple[str, ...]) -> str:
    """The first line of standard input without its line end, if it may be a password.

    `about` is what an attacker knows of the person (name, address, organisation). It is never
    echoed and never logged.
    """
    try:
        line = sys.stdin.buffer.readline().decode("utf-8")
    except UnicodeDecodeError:
        refuse("The password on standard input is not UTF-8 text.")
    password = line.removesuffix("\n").removesuffix("\r")
    if not password:
        refuse("There is no password on the first line of standard input.")
    problem = passwords.problem(password, common=world.common_passwords, about=about)
    if problem:
        refuse(problem)
    return password
