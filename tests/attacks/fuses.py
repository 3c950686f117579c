"""Calls that raise, each in its turn: a store of which the n-th call of a repository fails, for
every n until a request runs through without reaching it.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.attacks.faces import Client, Face
from twofold.core.errors import SealError, StorageUnavailable
from twofold.ports import Store, Tx, World
from twofold.web.app import build_app

ERRORS = (RuntimeError("planted"), StorageUnavailable(), SealError(), ValueError(), KeyError("x"))
REPOSITORIES = {"random", *(name for name, kind in vars(Tx).items() if isinstance(kind, property))}
"""Every repository of a transaction, the later ones too."""


@dataclass
class Fuse:
    """Counts calls and blows at one of them."""

    at: int
    error: Exception
    count: int = 0
    names: list[str] = field(default_factory=list)

    def passed(self, name: str) -> None:
        """One call more. Raises at the one that was chosen."""
        self.count += 1
        self.names.append(name)
        if self.count == self.at:
            raise self.error

    @property
    def has_blown(self) -> bool:
        """Whether it came to that call."""
        return self.count >= self.at


class Fragile:
    """A transaction or one of its repositories, behind a fuse."""

    def __init__(self, real: object, fuse: Fuse, name: str = "") -> None:
        self._real, self._fuse, self._name = real, fuse, name

    def __getattr__(self, name: str) -> Any:
        """A repository behind the same fuse, or a call that goes through it."""
        found = getattr(self._real, name)
        if not self._name and name in REPOSITORIES:
            return Fragile(found, self._fuse, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self._fuse.passed(f"{self._name}.{name}")
            return found(*args, **kwargs)

        return call


class FragileStore:
    """The real store; what its flows call goes through the fuse, and so do its look-ups."""

    def __init__(self, real: Store, fuse: Fuse) -> None:
        self._real, self._fuse = real, fuse

    def arm(self, fuse: Fuse) -> None:
        """Another fuse from now on."""
        self._fuse = fuse

    async def run(self, flow: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Run the flow on a fragile transaction."""
        return await self._real.run(lambda tx: flow(Fragile(tx, self._fuse), *args, **kwargs))

    async def caller(self, token: bytes, now: int) -> Any:
        """The look-up of a session."""
        self._fuse.passed("store.caller")
        return await self._real.caller(token, now)

    async def half_caller(self, token: bytes, now: int) -> Any:
        """The look-up of a half-finished sign-in."""
        self._fuse.passed("store.half_caller")
        return await self._real.half_caller(token, now)

    def __getattr__(self, name: str) -> Any:
        """Everything else is the real one's."""
        return getattr(self._real, name)


def fragile(world: World, fuse: Fuse) -> World:
    """The same product on a fragile store."""
    return replace(world, store=FragileStore(world.store, fuse))  # type: ignore[arg-type]


def blown(face: Face, client: Client, send: Callable[[Client], int], error: Exception) -> Iterator[
    tuple[Fuse, Client, int]
]:  # fmt: skip
    """What `send` is answered with the fuse at the first call, the second, and so on, each time
    from the same cookies; ends with the request that ran through.
    """
    store = FragileStore(face.site.world.store, Fuse(0, error))
    # Built once: its templates take longer than a whole request.
    app = build_app(replace(face.site.world, store=store))  # type: ignore[arg-type]
    for at in range(1, 400):
        fuse = Fuse(at, error)
        store.arm(fuse)
        broken = face.client(app=app)
        for name, value in client.http.cookies.items():
            broken.http.cookies.set(name, value, domain="localhost.local", path="/")
        logging.disable()  # A traceback takes longer to write than the request.
        try:
            status = send(broken)
        finally:
            logging.disable(logging.NOTSET)
        if not fuse.has_blown:
            return
        after = face.client()
        for name in ("twofold", "twofold-sign-in"):
            if name in broken.http.cookies:
                value = broken.http.cookies[name]
                after.http.cookies.set(name, value, domain="localhost.local", path="/")
        yield fuse, after, status
    raise AssertionError("the request never ran through")
