"""Where a request comes from: no way around a limit by another spelling of the address."""

import pytest

from twofold.core.sources import source_keys


@pytest.mark.parametrize(
    ("address", "keys"),
    [
        ("192.0.2.7", (("192.0.2.7", 1),)),
        ("::ffff:192.0.2.7", (("192.0.2.7", 1),)),
        ("0:0:0:0:0:ffff:c000:0207", (("192.0.2.7", 1),)),
        ("2001:db8:1:2:3:4:5:6", (("2001:db8:1:2::/64", 1), ("2001:db8:1::/48", 4))),
        ("2001:DB8:1:2::1", (("2001:db8:1:2::/64", 1), ("2001:db8:1::/48", 4))),
        ("fe80::1%eth0", (("fe80::/64", 1), ("fe80::/48", 4))),
        ("::1", (("::/64", 1), ("::/48", 4))),
    ],
)
def test_an_address_belongs_to_these_sources(
    address: str, keys: tuple[tuple[str, int], ...]
) -> None:
    """One IPv4 address; an IPv6 /64, and its /48 with four times the limits."""
    assert source_keys(address) == keys


def test_all_addresses_of_a_64_are_one_source() -> None:
    """A customer's 2**64 addresses share one budget; the next /64 has only the /48 in common."""
    one, same, other = ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1")
    assert source_keys(one) == source_keys(same)
    assert source_keys(one)[0] != source_keys(other)[0]
    assert source_keys(one)[1] == source_keys(other)[1]


@pytest.mark.parametrize(
    "address", ["", "unknown", "192.0.2.7:80", "192.0.2", "192.0.2.07", "testclient", "[::1]", "%"]
)
def test_what_is_no_address_is_one_source(address: str) -> None:
    """A missing or strange address is limited like any other (mechanism 41)."""
    assert source_keys(address) == (("unknown", 1),)
