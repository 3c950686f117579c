"""The store on SQLite: one storage thread with group commit.

SQLite has one writer at a time, and a durable commit costs a wait for the disk. So one thread
takes all the flows that wait, runs each under a savepoint, commits once, and only then answers
them all: nobody hears of anything that could still be lost (promise P7). A flow that raises loses
its own savepoint and nothing else; a commit that fails fails everybody in it.

The two look-ups behind every page do not go there. They run on the caller's own thread, on a
read-only connection, with a statement that the driver keeps prepared: some ten microseconds,
less than handing the work to another thread would cost.
"""

import asyncio
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from twofold.core.errors import Overloaded, StorageUnavailable
from twofold.core.people import Instant
from twofold.core.sessions import Caller, HalfCaller
from twofold.core.sites import Visit
from twofold.ports import Random, Tx
from twofold.storage import sessions, sign_ins, sites
from twofold.storage.engine import (
    is_outage,
    sqlite_driver,
    sqlite_engine,
    sqlite_read_engine,
    sqlite_reader,
)
from twofold.storage.journal import NO_JOURNAL, Keeps
from twofold.storage.sealing import KeyRing
from twofold.storage.statements import Statement
from twofold.storage.transaction import Transaction

P = ParamSpec("P")
T = TypeVar("T")
Loop = asyncio.AbstractEventLoop

log = logging.getLogger(__name__)

QUEUE_LIMIT = 2000
"""Flows that may wait; at some thousands a second this is less than a second's work."""
BATCH_LIMIT = 256
"""Flows in one commit: enough to make the wait for the disk small, few enough to answer soon."""
READY_TIMEOUT = 5
"""Seconds within which a ready store runs an empty flow."""


@dataclass(slots=True)
class Job:
    """A flow on its way: what to run, whom to answer, and the outcome."""

    flow: Callable[[Tx], Any]
    future: "asyncio.Future[Any] | Future[Any]"
    loop: Loop | None
    """The asyncio loop that `future` belongs to, or None for a blocking caller."""
    value: object = None
    error: BaseException | None = None

    def settle(self) -> None:
        """Tell the caller, unless they have gone away."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.value)
        else:
            self.future.set_exception(self.error)


class JobQueue:
    """Flows that wait, bounded, in order."""

    def __init__(self, limit: int) -> None:
        """At most `limit` at once."""
        self._limit = limit
        self._jobs: list[Job] = []
        self._closed = False
        self._changed = threading.Condition()

    def put(self, job: Job) -> None:
        """Append. Raises `Overloaded` if it is full, `StorageUnavailable` once it is closed."""
        with self._changed:
            if self._closed:
                raise StorageUnavailable("The storage is closed.")
            if len(self._jobs) >= self._limit:
                raise Overloaded
            self._jobs.append(job)
            self._changed.notify()

    def take(self, most: int) -> list[Job]:
        """Everything that waits, up to `most`; waits for the first. Empty only once closed."""
        with self._changed:
            while not self._jobs and not self._closed:
                self._changed.wait()
            batch, self._jobs = self._jobs[:most], self._jobs[most:]
            return batch

    def close(self) -> None:
        """Take no more; what waits is still served."""
        with self._changed:
            self._closed = True
            self._changed.notify()


class SqliteStore:
    """See `ports.Store`."""

    def __init__(
        self,
        path: Path,
        ring: KeyRing,
        random: Random,
        *,
        driver: ModuleType | None = None,
        queue_limit: int = QUEUE_LIMIT,
        journal: Keeps = NO_JOURNAL,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        """On the migrated database at `path`; `on_close` is called when all is closed."""
        driver = driver or sqlite_driver()
        self._engine = sqlite_engine(path, driver)
        self._reading_engine = sqlite_read_engine(path, driver)
        self._ring, self._random, self._journal = ring, random, journal
        self._on_close = on_close
        self._queue = JobQueue(queue_limit)
        self._connection: Connection | None = None
        self._reader, self._reading = sqlite_reader(path, driver), threading.Lock()
        self._thread = threading.Thread(target=self._work, name="storage", daemon=True)
        self._thread.start()

    async def run(
        self, flow: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `flow` and answer after its commit is durable."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._queue.put(Job(lambda tx: flow(tx, *args, **kwargs), future, loop))
        return await future

    def call(
        self, flow: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same for callers that may block."""
        future: Future[T] = Future()
        self._queue.put(Job(lambda tx: flow(tx, *args, **kwargs), future, None))
        return future.result()

    def read(
        self, flow: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same on a read-only connection of its own, on the caller's thread."""
        try:
            with self._reading_engine.begin() as connection:
                return flow(Transaction(connection, self._ring, self._random), *args, **kwargs)
        except DBAPIError as error:
            raise as_answer(error) from error

    async def caller(self, token: bytes, now: Instant) -> Caller | None:
        """The session look-up, inline."""
        row = self._read(sessions.BY_TOKEN, sessions.look_up(token, now))
        return None if row is None else sessions.caller_of(row)

    async def half_caller(self, token: bytes, now: Instant) -> HalfCaller | None:
        """The look-up of a half-finished sign-in, inline."""
        row = self._read(sign_ins.BY_TOKEN, {"token": token, "now": now})
        return None if row is None else sign_ins.half_caller_of(row)

    async def visit(self, host: str, token: bytes, now: Instant) -> Visit | None:
        """The look-up behind a protected site, inline."""
        row = self._read(sites.VISIT, sites.look_up(host, token, now))
        return None if row is None else sites.visit_of(row)

    async def ready(self) -> bool:
        """Whether the storage thread begins and ends a transaction in time."""
        try:
            await asyncio.wait_for(self.run(nothing), READY_TIMEOUT)
        except (StorageUnavailable, Overloaded, TimeoutError):
            return False
        return True

    def close(self) -> None:
        """Serve what waits, then close."""
        self._queue.close()
        self._thread.join()
        with self._reading:
            self._reader.close()
        self._drop_connection()
        self._engine.dispose()
        self._on_close()

    def _read(self, statement: Statement, values: dict[str, Any]) -> Sequence[Any] | None:
        try:
            with self._reading:
                found = self._reader.execute(statement.text, statement.arguments(values))
                row: Sequence[Any] | None = found.fetchone()
        except Exception as error:
            # Raw driver errors have no common class; whatever it is, nobody is let in (P6).
            raise StorageUnavailable from error
        return row

    def _work(self) -> None:
        while batch := self._queue.take(BATCH_LIMIT):
            try:
                self._commit_together(batch)
            except Exception as error:
                log.exception("A commit failed; %d flows were undone.", len(batch))
                self._drop_connection()
                for job in batch:
                    job.error = StorageUnavailable()
                    job.error.__cause__ = error
            answer(batch)

    def _commit_together(self, batch: Sequence[Job]) -> None:
        if self._connection is None:
            self._connection = self._engine.connect()
        tx = Transaction(self._connection, self._ring, self._random, self._journal)
        with self._connection.begin():
            raw = self._connection.connection.dbapi_connection
            for job in batch:
                run_under_savepoint(job, tx, raw)

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()


def run_under_savepoint(job: Job, tx: Tx, raw: Any) -> None:
    """Run one flow. Its exception undoes what it wrote and becomes its answer.

    If the savepoint cannot be undone, as when a full disk made SQLite give the whole transaction
    up, this raises, and with it the batch fails.
    """
    raw.execute("SAVEPOINT flow")
    try:
        job.value = job.flow(tx)
    except BaseException as error:
        raw.execute("ROLLBACK TO flow")
        job.error = as_answer(error)
    raw.execute("RELEASE flow")


def as_answer(error: BaseException) -> BaseException:
    """What a flow raised, as its caller gets it."""
    if isinstance(error, DBAPIError) and is_outage(error):
        outage = StorageUnavailable()
        outage.__cause__ = error
        return outage
    if isinstance(error, StopIteration):
        return RuntimeError("A flow raised StopIteration.")  # No future can carry it.
    return error


def answer(batch: Sequence[Job]) -> None:
    """Settle all jobs: at once for blocking callers, by one call per loop for the others."""
    by_loop: dict[Loop, list[Job]] = defaultdict(list)
    for job in batch:
        if job.loop is None:
            job.settle()
        else:
            by_loop[job.loop].append(job)
    for loop, jobs in by_loop.items():
        try:
            loop.call_soon_threadsafe(settle_all, jobs)
        except RuntimeError:
            log.warning("A loop was closed before %d answers reached it.", len(jobs))


def settle_all(jobs: Sequence[Job]) -> None:
    """Settle each; runs on the loop that they belong to."""
    for job in jobs:
        job.settle()


def nothing(_tx: Tx) -> None:
    """The empty flow."""
