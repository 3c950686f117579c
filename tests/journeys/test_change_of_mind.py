"""Switching off again, a forgotten password, and the cookie of a session."""

import re
from http.cookies import SimpleCookie
from typing import Any

from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.mailbox import Mailbox, html, link_in, plain
from tests.journeys.product import Product
from tests.journeys.steps import (
    ADA,
    BOB,
    Person,
    add_person,
    become_first_admin,
    button,
    choose_password,
    enter_code,
    heading,
    picture,
    press,
    set_up_two_factor,
    sign_in,
    sign_out,
    switch_on,
)
from tests.journeys.watch import Watch

SIX_MINUTES = 360


ASKED = "twofold-passkey"


def test_switching_off_asks_for_a_fresh_code_and_tells_everybody(
    product: Product, mailbox: Mailbox, page: Page
) -> None:
    """A session that somebody left open is not enough."""
    become_first_admin(page, product.first_admin_link)
    phone = set_up_two_factor(page)
    add_person(page, BOB)
    switch_on(page)
    product.let_proofs_grow_old(SIX_MINUTES)
    page.goto("/account")
    press(page, "Switch off")
    heading(page, "Confirm that it is you")
    picture(page, "confirm")
    page.get_by_label("Code", exact=True).fill(next(iter(phone.wrong_codes())))
    press(page, "Continue")
    expect(page).to_have_title(re.compile("^Error"))
    page.get_by_label("Code", exact=True).fill(phone.code())
    press(page, "Continue")
    heading(page, "Switch off two-factor authentication")
    expect(page.get_by_role("main")).to_contain_text("2 people are told by mail")
    picture(page, "switch-off")
    press(page, "Switch off")
    expect(page.get_by_role("main")).to_contain_text("Two-factor authentication is off.")
    for who in (ADA, BOB):
        mail = mailbox.wait(who.email, "no longer required")
        assert ADA.name in plain(mail)
        assert ADA.name in html(mail)


def test_a_proof_that_grew_old_does_not_switch_off(product: Product, page: Page) -> None:
    """The button that was open all the time is refused as well."""
    become_first_admin(page, product.first_admin_link)
    set_up_two_factor(page)
    switch_on(page)
    page.goto("/account/switch-off")
    heading(page, "Switch off two-factor authentication")
    product.let_proofs_grow_old(SIX_MINUTES)
    press(page, "Switch off")
    heading(page, "Confirm that it is you")
    page.goto("/account")
    expect(page.get_by_role("main")).to_contain_text("Two-factor authentication is on.")


def test_a_voluntary_set_up_asks_for_a_password_that_is_not_old(
    product: Product, page: Page
) -> None:
    """Whoever finds an open session cannot bind a phone of their own to it."""
    become_first_admin(page, product.first_admin_link)
    product.let_proofs_grow_old(SIX_MINUTES)
    page.goto("/profile")
    press(page, "Set up")
    heading(page, "Confirm that it is you")
    picture(page, "confirm-password")
    page.get_by_label("Password").fill("something else entirely")
    press(page, "Continue")
    expect(page).to_have_title(re.compile("^Error"))
    page.get_by_label("Password").fill(ADA.password)
    press(page, "Continue")
    heading(page, "Set up your authenticator app")


def test_a_forgotten_password_never_signs_in_and_leaves_the_second_step(
    product: Product, mailbox: Mailbox, page: Page
) -> None:
    """The mailed link sets a password and nothing else; the code is still asked."""
    become_first_admin(page, product.first_admin_link)
    phone = set_up_two_factor(page)
    sign_out(page)
    press(page, "Forgot your password?", "link")
    page.get_by_label("Email").fill(ADA.email)
    picture(page, "forgot")
    press(page, "Send the link")
    heading(page, "Look in your mailbox")
    picture(page, "forgot-sent")
    mailed = link_in(mailbox.wait(ADA.email, "new password"))
    renewed = Person(ADA.name, ADA.email, "nine loud magpies by the well")
    choose_password(page, mailed, renewed)
    page.goto("/profile")
    heading(page, "Sign in")
    page.goto(mailed)
    heading(page, "This link has been used")
    page.goto("/sign-in")
    sign_in(page, ADA)
    expect(page).to_have_title(re.compile("^Error"))
    sign_in(page, renewed)
    enter_code(page, phone.code())
    heading(page, f"Hello, {ADA.name}")
    mailbox.wait(ADA.email, "was changed")


def test_nobody_learns_from_the_page_who_is_known(product: Product, page: Page) -> None:
    """A known and an unknown address get the same answer, and the unknown one no mail."""
    become_first_admin(page, product.first_admin_link)
    sign_out(page)
    answers = []
    for address in (ADA.email, "eve@acme.example"):
        page.goto("/forgot-password")
        page.get_by_label("Email").fill(address)
        press(page, "Send the link")
        answers.append(page.get_by_role("main").inner_text().replace(address, "ADDRESS"))
    assert answers[0] == answers[1]


def test_cookies_are_out_of_reach_and_change_with_what_was_proved(
    product: Product, new_page: NewPage, watch: Watch
) -> None:
    """HttpOnly, SameSite=Lax, a plain name on http://localhost, a new value at each proof."""
    page = new_page()
    become_first_admin(page, product.first_admin_link)
    values = [session_cookie(page)]
    phone = set_up_two_factor(page)
    values.append(session_cookie(page))
    sign_out(page)
    assert set(cookies(page)) - {ASKED} == {"twofold-browser"}
    sign_in(page, ADA)
    assert set(cookies(page)) - {ASKED} == {"twofold-browser", "twofold-sign-in"}
    half = cookies(page)["twofold-sign-in"]
    assert (half["httpOnly"], half["sameSite"], half["path"]) == (True, "Lax", "/")
    enter_code(page, phone.code())
    values.append(session_cookie(page))
    assert len({half["value"], *values}) == 4
    for response in watch.pages:
        for header in response.headers_array():
            if header["name"].lower() == "set-cookie":
                for line in header["value"].splitlines():
                    (morsel,) = SimpleCookie(line).values()
                    assert (morsel["httponly"], morsel["samesite"]) == (True, "lax")
    assert button(page, ADA.name).is_visible()


def session_cookie(page: Page) -> str:
    """The value of the session's cookie, beside which only the browser is known by one, and for
    five minutes the question for a passkey that the sign-in page asked.

    256 bits at least in both, and neither says anything about the other.
    """
    found = cookies(page)
    assert set(found) - {ASKED} == {"twofold", "twofold-browser"}
    for cookie in found.values():
        assert (cookie["httpOnly"], cookie["sameSite"], cookie["secure"]) == (True, "Lax", False)
        assert len(cookie["value"]) * 6 >= 256
    assert page.evaluate("document.cookie") == ""
    assert found["twofold"]["value"] != found["twofold-browser"]["value"]
    return str(found["twofold"]["value"])


def cookies(page: Page) -> dict[str, Any]:
    """The browser's cookies by their names."""
    return {str(cookie["name"]): cookie for cookie in page.context.cookies()}
