"""What happened in the account: filters, and the same as a file."""

import csv
import json
import re
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.product import Product
from tests.journeys.steps import (
    ADA,
    BOB,
    Person,
    add_person,
    become_first_admin,
    button,
    go_by_menu,
    heading,
    picture,
    press,
    set_up_two_factor,
)

FORMULA = Person("=2+5", "sum@acme.example", "a lamp, a ladder, a lake")
WHAT = {"light": {"java_script_enabled": True}, "without script": {"java_script_enabled": False}}


@pytest.mark.parametrize("make", WHAT)
def test_the_filter_shows_what_is_asked_for_and_the_file_holds_the_same(
    product: Product, new_page: NewPage, make: str
) -> None:
    """Newest first, by group and by person; the file has UTC times and no formula."""
    page = new_page(**WHAT[make])
    become_first_admin(page, product.first_admin_link)
    phone = set_up_two_factor(page)
    add_person(page, BOB)
    add_person(page, FORMULA)
    go_by_menu(page, "Account")
    press(page, "See what happened", "link")
    heading(page, "Activity")
    picture(page, "activity")
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows.nth(1)).to_contain_text(FORMULA.name)
    page.get_by_label("What").select_option(label="People")
    page.get_by_label("Person").fill(BOB.email)
    press(page, "Show")
    expect(page.get_by_label("Person")).to_have_value(BOB.email)
    shown = rows.get_by_role("rowheader").all_inner_texts()
    assert [text.split("  ")[0].split("\n")[0] for text in shown]
    assert all(re.match("Invitation sent|Person added", text) for text in shown)
    saved = download(page, "CSV for spreadsheets")
    lines = list(csv.DictReader(saved.read_text(encoding="utf-8").splitlines()))
    assert len(lines) == len(shown)
    assert {line["subject_email"] for line in lines} == {BOB.email}
    assert {line["actor"] for line in lines} == {ADA.name}
    press(page, "Show everything", "link")
    everything = download(page, "CSV for spreadsheets").read_text(encoding="utf-8")
    assert phone.secret not in everything
    cells = [cell for line in csv.reader(everything.splitlines()) for cell in line]
    assert f"'{FORMULA.name}" in cells
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    entries = json.loads(download(page, "JSON for programs").read_text(encoding="utf-8"))
    assert [entry["kind"] for entry in entries][:1] == ["audit:exported"]
    assert all(datetime.fromisoformat(entry["at"]).utcoffset() is not None for entry in entries)
    assert entries[0]["at"].endswith(("Z", "+00:00"))


def download(page: Page, words: str) -> Path:
    """Save the file behind a button."""
    with page.expect_download() as started:
        button(page, words).click()
    assert started.value.suggested_filename.startswith("activity.")
    return Path(started.value.path())


def test_a_filter_that_cannot_be_is_explained(product: Product, page: Page) -> None:
    """Nobody of that name, days in the wrong order, and a filter that lets nothing through."""
    become_first_admin(page, product.first_admin_link)
    page.goto("/account/activity?person=nobody")
    expect(page).to_have_title(re.compile("^Error"))
    expect(page.get_by_label("Person")).to_have_attribute("aria-invalid", "true")
    picture(page, "activity-errors")
    page.goto("/account/activity")
    page.get_by_label("First day").fill("2020-01-02")
    page.get_by_label("Last day").fill("2020-01-01")
    press(page, "Show")
    expect(page.get_by_label("Last day")).to_have_accessible_description(
        re.compile("The last day is before the first")
    )
    page.get_by_label("Last day").fill("2020-01-02")
    press(page, "Show")
    expect(page.get_by_role("main")).to_contain_text("Nothing matches")
    press(page, "Show everything", "link")
    expect(page.get_by_role("table").get_by_role("row")).not_to_have_count(0)
