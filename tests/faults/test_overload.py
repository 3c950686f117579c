"""Overload: what is too much is turned away at once, and what is cheap goes on."""

import contextlib
import resource
import selectors
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx2
import pytest

from tests.faults.cast import Cast, make_cast
from tests.faults.clients import Visitor
from tests.faults.history import History, Told
from tests.faults.judge import judged
from tests.faults.play import Play
from tests.faults.service import Service, serving

IDLE = 10_000
GRACE = 10
"""Seconds within which a service that is told to stop is gone."""
ROOM = 5
"""Seconds that the test's own machine may add."""


def few_files() -> None:
    """As many systems start a service: 1024 open files, and more if it asks."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[Service, Cast]]:
    """`twofold serve` as it is started, on SQLite, with an organisation."""
    url = f"sqlite:///{tmp_path / 'twofold.db'}"
    cast = make_cast(tmp_path, url, enrolled=30, newcomers=0, forgetful=0, suspects=0)
    with serving(tmp_path, url, before=few_files) as service:
        yield service, cast


@contextlib.contextmanager
def flood(service: Service, cast: Cast, connections: int) -> Iterator[Counter[int]]:
    """So many at once send passwords again and again; the statuses they get."""
    got: Counter[int] = Counter()
    over, lock = threading.Event(), threading.Lock()

    def press(number: int) -> None:
        visitor = Visitor(service, History(), Random(number))
        with visitor:
            while not over.is_set():
                answer = visitor.password(cast.enrolled[number % len(cast.enrolled)])
                with lock:
                    got[answer.status_code if answer is not None else 0] += 1
                    if answer is not None and answer.status_code == 503:
                        assert answer.headers["retry-after"].isdigit()
                        got[-1] += 1

    started = [threading.Thread(target=press, args=(n,), daemon=True) for n in range(connections)]
    for one in started:
        one.start()
    try:
        yield got
    finally:
        over.set()
        for one in started:
            one.join(60)


@pytest.mark.timeout(180)
def test_a_flood_of_sign_ins_is_shed_while_codes_are_checked(scene: tuple[Service, Cast]) -> None:
    """Some are let in, the others hear 503 and when to come again; every code gets its answer."""
    service, cast = scene
    history = History()
    with flood(service, cast, 120) as got, Visitor(service, history, Random(1)) as shop:
        while not got[503] or not got[303]:
            time.sleep(0.05)  # The test's own time limit is what ends this if it never comes.
        for member in cast.enrolled:
            step = member.new_step(time.time())
            if step is not None:
                entry = shop.verify(cast.key, member, member.code(step), step=step)
                assert entry.told is Told.YES
    assert got[-1] == got[503], "a 503 without Retry-After"
    assert set(got) <= {303, 503, -1}, got
    assert judged(history, cast, service.folder, service.database_url) == []


@pytest.mark.timeout(180)
def test_told_to_stop_under_load_it_answers_what_it_took(scene: tuple[Service, Cast]) -> None:
    """Status 0 within ten seconds; what was acknowledged is there."""
    service, cast = scene
    play = Play(service, cast, 5)
    (process,) = service.processes
    with play.running(threads=8):
        while play.history.count(Told.YES) < 5:
            time.sleep(0.05)
        begun = time.monotonic()
        assert process.stop() == 0
        assert time.monotonic() - begun < GRACE + ROOM
    assert judged(play.history, cast, service.folder, service.database_url) == []


def opened(port: int, sent: bytes) -> socket.socket:
    """A connection on which so much was sent."""
    one = socket.create_connection(("127.0.0.1", port), timeout=60)
    one.sendall(sent)
    return one


HALF_A_HEAD = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
HALF_A_BODY = (
    b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nemail="
)


@pytest.mark.timeout(180)
def test_slow_clients_stop_nobody(scene: tuple[Service, Cast]) -> None:
    """Hundreds who never end their head or their body: a sign-in works, and so does the stop."""
    service, cast = scene
    (process,) = service.processes
    slow = [opened(process.port, HALF_A_HEAD) for _ in range(200)]
    slow += [opened(process.port, HALF_A_BODY) for _ in range(200)]
    with Visitor(service, History(), Random(2)) as browser:
        entry = browser.sign_in(cast.enrolled[0])
        assert entry is not None
        assert entry.told is Told.YES
    begun = time.monotonic()
    assert process.stop() == 0
    assert time.monotonic() - begun < GRACE + ROOM
    for one in slow:
        one.close()


@pytest.mark.parametrize("path", ["/sign-in", "/people/import", "/api/v1/verifications"])
def test_a_body_of_100_mb_is_refused_early(scene: tuple[Service, Cast], path: str) -> None:
    """By what it says of itself, and, where it says nothing, long before the end."""
    service, cast = scene
    port = service.ports[0]
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {cast.key}\r\nContent-Type: application/json\r\n"
    )
    with opened(port, f"{head}Content-Length: 100000000\r\n\r\n".encode()) as one:
        assert b" 413 " in one.recv(4096) or path == "/people/import"
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    sent = 0
    head += "Transfer-Encoding: chunked\r\n\r\n"
    with opened(port, head.encode()) as one, contextlib.suppress(OSError):
        while sent < 100_000_000 and not answered(one):
            one.sendall(chunk)
            sent += len(chunk)
    assert sent < 50_000_000, f"{sent} bytes were taken"
    assert httpx2.get(f"http://127.0.0.1:{port}/healthz").status_code == 200


def answered(one: socket.socket) -> bool:
    """Whether something can be read, or the other end is gone."""
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ)
        return bool(selector.select(0))


@pytest.mark.timeout(180)
def test_ten_thousand_idle_connections_stop_nobody(scene: tuple[Service, Cast]) -> None:
    """A sign-in works among them."""
    service, cast = scene
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(IDLE, hard - 500)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    idle: list[socket.socket] = []
    try:
        for _ in range(count):
            idle.append(socket.create_connection(("127.0.0.1", service.ports[0]), timeout=60))
        with Visitor(service, History(), Random(3)) as browser:
            entry = browser.sign_in(cast.enrolled[0])
        said = f"with {count} of {IDLE} connections, which is what this machine allows"
        assert entry is not None, said
        assert entry.told is Told.YES, said
        assert service.processes[0].stop() == 0, said
    finally:
        for one in idle:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
