"""Ten wrong codes."""

import re
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.mailbox import Mailbox, html, plain
from tests.journeys.phones import Phone
from tests.journeys.product import Product
from tests.journeys.steps import (
    ADA,
    become_first_admin,
    heading,
    picture,
    press,
    set_up_two_factor,
    sign_in,
)

TRIES = 10


def test_ten_wrong_codes_make_a_wait_that_the_right_code_cannot_end(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """The page says until when, the right code is refused, the owner is told by mail."""
    owner, guesser = new_page(), new_page()
    become_first_admin(owner, product.first_admin_link)
    phone = set_up_two_factor(owner)
    sign_in(guesser, ADA)
    waiting = guesser.context.new_page()
    waiting.goto("/sign-in/code")
    guesses_ten_times(guesser, phone)
    says_until_when(guesser)
    waiting.get_by_label("Code", exact=True).fill(phone.code())
    press(waiting, "Sign in")
    says_until_when(waiting)
    waiting.goto("/")
    says_until_when(waiting)
    mail = mailbox.wait(ADA.email, "ten wrong codes")
    for part in (plain(mail), html(mail)):
        assert "ten wrong codes" in part
        assert "127.0.0.1" in part
    assert len(mailbox.to(ADA.email, "ten wrong codes")) == 1
    owner.goto("/profile")
    heading(owner, "My Profile")


def guesses_ten_times(page: Page, phone: Phone) -> None:
    """Each refusal reads the same; from the second on the page says our time."""
    seen = []
    for number, wrong in zip(range(1, TRIES + 1), phone.wrong_codes(), strict=False):
        page.get_by_label("Code", exact=True).fill(wrong)
        press(page, "Sign in")
        if number < TRIES:
            text = page.get_by_role("main").inner_text()
            assert ("Our time is" in text) == (number > 1)
            seen.append(re.sub(r"\d+:\d+", "", text))
        if number == 2:
            picture(page, "code-refused-twice")
    assert len(set(seen[1:])) == 1


def says_until_when(page: Page) -> None:
    """In clock time with its zone and in minutes, and the two agree."""
    heading(page, "Too many tries")
    picture(page, "locked")
    said = page.get_by_role("main").inner_text()
    found = re.search(r"at (\d\d:\d\d) UTC \(in (\d+) minutes\)", said)
    assert found, said
    until = datetime.fromisoformat(page.locator("time").first.get_attribute("datetime") or "")
    assert until.astimezone(UTC).strftime("%H:%M") == found[1]
    left = (until - datetime.now(UTC)).total_seconds() / 60
    assert left <= int(found[2]) <= 15
    expect(page.get_by_role("main").get_by_role("textbox")).to_have_count(0)
