"""What the attacks stand on: the running product, the faces to attack, a second process."""

import io
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.attacks.faces import WEB, Face
from tests.cli.conftest import run
from tests.cli.test_mail import inbox
from tests.conftest import FixedClock, quiet_logs
from tests.faces.conftest import Site, hasher, site
from twofold import logs
from twofold.bootstrap import build_faces
from twofold.core.people import Person
from twofold.storage import build_store
from twofold.storage.sealing import KeyRing
from twofold.system import SystemRandom

__all__ = ["elsewhere", "face", "hasher", "inbox", "logged", "mia", "run", "site"]


@pytest.fixture(params=WEB)
def face(request: pytest.FixtureRequest, site: Site) -> Face:
    """A way in from outside: the pages, or what `every_face` asks for."""
    return Face(request.param, site)


@pytest.fixture
def mia(site: Site, clock: FixedClock) -> Person:
    """A member with a password and an authenticator, a minute after its first code."""
    person = site.give_password(site.acme.add("Mia"))
    site.acme.enrol(person)
    clock.advance(60)
    return site.acme.person(person.id)


@pytest.fixture
def elsewhere(
    site: Site, database_url: str, keyring: KeyRing, random: SystemRandom
) -> Iterator[Site]:
    """The same deployment once more: another application on another store, one database."""
    store = build_store(database_url, keyring, random)
    world = replace(site.world, store=store)
    yield replace(site, world=world, app=build_faces(world))
    store.close()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged during a test, down to the least."""
    before, level = list(logging.getLogger().handlers), logging.getLogger().level
    written = io.StringIO()
    logs.configure("DEBUG", written)
    yield written
    logging.getLogger().handlers[:] = before
    logging.getLogger().setLevel(level)
    quiet_logs()
