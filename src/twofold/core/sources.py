"""Where a request comes from, as the keys under which sources are counted."""

import ipaddress


def source_keys(address: str) -> tuple[tuple[str, int], ...]:
    """`(key, times)` of each source an address belongs to; `times` multiplies its limits.

    An IPv4 address is one source. A single customer has a whole IPv6 /64, and often a /48, so
    those are counted, the /48 with four times the limits. What is no address at all is one source
    too: a missing address must not be a way around the limit.
    """
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return (("unknown", 1),)
    mapped = getattr(parsed, "ipv4_mapped", None)
    parsed = mapped or parsed
    if parsed.version == 4:
        return ((str(parsed), 1),)
    return tuple(
        (str(ipaddress.ip_network((int(parsed), bits), strict=False)), times)
        for bits, times in ((64, 1), (48, 4))
    )
