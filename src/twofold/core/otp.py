"""Is a code right? The arithmetic of RFC 4226 and RFC 6238: SHA-1, 6 digits, 30 seconds.

The parameters are fixed, because they are the only ones that every authenticator app computes
alike; some apps take others without complaint and then show wrong codes.

Three steps are looked at for each submitted code, so the HMAC (RFC 2104) is written out here: its
key takes part in two of the four SHA-1 blocks of each HMAC and is the same for all three, so both
blocks are hashed once and the state is copied (RFC 2104 section 4 describes exactly this). That
makes the check faster than three calls of `hmac.digest`, which the tests hold it against.

Whether a right code may still be used is not decided here: `matching_step` returns the step, and
storing that step is the permission (RFC 6238 section 5.2).
"""

import hmac
import re
import struct
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha1
from typing import Protocol, Self

from twofold.core.people import Instant

STEP_SECONDS = 30
"""Seconds that a code is shown for (RFC 6238 section 5.2)."""
DIGITS = 6
"""Decimal digits of a code (RFC 4226 section 5.3)."""
WINDOW = 1
"""Steps accepted on either side of the centre (RFC 6238 section 5.2)."""
LONGEST_TYPED = 64
"""Characters; anything longer is refused unread, so that nobody can make us scan a book."""

_BLOCK = 64
"""Bytes that SHA-1 takes at a time; an HMAC key is brought to this length (RFC 2104 section 2)."""
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_MODULUS: int = 10**DIGITS
_word = struct.Struct(">I").unpack_from

_BLANKS = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
    # Not seen by anybody, but copied along from chats and from right-to-left pages:
    "\u200b\u200e\u200f\u2060\ufeff"
)
_HYPHENS = "-\u2010\u2011\uff0d"
_SAME = str.maketrans(
    {
        **dict.fromkeys(_BLANKS, " "),
        **dict.fromkeys(_HYPHENS, "-"),
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
    }
)
_GROUPS = re.compile(r"[0-9](?:[ -]*[0-9])*")


class _Hash(Protocol):
    """A running SHA-1."""

    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...
    def copy(self) -> Self: ...


class MalformedKind(StrEnum):
    """Why typed text is not a code at all. Nothing of this counts as a guess."""

    EMPTY = "empty"
    TOO_FEW = "too-few"
    TOO_MANY = "too-many"
    NOT_DIGITS = "not-digits"


@dataclass(frozen=True, slots=True)
class Malformed:
    """Text that cannot be a code."""

    kind: MalformedKind
    digits: int
    """How many digits were typed; 0 where they were not counted."""

    @property
    def sentence(self) -> str:
        """What to do, in one or two sentences for the page."""
        match self.kind:
            case MalformedKind.EMPTY:
                return f"Enter the {DIGITS}-digit code from your app."
            case MalformedKind.NOT_DIGITS:
                return "The code is made of digits only."
            case MalformedKind.TOO_MANY if not self.digits:
                return f"The code has {DIGITS} digits. You entered far more than that."
            case _:
                return f"The code has {DIGITS} digits. You entered {self.digits}."


def parse_code(typed: str) -> str | Malformed:
    """Six ASCII digits from what somebody typed, or why there are none.

    Blanks around and between digits, hyphens between digits, and full-width digits (as Japanese
    and Chinese keyboards make them) are the same code. Digits of other scripts are refused: no
    app shows them, so they cannot have been copied from one.
    """
    if len(typed) > LONGEST_TYPED:
        return Malformed(MalformedKind.TOO_MANY, 0)
    tidy = typed.translate(_SAME).strip(" ")
    if not tidy:
        return Malformed(MalformedKind.EMPTY, 0)
    if not _GROUPS.fullmatch(tidy):
        return Malformed(MalformedKind.NOT_DIGITS, 0)
    code = tidy.replace(" ", "").replace("-", "")
    if len(code) == DIGITS:
        return code
    kind = MalformedKind.TOO_FEW if len(code) < DIGITS else MalformedKind.TOO_MANY
    return Malformed(kind, len(code))


def step_at(now: Instant) -> int:
    """The number of the 30-second interval that holds the moment `now` (RFC 6238 section 4.2)."""
    return now // STEP_SECONDS


def code_at(secret: bytes, step: int) -> str:
    """The six digits of `step` (RFC 4226 section 5.3). Raises `OverflowError` below step 0."""
    inner, outer = keyed(secret)
    return f"{_number(inner, outer, step):0{DIGITS}}"


def matching_step(secret: bytes, code: str, now: Instant, drift: int = 0) -> int | None:
    """The step that `code` belongs to, out of the three around `step_at(now) + drift`, or None.

    All three are computed and compared whatever matches, and only then one is chosen, so the time
    taken does not tell a right code from a wrong one. Each comparison is of two whole numbers
    under 2**30, one machine word each: there is no first differing byte at which it could stop
    early, which is what `hmac.compare_digest` guards texts against.

    If the code fits two steps (about once in 300,000 codes), the greatest is returned: only steps
    greater than the last used one are accepted, so with a lower one a fresh code could be refused
    as used, and the greater one leaves less behind that could be replayed.

    Args:
        secret: The shared key, 20 bytes.
        code: What `parse_code` returned.
        now: Seconds since the epoch.
        drift: Steps by which the device's clock is ahead of ours.

    Raises:
        ValueError: `code` is not exactly six ASCII digits.
        OverflowError: A step below 0 would be needed: the moment is before 1970.
    """
    if len(code) != DIGITS or not code.isdigit() or not code.isascii():
        raise ValueError("a code must be parsed before it is checked")
    typed = int(code)
    centre = now // STEP_SECONDS + drift
    before, after = centre - 1, centre + 1
    inner, outer = keyed(secret)
    behind = _number(inner.copy(), outer.copy(), before) == typed
    here = _number(inner.copy(), outer.copy(), centre) == typed
    ahead = _number(inner, outer, after) == typed
    return after if ahead else centre if here else before if behind else None


def matching_pair(
    secret: bytes, first: str, second: str, now: Instant, drift: int = 0, *, window: int = WINDOW
) -> int | None:
    """The step of `second`, if the two are codes of consecutive steps in time, or None.

    The later one must lie within `window` steps of the centre: with the one of `matching_step`
    three pairs are right at any moment, out of a million million. All steps are computed and all
    pairs compared whatever matches; nothing tells which half was wrong. The other arguments and
    the errors are those of `matching_step`.
    """
    for code in (first, second):
        if len(code) != DIGITS or not code.isdigit() or not code.isascii():
            raise ValueError("a code must be parsed before it is checked")
    early, late = int(first), int(second)
    centre = now // STEP_SECONDS + drift
    inner, outer = keyed(secret)
    steps = range(centre - window, centre + window + 1)
    numbers = [_number(inner.copy(), outer.copy(), step) for step in (steps[0] - 1, *steps)]
    matches = [(numbers[n] == early) & (numbers[n + 1] == late) for n in range(len(steps))]
    return next(
        (step for step, match in zip(steps[::-1], matches[::-1], strict=True) if match), None
    )


def mac_at(key: bytes, counter: int, algorithm: str = "sha1") -> bytes:
    """The HMAC of a counter (RFC 4226 section 5.2), also by the hashes that we do not use."""
    return hmac.digest(key, counter.to_bytes(8, "big"), algorithm)


def truncated(mac: bytes, digits: int = DIGITS) -> int:
    """The code in an HMAC, as a number (RFC 4226 section 5.3, RFC 6238 for longer hashes)."""
    word: int = _word(mac, mac[-1] & 0xF)[0]
    modulus: int = 10**digits
    return (word & 0x7FFFFFFF) % modulus


def keyed(secret: bytes) -> tuple[_Hash, _Hash]:
    """The inner and the outer hash of HMAC-SHA-1 after the key's block (RFC 2104 section 2)."""
    key = secret if len(secret) <= _BLOCK else sha1(secret).digest()  # noqa: S324 - by RFC 6238
    block = key.ljust(_BLOCK, b"\0")
    return sha1(block.translate(_INNER)), sha1(block.translate(_OUTER))  # noqa: S324 - likewise


def _number(inner: _Hash, outer: _Hash, step: int) -> int:
    """The code of `step` as a number (RFC 4226 sections 5.2, 5.3). Uses both hashes up."""
    inner.update(step.to_bytes(8, "big"))
    outer.update(inner.digest())
    mac = outer.digest()
    word: int = _word(mac, mac[19] & 0xF)[0]
    return (word & 0x7FFFFFFF) % _MODULUS
