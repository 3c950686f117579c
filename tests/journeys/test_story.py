"""The whole story, as the people in it live it."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.mailbox import Mailbox, html, link_in, plain
from tests.journeys.phones import Phone
from tests.journeys.product import Product
from tests.journeys.steps import (
    ADA,
    BOB,
    add_person,
    at_once,
    become_first_admin,
    choose_password,
    enter_code,
    go_by_menu,
    heading,
    link,
    open_menu,
    path_of,
    picture,
    press,
    save,
    saved,
    scan,
    set_up_two_factor,
    sign_in,
    sign_out,
)
from tests.journeys.watch import Watch

ELSEWHERE = ("/", "/people", "/account", "/account/switch-on", "/mail", "/profile/set-up")


def test_from_the_printed_link_to_the_second_sign_in(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """Every promise of the story holds, on real mail and with real authenticator programs."""
    ada, bob = new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    sees_what_is_left_to_do(ada)
    is_refused_without_an_own_factor(ada)
    phone = set_up_two_factor(ada)
    assert (phone.label, phone.parameters["issuer"]) == (f"Acme Corp:{ADA.email}", ["Acme Corp"])
    add_person(ada, BOB)
    choose_password(bob, link_in(mailbox.wait(BOB.email, "")), BOB)
    sign_in(bob, BOB)
    heading(bob, f"Hello, {BOB.name}")
    sees_what_the_switch_does_and_uses_it(ada)
    enrols_by_the_mailed_link(bob, mailbox)
    signs_in_with_two_steps(ada, phone)


def sees_what_is_left_to_do(page: Page) -> None:
    """The home page lists four things, each with its state in words."""
    picture(page, "home-fresh")
    list_of_things = page.get_by_role("main").get_by_role("listitem")
    expect(list_of_things).to_have_count(4)
    for words in (
        "Not set up yet.",
        "A mail server is set.",
        "Only you so far.",
        "Two-factor authentication is off. 0 of 1 person uses it.",
    ):
        expect(page.get_by_role("main")).to_contain_text(words)
    menu = open_menu(page)
    entries = ["My Profile", "Account", "People", "Groups", "Mail", "Sign out"]
    expect(menu.get_by_role("link")).to_have_text(entries)
    page.keyboard.press("Escape")


def is_refused_without_an_own_factor(page: Page) -> None:
    """The switch says why it does nothing yet, and where to go."""
    go_by_menu(page, "Account")
    picture(page, "account-refused")
    press(page, "Switch on")
    expect(page.get_by_role("main")).to_contain_text("Set up your own two-factor authentication")
    expect(page).to_have_title(re.compile("^Error"))
    link(page, "Set it up in My Profile").click()
    heading(page, "My Profile")


def sees_what_the_switch_does_and_uses_it(page: Page) -> None:
    """The page before the switch says whom it concerns and shows the mail."""
    go_by_menu(page, "Account")
    press(page, "Switch on")
    main = page.get_by_role("main")
    expect(main).to_contain_text("2 people get a mail")
    expect(main).to_contain_text("1 person; their mail says that there is nothing to do")
    expect(page.get_by_role("group", name="Text of the mail")).to_contain_text(
        "signing in takes your password and a 6-digit code"
    )
    press(page, "Not now", "link")
    expect(page.get_by_role("main")).to_contain_text("Two-factor authentication is off.")
    press(page, "Switch on")
    picture(page, "switch-on")
    at_once(page)
    press(page, "Switch on")
    expect(main).to_contain_text("Two-factor authentication is on. 1 of 2 people use it.")
    picture(page, "account-on")


def enrols_by_the_mailed_link(page: Page, mailbox: Mailbox) -> None:
    """The password leads to the set-up and nowhere else; the asked-for page comes after Save."""
    mail = mailbox.wait(BOB.email, "Set up two-factor authentication")
    for part in (plain(mail), html(mail)):
        for word in ("Ada Admin", "Acme Corp", "two minutes", "My Profile", "Set up"):
            assert word in part
    nothing_to_do = mailbox.wait(ADA.email, "nothing to do")
    assert "nothing to do" in plain(nothing_to_do)
    page.goto("/profile?from=mail")
    heading(page, "Sign in")
    sign_in(page, BOB)
    for path in ELSEWHERE:
        page.goto(path)
        assert path_of(page) == "/set-up", path
    picture(page, "set-up-wait")
    page.goto(link_in(mail))
    phone = scan(page)
    picture(page, "set-up")
    save(page, phone.code_by_keepassxc())
    heading(page, "Two-factor authentication is on")
    picture(page, "saved")
    press(page, "I have stored them")
    assert path_of(page) == "/profile?from=mail"
    mailbox.wait(BOB.email, "set up")
    sign_out(page, BOB)
    sign_in(page, BOB)
    enter_code(page, phone.code())
    heading(page, f"Hello, {BOB.name}")


def signs_in_with_two_steps(page: Page, phone: Phone) -> None:
    """Password, then code; half of it opens nothing."""
    sign_out(page)
    sign_in(page, ADA)
    for path in ELSEWHERE:
        page.goto(path)
        assert path_of(page) == "/sign-in/code", path
    expect(page.get_by_role("main")).to_contain_text(f"Hello, {ADA.name}")
    expect(page.get_by_role("main")).to_contain_text(f"Acme Corp: {ADA.email}")
    picture(page, "code")
    enter_code(page, phone.code())
    heading(page, f"Hello, {ADA.name}")


def test_a_first_look_needs_no_mail_server(product: Product, new_page: NewPage) -> None:
    """Mails wait in the outbox, where an admin opens them and follows their links."""
    ada, bob = new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    set_up_two_factor(ada)
    add_person(ada, BOB)
    go_by_menu(ada, "Mail")
    expect(ada.get_by_role("main")).to_contain_text("No mail server is set.")
    picture(ada, "outbox")
    press(ada, f"Invitation for {BOB.name}", "link")
    picture(ada, "outbox-mail")
    choose_password(bob, mailed_link(ada), BOB)
    ada.goto("/account")
    press(ada, "Switch on")
    at_once(ada)
    press(ada, "Switch on")
    go_by_menu(ada, "Mail")
    press(ada, f"Two-factor is on: set it up for {BOB.name}", "link")
    bob.goto(mailed_link(ada))
    sign_in(bob, BOB)
    phone = scan(bob)
    saved(bob, phone.code())
    heading(bob, f"Hello, {BOB.name}")


def mailed_link(page: Page) -> str:
    """The one-time link of the mail that an admin has open."""
    mail = page.get_by_role("article", name="Text of the mail")
    found = mail.get_by_role("link", name=re.compile("invitation|enrol"))
    expect(found).to_have_count(1)
    address = found.get_attribute("href")
    assert address
    return address


def test_four_interactions_lead_from_the_mail_to_the_second_factor(
    product: Product, mailbox: Mailbox, new_page: NewPage, watch: Watch
) -> None:
    """Open the link, scan, type, Save; later one press beyond typing the code."""
    ada, bob = new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    set_up_two_factor(ada)
    add_person(ada, BOB)
    choose_password(bob, link_in(mailbox.wait(BOB.email, "")), BOB)
    ada.goto("/account")
    press(ada, "Switch on")
    at_once(ada)
    press(ada, "Switch on")
    sign_in(bob, BOB)
    mailed = link_in(mailbox.wait(BOB.email, "Set up two-factor"))
    posts = len(watch.posts)
    bob.goto(mailed)  # one
    phone = scan(bob)  # two
    bob.get_by_label("Code", exact=True).fill(phone.code())  # three
    press(bob, "Save")  # four
    heading(bob, "Two-factor authentication is on")
    assert len(watch.posts) == posts + 1
    sign_out(bob, BOB)
    sign_in(bob, BOB)
    bob.get_by_label("Code", exact=True).fill(phone.code())
    with bob.expect_navigation():
        bob.keyboard.press("Enter")
    heading(bob, f"Hello, {BOB.name}")
