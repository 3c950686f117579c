"""Temporary passes: one code in place of the phone, made by the help desk, for a day at most.

Ten signs of the alphabet of recovery codes, 50 random bits, in two groups of five, so that they
can be read out on the telephone. Somebody with the password who tries a thousand a second for the
whole day hits one with a chance of 8e-8; the guard ends a sign-in after five. Only a keyed hash is
stored; a pass that is for once is used up by one conditional update (promise P2).
"""

from dataclasses import dataclass

from twofold.core.people import Instant
from twofold.core.recovery import SIGNS, bare

LENGTH = 10
BYTES = 7
"""Random bytes behind a pass; 50 of their 56 bits are taken."""
_GROUP, _BITS = 5, 5
_SPELLED = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("Alfa", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "Juliett"),
    *("Kilo", "Mike", "November", "Papa", "Quebec", "Romeo", "Sierra", "Tango", "Victor"),
    *("Whiskey", "Xray", "Yankee", "Zulu"),
)
"""The signs as they are said on the telephone (ICAO spelling alphabet)."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A temporary pass as it is stored: without the code."""

    id: str
    account_id: str
    person_id: str
    created_at: Instant
    expires_at: Instant
    once: bool
    used_at: Instant | None
    """When it was last used."""
    ended_at: Instant | None
    """When it was ended before its time."""
    made_by: str


def code_of(random: bytes) -> str:
    """The pass in seven random bytes: `7KQ2M-0XHTR`. Raises `ValueError` for another length."""
    if len(random) != BYTES:
        raise ValueError("a temporary pass is made of seven bytes")
    number = int.from_bytes(random, "big")
    signs = "".join(SIGNS[number >> _BITS * n & 31] for n in range(LENGTH))
    return f"{signs[:_GROUP]}-{signs[_GROUP:]}"


def parse(typed: str) -> str | None:
    """The pass in the one form that is hashed, from what somebody typed; None for anything that
    has not the form of one. Read as a recovery code is: case, blanks and hyphens do not matter.
    """
    signs = bare(typed)
    return signs if signs is not None and len(signs) == LENGTH else None


def spelled(code: str) -> list[str]:
    """The signs of a pass as they are said: “seven”, “Kilo”, “Quebec”."""
    return [_SPELLED[SIGNS.index(sign)] for sign in code if sign in SIGNS]
