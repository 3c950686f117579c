"""A second address: confirmed from its own mailbox, told what the first one is told."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import NewPage
from tests.journeys.mailbox import Mailbox, link_in, plain
from tests.journeys.product import Product
from tests.journeys.steps import (
    BOB,
    add_person,
    become_first_admin,
    becomes_known,
    fill,
    heading,
    press,
    saved,
    scan,
)

pytestmark = pytest.mark.timeout(300)

HOME = "bob@home.example"


def test_a_new_authenticator_is_told_to_both_addresses(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """Whoever reads the first mailbox alone cannot hide what they do."""
    ada, page = new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    add_person(ada, BOB)
    becomes_known(page, link_in(mailbox.wait(BOB.email, "")))
    page.get_by_role("link", name="Add one").click()
    heading(page, "Mail addresses")
    fill(page, Second_address=HOME)
    press(page, "Send the link")
    assert "Bob" in plain(mailbox.wait(BOB.email, "second address was entered"))
    elsewhere = new_page()
    elsewhere.goto(link_in(mailbox.wait(HOME, "Confirm this address")))
    press(elsewhere, "Confirm")
    heading(elsewhere, "Address confirmed")
    for address in (HOME, BOB.email):
        mailbox.wait(address, "second address is yours")

    page.goto("/profile")
    press(page, "Replace phone")
    saved(page, scan(page).code())
    told = [mailbox.wait(address, "was replaced") for address in (HOME, BOB.email)]
    assert plain(told[0]) == plain(told[1])
    assert len({mail["message-id"] for mail in told}) == 2

    page.goto("/profile/addresses")
    press(page, "Remove the second address")
    expect(page.get_by_role("main")).to_contain_text("goes to one address")
    for address in (HOME, BOB.email):
        mailbox.wait(address, "second address was removed")
    assert {mail["to"] for mail in mailbox.all() if HOME in mail["to"]} == {
        mailbox.to(HOME)[0]["to"]
    }
