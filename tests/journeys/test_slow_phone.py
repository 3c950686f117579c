"""A phone that has fallen three minutes behind, and somebody who has read no documents."""

import re

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
    enter_code,
    fill,
    heading,
    path_of,
    picture,
    press,
    sign_in,
    sign_out,
    start_set_up,
)

pytestmark = pytest.mark.timeout(300)

THREE_MINUTES = 6
"""Steps."""
AN_HOUR = 3600


def test_from_the_first_refused_code_to_a_sign_in(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """What stands on the screen is enough: the block, then two codes. From then on the phone is
    followed, and its owner has a mail about it.
    """
    ada, page = new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    add_person(ada, BOB)
    phone = becomes_known(page, link_in(mailbox.wait(BOB.email, "")))
    product.let_codes_grow_old(AN_HOUR)
    sign_out(page, BOB)

    sign_in(page, BOB)
    enter_code(page, phone.code_at(-THREE_MINUTES))
    picture(page, "slow-phone-refused")
    page.get_by_role("link", name="sign in with two codes").click()
    heading(page, "My codes are refused")
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"Our time is \d\d:\d\d"))
    picture(page, "slow-phone-two-codes")
    fill(page, Code=phone.code_at(-THREE_MINUTES), Next_code="000000")
    press(page, "Sign in")
    expect(page.get_by_role("main")).to_contain_text("Those two codes did not work")
    picture(page, "slow-phone-two-codes-refused")
    fill(
        page,
        Code=phone.code_at(-THREE_MINUTES - 1),
        Next_code=phone.code_at(-THREE_MINUTES),
    )
    press(page, "Sign in")
    assert path_of(page) == "/"
    told = plain(mailbox.wait(BOB.email, "matched anew"))
    assert "3 minutes behind" in " ".join(told.split())

    sign_out(page, BOB)
    sign_in(page, BOB)
    enter_code(page, phone.code_at(-THREE_MINUTES + 1))
    assert path_of(page) == "/"


def test_the_set_up_page_says_what_to_change_on_the_phone(
    product: Product, new_page: NewPage
) -> None:
    """Which way and how far, then the same QR code works with the clock put right."""
    page = new_page()
    become_first_admin(page, product.first_admin_link)
    phone = start_set_up(page)
    fill(page, Code=phone.code_at(-THREE_MINUTES))
    press(page, "Save")
    summary = page.get_by_role("main")
    expect(summary).to_contain_text("The clock of your phone was about 3 minutes behind.")
    expect(summary).to_contain_text("Turn on automatic date and time")
    picture(page, "slow-phone-set-up")
    fill(page, Code=phone.code())
    press(page, "Save")
    expect(page.get_by_role("main")).to_contain_text("On")
