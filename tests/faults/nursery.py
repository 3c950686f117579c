"""Starts processes of the service by forking, so that a restart costs no import: on a busy machine
that is nine tenths of a start, and a run with a thousand kills has a thousand of them.

A child runs `twofold serve` as the command does, with an environment and a log of its own. Lines of
JSON come in, lines of JSON go out; the end of stdin is the end of it and of its children.

python -m tests.faults.nursery
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass, field
from typing import Any

# Loaded here and not in every child.
import pysqlite3.dbapi2  # noqa: F401
import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401
import uvicorn.protocols.http.httptools_impl  # noqa: F401

from tests.journeys.product import ROOT
from twofold.bootstrap import common_passwords
from twofold.cli import main
from twofold.cli.serve import serve

assert callable(serve)


@dataclass
class Nursery:
    """The process that forks, as the tests speak to it."""

    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **asked: object) -> Any:
        """Say one thing, hear one."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """End it, and every child that is left."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


@dataclass
class Child:
    """A child of the nursery, with what the tests need of a `Popen`."""

    nursery: Nursery
    pid: int

    def poll(self) -> int | None:
        """The exit status, or None while it runs."""
        status: int | None = self.nursery.ask(status=self.pid)
        return status

    def send_signal(self, sent: int) -> None:
        """Send it a signal; nothing where it has ended."""
        if self.poll() is None:
            os.kill(self.pid, sent)

    def kill(self) -> None:
        """As from `kill -9`."""
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float) -> int:
        """The exit status. Raises `TimeoutExpired`."""
        descriptor = os.pidfd_open(self.pid)
        try:
            if not select.select([descriptor], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
        finally:
            os.close(descriptor)
        until = time.monotonic() + timeout
        while (status := self.poll()) is None:
            assert time.monotonic() < until
        return status


def bear(environment: dict[str, str], folder: str, log: str) -> int:
    """A child that serves; its id."""
    child = os.fork()
    if child:
        return child
    try:
        with open(log, "ab") as out, open(os.devnull, "rb") as nothing:  # noqa: PTH123
            os.dup2(nothing.fileno(), 0)
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        status = main(["serve"])
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        status = 70
    sys.stdout.flush()
    os._exit(status)


def live() -> None:
    """Answer until stdin ends."""
    common_passwords()
    ended: dict[int, int] = {}
    children: set[int] = set()
    for line in sys.stdin:
        asked = json.loads(line)
        answer: object = None
        if "status" in asked:
            pid = asked["status"]
            if pid in children:
                found, status = os.waitpid(pid, os.WNOHANG)
                if found:
                    children.discard(pid)
                    ended[pid] = os.waitstatus_to_exitcode(status)
            answer = ended.get(pid)
        else:
            answer = bear(asked["environment"], asked["folder"], asked["log"])
            children.add(answer)  # type: ignore[arg-type]
        print(json.dumps(answer), flush=True)
    for pid in children:
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    live()
