"""What a reverse proxy asks, read from the headers of a check; or why it cannot be read."""

from collections.abc import Iterable, Sequence

from twofold.core.site_urls import host_of
from twofold.core.sites import Visit

Headers = Iterable[tuple[bytes, bytes]]
PASS, BEGUN = b"twofold-site", b"twofold-begun"
"""The cookies of a site: of a session's pass, and of a browser that went off to sign in."""
TOKEN = 43
"""Characters of our tokens."""
FORWARDED = (b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-uri", b"x-forwarded-method")
IDENTITY = (
    b"remote-user",
    b"remote-id",
    b"remote-name",
    b"remote-email",
    b"remote-groups",
    b"remote-amr",
    b"remote-auth-time",
)
"""What a site is told about whoever asks. Always all of them, so that none of a client's own is
left standing."""
LOOK_ALIKES = frozenset(FORWARDED + IDENTITY)
REWRITING = frozenset({b"x-original-url", b"x-original-uri", b"x-rewrite-url"})
"""Headers by which some frameworks take another path than the one that was asked for."""


class Unclear(Exception):
    """The question cannot be taken for one thing alone. The message says why."""


class Question:
    """Who wants to go where."""

    __slots__ = ("authority", "host", "is_page", "secure", "token", "uri")

    def __init__(self, values: dict[bytes, bytes], cookies: list[bytes]) -> None:
        """From the headers that matter. Raises `Unclear`."""
        proto = values[b"x-forwarded-proto"]
        self.secure = proto in (b"https", b"wss")
        if not self.secure and proto not in (b"http", b"ws"):
            raise Unclear("X-Forwarded-Proto is neither http nor https.")
        self.authority = values[b"x-forwarded-host"].decode("latin-1").lower()
        host = host_of(self.authority)
        if host is None:
            raise Unclear("X-Forwarded-Host is no plain host name.")
        self.host = host
        self.uri = values[b"x-forwarded-uri"].decode("latin-1")
        self.is_page = values[b"x-forwarded-method"] == b"GET" and _is_navigation(values)
        self.token = cookie_in(cookies, PASS, secure=self.secure)

    def is_of(self, visit: Visit) -> bool:
        """Whether scheme, host and port are those of the site, not only the host."""
        origin = visit.site.origin
        return self.authority == origin.authority and self.secure is origin.secure


def read_question(headers: Sequence[tuple[bytes, bytes]]) -> Question:
    """The question in the headers of a check: each forwarded header once, and nothing that another
    server would take for one of them or of ours. Raises `Unclear`.
    """
    values = dict(headers)
    if len(values) != len(headers):
        _refuse_doubled(headers)
    if b"_" in b" ".join(values):
        _refuse_look_alikes(values)
    if not REWRITING.isdisjoint(values):
        raise Unclear("a header asks for another path than the address does.")
    for name in FORWARDED:
        if name not in values:
            raise Unclear(f"the proxy sends no {name.decode()}.")
    return Question(values, [value for name, value in headers if name == b"cookie"])


def _refuse_doubled(headers: Headers) -> None:
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in seen and name in LOOK_ALIKES:
            raise Unclear(f"{name.decode()} comes twice.")
        seen.add(name)


def _refuse_look_alikes(names: Iterable[bytes]) -> None:
    """A WSGI server takes Remote_User for Remote-User (CVE-2025-64484)."""
    if any(b"_" in name and name.replace(b"_", b"-") in LOOK_ALIKES for name in names):
        raise Unclear("a header is written with an underscore in place of a hyphen.")


def _is_navigation(values: dict[bytes, bytes]) -> bool:
    """Whether a person sees the answer: a script is told no instead of being sent to a page."""
    mode = values.get(b"sec-fetch-mode")
    return mode == b"navigate" if mode is not None else b"text/html" in values.get(b"accept", b"")


def authority_of(headers: Headers) -> str:
    """What the one `Host` header names, lower case; "" for none and for several."""
    hosts = [value for name, value in headers if name == b"host"]
    return hosts[0].decode("latin-1").lower() if len(hosts) == 1 else ""


def cookie(headers: Headers, name: bytes, *, secure: bool) -> str:
    """The token in a cookie, "" for none and for what is no token of ours."""
    return cookie_in([value for key, value in headers if key == b"cookie"], name, secure=secure)


def cookie_in(cookies: list[bytes], name: bytes, *, secure: bool) -> str:
    """The same in the values of all `Cookie` headers. Two of one name are none."""
    wanted = full_name(name, secure=secure) + b"="
    found = [
        pair[len(wanted) :]
        for line in cookies
        for pair in map(bytes.strip, line.split(b";"))
        if pair.startswith(wanted)
    ]
    if len(found) != 1 or len(found[0]) != TOKEN or not found[0].isascii():
        return ""
    return found[0].decode("ascii")


def full_name(name: bytes, *, secure: bool) -> bytes:
    """The cookie's name: with https only the very host can set it (RFC 6265bis 4.1.3.2)."""
    return b"__Host-" + name if secure else name
