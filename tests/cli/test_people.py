"""`twofold people`."""

import json
from pathlib import Path

from tests.cli.conftest import PASSWORD, Run

KEYS = {
    "id", "account", "name", "email", "role", "state", "kind", "groups", "enrolled", "last_mail",
}  # fmt: skip


def listed(run: Run, *arguments: str) -> dict[str, dict[str, object]]:
    """The people by address, as a script reads them."""
    shown = run("people", "list", "--json", *arguments)
    assert (shown.status, shown.err) == (0, "")
    return {person["email"]: person for person in json.loads(shown.out)}


def second_account(run: Run) -> None:
    """Beta, owned by Bea."""
    done = run(
        "setup", "--account", "Beta", "--name", "Bea", "--email", "bea@example.org",
        "--password-stdin", stdin=PASSWORD.encode(),
    )  # fmt: skip
    assert done.status == 0


def test_somebody_added_is_invited(account: Run) -> None:
    """A member unless a role is given; the mail is in the outbox."""
    done = account("people", "add", "--name", "Bo Member", "--email", "bo@example.org")
    assert done.out == (
        "Bo Member (bo@example.org) is added as member. An invitation is in the outbox.\n"
    )
    person = listed(account)["bo@example.org"]
    assert set(person) == KEYS
    assert (person["role"], person["state"], person["enrolled"]) == ("member", "invited", False)
    assert person["account"] == "Acme"
    assert person["last_mail"] == {"kind": "invitation", "state": "queued"}


def test_somebody_added_with_a_password_is_not_invited(account: Run) -> None:
    """For scripts that hand out passwords themselves."""
    done = account(
        "people", "add", "--name", "Bo", "--email", "bo@example.org", "--role", "admin",
        "--password-stdin", stdin=PASSWORD.encode(),
    )  # fmt: skip
    assert done.status == 0
    person = listed(account)["bo@example.org"]
    assert (person["role"], person["state"], person["last_mail"]) == ("admin", "active", None)
    assert account("mail", "list", "--json").out == "[]\n"


def test_an_address_is_added_once(account: Run) -> None:
    """Whatever its case."""
    sentence = account("people", "add", "--name", "A", "--email", "ANN@example.org").sentence
    assert "has this address already" in sentence


def test_nobody_is_added_before_there_is_an_account(run: Run) -> None:
    """And the sentence says how to make one."""
    sentence = run("people", "add", "--name", "Bo", "--email", "bo@example.org").sentence
    assert sentence == "There is no account yet: make one with `twofold setup`."


def test_with_several_accounts_one_is_chosen(account: Run) -> None:
    """Never by accident."""
    second_account(account)
    bo = ("people", "add", "--name", "Bo", "--email", "bo@example.org")
    assert account(*bo).sentence == (
        "There are several accounts, choose with --account: Acme, Beta."
    )
    assert account(*bo, "--account", "Gamma").sentence.startswith("No account is called Gamma")
    assert account(*bo, "--account", "beta").status == 0
    assert set(listed(account, "--account", "Beta")) == {"bea@example.org", "bo@example.org"}
    assert set(listed(account, "--account", "Acme")) == {"ann@example.org"}


def test_the_table_is_for_reading(account: Run) -> None:
    """One line per person; nothing in a name can move the cursor."""
    account("people", "add", "--name", "東京 太郎", "--email", "taro@example.org")
    shown = account("people", "list")
    header, ann, taro = shown.out.splitlines()
    assert header.split() == ["NAME", "E-MAIL", "ROLE", "STATE", "TWO-FACTOR"]
    assert ann.split("  ")[0] == "Ann Owner"
    assert taro.endswith("not set up")
    assert "\x1b" not in shown.out


def csv(folder: Path, *rows: str, name: str = "people.csv") -> str:
    """A file of people."""
    file = folder / name
    file.write_text("\n".join(("name,email,role", *rows)) + "\n")
    return str(file)


def test_a_file_is_imported_as_it_was_shown_and_again_without_doubles(
    account: Run, tmp_path: Path
) -> None:
    """Row by row with line numbers; the second time everybody is there already."""
    file = csv(tmp_path, "Bo,bo@example.org,member", "Cy,cy@example.org,admin")
    first = account("people", "import", file)
    assert (first.status, first.err) == (0, "")
    lines = first.out.splitlines()
    assert lines[0].split() == ["LINE", "NAME", "E-MAIL", "ROLE", "WHAT", "HAPPENS"]
    assert lines[1].split()[:4] == ["2", "Bo", "bo@example.org", "member"]
    assert lines[-1] == "2 added, 0 there already."
    assert listed(account)["cy@example.org"]["role"] == "admin"
    again = account("people", "import", file)
    assert again.out.splitlines()[-1] == "0 added, 2 there already."
    assert len(listed(account)) == 3
    assert len(json.loads(account("mail", "list", "--json").out)) == 2


def test_a_dry_run_changes_nothing(account: Run, tmp_path: Path) -> None:
    """It prints the same plan."""
    shown = account("people", "import", "--dry-run", csv(tmp_path, "Bo,bo@example.org,member"))
    assert shown.status == 0
    assert shown.out.splitlines()[-1] == "1 would be added, 0 there already; nothing was changed."
    assert set(listed(account)) == {"ann@example.org"}


def test_one_bad_row_stops_all_and_is_named_by_its_line(account: Run, tmp_path: Path) -> None:
    """All or nothing."""
    file = csv(tmp_path, "Bo,bo@example.org,member", "Cy,not-an-address,member")
    ran = account("people", "import", file)
    assert ran.sentence == "Nothing was imported: line 3 has a problem."
    assert "not-an-address" in ran.out
    assert set(listed(account)) == {"ann@example.org"}


def test_a_file_that_cannot_be_read_is_named(account: Run, tmp_path: Path) -> None:
    """Missing, not text, or with other columns."""
    missing = str(tmp_path / "none.csv")
    assert account("people", "import", missing).sentence == (
        f"{missing} cannot be read: no such file or directory."
    )
    (tmp_path / "x.csv").write_bytes(b"name,email\n\xff\xfe,\x80\n")
    assert "not UTF-8" in account("people", "import", str(tmp_path / "x.csv")).sentence
    (tmp_path / "y.csv").write_text("colour,size\nred,1\n")
    assert account("people", "import", str(tmp_path / "y.csv")).status == 1


def test_people_can_be_piped_in(account: Run) -> None:
    """`-` is standard input."""
    done = account("people", "import", "-", stdin=b"name,email\nBo,bo@example.org\n")
    assert done.status == 0
    assert listed(account)["bo@example.org"]["role"] == "member"


def test_a_file_changes_and_suspends_where_it_is_asked_to(account: Run, tmp_path: Path) -> None:
    """Whoever is not in it stays without the option; owners stay with it too."""
    account("people", "import", csv(tmp_path, "Bo,bo@example.org,member", "Cy,cy@example.org,"))
    file = csv(tmp_path, "Bob,bo@example.org,helpdesk", name="two.csv")
    shown = account("people", "import", "--dry-run", "--suspend", file)
    assert "name: Bo → Bob; role: member → helpdesk" in shown.out
    assert "Not in the file: Cy (cy@example.org)" in shown.out
    assert shown.out.splitlines()[-1] == (
        "0 would be added, 1 would be changed, 0 there already, 1 would be suspended; "
        "nothing was changed."
    )
    done = account("people", "import", file)
    assert done.out.splitlines()[-1] == ("0 added, 1 changed, 0 there already, 1 not in the file.")
    assert listed(account)["cy@example.org"]["state"] == "invited"
    done = account("people", "import", "--suspend", file)
    assert done.out.splitlines()[-1] == "0 added, 1 there already, 1 suspended."
    states = {email: row["state"] for email, row in listed(account).items()}
    assert states == {
        "ann@example.org": "active",
        "bo@example.org": "invited",
        "cy@example.org": "disabled",
    }


def test_a_program_is_added_without_a_mail(account: Run) -> None:
    """And stands in the lists as one."""
    done = account("people", "add", "--service", "--name", "Backup", "--email", "bot@example.org")
    assert done.out == "Backup (bot@example.org) is added as a service account.\n"
    assert listed(account)["bot@example.org"]["kind"] == "service"
    assert "a program" in account("people", "list").out
    assert json.loads(account("mail", "list", "--json").out) == []
