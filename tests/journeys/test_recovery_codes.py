"""Codes stored, phone lost, in again with one of them, set up on a new phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import NewPage
from tests.journeys.mailbox import Mailbox, link_in, plain
from tests.journeys.product import Product
from tests.journeys.steps import (
    ADA,
    BOB,
    add_person,
    become_first_admin,
    becomes_known,
    enter_code,
    heading,
    path_of,
    picture,
    press,
    saved,
    scan,
    set_up_two_factor,
    sign_in,
    sign_out,
)

pytestmark = pytest.mark.timeout(300)

CODE = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}")


def test_a_lost_phone_is_no_lost_account(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """From the button on the home page to the new phone, with nobody's help."""
    ada, page = new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    add_person(ada, BOB)
    becomes_known(page, link_in(mailbox.wait(BOB.email, "")))
    page.goto("/profile/recovery-codes")
    heading(page, "Recovery codes")
    press(page, "Make new ones")
    heading(page, "Your recovery codes")
    codes = CODE.findall(page.get_by_role("main").inner_text())
    assert len(set(codes)) == 10
    picture(page, "recovery-codes")
    with page.expect_download() as kept:
        page.get_by_role("link", name="Download").click()
    sheet = kept.value.path().read_text("utf-8")
    assert CODE.findall(sheet) == codes
    assert BOB.email in sheet
    page.emulate_media(media="print")
    expect(page.get_by_text(codes[0])).to_be_visible()
    expect(page.get_by_role("link", name="Download")).not_to_be_visible()
    picture(page, "recovery-codes-print")
    page.emulate_media(media="screen")
    press(page, "I have stored them")
    expect(page.get_by_role("main")).to_contain_text("10 left")

    sign_out(page, BOB)
    elsewhere = new_page()
    sign_in(elsewhere, BOB)
    elsewhere.get_by_role("link", name="I don’t have my phone").click()
    elsewhere.get_by_role("link", name="Enter a recovery code").click()
    picture(elsewhere, "recovery-use")
    elsewhere.get_by_label("Recovery code or temporary pass").fill("1234")
    press(elsewhere, "Sign in")
    expect(elsewhere.get_by_role("main")).to_contain_text("a temporary pass has 10. You entered 4.")
    picture(elsewhere, "recovery-use-error")
    elsewhere.get_by_label("Recovery code or temporary pass").fill(
        codes[4].lower().replace("-", " ")
    )
    press(elsewhere, "Sign in")
    assert path_of(elsewhere) == "/"
    assert "9 more still work" in " ".join(
        plain(mailbox.wait(BOB.email, "recovery code was used")).split()
    )

    elsewhere.goto("/profile")
    press(elsewhere, "Replace phone")
    new_phone = scan(elsewhere)
    saved(elsewhere, new_phone.code())
    sign_out(elsewhere, BOB)
    sign_in(elsewhere, BOB)
    enter_code(elsewhere, new_phone.code())
    assert path_of(elsewhere) == "/"
    elsewhere.goto("/profile/recovery-codes")
    picture(elsewhere, "recovery-left")
    expect(elsewhere.get_by_role("main")).to_contain_text("9 of 10")


def test_the_operator_lets_the_only_owner_back_in(product: Product, new_page: NewPage) -> None:
    """No phone, no codes, nobody of a higher role: the command on the server, and the password."""
    page = new_page()
    become_first_admin(page, product.first_admin_link)
    set_up_two_factor(page)
    link = product.command("recover", "--email", ADA.email).strip()
    elsewhere = new_page()
    elsewhere.goto(link)
    picture(elsewhere, "recover-signed-out")
    expect(elsewhere.get_by_role("main")).to_contain_text("Sign in with your password first")
    sign_in(elsewhere, ADA)
    elsewhere.goto(link)
    picture(elsewhere, "recover")
    press(elsewhere, "Set up anew")
    expect(elsewhere.get_by_role("main")).to_contain_text("This takes the place of what you have")
    new_phone = scan(elsewhere)
    saved(elsewhere, new_phone.code())
    assert path_of(elsewhere) == "/"
    page.goto("/profile")
    assert path_of(page).startswith("/sign-in")
