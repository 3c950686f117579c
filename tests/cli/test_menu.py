"""The command as a whole: help, versions, and one sentence for each way to fail."""

import subprocess
import sys

import click
import pytest

from tests.cli.conftest import Run
from twofold import __version__
from twofold.cli import main
from twofold.cli.menu import SUMMARIES, twofold


def test_the_help_page_lists_every_command(run: Run) -> None:
    """In the order in which one needs them."""
    shown = run("--help")
    assert shown.status == 0
    positions = [shown.out.index(f"\n  {name} ") for name in SUMMARIES]
    assert positions == sorted(positions)


def test_the_summaries_are_those_of_the_commands() -> None:
    """The help page is made without loading the commands, so the words stand twice."""
    context = click.Context(twofold)
    for name, summary in SUMMARIES.items():
        command = twofold.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert command.help
        first_line = command.help.strip().splitlines()[0]
        assert first_line.split()[0] == summary.split()[0], name


def test_the_version_is_shown(run: Run) -> None:
    """As `Twofold 0.1.0`."""
    assert run("--version").out == f"Twofold {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("stat",), "No such command 'stat'."),
        (("people", "lst"), "No such command 'lst'. Did you mean 'list'?"),
        (("people", "list", "--jsn"), "No such option '--jsn'. Did you mean '--json'?"),
        (("setup",), "Missing option '--account'."),
        (("people", "import"), "Missing argument 'FILE.csv'."),
    ],
)
def test_a_mistake_in_the_command_is_one_sentence(
    run: Run, arguments: tuple[str, ...], sentence: str
) -> None:
    """No usage page to scroll through, and a status that is not 0."""
    ran = run(*arguments)
    assert ran.status == 2
    assert ran.sentence == sentence


def test_a_wrong_setting_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the command."""
    monkeypatch.setenv("TWOFOLD_PUBLIC_ULR", "https://login.example.org")
    for arguments in (("config", "check"), ("people", "list"), ("serve",)):
        ran = run(*arguments)
        assert ran.status == 1
        assert ran.sentence.endswith("Did you mean TWOFOLD_PUBLIC_URL?")


def test_a_fault_is_one_sentence_and_a_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nobody is shown a traceback; it is in the log for whoever mends it."""

    def broken(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(twofold, "main", broken)
    assert main([]) == 1
    log, sentence = capfd.readouterr().err.splitlines()
    assert log.startswith("{")
    assert "planted" in log
    assert sentence == "twofold: Something failed that should not; the log line above says where."


def test_a_reader_that_leaves_early_is_no_error(account: Run) -> None:
    """`twofold people list | head -0`."""
    script = f"{sys.executable} -m twofold people list --json | true"
    ran = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_help_page_does_not_wait_for_the_database_layer() -> None:
    """It loads neither SQLAlchemy nor the web server, which take most of a second."""
    script = (
        "import sys; from twofold.cli import main; status = main(['--help']);"
        "heavy = {'sqlalchemy', 'starlette', 'uvicorn', 'alembic', 'argon2'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else status)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
