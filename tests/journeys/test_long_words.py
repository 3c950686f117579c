"""Long names: lines break between words, and only a word without room breaks inside."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.journeys.conftest import NewPage
from tests.journeys.product import Product
from tests.journeys.steps import (
    Person,
    add_person,
    become_first_admin,
    fill,
    picture,
    press,
    set_up_two_factor,
)
from tests.journeys.tour import CHIEF, ORGANISATION

UNBROKEN = Person("Rindfleischetikettierungsueberwachungsaufgabenuebertragungsgesetz",
                  "r" * 60 + "@acme.example", "a lamp, a ladder, a lake")  # fmt: skip
WIDTHS = (320, 780, 820, 1280)
NEEDLESS = """selector => {
  const found = [];
  for (const root of document.querySelectorAll(selector)) {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      let block = text.parentElement;
      if (!block.checkVisibility()) continue;
      while (getComputedStyle(block).display.startsWith("inline")) block = block.parentElement;
      const style = getComputedStyle(block);
      const padding = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
      const room = block.clientWidth - padding;
      for (const word of text.data.matchAll(/[^\\s-]+-?/g)) {
        const range = document.createRange();
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        const lines = new Set([...range.getClientRects()].map(rect => Math.round(rect.top)));
        if (lines.size < 2) continue;
        const whole = document.createElement("span");
        whole.textContent = word[0];
        whole.setAttribute("class", "whole");
        text.parentElement.append(whole);
        const width = whole.getBoundingClientRect().width;
        whole.remove();
        found.push([word[0], width > room]);
      }
    }
  }
  return found;
}"""


def broken(page: Page, selector: str) -> list[tuple[str, bool]]:
    """The words that break inside, and whether each is longer than the room that it has."""
    found: list[Any] = page.evaluate(NEEDLESS, selector)
    return [(word, too_long) for word, too_long in found]


def fits(page: Page) -> bool:
    """Nothing to scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("width", WIDTHS)
def test_only_a_word_that_has_no_room_breaks_inside(
    product: Product, new_page: NewPage, width: int
) -> None:
    """In the table of Activity and on the card of an entry, whatever the width."""
    page = new_page(viewport={"width": width, "height": 700})
    become_first_admin(page, product.first_admin_link, CHIEF, ORGANISATION)
    set_up_two_factor(page)
    page.goto("/account/activity")
    picture(page, f"activity-long-{width}")
    assert fits(page)
    assert [word for word, too_long in broken(page, ".activity") if not too_long] == []
    page.goto("/account")
    picture(page, f"entry-long-{width}")
    assert [word for word, too_long in broken(page, ".entry") if not too_long] == []
    add_person(page, UNBROKEN)
    page.goto("/account/activity")
    assert fits(page)
    words = dict(broken(page, ".activity"))
    assert words.pop(UNBROKEN.name) is True
    assert all(words.values())


def test_a_long_name_on_the_card_goes_above_the_code(product: Product, page: Page) -> None:
    """It is not squeezed beside it: the name has the whole width of the card."""
    become_first_admin(page, product.first_admin_link)
    page.goto("/account")
    fill(page, Name_in_authenticator_apps="Donaudampfschiff Gesellschaft")
    press(page, "Save names")
    page.goto("/account")
    code, name = page.locator(".entry-code"), page.locator(".entry-issuer")
    below, above = code.bounding_box(), name.bounding_box()
    assert below is not None
    assert above is not None
    assert above["y"] + above["height"] <= below["y"]
    assert above["height"] < 2 * 17 * 1.35, "one line"
