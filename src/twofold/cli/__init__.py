"""FACE: the commands. Parse, call one flow or the bootstrap, print; one file per noun."""

from twofold.cli.menu import main

__all__ = ["main"]
