"""No phone, no codes, nobody who helps: the wait, stopped and not stopped."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.mailbox import Mailbox, link_in, plain
from tests.journeys.phones import Phone
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
    picture,
    press,
    save,
    scan,
    set_up_two_factor,
    sign_in,
    sign_out,
)

pytestmark = pytest.mark.timeout(300)

DAY = 86400


def allow(admin: Page, hours: str = "72") -> None:
    """As an admin: let members recover by waiting."""
    admin.goto("/account/recovery")
    admin.get_by_label("Members may recover by waiting").select_option(label="Yes")
    fill(admin, Hours=hours)
    press(admin, "Save")
    expect(admin.get_by_text(f"may wait {hours} hours")).to_be_visible()


def office(product: Product, mailbox: Mailbox, new_page: NewPage) -> tuple[Page, Page, Phone]:
    """Ada, who allows it; Bob, who is enrolled; and Bob's phone."""
    ada, bob = new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    set_up_two_factor(ada)
    allow(ada)
    add_person(ada, BOB)
    phone = becomes_known(bob, link_in(mailbox.wait(BOB.email, "")))
    return ada, bob, phone


def begin(page: Page, mailbox: Mailbox, count: int = 1) -> None:
    """From the password to the button that begins the wait."""
    sign_in(page, BOB)
    heading(page, "Enter your code")
    press(page, "I don’t have my phone", "link")
    heading(page, "Without your phone")
    press(page, "Mail me the link")
    heading(page, "Look in your mailbox")
    page.goto(link_in(mailbox.wait(BOB.email, "Begin your recovery", count)))
    heading(page, "Begin the wait")
    press(page, "Begin the wait")
    heading(page, "The wait has begun")


def test_three_days_that_nobody_stops_lead_to_a_new_phone(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """Told daily, with a link at the end; the old phone works until Save, and not after."""
    ada, bob, old_phone = office(product, mailbox, new_page)
    sign_out(bob, BOB)
    page = new_page()
    begin(page, mailbox)
    for told in (1, 2, 3):
        for address in (BOB.email, ADA.email):
            mailbox.wait(address, "recovery", told + (1 if address == BOB.email else 0))
            mailbox.wait(address, "running", told)
        product.let_waits_grow_old(DAY)
    link = link_in(mailbox.wait(BOB.email, "Set up your new authenticator"))
    assert mailbox.to(ADA.email, "Set up your new authenticator") == []
    ada.goto("/")
    expect(ada.get_by_text("1 person waits")).to_be_visible()
    picture(ada, "wait-home")

    elsewhere = new_page()
    elsewhere.goto(link)
    expect(elsewhere.get_by_text("Sign in with your password first")).to_be_visible()
    sign_in(elsewhere, BOB)
    heading(elsewhere, "Set up a new authenticator")
    press(elsewhere, "Set up anew")
    new_phone = scan(elsewhere)
    save(elsewhere, new_phone.code())
    assert path_of(elsewhere) == "/"
    mailbox.wait(BOB.email, "was replaced")
    sign_out(elsewhere, BOB)
    sign_in(elsewhere, BOB)
    enter_code(elsewhere, old_phone.code())
    expect(elsewhere.get_by_text("That code did not work").first).to_be_visible()
    enter_code(elsewhere, new_phone.code())
    assert path_of(elsewhere) == "/"
    third = new_page()
    third.goto(link)
    expect(third.get_by_role("heading", level=1)).to_contain_text("This link")


def test_anybody_who_is_told_stops_it_without_signing_in(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """The admin from the mail; everybody hears of it, and no link ever comes."""
    office(product, mailbox, new_page)
    begin(new_page(), mailbox)
    stop = link_in(mailbox.wait(ADA.email, "running"))
    own = link_in(mailbox.wait(BOB.email, "running"))
    anywhere = new_page()
    anywhere.goto(stop)
    heading(anywhere, "Stop this recovery")
    picture(anywhere, "wait-stop")
    press(anywhere, "Stop this")
    heading(anywhere, "This recovery is stopped")
    assert "With the button" in plain(mailbox.wait(BOB.email, "was stopped"))
    mailbox.wait(ADA.email, "was stopped")
    anywhere.goto(own)
    heading(anywhere, "This recovery is stopped")
    product.let_waits_grow_old(4 * DAY)
    page = new_page()
    sign_in(page, BOB)
    page.goto("/sign-in/code/no-phone")
    press(page, "Mail me the link")
    heading(page, "Look in your mailbox")
    assert len(mailbox.to(BOB.email, "Begin your recovery")) == 1
    assert mailbox.to(BOB.email, "Set up your new authenticator") == []


def test_a_sign_in_with_the_phone_stops_it_and_says_so(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """Found in the other jacket; or somebody else had begun it."""
    _, bob, phone = office(product, mailbox, new_page)
    begin(new_page(), mailbox)
    bob.goto("/")
    expect(bob.get_by_text("Somebody recovers your sign-in without a phone")).to_be_visible()
    sign_out(bob, BOB)
    bob.goto("/sign-in?next=/profile")
    fill(bob, Email=BOB.email, Password=BOB.password)
    press(bob, "Sign in")
    enter_code(bob, phone.code())
    assert path_of(bob) == "/"
    expect(bob.get_by_text("Your sign-in has stopped a recovery")).to_be_visible()
    picture(bob, "wait-stopped-by-sign-in")
    assert "complete sign-in" in plain(mailbox.wait(BOB.email, "was stopped"))
