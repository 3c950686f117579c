"""`twofold restore` and `twofold mail release`, as an operator runs them."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_serve import port, serving

__all__ = ["port"]


@pytest.fixture
def backed_up(account: Run, tmp_path: Path) -> Run:
    """Ann, backed up as `b`; then Bob."""
    assert account("backup", str(tmp_path / "b")).status == 0
    assert account("people", "add", "--name", "Bob", "--email", "bob@example.org").status == 0
    return account


def emails(run: Run) -> list[str]:
    """Everybody's."""
    return [row["email"] for row in json.loads(run("people", "list", "--json").out)]


def test_a_restore_drill(backed_up: Run, tmp_path: Path) -> None:
    """Refused while there is a database; then the backup is there, the old one beside it, no mail
    leaves, and `mail release` lets it.
    """
    run, file = backed_up, str(tmp_path / "b")
    assert "say --replace" in run("restore", file).sentence
    assert emails(run) == ["ann@example.org", "bob@example.org"]
    done = run("restore", file, "--replace")
    assert (done.status, done.err) == (0, "")
    assert "The journal covers the time since the backup." in done.out
    assert "`twofold mail release`" in done.out
    assert emails(run) == ["ann@example.org"]
    (aside,) = (tmp_path / "data").glob("twofold.db.before-restore-*")
    assert str(aside) in done.out
    assert "No mail leaves since" in run("mail", "send").sentence.replace("no mail", "No mail")
    assert "Backup restored" in run("audit", "list").out
    released = run("mail", "release")
    assert released.status == 0
    assert "Mail leaves again: 0 wait." in released.out
    assert run("mail", "release").sentence == "Nothing holds the mail: it leaves by itself."
    assert run("audit", "verify").status == 0


def test_the_same_as_json(backed_up: Run, tmp_path: Path) -> None:
    """With stable keys; without the journal that is said."""
    (tmp_path / "data" / "journal").unlink()
    done = json.loads(backed_up("restore", str(tmp_path / "b"), "--replace", "--json").out)
    assert set(done) == {
        "backup_of", "journal_whole", "aside", "ended", "codes_kept_used", "without_codes",
        "undone",
    }  # fmt: skip
    assert done["journal_whole"] is False
    said = backed_up("restore", str(tmp_path / "b"), "--replace").out
    assert "No journal covers the time since the backup" in said


def test_a_restore_onto_a_bare_machine(
    backed_up: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the keys it is refused and nothing is made; with the key file it is put in place."""
    run, data, other = backed_up, tmp_path / "data", tmp_path / "other"
    monkeypatch.setenv("TWOFOLD_DATA_DIR", str(other))
    refused = run("restore", str(tmp_path / "b")).sentence
    assert refused.startswith("Nothing was restored. The key ")
    assert "--keys" in refused
    assert not other.exists()
    with_keys = ("--keys", str(data / "keys"), "--journal", str(data / "journal"))
    done = run("restore", str(tmp_path / "b"), *with_keys)
    assert (done.status, done.err) == (0, "")
    assert (other / "keys").read_text() == (data / "keys").read_text()
    assert "The journal covers" in done.out
    assert emails(run) == ["ann@example.org"]


def test_a_backup_with_its_keys_needs_nothing_else(
    account: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They become the key file."""
    account("backup", str(tmp_path / "b"), "--with-keys")
    monkeypatch.setenv("TWOFOLD_DATA_DIR", str(tmp_path / "other"))
    assert account("restore", str(tmp_path / "b")).status == 0
    assert emails(account) == ["ann@example.org"]
    keys = tmp_path / "other" / "keys"
    assert keys.read_text() == (tmp_path / "data" / "keys").read_text()
    assert keys.stat().st_mode & 0o777 == 0o600


def test_a_damaged_backup_changes_nothing(backed_up: Run, tmp_path: Path) -> None:
    """Whatever is wrong with it is said, and the database is as it was."""
    file = tmp_path / "b"
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 4
    file.write_bytes(content)
    sentence = backed_up("restore", str(file), "--replace").sentence
    assert sentence.startswith("Nothing was restored. The backup ")
    assert "Use another backup" in sentence
    file.write_text("a letter")
    assert "is not a file of `twofold backup`" in backed_up("restore", str(file)).sentence
    assert emails(backed_up) == ["ann@example.org", "bob@example.org"]


def test_a_full_disk_leaves_the_old_database(backed_up: Run, tmp_path: Path) -> None:
    """The limit stands for the disk: one sentence, nothing left lying about, and all is there."""
    data = tmp_path / "data"
    before = {path.name for path in data.iterdir()}
    for most in (4096, 100_000, 500_000):
        ran = subprocess.run(
            [sys.executable, "-m", "twofold", "restore", str(tmp_path / "b"), "--replace"],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda most=most: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),  # noqa: PLW1509
        )
        assert ran.returncode == 1, most
        assert ran.stderr.count("\n") == 1
        assert "twofold: The backup was not restored: " in ran.stderr
        assert {path.name for path in data.iterdir()} <= before
        assert emails(backed_up) == ["ann@example.org", "bob@example.org"]
    assert backed_up("restore", str(tmp_path / "b"), "--replace").status == 0


def test_a_restore_beside_the_service_is_refused(backed_up: Run, port: int, tmp_path: Path) -> None:
    """It goes on as if nothing had been asked; once it is stopped, the restore works."""
    with serving(port, last="clock:"):
        refused = backed_up("restore", str(tmp_path / "b"), "--replace")
        assert refused.status == 1
        assert "Stop the service" in refused.sentence
        assert emails(backed_up) == ["ann@example.org", "bob@example.org"]
    assert backed_up("restore", str(tmp_path / "b"), "--replace").status == 0
    with serving(port, last="mail:") as (_, printed):
        assert printed[-1].endswith("until `twofold mail release`")
        assert backed_up("mail", "release").status == 0
    with serving(port, last="clock:") as (_, printed):
        assert not [line for line in printed if line.startswith("mail:")]
