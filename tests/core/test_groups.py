"""Groups: their names, and when one has to stay."""

import pytest

from twofold.core.groups import Group, name_key, name_problem, shown_name


def test_one_name_in_all_spellings_is_one_key() -> None:
    """Case, width and blanks; what is shown keeps its case."""
    assert name_key("  Sales \t North ") == name_key("sAlES NORTH") == name_key("Ｓales North")
    assert name_key("Sales") != name_key("Sales North")
    assert shown_name("  Sales \t North ") == "Sales North"


@pytest.mark.parametrize("name", ["", " ", "a|b", "a;b", "x" * 121, "a\u202eb", "\n"])
def test_a_name_that_cannot_be_used_has_a_sentence(name: str) -> None:
    """Nothing in it, what stands between groups in a list, too long, unseen characters."""
    problem = name_problem(name)
    assert problem is not None
    assert problem.endswith(".")


@pytest.mark.parametrize("name", ["Sales", "R&D", "Lager 3 / Süd", "営業", "a, b"])
def test_any_other_name_can_be_used(name: str) -> None:
    """In every script."""
    assert name_problem(name) is None


@pytest.mark.parametrize(
    ("begin", "end", "now", "is_on"),
    [
        (None, None, 10, False),
        (10, None, 10, False),
        (10, 20, 9, False),
        (10, 20, 10, True),
        (10, 20, 19, True),
        (10, 20, 20, False),
    ],
)
def test_new_phones_are_asked_for_in_the_range_alone(
    begin: int | None, end: int | None, now: int, is_on: bool
) -> None:
    """From its first second to the last one before its end."""
    assert Group("g", "a", "Sales", None, 1, begin, end).exchanges(now) is is_on
