"""What the client and the examples run against: Twofold on a real port of this machine."""

import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from tests.faces.api import known_as, new_key
from tests.faces.conftest import Site, hasher, site
from twofold.core.people import Person

__all__ = ["hasher", "site"]

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "clients" / "python"))


@dataclass
class Served:
    """Where it answers, with a key of an application."""

    site: Site
    url: str
    key: str
    mia: Person


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The API itself is tested on both databases."""
    return sqlite_url


@pytest.fixture
def served(site: Site) -> Iterator[Served]:
    """The product over HTTP; Mia is u-17 and has an authenticator."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    config = uvicorn.Config(site.app, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    mia = known_as(site.acme, site.acme.add("Mia"), "u-17")
    site.acme.enrol(mia)
    site.clock.advance(60)
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    yield Served(site, url, new_key(site.acme).text, mia)
    server.should_exit = True
    thread.join(10)
    sock.close()
    assert not thread.is_alive()
