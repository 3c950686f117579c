"""The mail server is away, puts off, refuses, hangs, or speaks in the clear (faults F11 to F15).

Whatever it does, people sign in; no mail is lost; each goes out under one Message-ID.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from tests.faults.cast import Cast, make_cast
from tests.faults.clients import Visitor
from tests.faults.history import History, Told
from tests.faults.judge import judged, looking_at
from tests.faults.nursery import Nursery
from tests.faults.service import Service, serving
from tests.journeys.product import free_port
from tests.mail.servers import Box, ScriptedServer, mail_server
from twofold.storage.engine import parse_url


@dataclass
class Trouble:
    """A mail server that is in trouble, and what becomes of a mail with it."""

    port: int
    options: str = ""
    box: Box = field(default_factory=Box)


@contextlib.contextmanager
def away() -> Iterator[Trouble]:
    """Nobody listens there."""
    yield Trouble(free_port())


@contextlib.contextmanager
def greylisting() -> Iterator[Trouble]:
    """451 for everybody."""
    box = Box(answers={"RCPT": ["451 4.7.1 come back later"] * 99})
    with mail_server(box) as port:
        yield Trouble(port, box=box)


@contextlib.contextmanager
def refusing() -> Iterator[Trouble]:
    """550 for everybody."""
    box = Box(answers={"RCPT": ["550 5.1.1 no such person"] * 99})
    with mail_server(box) as port:
        yield Trouble(port, box=box)


@contextlib.contextmanager
def hanging() -> Iterator[Trouble]:
    """Takes the connection and never says a word."""
    with ScriptedServer(lambda server, _line: server.released.wait(110) and None) as server:
        yield Trouble(server.port)


@contextlib.contextmanager
def stripped() -> Iterator[Trouble]:
    """Offers no STARTTLS, and it is required."""
    with mail_server(box := Box()) as port:
        yield Trouble(port, "?starttls=required", box)


STATES = {
    away: {"queued"},
    greylisting: {"queued"},
    refusing: {"failed"},
    hanging: {"sending"},
    stripped: {"queued"},
}
"""In which state the mail then is, and stays for minutes at least."""


def states(url: str) -> list[tuple[str, str, str]]:
    """State, last error and Message-ID of each mail."""
    with looking_at(url) as connection:
        found = connection.execute(
            text("SELECT state, last_error, message_id FROM mails ORDER BY id")
        )
        return [(str(row[0]), str(row[1]), str(row[2])) for row in found]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("trouble", list(STATES), ids=lambda one: str(one.__name__))
def test_without_its_mail_server_people_sign_in_and_no_mail_is_lost(
    trouble: Callable[[], contextlib.AbstractContextManager[Trouble]],
    nursery: Nursery,
    tmp_path: Path,
) -> None:
    """With a code, and with a recovery code, which is told by mail. Later the mail goes out."""
    url, history = f"sqlite:///{tmp_path / 'twofold.db'}", History()
    cast = make_cast(tmp_path, url, enrolled=4, newcomers=0, forgetful=0, suspects=0)
    written = {message_id for *_, message_id in states(url)}
    with trouble() as server:
        smtp = f"smtp://127.0.0.1:{server.port}{server.options}"
        with serving(tmp_path, url, nursery=nursery, TWOFOLD_SMTP_URL=smtp) as service:
            until(lambda: STATES[trouble] & {state for state, *_ in states(url)} != set())
            sign_in(service, cast, history)
            assert service.processes[0].stop() == 0
        assert server.box.received == []
    told = states(url)
    assert written < {message_id for *_, message_id in told}
    assert {state for state, *_ in told} <= {"queued", *STATES[trouble]}
    assert judged(history, cast, tmp_path, url) == []
    sent_later(tmp_path, url, nursery, [one for one in told if one[0] != "failed"])


def until(so: Callable[[], bool]) -> None:
    """Look until it is so; the test's own time limit ends what never is."""
    while not so():
        time.sleep(0.05)


def sign_in(service: Service, cast: Cast, history: History) -> None:
    """Two people, each in their way."""
    for number, way in ((0, Visitor.sign_in), (1, Visitor.recover)):
        with Visitor(service, history, Random(number)) as browser:
            entry = way(browser, cast.enrolled[number])
        assert entry is not None
        assert entry.told is Told.YES


def sent_later(
    folder: Path, url: str, nursery: Nursery, waiting: Sequence[tuple[str, str, str]]
) -> None:
    """With a good server and the waits over, each arrives under its Message-ID."""
    due_now(url)
    with (
        mail_server(box := Box()) as port,
        serving(folder, url, nursery=nursery, TWOFOLD_SMTP_URL=f"smtp://127.0.0.1:{port}"),
    ):
        assert box.wait_for(len(waiting), timeout=60)
        until(lambda: not {"queued", "sending"} & {state for state, *_ in states(url)})
    arrived = sorted(str(one.message["Message-ID"]) for one in box.received)
    assert arrived == sorted(message_id for *_, message_id in waiting)


def due_now(url: str) -> None:
    """As if the wait before the next try, or the lease, were over."""
    path = parse_url(url).database
    assert path is not None
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE mails SET next_at = created_at WHERE state <> 'sent'")
        database.commit()
