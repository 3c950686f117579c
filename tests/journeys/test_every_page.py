"""What holds on every page, in every state that the tour shows."""

from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.journeys.conftest import NewPage
from tests.journeys.product import ROOT, Product
from tests.journeys.steps import picture
from tests.journeys.tour import CHAPTERS

AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
RUN_AXE = """async tags => {
  const found = await axe.run(document, {
    runOnly: {type: "tag", values: tags}, resultTypes: ["violations"],
  });
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

chapters = pytest.mark.parametrize("chapter", CHAPTERS)


@chapters
def test_no_page_has_an_accessibility_violation(
    product: Product, new_page: NewPage, chapter: str
) -> None:
    """axe-core finds nothing, in light and in dark; without movement, so that colours are final."""
    found: dict[str, Any] = {}

    def look(page: Page, name: str) -> None:
        page.evaluate(AXE)
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            picture(page, f"{name}-{scheme}")
            if violations := page.evaluate(RUN_AXE, TAGS):
                found[f"{name} {scheme}"] = violations

    CHAPTERS[chapter](product, partial(new_page, reduced_motion="reduce"), look)
    assert found == {}, found


@pytest.mark.parametrize("scale", [1, 4], ids=["320px", "1280px-at-400-percent"])
@chapters
def test_no_page_is_wider_than_a_small_window(
    product: Product, new_page: NewPage, chapter: str, scale: int
) -> None:
    """320 by 256 CSS pixels are enough for everything, long names included."""
    found: dict[str, Any] = {}

    def look(page: Page, name: str) -> None:
        if scale == 1:
            picture(page, f"{name}-narrow")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > NARROW["width"]:
            found[name] = (width, page.evaluate(CUT_OFF))

    narrow = partial(new_page, viewport=NARROW, device_scale_factor=scale)
    CHAPTERS[chapter](product, narrow, look)
    assert found == {}, found


@chapters
def test_every_page_is_light_and_has_nothing_inline(
    product: Product, new_page: NewPage, chapter: str
) -> None:
    """Under 100 kB with stylesheet and modules; no inline script, style or handler."""
    weights: dict[str, int] = {}

    def look(page: Page, name: str) -> None:
        assert page.evaluate(INLINE) == [], name
        weights[name] = page.evaluate(WEIGHT)

    CHAPTERS[chapter](product, new_page, look)
    assert len(weights) > 10
    assert {name: weight for name, weight in weights.items() if weight >= HEAVIEST} == {}
