"""The docs say what is so: generated pages are fresh, and what is named is there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs import make
from tests.house.tree import ROOT, parsed, shown, text_of, tracked_files
from twofold.core.enrolment import TRANSITIONS as ENROLMENT
from twofold.core.signin import TRANSITIONS as SIGN_IN
from twofold.settings import NAMES, PREFIX

NAMED_TEST = re.compile(r"`(test_\w+)`")
NAMED_PATH = re.compile(r"`((?:src|tests|docs|bench|locks)/[\w./-]+)`")
WRITTEN = [
    path
    for path in tracked_files()
    if path.suffix == ".md" and (path.parent == ROOT or path.is_relative_to(ROOT / "docs"))
]
"""The pages that speak of the product."""
LARGEST_PICTURE = 150_000
"""Bytes."""


def test_the_generated_pages_are_fresh() -> None:
    """Whoever changes a transition table or a setting runs ./dev docs."""
    checked = subprocess.run(
        [sys.executable, str(ROOT / "docs/make.py"), "--check"],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stderr


def test_a_stale_page_would_be_found(tmp_path: Path) -> None:
    """A page that differs, and one that is missing, are both told."""
    same, other, missing = (tmp_path / name for name in ("same.md", "other.md", "missing.md"))
    same.write_text("a\n")
    other.write_text("b\n")
    assert make.stale({same: "a\n", other: "a\n", missing: "a\n"}) == [other, missing]


@pytest.mark.parametrize(
    ("page", "table"), [(make.sign_in_page(), SIGN_IN), (make.authenticator_page(), ENROLMENT)]
)
def test_a_state_page_has_every_transition(page: str, table: dict[tuple[str, str], str]) -> None:
    """In the diagram and in the table below it."""
    assert table
    arrows = re.findall(r"^    \w+ --> \w+: (.+)$", page, re.MULTILINE)
    drawn = [fact for arrow in arrows for fact in arrow.split(" / ")]
    assert sorted(drawn) == sorted(fact for _, fact in table)
    for (state, fact), after in table.items():
        assert f"| {state} | {fact} | {after} |" in page


def test_every_setting_is_explained() -> None:
    """Each has a row with its name, what it is, and its default."""
    rows = [line for line in make.settings_page().splitlines() if line.startswith(f"| `{PREFIX}")]
    assert [row.split("`")[1] for row in rows] == [PREFIX + name.upper() for name in NAMES]
    for row in rows:
        name, what, default = (cell.strip() for cell in row.strip("| ").split(" | "))
        assert name, row
        assert what.endswith("."), row
        assert default, row


def functions_of_the_tests() -> set[str]:
    """The name of every test function in the tree."""
    return {
        node.name
        for path in tracked_files()
        if path.is_relative_to(ROOT / "tests") and path.suffix == ".py"
        for node in parsed(path).body
        if hasattr(node, "name")
    }


def test_every_test_that_a_page_names_exists() -> None:
    """A promise is not proved by a test that was renamed."""
    there = functions_of_the_tests()
    named = [(page, name) for page in WRITTEN for name in NAMED_TEST.findall(text_of(page))]
    assert len(named) > 20
    assert [f"{shown(page)}: {name}" for page, name in named if name not in there] == []


def test_every_path_that_a_page_names_exists() -> None:
    """The answer to "where is …?" is kept true."""
    named = [(page, path) for page in WRITTEN for path in NAMED_PATH.findall(text_of(page))]
    assert len(named) > 20
    assert [f"{shown(page)}: {path}" for page, path in named if not (ROOT / path).exists()] == []


def test_every_decision_is_in_the_list() -> None:
    """And has the four parts that make it worth reading later."""
    folder = ROOT / "docs/decisions"
    records = sorted(path for path in folder.glob("[0-9]*.md"))
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", text_of(folder / "README.md"))
    assert listed == [path.name for path in records]
    for path in records:
        for part in ("## Context", "## Decision", "## Consequences", "## Rejected"):
            assert part in text_of(path), f"{shown(path)} lacks {part}"


def test_pictures_are_small() -> None:
    """Each picture is light enough for a page."""
    pictures = [path for path in tracked_files() if path.suffix == ".png"]
    assert pictures
    assert [shown(path) for path in pictures if path.stat().st_size > LARGEST_PICTURE] == []
