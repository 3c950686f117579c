"""Where you are signed in: trusting a browser, and ending what one does not know."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.mailbox import Mailbox, link_in
from tests.journeys.product import Product
from tests.journeys.steps import (
    ADA,
    BOB,
    Person,
    add_person,
    become_first_admin,
    becomes_known,
    enter_code,
    enter_pair,
    fill,
    heading,
    link,
    picture,
    press,
    set_up_two_factor,
    sign_in,
    sign_out,
)

pytestmark = pytest.mark.timeout(300)  # phones wait for their next code

TRUST = "Trust this browser: no code here for 30 days"
RENEWED = "nine loud magpies by the well"
SKIPPED = "with password; no code, because the browser was trusted"


def test_a_trusted_browser_skips_the_code_until_it_is_ended(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """Only where the box is ticked, not for what is sensitive, and only as long as one likes."""
    ada, page = new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    add_person(ada, BOB)
    phone = becomes_known(page, link_in(mailbox.wait(BOB.email, "")))
    again(page)
    expect(page.get_by_label(TRUST)).not_to_be_checked()
    enter_code(page, phone.code())
    heading(page, f"Hello, {BOB.name}")
    again(page)
    page.get_by_label(TRUST).check()
    picture(page, "code-trust")
    enter_code(page, phone.code())
    again(page)
    heading(page, f"Hello, {BOB.name}")
    page.goto("/profile/places")
    expect(page.get_by_role("main")).to_contain_text(SKIPPED)
    expect(page.get_by_role("main")).to_contain_text("Trusted: no code until")
    picture(page, "places-trusted")
    asks_before_a_change(page, phone.code())
    page.goto("/profile/places")
    press_row(page, row(page, "Known browsers"), "Forget")
    expect(page.get_by_role("main")).to_contain_text("No known browser")
    again(page)
    heading(page, "Enter your code")


def again(page: Page) -> None:
    """Sign out and give the password again."""
    sign_out(page, BOB)
    sign_in(page, BOB)


def asks_before_a_change(page: Page, code: str) -> None:
    """A session that skipped the code proves the factor before the password is changed."""
    page.goto("/profile")
    fill(page, Current_password=BOB.password, New_password=RENEWED)
    press(page, "Change password")
    heading(page, "Confirm that it is you")
    expect(page.locator(f"[value='{RENEWED}'], [value='{BOB.password}']")).to_have_count(0)
    fill(page, Code=code)
    press(page, "Continue")
    heading(page, "My Profile")


def row(page: Page, section: str) -> Locator:
    """The first entry of a section."""
    found = (
        page.get_by_role("main")
        .locator("section")
        .filter(has=page.get_by_role("heading", name=section, exact=True))
    )
    return found.get_by_role("listitem").first


def press_row(page: Page, entry: Locator, words: str) -> None:
    """The button of one entry, whose name goes on with what it is about."""
    with page.expect_navigation():
        entry.get_by_role("button", name=re.compile(f"^{words} ?: Chrom")).click()


def test_staff_are_offered_no_trust_and_a_new_browser_takes_two_codes(
    product: Product, new_page: NewPage
) -> None:
    """The strict profile from the first sign-in on; at home it is one code."""
    home, new = new_page(), new_page()
    become_first_admin(home, product.first_admin_link)
    phone = set_up_two_factor(home)
    sign_in(new, ADA)
    heading(new, "Enter two codes")
    expect(new.get_by_role("checkbox")).to_have_count(0)
    enter_pair(new, phone.pair())
    heading(new, f"Hello, {ADA.name}")
    sign_out(home)
    sign_in(home, ADA)
    heading(home, "Enter your code")
    expect(home.get_by_role("checkbox")).to_have_count(0)


def test_sessions_are_ended_one_by_one_or_all_at_once(product: Product, new_page: NewPage) -> None:
    """On their very next request; the browser is named, this one too."""
    here, there = new_page(), new_page()
    become_first_admin(here, product.first_admin_link)
    sign_in(there, ADA)
    heading(there, f"Hello, {ADA.name}")
    here.goto("/profile")
    link(here, "Show sessions and browsers").click()
    heading(here, "Where you are signed in")
    expect(here.get_by_role("main")).to_contain_text("Here and in 1 other place.")
    picture(here, "places")
    mine = row(here, "Signed in now")
    expect(mine).to_contain_text("(this browser)")
    other = here.get_by_role("listitem").filter(has=here.get_by_role("button", name="End"))
    expect(other).to_have_count(1)
    press_row(here, other, "End")
    expect(here.get_by_role("main")).to_contain_text("Only here.")
    there.goto("/profile")
    heading(there, "Sign in")
    sign_in(there, Person(ADA.name, ADA.email, ADA.password))
    here.goto("/profile/places")
    press(here, "Sign out everywhere else")
    expect(here.get_by_role("main")).to_contain_text("Only here.")
    expect(here.get_by_role("main")).to_contain_text("No known browser")
    there.goto("/profile")
    heading(there, "Sign in")
