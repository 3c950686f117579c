"""Where a request comes from when proxies stand in front.

`X-Forwarded-For` is a list that everybody on the way may write: each proxy appends the address
that it was spoken to from. So it is believed from the right, hop by hop, for as long as whoever
wrote the hop is a proxy that the operator named. A header from anybody else says nothing, and one
that cannot be read ends the walk; it never is an error that could let somebody pass
(CVE-2024-47070). `X-Forwarded-Host` and `X-Forwarded-Proto` are not read at all: links and origins
come from the public URL.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

MAX_HOPS = 32
"""More proxies than anybody has; what stands further left is not read."""
_WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")


def client_address(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """The address that a request counts for: the right-most one that is no trusted proxy.

    `peer` is the other end of the TCP connection ("" if there is none), `forwarded` the values of
    all `X-Forwarded-For` headers in their order, `trusted` the operator's proxies. If every hop is
    a trusted proxy, it is the left-most; after a hop that is no address, the last good one.
    """
    last = parsed(peer)
    if last is None:
        return peer
    hops = ",".join(forwarded).rsplit(",", MAX_HOPS)[-MAX_HOPS:]
    for hop in reversed(hops):
        if not is_within(last, trusted):
            break
        found = parsed(hop.strip(" \t"))
        if found is None:
            break
        last = found
    return str(last)


def unnamed_proxy(
    peer: str, forwarded: Sequence[str], trusted: Sequence[Network]
) -> Address | None:
    """The reverse proxy that seems to stand in front although the operator named none: a peer of
    this machine or of a private network that sends the header of proxies.
    """
    address = parsed(peer)
    if trusted or not forwarded or address is None:
        return None
    return address if address.is_loopback or address.is_private else None


def parsed(text: str) -> Address | None:
    """An address, also with the port that some proxies append; None for anything else.

    An IPv4 address that is written as an IPv6 one (`::ffff:192.0.2.1`) is the IPv4 address, and a
    zone (`%eth0`) is left out: it says something on one machine only.
    """
    with_port = _WITH_PORT.fullmatch(text)
    bare = (with_port[1] or with_port[2]) if with_port else text
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_within(address: Address, networks: Sequence[Network]) -> bool:
    """Whether the address lies in one of the networks."""
    return any(address in network for network in networks)
