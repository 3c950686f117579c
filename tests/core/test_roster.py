"""People from a CSV file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.core.people import Person, PersonState, Role, email_key
from twofold.core.roster import MAX_BYTES, MAX_ROWS, Roster, RosterProblem, Row, parse
from twofold.core.roster_plan import Action, Here, Plan, plan


def _read(text: str | bytes) -> Roster:
    roster = parse(text.encode() if isinstance(text, str) else text)
    assert isinstance(roster, Roster), roster
    return roster


def _refused(content: str | bytes) -> RosterProblem:
    problem = parse(content.encode() if isinstance(content, str) else content)
    assert isinstance(problem, RosterProblem), problem
    assert problem.sentence.endswith(".")
    return problem


def _person(name: str, email: str, role: Role = Role.MEMBER) -> Person:
    return Person(
        id=email, account_id="a", name=name, email=email, role=role, state=PersonState.ACTIVE,
        has_password=True, password_version=1, must_change_password=False, created_at=0,
    )  # fmt: skip


def _keyed(*people: Person) -> dict[str, Person]:
    return {email_key(person.email): person for person in people}


PLAIN = "name,e-mail,role\nAnn Miller,ann@example.org,admin\nBob,bob@example.org,\n"
EXPECTED = (
    Row(2, "Ann Miller", "ann@example.org", Role.ADMIN, "admin", None, gives_role=True),
    Row(3, "Bob", "bob@example.org", Role.MEMBER, "member", None),
)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.rstrip("\n"),
        PLAIN.replace("name,e-mail,role", "NAME, Email ,Role"),
        PLAIN.replace("e-mail", "mail"),
        PLAIN.replace("name,e-mail", "Full  name,E-Mail Address"),
        '"name","e-mail","role"\n"Ann Miller","ann@example.org","Admin"\n'
        '" Bob ","bob@example.org"\n',
        "Role,E-Mail,Name\nADMIN,ann@example.org,Ann Miller\n,bob@example.org,Bob\n",
    ],
)
def test_files_of_every_spreadsheet_are_read_alike(text: str) -> None:
    """Separators, line ends, quotation marks, order and case of the titles do not matter."""
    assert _read(text).rows == EXPECTED


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode("utf-8"),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        b"\xff\xfe" + PLAIN.encode("utf-16-le"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    ],
)
def test_utf_8_and_marked_utf_16_are_read(content: bytes) -> None:
    """What spreadsheets write as Unicode."""
    assert _read(content).rows == EXPECTED


def test_names_of_every_script_and_with_separators_are_kept() -> None:
    """Quotation marks, commas and line breaks inside a cell belong to the cell."""
    roster = _read('name,email\n"Groß, Jürgen ""Jü""",j@example.de\n山田,y@例え.jp\n')
    assert [row.name for row in roster.rows] == ['Groß, Jürgen "Jü"', "山田"]
    assert all(row.problem is None for row in roster.rows)


def test_blank_lines_are_passed_over_and_line_numbers_stay_those_of_the_file() -> None:
    """Before the titles, between people, at the end, and rows of empty cells."""
    roster = _read("\n\nname;email\n\nAnn;ann@example.org\n;\n  \nBob;bob@example.org\n\n\n")
    assert [(row.line, row.name) for row in roster.rows] == [(5, "Ann"), (8, "Bob")]


def test_a_row_over_two_lines_counts_both() -> None:
    """The rows after it keep their numbers; a line break in a name is a problem of that row."""
    roster = _read('name,email\n"Ann\nMiller",ann@example.org\nBob,bob@example.org\n')
    assert [row.line for row in roster.rows] == [2, 4]
    assert roster.rows[0].problem is not None
    assert roster.rows[1].problem is None


def test_columns_that_mean_nothing_here_are_named() -> None:
    """So that a misspelt title is seen in the preview."""
    roster = _read("name,Phone,email,Rolle\nAnn,123,ann@example.org,admin\n")
    assert roster.ignored == ("Phone", "Rolle")
    assert roster.rows[0].role is Role.MEMBER


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (",ann@example.org,member", "Enter a name"),
        ("Ann,,member", "Enter an e-mail address"),
        ("Ann", "Enter an e-mail address"),
        ("Ann,ann,member", "one @"),
        ("Ann,ann@example,member", "dot"),
        ("Ann,a b@example.org,", "blank"),
        ("Ann,ann@example.org,boss", "“boss” is not a role"),
        ("Ann,ann@example.org," + "x" * 500, "…” is not a role"),
        ("=1+1,ann@example.org,", "formula"),
        ("+49 30 1234,ann@example.org,", "formula"),
        ("-Ann,ann@example.org,", "formula"),
        ("@SUM(A1),ann@example.org,", "formula"),
        ('" =1",ann@example.org,', "formula"),
        ('"\tAnn",ann@example.org,', "formula"),
        ("Ann,=ann@example.org,", "formula"),
        ("Ann,ann@example.org,member,too,many", "cells"),
        ("Ann Miller, Dr.,ann@example.org,member", "cells"),
        ("A\x1bnn,ann@example.org,", "cannot be seen"),
        ("X" * 121 + ",ann@example.org,", "longer"),
    ],
)
def test_a_row_that_cannot_be_used_says_why(cells: str, told: str) -> None:
    """The other rows are read all the same."""
    rows = _read(f"name,email,role\nBob,bob@example.org,\n{cells}\nCid,cid@example.org,\n").rows
    assert [row.problem for row in (rows[0], rows[2])] == [None, None]
    assert rows[1].problem is not None
    assert told in rows[1].problem
    assert len(rows[1].problem) < 200


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("", Role.MEMBER), ("member", Role.MEMBER), ("Helpdesk", Role.HELPDESK),
        ("help desk", Role.HELPDESK),
        ("help-desk", Role.HELPDESK), (" ADMIN ", Role.ADMIN), ("owner", Role.OWNER),
    ],
)  # fmt: skip
def test_roles_are_read_however_they_are_written(text: str, role: Role) -> None:
    """Case, blanks and hyphens do not matter."""
    assert _read(f"name,email,role\nAnn,ann@example.org,{text}\n").rows[0].role is role


@pytest.mark.parametrize(
    "again", ["ann@example.org", "ANN@Example.org", " ann@example.org ", "ａnn@example.org"]
)
def test_an_address_that_stands_twice_is_told_with_the_first_line(again: str) -> None:
    """Also when it differs only by case or by its Unicode form."""
    rows = _read(f"name,email\nAnn,ann@example.org\nBob,bob@example.org\nAnna,{again}\n").rows
    assert [row.problem for row in rows] == [
        None,
        None,
        "The address stands on line 2 already. Keep one of the two.",
    ]


@pytest.mark.parametrize(
    ("content", "told", "line"),
    [
        (b"", "empty", None),
        (b"\n \n;;;\n", "empty", None),
        (b"\xef\xbb\xbf", "empty", None),
        (b"name,email\n", "nobody", None),
        (b"name,email\n,\n\n", "nobody", None),
        (b"name,phone\nAnn,1\n", "must name the columns", 1),
        (b"Ann,Rome\n", "must name the columns", 1),
        (b"\n\nemail\na@example.org\n", "must name the columns", 3),
        (b'"name"x,email\nAnn,a@example.org\n', "must name the columns", 1),
        (b"name,email,E-Mail\nAnn,a@example.org,b@example.org\n", "two columns for the email", 1),
        (b'name,email\nAnn,a@example.org\n"Bob,b@example.org\nCid,c@example.org\n', "quotation", 3),
        (b'name,email\n"Ann"x,a@example.org\n', "quotation", 2),
        (b"name,email\nAnn,a@example.org\nJ\xfcrgen,j@example.org\n", "Line 3 is not UTF-8", 3),
        (b"name,email\r\nAnn,a@example.org\r\nB\r\n\xff", "Line 4 is not UTF-8", 4),
        (b"name,email\rJ\xfcrgen,j@example.org\r", "Line 2 is not UTF-8", 2),
        ("name,email\n".encode("utf-16") + b"\x00", "not UTF-8", 2),
        ("name,email\nAnn,a@example.org\n".encode("utf-16-le"), "not text", 1),
        (b"name,email\nA\0nn,a@example.org\n", "Line 2 is not text", 2),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00", "not text", 1),
        (b"x" * (MAX_BYTES + 1), "20 MiB", None),
        (b'name,email\n"' + b"x" * 200_000 + b'",a@example.org\n', "quotation", 2),
    ],
    ids=range(21),
)
def test_a_file_that_cannot_be_read_says_why_and_where(
    content: bytes, told: str, line: int | None
) -> None:
    """One sentence, with the line if one is to blame."""
    problem = _refused(content)
    assert told in problem.sentence
    assert problem.line == line


def test_ten_thousand_people_are_read_and_one_more_is_not() -> None:
    """The limit is told with its number."""
    many = "name,email\n" + "".join(f"P {n},p{n}@example.org\n" for n in range(MAX_ROWS))
    roster = _read(many)
    assert len(roster.rows) == MAX_ROWS
    assert all(row.problem is None for row in roster.rows)
    assert "10,000" in _refused(many + "Ann,ann@example.org\n").sentence


def _actions(planned: Plan) -> list[Action]:
    return [row.action for row in planned.rows]


def test_an_import_adds_who_is_new_and_changes_who_is_other() -> None:
    """Same name and role: nothing to do. Other ones: each field, from what to what."""
    roster = _read(
        "name,email,role\nAnn,ann@example.org,admin\nBob,BOB@example.org,\nCid,cid@example.org,\n"
        "Dora,dora@example.org,admin\nEve,nonsense,\n"
    )
    existing = _keyed(
        _person("Ann", "Ann@Example.org", Role.ADMIN),
        _person("Robert", "bob@example.org", Role.HELPDESK),
        _person("Dora", "dora@example.org"),
    )
    planned = plan(roster, Here(existing))
    assert _actions(planned) == [
        Action.SAME, Action.CHANGE, Action.ADD, Action.CHANGE, Action.PROBLEM,
    ]  # fmt: skip
    assert (planned.added, planned.same, planned.changed, planned.problems) == (1, 1, 2, 1)
    assert [row.note for row in planned.rows[1:4:2]] == [
        "name: Robert → Bob",
        "role: member → admin",
    ]
    assert planned.rows[4].note == planned.rows[4].row.problem


def test_an_address_of_another_organisation_is_a_problem() -> None:
    """An address exists once in a deployment; whose it is stays unsaid."""
    planned = plan(_read(PLAIN), Here({}, {"bob@example.org"}))
    assert _actions(planned) == [Action.ADD, Action.PROBLEM]
    assert planned.rows[1].note == "This address cannot be used here. Use another one."


@pytest.mark.parametrize(
    ("actor", "actions"),
    [
        (Role.OWNER, [Action.ADD, Action.ADD, Action.ADD]),
        (Role.ADMIN, [Action.ADD, Action.ADD, Action.PROBLEM]),
        (Role.HELPDESK, [Action.PROBLEM, Action.PROBLEM, Action.PROBLEM]),
    ],
)
def test_nobody_gives_a_role_above_their_own(actor: Role, actions: list[Action]) -> None:
    """A file is no way round that."""
    roster = _read("name,email,role\nA,a@x.org,\nB,b@x.org,admin\nC,c@x.org,owner\n")
    assert _actions(plan(roster, Here({}, set(), actor))) == actions


_texts = st.text(max_size=20)


@given(st.lists(st.tuples(_texts, st.emails(), st.sampled_from(["", *Role, "boss"])), max_size=12))
def test_the_same_file_twice_adds_nobody(people: list[tuple[str, str, str]]) -> None:
    """Whatever is in it."""
    quoted = "".join(
        ",".join('"' + cell.replace('"', '""') + '"' for cell in person) + "\n" for person in people
    )
    roster = parse(f"name,email,role\n{quoted}".encode(errors="replace"))
    if isinstance(roster, Roster):
        first = plan(roster, Here({}))
        added = [row.row for row in first.rows if row.action is Action.ADD]
        people_now = _keyed(*(_person(row.name, row.email, row.role) for row in added))
        second = plan(roster, Here(people_now))
        assert second.added == 0
        assert second.same == first.added
        assert second.problems == first.problems


_files = st.text(max_size=200).map(lambda text: f"name,email\n{text}".encode(errors="replace"))


@given(st.binary(max_size=400) | _files)
def test_any_bytes_are_read_or_refused_with_a_sentence(content: bytes) -> None:
    """Nothing raises."""
    read = parse(content)
    if isinstance(read, RosterProblem):
        assert read.sentence.endswith(".")
    else:
        assert all(row.problem is None or row.problem.endswith(".") for row in read.rows)
        assert [row.line for row in read.rows] == sorted({row.line for row in read.rows})


def test_a_list_without_a_line_of_titles_is_read_as_name_address_role() -> None:
    """Whoever pastes three columns from a mail need not type the titles."""
    read = _read("Ann Lee,ann@acme.example,admin\nBob,bob@acme.example\n")
    assert [(row.line, row.name, row.email, row.role, row.problem) for row in read.rows] == [
        (1, "Ann Lee", "ann@acme.example", Role.ADMIN, None),
        (2, "Bob", "bob@acme.example", Role.MEMBER, None),
    ]
