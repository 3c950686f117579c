"""Runs programs as somebody at a terminal does, with the clock of the phone that they stand for."""

import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60
"""Seconds within which a program has to have answered."""
RIGHT = ""
"""A clock that goes right; otherwise what faketime takes: "+40s", "@2033-05-18 03:33:20"."""
ECHO_FLAGS = 3
"""Where the flag that shows what is typed stands in what `termios.tcgetattr` returns."""


def run(
    *command: str, said: str = "", clock: str = RIGHT, env: Mapping[str, str] | None = None
) -> str:
    """What a program prints when it is told `said` on its stdin."""
    done = subprocess.run(
        _clocked(command, clock),
        input=said,
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env=_environment(env or {}),
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{command[0]}: {done.stderr}{done.stdout}"
    return done.stdout.strip()


def run_with_password(
    *command: str, password: str, clock: str = RIGHT, env: Mapping[str, str] | None = None
) -> str:
    """What a program prints that asks for a password on a terminal, and on nothing else.

    The password is typed once the terminal does not show what is typed: the programs throw away
    what came before.
    """
    own, its = pty.openpty()
    process = subprocess.Popen(
        _clocked(command, clock), stdin=its, stdout=its, stderr=its, cwd=ROOT,
        env=_environment(env or {}), start_new_session=True,
    )  # fmt: skip
    os.close(its)
    try:
        printed = _converse(own, password)
        assert process.wait(PATIENCE) == 0, f"{command[0]}: {printed}"
    finally:
        process.kill()
        process.wait(PATIENCE)
        os.close(own)
    return printed.replace("\r\n", "\n").strip()


def _converse(terminal: int, password: str) -> str:
    printed, told, until = b"", False, time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if not told and printed and not termios.tcgetattr(terminal)[ECHO_FLAGS] & termios.ECHO:
            os.write(terminal, password.encode() + b"\n")
            told = True
        if not select.select([terminal], [], [], 0.02)[0]:
            continue
        try:
            got = os.read(terminal, 4096)
        except OSError:  # how Linux says that the other side has closed
            got = b""
        if not got:
            return printed.decode()
        printed += got
    raise AssertionError(f"no answer within {PATIENCE} s: {printed.decode()}")


def _clocked(command: tuple[str, ...], clock: str) -> list[str]:
    return ["faketime", "-f", clock, *command] if clock else list(command)


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8", **own}
