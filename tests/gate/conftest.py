"""What tests of forward authentication stand on: the product served for real on a port of its
own, with a clock that is set by hand, nginx or Caddy in front of it, and a site behind them.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import pytest
import uvicorn

from tests.conftest import FixedClock
from tests.gate.guarded import Guarded, guarded_site
from tests.gate.proxies import LOGIN, WIKI, Ports, Reply, Wire, free_ports, proxy
from tests.world import Organisation, found
from twofold import bootstrap
from twofold.core.people import Person
from twofold.data import load_apps
from twofold.flows import sites
from twofold.flows.sites import SitesSet
from twofold.hashing import Argon2Hasher
from twofold.mail.messages import MailTemplates
from twofold.mail.smtp import SmtpMailer
from twofold.ports import Store, World
from twofold.system import SystemRandom

RULES = """{wiki}
  /          session
  /admin     second factor, fresh 15
  /passkeys  phishing-resistant
  /owners    session, role owner
  /static    public
  = /health  public
"""


@dataclass
class Lab:
    """Twofold, a site behind a proxy, and the organisation Acme."""

    acme: Organisation
    world: World
    ports: Ports
    site: Guarded
    server: uvicorn.Server

    def protect(self, text: str) -> None:
        """Name the sites, as the owner does."""
        done = self.acme.call(
            sites.set_sites, caller=self.acme.caller(self.acme.owner), text=text, own_host=LOGIN
        )
        assert isinstance(done, SitesSet), done

    def wire(self) -> Wire:
        """A client without cookies."""
        return Wire(self.ports.proxy, {})

    def signed_in(self, person: Person) -> Wire:
        """A client that is signed in on Twofold's own host, and nowhere else."""
        wire = self.wire()
        token = self.acme.signed_in(person).token
        wire.cookies[LOGIN] = {"__Host-twofold": token}
        return wire

    def enter(self, wire: Wire, target: str = "/") -> Reply:
        """Follow where a page of the site leads, until something else than a redirect comes."""
        host, reply = WIKI, wire.ask(WIKI, target)
        for _ in range(8):
            if reply.status != 303:
                return reply
            where = reply.header("location")
            for name, base in ((LOGIN, self.ports.login), (WIKI, self.ports.wiki)):
                if where.startswith(base + "/"):
                    host, where = name, where.removeprefix(base)
            assert where.startswith("/"), where
            reply = wire.ask(host, where, headers={"Sec-Fetch-Site": "same-site"})
        raise AssertionError("led around in a circle")

    def stop(self) -> None:
        """Twofold stops answering."""
        self.server.should_exit = True


@contextmanager
def served(world: World, port: int) -> Iterator[uvicorn.Server]:
    """The application on a port of 127.0.0.1, as `twofold serve` serves it."""
    sock = bootstrap.listen("127.0.0.1", port)
    app = bootstrap.build_faces(world)
    server = uvicorn.Server(
        uvicorn.Config(
            app, log_config=None, access_log=False, proxy_headers=False, lifespan="off",
            timeout_graceful_shutdown=1,
        )
    )  # fmt: skip
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.should_exit = True
        thread.join(10)
        sock.close()
    assert not thread.is_alive()


def world_of(store: Store, clock: FixedClock, public_url: str, hasher: Argon2Hasher) -> World:
    """The world behind a proxy on this machine."""
    postbox = MailTemplates(public_url)
    return World(
        store=store,
        hasher=hasher,
        clock=clock,
        random=SystemRandom(),
        mailer=SmtpMailer(None, "Twofold <twofold@example.org>", postbox),
        postbox=postbox,
        public_url=public_url,
        common_passwords=frozenset(),
        trusted_proxies=(ip_network("127.0.0.1/32"),),
        apps=load_apps(),
    )


@pytest.fixture
def hasher() -> Iterator[Argon2Hasher]:
    """The real hasher at its smallest cost."""
    made = Argon2Hasher(memory_kib=8, time_cost=1, parallelism=1, threads=2)
    yield made
    made.close()


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is behind the proxies is asked through one look-up, tested on both databases."""
    return sqlite_url


@pytest.fixture(params=["nginx", "caddy"])
def lab(
    request: pytest.FixtureRequest,
    store: Store,
    clock: FixedClock,
    hasher: Argon2Hasher,
    tmp_path: Path,
) -> Iterator[Lab]:
    """Everything, once with each proxy."""
    with guarded_site() as site:
        ports = free_ports(site.port)
        world = world_of(store, clock, ports.login, hasher)
        with (
            served(world, ports.twofold) as server,
            proxy(request.param, tmp_path / "proxy", ports),
        ):
            made = Lab(found(store, clock), world, ports, site, server)
            made.protect(RULES.format(wiki=ports.wiki))
            yield made
