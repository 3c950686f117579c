"""`twofold setup` and `twofold admin-link`."""

import re

import pytest

from tests.cli.conftest import OWNER, PASSWORD, Run

LINK = re.compile(r"http://localhost:8000/(first-admin|password)/[A-Za-z0-9_-]{43}\n")


def setup(run: Run, *, account: str = "Acme", email: str = "ann@example.org", stdin: bytes) -> str:
    """The sentence with which `setup` refuses."""
    return run(
        "setup", "--account", account, "--name", "Ann", "--email", email, "--password-stdin",
        stdin=stdin,
    ).sentence  # fmt: skip


def test_an_account_is_made_without_a_browser(run: Run) -> None:
    """With an owner who can sign in at the address that is printed."""
    done = run(
        "setup", "--account", "Acme", *OWNER, "--password-stdin", stdin=PASSWORD.encode() + b"\r\n"
    )
    assert (done.status, done.err) == (0, "")
    assert done.out == (
        "Acme is set up, with ann@example.org as its owner.\nSign in at http://localhost:8000\n"
    )
    assert "ann@example.org" in run("people", "list").out


def test_a_second_account_may_be_made_and_an_address_exists_once(account: Run) -> None:
    """An address is unique over the deployment, whatever its case."""
    done = account(
        "setup", "--account", "Beta", "--name", "Bo", "--email", "bo@example.org",
        "--password-stdin", stdin=PASSWORD.encode(),
    )  # fmt: skip
    assert done.status == 0
    assert "belongs to somebody here" in setup(
        account, account="Gamma", email="BO@example.org", stdin=PASSWORD.encode()
    )


@pytest.mark.parametrize(
    ("stdin", "words"),
    [
        (b"", "no password"),
        (b"\nsecond line", "no password"),
        (b"short\n", "at least 8 characters"),
        (b"password1\n", "guessed first"),
        (b"ann@example.org\n", "must not be your name"),
        (b"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\n", "not UTF-8"),
        (b"x" * 1025 + b"\n", "1024 bytes"),
    ],
)
def test_a_password_that_cannot_be_used_is_refused(run: Run, stdin: bytes, words: str) -> None:
    """By the rules of the page; nothing is made."""
    assert words in setup(run, stdin=stdin)
    assert run("people", "list", "--json").out == "[]\n"


def test_a_name_or_an_address_that_cannot_be_used_is_refused(run: Run) -> None:
    """Before anything is hashed."""
    assert "address" in setup(run, email="not an address", stdin=PASSWORD.encode())
    assert setup(run, account=" ", stdin=PASSWORD.encode())


def test_the_link_makes_the_first_admin_while_nobody_is_there(run: Run) -> None:
    """Alone on standard output, so that a script can use it."""
    made = run("admin-link")
    assert made.status == 0
    assert LINK.fullmatch(made.out)
    assert "/first-admin/" in made.out
    assert re.fullmatch(
        r"It makes the first admin, works once and ends at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.\n",
        made.err,
    )
    assert run("admin-link").out != made.out


def test_afterwards_it_sets_a_password_for_the_owner_who_is_told(account: Run) -> None:
    """It neither signs in nor touches a second factor."""
    made = account("admin-link")
    assert made.status == 0
    assert "/password/" in made.out
    assert "ann@example.org" in made.err
    assert "ann@example.org" in account("mail", "list").out


def test_nobody_gets_a_link_for_a_member_or_a_stranger(account: Run) -> None:
    """A console link is for owners and admins."""
    added = account("people", "add", "--name", "Bo", "--email", "bo@example.org")
    assert added.status == 0
    for email in ("bo@example.org", "nobody@example.org"):
        assert account("admin-link", "--email", email).sentence == (
            "No active owner or admin has this address."
        )
