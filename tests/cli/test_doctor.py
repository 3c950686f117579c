"""`twofold doctor`."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import OWNER, PASSWORD, Run

ORDER = [
    "database",
    "tables",
    "key file",
    "clock, by phones",
    "clock, by database",
    "clock, by time server",
    "mail",
    "public address",
    "disk",
    "file rights",
]


def looked(run: Run, *options: str) -> dict[str, dict[str, str]]:
    """What it says, by check."""
    ran = run("doctor", "--json", *options)
    rows: list[dict[str, str]] = json.loads(ran.out)
    assert {key for row in rows for key in row} == {"check", "level", "says", "remedy"}
    failed = [row["check"] for row in rows if row["level"] == "FAIL"]
    assert (ran.status, bool(failed)) in {(0, False), (1, True)}
    if failed:
        assert ran.sentence == f"Not well: {', '.join(failed)}."
    return {row["check"]: row for row in rows}


@pytest.fixture(autouse=True)
def nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No service of somebody else is on the port of the public address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("TWOFOLD_LISTEN", f"127.0.0.1:{probe.getsockname()[1]}")


def test_before_the_first_start_there_are_warnings_and_nothing_is_made(
    run: Run, tmp_path: Path
) -> None:
    """Each says what to do."""
    found = looked(run)
    assert {row["level"] for row in found.values()} == {"OK", "WARN"}
    assert all(row["remedy"] for row in found.values() if row["level"] == "WARN")
    assert not (tmp_path / "data").exists()


def test_a_deployment_that_is_well(account: Run) -> None:
    """All in order; without a mail server and without the service running there are warnings."""
    found = looked(account)
    assert list(found) == ORDER
    warned = [check for check, row in found.items() if row["level"] != "OK"]
    assert warned == ["mail", "public address"]
    shown = account("doctor")
    assert shown.status == 0
    lines = shown.out.splitlines()
    assert lines[0].split() == ["STATE", "CHECK", "WHAT", "WAS", "FOUND"]
    assert any(line.startswith("OK     database") for line in lines)
    assert "WARN mail: Set TWOFOLD_SMTP_URL." in lines


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_key_file_that_others_can_read_fails(account: Run, tmp_path: Path, mode: int) -> None:
    """The service would not start with it either."""
    (tmp_path / "data" / "keys").chmod(mode)
    found = looked(account)
    assert found["key file"]["level"] == "FAIL"
    assert "0600" in found["key file"]["remedy"]


def test_a_key_file_of_another_deployment_fails(account: Run, tmp_path: Path) -> None:
    """So does a missing one."""
    keys = tmp_path / "data" / "keys"
    keys.write_text("0000000f " + "A" * 43 + "=\n")
    assert looked(account)["key file"]["level"] == "FAIL"
    keys.unlink()
    assert looked(account)["key file"]["level"] == "FAIL"


def test_a_damaged_database_fails(account: Run, tmp_path: Path) -> None:
    """What depends on it is left out, all else is looked at."""
    (tmp_path / "data" / "twofold.db").write_bytes(b"no database" * 1000)
    found = looked(account)
    assert found["database"]["level"] == "FAIL"
    assert "tables" not in found
    assert found["disk"]["level"] == "OK"


def test_a_postgres_database_is_looked_at_alike(
    run: Run, bare_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the server's clock as a witness, and a server that is away as a failure."""
    monkeypatch.setenv("TWOFOLD_DATABASE_URL", bare_postgres_url)
    made = run(
        "setup", "--account", "Acme", *OWNER, "--password-stdin", stdin=PASSWORD.encode() + b"\n"
    )
    assert (made.status, made.err) == (0, "")
    found = looked(run)
    assert list(found) == ORDER
    assert {found[check]["level"] for check in ORDER[:5]} == {"OK"}
    assert found["database"]["says"].startswith("PostgreSQL 1")
    assert "agree within" in found["clock, by database"]["says"]
    monkeypatch.setenv("TWOFOLD_DATABASE_URL", "postgresql://nobody:hunter2@127.0.0.1:1/none")
    away = run("doctor", "--json")
    assert away.status == 1
    assert "hunter2" not in away.out + away.err


def test_a_wrong_setting_is_a_finding_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As JSON as well, so that whoever watches need not read two formats."""
    monkeypatch.setenv("TWOFOLD_PUBLIC_URL", "http://login.example.org")
    found = looked(run)
    assert list(found) == ["settings"]
    assert "https://" in found["settings"]["says"]


def test_the_exit_status_is_that_of_the_process(account: Run, tmp_path: Path) -> None:
    """What a supervisor or a monitoring program sees."""
    command = [sys.executable, "-m", "twofold", "doctor"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    (tmp_path / "data" / "keys").chmod(0o644)
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1
