"""The page of certified apps says what the tests with real programs see, and nothing else."""

import re

import pytest

from tests.apps.page import PAGE, TAKING_PART, day_of, part_of, versions_of, with_part, written
from tests.apps.record import EXPECTED, SEEN, Table, note
from tests.house.tree import text_of
from twofold.data import load_apps

PART = part_of(text_of(PAGE))


def test_the_page_of_certified_apps_is_in_step() -> None:
    """But for the day and the versions, which are those of the run that wrote it."""
    assert written(EXPECTED, versions_of(PART), day_of(PART)) == PART, "run ./dev apps"
    assert sorted(versions_of(PART), key=str.casefold) == TAKING_PART


def test_a_run_that_did_not_see_everything_writes_nothing() -> None:
    """The page is made from what was seen, cell by cell."""
    for cell in EXPECTED:
        seen = {one: words for one, words in EXPECTED.items() if one != cell}
        with pytest.raises(KeyError):
            written(seen, versions_of(PART), day_of(PART))


def test_a_run_that_sees_something_else_fails() -> None:
    """And what it saw does not count as seen."""
    before = dict(SEEN)
    with pytest.raises(AssertionError, match="ignored"):
        note(Table.PARAMETERS, "otpauth", "SHA-256", "ignored")
    assert before == SEEN


def test_writing_leaves_the_rest_of_the_page_alone() -> None:
    """The table of real phones is filled in by hand."""
    text = text_of(PAGE)
    assert with_part(text, PART) == text
    other = with_part(text, "Something else.")
    assert part_of(other) == "Something else."
    assert other.replace("Something else.", PART) == text


def test_every_certified_app_has_a_row_for_a_real_phone() -> None:
    """One for each app and platform that the catalogue calls certified, and no other."""
    rows = re.findall(r"^\| (.+?) \| (iPhone|Android) \|", text_of(PAGE), re.MULTILINE)
    certified = [app.title for app in load_apps().apps if app.certified]
    assert sorted(f"{app} on {platform}" for app, platform in rows) == sorted(certified)
