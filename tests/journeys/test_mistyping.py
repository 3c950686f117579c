"""A member in a new browser mistypes the code, once, three times, five times, ten times."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.mailbox import Mailbox, html, link_in, plain
from tests.journeys.phones import Phone
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
    path_of,
    picture,
    press,
    sign_in,
    sign_out,
    start_set_up,
)
from tests.journeys.watch import Watch

pytestmark = pytest.mark.timeout(300)  # people wait here, and phones for their next code

ELSEWHERE = ("/", "/profile", "/profile/places", "/profile/set-up", "/confirm")
RENEWED = Person(BOB.name, BOB.email, "nine loud magpies by the well")
HALF_A_MINUTE, A_MINUTE = 30, 60
SET_UP_TRIES = 10
LISTEN = """() => {
  window.heard = [];
  const line = document.querySelector("[role=timer]");
  new MutationObserver(() => window.heard.push(line.textContent))
    .observe(line, {childList: true, characterData: true, subtree: true});
}"""


@pytest.fixture
def home(product: Product, mailbox: Mailbox, new_page: NewPage) -> tuple[Page, Phone]:
    """The browser in which a member of Ada's organisation is known, and the member's phone."""
    ada, page = new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    add_person(ada, BOB)
    return page, becomes_known(page, link_in(mailbox.wait(BOB.email, "")))


def miss(page: Page, wrong: Iterator[str], count: int = 1) -> None:
    """Enter so many wrong codes, each another."""
    for _ in range(count):
        enter_code(page, next(wrong))


def test_two_misses_are_free_and_the_third_makes_a_wait_of_half_a_minute(
    product: Product, home: tuple[Page, Phone], new_page: NewPage, watch: Watch
) -> None:
    """The right code is refused during the wait and taken afterwards; home never waits."""
    known, phone = home
    page, wrong = new_page(), iter(phone.wrong_codes())
    sign_in(page, BOB)
    behind = page.context.new_page()
    behind.goto("/sign-in/code")
    for number in (1, 2):
        miss(page, wrong)
        heading(page, "Enter your code")
        says_what_to_check(page, our_time=number == 2)
    miss(page, wrong)
    says_until_when(page, HALF_A_MINUTE)
    picture(page, "locked-half-a-minute")
    page.evaluate(LISTEN)
    fill(behind, Code=phone.code_at(0))
    press(behind, "Sign in")
    says_until_when(behind, HALF_A_MINUTE)
    sign_out(known, BOB)
    sign_in(known, BOB)
    enter_code(known, phone.code())
    heading(known, f"Hello, {BOB.name}")
    seen = len(watch.pages)
    timer = page.get_by_role("timer")
    expect(timer).to_have_text("You can try again now.", timeout=2 * HALF_A_MINUTE * 1000)
    assert page.evaluate("window.heard") == ["You can try again now."]
    assert len(watch.pages) == seen, "a page was loaded during the wait"
    press(page, "Try again", "link")
    enter_code(page, phone.code())
    heading(page, f"Hello, {BOB.name}")


def says_what_to_check(page: Page, *, our_time: bool) -> None:
    """The same list for every cause, with our time from the second failure on."""
    failed = page.get_by_role("region", name="That code did not work")
    expect(failed).to_be_focused()
    expect(failed.get_by_role("listitem")).to_have_count(6)
    assert ("Our time is" in failed.inner_text()) == our_time


def says_until_when(page: Page, longest: int) -> None:
    """In clock time with its zone and in seconds, and the two agree; nothing reloads by itself."""
    heading(page, "Too many tries")
    said = page.get_by_role("main").inner_text()
    found = re.search(r"at (\d\d:\d\d:\d\d) UTC \(in (\d+) seconds?\)", said)
    assert found, said
    until = datetime.fromisoformat(page.locator("time").first.get_attribute("datetime") or "")
    assert until.astimezone(UTC).strftime("%H:%M:%S") == found[1]
    assert (until - datetime.now(UTC)).total_seconds() <= int(found[2]) <= longest
    assert "the right code is refused too" in said
    expect(page.get_by_role("main").get_by_role("textbox")).to_have_count(0)
    expect(page.get_by_role("timer")).to_have_attribute("aria-live", "polite")
    expect(page.locator("meta[http-equiv]")).to_have_count(0)


def test_a_longer_wait_is_told_in_minutes(product: Product, page: Page) -> None:
    """Ten wrong codes at the own set-up: the clock time is a whole minute and never too early."""
    become_first_admin(page, product.first_admin_link)
    phone = start_set_up(page)
    for _, code in zip(range(SET_UP_TRIES + 1), phone.wrong_codes(), strict=False):
        if page.get_by_label("Code", exact=True).is_visible():
            fill(page, Code=code)
            press(page, "Save")
    heading(page, "Too many tries")
    said = page.get_by_role("main").inner_text()
    found = re.search(r"at (\d\d:\d\d) UTC \(in (\d+) minutes\)", said)
    assert found, said
    opens = datetime.fromisoformat(page.locator("time").first.get_attribute("datetime") or "")
    assert opens.astimezone(UTC).strftime("%H:%M:%S") == found[1] + ":00"
    assert (opens - datetime.now(UTC)).total_seconds() <= (int(found[2]) + 1) * A_MINUTE
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"About 15 minutes left\."))


def test_from_the_fifth_on_two_codes_and_from_the_tenth_a_mailed_link(
    product: Product, mailbox: Mailbox, home: tuple[Page, Phone], new_page: NewPage
) -> None:
    """Each step is explained, told by mail, and passed by its owner; the password must go."""
    known, phone = home
    wrong = iter(phone.wrong_codes())
    second, third = new_page(), new_page()
    five_misses(product, second, wrong)
    owner_is_told(mailbox)
    passes_with_two_codes(second, phone, wrong)
    sign_in(third, BOB)
    for _ in range(5):
        enter_pair(third, (next(wrong), next(wrong)))
    everybody_is_told(mailbox)
    sign_in(third, BOB)
    mailed = asks_for_the_link(third, mailbox)
    is_nothing_without_the_password(new_page(), mailed)
    third.goto(mailed)
    heading(third, "Go on to the code")
    picture(third, "code-link-open")
    press(third, "Go on")
    enter_pair(third, phone.pair())
    new_password_comes_first(third)
    known.goto("/profile")
    heading(known, "Sign in")
    sign_in(known, RENEWED)
    heading(known, "Enter your code")


def five_misses(product: Product, page: Page, wrong: Iterator[str]) -> None:
    """Two for free, then waits of half a minute and of a minute; the fifth ends the sign-in."""
    sign_in(page, BOB)
    miss(page, wrong, 3)
    for wait in (HALF_A_MINUTE, A_MINUTE):
        says_until_when(page, wait)
        product.let_failures_grow_old(wait + 1)
        press(page, "Try again", "link")
        miss(page, wrong)
    heading(page, "Sign in")
    expect(page.get_by_role("main")).to_contain_text("too many codes did not work")
    expect(page.get_by_label("Email", exact=True)).to_have_value(BOB.email)


def owner_is_told(mailbox: Mailbox) -> None:
    """That somebody has the password, where from, and what to do; once."""
    mail = mailbox.wait(BOB.email, "Wrong codes after your right password")
    for part in (plain(mail), html(mail)):
        for words in ("your right password", "127.0.0.1", "two codes", "/forgot-password"):
            assert words in part, words
    assert len(mailbox.to(BOB.email, "Wrong codes")) == 1


def passes_with_two_codes(page: Page, phone: Phone, wrong: Iterator[str]) -> None:
    """The page says how and why; one code alone is not looked at; half a pair is no pair."""
    sign_in(page, BOB)
    heading(page, "Enter two codes")
    picture(page, "code-pair")
    for words in ("Wait until it changes, about half a minute", "Why two?"):
        expect(page.get_by_role("main")).to_contain_text(words)
    expect(page.get_by_role("main").get_by_role("textbox")).to_have_count(2)
    fill(page, Code=phone.code_at(0))
    press(page, "Sign in")
    expect(page.get_by_label("Next code")).to_have_accessible_description(
        re.compile("Enter two codes, one after the other")
    )
    fill(page, Code="12345", Next_code="123456")
    press(page, "Sign in")
    expect(page.get_by_label("Code", exact=True)).to_have_attribute("aria-invalid", "true")
    first, then = phone.pair()
    enter_pair(page, (first, then))
    heading(page, f"Hello, {BOB.name}")


def everybody_is_told(mailbox: Mailbox) -> None:
    """The owner that the password counts as stolen, and the admin whose it is."""
    told = mailbox.wait(BOB.email, "counts as stolen")
    alarm = mailbox.wait(ADA.email, "Somebody may have the password")
    for mail in (told, alarm):
        for part in (plain(mail), html(mail)):
            assert "127.0.0.1" in part
    assert BOB.email in plain(alarm)


def asks_for_the_link(page: Page, mailbox: Mailbox) -> str:
    """The page offers a link before any code."""
    heading(page, "One more step")
    picture(page, "code-link")
    expect(page.get_by_role("main").get_by_role("textbox")).to_have_count(0)
    press(page, "Send the link")
    heading(page, "Look in your mailbox")
    picture(page, "code-link-sent")
    return link_in(mailbox.wait(BOB.email, "Your link to go on"))


def is_nothing_without_the_password(other: Page, mailed: str) -> None:
    """Whoever reads the mail and knows no password is asked for it; the link is not used up."""
    other.goto(mailed)
    heading(other, "Sign in")


def new_password_comes_first(page: Page) -> None:
    """Nothing else is open before, and the old one is not taken again."""
    heading(page, "Choose a new password")
    picture(page, "new-password-first")
    for path in ELSEWHERE:
        page.goto(path)
        assert path_of(page) == "/new-password", path
    fill(page, New_password=BOB.password)
    press(page, "Save")
    expect(page.get_by_role("region")).to_contain_text("That is the old password")
    fill(page, New_password=RENEWED.password)
    press(page, "Save")
    heading(page, f"Hello, {BOB.name}")
