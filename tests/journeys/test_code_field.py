"""The one field for the code, on the set-up page and at sign-in."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.product import Product
from tests.journeys.steps import (
    ADA,
    become_first_admin,
    button,
    heading,
    press,
    save,
    set_up_two_factor,
    sign_in,
    sign_out,
    start_set_up,
)
from tests.journeys.watch import Watch

FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
WAYS: dict[str, Callable[[str], str]] = {
    "a blank in the middle": lambda code: f"{code[:3]} {code[3:]}",
    "a hyphen": lambda code: f"{code[:3]}-{code[3:]}",
    "full-width digits": lambda code: code.translate(FULL_WIDTH),
    "blanks around": lambda code: f"  {code}\t ",
}


def is_made_for_codes(page: Page) -> None:
    """Exactly one field, which keyboards and password managers know, and which shows its digits."""
    field = page.get_by_role("main").get_by_role("textbox")
    expect(field).to_have_count(1)
    expect(field).to_have_accessible_name("Code")
    expect(field).to_have_attribute("type", "text")
    expect(field).to_have_attribute("autocomplete", "one-time-code")
    expect(field).to_have_attribute("inputmode", "numeric")
    assert field.get_attribute("maxlength") is None
    assert field.get_attribute("pattern") is None


def paste(page: Page, text: str) -> None:
    """Put text into the field in one go, as from the clipboard."""
    page.get_by_label("Code", exact=True).focus()
    page.keyboard.insert_text(text)


@pytest.mark.parametrize("way", WAYS)
def test_a_code_is_taken_however_it_is_written(product: Product, page: Page, way: str) -> None:
    """What apps show and clipboards hold is the same code, on both pages."""
    become_first_admin(page, product.first_admin_link)
    phone = start_set_up(page)
    is_made_for_codes(page)
    paste(page, WAYS[way](phone.code()))
    press(page, "Save")
    heading(page, "Two-factor authentication is on")
    sign_out(page)
    sign_in(page, ADA)
    is_made_for_codes(page)
    paste(page, WAYS[way](phone.code()))
    press(page, "Sign in")
    heading(page, f"Hello, {ADA.name}")


def test_typing_six_digits_sends_nothing(product: Product, page: Page, watch: Watch) -> None:
    """Nothing happens under the hand: the person presses the button."""
    become_first_admin(page, product.first_admin_link)
    phone = start_set_up(page)
    type_and_wait(page, watch, phone.code())
    press(page, "Save")
    sign_out(page)
    sign_in(page, ADA)
    type_and_wait(page, watch, phone.code())
    with page.expect_navigation():
        page.keyboard.press("Enter")
    heading(page, f"Hello, {ADA.name}")


def type_and_wait(page: Page, watch: Watch, code: str) -> None:
    """Type digit by digit; for half a second no request and no other page follows."""
    asked, where = requests(watch), page.url
    page.get_by_label("Code", exact=True).press_sequentially(code, delay=20)
    page.wait_for_timeout(500)
    assert (requests(watch), page.url) == (asked, where)
    expect(page.get_by_label("Code", exact=True)).to_have_value(code)


def requests(watch: Watch) -> list[str]:
    """What was asked for, without the icon and the modules of a page, which may come late."""
    return [url for url in watch.asked if "/static/" not in url]


def test_a_double_click_sends_the_code_once(product: Product, page: Page, watch: Watch) -> None:
    """Twice would be a code that was used already."""
    become_first_admin(page, product.first_admin_link)
    phone = start_set_up(page)
    page.get_by_label("Code", exact=True).fill(phone.code())
    with page.expect_navigation():
        button(page, "Save").dblclick()
    heading(page, "Two-factor authentication is on")
    assert sum(url.endswith("/profile/set-up/save") for url in watch.posts) == 1
    sign_out(page)
    sign_in(page, ADA)
    page.get_by_label("Code", exact=True).fill(phone.code())
    with page.expect_navigation():
        button(page, "Sign in").dblclick()
    heading(page, f"Hello, {ADA.name}")
    assert sum(url.endswith("/sign-in/code") for url in watch.posts) == 1


def test_what_is_no_code_is_told_and_costs_nothing(product: Product, page: Page) -> None:
    """Five digits or letters are not a guess: twelve of them lock nobody."""
    become_first_admin(page, product.first_admin_link)
    phone = set_up_two_factor(page)
    sign_out(page)
    sign_in(page, ADA)
    for typed in ("12345", "1234567", "abcdef", ""):
        for _ in range(3):
            page.get_by_label("Code", exact=True).fill(typed)
            press(page, "Sign in")
            expect(page.get_by_label("Code", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Code", exact=True).fill(phone.code())
    press(page, "Sign in")
    heading(page, f"Hello, {ADA.name}")


def test_a_reused_code_is_refused_at_sign_in(product: Product, page: Page) -> None:
    """Each code works once; the next one works."""
    become_first_admin(page, product.first_admin_link)
    phone = start_set_up(page)
    used = phone.code()
    save(page, used)
    sign_out(page)
    sign_in(page, ADA)
    page.get_by_label("Code", exact=True).fill(used)
    press(page, "Sign in")
    expect(page.get_by_role("region", name="That code did not work")).to_be_focused()
    expect(page.get_by_label("Code", exact=True)).to_have_value(used)
    page.get_by_label("Code", exact=True).fill(phone.code())
    press(page, "Sign in")
    heading(page, f"Hello, {ADA.name}")
