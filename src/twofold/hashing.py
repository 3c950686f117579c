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
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

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
        if not self._room.acquire(blocking=False):
            raise Overloaded
        try:
            future = self._pool.submit(work)
        except RuntimeError:
            self._room.release()
            raise
        future.add_done_callback(self._leave)
        return await asyncio.wrap_future(future)

    def _leave(self, _done: Future[T]) -> None:
        self._room.release()


def _unmatchable(memory_kib: int, time_cost: int, parallelism: int) -> str:
    """An Argon2id string of today's cost whose tag is random, so that no password makes it.

    Checking against it costs the same as checking a real one, so an unknown address answers as
    slowly as a known one; and making it costs nothing at start.
    """
    salt, tag = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32)
    )
    return f"$argon2id$v=19$m={memory_kib},t={time_cost},p={parallelism}${salt}${tag}"
