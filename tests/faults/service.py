"""The service as one process or several, killed and started again."""

import http.client
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.nursery import Child, Nursery
from tests.journeys.product import CHEAP_HASHING, ROOT, free_port

PATIENCE = 60
SERVE = ("-m", "twofold", "serve")


@dataclass
class Process:
    """One process of the service."""

    port: int
    folder: Path
    environment: dict[str, str]
    arguments: tuple[str, ...] = SERVE
    before: Callable[[], None] | None = None
    """Runs in the child before the program."""
    nursery: Nursery | None = None
    running: subprocess.Popen[bytes] | Child | None = None

    def start(self) -> None:
        """Start it; `wait` says when it answers."""
        if self.nursery is not None:
            own = self.environment | {"TWOFOLD_LISTEN": f"127.0.0.1:{self.port}"}
            log = str(self.folder / f"log-{self.port}")
            pid = self.nursery.ask(environment=own, folder=str(self.folder), log=log)
            self.running = Child(self.nursery, pid)
            return
        with (self.folder / f"log-{self.port}").open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, *self.arguments],
                cwd=self.folder,
                env=self.environment | {"TWOFOLD_LISTEN": f"127.0.0.1:{self.port}"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=self.before,
            )

    def wait(self) -> None:
        """Until it says that it is ready."""
        until = time.monotonic() + PATIENCE
        while not self.answers("/readyz"):
            assert self.running is not None
            assert self.running.poll() is None, self.log()
            assert time.monotonic() < until, f"not ready in {PATIENCE} seconds: {self.log()}"
            time.sleep(0.02)

    def answers(self, path: str, timeout: float = 10) -> bool:
        """Whether this path is answered with 200."""
        return self.status(path, timeout) == 200

    def status(self, path: str, timeout: float = 10) -> int:
        """What this path is answered with; 0 for no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def log(self) -> str:
        """The end of what it wrote."""
        return (self.folder / f"log-{self.port}").read_text(errors="replace")[-3000:]

    @property
    def pid(self) -> int:
        """The process as the system knows it."""
        assert self.running is not None
        return self.running.pid

    def kill(self) -> None:
        """As from `kill -9`, or a cut of the power for this process."""
        assert self.running is not None
        self.running.kill()
        self.running.wait(PATIENCE)

    def stop(self, within: float = PATIENCE) -> int:
        """SIGTERM; the exit status."""
        assert self.running is not None
        self.running.send_signal(signal.SIGTERM)
        return self.running.wait(within)


@dataclass
class Service:
    """Everything that serves one database."""

    folder: Path
    database_url: str
    processes: list[Process] = field(default_factory=list)

    @property
    def ports(self) -> list[int]:
        """Where it is reached."""
        return [one.port for one in self.processes]

    def wait(self) -> None:
        """Until all are ready."""
        for one in self.processes:
            one.wait()

    def log(self) -> str:
        """The end of what all wrote."""
        return "\n".join(one.log() for one in self.processes)


def environment_of(folder: Path, database_url: str, **more: str) -> dict[str, str]:
    """The environment of a process of the service."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("TWOFOLD_")}
    return own | CHEAP_HASHING | {
        "TWOFOLD_DATA_DIR": str(folder),
        "TWOFOLD_DATABASE_URL": database_url,
        "TWOFOLD_TRUSTED_PROXIES": "127.0.0.1",
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "PYTHONFAULTHANDLER": "1",
    } | more  # fmt: skip


@contextmanager
def serving(
    folder: Path,
    database_url: str,
    *,
    processes: int = 1,
    arguments: tuple[str, ...] = SERVE,
    before: Callable[[], None] | None = None,
    nursery: Nursery | None = None,
    **more: str,
) -> Iterator[Service]:
    """The running service on a data folder and a database; gone afterwards, however it ends."""
    own = environment_of(folder, database_url, **more)
    service = Service(folder, database_url)
    for _ in range(processes):
        service.processes.append(Process(free_port(), folder, own, arguments, before, nursery))
    try:
        for one in service.processes:
            one.start()
        service.wait()
        yield service
    finally:
        for one in service.processes:
            if one.running is not None and one.running.poll() is None:
                one.kill()


def limit_files(pid: int, size: int) -> None:
    """From now on no file of this process may grow beyond `size` bytes; -1 lifts it."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if size < 0 else size, hard))
