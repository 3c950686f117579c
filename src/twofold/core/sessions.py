"""Half-finished sign-ins and complete sessions: two kinds, two tables, two cookies.

They are never the same row: a sign-in that still lacks its factor cannot be mistaken for a
session, whatever flag is forgotten (promise P4).
"""

from dataclasses import dataclass
from enum import StrEnum

from twofold.core.people import HOUR, MINUTE, Account, Instant, Person

SIGN_IN_LIFETIME = 10 * MINUTE
"""Seconds that a half-finished sign-in lives. Long enough to look for the phone (WCAG 2.2.1)."""
ENROLLING_LIFETIME = HOUR
"""Seconds that somebody who must set up first has for reading the mail and finding an app."""
SESSION_LIFETIME = 24 * HOUR
"""Seconds after which a session ends whatever happens (NIST SP 800-63B-4 section 2.2.3)."""
SESSION_IDLE = HOUR
"""Seconds without a request after which a session ends (NIST SP 800-63B-4 section 2.2.3)."""
TOUCH_EVERY = MINUTE
"""Seconds between two writes of a session's last use."""
FRESH = 5 * MINUTE
"""Seconds for which a proof of password or factor allows a sensitive act (promise P4)."""


class Stage(StrEnum):
    """What a half-finished sign-in waits for."""

    CODE = "code"
    ENROL = "enrol"


@dataclass(frozen=True, slots=True)
class SignIn:
    """The state between a right password and a session. May only finish or cancel."""

    id: str
    account_id: str
    person_id: str
    stage: Stage
    password_version: int
    return_to: str
    """The same-origin path that was asked for, reached after the sign-in."""
    failures: int
    """Wrong codes in this very sign-in; five end it."""
    link_open: bool
    """A link that was mailed for this sign-in was opened in its browser."""
    created_at: Instant
    expires_at: Instant


PASSKEYS = frozenset({"hwk", "swk"})
"""Methods of passkeys (RFC 8176), in one device or copied between several. No other site can ask
for them: they are phishing-resistant."""
SECOND_FACTORS = frozenset({"otp", "recovery"}) | PASSKEYS
"""Methods that prove a second factor."""
PASS = "pass"  # noqa: S105 - the name of a method
"""The method of a temporary pass, which has no reference in RFC 8176."""
SECOND_STEPS = SECOND_FACTORS | {PASS}
"""Methods that open a session where a second step is asked for. A pass proves no factor."""


@dataclass(frozen=True, slots=True)
class Session:
    """The proven state of one browser."""

    id: str
    account_id: str
    person_id: str
    methods: tuple[str, ...]
    """RFC 8176 method references, in order of proof: `("pwd",)`, `("pwd", "otp")`,
    `("pwd", "hwk")`, or `("hwk", "user", "mfa")` for a passkey alone; "recovery" for a recovery
    code and "pass" for a temporary pass, which have no reference there."""
    password_at: Instant
    """When the password was last proved in this session; 0 if it never was."""
    factor_at: Instant | None
    """When a second factor was last proved in this session, or None."""
    created_at: Instant
    seen_at: Instant
    trusted: bool
    """Opened by a trusted browser without a code: `amr` is `pwd`, and anything sensitive asks for
    the code first."""
    browser_id: str | None
    """The known browser that it runs in, or None."""
    browser: str
    address: str
    ends_at: Instant | None = None
    """When it ends at the latest because a temporary pass opened it; None for all others, and
    from when the second factor was proved in it."""

    @property
    def is_by_pass(self) -> bool:
        """Opened by a temporary pass, and no factor was proved since."""
        return self.ends_at is not None

    def is_alive(self, now: Instant) -> bool:
        """Whether neither the absolute nor the idle limit has passed at `now`."""
        if self.ends_at is not None and now >= self.ends_at:
            return False
        return now - self.created_at < SESSION_LIFETIME and now - self.seen_at < SESSION_IDLE

    def has_fresh_password(self, now: Instant) -> bool:
        """Whether the password was proved in the last five minutes."""
        return 0 <= now - self.password_at <= FRESH

    def has_fresh_factor(self, now: Instant) -> bool:
        """Whether a second factor was proved in the last five minutes."""
        return self.factor_at is not None and 0 <= now - self.factor_at <= FRESH

    def may_set_up(self, now: Instant) -> bool:
        """Whether somebody with a second factor may set up an authenticator now: after a fresh
        proof of the factor; in a session of a temporary pass, which opens nothing else that asks
        for a fresh factor, after a fresh password.
        """
        return self.has_fresh_factor(now) or (self.is_by_pass and self.has_fresh_password(now))


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as one indexed read finds it: the session with its person and account."""

    session: Session
    person: Person
    account: Account
    enrolled: bool
    """The person has an active authenticator."""


@dataclass(frozen=True, slots=True)
class HalfCaller:
    """Who asks with a half-finished sign-in."""

    sign_in: SignIn
    person: Person
    account: Account
