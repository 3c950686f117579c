r"""The addresses of protected sites: one reading of each, or none.

Between the browser and the site stand a proxy, perhaps another one, and the site's own framework,
and each takes a path apart in its own way. A path that two of them could read differently is how
checks of this kind were passed by (CVE-2021-32637, CVE-2025-54576): `/public/..%2fadmin`,
`/public;/../admin`, `/%2561dmin`. So what is ambiguous is refused, whatever it may have meant, and
rules are matched on what is left, decoded once.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

MAX_URI = 8192
"""Characters of a path with its query, as the common servers take."""
LOOPBACK = ("localhost", "127.0.0.1")
_PRINTABLE = re.compile(r"[!-~]+")
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_TWICE = re.compile(r"%25[0-9A-Fa-f]{2}")
_HIDDEN = re.compile(r"%(?:2[fF]|5[cC]|[01][0-9A-Fa-f]|7[fF])")
"""An encoded slash, backslash or control character."""
_HOST = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
)
_KEPT = re.compile(r"/(?![/\\])[!$-;=?-\[\]_a-z{|}~^`']*")
"""What may stand in a page to return to: printable, no backslash, no fragment, no quote."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a site lives: scheme, host name, port."""

    secure: bool
    host: str
    """Lower case, ASCII, without port."""
    port: int | None
    """None for the scheme's own."""

    @property
    def scheme(self) -> str:
        """`https`, or `http` on this machine."""
        return "https" if self.secure else "http"

    @property
    def authority(self) -> str:
        """As browsers send it in `Host`."""
        return self.host if self.port is None else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def read_origin(text: str) -> Origin | str:
    """The origin in `https://host` or `https://host:port`, or a sentence about what is wrong."""
    scheme, mark, rest = text.partition("://")
    if not mark or scheme.lower() not in ("https", "http"):
        return f"“{text[:60]}” is no address. Write it as https://wiki.example.org."
    host, _, digits = rest.removesuffix("/").lower().partition(":")
    if not _HOST.fullmatch(host):
        return (
            f"“{text[:60]}” holds more than a host, or none. Write it as https://wiki.example.org."
        )
    if digits and not (digits.isascii() and digits.isdigit() and 0 < int(digits[:6]) < 65536):
        return f"“{digits[:20]}” is no port."
    secure = scheme.lower() == "https"
    if not secure and host not in LOOPBACK and not host.endswith(".localhost"):
        return f"{host} needs https: without it anybody on the way could read the cookie."
    own = 443 if secure else 80
    port = int(digits) if digits and int(digits) != own else None
    return Origin(secure, host, port)


@lru_cache(maxsize=1024)
def host_of(authority: str) -> str | None:
    """The host name in a `Host` header, lower case; None for what is no plain one."""
    host, mark, digits = authority.lower().partition(":")
    if not _HOST.fullmatch(host) or (mark and not (digits.isascii() and digits.isdigit())):
        return None
    return host


@lru_cache(maxsize=4096)
def plain_path(uri: str) -> str | None:
    """The path of a request line's target, decoded once and without a slash at its end; None for
    every target that could be read in two ways.

    Refused are: what does not begin with one slash (also a whole address), anything but printable
    ASCII, a backslash or a fragment, dot segments, empty segments, encoded slashes, backslashes
    and control characters, percent signs that encode nothing or encode a percent sign before two
    digits, and bytes that are no UTF-8. The query may hold what it likes.
    """
    if len(uri) > MAX_URI or not _PRINTABLE.fullmatch(uri) or "#" in uri or uri[0] != "/":
        return None
    raw = uri.partition("?")[0]
    if "%" not in raw:
        path = raw
    else:
        if (
            _HIDDEN.search(raw)
            or _TWICE.search(raw)
            or raw.count("%") != len(_ENCODED.findall(raw))
        ):
            return None
        try:
            path = unquote_to_bytes(raw).decode("utf-8")
        except UnicodeDecodeError:
            return None
    if "\\" in path or "//" in path or ("/." in path and _has_dots(path)):
        return None
    return path.rstrip("/") or "/"


def _has_dots(path: str) -> bool:
    """A segment `.` or `..`, also with a path parameter behind it."""
    return any(part.partition(";")[0] in (".", "..") for part in path.split("/"))


def readings(path: str) -> list[str]:
    """Other ways in which servers are known to read a plain path, in lower case: without the
    parameters of its segments, up to a question or number sign, without dots and blanks at the
    end of a segment, in one case.
    """
    found = [path]
    if ";" in path:
        found += ["/".join(part.partition(";")[0] for part in one.split("/")) for one in found]
    if "?" in path or "#" in path:
        found += [re.split(r"[?#]", one, maxsplit=1)[0] for one in found]
    if "." in path or " " in path:
        found += ["/".join(part.rstrip(". ") for part in one.split("/")) for one in found]
    if len(found) == 1:
        return [path.lower()]
    return [one.rstrip("/").lower() or "/" for one in found]


def kept_page(asked: str | None, *, longest: int = 800) -> str:
    """The page of a site to return to: `asked` if it is a plain path with its query; without the
    query where that is too long; else the site's first page.
    """
    if not asked or not _KEPT.fullmatch(asked) or plain_path(asked) is None:
        return "/"
    if len(quote(asked, safe="/")) <= longest:
        return asked
    path = asked.partition("?")[0]
    return path if len(quote(path, safe="/")) <= longest else "/"
