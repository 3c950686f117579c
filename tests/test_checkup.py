"""The checks of the doctor, one by one, against real servers on loopback and real files."""

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import trustme

from tests.mail.servers import Box, Line, ScriptedServer, mail_server
from tests.timeservers import TimeServer, time_server
from twofold import checkup
from twofold.checkup import Finding, Level, examine
from twofold.core.crowd import NOBODY, Picture
from twofold.settings import Settings, load
from twofold.storage.inspection import Inspection

NOW = 1_789_000_000


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """`settings(SMTP_URL="…")`: those of a data folder of its own."""
    monkeypatch.chdir(tmp_path)

    def made(**values: str) -> Settings:
        return load({f"TWOFOLD_{name}": value for name, value in values.items()})

    return made


def only(findings: list[Finding]) -> Finding:
    """The one finding."""
    (one,) = findings
    assert (one.remedy == "") == (one.level is Level.OK), one
    return one


# ---- the clock -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("off", "level", "says"),
    [
        (0.0, Level.OK, "agree within 2 seconds"),
        (-7.5, Level.WARN, "ahead of 127.0.0.1"),
        (7.5, Level.WARN, "behind 127.0.0.1"),
        (-70.4, Level.FAIL, "about 70 seconds ahead of 127.0.0.1"),
        (300.0, Level.FAIL, "about 5 minutes behind 127.0.0.1"),
    ],
)
def test_a_time_server_is_a_witness(
    settings: Callable[..., Settings], off: float, level: Level, says: str
) -> None:
    """Some seconds are worth a word; from twenty on codes are refused."""
    with time_server(TimeServer(off=off)) as server:
        found = only(checkup.of_time_server(settings(NTP_SERVER=server)))
    assert (found.level, says in found.says) == (level, True), found


def test_a_time_server_that_does_not_answer_is_a_warning(
    settings: Callable[..., Settings],
) -> None:
    """It may be that one that is wrong."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        closed = f"127.0.0.1:{line.getsockname()[1]}"
    assert only(checkup.of_time_server(settings(NTP_SERVER=closed))).level is Level.WARN
    assert only(checkup.of_time_server(settings())).level is Level.OK


@pytest.mark.parametrize(
    ("seen", "level", "says"),
    [
        (NOBODY, Level.OK, "are needed to compare"),
        (Picture(40, 3, 20), Level.OK, "agrees with most people's phones"),
        (Picture(40, 71, 20), Level.FAIL, "about 70 seconds ahead of most people's phones"),
        (None, Level.WARN, "another version"),
    ],
)
def test_the_phones_are_witnesses(seen: Picture | None, level: Level, says: str) -> None:
    """Too few are no trouble."""
    found = only([checkup.of_phones(seen)])
    assert (found.level, says in found.says) == (level, True), found


@pytest.mark.parametrize(
    ("server_time", "level"),
    [
        (None, Level.OK),
        (NOW + 0.5, Level.OK),
        (NOW - 1.5, Level.OK),
        (NOW - 9, Level.WARN),
        (NOW + 10, Level.WARN),
        (NOW - 70, Level.FAIL),
        (NOW + 71, Level.FAIL),
    ],
)
def test_the_database_server_is_a_witness(server_time: float | None, level: Level) -> None:
    """It was asked between two moments of our clock, so that a slow answer is no difference."""
    found = inspection(server_time=server_time)
    one = only([checkup.of_database_clock(found, NOW, NOW + 1)])
    assert one.level is level
    if server_time is not None and level is not Level.OK:
        assert ("ahead of" in one.says) == (server_time < NOW)
    slow = checkup.of_database_clock(inspection(server_time=NOW + 50), NOW, NOW + 60)
    assert slow.level is Level.OK


def inspection(**other: object) -> Inspection:
    """A database that is well."""
    values = {
        "kind": "PostgreSQL 16.4",
        "revision": "0003",
        "head": "0003",
        "is_known": True,
        "server_time": None,
        "phones": NOBODY,
        "sealed": {},
        "key_checks": {},
    }
    return Inspection(**{**values, **other})  # type: ignore[arg-type]


def test_who_relies_on_our_clock_hears_the_two_servers_and_not_the_phones(
    settings: Callable[..., Settings], bare_postgres_url: str
) -> None:
    """The phones speak of the clock as it was until people have signed in again."""
    with time_server(TimeServer(off=90)) as server:
        found = checkup.of_clocks(settings(NTP_SERVER=server, DATABASE_URL=bare_postgres_url))
    levels = {one.check: one.level for one in found}
    assert levels == {checkup.BY_TIME_SERVER: Level.FAIL, checkup.BY_DATABASE: Level.OK}


@pytest.mark.parametrize(
    ("found", "level"),
    [
        (inspection(), Level.OK),
        (inspection(revision=None), Level.WARN),
        (inspection(revision="0002"), Level.WARN),
        (inspection(revision="9999", is_known=False), Level.FAIL),
    ],
)
def test_the_tables_are_of_some_version(found: Inspection, level: Level) -> None:
    """An older one is brought up to date at the start; a newer one cannot be used."""
    assert only([checkup.of_tables(found)]).level is level


# ---- mail ------------------------------------------------------------------------------------


def test_mail_is_well_when_the_server_would_take_one(settings: Callable[..., Settings]) -> None:
    """Nothing is sent."""
    box = Box()
    with mail_server(box) as port:
        found = only(checkup.of_mail(settings(SMTP_URL=f"smtp://127.0.0.1:{port}"), ""))
    assert found.level is Level.OK
    assert box.received == []


def test_a_receiver_that_is_refused_is_a_warning_unless_somebody_named_it(
    settings: Callable[..., Settings],
) -> None:
    """Our own sender need not have a mailbox."""
    for mail_to, level in (("", Level.WARN), ("ann@acme.example", Level.FAIL)):
        with mail_server(Box(answers={"RCPT": ["550 no such person"]})) as port:
            found = only(checkup.of_mail(settings(SMTP_URL=f"smtp://127.0.0.1:{port}"), mail_to))
        assert found.level is level
        assert "550 no such person" in found.says


def test_the_box_of_reports_must_be_readable(tmp_path: Path) -> None:
    """A Maildir that is not there is found out here and not after a hundred lost mails."""
    assert checkup.of_reports(None) == []
    box = tmp_path / "box"
    missing = only(checkup.of_reports(box))
    assert (missing.level, "no such file or directory" in missing.says) == (Level.FAIL, True)
    (box / "new").mkdir(parents=True)
    unmoved = only(checkup.of_reports(box))
    assert (unmoved.level, "from new/ to cur/" in unmoved.says) == (Level.FAIL, True)
    (box / "cur").mkdir()
    (box / "new" / "1").write_bytes(b"x")
    well = only(checkup.of_reports(box))
    assert (well.level, well.says) == (
        Level.OK,
        f"{box} can be read; messages that wait: 1.",
    )


def test_without_a_mail_server_mails_wait(settings: Callable[..., Settings]) -> None:
    """A first look is no failure; a server that is away is one."""
    assert only(checkup.of_mail(settings(), "")).level is Level.WARN
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"smtp://127.0.0.1:{closed.getsockname()[1]}"
        assert only(checkup.of_mail(settings(SMTP_URL=url), "")).level is Level.FAIL


# ---- the public address ----------------------------------------------------------------------


@contextmanager
def web_server(
    status: int = 200, text: str = "ok\n", tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """A server that answers everything alike; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("localhost", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.mark.parametrize(
    ("status", "text", "level"),
    [
        (200, "ok\n", Level.WARN),
        (200, "<h1>Welcome to nginx</h1>", Level.FAIL),
        (404, "ok\n", Level.FAIL),
        (502, "", Level.FAIL),
    ],
)
def test_the_public_address_is_answered_by_twofold_or_by_something_else(
    settings: Callable[..., Settings], status: int, text: str, level: Level
) -> None:
    """Over http it is for a first look."""
    with web_server(status, text) as port:
        found = only(checkup.of_public_address(settings(PUBLIC_URL=f"http://localhost:{port}")))
    assert found.level is level


def test_a_certificate_that_is_trusted_is_well_and_another_one_is_not(
    settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As browsers will see it."""
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    with web_server(tls=tls) as port:
        address = settings(PUBLIC_URL=f"https://localhost:{port}")
        refused = only(checkup.of_public_address(address))
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        trusted = only(checkup.of_public_address(address))
    assert refused.level is Level.FAIL
    assert "certificate" in refused.says
    assert trusted.level is Level.OK


def test_an_address_that_nobody_knows_and_one_that_nobody_answers(
    settings: Callable[..., Settings],
) -> None:
    """The first is wrong; behind the second the service may not have been started."""
    unknown = only(checkup.of_public_address(settings(PUBLIC_URL="https://login.invalid")))
    assert (unknown.level, "not known" in unknown.says) == (Level.FAIL, True)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://localhost:{closed.getsockname()[1]}"
        assert only(checkup.of_public_address(settings(PUBLIC_URL=url))).level is Level.WARN


# ---- disk and rights -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("free", "level"),
    [(2**40, Level.OK), (500 * 2**20, Level.WARN), (99 * 2**20, Level.FAIL)],
)
def test_room_on_the_disk(
    settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch, free: int, level: Level
) -> None:
    """A full disk stops every sign-in. The folder need not be there yet."""
    monkeypatch.setattr(checkup.shutil, "disk_usage", lambda _place: SimpleNamespace(free=free))
    assert only(checkup.of_disk(settings())).level is level


def test_the_real_disk_is_asked(settings: Callable[..., Settings], tmp_path: Path) -> None:
    """In the folder, or in the nearest one above that is there."""
    found = checkup.of_disk(settings(DATA_DIR=str(tmp_path / "a" / "b")))[0]
    assert found.says.endswith(f"MiB are free in {tmp_path}.")


def test_rights_of_data_folder_and_database(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    """For everybody: no. For the group: look. For the owner alone: well."""
    made = settings(DATA_DIR=str(tmp_path / "data"))
    assert only(checkup.of_file_rights(made)).level is Level.WARN
    folder, file = tmp_path / "data", tmp_path / "data" / "twofold.db"
    folder.mkdir(mode=0o700)
    file.touch(mode=0o600)
    assert only(checkup.of_file_rights(made)).level is Level.OK
    for path, mode, level in (
        (file, 0o644, Level.FAIL),
        (file, 0o640, Level.WARN),
        (folder, 0o755, Level.FAIL),
        (folder, 0o750, Level.WARN),
    ):
        own = path.stat().st_mode & 0o777
        path.chmod(mode)
        found = only(checkup.of_file_rights(made))
        assert found.level is level
        assert str(path) in found.remedy
        os.system(found.remedy)
        assert only(checkup.of_file_rights(made)).level is Level.OK, "the remedy is one"
        assert path.stat().st_mode & 0o777 == own


# ---- all together ----------------------------------------------------------------------------


def test_servers_that_hang_do_not_hold_up_the_rest(settings: Callable[..., Settings]) -> None:
    """All are asked at once, and none for long; what is late is a failure with a remedy."""

    def hang(server: ScriptedServer, _line: Line) -> None:
        server.released.wait(20)

    with (
        ScriptedServer(hang) as mail,
        ScriptedServer(hang) as web,
        time_server(TimeServer(silent=True)) as clock,
    ):
        made = settings(
            SMTP_URL=f"smtp://127.0.0.1:{mail.port}",
            PUBLIC_URL=f"http://localhost:{web.port}",
            NTP_SERVER=clock,
        )
        began = time.monotonic()
        found = {one.check: one for one in examine(made)}
        assert time.monotonic() - began < 3
        assert found["mail"].level is Level.FAIL
        assert found["public address"].level is Level.WARN
        assert found["clock, by time server"].level is Level.WARN
        began = time.monotonic()
        late = {one.check: one for one in examine(made, patience=0.5)}
        assert time.monotonic() - began < 1.7
        assert late["mail"].level is Level.FAIL
        assert "did not end in time" in late["mail"].says
        assert late["disk"].level is Level.OK


def test_a_check_that_breaks_off_is_a_failure_and_the_others_stand(
    settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the message, which could carry an address with a password."""

    def planted(_settings: Settings) -> list[Finding]:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(checkup, "of_disk", planted)
    found = {one.check: one for one in examine(settings())}
    assert (found["disk"].level, "RuntimeError" in found["disk"].says) == (Level.FAIL, True)
    assert "hunter2" not in repr(found)
    assert "file rights" in found
