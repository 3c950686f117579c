"""`twofold demo` as a process: what it prints, what it serves, what it leaves, and how it ends."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.cli.conftest import Run
from tests.cli.test_serve import serving
from tests.demo.mailserver import mail_server
from tests.journeys.product import free_port
from twofold.demo.cast import FEWEST

START = 90
"""Seconds that making a small organisation may take on a machine that is busy with other tests."""
SOON = 15
"""Seconds in which it must be gone once it is told to stop."""


@contextmanager
def demonstration(
    folder: Path, *arguments: str, until: str = "  A member who is locked out", **environment: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running demonstration and what it printed, up to the line that begins so. Its temporary
    files are in `folder`.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "twofold", "demo", "--people", str(FEWEST), "--port", "0"]
        + list(arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(folder)} | environment,
    )
    watchdog = threading.Timer(START, process.kill)
    watchdog.start()
    printed = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            printed.append(line)
            if line.startswith(until):
                break
        yield process, "".join(printed)
    finally:
        watchdog.cancel()
        process.terminate()
        process.communicate(timeout=START)


def address_in(printed: str) -> str:
    """Where it is reached."""
    found = re.search(r"^address: (http://localhost:\d+)/demo$", printed, re.MULTILINE)
    assert found, printed
    return found[1]


def stopped(process: subprocess.Popen[str], sent: signal.Signals) -> tuple[int, str, float]:
    """Status, what stands on stderr, and the seconds until it was gone."""
    begun = time.monotonic()
    process.send_signal(sent)
    _, errors = process.communicate(timeout=START)
    return process.returncode, errors, time.monotonic() - begun


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    """An empty one, for temporary files; the working folder is another."""
    empty = tmp_path / "tmp"
    empty.mkdir()
    return empty


def test_it_prints_serves_stops_and_leaves_nothing(folder: Path) -> None:
    """Where it is, whom to sign in as with passwords that work, and that nothing is mailed out; no
    mail server is spoken to, though one is set in the environment and in the working folder.
    """
    with mail_server() as mails:
        Path("twofold.toml").write_text(f'smtp_url = "{mails.url}"\n')
        with demonstration(folder, TWOFOLD_SMTP_URL=mails.url) as (process, printed):
            url = address_in(printed)
            assert "nothing is mailed out" in printed
            assert f"Making {FEWEST} people" in printed
            assert [path.name.startswith("twofold-demo-") for path in folder.iterdir()] == [True]
            people = re.findall(r"^  (An? \w.*?|The \w.*?) {2,}(\S+@\S+) +(\S+)$", printed, re.M)
            assert len(people) == 5
            for _, email, password in people:
                sent = httpx2.post(
                    f"{url}/sign-in", data={"email": email, "password": password}, timeout=START
                )
                assert (sent.status_code, sent.text) == (303, "")
            assert httpx2.get(f"{url}/demo", timeout=START).status_code == 200
            assert httpx2.get(f"{url}/readyz", timeout=START).status_code == 200
            status, errors, seconds = stopped(process, signal.SIGTERM)
        assert (status, errors) == (0, "")
        assert seconds < SOON
        assert list(folder.iterdir()) == []
        assert mails.connections == 0


def test_it_can_be_stopped_while_the_history_is_played(folder: Path) -> None:
    """Within seconds, with nothing left behind."""
    with demonstration(folder, "--people", "2000", until="Twofold") as (process, printed):
        assert "Making 2000 people" in printed
        status, errors, seconds = stopped(process, signal.SIGINT)
    assert (status, errors) == (0, "")
    assert seconds < SOON
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_named_is_kept_and_must_be_new(folder: Path, tmp_path: Path) -> None:
    """It holds the database and its keys, and no password or phone."""
    kept = tmp_path / "kept"
    with demonstration(folder, "--data", str(kept)) as (process, printed):
        assert f"{kept} (kept)" in printed
        assert stopped(process, signal.SIGTERM)[:2] == (0, "")
    assert {"twofold.db", "keys"} <= {path.name for path in kept.iterdir()}
    assert list(folder.iterdir()) == []
    for password in re.findall(r"^  .*@\S+ +(\S+)$", printed, re.MULTILINE):
        for path in kept.iterdir():
            assert password.encode() not in path.read_bytes()
    refused = ran("--data", str(kept))
    assert refused.returncode == 1
    assert "is not an empty folder" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A demonstration that does not begin."""
    return subprocess.run(
        [sys.executable, "-m", "twofold", "demo", "--port", "0", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=START,
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_it_is_served_on_this_computer_alone(run: Run, host: str) -> None:
    """Another address is refused in one sentence, before anything is made."""
    refused = ran("--host", host)
    assert (refused.returncode, refused.stdout) == (1, "")
    (sentence,) = refused.stderr.splitlines()
    assert sentence.startswith(f"twofold: The demonstration is not served on {host}: ")


def test_too_few_people_are_refused(run: Run) -> None:
    """Everybody must be somebody: the states need people."""
    refused = run("demo", "--people", "10")
    assert refused.status == 2
    assert "60<=x<=2000" in refused.sentence


def test_serve_has_no_page_of_the_demonstration(run: Run) -> None:
    """Asked of the running service itself."""
    port = free_port()
    with serving(port, last="Another link"):
        for path in ("/demo", "/demo/phone", "/demo/phone?who=ann@example.org"):
            answer = httpx2.get(f"http://localhost:{port}{path}", timeout=START)
            assert answer.status_code == 404
            assert "Demonstration" not in answer.text
