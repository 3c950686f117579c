"""`twofold demo`: the service with an organisation in it, to look at."""

import signal
from pathlib import Path

import click

from twofold import demonstration, logs
from twofold.cli.serve import leave
from twofold.demo.cast import FEWEST, MOST, USUAL


@click.command()
@click.option(
    "--people",
    type=click.IntRange(FEWEST, MOST),
    default=USUAL,
    show_default=True,
    help="How many people there are.",
)
@click.option("--seed", type=click.IntRange(0), help="The same names and fates as another time.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 for any."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="An address of this computer.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="A new folder, which is kept; otherwise a temporary one is removed at the end.",
)
def demo(people: int, seed: int | None, port: int, host: str, data: Path | None) -> None:
    """Serve an organisation in every state, to look at and to try out.

    It has months of history, made by the real product under a clock that runs faster, and a
    deadline a few days ahead. Prints whom to sign in as. Nothing is mailed out, only this computer
    reaches it, and the TWOFOLD_… settings are not read.
    """
    logs.configure("INFO")
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, leave)
    wanted = demonstration.Wanted(people, seed, host, port, data)
    demonstration.serve(wanted, click.echo)
