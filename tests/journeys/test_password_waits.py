"""Wrong passwords in a browser that is not known."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.mailbox import Mailbox, link_in
from tests.journeys.product import Product
from tests.journeys.steps import ADA, Person, become_first_admin, heading, picture, press, sign_in

pytestmark = pytest.mark.timeout(300)

NOBODY = Person("Eve", "eve@acme.example", ADA.password)
WRONG = "not the password"
FREE = 5
LONG_ENOUGH = 12
"""Wrong passwords after which the wait is longer than this journey."""
PAST_EVERY_WAIT = 200
VARYING = {"date"}


@dataclass(frozen=True)
class Answer:
    """Everything that an answer tells."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


def attempt(page: Page, email: str, password: str) -> Answer:
    """One try; what came back, with the typed address taken out."""
    page.get_by_label("Email", exact=True).fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    with page.expect_navigation() as navigation:
        page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    response = navigation.value
    assert response
    headers = sorted((h["name"].lower(), h["value"]) for h in response.headers_array())
    return Answer(
        response.status,
        tuple(
            (name, "LENGTH" if name == "content-length" else value)
            for name, value in headers
            if name not in VARYING
        ),
        response.body().decode().replace(email, "ADDRESS"),
    )


def test_every_refusal_is_the_same_page_and_a_mailed_link_opens_this_browser(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """Wrong, unknown, or right during a wait: same bytes. The owner asks for a link and goes on."""
    home, page, stranger = new_page(), new_page(), new_page()
    become_first_admin(home, product.first_admin_link)
    seen = []
    for who, browser in ((ADA, page), (NOBODY, stranger)):
        browser.goto("/sign-in")
        seen += [attempt(browser, who.email, WRONG) for _ in range(FREE + 1)]
    for _ in range(LONG_ENOUGH - FREE - 1):
        product.let_failures_grow_old(PAST_EVERY_WAIT)
        seen.append(attempt(page, ADA.email, WRONG))
    seen.append(attempt(page, ADA.email, ADA.password))
    assert seen[0].status == 422
    assert set(seen) == {seen[0]}
    picture(page, "sign-in-refused")
    asks_for_a_link(page)
    mailed = link_in(mailbox.wait(ADA.email, "Your link for a new browser"))
    is_not_used_by_looking(stranger, mailed)
    page.goto(mailed)
    heading(page, "Try again in this browser")
    press(page, "Go on to sign in")
    expect(page.get_by_label("Email", exact=True)).to_have_value(ADA.email)
    picture(page, "browser-link-used")
    sign_in(page, ADA)
    heading(page, f"Hello, {ADA.name}")
    home.goto("/profile")
    heading(home, "My Profile")


def asks_for_a_link(page: Page) -> None:
    """By the link in the refusal itself."""
    press(page, "Get a link by mail", "link")
    heading(page, "Get a link for this browser")
    picture(page, "browser-link")
    page.get_by_label("Email", exact=True).fill("no address")
    press(page, "Send the link")
    expect(page).to_have_title(re.compile("^Error"))
    page.get_by_label("Email", exact=True).fill(ADA.email)
    press(page, "Send the link")
    heading(page, "Look in your mailbox")
    picture(page, "browser-link-sent")


def is_not_used_by_looking(page: Page, mailed: str) -> None:
    """Whoever asks for an address of nobody reads the same; whoever looks at a link, no name."""
    page.goto("/sign-in/link")
    page.get_by_label("Email", exact=True).fill(NOBODY.email)
    press(page, "Send the link")
    heading(page, "Look in your mailbox")
    page.goto(mailed)
    heading(page, "Try again in this browser")
    expect(page.get_by_role("main")).not_to_contain_text(ADA.email)


def test_a_browser_that_is_known_does_not_wait_for_others(
    product: Product, new_page: NewPage
) -> None:
    """A guesser without the password, elsewhere: the owner signs in at home at once."""
    home, elsewhere = new_page(), new_page()
    become_first_admin(home, product.first_admin_link)
    elsewhere.goto("/sign-in")
    for _ in range(LONG_ENOUGH):
        attempt(elsewhere, ADA.email, WRONG)
        product.let_failures_grow_old(PAST_EVERY_WAIT)
    attempt(elsewhere, ADA.email, WRONG)
    assert attempt(elsewhere, ADA.email, ADA.password).status == 422
    home.goto("/sign-out")
    press(home, "Sign out")
    sign_in(home, ADA)
    heading(home, f"Hello, {ADA.name}")
