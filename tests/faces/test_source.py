"""Where a request comes from behind proxies: the pure rule, with what attackers send."""

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.faces.conftest import ORIGIN, Site
from twofold.web.app import build_app
from twofold.web.source import MAX_HOPS, client_address

TRUSTED = tuple(
    ip_network(text) for text in ("10.0.0.0/8", "192.0.2.1", "fd00::/8", "::1", "127.0.0.1")
)
STRANGER = "203.0.113.9"

CORPUS = [
    # Nobody in front: the header is anybody's word.
    ("198.51.100.7", [], "198.51.100.7"),
    ("198.51.100.7", [STRANGER], "198.51.100.7"),
    ("198.51.100.7", ["10.0.0.1", "10.0.0.2"], "198.51.100.7"),
    ("2001:db8::7", [STRANGER], "2001:db8::7"),
    # One proxy.
    ("10.0.0.1", [], "10.0.0.1"),
    ("10.0.0.1", [STRANGER], STRANGER),
    ("::1", [STRANGER], STRANGER),
    ("fd00::5", ["2001:DB8:0:0::7"], "2001:db8::7"),
    ("10.0.0.1", [f"  {STRANGER}\t"], STRANGER),
    # The right-most that is no proxy counts, whatever the client wrote before it.
    ("10.0.0.1", [f"8.8.8.8, {STRANGER}"], STRANGER),
    ("10.0.0.1", [f"10.0.0.9, {STRANGER}"], STRANGER),
    ("10.0.0.1", [f"8.8.8.8, {STRANGER}, 10.0.0.2"], STRANGER),
    ("10.0.0.1", ["8.8.8.8", STRANGER], STRANGER),
    ("10.0.0.1", ["8.8.8.8", f"{STRANGER}, 10.0.0.2", "10.0.0.3"], STRANGER),
    ("10.0.0.1", [f"{STRANGER},10.0.0.2,192.0.2.1"], STRANGER),
    ("10.0.0.1", ["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
    # What cannot be read ends the walk at the last good hop.
    ("10.0.0.1", [""], "10.0.0.1"),
    ("10.0.0.1", [","], "10.0.0.1"),
    ("10.0.0.1", [f"{STRANGER},"], "10.0.0.1"),
    ("10.0.0.1", ["unknown"], "10.0.0.1"),
    ("10.0.0.1", [f"{STRANGER}, unknown, 10.0.0.2"], "10.0.0.2"),
    ("10.0.0.1", [f"{STRANGER}, , 10.0.0.2"], "10.0.0.2"),
    ("10.0.0.1", [f"{STRANGER} 10.0.0.2"], "10.0.0.1"),
    ("10.0.0.1", [f"{STRANGER}; 10.0.0.2"], "10.0.0.1"),
    ("10.0.0.1", ["010.0.0.1"], "10.0.0.1"),
    ("10.0.0.1", ["0x7f000001"], "10.0.0.1"),
    ("10.0.0.1", ["2130706433"], "10.0.0.1"),
    ("10.0.0.1", ["127.1"], "10.0.0.1"),
    ("10.0.0.1", ["256.1.1.1"], "10.0.0.1"),
    ("10.0.0.1", ["203.0.113.9/24"], "10.0.0.1"),
    ("10.0.0.1", ["localhost"], "10.0.0.1"),
    ("10.0.0.1", ["203.0.113.9\n"], "10.0.0.1"),
    ("10.0.0.1", ["203.0.113.9\x00"], "10.0.0.1"),
    ("10.0.0.1", ["２０３.0.113.9"], "10.0.0.1"),
    ("10.0.0.1", ["<script>"], "10.0.0.1"),
    ("10.0.0.1", ["for=203.0.113.9"], "10.0.0.1"),
    ("10.0.0.1", ['"203.0.113.9"'], "10.0.0.1"),
    ("10.0.0.1", ["::ffff:"], "10.0.0.1"),
    ("10.0.0.1", ["[::1"], "10.0.0.1"),
    ("10.0.0.1", ["203.0.113.9:"], "10.0.0.1"),
    ("10.0.0.1", ["203.0.113.9:port"], "10.0.0.1"),
    ("10.0.0.1", ["203.0.113.9:123456"], "10.0.0.1"),
    # Ports, brackets, zones and IPv4 in IPv6: one address has one spelling.
    ("10.0.0.1", ["203.0.113.9:4711"], STRANGER),
    ("10.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"),
    ("10.0.0.1", ["[2001:db8::7]"], "2001:db8::7"),
    ("10.0.0.1", ["fe80::7%eth0"], "fe80::7"),
    ("10.0.0.1", ["::ffff:203.0.113.9"], STRANGER),
    ("::ffff:10.0.0.1", [STRANGER], STRANGER),
    ("::ffff:198.51.100.7", [STRANGER], "198.51.100.7"),
    ("10.0.0.1", [f"{STRANGER}, ::ffff:10.0.0.2"], STRANGER),
    # No peer (a socket file), or one that is no address: nothing is believed.
    ("", [STRANGER], ""),
    ("testclient", [STRANGER], "testclient"),
]


@pytest.mark.parametrize(("peer", "forwarded", "expected"), CORPUS)
def test_the_right_most_address_that_is_no_proxy_counts(
    peer: str, forwarded: list[str], expected: str
) -> None:
    """And only for as long as trusted proxies wrote the hops."""
    assert client_address(peer, forwarded, TRUSTED) == expected


def test_nothing_is_believed_without_proxies() -> None:
    """The default: no operator named any."""
    assert client_address("10.0.0.1", [STRANGER], ()) == "10.0.0.1"


def test_a_header_without_end_is_not_read_to_its_end() -> None:
    """Of thousands of hops the right-most few are looked at."""
    hops = ",".join([STRANGER, *["10.0.0.2"] * MAX_HOPS])
    assert client_address("10.0.0.1", [hops], TRUSTED) == "10.0.0.2"
    assert client_address("10.0.0.1", [hops.replace("10.0.0.2,", "", 1)], TRUSTED) == STRANGER


addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
junk = st.text(
    alphabet=st.characters(min_codepoint=0, max_codepoint=255, exclude_characters=","),
    max_size=40,
)
proxies = st.sampled_from(["10.1.2.3", "192.0.2.1", "fd00::1", "::1"])
strangers = addresses.filter(lambda text: client_address(text, [STRANGER], TRUSTED) != STRANGER)


@given(st.lists(st.one_of(addresses, junk, proxies), max_size=6), strangers, st.lists(proxies))
def test_what_a_client_writes_changes_nothing(
    written: list[str], client: str, chain: list[str]
) -> None:
    """Behind any chain of our proxies the answer is the client that the first of them saw."""
    seen = [*written, client, *chain[:5]]
    plain = client_address("10.0.0.1", [client], TRUSTED)
    assert client_address("10.0.0.1", [", ".join(seen)], TRUSTED) == plain
    assert client_address("10.0.0.1", seen, TRUSTED) == plain


@given(strangers, st.lists(st.one_of(addresses, junk), max_size=6))
def test_a_stranger_stays_who_they_are(peer: str, forwarded: list[str]) -> None:
    """Whoever is no trusted proxy cannot say to be somebody else."""
    assert client_address(peer, forwarded, TRUSTED) == client_address(peer, [], TRUSTED)


@given(st.one_of(addresses, proxies, junk), st.lists(st.text(max_size=60), max_size=6))
def test_no_header_is_an_error(peer: str, forwarded: list[str]) -> None:
    """The answer is an address in its one spelling, or the peer as it is."""
    found = client_address(peer, forwarded, TRUSTED)
    assert found == peer or str(ip_address(found)) == found


# ---- a proxy that nobody named ---------------------------------------------------------------


def told(site: Site, peer: str, forwarded: str, proxies: str = "", requests: int = 3) -> list[str]:
    """What the operator reads after so many requests from this peer with this header."""
    lines: list[str] = []
    named = (ip_network(proxies),) if proxies else ()
    app = build_app(replace(site.world, trusted_proxies=named), tell=lines.append)
    client = TestClient(app, base_url=ORIGIN, client=(peer, 4711))
    for _ in range(requests):
        client.get("/help", headers={"x-forwarded-for": forwarded} if forwarded else {})
    return lines


@pytest.mark.parametrize(
    ("peer", "name"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("::ffff:172.17.0.2", "172.17.0.2"),
        ("10.1.2.3", "10.1.2.3"),
        ("fd00::5", "fd00::5"),
    ],
)
def test_the_operator_is_told_once_what_to_set(site: Site, peer: str, name: str) -> None:
    """However many requests come; on the console and in the log."""
    with structlog.testing.capture_logs() as logged:
        (line,) = told(site, peer, STRANGER)
    assert f"set TWOFOLD_TRUSTED_PROXIES={name} and" in line
    (entry,) = logged
    assert entry["log_level"] == "warning"
    assert entry["peer"] == name
    assert entry["what_to_do"] in line


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies"),
    [
        ("127.0.0.1", "", ""),
        ("8.8.8.8", STRANGER, ""),
        ("2a00:1450::1", STRANGER, ""),
        ("testclient", STRANGER, ""),
        ("127.0.0.1", STRANGER, "127.0.0.1/32"),
        ("127.0.0.1", STRANGER, "10.0.0.0/8"),
    ],
)
def test_nothing_is_said_where_no_proxy_is_forgotten(
    site: Site, peer: str, forwarded: str, proxies: str
) -> None:
    """Without the header, from the internet, or where proxies are named."""
    assert told(site, peer, forwarded, proxies) == []
