"""The `twofold` command: which commands there are, and how every one of them fails.

A command's module is loaded when it is called: the database layer and the web server take most
of a second to load, which `twofold --help` and `twofold config check` need not wait for.
"""

import importlib
import sys
from collections.abc import Sequence
from typing import NoReturn

import click
import structlog

from twofold import __version__, logs
from twofold.core.errors import TwofoldError

SUMMARIES = {
    "serve": "Start the service.",
    "demo": "Serve an organisation in every state, to look at.",
    "setup": "Make an account and its first owner without a browser.",
    "admin-link": "Print a new one-time link for the first admin, or for an owner's password.",
    "recover": "Print a one-time link with which somebody sets up a new authenticator.",
    "people": "Add, import and list people.",
    "api-key": "Make, list, rotate and end the keys of applications that check codes here.",
    "rollout": "Look at the rollout, begin it, pause it, give people more time.",
    "sites": "List and change the sites that reverse proxies protect.",
    "explain": "Say why somebody cannot sign in.",
    "mail": "Look at the outbox, send what waits, read what came back.",
    "audit": "Read the log of what happened, and check that nobody changed it.",
    "backup": "Write everything into one file, while the service runs.",
    "verify": "Try a backup without restoring it.",
    "restore": "Put a backup in the place of the database, with a new epoch.",
    "keys": "Change the sealing keys while the service runs.",
    "clock": "Put right what a wrong clock left behind.",
    "doctor": "Check database, keys, clock, mail, address, disk and rights.",
    "config": "Look at the settings.",
}
"""The commands in the order of the help page."""

_MODULES = {"admin-link": "setup", "api-key": "api_key", "verify": "backup"}
"""Where a command does not live in the module of its own name."""

INTERRUPTED = 130
"""128 + SIGINT, the status that shells expect after Ctrl-C."""


class Menu(click.Group):
    """A group that loads a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the help page."""
        return list(SUMMARIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, loaded now; None if there is none of this name."""
        if cmd_name not in SUMMARIES:
            return None
        module = importlib.import_module(f"twofold.cli.{_MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help page's list without loading any command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))


@click.group(cls=Menu, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="Twofold", message="%(prog)s %(version)s")
def twofold() -> None:
    """Two-factor sign-in for a whole organisation, switched on safely.

    Settings come from TWOFOLD_… variables, from files that TWOFOLD_…_FILE name, or from
    twofold.toml; `twofold config check` shows them. Every command works while the service runs.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status. Each error is one sentence on stderr."""
    logs.configure("WARNING")
    try:
        status = twofold.main(
            args=list(sys.argv[1:] if arguments is None else arguments),
            prog_name="twofold",
            standalone_mode=False,
        )
    except click.ClickException as problem:
        return _failed(_one_line(problem.format_message()), problem.exit_code)
    except TwofoldError as problem:
        return _failed(_one_line(str(problem)), 1)
    except (click.Abort, KeyboardInterrupt):
        return _failed("Stopped.", INTERRUPTED)
    except BrokenPipeError:
        return _reader_left()
    except Exception:
        structlog.get_logger(__name__).exception("a command failed")
        return _failed("Something failed that should not; the log line above says where.", 1)
    return status if isinstance(status, int) else 0


def _failed(sentence: str, status: int) -> int:
    click.echo(f"twofold: {sentence}", err=True)
    return status


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _reader_left() -> int:
    """`twofold people list | head`: the reader has what it wanted, nothing is wrong."""
    sys.stdout = None  # Python must not flush into the pipe at exit.
    return 0


def refuse(sentence: str) -> NoReturn:
    """End the command with this sentence on stderr and status 1."""
    raise click.ClickException(sentence)
