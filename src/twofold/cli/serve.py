"""`twofold serve`: the service itself."""

import os
import signal
import warnings
from types import FrameType

import click

from twofold import bootstrap, logs
from twofold.settings import load


@click.command()
def serve() -> None:
    """Start the service and stay until it is stopped.

    Prints where it is reached, where its data is, and, while there is no account, the one-time
    link that makes the first admin.
    """
    settings = load(os.environ)
    logs.configure("INFO")
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, leave)
    bootstrap.serve(settings, click.echo)


def leave(_signal: int, _frame: FrameType | None) -> None:
    """Being told to stop is no error; raising lets everything that is open be closed."""
    # In the moment before the first request there is a server that never ran: no news for stderr.
    warnings.simplefilter("ignore")
    raise SystemExit(0)
