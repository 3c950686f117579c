"""Where a request comes from when proxies stand in front.

`X-Forwarded-For` is a list that everybody on the way may write: each proxy appends the address
that it was spoken to from. So it is believed from the right, hop by hop, for as long as whoever
wrote the hop is a proxy that the operator named. A header from anybody else says nothing, and one
that cannot be read ends the walk; it never is an error that could let somebody pass
(CVE-2024-47070). `X-Forwarded-Host` and `X-Forwarded-Proto` are not read at all: links and origins
come from the public URL.
"""

from collections.abc import Sequence

from twofold.core.hops import Address, Network, is_within, parsed

MAX_HOPS = 32
"""More proxies than anybody has; what stands further left is not read."""


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
