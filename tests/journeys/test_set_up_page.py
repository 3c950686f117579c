"""The set-up page when things go wrong, and the key for whoever cannot scan."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.phones import Phone
from tests.journeys.product import Product
from tests.journeys.steps import (
    become_first_admin,
    heading,
    picture,
    press,
    save,
    saved,
    scan,
    start_set_up,
)

DRAWN = "() => document.querySelector('main svg path').closest('svg').outerHTML"
MARKED = "() => getSelection().toString().replace(/\\s/g, '')"


def test_a_wrong_code_keeps_the_secret_and_what_was_typed(product: Product, page: Page) -> None:
    """The same QR code, the field's value, and a summary with the focus that says what to do."""
    become_first_admin(page, product.first_admin_link)
    phone = start_set_up(page)
    wrong = next(iter(phone.wrong_codes()))
    save(page, wrong)
    picture(page, "set-up-wrong-code")
    expect(page).to_have_title(re.compile("^Error"))
    expect(page.get_by_role("region", name="The code was not accepted")).to_be_focused()
    field = page.get_by_label("Code", exact=True)
    expect(field).to_have_value(wrong)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("Wait for the next code and enter it"))
    assert scan(page).uri == phone.uri
    page.get_by_role("region").get_by_role("link").first.click()
    expect(field).to_be_focused()
    saved(page, phone.code())
    heading(page, "My Profile")


def test_the_pending_secret_survives_a_reload_and_a_second_tab(
    product: Product, page: Page
) -> None:
    """Whoever comes back finds the code that the phone has scanned already."""
    become_first_admin(page, product.first_admin_link)
    phone = start_set_up(page)
    drawn = page.evaluate(DRAWN)
    page.reload()
    assert (scan(page).uri, page.evaluate(DRAWN)) == (phone.uri, drawn)
    second = page.context.new_page()
    second.goto("/profile/set-up")
    assert (scan(second).uri, second.evaluate(DRAWN)) == (phone.uri, drawn)
    save(second, next(iter(phone.wrong_codes())))
    assert second.evaluate(DRAWN) == drawn
    saved(page, phone.code())
    heading(page, "My Profile")


def test_cancel_discards_the_secret(product: Product, page: Page) -> None:
    """The next set-up has a new one, and codes of the discarded one count for nothing."""
    become_first_admin(page, product.first_admin_link)
    discarded = start_set_up(page)
    press(page, "Cancel")
    heading(page, "My Profile")
    expect(page.get_by_role("main")).to_contain_text("Not set up yet")
    phone = start_set_up(page)
    assert phone.secret != discarded.secret
    save(page, discarded.code())
    expect(page).to_have_title(re.compile("^Error"))
    saved(page, phone.code())
    heading(page, "My Profile")


def test_setting_up_again_keeps_the_old_one_until_the_new_one_is_proved(
    product: Product, page: Page
) -> None:
    """The page says which entry it takes the place of; the new one has a name of its own."""
    become_first_admin(page, product.first_admin_link)
    first = start_set_up(page)
    saved(page, first.code())
    press(page, "Replace phone")
    expect(page.get_by_role("main")).to_contain_text("keeps working until you press Save")
    picture(page, "set-up-again")
    second = scan(page)
    assert second.secret != first.secret
    saved(page, second.code())
    heading(page, "My Profile")


def test_the_key_can_be_copied_with_one_press(product: Product, new_page: NewPage) -> None:
    """It stands in groups of four; the clipboard gets it in one piece, and a status says so."""
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    phone = in_the_set_up(page, product)
    groups = page.get_by_role("code").locator(":scope > *").all_inner_texts()
    assert groups == re.findall("....", phone.secret)
    said = page.get_by_role("status")
    expect(said).to_have_text("")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(said).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == phone.secret


def test_the_key_can_be_marked_with_one_gesture_without_script(
    product: Product, new_page: NewPage
) -> None:
    """Where there is no Copy, one click marks the whole key."""
    page = new_page(java_script_enabled=False)
    phone = in_the_set_up(page, product)
    expect(page.get_by_role("button", name="Copy", exact=True)).to_be_hidden()
    page.get_by_role("code").click()
    assert page.evaluate(MARKED) == phone.secret


def in_the_set_up(page: Page, product: Product) -> Phone:
    """A first admin whose set-up is pending."""
    become_first_admin(page, product.first_admin_link)
    return start_set_up(page)


@pytest.mark.parametrize("scale", [1, 4], ids=["320px", "1280px-at-400-percent"])
def test_everything_of_the_set_up_can_be_reached_in_a_small_window(
    product: Product, new_page: NewPage, scale: int
) -> None:
    """QR code, key, link, field and Save fit into 320 by 256 pixels, one after the other."""
    page = new_page(viewport={"width": 320, "height": 256}, device_scale_factor=scale)
    phone = in_the_set_up(page, product)
    for part in (
        page.get_by_role("img", name="QR code").first,
        page.get_by_role("code"),
        page.get_by_role("link", name="Open in my authenticator app"),
        page.get_by_label("Code", exact=True),
        page.get_by_role("button", name="Save"),
    ):
        part.scroll_into_view_if_needed()
        expect(part).to_be_in_viewport()
        box = part.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    saved(page, phone.code())
    heading(page, "My Profile")
