"""Passwords as Argon2id strings, made and checked in a bounded pool of threads.

One check costs tens of milliseconds of a core and megabytes of memory on purpose, so the number
that run at once and the number that wait are both limited: a storm of sign-ins is answered with
"try again" and not with an exhausted machine. The library releases the interpreter lock while it
works, so threads are enough. It never runs inside a database transaction (see `ports.Hasher`).
"""

import asyncio
import base64
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError, VerifyMismatchError

from twofold.core.errors import Overloaded
from twofold.core.passwords import prepare

T = TypeVar("T")

_log = structlog.get_logger(__name__)


class Argon2Hasher:
    """Argon2id (RFC 9106) behind `ports.Hasher`."""

    def __init__(
        self, *, memory_kib: int, time_cost: int, parallelism: int, threads: int, waiting: int = 64
    ) -> None:
        """Cost in KiB, passes and lanes; `threads` run at once, `waiting` more may queue."""
        self._argon2 = PasswordHasher(
            time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism
        )
        self._nobody = _unmatchable(memory_kib, time_cost, parallelism)
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="argon2")
        self._room = threading.BoundedSemaphore(threads + waiting)

    def __repr__(self) -> str:
        """The class alone: nothing about passwords ever belongs into a log."""
        return "Argon2Hasher()"

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether `password` made `encoded`; no error of any kind means yes (promise P6).

        With None the same work is done against a string that nothing matches. Raises `Overloaded`.
        """
        return await self._in_pool(lambda: self._verify(encoded, password))

    async def hash(self, password: str) -> str:
        """A new Argon2id string with its own salt. Raises `Overloaded`."""
        return await self._in_pool(lambda: self.hash_now(password))

    def hash_now(self, password: str) -> str:
        """The same, blocking: for commands."""
        return self._argon2.hash(prepare(password))

    def needs_rehash(self, encoded: str) -> bool:
        """Whether `encoded` was made under other settings than today's."""
        try:
            return self._argon2.check_needs_rehash(encoded)
        except InvalidHashError:
            return True

    def close(self) -> None:
        """Stop the threads; what waits is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _verify(self, encoded: str | None, password: str) -> bool:
        try:
            return self._argon2.verify(encoded or self._nobody, prepare(password))
        except VerifyMismatchError:
            return False
        except (Argon2Error, InvalidHashError, ValueError, TypeError) as problem:
            # Only the kind of the error is logged: a message could carry what was typed.
            _log.warning("password check failed closed", problem=type(problem).__name__)
            return False

    async def _in_pool(self, work: Callable[[], T]) -> T:
        with self.seat() as seat:
            return await seat.run(work)

    @contextmanager
    def seat(self) -> Iterator["Seat"]:
        """A place for one person's checks, kept until the end of the block, so that being turned
        away comes before anything is charged to anybody. Raises `Overloaded`.
        """
        if not self._room.acquire(blocking=False):
            raise Overloaded
        taken = Seat(self)
        try:
            yield taken
        finally:
            taken.leave()


class Seat:
    """See `ports.Seat`."""

    def __init__(self, hasher: Argon2Hasher) -> None:
        """One of the hasher's places, which is taken already."""
        self._hasher = hasher
        self._working: Future[Any] | None = None

    async def verify(self, encoded: str | None, password: str) -> bool:
        """As that of the hasher, and never overloaded."""
        return await self.run(lambda: self._hasher._verify(encoded, password))

    async def hash(self, password: str) -> str:
        """As that of the hasher, and never overloaded."""
        return await self.run(lambda: self._hasher.hash_now(password))

    async def run(self, work: Callable[[], T]) -> T:
        """Any work, on a thread of the pool."""
        future = self._hasher._pool.submit(work)
        self._working = future
        return await asyncio.wrap_future(future)

    def leave(self) -> None:
        """Give the place back once its last work is done: whoever goes away early leaves a thread
        busy.
        """
        if self._working is None:
            self._hasher._room.release()
        else:
            self._working.add_done_callback(lambda _done: self._hasher._room.release())


def _unmatchable(memory_kib: int, time_cost: int, parallelism: int) -> str:
    """An Argon2id string of today's cost whose tag is random, so that no password makes it.

    Checking against it costs the same as checking a real one, so an unknown address answers as
    slowly as a known one; and making it costs nothing at start.
    """
    salt, tag = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32)
    )
    return f"$argon2id$v=19$m={memory_kib},t={time_cost},p={parallelism}${salt}${tag}"
