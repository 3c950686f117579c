"""Recovery codes: ten one-time codes that get somebody in without the phone.

80 bits each (NIST SP 800-63B-4 section 3.1.2 asks for at least 64 where only a hash is kept),
written with the 32 signs of Crockford's base32, which has no I, L, O and U, in groups of four.
Only keyed hashes are stored; a code is used up by one conditional update (promise P2).
"""

from dataclasses import dataclass

from twofold.core.people import Instant

COUNT = 10
"""Codes in a set."""
BYTES = 10
"""Random bytes behind each."""
FEW = 4
"""With fewer than these left the person is told after each sign-in."""
LONGEST_TYPED = 64
SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH, _GROUP, _BITS = 16, 4, 5
_SIZES = f"A recovery code has {_LENGTH} signs, a temporary pass has 10."
_HYPHENS = "-\u2010\u2011"
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})


@dataclass(frozen=True, slots=True)
class NotARecoveryCode:
    """What was typed has not the form of one; nothing was looked up, and it counts as no try."""

    sentence: str


@dataclass(frozen=True, slots=True)
class RecoveryStanding:
    """What somebody has in store."""

    left: int
    made_at: Instant
    stored_at: Instant | None
    """When the person said that they have stored them, or None."""

    @property
    def is_few(self) -> bool:
        """Time to make new ones."""
        return self.left < FEW


def code_of(random: bytes) -> str:
    """The code in ten random bytes: `7KQ2-M0XH-…`. Raises `ValueError` for another length."""
    if len(random) != BYTES:
        raise ValueError("a recovery code is made of ten bytes")
    number = int.from_bytes(random, "big")
    signs = [SIGNS[number >> _BITS * n & 31] for n in reversed(range(_LENGTH))]
    return "-".join("".join(signs[n : n + _GROUP]) for n in range(0, _LENGTH, _GROUP))


def parse(typed: str) -> str | NotARecoveryCode:
    """The code in the one form that is hashed, from what somebody typed.

    Case, blanks and hyphens do not matter, and O is read as 0, I and L as 1: nobody can tell them
    apart on a printed sheet.
    """
    signs = bare(typed)
    if signs is None:
        return NotARecoveryCode(f"{_SIZES} You entered far more.")
    if not signs:
        return NotARecoveryCode("Enter a recovery code or a temporary pass.")
    if any(sign not in SIGNS for sign in signs):
        return NotARecoveryCode("Both are made of letters and digits only.")
    if len(signs) != _LENGTH:
        return NotARecoveryCode(f"{_SIZES} You entered {len(signs)}.")
    return signs


def bare(typed: str) -> str | None:
    """What somebody typed without blanks and hyphens, in one case and with O, I and L as digits;
    None for far too much.
    """
    if len(typed) > LONGEST_TYPED:
        return None
    signs = (sign for sign in typed.upper() if not sign.isspace() and sign not in _HYPHENS)
    return "".join(signs).translate(_ALIKE)
