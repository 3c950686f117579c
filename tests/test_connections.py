"""Clients that are slow: dropped in time, whatever they leave half said."""

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from twofold import connections
from twofold.connections import Impatient

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body and answers."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        if not message.get("more_body"):
            break
    await Response(b"heard")(scope, receive, send)


@contextlib.contextmanager
def served() -> Iterator[int]:
    """The application behind the protocol, on a free port."""
    sock = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=Impatient, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    try:
        yield sock.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.mark.parametrize(
    "said",
    [b"", b"POST", HEAD, HEAD + b"\r\n1234", HEAD + b"\r\n123456789POST / HTTP"],
    ids=["nothing", "a word", "half a head", "half a body", "half of a second head"],
)
def test_what_is_never_ended_is_dropped(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other end closes; without that the test would wait for ever."""
    monkeypatch.setattr(connections, "HEAD", 0.1)
    monkeypatch.setattr(connections, "BODY", 0.1)
    with served() as port, socket.create_connection(("127.0.0.1", port), timeout=60) as one:
        one.sendall(said)
        with contextlib.suppress(ConnectionError):
            while one.recv(4096):
                pass


def test_whoever_is_whole_in_time_is_answered_again_and_again() -> None:
    """Three requests on one connection."""
    with served() as port:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(3):
            client.request("POST", "/", body=b"123456789")
            answer = client.getresponse()
            assert (answer.status, answer.read()) == (200, b"heard")
        client.close()
