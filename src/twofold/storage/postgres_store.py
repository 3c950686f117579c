"""The store on PostgreSQL: a pool of storage threads, each flow in its own short transaction.

The database orders the writers, at READ COMMITTED: rows are claimed by conditional updates, and
what must not move meanwhile is locked by its flow. A flow that PostgreSQL undid because of its
neighbours (serialization failure, deadlock), or whose connection turned out to be dead, is run
again, a few times, after a short random wait: nothing of it was committed. A commit whose answer
never came is another matter. It may stand, so it is reported and never repeated.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from twofold.core.errors import Overloaded, StorageUnavailable
from twofold.core.people import Instant
from twofold.core.sessions import Caller, HalfCaller
from twofold.core.sites import Visit
from twofold.ports import Random, Tx
from twofold.storage.engine import (
    POSTGRES_READER,
    is_lost,
    is_outage,
    is_retryable,
    postgres_engine,
)
from twofold.storage.journal import NO_JOURNAL, Keeps
from twofold.storage.sealing import KeyRing
from twofold.storage.transaction import Transaction

P = ParamSpec("P")
T = TypeVar("T")
Options = Mapping[str, Any]
"""What SQLAlchemy calls the execution options of a connection."""
NO_OPTIONS: Options = {}

log = logging.getLogger(__name__)

THREADS = 8
QUEUE_LIMIT = 2000
"""Flows that may run and wait."""
TRIES = 5
LONGEST_FIRST_WAIT = 0.02
"""Seconds; the wait before a new try is random up to this, doubled with each try."""
READY_TIMEOUT = 5
"""Seconds within which a ready store runs an empty flow."""
UNKNOWN = (
    "The database did not answer in time, so it is not known whether the change was made. "
    "Look before you try again."
)


class TryAgain(Exception):
    """The transaction was undone through no fault of its flow."""


class PostgresStore:
    """See `ports.Store`."""

    def __init__(
        self,
        url: URL,
        ring: KeyRing,
        random: Random,
        *,
        threads: int = THREADS,
        queue_limit: int = QUEUE_LIMIT,
        journal: Keeps = NO_JOURNAL,
    ) -> None:
        """On the migrated database at `url`, with `threads` threads and connections."""
        self._engine = postgres_engine(url, threads)
        self._ring, self._random, self._journal = ring, random, journal
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="storage")
        self._places = threading.BoundedSemaphore(queue_limit)
        self._closed = False

    async def run(
        self, flow: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `flow` and answer after its commit is durable."""
        return await asyncio.wrap_future(self._submit(lambda tx: flow(tx, *args, **kwargs)))

    def call(
        self, flow: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same for callers that may block."""
        return self._submit(lambda tx: flow(tx, *args, **kwargs)).result()

    def read(
        self, flow: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same in a transaction that cannot write."""
        return self._submit(lambda tx: flow(tx, *args, **kwargs), POSTGRES_READER).result()

    async def caller(self, token: bytes, now: Instant) -> Caller | None:
        """The session look-up."""
        return await self.run(lambda tx: tx.sessions.by_token(token, now))

    async def half_caller(self, token: bytes, now: Instant) -> HalfCaller | None:
        """The look-up of a half-finished sign-in."""
        return await self.run(lambda tx: tx.sign_ins.by_token(token, now))

    async def visit(self, host: str, token: bytes, now: Instant) -> Visit | None:
        """The look-up behind a protected site."""
        return await self.run(lambda tx: tx.protected.visit(host, token, now))

    async def ready(self) -> bool:
        """Whether the database answers in time."""
        try:
            await asyncio.wait_for(self.run(lambda tx: tx.accounts.count()), READY_TIMEOUT)
        except (StorageUnavailable, Overloaded, TimeoutError):
            return False
        return True

    def close(self) -> None:
        """Serve what waits, then close."""
        self._closed = True
        self._threads.shutdown(wait=True)
        self._engine.dispose()

    def _submit(self, flow: Callable[[Tx], T], options: Options = NO_OPTIONS) -> "Future[T]":
        if self._closed:
            raise StorageUnavailable("The storage is closed.")
        if not self._places.acquire(blocking=False):
            raise Overloaded
        try:
            future = self._threads.submit(self._run, flow, options)
        except RuntimeError as error:
            self._places.release()
            raise StorageUnavailable("The storage is closed.") from error
        future.add_done_callback(lambda _: self._places.release())
        return future

    def _run(self, flow: Callable[[Tx], T], options: Options) -> T:
        for number in range(TRIES):
            try:
                return self._try(flow, options)
            except TryAgain as error:
                log.info("A transaction is run again: %s", error)
                self._wait(number)
        raise StorageUnavailable

    def _try(self, flow: Callable[[Tx], T], options: Options) -> T:
        try:
            with self._engine.connect().execution_options(**options) as connection:
                connection.begin()  # A statement that goes to the driver itself begins nothing.
                value = flow(Transaction(connection, self._ring, self._random, self._journal))
                commit(connection)
                return value
        except PoolTimeout as error:
            raise StorageUnavailable from error
        except DBAPIError as error:
            if is_retryable(error) or is_lost(error):
                raise TryAgain(str(error.orig)) from error
            if is_outage(error):
                raise StorageUnavailable from error
            raise

    def _wait(self, number: int) -> None:
        part = int.from_bytes(self._random.secret()[:2], "big") / 65536
        time.sleep(part * LONGEST_FIRST_WAIT * 2**number)


def commit(connection: Connection) -> None:
    """Commit. Raises `StorageUnavailable` if it is not known whether it was done."""
    try:
        connection.commit()
    except DBAPIError as error:
        if is_retryable(error) or not is_outage(error):
            raise
        raise StorageUnavailable(UNKNOWN) from error
