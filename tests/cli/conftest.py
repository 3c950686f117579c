"""The commands, run as somebody runs them: a fresh data folder, real storage, captured output."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from twofold.cli import main

PASSWORD = "correct horse battery"
OWNER = ("--name", "Ann Owner", "--email", "ann@example.org")


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one line on stderr with which a command failed."""
        assert self.status != 0
        (line,) = self.err.splitlines()
        assert line.startswith("twofold: ")
        return line.removeprefix("twofold: ")


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """`run("people", "list", stdin=b"…")` in a data folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWOFOLD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TWOFOLD_ARGON2_MEMORY_KIB", "7168")
    monkeypatch.setenv("TWOFOLD_ARGON2_TIME", "5")

    def run_command(*arguments: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capfd.readouterr()
        status = main(arguments)
        out, err = capfd.readouterr()
        return Ran(status, out, err)

    return run_command


@pytest.fixture
def account(run: Run) -> Run:
    """The same, with one account and its owner."""
    done = run(
        "setup", "--account", "Acme", *OWNER, "--password-stdin", stdin=PASSWORD.encode() + b"\n"
    )
    assert (done.status, done.err) == (0, "")
    return run
