"""The phones and passwords of the people of the demonstration, in memory and nowhere else."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from twofold.core.otp import STEP_SECONDS, code_at, step_at
from twofold.core.people import DAY, Instant, email_key

_CONSONANTS, _VOWELS = "bdfghklmnprstvz", "aeiou"


def new_password() -> str:
    """A password that nobody has guessed and everybody can type: 62 bits."""
    word = ("".join(map(secrets.choice, (_CONSONANTS, _VOWELS) * 2)) for _ in range(5))
    return "-".join(word)


@dataclass(slots=True)
class Entry:
    """One entry of an authenticator app, on a phone whose clock may differ from ours."""

    name: str
    secret: bytes = field(repr=False)
    ahead: int = 0
    """Seconds by which the phone's clock is ahead of ours."""
    gains: float = 0.0
    """Seconds that it gains in a day, from `since` on."""
    since: Instant = 0
    used: int = 0
    """The last step whose code was typed."""

    def shown_at(self, now: Instant) -> Instant:
        """What the phone's clock shows."""
        gained = self.gains * (now - self.since) / DAY if self.gains else 0.0
        return now + self.ahead + round(gained)

    def code(self, now: Instant, *, steps: int = 0) -> str:
        """The six digits that the app shows now, or showed so many steps ago (negative)."""
        return code_at(self.secret, step_at(self.shown_at(now)) + steps)

    def pair(self, now: Instant) -> tuple[str, str]:
        """The code before and the present one, or, where that was typed, the next: what somebody
        types who waits for a new code.
        """
        step = max(step_at(self.shown_at(now)), self.used + 1)
        self.used = step
        return code_at(self.secret, step - 1), code_at(self.secret, step)

    def left(self, now: Instant) -> int:
        """Seconds until the app shows the next code."""
        return STEP_SECONDS - self.shown_at(now) % STEP_SECONDS


@dataclass(slots=True)
class Holder:
    """What one person has in their hands and in their head."""

    name: str
    email: str
    password: str = field(repr=False)
    entries: list[Entry] = field(default_factory=list)
    codes: list[str] = field(default_factory=list, repr=False)
    """Recovery codes that were not used."""
    told: str = field(default="", repr=False)
    """A temporary pass that the help desk has read out to them."""


class Phones:
    """Everybody's, by address. Only the process of the demonstration ever holds one."""

    def __init__(self) -> None:
        """Nobody has anything."""
        self._holders: dict[str, Holder] = {}

    def __iter__(self) -> Iterator[Holder]:
        """Everybody, in the order in which they came."""
        return iter(self._holders.values())

    def give(self, name: str, email: str) -> Holder:
        """Somebody new, with a new password."""
        holder = Holder(name, email, new_password())
        self._holders[email_key(email)] = holder
        return holder

    def of(self, email: str) -> Holder | None:
        """What the person with this address holds, or None for somebody added later."""
        return self._holders.get(email_key(email))
