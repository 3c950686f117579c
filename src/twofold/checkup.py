"""The checks of `twofold doctor`: like the bootstrap it sees every adapter, and changes nothing.

Each group of checks runs in a thread of its own, because a name server or a firewall can hold up
any of them for minutes. What has not answered after `PATIENCE` seconds is said to have not
answered, and its thread is left behind: it dies with the process.
"""

import http.client
import os
import shutil
import socket
import ssl
import stat
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from twofold import ntp
from twofold.core.clocks import about
from twofold.core.crowd import LOUD, Picture
from twofold.core.errors import TwofoldError
from twofold.mail.messages import MailTemplates
from twofold.mail.smtp import SmtpMailer
from twofold.settings import Settings
from twofold.storage import inspection
from twofold.storage.inspection import Inspection
from twofold.system import SystemRandom

PATIENCE = 2.2
"""Seconds after which a check that has not ended counts as failed."""
ANSWER = 1.8
"""Seconds that servers have, so that their own words arrive before `PATIENCE` is over."""
NOTICED = 2
"""Seconds between two clocks that are worth a word; from `crowd.LOUD` on codes are refused."""
MIB = 2**20
LEAST_SPACE, LITTLE_SPACE = 100 * MIB, 1024 * MIB
"""Bytes on the disk of the data folder below which nothing works soon, and which are little."""
SET_THE_CLOCK = (
    "Turn on time synchronisation on this machine (timedatectl set-ntp true); if the clock stood"
    " in the future, run `twofold clock repair` afterwards."
)


BY_PHONES, BY_DATABASE = "clock, by phones", "clock, by database"
BY_TIME_SERVER = "clock, by time server"


class Level(StrEnum):
    """How well it is."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    level: Level
    says: str
    remedy: str = ""
    """What to do; "" where nothing is."""


def ok(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check, Level.OK, says)


def warn(check: str, says: str, remedy: str) -> Finding:
    """It works, or may work, and somebody should look."""
    return Finding(check, Level.WARN, says, remedy)


def fail(check: str, says: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(check, Level.FAIL, says, remedy)


Group = Callable[[], Sequence[Finding]]


def examine(settings: Settings, *, mail_to: str = "", patience: float = PATIENCE) -> list[Finding]:
    """Everything that was found, in a fixed order, after at most `patience` seconds."""
    groups: dict[str, Group] = {
        "database": lambda: of_database(settings),
        BY_TIME_SERVER: lambda: of_time_server(settings),
        "mail": lambda: [*of_mail(settings, mail_to), *of_reports(settings.mail_reports)],
        "public address": lambda: of_public_address(settings),
        "disk": lambda: of_disk(settings),
        "file rights": lambda: of_file_rights(settings),
    }
    found: dict[str, Sequence[Finding]] = {}
    threads = [
        threading.Thread(target=_run, args=(name, group, found), daemon=True)
        for name, group in groups.items()
    ]
    deadline = time.monotonic() + patience
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    late = "did not end in time; something on the way does not answer."
    return [
        finding
        for name in groups
        for finding in found.get(name)
        or (fail(name, f"The check {late}", "Look at network, name server and firewall."),)
    ]


def _run(name: str, group: Group, found: dict[str, Sequence[Finding]]) -> None:
    try:
        found[name] = group()
    except Exception as problem:
        # Its kind alone: a message may carry an address with a password.
        says = f"The check broke off ({type(problem).__name__})."
        found[name] = (fail(name, says, "Report this as a fault of Twofold."),)


# ---- database, keys, and what they know of the clock ----------------------------------------


def of_database(settings: Settings) -> list[Finding]:
    """Reachable, of this version, opened by the key file; and two witnesses of the clock."""
    file = inspection.database_file(settings.database_url)
    keys = inspection.key_file(settings.data_dir)
    if file is not None and not file.exists():
        says = f"There is no database yet at {file}."
        return [warn("database", says, "`twofold serve` makes it."), *of_key_file(settings, None)]
    before = time.time()
    try:
        found = inspection.look_into(settings.database_url, int(before))
    except TwofoldError as problem:
        remedy = "Look at TWOFOLD_DATABASE_URL, and whether the database runs."
        return [fail("database", str(problem), remedy), *of_key_file(settings, None)]
    after = time.time()
    where = f"{found.kind} at {file}" if file else found.kind
    return [
        ok("database", f"{where} answers."),
        of_tables(found),
        *of_key_file(settings, found if keys.exists() else None),
        of_phones(found.phones),
        of_database_clock(found, before, after),
    ]


def of_tables(found: Inspection) -> Finding:
    """Whether the tables are those of this version."""
    check = "tables"
    if not found.is_known:
        says = f"The database was made by a newer version of Twofold (revision {found.revision})."
        return fail(check, says, "Start that version, or restore an older backup.")
    if found.revision is None:
        return warn(check, "The database is empty.", "`twofold serve` makes the tables.")
    if found.revision != found.head:
        says = f"The tables are those of revision {found.revision}; this version has {found.head}."
        return warn(check, says, "Back up, then start: `twofold serve` brings them up to date.")
    return ok(check, f"The tables are up to date (revision {found.revision}).")


def of_key_file(settings: Settings, found: Inspection | None) -> list[Finding]:
    """There, for its owner alone, and the one that opens what is sealed in the database."""
    check, path = "key file", inspection.key_file(settings.data_dir)
    if not path.exists():
        says = f"There is no key file {path}."
        if found is None and not _has_database(settings):
            return [warn(check, says, "`twofold serve` makes it, together with the database.")]
        return [fail(check, says, "Put it back from your backup, beside the database.")]
    try:
        ring = inspection.read_key_file(settings.data_dir, SystemRandom())
        opened = inspection.try_keys(ring, found) if found else False
    except TwofoldError as problem:
        return [fail(check, str(problem), f"See that {path} is the right file, with mode 0600.")]
    what = "opens what is sealed" if opened else "can be read; nothing is sealed to try it on"
    return [ok(check, f"{path} is for its owner alone and {what}.")]


def _has_database(settings: Settings) -> bool:
    file = inspection.database_file(settings.database_url)
    return file is None or file.exists()


# ---- three witnesses of the clock ------------------------------------------------------------


def of_phones(seen: Picture | None) -> Finding:
    """What the phones of many people say."""
    check = BY_PHONES
    if seen is None:
        return warn(check, "Not looked at: the tables are of another version.", "See above.")
    if seen.is_off:
        says = f"{seen.sentence} Codes of {seen.people} people of the last day say so."
        return fail(check, says, SET_THE_CLOCK)
    return ok(check, f"{seen.sentence} ({seen.people} people in the last day)")


def of_database_clock(found: Inspection, before: float, after: float) -> Finding:
    """What the database server says, asked between these two moments of our clock."""
    check = BY_DATABASE
    if found.server_time is None:
        return ok(check, "SQLite is on this machine and has no clock of its own.")
    # The smallest difference that is possible counts.
    ahead = max(before - found.server_time, min(0.0, after - found.server_time))
    return _compared(check, ahead, "the database server", 0.0)


def of_clocks(settings: Settings) -> list[Finding]:
    """What a time server and the database server say, where there are such: for those who are
    about to rely on our clock. The phones have no say here: they still speak of the clock as it
    was until people have signed in again.
    """
    return [
        one
        for one in (*of_time_server(settings), *of_database(settings))
        if one.check in (BY_TIME_SERVER, BY_DATABASE)
    ]


def of_time_server(settings: Settings) -> list[Finding]:
    """What a time server says, if one is set."""
    check = BY_TIME_SERVER
    if settings.ntp_server is None:
        return [ok(check, "No time server is set to compare with (TWOFOLD_NTP_SERVER).")]
    try:
        answer = ntp.ask(settings.ntp_server, patience=ANSWER)
    except ntp.NoAnswer as problem:
        remedy = "Look at TWOFOLD_NTP_SERVER, and whether UDP port 123 is open to it."
        return [warn(check, str(problem), remedy)]
    return [_compared(check, answer.ahead, settings.ntp_server, answer.round_trip / 2)]


def _compared(check: str, ahead: float, whom: str, within: float) -> Finding:
    """A finding about the distance of our clock to another one."""
    off = max(0.0, abs(ahead) - within)
    if off < NOTICED:
        return ok(check, f"Our clock and that of {whom} agree within {NOTICED} seconds.")
    words = about(round(ahead)) if off >= LOUD else f"{round(off)} seconds"
    where = f"ahead of {whom}" if ahead > 0 else f"behind {whom}"
    says = f"Our clock is about {words} {where}."
    return (fail if off >= LOUD else warn)(check, says, SET_THE_CLOCK)


# ---- mail ------------------------------------------------------------------------------------


def of_mail(settings: Settings, mail_to: str) -> list[Finding]:
    """A conversation with the mail server up to the point where a mail would follow."""
    postbox = MailTemplates(settings.public_url)
    mailer = SmtpMailer(
        settings.smtp_url, settings.mail_from, postbox, return_path=settings.mail_return_path
    )
    if not mailer.configured:
        says = "No mail server is set: mails wait in the outbox."
        return [warn("mail", says, "Set TWOFOLD_SMTP_URL.")]
    answer = mailer.probe(mail_to, patience=ANSWER)
    if answer.ok:
        return [ok("mail", answer.detail)]
    if answer.final and not mail_to:
        remedy = "Our own sender need not have a mailbox; try somebody's: --mail-to ADDRESS."
        return [warn("mail", answer.detail, remedy)]
    return [fail("mail", answer.detail, "Look at TWOFOLD_SMTP_URL and TWOFOLD_MAIL_FROM.")]


def of_reports(box: Path | None) -> list[Finding]:
    """The Maildir of mail servers' reports, where there is one."""
    if box is None:
        return []
    try:
        waiting = len(os.listdir(box / "new"))
        may_move = all(os.access(box / part, os.W_OK | os.X_OK) for part in ("new", "cur"))
    except OSError as problem:
        says = f"{box} cannot be read: {(problem.strerror or 'an error').lower()}."
        return [fail("mail reports", says, "Look at TWOFOLD_MAIL_REPORTS: it names a Maildir.")]
    if not may_move:
        says = f"Messages of {box} cannot be moved from new/ to cur/."
        return [fail("mail reports", says, "Give both folders to the account that runs Twofold.")]
    return [ok("mail reports", f"{box} can be read; messages that wait: {waiting}.")]


# ---- the public address ----------------------------------------------------------------------


def of_public_address(settings: Settings) -> list[Finding]:
    """Whether the address in the mails leads to Twofold, seen from this machine."""
    check, url = "public address", settings.public_url
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        says = f"The name {host} of {url} is not known to the name server."
        return [fail(check, says, "Correct TWOFOLD_PUBLIC_URL, or the name server's entry.")]
    try:
        status, text = _healthz(parts.scheme, host, port)
    except ssl.SSLCertVerificationError as problem:
        says = f"The certificate of {url} was not accepted: {problem.verify_message}."
        return [fail(check, says, "Renew the certificate of the proxy in front of Twofold.")]
    except (OSError, http.client.HTTPException) as problem:
        says = f"Nothing answers at {url}, seen from this machine ({_why(problem)})."
        return [warn(check, says, "Start the service; look at the proxy in front, and its port.")]
    if (status, text) != (200, "ok"):
        says = f"Something else answers at {url} (status {status} for /healthz)."
        return [fail(check, says, "See that the proxy hands this address on to Twofold.")]
    if parts.scheme == "http":
        remedy = "For people to reach it, put TLS in front and set TWOFOLD_PUBLIC_URL to https://…"
        return [warn(check, f"{url} answers, on this machine alone.", remedy)]
    return [ok(check, f"{url} answers.")]


def _healthz(scheme: str, host: str, port: int) -> tuple[int, str]:
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    connection = kind(host, port, timeout=ANSWER)
    try:
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        return response.status, response.read(100).decode("ascii", "replace").strip()
    finally:
        connection.close()


def _why(problem: Exception) -> str:
    if isinstance(problem, TimeoutError):
        return "timed out"
    return (getattr(problem, "strerror", "") or type(problem).__name__).lower()


# ---- disk and rights -------------------------------------------------------------------------


def of_disk(settings: Settings) -> list[Finding]:
    """Room on the disk of the data folder, or of the folder in which it will be made."""
    place = next(path for path in (settings.data_dir, *settings.data_dir.parents) if path.exists())
    free = shutil.disk_usage(place).free
    says = f"{free // MIB:,} MiB are free in {place}."
    remedy = "Free some space: when the disk is full, nobody can sign in."
    if free < LEAST_SPACE:
        return [fail("disk", says, remedy)]
    return [warn("disk", says, remedy) if free < LITTLE_SPACE else ok("disk", says)]


def of_file_rights(settings: Settings) -> list[Finding]:
    """Nobody but the service's own account reads data folder and database, and it can write."""
    check, folder = "file rights", settings.data_dir
    if not folder.exists():
        return [warn(check, f"There is no data folder {folder} yet.", "`twofold serve` makes it.")]
    if not os.access(folder, os.W_OK | os.X_OK):
        says = f"This account cannot write to {folder}."
        return [fail(check, says, "Run this as the account of the service, or give it the folder.")]
    file = inspection.database_file(settings.database_url)
    beside = [Path(f"{file}{end}") for end in ("", "-wal", "-shm")] if file else []
    wrong = [path for path in (folder, *beside) if path.exists() and _mode(path) & 0o077]
    if not wrong:
        return [ok(check, f"{folder} and the database are for their owner alone.")]
    files = " ".join(str(path) for path in wrong)
    says = f"Others than the owner may open {files}."
    remedy = f"chmod go= {files}"
    worst = fail if any(_mode(path) & 0o007 for path in wrong) else warn
    return [worst(check, says, remedy)]


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
