"""What time a time server says it is: one question and one answer (SNTP, RFC 4330, RFC 5905).

A witness, never a source: nothing in Twofold reads the time from it. The answer says how far our
own clock is off, and that is told to the operator. The request carries random bits in place of our
time (they only have to come back), so it tells nobody what our clock shows, and nobody who did not
see it can make an answer up.
"""

import secrets
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

PORT = 123
PATIENCE = 2.0
"""Seconds from the question to the last answer that is waited for."""
SINCE_1900 = 2_208_988_800
"""Seconds from 1900, where NTP begins to count, to 1970."""
ERA = 2**32
"""Seconds after which the count starts anew: in February 2036 (RFC 5905 section 6)."""
_PACKET = struct.Struct(">BBbb11I")
"""Leap indicator, version and mode; stratum; poll; precision; eleven words."""
_REQUEST = 0b00_100_011
"""No warning, version 4, client."""
_SERVER, _UNSYNCHRONISED, _WORST_STRATUM = 4, 3, 15


@dataclass(frozen=True, slots=True)
class Answer:
    """What a time server said."""

    ahead: float
    """Seconds by which our clock is ahead of its; behind when negative."""
    round_trip: float
    """Seconds on the way; the answer is right within half of it."""


class NoAnswer(Exception):
    """The time server cannot be used; the message says why."""


def split_server(server: str) -> tuple[str, int]:
    """Host and port of `host`, `host:port`, `[address]:port` or a bare IPv6 address."""
    if server.startswith("["):
        host, _, rest = server[1:].partition("]")
        return host, int(rest.removeprefix(":") or PORT)
    if server.count(":") == 1:
        host, _, port = server.partition(":")
        return host, int(port)
    return server, PORT


def ask(server: str, *, now: Callable[[], float] = time.time, patience: float = PATIENCE) -> Answer:
    """Ask once. `now` is our clock, in seconds since 1970. Raises `NoAnswer`."""
    host, port = split_server(server)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[
            0
        ]
        with socket.socket(family, kind, protocol) as line:
            line.connect(address)  # Only what comes from there is received.
            return _ask(line, now, time.monotonic() + patience)
    except TimeoutError:
        raise NoAnswer(f"{server} did not answer within {patience:g} seconds.") from None
    except OSError as problem:
        raise NoAnswer(f"{server} was not reached: {(problem.strerror or '').lower()}.") from None


def _ask(line: socket.socket, now: Callable[[], float], deadline: float) -> Answer:
    """Send the question; take the first answer that is one to it."""
    nonce = secrets.randbits(64)
    started, sent_at = time.monotonic(), now()
    line.send(_PACKET.pack(_REQUEST, 0, 0, 0, *[0] * 9, nonce >> 32, nonce & 0xFFFFFFFF))
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        line.settimeout(left)
        packet = line.recv(512)
        # Our own clock may be set while we wait, so the way is measured by the other one.
        round_trip = time.monotonic() - started
        if len(packet) >= _PACKET.size and (answer := _read(packet, nonce, sent_at, round_trip)):
            return answer


def _read(packet: bytes, nonce: int, sent_at: float, round_trip: float) -> Answer | None:
    """The answer in a packet, None if it is none to our question. Raises `NoAnswer` for a server
    that says itself that it does not know the time (RFC 4330 section 5).
    """
    flags, stratum, _, _, *words = _PACKET.unpack_from(packet)
    if flags & 0b111 != _SERVER or (words[5] << 32 | words[6]) != nonce:
        return None
    received, sent = _moment(*words[7:9]), _moment(*words[9:11])
    if flags >> 6 == _UNSYNCHRONISED or not 1 <= stratum <= _WORST_STRATUM or not any(words[9:11]):
        raise NoAnswer("The time server answered that it does not know the time.")
    on_the_way = max(0.0, round_trip - (sent - received))
    middle = sent_at + round_trip / 2
    return Answer(ahead=middle - (received + sent) / 2, round_trip=on_the_way)


def _moment(seconds: int, fraction: int) -> float:
    """Seconds since 1970. Counts below the middle are those of the era that begins in 2036."""
    era = ERA if seconds < ERA // 2 else 0
    return seconds + era - SINCE_1900 + fraction / ERA
