"""The product for attacks that need many fresh copies of it: on SQLite, with chance from a seed."""

import base64
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from tests.conftest import MORNING, FixedClock
from tests.faces.conftest import ORIGIN, Site
from tests.world import Organisation, found
from twofold.core.people import Instant
from twofold.core.sessions import Caller, HalfCaller
from twofold.data import load_apps
from twofold.hashing import Argon2Hasher
from twofold.mail.messages import MailTemplates
from twofold.mail.smtp import SmtpMailer
from twofold.ports import Store, World
from twofold.storage import build_store
from twofold.storage.sealing import KeyRing
from twofold.web.app import build_app


class SeededRandom:
    """Chance that comes out the same for the same seed (`ports.Random`)."""

    def __init__(self, seed: int) -> None:
        """Start the order of ids; the storage thread and the test draw from one source."""
        self._random, self._lock = Random(seed), threading.Lock()
        self._last = seed << 32

    def token(self) -> str:
        """43 characters, as the real ones have."""
        return base64.urlsafe_b64encode(self._bytes(32)).decode().rstrip("=")

    def secret(self) -> bytes:
        """20 bytes."""
        return self._bytes(20)

    def new_id(self) -> str:
        """A UUID that is greater than those before it."""
        with self._lock:
            self._last += 1
            tail = 0x8000_0000_0000_0000 | self._random.getrandbits(62)
            return str(UUID(int=self._last << 80 | 0x7000 << 64 | tail))

    def _bytes(self, count: int) -> bytes:
        with self._lock:
            return self._random.randbytes(count)


class Behind:
    """The store of the day, behind an application that is built once (`ports.Store`)."""

    store: Store

    async def run(self, flow: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Run a flow in the store of the day."""
        return await self.store.run(flow, *args, **kwargs)

    def call(self, flow: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """The same, blocking."""
        return self.store.call(flow, *args, **kwargs)

    def read(self, flow: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """The same for a flow that only reads."""
        return self.store.read(flow, *args, **kwargs)

    async def caller(self, token: bytes, now: Instant) -> Caller | None:
        """Who asks with this token of a session."""
        return await self.store.caller(token, now)

    async def half_caller(self, token: bytes, now: Instant) -> HalfCaller | None:
        """The same for a half-finished sign-in."""
        return await self.store.half_caller(token, now)

    async def ready(self) -> bool:
        """Whether it answers."""
        return await self.store.ready()

    def close(self) -> None:
        """The store of the day is closed by whoever opened it."""


@dataclass(frozen=True)
class Start:
    """A database file with an organisation in it, to begin from again and again."""

    file: bytes
    account_id: str
    owner_id: str
    moment: Instant


def memory() -> Path | None:
    """A folder in memory, where the machine has one."""
    folder = Path("/dev/shm")
    return folder if folder.is_dir() else None


def ring() -> KeyRing:
    """The sealing keys of these databases."""
    return KeyRing({"00000001": b"k" * 32}, SeededRandom(0))


class Product:
    """The application, built once (its templates take longer than a whole attack)."""

    def __init__(self) -> None:
        """Cheap passwords, a clock that is set by hand, no mail server."""
        self.behind, self.clock = Behind(), FixedClock()
        self.hasher = Argon2Hasher(memory_kib=8, time_cost=1, parallelism=1, threads=1)
        postbox = MailTemplates(ORIGIN)
        self.world = World(
            store=self.behind,
            hasher=self.hasher,
            clock=self.clock,
            random=SeededRandom(0),
            mailer=SmtpMailer(None, "Twofold <twofold@localhost>", postbox),
            postbox=postbox,
            public_url=ORIGIN,
            common_passwords=frozenset({"password1"}),
            apps=load_apps(),
        )
        self.app = build_app(self.world)

    @contextmanager
    def opened(self, start: Start, seed: int) -> Iterator[Site]:
        """The product on a copy of this database, with chance from this seed."""
        folder = Path(tempfile.mkdtemp(dir=memory()))
        (folder / "twofold.db").write_bytes(start.file)
        self.behind.store = build_store(
            f"sqlite:///{folder / 'twofold.db'}", ring(), SeededRandom(seed)
        )
        self.clock.moment = start.moment
        acme = Organisation(self.behind, self.clock, start.account_id, start.owner_id)
        try:
            yield Site(self.world, self.app, acme, self.hasher)
        finally:
            self.behind.store.close()
            shutil.rmtree(folder)

    def start(self, prepare: Callable[[Site], None]) -> Start:
        """A database in which Acme was founded and `prepare` was run."""
        folder = Path(tempfile.mkdtemp(dir=memory()))
        path = folder / "twofold.db"
        self.behind.store = build_store(f"sqlite:///{path}", ring(), SeededRandom(1))
        self.clock.moment = MORNING
        try:
            acme = found(self.behind, self.clock)
            prepare(Site(self.world, self.app, acme, self.hasher))
            self.behind.store.close()
            return Start(path.read_bytes(), acme.account_id, acme.owner_id, self.clock.now())
        finally:
            shutil.rmtree(folder)


@cache
def product() -> Product:
    """The one of this process."""
    return Product()
