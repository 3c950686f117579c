"""The further cells of a row: what leaves, what empties, what cannot be used."""

import pytest

from twofold.core.people import PersonKind
from twofold.core.roster import Roster, parse
from twofold.core.roster_cells import Extras, read


def cells(**given: str) -> Extras | str:
    """A row with these cells."""
    return read(lambda column: given.get(column, ""))


def test_an_empty_cell_leaves_everything_as_it_is() -> None:
    """As does a column that is not there."""
    assert cells() == cells(groups=" ", language="", zone="") == Extras()


def test_a_hyphen_empties() -> None:
    """But makes no second address and no kind."""
    assert cells(groups="-", language="-", zone=" - ", external_id="-", second="-") == Extras(
        (), "", "", ""
    )


def test_every_cell_is_read() -> None:
    """Groups at either mark, each once in any spelling; the kind in any case."""
    found = cells(
        groups="Sales | Berlin;SALES;; ",
        language="pt-BR",
        zone="Europe/Berlin",
        external_id=" 4711 ",
        second=" a@b.example ",
        kind="Service",
    )
    assert found == Extras(
        ("Sales", "Berlin"), "pt-BR", "Europe/Berlin", "4711", "a@b.example", PersonKind.SERVICE
    )


@pytest.mark.parametrize(
    ("column", "text", "told"),
    [
        ("groups", "=1+1", "formula"),
        ("groups", "a|" + "x" * 121, "longer"),
        ("language", "german", "not a language"),
        ("language", "de" + "-abcdefgh" * 4, "not a language"),
        ("zone", "Berlin", "not a time zone"),
        ("zone", "x" * 60, "…” is not a time zone"),
        ("external_id", "x" * 121, "longer"),
        ("external_id", "a\x07b", "unseen"),
        ("external_id", "=A1", "formula"),
        ("second", "nobody", "Second address"),
        ("kind", "robot", "not a kind"),
    ],
)
def test_a_cell_that_cannot_be_used_says_why(column: str, text: str, told: str) -> None:
    """In one sentence."""
    problem = cells(**{column: text})
    assert isinstance(problem, str)
    assert told in problem
    assert problem.endswith(".")


def test_titles_of_the_further_columns_are_known_in_any_case() -> None:
    """And what a row says in two of them must fit."""
    titles = "Name,E-Mail,Groups,Locale,TIMEZONE,external_id,Second E-Mail,Kind,role"
    read_ = parse(
        f"{titles}\nA,a@x.org,,,,,A@X.org,,\nB,b@x.org,,,,,,service,admin\n"
        "C,c@x.org,G,de,UTC,1,c2@x.org,person,\nD,d@x.org,,,,1,,,\n".encode()
    )
    assert isinstance(read_, Roster)
    assert read_.ignored == ()
    problems = [row.problem or "" for row in read_.rows]
    assert "second address is the first one" in problems[0]
    assert "service account is a member" in problems[1]
    assert problems[2] == ""
    assert "external id stands on line 4" in problems[3]
