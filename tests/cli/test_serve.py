"""`twofold serve` as a process: what it prints, commands beside it, and how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.cli.conftest import Run
from tests.timeservers import TimeServer, time_server
from twofold import __version__
from twofold.bootstrap import clock_compared

START = 60
"""Seconds that a start may take on a machine that is busy with other tests."""


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


@contextmanager
def serving(port: int, *, last: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The running service and what it printed, up to the line that begins with `last`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "twofold", "serve"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TWOFOLD_LISTEN": f"127.0.0.1:{port}"},
    )
    watchdog = threading.Timer(START, process.kill)
    watchdog.start()
    printed: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            printed.append(line.rstrip("\n"))
            if line.startswith(last):
                break
        yield process, printed
    finally:
        watchdog.cancel()
        process.terminate()
        process.communicate(timeout=START)


def status_of(port: int, path: str) -> int:
    """What the service answers; it listens before it prints, so no waiting is needed."""
    answer = httpx2.get(f"http://localhost:{port}{path}", timeout=START, follow_redirects=False)
    return answer.status_code


def test_a_first_start_prints_at_most_eight_lines_with_one_link(
    run: Run, port: int, tmp_path: Path
) -> None:
    """Version, address, data folder, the link that makes the first admin, and the clock."""
    with serving(port, last="Another link") as (_, printed):
        text = "\n".join(printed)
        assert len(printed) <= 8
        assert printed[0] == f"Twofold {__version__}"
        assert f"http://localhost:{port}" in printed[1]
        assert str(tmp_path / "data") in text
        assert "not compared with a time server" in text
        assert "twofold admin-link" in text
        links = re.findall(rf"http://localhost:{port}(/first-admin/[A-Za-z0-9_-]{{43}})", text)
        assert len(links) == 1
        assert status_of(port, "/healthz") == 200
        assert status_of(port, "/readyz") == 200
        assert status_of(port, links[0]) == 200


def test_a_later_start_prints_no_link(account: Run, port: int) -> None:
    """There is an owner: nothing on the console opens anything."""
    with serving(port, last="clock:") as (_, printed):
        assert "first-admin" not in "\n".join(printed)
        assert status_of(port, "/sign-in") == 200


def test_a_proxy_that_is_not_named_is_told_of_on_both_outputs(account: Run, port: int) -> None:
    """When its first request comes, and not again; with the name of the setting."""
    with serving(port, last="clock:") as (process, _):
        for _ in range(2):
            httpx2.get(
                f"http://localhost:{port}/healthz",
                headers={"x-forwarded-for": "203.0.113.9"},
                timeout=START,
            )
        process.terminate()
        out, err = process.communicate(timeout=START)
    (warning,) = out.splitlines()
    assert "TWOFOLD_TRUSTED_PROXIES=127.0.0.1" in warning
    assert [line for line in err.splitlines() if "TWOFOLD_TRUSTED_PROXIES" in line] == [err.strip()]


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (TimeServer(), "compared with 127.0.0.1"),
        (TimeServer(off=-90), "WRONG: about 90 seconds ahead, says 127.0.0.1"),
        (TimeServer(stratum=0), "does not answer"),
    ],
)
def test_a_start_says_what_the_time_server_said(kind: TimeServer, says: str) -> None:
    """And goes on whatever that is."""
    with time_server(kind) as server:
        assert says in clock_compared(server)
    assert clock_compared(None) == "not compared with a time server"


def test_commands_work_while_the_service_runs(account: Run, port: int) -> None:
    """Each waits its turn."""
    with serving(port, last="clock:"):
        added = account("people", "add", "--name", "Bo", "--email", "bo@example.org")
        assert (added.status, added.err) == (0, "")
        assert "bo@example.org" in account("people", "list").out
        assert "bo@example.org" in account("mail", "list").out
        assert "/password/" in account("admin-link").out


def test_a_port_that_is_taken_is_one_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    """And the status is 1."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        monkeypatch.setenv("TWOFOLD_LISTEN", f"127.0.0.1:{port}")
        ran = subprocess.run(
            [sys.executable, "-m", "twofold", "serve"], capture_output=True, text=True, check=False
        )
    assert ran.returncode == 1
    assert ran.stdout == ""
    (sentence,) = ran.stderr.splitlines()
    assert sentence.startswith(f"twofold: Port {port} on 127.0.0.1 cannot be used")


def test_a_data_folder_that_cannot_be_made_is_one_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Here a file stands in its way."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TWOFOLD_DATA_DIR", str(tmp_path / "file" / "data"))
    for arguments in (("people", "list"), ("admin-link",), ("mail", "send")):
        ran = run(*arguments)
        assert ran.status == 1
        assert str(tmp_path / "file") in ran.sentence


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_being_told_to_stop_is_no_error(account: Run, port: int, sent: signal.Signals) -> None:
    """Status 0 and nothing on stderr, so that a supervisor is content."""
    with serving(port, last="clock:") as (process, _):
        assert status_of(port, "/healthz") == 200
        process.send_signal(sent)
        _, errors = process.communicate(timeout=START)
        assert (process.returncode, errors) == (0, "")
