"""`twofold config check`."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from twofold.settings import NAMES


def test_every_setting_is_shown_with_its_origin_and_without_its_secrets(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is effective, where it comes from, and no password."""
    (tmp_path / "twofold.toml").write_text('mail_from = "Acme <acme@example.org>"')
    monkeypatch.setenv("TWOFOLD_SMTP_URL", "smtp://ann:hunter2@mail.example.org:587")
    shown = run("config", "check")
    assert (shown.status, shown.err) == (0, "")
    lines = {line.split()[0]: line for line in shown.out.splitlines()}
    assert set(lines) == {"SETTING", *(f"TWOFOLD_{name.upper()}" for name in NAMES)}
    assert lines["TWOFOLD_SMTP_URL"].split()[1:] == [
        "smtp://ann:•••@mail.example.org:587",
        "environment",
    ]
    assert lines["TWOFOLD_MAIL_FROM"].endswith("twofold.toml")
    assert lines["TWOFOLD_LISTEN"].split()[1:] == ["127.0.0.1:8000", "default"]
    assert "hunter2" not in shown.out


def test_nothing_is_made_by_looking(run: Run, tmp_path: Path) -> None:
    """The data folder appears when something is kept in it, and not before."""
    assert run("config", "check").status == 0
    assert not (tmp_path / "data").exists()
