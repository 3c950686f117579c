"""The settings: one frozen object, read and checked once at the start.

Each value comes from the environment (`TWOFOLD_PUBLIC_URL`), from a file that the environment
names (`TWOFOLD_PUBLIC_URL_FILE`, for secrets that a container mounts), from a TOML file
(`public_url` or `public_url_file`), or is the default, in this order. A name that nobody knows is
an error, because a misspelt setting that is silently ignored is how a policy fails to apply.
"""

import difflib
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from twofold import setting_values as values
from twofold.core.errors import SettingsError

PREFIX = "TWOFOLD_"
CONFIG = "TWOFOLD_CONFIG"
TOML_NAME = "twofold.toml"
DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator can set. The text under a field is its documentation."""

    data_dir: Path
    """Folder of the database and the key file. Default: `./data`."""
    database_url: str = field(repr=False)
    """`sqlite:///path` or `postgresql://name:password@host/database`. Default: SQLite in the
    data folder."""
    listen: str
    """Address and port to serve on. Default: `127.0.0.1:8000`."""
    public_url: str
    """Scheme, host and port under which people reach the service; links in mails come from it.
    Default: `http://localhost:8000`, with the port of `listen`."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    """Addresses or networks of the reverse proxies in front, with commas between:
    `127.0.0.1, 10.1.0.0/16`. Only when a request comes from one of them is its `X-Forwarded-For`
    read, from the right up to the first address that is not among them; it counts failures and
    stands in mails and in the log. Default: none."""
    smtp_url: str | None = field(repr=False)
    """`smtp://name:password@host:port` or `smtps://…`, with `?starttls=required` or
    `?starttls=off`. Default: none; mails wait in the outbox."""
    mail_from: str
    """Sender of mails. Default: `Twofold <twofold@HOST>` with the host of `public_url`."""
    mail_return_path: str
    """The address that mail servers send their reports to (the envelope sender). Default: the
    address of `mail_from`."""
    mails_per_minute: int
    """How many mails are handed to the mail server in a minute at most, by all processes and
    machines together; alarms and links that somebody waits for go first. Default: 0, no limit."""
    mail_reports: Path | None
    """A Maildir into which that address is delivered; once a minute its reports are read and mails
    that came back are marked. Default: none."""
    mail_report_token: str | None = field(repr=False)
    """What a mail provider sends as `Authorization: Bearer …` with its reports to
    `/hooks/mail-reports`, at least 32 characters. Default: none; the address answers 404."""
    ntp_server: str | None
    """A time server, `ntp.example.org` or `ntp.example.org:123`, that `twofold doctor` and the
    start compare our clock with. Default: none; nothing is asked."""
    argon2_memory_kib: int
    """Memory for one password check in KiB. Default: 19456."""
    argon2_time: int
    """Passes over that memory. Default: 2."""
    argon2_parallelism: int
    """Lanes of one password check. Default: 1."""
    password_pool: int
    """Password checks that run at once. Default: the number of cores."""

    origins: Mapping[str, str] = field(repr=False)
    """Where each value came from, for `twofold config check`."""

    @property
    def listen_host(self) -> str:
        """The address part of `listen`, without the brackets of IPv6."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def listen_port(self) -> int:
        """The port part of `listen`."""
        return int(self.listen.rpartition(":")[2])


NAMES = tuple(one.name for one in fields(Settings) if one.name != "origins")
"""Every setting, in the order in which they are checked, documented and shown."""

_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "data_dir": values.data_dir,
    "database_url": values.database_url,
    "listen": values.listen,
    "public_url": values.public_url,
    "trusted_proxies": values.networks,
    "smtp_url": values.smtp_url,
    "mail_from": values.mail_from,
    "mail_return_path": values.mail_address,
    "mails_per_minute": values.whole(0, 100_000),
    "mail_reports": values.maildir,
    "mail_report_token": values.bearer_token,
    "ntp_server": values.ntp_server,
    "argon2_memory_kib": values.whole(7168, 4 * 2**20),
    "argon2_time": values.whole(1, 64),
    "argon2_parallelism": values.whole(1, 64),
    "password_pool": values.whole(1, 64),
}

_SECRETS = frozenset({"mail_report_token"})
"""Settings of which nothing is shown."""
_ARGON2_MINIMUM = 5 * 7168
"""KiB times passes of the cheapest Argon2id setting that OWASP's password storage sheet lists."""


@dataclass(frozen=True, slots=True)
class Given:
    """One value as somebody wrote it, and where."""

    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of `twofold config check`."""

    name: str
    value: str
    origin: str


def load(environ: Mapping[str, str], toml_path: Path | None = None) -> Settings:
    """Read and check all settings.

    `environ` is the process environment; `toml_path` names the TOML file, otherwise
    `TWOFOLD_CONFIG` does, otherwise `twofold.toml` in the data folder or the working folder is
    taken if it exists. Raises `SettingsError` with one sentence about the first problem.
    """
    from_environment = _from_environment(environ)
    named = environ.get(CONFIG)
    path = toml_path or (Path(named) if named else _found_toml(from_environment))
    given = (_from_toml(path) if path else {}) | from_environment
    given = _with_defaults(given)
    checked = {name: _checked(name, given[name]) for name in NAMES}
    origins = {name: given[name].origin for name in NAMES}
    return _cost_checked(Settings(**checked, origins=origins))


def check_rows(settings: Settings) -> list[Row]:
    """Name, effective value with secrets masked, and origin of each setting."""
    return [
        Row(PREFIX + name.upper(), values.masked(_shown(settings, name)), settings.origins[name])
        for name in NAMES
    ]


def _shown(settings: Settings, name: str) -> str:
    value = getattr(settings, name)
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value) or "none"
    if value is None:
        return "not set"
    return values.MASK if name in _SECRETS else str(value)


def _from_environment(environ: Mapping[str, str]) -> dict[str, Given]:
    written = {
        name.removeprefix(PREFIX): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and name != CONFIG
    }
    return _resolve(written, spell=lambda key: PREFIX + key, origin="environment")


def _from_toml(path: Path) -> dict[str, Given]:
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise SettingsError(f"The settings file {path} cannot be read: {_why(problem)}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SettingsError(f"The settings file {path} is not TOML: {problem}.") from None
    for key in written:
        if key != key.lower():
            raise SettingsError(f"{key} in {path} is not a known setting: write it in lower case.")
    return _resolve(written, spell=str.lower, origin=str(path))


def _resolve(written: Mapping[str, Any], *, spell: Any, origin: str) -> dict[str, Given]:
    """Match what one source says against the known names and read the files it points to."""
    given: dict[str, Given] = {}
    for key, value in written.items():
        name, from_file = _name_of(key.lower())
        if name is None:
            raise SettingsError(_unknown(key, spell, origin))
        if name in given:
            raise SettingsError(
                f"{spell(name.upper())} and {spell(name.upper())}_FILE are both given"
                f" ({origin}): keep one of them."
            )
        shown = f"{origin}, file {value}" if from_file else origin
        given[name] = Given(_file_text(spell(key), value) if from_file else value, shown)
    return given


def _name_of(key: str) -> tuple[str | None, bool]:
    """The setting that `key` means, and whether it names a file with the value."""
    if key in NAMES:
        return key, False
    bare = key.removesuffix("_file")
    return (bare, True) if bare in NAMES else (None, False)


def _unknown(key: str, spell: Any, origin: str) -> str:
    near = difflib.get_close_matches(key.lower(), [*NAMES, *(f"{n}_file" for n in NAMES)], n=1)
    hint = f" Did you mean {spell(near[0].upper())}?" if near else ""
    return f"{spell(key)} ({origin}) is not a known setting.{hint}"


def _file_text(name: str, value: object) -> str:
    try:
        return Path(str(value)).read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise SettingsError(
            f"{name} names the file {value}, which cannot be read: {_why(problem)}."
        ) from None
    except (UnicodeDecodeError, ValueError):
        raise SettingsError(f"{name} names the file {value}, which is not UTF-8 text.") from None


def _found_toml(given: Mapping[str, Given]) -> Path | None:
    """`twofold.toml` in the data folder or the working folder; two of them are an error."""
    data_dir = Path(str(given["data_dir"].value if "data_dir" in given else "data"))
    found = {path.resolve() for path in (data_dir / TOML_NAME, Path(TOML_NAME)) if path.is_file()}
    if len(found) > 1:
        first, second = sorted(str(path) for path in found)
        raise SettingsError(
            f"There are two settings files, {first} and {second}: keep one, or name it in {CONFIG}."
        )
    return next(iter(found), None)


def _with_defaults(given: Mapping[str, Given]) -> dict[str, Given]:
    """All settings; a default may follow from another value, which its origin then says."""
    full = dict(given)

    def default(name: str, value: Any, origin: str = DEFAULT) -> None:
        full.setdefault(name, Given(value, origin))

    default("data_dir", "data")
    # An empty or NUL-bearing folder is refused below, in the order of the fields.
    folder = str(full["data_dir"].value)
    default("database_url", f"sqlite:///{os.path.abspath(folder)}/twofold.db")
    default("listen", "127.0.0.1:8000")
    port = str(full["listen"].value).rpartition(":")[2]
    default("public_url", f"http://localhost:{port}")
    default("trusted_proxies", "")
    default("smtp_url", None)
    default("mail_from", f"Twofold <twofold@{values.mail_host(str(full['public_url'].value))}>")
    default("mail_return_path", values.address_of(str(full["mail_from"].value)))
    default("mails_per_minute", 0)
    default("mail_reports", None)
    default("mail_report_token", None)
    default("ntp_server", None)
    default("argon2_memory_kib", 19456)
    default("argon2_time", 2)
    default("argon2_parallelism", 1)
    default("password_pool", min(64, os.cpu_count() or 1))
    return full


def _cost_checked(settings: Settings) -> Settings:
    """Refuse an Argon2 cost under the cheapest recommended one; memory and passes trade off."""
    if settings.argon2_memory_kib * settings.argon2_time < _ARGON2_MINIMUM:
        raise SettingsError(
            "TWOFOLD_ARGON2_MEMORY_KIB times TWOFOLD_ARGON2_TIME must be at least"
            f" {_ARGON2_MINIMUM}: less lets stolen passwords be guessed too fast."
        )
    return settings


def _checked(name: str, given: Given) -> Any:
    """The normal form of a value, or `SettingsError` with one sentence that names the setting."""
    try:
        return _CHECKS[name](given.value)
    except ValueError as problem:
        raise SettingsError(f"{PREFIX}{name.upper()} ({given.origin}) {problem}") from None


def _why(problem: OSError) -> str:
    return (problem.strerror or type(problem).__name__).lower()
