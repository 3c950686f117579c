"""Certificates and boxes for the tests of the mail adapter."""

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from tests.conftest import FixedClock
from tests.mail.servers import Box
from tests.world import Organisation, found
from twofold.ports import Store
from twofold.storage.sealing import KeyRing


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A private certificate authority."""
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its certificate as a file."""
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture(scope="session")
def certified() -> Callable[[trustme.CA, str], ssl.SSLContext]:
    """A function that makes a server's TLS side, certified by an authority for a name."""

    def context_for(authority: trustme.CA, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        return context

    return context_for


@pytest.fixture
def box() -> Box:
    """An empty mail box."""
    return Box()


@pytest.fixture
def key(keyring: KeyRing) -> bytes:
    """The sealing key, for a second process; a ring has no way to give it away."""
    return keyring._keys["00000001"]


@pytest.fixture
def acme(store: Store, clock: FixedClock) -> Organisation:
    """The organisation Acme with its owner Olga."""
    return found(store, clock)
