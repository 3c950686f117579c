"""The days on which a group exchanges its phones, from the admin's dates to the new phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.groups_tour import days, make_group
from tests.journeys.mailbox import Mailbox, link_in, plain
from tests.journeys.product import Product
from tests.journeys.steps import (
    ADA,
    BOB,
    add_person,
    become_first_admin,
    becomes_known,
    enter_code,
    fill,
    heading,
    path_of,
    press,
    saved,
    scan,
    sign_in,
)
from twofold.core.people import DAY

pytestmark = pytest.mark.timeout(300)


def test_a_group_exchanges_its_phones(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """Told by mail; asked once, at the next sign-in; the old phone works until the new one is
    saved, and not after.
    """
    ada, page = new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    add_person(ada, BOB)
    old = becomes_known(page, link_in(mailbox.wait(BOB.email, "")))
    product.let_set_ups_grow_old(2 * DAY)
    make_group(ada, "Sales")
    fill(ada, Addresses=BOB.email)
    press(ada, "Put in")
    first, last = days()
    fill(ada, First_day=first, Last_day=last)
    press(ada, "Save days")
    expect(ada.get_by_role("main")).to_contain_text(f"From {first} to {last}")
    assert ADA.name in plain(mailbox.wait(BOB.email, "New phone? You can change it on"))

    sign_out_and_in(page, old.code())
    heading(page, "Have you got a new phone?")
    press(page, "Not now", "link")
    assert path_of(page) == "/"
    page.goto("/profile")
    press(page, "Change yours now", "link")
    press(page, "Replace phone")
    new = scan(page)
    saved(page, new.code())
    mailbox.wait(BOB.email, "was replaced")

    product.let_set_ups_grow_old(0)
    sign_out_and_in(page, new.code())
    assert path_of(page) == "/"


def sign_out_and_in(page: Page, code: str) -> None:
    """Bob's whole sign-in once more."""
    page.goto("/sign-out")
    press(page, "Sign out")
    sign_in(page, BOB)
    enter_code(page, code)
