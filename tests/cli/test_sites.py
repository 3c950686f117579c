"""`twofold sites`: listed and set from the console."""

import json
from pathlib import Path

from tests.cli.conftest import Run

TEXT = "https://wiki.example.org\n  /       session\n  /admin  second factor, fresh 15\n"
BY = ("--by", "ann@example.org")


def test_sites_are_set_and_listed(account: Run, tmp_path: Path) -> None:
    """What `list` prints is what `set` takes."""
    file = tmp_path / "sites.txt"
    file.write_text(TEXT)
    assert account("sites", "list").out == ""
    assert account("sites", "set", str(file), *BY).out == "1 site is protected.\n"
    assert account("sites", "list").out == TEXT
    again = account("sites", "set", "-", *BY, "--json", stdin=TEXT.encode())
    assert json.loads(again.out) == {"changed": False, "sites": ["https://wiki.example.org"]}
    (shown,) = json.loads(account("sites", "list", "--json").out)
    assert shown["site"] == "https://wiki.example.org"
    assert shown["rules"][1] == {
        "path": "/admin",
        "exact": False,
        "asks": "second factor",
        "groups": [],
        "roles": [],
        "fresh": 15,
    }
    assert "Protected sites changed" in account("audit", "list").out


def test_what_cannot_be_set_is_one_sentence(account: Run, tmp_path: Path) -> None:
    """With the line; and only an admin does it."""
    file = tmp_path / "sites.txt"
    file.write_text("https://wiki.example.org\n / sesion\n")
    assert account("sites", "set", str(file), *BY).sentence.startswith("Line 2: “sesion”")
    file.write_bytes(b"\xff")
    assert account("sites", "set", str(file), *BY).sentence == "The file is not UTF-8 text."
    file.write_text(TEXT)
    refused = account("sites", "set", str(file), "--by", "nobody@example.org")
    assert "Nobody" in refused.sentence
