"""Choosing one's app and device: at the set-up, and in the help."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.product import Product
from tests.journeys.steps import (
    BOB,
    add_person,
    become_first_admin,
    becomes_known,
    heading,
    link_from_outbox,
    picture,
    press,
    save,
    saved,
    scan,
)
from tests.journeys.test_every_page import AXE, NARROW, RUN_AXE, TAGS

MICROSOFT = "Microsoft Authenticator on Android"
HELP = ("/help", "/help?app=microsoft-authenticator-android", "/help?app=keepassxc-desktop")


def opened(page: Page, words: str) -> None:
    """Unfold what stands under these words."""
    page.get_by_text(words, exact=True).click()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_one_click_makes_the_steps_those_of_the_app(
    product: Product, new_page: NewPage, script: bool
) -> None:
    """The QR code stays the same one, the entry works, and the profile names the app."""
    page = new_page(java_script_enabled=script)
    become_first_admin(page, product.first_admin_link)
    page.goto("/profile")
    press(page, "Set up")
    before = scan(page)
    press(page, MICROSOFT, "link")
    expect(page.get_by_role("heading", level=2).nth(1)).to_have_text(
        "Scan this QR code with Microsoft Authenticator"
    )
    steps = page.get_by_role("listitem").filter(has_text="Choose Other account")
    expect(steps.last).to_be_visible()
    expect(page.get_by_text("It may offer to overwrite")).to_be_visible()
    opened(page, "How to type it into Microsoft Authenticator")
    expect(page.get_by_text("Or enter code manually")).to_be_visible()
    picture(page, "set-up-microsoft")
    phone = scan(page)
    assert phone.uri == before.uri
    save(page, next(iter(phone.wrong_codes())))
    expect(page.get_by_text("Choose Other account")).to_be_visible()
    saved(page, phone.code())
    heading(page, "My Profile")
    expect(page.get_by_role("main")).to_contain_text(MICROSOFT)
    press(page, "Help for this app", "link")
    heading(page, "Help with codes")
    expect(page.get_by_role("main")).to_contain_text(f"What is known about {MICROSOFT}")


def test_somebody_changes_their_mind(product: Product, page: Page) -> None:
    """Another app, then none; the set-up goes on and says so afterwards."""
    become_first_admin(page, product.first_admin_link)
    page.goto("/profile/set-up")
    opened(page, "Other apps")
    press(page, "KeePassXC on a computer", "link")
    expect(page.get_by_role("heading", name="Enter this key in KeePassXC")).to_be_visible()
    press(page, "Choose another app", "link")
    expect(page.get_by_text("Choose yours")).to_be_visible()
    saved(page, scan(page).code())
    heading(page, "My Profile")
    expect(page.get_by_role("main")).to_contain_text("Not said at the set-up")


def test_an_admin_sees_which_app_somebody_uses(product: Product, new_page: NewPage) -> None:
    """On the person's page: said at the set-up, or not."""
    admin, page = new_page(), new_page()
    become_first_admin(admin, product.first_admin_link)
    add_person(admin, BOB)
    becomes_known(page, link_from_outbox(admin))
    admin.goto("/people")
    press(admin, BOB.name, "link")
    expect(admin.get_by_role("main")).to_contain_text("Not said at the set-up")
    page.goto("/profile/set-up?app=authy-ios")
    saved(page, scan(page).code())
    admin.reload()
    expect(admin.get_by_role("main")).to_contain_text("Twilio Authy on iPhone")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("make", [{}, {"viewport": NARROW}], ids=["wide", "320px"])
def test_the_help_has_no_accessibility_violation(
    product: Product, new_page: NewPage, scheme: str, make: dict[str, Any]
) -> None:
    """For strangers, in light and dark, wide and at 320 pixels, with everything unfolded."""
    page = new_page(color_scheme=scheme, reduced_motion="reduce", **make)
    for number, address in enumerate(HELP):
        page.goto(address)
        closed = page.locator("details:not([open]) > summary")
        while closed.count():
            closed.first.click()
        picture(page, f"help-{scheme}-{'narrow' if make else 'wide'}-{number}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.evaluate(AXE)
        assert page.evaluate(RUN_AXE, {"type": "tag", "values": TAGS}) == [], address


def test_every_picture_is_seen_and_named(product: Product, page: Page) -> None:
    """Six of them, each in its step and large enough to be read."""
    page.goto("/help")
    pictures = page.get_by_role("main").get_by_role("img")
    assert pictures.count() == 6
    for number in range(6):
        box = pictures.nth(number).bounding_box()
        assert box
        assert box["width"] >= 180
        assert box["height"] >= 100
        assert pictures.nth(number).get_attribute("aria-label")
