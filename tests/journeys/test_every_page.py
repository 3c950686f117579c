"""What holds on every page, in every state that the two tours show."""

from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.journeys import (
    desk_tour,
    groups_tour,
    guard_tour,
    mails_tour,
    passkey_tour,
    rollout_tour,
    tour,
    way_back_tour,
)
from tests.journeys.conftest import NewPage
from tests.journeys.product import ROOT, Product
from tests.journeys.steps import picture

AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
"""What may differ in the dark; everything else is the same markup."""
RUN_AXE = """async runOnly => {
  const found = await axe.run(document, {runOnly, resultTypes: ["violations"]});
  return found.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target).join(" ; ")}`);
}"""
HEAVIEST = 100_000
"""Bytes of a page with its stylesheet and its modules."""
WEIGHT = """() => [
  ...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource"),
].reduce((sum, entry) => sum + entry.decodedBodySize, 0)"""
INLINE = """() => [...document.querySelectorAll("*")].flatMap(element => [
  ...(element.localName === "style" || (element.localName === "script" && !element.src)
    ? [element.outerHTML] : []),
  ...[...element.attributes].filter(a => a.name === "style" || a.name.startsWith("on")
    || a.value.trim().toLowerCase().startsWith("javascript:")).map(a => a.name),
])"""
CUT_OFF = """() => [...document.querySelectorAll("main *, header *")]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1
    && !e.closest("[tabindex='0'], .sr-only, .skip"))
  .map(e => e.outerHTML.slice(0, 80))"""
NARROW = {"width": 320, "height": 256}

CHAPTERS = (
    tour.CHAPTERS
    | guard_tour.CHAPTERS
    | desk_tour.CHAPTERS
    | groups_tour.CHAPTERS
    | passkey_tour.CHAPTERS
    | rollout_tour.CHAPTERS
    | way_back_tour.CHAPTERS
    | mails_tour.CHAPTERS
)
chapters = pytest.mark.parametrize("chapter", CHAPTERS)
pytestmark = pytest.mark.timeout(300)  # a chapter is long, and the machine may be busy


@chapters
def test_no_page_has_an_accessibility_violation(
    product: Product, new_page: NewPage, chapter: str
) -> None:
    """axe-core finds nothing, in light and in dark; without movement, so that colours are final."""
    found: dict[str, Any] = {}

    def look(page: Page, name: str) -> None:
        page.evaluate(AXE)
        page.emulate_media(color_scheme="dark")
        picture(page, f"{name}-dark")
        dark = page.evaluate(RUN_AXE, {"type": "rule", "values": COLOUR_RULES})
        page.emulate_media(color_scheme="light")
        picture(page, f"{name}-light")
        if violations := dark + page.evaluate(RUN_AXE, {"type": "tag", "values": TAGS}):
            found[name] = violations

    CHAPTERS[chapter](product, partial(new_page, reduced_motion="reduce"), look)
    assert found == {}, found


@chapters
def test_every_page_fits_a_small_window_is_light_and_has_nothing_inline(
    product: Product, new_page: NewPage, chapter: str
) -> None:
    """320 by 256 CSS pixels, under 100 kB with stylesheet and modules, no inline script or style.

    A window of 1,280 pixels at 400 % is one of 320 CSS pixels.
    """
    wide: dict[str, Any] = {}
    heavy: dict[str, int] = {}
    visited: list[str] = []

    def look(page: Page, name: str) -> None:
        visited.append(name)
        # Before the picture: taking it leaves marks in the page.
        assert page.evaluate(INLINE) == [], name
        picture(page, f"{name}-narrow")
        if page.evaluate("document.documentElement.scrollWidth") > NARROW["width"]:
            wide[name] = page.evaluate(CUT_OFF)
        if (weight := page.evaluate(WEIGHT)) >= HEAVIEST:
            heavy[name] = weight

    CHAPTERS[chapter](product, partial(new_page, viewport=NARROW), look)
    assert len(visited) >= 8
    assert (wide, heavy) == ({}, {})
