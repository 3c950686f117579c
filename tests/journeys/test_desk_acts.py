"""The help desk's acts, from the telephone to the person who is in again."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.desk_tour import a_pass, open_act
from tests.journeys.mailbox import Mailbox, link_in, plain
from tests.journeys.product import Product
from tests.journeys.steps import (
    ADA,
    BOB,
    Person,
    add_person,
    become_first_admin,
    becomes_known,
    choose_password,
    enter_code,
    fill,
    give_grounds,
    heading,
    path_of,
    press,
    saved,
    scan,
    set_up_two_factor,
    sign_in,
    sign_out,
)

pytestmark = pytest.mark.timeout(300)

HANA = Person("Hana Help", "hana@acme.example", "a stone, a stool, a stream")
OTTO = Person("Otto Owner", "otto@acme.example", "a river, a rope, a raft")


def test_a_temporary_pass_lets_somebody_in_and_set_up(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """Read out by the help desk, typed where recovery codes are; two-factor stays on, and the
    session may set up a new phone and nothing else that asks for a fresh code.
    """
    ada, bob, hana = new_page(), new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    add_person(ada, BOB)
    becomes_known(bob, link_in(mailbox.wait(BOB.email, "")))
    add_person(ada, HANA, "Help desk")
    choose_password(hana, link_in(mailbox.wait(HANA.email, "")), HANA)
    sign_in(hana, HANA)
    code = a_pass(hana, BOB)
    told = " ".join(plain(mailbox.wait(BOB.email, "temporary pass")).split())
    assert "Called back on a known number" in told
    assert "HD-4711" in told
    assert code not in told
    sign_out(bob, BOB)

    elsewhere = new_page()
    sign_in(elsewhere, BOB)
    press(elsewhere, "I don’t have my phone", "link")
    press(elsewhere, "Enter a temporary pass", "link")
    fill(elsewhere, Recovery_code_or_temporary_pass=code.lower().replace("-", " "))
    press(elsewhere, "Sign in")
    assert path_of(elsewhere) == "/"
    elsewhere.goto("/profile")
    expect(elsewhere.get_by_role("main")).to_contain_text("Signed in with a temporary pass")
    elsewhere.goto("/profile/recovery-codes")
    press(elsewhere, "Make new ones")
    heading(elsewhere, "Confirm that it is you")
    elsewhere.goto("/profile")
    press(elsewhere, "set up a new phone", "link")
    phone = scan(elsewhere)
    saved(elsewhere, phone.code())
    expect(elsewhere.get_by_role("main")).not_to_contain_text("temporary pass")
    sign_out(elsewhere, BOB)
    sign_in(elsewhere, BOB)
    enter_code(elsewhere, phone.code())
    assert path_of(elsewhere) == "/"


def test_an_invitation_leads_from_the_mail_to_the_new_phone(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """The link, the password, the set-up; the old phone is stopped, because it was stolen."""
    ada, bob = new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    add_person(ada, BOB)
    becomes_known(bob, link_in(mailbox.wait(BOB.email, "")))
    open_act(ada, BOB, "Invitation to set up again")
    ada.get_by_label("Stolen, or in other hands").check()
    give_grounds(ada)
    press(ada, "Send the invitation")
    expect(ada.get_by_role("main")).to_contain_text("Your old one opens nothing any more.")
    bob.goto("/profile")
    assert path_of(bob).startswith("/sign-in")
    bob.goto(link_in(mailbox.wait(BOB.email, "again")))
    sign_in(bob, BOB)
    heading(bob, "Set up a new authenticator")
    press(bob, "Set up anew")
    phone = scan(bob)
    saved(bob, phone.code())
    assert path_of(bob) == "/"


def test_an_admin_gets_in_again_by_two_others_and_not_by_one(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """Alone an owner is sent to the operator's command; with a second owner the one asks, and the
    other confirms, once. The help desk has no way to either of them.
    """
    ada, amy, otto = new_page(), new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    set_up_two_factor(ada)
    add_person(ada, BOB, "Admin")
    becomes_known(amy, link_in(mailbox.wait(BOB.email, "")))
    open_act(ada, BOB, "Temporary pass")
    expect(ada.get_by_text("There is no second admin")).to_be_visible()
    expect(ada.get_by_text("twofold recover --email")).to_be_visible()
    assert ada.get_by_role("button", name="Ask for it").count() == 0
    add_person(ada, OTTO, "Owner")
    choose_password(otto, link_in(mailbox.wait(OTTO.email, "")), OTTO)
    sign_in(otto, OTTO)
    set_up_two_factor(otto)
    open_act(ada, BOB, "Temporary pass")
    give_grounds(ada)
    press(ada, "Ask for it")
    expect(ada.get_by_role("main")).to_contain_text("A second admin has to confirm it.")
    asked = plain(mailbox.wait(BOB.email, "in your name"))
    assert ADA.name in asked
    mail = plain(mailbox.wait(OTTO.email, "waits"))
    waits = re.search(r"http\S+/account/requests/\S+", mail)
    assert waits is not None
    otto.goto(waits.group())
    other = otto.context.new_page()
    other.goto(otto.url)
    press(otto, "Confirm")
    code = otto.locator(".pass-code").inner_text()
    press(other, "Confirm")
    expect(other.get_by_role("main")).to_contain_text("decided this already")
    signs_in_by(new_page(), code)


def signs_in_by(page: Page, code: str) -> None:
    """The admin types the pass."""
    sign_in(page, BOB)
    press(page, "I don’t have my phone", "link")
    press(page, "Enter a temporary pass", "link")
    fill(page, Recovery_code_or_temporary_pass=code)
    press(page, "Sign in")
    assert path_of(page) == "/"


def test_nothing_that_was_typed_is_lost_on_the_way(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """Through an error and through the page that asks for a fresh proof."""
    ada, bob = new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    phone = set_up_two_factor(ada)
    add_person(ada, BOB)
    becomes_known(bob, link_in(mailbox.wait(BOB.email, "")))
    open_act(ada, BOB, "Temporary pass")
    ada.get_by_label("As often as needed").check()
    ada.get_by_label("It ends after").select_option(label="1 hour")
    fill(ada, Ticket="HD-9")
    press(ada, "Make the pass")
    expect(ada.get_by_label("Ticket")).to_have_value("HD-9")
    expect(ada.get_by_label("As often as needed")).to_be_checked()
    ada.get_by_label("Manager confirmed").check()
    fill(ada, Reason="Left the phone on the train.")
    product.let_proofs_grow_old(360)
    product.let_codes_grow_old(120)
    press(ada, "Make the pass")
    heading(ada, "Confirm that it is you")
    fill(ada, Code=phone.code())
    press(ada, "Continue")
    heading(ada, BOB.name)
    expect(ada.get_by_role("main")).to_contain_text("as often as needed")
    told = " ".join(plain(mailbox.wait(BOB.email, "temporary pass")).split())
    for said in ("Manager confirmed", "HD-9", "Left the phone on the train."):
        assert said in told
