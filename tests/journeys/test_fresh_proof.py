"""What changes people, policy or names asks for a fresh code, and then goes on by itself."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.phones import Phone
from tests.journeys.product import Product
from tests.journeys.steps import (
    BOB,
    become_first_admin,
    fill,
    heading,
    picture,
    press,
    set_up_two_factor,
)
from tests.journeys.watch import Watch

pytestmark = pytest.mark.timeout(300)  # phones wait for their next code

SIX_MINUTES = 360


@pytest.fixture
def phone(product: Product, page: Page) -> Phone:
    """That of the first admin, whose session is open and whose proofs have grown old."""
    become_first_admin(page, product.first_admin_link)
    own = set_up_two_factor(page)
    heading(page, "My Profile")
    return own


def test_nothing_that_was_typed_is_lost(
    product: Product, page: Page, phone: Phone, watch: Watch
) -> None:
    """Not by a slip of the finger, not by a wrong code; after the right one the form goes on."""
    page.goto("/people/add")
    fill(page, Name=BOB.name, Email=BOB.email)
    page.get_by_label("Role").select_option(label="Help desk")
    product.let_proofs_grow_old(SIX_MINUTES)
    press(page, "Add person")
    heading(page, "Confirm that it is you")
    expect(page.get_by_role("main")).to_contain_text("What you entered is kept")
    picture(page, "confirm-held")
    for code in ("12345", next(iter(phone.wrong_codes()))):
        fill(page, Code=code)
        press(page, "Continue")
        expect(page).to_have_title(re.compile("^Error"))
    fill(page, Code=phone.code())
    press(page, "Continue")
    heading(page, BOB.name)
    expect(page.get_by_role("main")).to_contain_text(BOB.email)
    expect(page.get_by_label("Role")).to_have_value("helpdesk")
    added = [url for url in watch.posts if url.endswith("/people/add")]
    assert len(added) == 1


def test_whoever_drops_it_has_changed_nothing(product: Product, page: Page, phone: Phone) -> None:
    """The way out of the question is a way out of the act."""
    page.goto("/people/add")
    fill(page, Name=BOB.name, Email=BOB.email)
    product.let_proofs_grow_old(SIX_MINUTES)
    press(page, "Add person")
    press(page, "Not now, drop it", "link")
    page.goto("/people")
    expect(page.get_by_role("main")).not_to_contain_text(BOB.email)
    assert phone.secret


def test_in_a_browser_that_is_not_known_the_question_is_for_two_codes(
    product: Product, page: Page, phone: Phone
) -> None:
    """The strict profile holds here too; the settings against guessing are saved afterwards."""
    page.goto("/profile/places")
    press(page, "Sign out everywhere else")
    page.goto("/account/guard")
    page.get_by_label("Members", exact=True).select_option("strict")
    product.let_proofs_grow_old(SIX_MINUTES)
    press(page, "Save")
    heading(page, "Confirm that it is you")
    picture(page, "confirm-pair")
    first, then = phone.pair()
    fill(page, Code=first, Next_code=then)
    press(page, "Continue")
    heading(page, "Slowing guesses")
    expect(page.get_by_role("status")).to_contain_text("These settings are in force")
    expect(page.get_by_label("Members", exact=True)).to_have_value("strict")
