"""The real product as a process of its own: started from the sources, on a free port, with a
temporary data folder."""

import contextlib
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60
"""Seconds within which a start has to be over, on a machine that does other things too."""
CHEAP_HASHING = {"TWOFOLD_ARGON2_MEMORY_KIB": "7168", "TWOFOLD_ARGON2_TIME": "5"}
"""The least that the settings allow."""


@dataclass
class Product:
    """One deployment: where it is reached, and what it wrote."""

    url: str
    folder: Path
    environment: dict[str, str]

    @property
    def first_admin_link(self) -> str:
        """The link that the start printed."""
        found = re.search(r"http\S+/first-admin/\S+", self.printed())
        assert found, "the start printed no link"
        return found[0]

    def printed(self) -> str:
        """What stands on its stdout."""
        return (self.folder / "stdout").read_text(encoding="utf-8")

    def log(self) -> str:
        """What stands on its stderr."""
        return (self.folder / "stderr").read_text(encoding="utf-8")

    def command(self, *arguments: str) -> str:
        """What a command of the operator prints beside the running service."""
        done = subprocess.run(
            (sys.executable, "-m", "twofold", *arguments),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def let_proofs_grow_old(self, seconds: int, email: str = "%") -> None:
        """Move the proofs of everybody's sessions, or one person's, into the past, as if
        `seconds` had gone by.
        """
        with self._database() as database:
            database.execute(
                "UPDATE sessions SET password_at = password_at - ?, factor_at = factor_at - ?"
                " WHERE person_id IN (SELECT id FROM people WHERE email LIKE ?)",
                (seconds, seconds, email),
            )

    def let_links_expire(self) -> None:
        """Move the end of every one-time link into the past."""
        with self._database() as database:
            database.execute("UPDATE links SET expires_at = ?", (int(time.time()) - 60,))

    def let_deadlines_pass(self) -> None:
        """Move everybody's deadline into the past, as if their days had gone by."""
        with self._database() as database:
            database.execute("UPDATE people SET due_at = ?", (int(time.time()) - 60,))

    def let_held_mails_go(self) -> None:
        """Let mails leave that wait for somebody to see a mistake."""
        with self._database() as database:
            database.execute("UPDATE mails SET next_at = created_at WHERE state = 'queued'")

    def let_failures_grow_old(self, seconds: int) -> None:
        """Move everything that the guard has counted into the past, as if `seconds` had gone by."""
        with self._database() as database:
            database.execute("BEGIN IMMEDIATE")
            for key, text in database.execute("SELECT key, state FROM counters").fetchall():
                failures, until, falls, marks, used = json.loads(text)
                aged = json.dumps([
                    [at - seconds for at in failures],
                    max(0, until - seconds),
                    falls,
                    [[mark, at - seconds] for mark, at in marks],
                    [at - seconds for at in used],
                ])  # fmt: skip
                database.execute("UPDATE counters SET state = ? WHERE key = ?", (aged, key))

    def let_codes_fail(self, email: str, count: int, *, stolen: bool = False) -> None:
        """What so many wrong codes in unknown browsers leave behind, with their waits over; at
        the limit the password counts as stolen too.
        """
        now = int(time.time())
        failures = [now - 120 * (n + 1) for n in reversed(range(count))]
        with self._database() as database:
            (person,) = database.execute("SELECT id FROM people WHERE email = ?", (email,))
            database.execute(
                "INSERT OR REPLACE INTO counters (key, state, saved_at) VALUES (?, ?, ?)",
                (f"code:person:{person[0]}", json.dumps([failures, 0, 0, [], []]), now),
            )
            if stolen:
                database.execute(
                    "UPDATE people SET password_stolen_at = ? WHERE id = ?", (now, person[0])
                )

    def let_codes_grow_old(self, seconds: int) -> None:
        """Move every last use of an authenticator into the past, as if `seconds` had gone by."""
        with self._database() as database:
            database.execute(
                "UPDATE authenticators SET last_step = last_step - ?", (seconds // 30,)
            )

    def let_mails_come_back(self, said: str) -> None:
        """What a report leaves behind about every mail that was written so far."""
        with self._database() as database:
            database.execute(
                "UPDATE mails SET state = 'bounced', sent_at = created_at, last_error = ?", (said,)
            )

    def let_waits_grow_old(self, seconds: int) -> None:
        """Move every delayed recovery and the mails about it into the past, as if `seconds` had
        gone by. The worker looks again within five seconds.
        """
        with self._database() as database:
            database.execute(
                "UPDATE waits SET started_at = started_at - ?1, stepped_at = stepped_at - ?1,"
                " next_at = next_at - ?1",
                (seconds,),
            )
            database.execute("UPDATE mails SET sent_at = sent_at - ?", (seconds,))

    def let_set_ups_grow_old(self, seconds: int) -> None:
        """As if every app had been set up so long before, and no code was used since."""
        with self._database() as database:
            database.execute(
                "UPDATE authenticators SET confirmed_at = confirmed_at - ?, last_step = 0",
                (seconds,),
            )

    def disable_authenticators(self, email: str = "%") -> None:
        """What fifty wrong codes in 30 days do to everybody's authenticator, or one person's."""
        with self._database() as database:
            database.execute(
                "UPDATE authenticators SET disabled_at = ?"
                " WHERE person_id IN (SELECT id FROM people WHERE email LIKE ?)",
                (int(time.time()), email),
            )

    @contextlib.contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self.folder / "data/twofold.db", 10)) as database:
            yield database
            database.commit()


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextlib.contextmanager
def deployment(folder: Path, smtp_url: str = "") -> Iterator[Product]:
    """A new deployment in `folder`, running; stopped afterwards."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith("TWOFOLD_")}
    own |= CHEAP_HASHING | {
        "TWOFOLD_LISTEN": f"127.0.0.1:{port}",
        "TWOFOLD_DATA_DIR": str(folder / "data"),
        "PYTHONPATH": str(ROOT / "src"),
    }
    if smtp_url:
        own["TWOFOLD_SMTP_URL"] = smtp_url
    product = Product(f"http://localhost:{port}", folder, own)
    with running(product):
        yield product


@contextlib.contextmanager
def running(product: Product) -> Iterator[float]:
    """The process, from its start to its end; the seconds until it printed its address."""
    begun = time.monotonic()
    with (product.folder / "stdout").open("w") as out, (product.folder / "stderr").open("a") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "twofold", "serve"],
            cwd=product.folder,
            env=product.environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        try:
            while product.url not in product.printed():
                assert process.poll() is None, product.log()
                assert time.monotonic() - begun < PATIENCE, "the start took too long"
                time.sleep(0.02)
            yield time.monotonic() - begun
        finally:
            process.terminate()
            process.wait(PATIENCE)
