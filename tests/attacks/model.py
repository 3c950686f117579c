"""What may be true of a sign-in, told from the history of requests alone.

The product is not asked what it thinks: a session is here what somebody has *shown* (a password
of this version, a code of this secret), and until when that holds.
"""

from dataclasses import dataclass, field

from tests.security_keys import SecurityKey
from twofold.core.people import DAY, HOUR, MINUTE, Instant, Role

FACTORS = {"otp", "passkey", "recovery"}
"""What may have been shown beside the password."""


@dataclass
class Someone:
    """A person, their password, their phone, their keys and the sheet with their codes."""

    id: str
    email: str
    role: Role
    password: str
    earlier: list[str] = field(default_factory=list)
    """Passwords that were right once."""
    version: int = 0
    is_active: bool = True
    is_stolen: bool = False
    """The password counts as stolen."""
    has_mailed_password: bool = False
    """A mailed link has set it, and nobody has completed a sign-in with it and a factor."""
    apps: set[str] = field(default_factory=set)
    """The ids of the authenticator apps that count."""
    keys: dict[str, SecurityKey] = field(default_factory=dict)
    """The passkeys that count, by id."""
    lost_keys: list[SecurityKey] = field(default_factory=list)
    """Those that were removed."""
    codes: list[str] = field(default_factory=list)
    """Recovery codes that still get in."""
    dead_codes: list[str] = field(default_factory=list)
    """Those that were used, or that newer ones replaced."""
    secrets: dict[str, bytes] = field(default_factory=dict)
    """Every secret that the phone ever scanned, by the id of its authenticator."""
    steps: dict[str, int] = field(default_factory=dict)
    """The last accepted step of each."""
    begun_in: dict[str, "Shown | None"] = field(default_factory=dict)
    """In which session a set-up began; None for the mailed link."""
    begun_for: dict[str, set[str] | None] = field(default_factory=dict)
    """What a set-up takes the place of, by its id; None for all that there is."""
    off: dict[str, int] = field(default_factory=dict)
    """By how many steps the clock of a phone is off, as two codes in a row have shown."""
    asked: tuple[Instant, int] = (0, -1)
    """Until when a link lives that begins a wait, and under which password it was asked for."""
    waits_since: Instant | None = None
    """When the wait that runs began."""
    anew_until: tuple[Instant, int] = (0, -1)
    """Until when a link lives that sets up anew, and for which password."""

    @property
    def app(self) -> str:
        """The newest of the apps, or ""."""
        return max(self.apps, default="")

    @property
    def has_factor(self) -> bool:
        """Whether the password alone opens nothing."""
        return bool(self.apps or self.keys)

    @property
    def factors(self) -> frozenset[str]:
        """Everything that counts."""
        return frozenset(self.apps | set(self.keys))

    def shows_codes(self, codes: list[str]) -> None:
        """New codes, in place of all earlier ones."""
        self.dead_codes += self.codes
        self.codes = codes


@dataclass(eq=False)
class Shown:
    """A session: what was shown, and when."""

    who: Someone
    methods: set[str]
    password_at: Instant
    factor_at: Instant | None
    created_at: Instant
    seen_at: Instant
    by_trust: bool = False
    is_over: bool = False

    def is_alive(self, now: Instant) -> bool:
        """A day at most, an hour without use."""
        in_time = now - self.created_at < 24 * HOUR and now - self.seen_at < HOUR
        return in_time and not self.is_over and self.who.is_active

    def is_fresh(self, now: Instant) -> bool:
        """As much was shown as there is to show, in the last five minutes."""
        at = self.factor_at if self.who.has_factor else self.password_at
        return at is not None and 0 <= now - at <= 5 * MINUTE


@dataclass(eq=False)
class Half:
    """A half-finished sign-in: a right password of one version."""

    who: Someone
    version: int
    is_for_code: bool
    expires_at: Instant
    is_over: bool = False

    def is_alive(self, now: Instant) -> bool:
        """Not finished, not late, under the present password."""
        same = self.version == self.who.version and self.who.is_active
        return same and not self.is_over and now < self.expires_at


@dataclass(frozen=True)
class Trust:
    """A browser may skip the code of a person, while nothing changes."""

    until: Instant
    version: int
    factors: frozenset[str]


@dataclass
class Tries:
    """Wrong codes of one person that were really compared."""

    unknown: list[Instant] = field(default_factory=list)
    unknown_pairs: list[Instant] = field(default_factory=list)
    known: dict[str, list[Instant]] = field(default_factory=dict)
    """By the cookie of the known browser that sent them."""
    set_up: list[Instant] = field(default_factory=list)

    def most_allowed(self, now: Instant, *, strict: bool) -> None:
        """Raises `AssertionError` where the ladder of docs/design/guard.md is broken."""
        singles, pairs = within(self.unknown, now), within(self.unknown_pairs, now)
        assert singles <= (0 if strict else 5), "single codes of unknown browsers"
        assert singles + pairs <= 50, "codes of unknown browsers"
        for sent in self.known.values():
            # A known browser that has used up its own budget draws on that of the unknown ones.
            assert within(sent, now) <= 30 + 50, "codes of a known browser"
        everywhere = singles + sum(within(sent, now) for sent in self.known.values())
        assert everywhere <= 50 + 30 * len(self.known), "codes from anywhere"
        assert within(self.set_up, now, 15 * MINUTE) <= 10, "codes of a set-up"


def within(moments: list[Instant], now: Instant, window: int = 30 * DAY) -> int:
    """How many of them lie in the last `window` seconds."""
    return sum(now - window < at <= now for at in moments)


@dataclass
class Model:
    """Everybody, and everything that was handed out."""

    people: dict[str, Someone] = field(default_factory=dict)
    requires_factor: bool = False
    sessions: dict[str, Shown] = field(default_factory=dict)
    """By the value of the cookie; a value that was replaced is not here any more."""
    halves: dict[str, Half] = field(default_factory=dict)
    known: set[tuple[str, str]] = field(default_factory=set)
    """Cookie of a browser, person: a sign-in of theirs was completed in it."""
    trusts: dict[tuple[str, str], Trust] = field(default_factory=dict)
    tries: dict[str, Tries] = field(default_factory=dict)

    def session(self, token: str, now: Instant) -> Shown | None:
        """What a cookie stands for, if it opens anything now."""
        shown = self.sessions.get(token)
        if shown is None or not shown.is_alive(now) or not self.suffices(shown):
            return None
        return shown

    def suffices(self, shown: Shown) -> bool:
        """Somebody who has a factor, or must have one, has shown it, or is trusted here."""
        enrolled = shown.who.has_factor
        if enrolled and shown.by_trust:
            return True
        return bool(shown.methods & FACTORS) or not (enrolled or self.requires_factor)

    def may_skip_code(self, browser: str, who: Someone, now: Instant) -> bool:
        """Whether the person trusted this browser, and nothing has changed since."""
        trust = self.trusts.get((browser, who.id))
        return (
            trust is not None
            and now < trust.until
            and (trust.version, trust.factors) == (who.version, who.factors)
            and who.role is Role.MEMBER
        )

    def end_all(self, who: Someone, *, keep: Shown | None = None) -> None:
        """Sessions, half-finished sign-ins and trust of the person end."""
        for shown in self.sessions.values():
            if shown.who is who and shown is not keep:
                shown.is_over = True
        self.end_halves(who)
        for place in [place for place in self.trusts if place[1] == who.id]:
            del self.trusts[place]

    def end_halves(self, who: Someone) -> None:
        """Half-finished sign-ins of the person end."""
        for half in self.halves.values():
            if half.who is who:
                half.is_over = True

    def switch_on(self) -> None:
        """Sessions that no factor opened end."""
        self.requires_factor = True
        for shown in self.sessions.values():
            if shown.factor_at is None:
                shown.is_over = True
