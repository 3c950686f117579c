"""The address of a mail server: `smtp://name:password@host:port` or `smtps://…`."""

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from twofold.core.errors import SettingsError

_SUBMISSION, _RELAY, _IMPLICIT_TLS = 587, 25, 465


class Tls(StrEnum):
    """How a connection is encrypted."""

    IMPLICIT = "from the first byte"
    REQUIRED = "STARTTLS or nothing"
    OFFERED = "STARTTLS where it is offered"
    OFF = "none"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed over, and how."""

    host: str
    port: int
    tls: Tls
    name: str
    password: str = field(repr=False)
    ca_file: Path | None
    """Certificates to trust in place of the system's, PEM; None for the system's."""


def parse_smtp_url(url: str) -> MailServer:
    """Read a mail server's URL.

    Name and password are percent-decoded. Options: `starttls=required` or `off`, and
    `ca=/path/to/ca.pem`. Without `starttls`, STARTTLS is used where it is offered and demanded
    where credentials are given or the host is another machine. The default port is 465 for
    `smtps`, 587 with credentials, else 25 (RFC 8314, RFC 6409). Raises `SettingsError` with a
    sentence that never holds the URL, because it carries a password.
    """
    parts = _split(url)
    options = _options(parts)
    name, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(name) != bool(password):
        raise _wrong("needs both a name and a password before the @, or neither")
    if any(ord(char) < 32 or ord(char) == 127 for char in name + password):
        raise _wrong("has a control character in the name or the password")
    host = parts.hostname or ""
    ca_file = Path(options["ca"]) if "ca" in options else None
    if ca_file and not ca_file.is_file():
        raise _wrong(f"names the certificate file {ca_file}, which is not there")
    tls = _tls(parts.scheme, options.get("starttls"), trusted=_is_loopback(host) and not name)
    port = parts.port or _default_port(parts.scheme, with_credentials=bool(name))
    return MailServer(host, port, tls, name, password, ca_file)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise _wrong("cannot be read: percent-encode special characters of the password") from None
    if parts.scheme not in ("smtp", "smtps"):
        raise _wrong("must begin with smtp:// or smtps://")
    if not parts.hostname or parts.path not in ("", "/") or parts.fragment or port == 0:
        raise _wrong(
            "must look like smtp://name:password@mail.example.org:587, with special characters"
            " of the password percent-encoded"
        )
    return parts


def _options(parts: SplitResult) -> dict[str, str]:
    given = parse_qs(parts.query, keep_blank_values=True)
    if unknown := sorted(set(given) - {"starttls", "ca"}):
        raise _wrong(f"has the unknown option {unknown[0]}: there are starttls and ca")
    if any(len(values) > 1 for values in given.values()):
        raise _wrong("has an option twice")
    return {name: values[0] for name, values in given.items()}


def _tls(scheme: str, starttls: str | None, *, trusted: bool) -> Tls:
    if scheme == "smtps":
        if starttls is not None:
            raise _wrong("uses smtps://, which is encrypted from the start: leave starttls out")
        return Tls.IMPLICIT
    if starttls is None:
        return Tls.OFFERED if trusted else Tls.REQUIRED
    if starttls not in ("required", "off"):
        raise _wrong("has a starttls option that is neither required nor off")
    return Tls.REQUIRED if starttls == "required" else Tls.OFF


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _default_port(scheme: str, *, with_credentials: bool) -> int:
    if scheme == "smtps":
        return _IMPLICIT_TLS
    return _SUBMISSION if with_credentials else _RELAY


def _wrong(what: str) -> SettingsError:
    return SettingsError(f"TWOFOLD_SMTP_URL {what}.")
