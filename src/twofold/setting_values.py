"""What each setting may hold: in goes what somebody wrote, out comes its normal form.

Each check raises `ValueError` with the rest of a sentence that begins with the setting's name.
"""

import re
from collections.abc import Callable
from email.utils import formataddr, parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from twofold.mail.envelope import UnwritableAddress, deliverable
from twofold.mail.smtp_url import parse_smtp_url
from twofold.ntp import split_server

_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9.-]*[a-z0-9])?\Z|[0-9a-f:.]+\Z", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{32,512}")
"""What a bearer token may hold (RFC 6750 section 2.1), and no less than 32 characters of it."""
MASK = "•••"
"""What stands in place of a secret."""


def data_dir(value: Any) -> Path:
    """An absolute path; whether it can be written is found out when it is opened."""
    text = _text(value)
    if not text.strip():
        raise ValueError("is empty: name a folder, for example ./data.")
    return Path(text).expanduser().absolute()


def database_url(value: Any) -> str:
    """A SQLAlchemy URL of SQLite with a file, or of PostgreSQL through psycopg."""
    text = _text(value)
    scheme, _, rest = text.partition("://")
    if scheme == "sqlite":
        if not rest.startswith("/") or rest in ("/", "/:memory:"):
            raise ValueError("names no file: write sqlite:///folder/twofold.db.")
        return text
    if scheme in ("postgresql", "postgresql+psycopg"):
        if not urlsplit(f"postgresql://{rest}").path.strip("/"):
            raise ValueError("names no database: write postgresql://name:password@host/database.")
        return f"postgresql+psycopg://{rest}"
    raise ValueError("must begin with sqlite:/// or postgresql://.")


def public_url(value: Any) -> str:
    """Scheme, host and port in lower case, without the usual port and without a last slash."""
    parts = _split(value)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("must look like https://login.example.org.")
    if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(
            "must hold scheme, host and port only, for example https://login.example.org."
        )
    if parts.scheme == "http" and parts.hostname not in _LOCAL_HOSTS:
        raise ValueError(
            "must begin with https://: over http:// everybody on the way can read passwords"
            " (http:// is possible for localhost alone)."
        )
    host, port = _host(parts), _port(parts)
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (
        f":{port}" if port and port != _PORTS[parts.scheme] else ""
    )


def listen(value: Any) -> str:
    """`address:port`; an IPv6 address stands in brackets."""
    text = _text(value).strip()
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    inner = host[1:-1] if bracketed else host
    if not colon or not inner or not _HOST.match(inner) or (":" in inner) != bracketed:
        raise ValueError("must look like 127.0.0.1:8000 or [::]:8000.")
    if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ValueError("needs a port from 1 to 65535 after the last colon.")
    return f"{host}:{int(port)}"


def networks(value: Any) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks with commas between them, or a list of them in a TOML file."""
    items = value if isinstance(value, list) else _text(value).split(",")
    texts = [_text(item).strip() for item in items]
    return tuple(_network(text) for text in texts if text)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        found = ip_network(text)
    except ValueError:
        raise ValueError(
            f"holds {text!r}, which is no address and no network: write 10.1.0.0/16 or 127.0.0.1."
        ) from None
    if found.prefixlen == 0:
        raise ValueError(
            f"holds {text}, which is everybody: then anybody could say where they come from."
        )
    return found


def smtp_url(value: Any) -> str | None:
    """The URL of a mail server, or None; read once here so that a mistake shows at the start."""
    if value is None:
        return None
    text = _text(value).strip()
    parse_smtp_url(text)
    return text


def ntp_server(value: Any) -> str | None:
    """Host, or host and port, of a time server; None, or an empty text, for none."""
    text = "" if value is None else _text(value).strip()
    if not text:
        return None
    try:
        host, port = split_server(text)
    except ValueError:
        host, port = "", 0
    if not _HOST.match(host) or not 1 <= port <= 65535:
        raise ValueError("must look like ntp.example.org or ntp.example.org:123.")
    return text


def mail_from(value: Any) -> str:
    """`Name <address>` or an address alone."""
    text = _text(value).strip()
    name, address = parseaddr(text)
    local, at, host = address.rpartition("@")
    if not at or not local or not host or any(c.isspace() for c in address) or "\n" in text:
        raise ValueError("must look like Twofold <twofold@example.org>.")
    return formataddr((name, address)) if name.isascii() else text


def address_of(sender: str) -> str:
    """The address in `Name <address>`, for the default of what follows from it."""
    return parseaddr(sender)[1]


def mail_address(value: Any) -> str:
    """One address of ASCII characters without a name."""
    text = _text(value).strip()
    try:
        address = deliverable(text)
    except UnwritableAddress:
        address = ""
    if not address or not address.isascii():
        raise ValueError("must look like bounces@example.org.")
    return address


def maildir(value: Any) -> Path | None:
    """An absolute path, or None; whether it can be read is seen when it is."""
    text = "" if value is None else _text(value).strip()
    return Path(text).expanduser().absolute() if text else None


def bearer_token(value: Any) -> str | None:
    """A secret that cannot be guessed, or None; an empty text is none."""
    text = "" if value is None else _text(value).strip()
    if text and not _TOKEN.fullmatch(text):
        raise ValueError(
            "must be 32 to 512 characters out of letters, digits and . _ ~ + / = - :"
            " `openssl rand -hex 32` makes one."
        )
    return text or None


def whole(low: int, high: int) -> Callable[[Any], int]:
    """A check for a whole number from `low` to `high`."""

    def check(value: Any) -> int:
        text = str(value).strip()
        if isinstance(value, bool) or not text.isascii() or not text.isdigit():
            raise ValueError(f"must be a whole number from {low} to {high}.")
        if not low <= int(text) <= high:
            raise ValueError(f"is {int(text)}, but must be from {low} to {high}.")
        return int(text)

    return check


def mail_host(url: str) -> str:
    """The host to send mails from when nobody said: that of the public URL, if it is a name."""
    try:
        host = urlsplit(url).hostname or "localhost"
    except ValueError:
        return "localhost"
    return "localhost" if ":" in host or host.replace(".", "").isdigit() else host


def masked(text: str) -> str:
    """`text` with the passwords of a URL, before the @ or in the query, replaced by dots."""
    text = re.sub(r"(?<=://)([^/\s:@]*):\S*@", rf"\1:{MASK}@", text)
    return re.sub(r"(?<=[?&]password=)[^&\s]*", MASK, text)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text, in quotation marks.")
    if "\0" in value or "\n" in value or "\r" in value:
        raise ValueError("must be one line of text.")
    return value


def _split(value: Any) -> SplitResult:
    try:
        parts = urlsplit(_text(value).strip())
        _ = parts.port, unquote(parts.password or "")
    except ValueError:
        # The library's own words may repeat a piece of a password with a stray slash.
        raise ValueError(
            "cannot be read: check the port, and write special characters before the @ as %XX."
        ) from None
    return parts


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if not _HOST.match(host):
        raise ValueError("has a host with characters that a host name cannot have (xn--… works).")
    return host


def _port(parts: SplitResult) -> int | None:
    if parts.port == 0:
        raise ValueError("needs a port from 1 to 65535.")
    return parts.port
