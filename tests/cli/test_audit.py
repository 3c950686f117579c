"""`twofold audit`: the chain is checked, the log is printed."""

import json
import sqlite3
from pathlib import Path

from tests.cli.conftest import Run

KEYS = [
    "account", "seq", "at", "kind", "what", "actor_id", "actor", "actor_email",
    "subject_id", "subject", "subject_email", "data",
]  # fmt: skip


def tamper(tmp_path: Path, statement: str) -> None:
    """Change the database behind the product's back."""
    with sqlite3.connect(tmp_path / "data" / "twofold.db") as connection:
        connection.execute(statement)
    connection.close()


def second_account(run: Run) -> None:
    """Bolt beside Acme."""
    done = run(
        "setup", "--account", "Bolt", "--name", "Bo", "--email", "bo@bolt.example",
        "--password-stdin", stdin=b"nine calm otters\n",
    )  # fmt: skip
    assert (done.status, done.err) == (0, "")


def test_a_whole_chain_is_said_to_hold(account: Run) -> None:
    """With how many entries in how many accounts."""
    assert account("audit", "verify").out == "2 entries in 1 account, the chain holds\n"
    second_account(account)
    done = account("audit", "verify")
    assert (done.status, done.out) == (0, "4 entries in 2 accounts, the chain holds\n")
    assert account("audit", "verify", "--account", "bolt").out.startswith("2 entries in 1 account,")


def test_nothing_to_check_is_no_fault(run: Run) -> None:
    """Before there is an account."""
    assert run("audit", "verify").out == "0 entries in 0 accounts, the chain holds\n"


def test_a_changed_entry_is_named_with_its_number_and_time(account: Run, tmp_path: Path) -> None:
    """In each account the first; the status is 1."""
    second_account(account)
    (entry,) = json.loads(
        account("audit", "list", "--json", "--account", "Acme", "--limit", "1").out
    )
    tamper(tmp_path, "UPDATE events SET actor_id = 'eve' WHERE account_id IN"
                     " (SELECT id FROM accounts WHERE name = 'Acme')")  # fmt: skip
    done = account("audit", "verify")
    assert done.status == 1
    assert done.out == f"Acme: entry 1 of {entry['at']} does not follow from the one before\n"
    assert done.sentence == "The chain is broken in 1 of 2 accounts."
    tamper(tmp_path, "DELETE FROM events WHERE seq = 2")
    done = account("audit", "verify")
    assert done.out.splitlines()[1] == "Bolt: entry 2 is missing"
    assert done.sentence == "The chain is broken in 2 of 2 accounts."


def test_a_cut_end_shows(account: Run, tmp_path: Path) -> None:
    """The newest entry is gone, and nothing else was touched."""
    tamper(tmp_path, "DELETE FROM events WHERE seq = 2")
    done = account("audit", "verify")
    assert (done.status, done.out) == (1, "Acme: entry 2 is missing\n")


def test_a_chain_that_was_computed_anew_lacks_its_seal(account: Run, tmp_path: Path) -> None:
    """Somebody with only the database cut the newest entry off and moved the head to the first."""
    first = "SELECT hash FROM events WHERE seq = 1"
    tamper(tmp_path, "DELETE FROM events WHERE seq = 2")
    forged = f"CAST(({first}) || x'{'00' * 40}' AS BLOB)"
    tamper(tmp_path, f"UPDATE event_heads SET seq = 1, hash = {forged}")
    done = account("audit", "verify")
    assert done.status == 1
    assert done.out == (
        "Acme: the seal was not made with our keys, so somebody else wrote to the log\n"
    )
    assert done.sentence == "The seal does not hold in 1 of 1 account."
    tamper(tmp_path, f"UPDATE event_heads SET hash = ({first})")
    done = account("audit", "verify")
    assert (done.status, done.out.startswith("Acme: the log has no seal")) == (1, True)


def test_the_log_as_json_has_stable_keys(account: Run) -> None:
    """Newest first, names resolved, times in UTC."""
    rows = json.loads(account("audit", "list", "--json").out)
    assert [list(row) for row in rows] == [KEYS, KEYS]
    assert [(row["seq"], row["kind"]) for row in rows] == [
        (2, "person:added"),
        (1, "account:created"),
    ]
    assert rows[0]["at"].endswith("Z")
    assert (rows[0]["actor"], rows[0]["subject"]) == (None, "Ann Owner")
    assert rows[0]["data"] == {"role": "owner"}


def test_the_log_as_a_table(account: Run) -> None:
    """As many entries as asked for, in words."""
    lines = account("audit", "list", "--limit", "1").out.splitlines()
    assert lines[0].split() == ["ACCOUNT", "ENTRY", "TIME", "WHAT", "BY", "WHOM"]
    assert len(lines) == 2
    assert "Person added" in lines[1]
    assert lines[1].endswith("ann@example.org")


def test_an_unknown_account_is_said(account: Run) -> None:
    """Nothing is checked instead."""
    assert (
        account("audit", "verify", "--account", "Nope").sentence
        == "No account is called Nope: Acme."
    )
