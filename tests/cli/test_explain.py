"""`twofold explain`."""

import json

from tests.cli.conftest import PASSWORD, Run

KEYS = {"email", "standing", "sentence", "say", "avoid", "also", "locks", "passkeys", "tries"}


def test_the_sentence_and_what_to_say_are_printed(account: Run) -> None:
    """For somebody who was invited and whose mail still waits."""
    account("people", "add", "--name", "Bo Member", "--email", "bo@example.org")
    shown = account("explain", "--email", "BO@example.org")
    assert (shown.status, shown.err) == (0, "")
    first, *rest = shown.out.splitlines()
    assert first == (
        "Never signed in: no password yet. The mail to bo@example.org waits to be sent."
    )
    assert rest[1].startswith("Tell the caller: You were invited by mail")
    assert rest[2].startswith("What not to do: Do not choose a password for somebody else")


def test_the_same_is_there_for_programs(account: Run) -> None:
    """With stable keys."""
    bo = ("people", "add", "--name", "Bo", "--email", "bo@example.org", "--password-stdin")
    account(*bo, stdin=PASSWORD.encode())
    found = json.loads(account("explain", "--email", "bo@example.org", "--json").out)
    assert set(found) == KEYS
    assert (found["email"], found["standing"]) == ("bo@example.org", "not set up")
    assert found["sentence"].startswith("Nothing is wrong that we know of")
    assert (found["locks"], found["tries"]) == ([], [])


def test_nobody_is_named(account: Run) -> None:
    """And the address is asked for."""
    assert account("explain", "--email", "no@example.org").sentence == (
        "Nobody has the address no@example.org."
    )
    assert account("explain").status == 2
