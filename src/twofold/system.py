"""The real clock and the real randomness: the two adapters that tests replace by fixed ones."""

import secrets
import threading
import time
import uuid

from twofold.core.people import Instant

_SECRET_BYTES = 20
_VERSION_7, _VARIANT = 0x7, 0b10


class SystemClock:
    """The machine's clock (`ports.Clock`)."""

    def now(self) -> Instant:
        """Whole seconds since the epoch, UTC."""
        return int(time.time())


class SystemRandom:
    """The operating system's randomness (`ports.Random`)."""

    def __init__(self) -> None:
        """Start the order of ids; one instance serves all threads of a process."""
        self._lock = threading.Lock()
        self._last = 0

    def token(self) -> str:
        """256 bits as 43 characters of URL-safe base64."""
        return secrets.token_urlsafe(32)

    def secret(self) -> bytes:
        """160 bits, the length that RFC 4226 section 4 recommends (R6)."""
        return secrets.token_bytes(_SECRET_BYTES)

    def new_id(self) -> str:
        """A UUID version 7 (RFC 9562 section 5.7) as text.

        The 12 bits after the milliseconds hold the fraction of the millisecond (section 6.2,
        method 3), raised by one where the clock stood still or went back, so that the ids of one
        process always ascend.
        """
        with self._lock:
            self._last = max(self._last + 1, time.time_ns() * 4096 // 1_000_000)
            moment = self._last
        milliseconds, fraction = moment >> 12, moment & 0xFFF
        value = milliseconds << 80 | _VERSION_7 << 76 | fraction << 64
        value |= _VARIANT << 62 | secrets.randbits(62)
        return str(uuid.UUID(int=value))
