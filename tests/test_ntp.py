"""Asking a time server, over real UDP on loopback."""

import socket
import time

import pytest

from tests.timeservers import WORDS, TimeServer, time_server
from twofold import ntp
from twofold.ntp import NoAnswer, ask, split_server

NEAR = 0.5
"""Seconds that a busy machine may add."""


@pytest.mark.parametrize("off", [0.0, 70.0, -70.0, 0.8, 86400.0])
def test_our_distance_to_the_server_is_known(off: float) -> None:
    """A server ahead of us says that we are behind."""
    with time_server(TimeServer(off=off)) as server:
        answer = ask(server)
    assert abs(answer.ahead + off) < NEAR
    assert 0 <= answer.round_trip < NEAR


def test_a_server_that_takes_its_time_does_not_spoil_the_answer() -> None:
    """What it needs between receiving and sending is no time on the way."""
    with time_server(TimeServer(off=10, hold=0.7)) as server:
        answer = ask(server)
    assert abs(answer.ahead + 10) < NEAR
    assert answer.round_trip < 0.6


def test_the_question_tells_nothing_but_that_it_is_one() -> None:
    """Version 4, client, and bits that are new each time where our time could stand."""
    kind = TimeServer()
    with time_server(kind) as server:
        ask(server)
        ask(server)
    first, second, _ = (WORDS.unpack(packet.ljust(48)) for packet in kind.heard)
    assert first[0] == 0b00_100_011
    assert set(first[1:13]) == {0}
    assert first[13:] != second[13:]
    assert first[13:] != (0, 0)


def altered(question: bytes) -> list[bytes]:
    """What somebody sends who did not see the question, and what is too short."""
    liar = TimeServer(off=5000)
    packet = bytearray(liar.answer(question))
    packet[24] ^= 1
    client = TimeServer(off=5000, flags=0b00_100_011).answer(question)
    return [b"short", bytes(packet), client]


def test_only_an_answer_to_our_question_counts() -> None:
    """Made-up ones, too short ones and questions are passed over."""
    with time_server(TimeServer(before=altered)) as server:
        assert abs(ask(server).ahead) < NEAR


@pytest.mark.parametrize(
    "kind",
    [
        TimeServer(stratum=0),
        TimeServer(stratum=16),
        TimeServer(flags=0b11_100_100),
        TimeServer(empty_time=True),
    ],
    ids=["kiss of death", "stratum 16", "not synchronised", "no time"],
)
def test_a_server_that_does_not_know_the_time_is_no_witness(kind: TimeServer) -> None:
    """It says so itself (RFC 4330 section 5)."""
    with time_server(kind) as server, pytest.raises(NoAnswer, match="does not know the time"):
        ask(server)


def test_a_silent_server_is_not_waited_for() -> None:
    """Not longer than was said, also when made-up answers keep coming."""
    noisy = TimeServer(before=lambda question: altered(question) * 3, silent=True)
    for kind in (TimeServer(silent=True), noisy):
        began = time.monotonic()
        with time_server(kind) as server, pytest.raises(NoAnswer, match=r"within 0\.3 seconds"):
            ask(server, patience=0.3)
        assert time.monotonic() - began < 2


def test_a_closed_port_and_an_unknown_name_are_told() -> None:
    """At once."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        closed = line.getsockname()[1]
    for server in (f"127.0.0.1:{closed}", "nowhere.invalid"):
        with pytest.raises(NoAnswer, match="was not reached"):
            ask(server)


def test_after_february_2036_the_count_has_begun_anew() -> None:
    """Our clock is given, and stands in 2037; so does the server's, eleven years on."""
    later = 11.5 * 365.25 * 86400
    with time_server(TimeServer(off=later)) as server:
        answer = ask(server, now=lambda: time.time() + later)
    assert abs(answer.ahead) < NEAR


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("ntp.example.org", "ntp.example.org", 123),
        ("ntp.example.org:1123", "ntp.example.org", 1123),
        ("192.0.2.1", "192.0.2.1", 123),
        ("2001:db8::1", "2001:db8::1", 123),
        ("[2001:db8::1]", "2001:db8::1", 123),
        ("[2001:db8::1]:1123", "2001:db8::1", 1123),
    ],
)
def test_a_server_is_written_as_one_writes_it(text: str, host: str, port: int) -> None:
    """With or without a port."""
    assert split_server(text) == (host, port)
    assert ntp.PORT == 123
