"""Authenticator programs that run on Debian, each with entries of its own as on a phone.

Those that read an `otpauth://` URI get what the camera read, as it stands, and take it apart by
themselves. The two that cannot are told what the set-up page shows for typing.
"""

import base64
import contextlib
import hashlib
import json
import re
import secrets
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.apps.terminal import RIGHT, run, run_with_password

NUMBERSTATION = """
import sys
sys.path.insert(0, "/usr/share/numberstation")
from numberstation.otpurl import OTPUrl
for line in sys.stdin.read().split():
    entry = OTPUrl(line)
    print(entry.get_token()[0], entry.issuer, entry.label, sep="\\t")
"""
OTPAUTH = """
const {URI} = require("otpauth");
for (const line of require("fs").readFileSync(0, "utf8").split("\\n")) {
  const entry = URI.parse(line);
  console.log([entry.generate(), entry.issuer, entry.label].join("\\t"));
}
"""
KEEPASS = (
    '<?xml version="1.0"?><KeePassFile><Meta><Generator>t</Generator></Meta><Root><Group>'
    "<UUID>{}</UUID><Name>R</Name>{}</Group></Root></KeePassFile>"
)
KEEPASS_ENTRY = (
    "<Entry><UUID>{}</UUID><String><Key>Title</Key><Value>{}</Value></String>"
    "<String><Key>otp</Key><Value>{}</Value></String></Entry>"
)
PASSWORD = "pw"
ROUNDS = 100_000
"""How often otpclient hashes the password of its database."""


@dataclass(frozen=True)
class Entry:
    """What the set-up page offers: by its QR code, and in letters beside it."""

    uri: str
    key: str
    issuer: str
    account: str


@dataclass(frozen=True)
class Shown:
    """What a program shows for an entry; no names where it shows none."""

    code: str
    issuer: str = ""
    account: str = ""


class Program(ABC):
    """An authenticator program with entries, kept in a folder of its own."""

    given = "the QR code"
    """What it is set up with: this, or "the typed key"."""
    shows_names = True
    """Whether it shows issuer and account that it has read."""

    @abstractmethod
    def __init__(self, folder: Path, entries: Sequence[Entry]) -> None: ...

    @abstractmethod
    def show(self, clock: str = RIGHT) -> list[Shown]:
        """All entries, in the order in which they were added."""

    def close(self) -> None:  # noqa: B027 - most of them start nothing
        """End what was started for the entries."""


class Oathtool(Program):
    """It has no entries and no names: somebody types the key, in small letters and with blanks."""

    given = "the typed key"
    shows_names = False

    def __init__(self, _folder: Path, entries: Sequence[Entry]) -> None:
        self.keys = [entry.key.lower() for entry in entries]

    def show(self, clock: str = RIGHT) -> list[Shown]:
        return [
            Shown(run("oathtool", "-b", "--totp", "-", said=key, clock=clock)) for key in self.keys
        ]


class KeePassXC(Program):
    """A password manager that keeps the URI as it is; the entry's title is the person's choice."""

    shows_names = False

    def __init__(self, folder: Path, entries: Sequence[Entry]) -> None:
        self.titles = [f"entry {number}" for number, _ in enumerate(entries)]
        self.database = str(folder / "phone.kdbx")
        kept = zip(self.titles, entries, strict=True)
        text = "".join(
            KEEPASS_ENTRY.format(_uuid(number), title, escape(entry.uri))
            for number, (title, entry) in enumerate(kept, 2)
        )
        import_file = folder / "in.xml"
        import_file.write_text(KEEPASS.format(_uuid(1), text), encoding="utf-8")
        twice = f"{PASSWORD}\n{PASSWORD}\n"
        run("keepassxc-cli", "import", "-q", "-p", str(import_file), self.database, said=twice)

    def show(self, clock: str = RIGHT) -> list[Shown]:
        command = ("keepassxc-cli", "show", "-q", "-t", self.database)
        return [
            Shown(run(*command, title, said=f"{PASSWORD}\n", clock=clock)) for title in self.titles
        ]


def _uuid(number: int) -> str:
    return base64.b64encode(number.to_bytes(16, "big")).decode()


class PassOtp(Program):
    """The password store; it names the file of an entry by the issuer and account that it read."""

    def __init__(self, folder: Path, entries: Sequence[Entry]) -> None:
        self.store = folder / "store"
        self.env = {"GNUPGHOME": str(folder / "gpg"), "PASSWORD_STORE_DIR": str(self.store)}
        (folder / "gpg").mkdir(mode=0o700)
        run(
            "gpg", "--batch", "--pinentry-mode", "loopback", "--passphrase", "",
            "--quick-gen-key", "phone", "future-default", "default", "never", env=self.env,
        )  # fmt: skip
        run("pass", "init", "phone", env=self.env)
        self.entries = [self._insert(entry) for entry in entries]

    def _insert(self, entry: Entry) -> str:
        before = set(self.store.rglob("*.gpg"))
        run("pass", "otp", "insert", "-f", said=f"{entry.uri}\n", env=self.env)
        (new,) = set(self.store.rglob("*.gpg")) - before
        return str(new.relative_to(self.store)).removesuffix(".gpg")

    def show(self, clock: str = RIGHT) -> list[Shown]:
        codes = [
            run("pass", "otp", "code", "--", path, env=self.env, clock=clock)
            for path in self.entries
        ]
        return [
            Shown(code, *path.split("/")) for code, path in zip(codes, self.entries, strict=True)
        ]

    def close(self) -> None:
        """End the agent that gpg started."""
        run("gpgconf", "--kill", "gpg-agent", env=self.env)


class OtpClient(Program):
    """An authenticator app whose command line cannot add entries: its database is written here,
    with the key and names as somebody types them into its window. It prints no letters outside
    A to Z, so its names are not looked at; it finds an entry only by exactly these.
    """

    given = "the typed key"
    shows_names = False

    def __init__(self, folder: Path, entries: Sequence[Entry]) -> None:
        self.typed = [(entry.issuer, entry.account) for entry in entries]
        self.env = {"HOME": str(folder)}
        items = [
            {"type": "TOTP", "label": entry.account, "issuer": entry.issuer, "digits": 6,
             "secret": "".join(entry.key.split()), "algo": "SHA1", "period": 30}
            for entry in entries
        ]  # fmt: skip
        database = folder / "otpclient.enc"
        database.write_bytes(_sealed_for_otpclient(json.dumps(items, ensure_ascii=False)))
        (folder / ".config").mkdir()
        (folder / ".config/otpclient.cfg").write_text(
            f"[config]\ndb_path={database}\nuse_secret_service=false\n"
        )

    def show(self, clock: str = RIGHT) -> list[Shown]:
        return [Shown(self._code(issuer, account, clock)) for issuer, account in self.typed]

    def _code(self, issuer: str, account: str, clock: str) -> str:
        command = ("otpclient-cli", "show", "-m", "-a", account, "-i", issuer)
        said = run_with_password(*command, password=PASSWORD, env=self.env, clock=clock)
        (code,) = re.findall(r": (\d+)$", said, re.MULTILINE)
        return str(code)


def _sealed_for_otpclient(text: str) -> bytes:
    iv, salt = secrets.token_bytes(16), secrets.token_bytes(32)
    key = hashlib.pbkdf2_hmac("sha512", PASSWORD.encode(), salt, ROUNDS, 32)
    return iv + salt + AESGCM(key).encrypt(iv, text.encode(), iv + salt)


class OtpAuth(Program):
    """The library that many browser apps are made with."""

    def __init__(self, _folder: Path, entries: Sequence[Entry]) -> None:
        self.lines = "\n".join(entry.uri for entry in entries)

    def show(self, clock: str = RIGHT) -> list[Shown]:
        printed = run("node", "-e", OTPAUTH, said=self.lines, clock=clock)
        return [Shown(*line.split("\t")) for line in printed.splitlines()]


class Numberstation(Program):
    """An authenticator app for Linux phones. It ignores `algorithm`."""

    def __init__(self, _folder: Path, entries: Sequence[Entry]) -> None:
        self.lines = "\n".join(entry.uri for entry in entries)

    def show(self, clock: str = RIGHT) -> list[Shown]:
        printed = run("/usr/bin/python3", "-c", NUMBERSTATION, said=self.lines, clock=clock)
        rows = [line.split("\t") for line in printed.splitlines()]
        return [
            Shown(code, issuer, label.removeprefix(f"{issuer}:")) for code, issuer, label in rows
        ]


PROGRAMS: dict[str, type[Program]] = {
    "oathtool": Oathtool,
    "keepassxc-cli": KeePassXC,
    "otpclient-cli": OtpClient,
    "pass-otp": PassOtp,
    "otpauth": OtpAuth,
    "numberstation": Numberstation,
}


@contextlib.contextmanager
def installed(name: str, entries: Sequence[Entry]) -> Iterator[Program]:
    """The program of that name with these entries, in a folder whose path is short enough for
    the socket of gpg's agent.
    """
    with tempfile.TemporaryDirectory(prefix="app-") as folder:
        program = PROGRAMS[name](Path(folder), entries)
        try:
            yield program
        finally:
            program.close()
