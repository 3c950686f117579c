"""What the flows need from the world, as Protocols; the adapters behind them are chosen in
`bootstrap.py` and nowhere else.

A flow is a plain function whose first argument is a `Tx`: one open transaction with one small
repository per noun. It returns a value (also when it refuses) and everything it wrote is
committed, or it raises and nothing is.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from twofold.core.apps import Catalogue
from twofold.core.people import Instant
from twofold.core.sessions import Caller, HalfCaller
from twofold.core.sites import Visit
from twofold.ports.applying import Applications, Verifications
from twofold.ports.authenticating import Authenticators, Challenges, Passkeys, Recovery
from twofold.ports.comparing import Comparisons, SetUps, Success
from twofold.ports.grouping import GroupRow, Groups
from twofold.ports.guarding import Attempts, Browsers, Counters
from twofold.ports.helping import Desk, Passes
from twofold.ports.listing import PeopleTable, SavedFilter, SavedFilters
from twofold.ports.nouns import (
    Accounts,
    Events,
    Links,
    People,
    PersonRow,
    Sessions,
    SignIns,
    Tally,
    Uploads,
)
from twofold.ports.posting import (
    Delivery,
    Letter,
    Mailer,
    Mails,
    MailTexts,
    Postbox,
    Rendered,
    ReportBox,
)
from twofold.ports.protecting import ProtectedSites
from twofold.ports.randomness import Random
from twofold.ports.recovering import Addresses, Waits
from twofold.ports.rolling_out import Enrolments, Exemptions, Expansions, NearStops
from twofold.ports.tx import Tx

P = ParamSpec("P")
T = TypeVar("T")


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> Instant:
        """Seconds since the epoch, UTC."""
        ...


class Store(Protocol):
    """Runs flows, each in one transaction; owns the threads on which they run."""

    async def run(
        self, flow: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `flow` and answer after its commit is durable. Raises what the flow raised,
        `Overloaded` if the queue is full, `StorageUnavailable` if the database is away.
        """
        ...

    def call(
        self, flow: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same for callers that may block: commands and the worker."""
        ...

    def read(
        self, flow: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same for a flow that only reads, however long: it sees one moment of the database,
        and writers go on beside it. Raises if the flow writes.
        """
        ...

    async def caller(self, token: bytes, now: Instant) -> Caller | None:
        """The session look-up behind every page: one indexed read, no transaction."""
        ...

    async def half_caller(self, token: bytes, now: Instant) -> HalfCaller | None:
        """The same for a half-finished sign-in."""
        ...

    async def visit(self, host: str, token: bytes, now: Instant) -> Visit | None:
        """The look-up behind every request to a protected site: the same, with the site."""
        ...

    async def ready(self) -> bool:
        """Whether a flow would run now; for `/readyz`. Never raises."""
        ...

    def close(self) -> None: ...


class Seat(Protocol):
    """A place in the hasher's pool."""

    async def verify(self, encoded: str | None, password: str) -> bool:
        """As `Hasher.verify`, and never overloaded."""
        ...

    async def hash(self, password: str) -> str:
        """As `Hasher.hash`, and never overloaded."""
        ...


class Hasher(Protocol):
    """Argon2id in a bounded pool, never inside a transaction."""

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether it is the password. With None the same work is done for nothing, so that an
        unknown address answers as slowly as a known one. Raises `Overloaded`.
        """
        ...

    async def hash(self, password: str) -> str:
        """A new Argon2id string. Raises `Overloaded`."""
        ...

    def seat(self) -> AbstractContextManager["Seat"]:
        """A place in the pool, kept until the end of the block. Taken before a try is charged, so
        that whoever is turned away has not paid. Raises `Overloaded`.
        """
        ...

    def hash_now(self, password: str) -> str:
        """The same, blocking: for commands."""
        ...

    def needs_rehash(self, encoded: str) -> bool:
        """Whether the settings have grown since this was made."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """Everything outside the flows that a face or the worker may use."""

    store: Store
    hasher: Hasher
    clock: Clock
    random: Random
    mailer: Mailer
    postbox: Postbox
    public_url: str
    """Scheme, host and port under which people reach us; links come from this alone."""
    common_passwords: frozenset[str]
    """Passwords that a guesser tries first, refused when one is chosen."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Whose word on where a request comes from is taken."""
    apps: Catalogue = Catalogue()
    """What is known about authenticator apps."""
    reports: ReportBox | None = None
    """Where reports about our mails arrive, if the operator named a place."""
    mails_per_minute: int = 0
    """How many mails the deployment hands over in a minute at most; 0 for as many as there are."""
    report_token: str | None = field(default=None, repr=False)
    """What a mail provider proves itself with when it posts reports; None for nobody."""


__all__ = [
    "Accounts",
    "Addresses",
    "Applications",
    "Attempts",
    "Authenticators",
    "Browsers",
    "Challenges",
    "Clock",
    "Comparisons",
    "Counters",
    "Delivery",
    "Desk",
    "Enrolments",
    "Events",
    "Exemptions",
    "Expansions",
    "GroupRow",
    "Groups",
    "Hasher",
    "Letter",
    "Links",
    "MailTexts",
    "Mailer",
    "Mails",
    "NearStops",
    "Passes",
    "Passkeys",
    "People",
    "PeopleTable",
    "PersonRow",
    "Postbox",
    "ProtectedSites",
    "Random",
    "Recovery",
    "Rendered",
    "ReportBox",
    "SavedFilter",
    "SavedFilters",
    "Sessions",
    "SetUps",
    "SignIns",
    "Store",
    "Success",
    "Tally",
    "Tx",
    "Uploads",
    "Verifications",
    "Waits",
    "World",
]
