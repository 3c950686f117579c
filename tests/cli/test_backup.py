"""`twofold backup` and `twofold verify`, beside a running service and where there is no room."""

import json
import resource
import stat
import subprocess
import sys
import threading
from pathlib import Path

import httpx2
import pytest

from tests.cli.conftest import Run
from tests.cli.test_serve import START, port, serving

__all__ = ["port"]


def test_a_backup_is_made_and_approved_of(account: Run, tmp_path: Path) -> None:
    """In words and as JSON with stable keys."""
    file = tmp_path / "b"
    made = account("backup", str(file))
    assert (made.status, made.err) == (0, "")
    assert "Acme     1" in made.out
    assert "which is not inside" in made.out
    tried = account("verify", str(file))
    assert (tried.status, tried.err) == (0, "")
    assert [line[:4] for line in tried.out.splitlines()[:8]] == ["OK  "] * 8
    found = json.loads(account("verify", "--json", str(file)).out)
    assert found["ok"] is True
    assert {check["name"] for check in found["checks"]} == {
        "file", "database", "tables", "keys", "seal", "sealed values", "log", "counts"
    }  # fmt: skip
    assert set(found["backup"]) == {
        "file", "made_at", "version", "revision", "source", "bytes", "keys", "with_keys",
        "accounts", "left_out",
    }  # fmt: skip
    again = account("backup", str(file))
    assert again.sentence == f"There is a file {file} already. Give a name that is free."


def test_a_backup_opens_with_its_own_keys_alone(
    account: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine without the key file it says which key it needs; with that file it is well."""
    file, other = tmp_path / "b", tmp_path / "other"
    account("backup", str(file))
    monkeypatch.setenv("TWOFOLD_DATA_DIR", str(other))
    tried = account("verify", str(file))
    assert tried.status == 1
    assert tried.sentence == f"The backup {file} cannot be relied on (keys)."
    assert "which this backup was written with, is needed, and there is no key file" in tried.out
    assert account("verify", str(file), "--keys", str(tmp_path / "data" / "keys")).status == 0
    assert not other.exists()


def test_keys_inside_are_said_loudly(
    account: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And then nothing else is needed; without `--with-keys` no byte of a key is in the file."""
    with_keys, without = tmp_path / "with", tmp_path / "without"
    made = account("backup", str(with_keys), "--with-keys")
    assert made.status == 0
    assert made.err.startswith("THE KEYS ARE IN THIS FILE.")
    account("backup", str(without))
    key = (tmp_path / "data" / "keys").read_bytes().split()[1]
    assert key in with_keys.read_bytes()
    assert key not in without.read_bytes()
    assert stat.S_IMODE(with_keys.stat().st_mode) == 0o600
    monkeypatch.setenv("TWOFOLD_DATA_DIR", str(tmp_path / "other"))
    assert account("verify", str(with_keys)).status == 0


def test_a_full_disk_is_one_sentence_and_no_file(account: Run, tmp_path: Path) -> None:
    """The limit stands for the disk: at whatever byte, nothing is there under the name."""
    folder = tmp_path / "out"
    folder.mkdir()
    for most in (0, 4096, 100_000, 400_000):
        ran = subprocess.run(
            [sys.executable, "-m", "twofold", "backup", str(folder / "b")],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda most=most: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),  # noqa: PLW1509
        )
        assert ran.returncode == 1, most
        assert ran.stderr.count("\n") == 1
        assert f"twofold: The {'backup' if most else 'journal'} " in ran.stderr
        assert list(folder.iterdir()) == []
    assert account("backup", str(folder / "b")).status == 0


def test_a_backup_beside_a_service_under_load(account: Run, port: int, tmp_path: Path) -> None:
    """People sign in all the while; whoever was added before the backup began is in it."""
    stop = threading.Event()
    answered = []

    def sign_in() -> None:
        with httpx2.Client(timeout=START) as client:
            while not stop.is_set():
                form = {"email": "ann@example.org", "password": "wrong"}
                answer = client.post(f"http://localhost:{port}/sign-in", data=form)
                answered.append(answer.status_code)

    with serving(port, last="clock:"):
        threads = [threading.Thread(target=sign_in) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for number in range(3):
                email = f"p{number}@example.org"
                assert account("people", "add", "--name", "P", "--email", email).status == 0
                file = tmp_path / f"b{number}"
                assert account("backup", str(file)).status == 0
                found = json.loads(account("verify", "--json", str(file)).out)
                assert found["ok"], found["checks"]
                assert found["backup"]["accounts"][0]["people"] == 2 + number
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    assert answered
    assert set(answered) <= {422, 429, 503}
