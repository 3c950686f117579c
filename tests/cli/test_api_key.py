"""`twofold api-key`: keys made, listed, rotated and ended from the console."""

import json

from tests.cli.conftest import Run

ADD = ("api-key", "add", "--name", "Shop", "--scope", "verify", "--scope", "manage")


def listed(run: Run) -> list[dict[str, object]]:
    """What a script reads."""
    shown = run("api-key", "list", "--json")
    assert (shown.status, shown.err) == (0, "")
    found: list[dict[str, object]] = json.loads(shown.out)
    return found


def test_a_key_is_shown_once_and_never_listed(account: Run) -> None:
    """The list knows when it was made and whether it works."""
    made = json.loads(account(*ADD, "--json").out)
    assert made["key"].startswith("twofold_key_")
    assert made["scopes"] == ["verify", "manage"]
    (application,) = listed(account)
    assert application["id"] == made["id"]
    assert made["key"] not in json.dumps(application)
    shown = account("api-key", "list")
    assert "Shop" in shown.out
    assert "works" in shown.out
    assert made["key"] not in shown.out


def test_a_name_is_taken_once(account: Run) -> None:
    """While the first is not ended."""
    account(*ADD)
    assert account(*ADD).sentence == "There is an application “Shop” already."
    account("api-key", "end", "Shop")
    assert account(*ADD).status == 0


def test_a_new_key_ends_the_old_one_after_a_while(account: Run) -> None:
    """The command says the new one; the list says until when the old one works."""
    old = json.loads(account(*ADD, "--json").out)
    new = json.loads(account("api-key", "rotate", "Shop", "--json").out)
    assert new["key"] != old["key"]
    assert new["id"] == old["id"]
    (application,) = listed(account)
    keys = {key["id"]: key["ends_at"] for key in application["keys"]}  # type: ignore[attr-defined]
    assert keys[new["key_id"]] is None
    assert keys[old["key_id"]] is not None
    refused = account("api-key", "rotate", "Shop", "--overlap-hours", "10000")
    assert refused.sentence == "Choose 0 to 720 hours; 0 ends the old key at once."


def test_a_key_or_the_whole_application_is_ended(account: Run) -> None:
    """At once; what is not there is said in a sentence."""
    made = json.loads(account(*ADD, "--json").out)
    ended = account("api-key", "end", "Shop", "--key", made["key_id"])
    assert ended.out == "That key of Shop opens nothing any more.\n"
    assert account("api-key", "end", "Shop", "--key", made["key_id"]).status == 1
    done = json.loads(account("api-key", "end", "Shop", "--json").out)
    assert done["name"] == "Shop"
    (application,) = listed(account)
    assert application["ended_at"] == done["ended_at"]
    assert "There is no such application" in account("api-key", "end", "Shop").sentence
    assert "There is no such application" in account("api-key", "rotate", "Shop").sentence
