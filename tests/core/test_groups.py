"""Groups: their names, and when one has to stay."""

import pytest

from twofold.core.groups import (
    Group,
    NoDays,
    day_in,
    days_words,
    exchange_days,
    name_key,
    name_problem,
    shown_name,
)


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


def test_days_begin_and_end_with_the_day_of_the_zone() -> None:
    """Also where the clocks change between them: 25 October 2026 has 25 hours in Berlin."""
    found = exchange_days("2026-10-25", "2026-10-25", zone="Europe/Berlin", now=0)
    assert found == (1792879200, 1792969200)
    assert [day_in(at, "Europe/Berlin") for at in (1792879200, 1792969199)] == ["2026-10-25"] * 2


@pytest.mark.parametrize(
    ("first", "last", "now", "field"),
    [
        ("", "2026-10-25", 0, "first"),
        ("2026-10-25", "", 0, "last"),
        ("20261025", "2026-10-25", 0, "first"),
        ("2026-10-25", "2026-02-30", 0, "last"),
        ("9999-12-31", "9999-12-31", 0, "first"),
        ("2026-10-25", "2026-10-24", 0, "last"),
        ("2026-10-01", "2026-11-01", 0, "last"),
        ("2026-10-25", "2026-10-25", 1792972800, "last"),
    ],
)
def test_days_that_cannot_be_used_name_their_field(
    first: str, last: str, now: int, field: str
) -> None:
    """Missing, no date, turned round, too many, over."""
    found = exchange_days(first, last, zone="UTC", now=now)
    assert isinstance(found, NoDays)
    assert found.field == field


def test_no_days_and_the_most_days_can_be_chosen() -> None:
    """Two empty fields, and 31 days."""
    assert exchange_days("", "", zone="UTC", now=0) == (None, None)
    found = exchange_days("2026-10-01", "2026-10-31", zone="UTC", now=0)
    assert not isinstance(found, NoDays)


def test_days_in_words() -> None:
    """One, or from the first to the last."""
    assert days_words("2026-11-24", "2026-11-24") == "Tue 24 Nov 2026"
    assert days_words("2026-11-30", "2026-12-02") == "Mon 30 Nov to Wed 2 Dec 2026"
