"""The page of the guard's settings in a real browser: numbers that follow what is chosen."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.product import ROOT, Product
from tests.journeys.steps import become_first_admin, heading, link, picture, press
from tests.journeys.watch import Watch

AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
VIOLATIONS = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .map(v => `${v.id}: ${v.nodes.map(n => n.target).join(" ; ")}`)"""
WIDTH = "document.documentElement.scrollWidth"
MAKES = [("light", 1000), ("dark", 1000), ("light", 320), ("dark", 320)]


def opened(page: Page, product: Product) -> None:
    """As the first admin, by the link on the Account page."""
    become_first_admin(page, product.first_admin_link)
    page.goto("/account")
    link(page, "See and change it").click()
    heading(page, "Slowing guesses")


def test_the_numbers_follow_what_is_chosen(product: Product, page: Page, watch: Watch) -> None:
    """Each change is answered at once, nothing is sent that saves, and typing is not disturbed."""
    opened(page, product)
    said, table = page.get_by_role("status"), page.get_by_role("table")
    expect(said).to_have_text(re.compile("These settings are in force"))
    expect(table).to_contain_text("1 in 66,000")
    expect(page.get_by_role("button", name="Show what this means")).to_be_hidden()
    posts = len(watch.posts)
    single = page.get_by_label("Single codes in 30 days", exact=True)
    single.fill("1")
    expect(table).to_contain_text("1 in 330,000")
    expect(said).to_have_text(re.compile("not saved"))
    expect(single).to_be_focused()
    single.fill("6")
    expect(said).to_have_text(re.compile("Not possible: Choose 1 to 5"))
    expect(table).to_contain_text("1 in 66,000")
    single.fill("5")
    page.get_by_label("Members", exact=True).select_option("strict")
    expect(said).to_have_text(re.compile("not saved"))
    assert len(watch.posts) == posts
    press(page, "Save")
    expect(said).to_have_text(re.compile("These settings are in force"))
    expect(table).not_to_contain_text("1 in 66,000")


def test_without_script_a_button_does_the_same(product: Product, new_page: NewPage) -> None:
    """It shows the numbers of what is chosen, and saves nothing."""
    page = new_page(java_script_enabled=False)
    opened(page, product)
    page.get_by_label("Members", exact=True).select_option("strict")
    press(page, "Show what this means")
    expect(page.get_by_role("main")).to_contain_text("You are trying these settings")
    expect(page.get_by_label("Members", exact=True)).to_have_value("strict")
    page.goto("/account/guard")
    expect(page.get_by_label("Members", exact=True)).to_have_value("standard")


@pytest.mark.parametrize(("scheme", "width"), MAKES)
def test_the_page_is_accessible_and_fits(
    product: Product, new_page: NewPage, scheme: str, width: int
) -> None:
    """axe-core finds nothing and nothing is cut off, in light and dark, also at 320 pixels."""
    page = new_page(
        color_scheme=scheme, viewport={"width": width, "height": 700}, reduced_motion="reduce"
    )
    opened(page, product)
    page.evaluate(AXE)
    assert page.evaluate(VIOLATIONS) == []
    picture(page, f"guard-{scheme}-{width}")
    assert page.evaluate(WIDTH) <= width
    page.goto(
        "/account/guard?members=standard&staff=strict&pair_after=9&link_after=10&trust_days=3"
    )
    page.evaluate(AXE)
    assert page.evaluate(VIOLATIONS) == []
    picture(page, f"guard-wrong-{scheme}-{width}")
    assert page.evaluate(WIDTH) <= width
