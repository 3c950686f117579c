"""Passkeys in the real browser: set up, second step, whole sign-in, fresh proof, removal."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.authenticators import Authenticator
from tests.journeys.conftest import NewPage
from tests.journeys.product import Product
from tests.journeys.steps import (
    ADA,
    BOB,
    add_person,
    become_first_admin,
    choose_password,
    fill,
    heading,
    link_from_outbox,
    path_of,
    picture,
    press,
    set_up_two_factor,
    sign_in,
    sign_out,
    stored,
    switch_on,
)

pytestmark = pytest.mark.timeout(300)

SIX_MINUTES = 360


@pytest.fixture
def admin(product: Product, page: Page) -> Page:
    """The first admin, signed in, without a second factor."""
    become_first_admin(page, product.first_admin_link)
    return page


def set_up_passkey(page: Page, name: str = "") -> None:
    """From My Profile to the passkey in the list."""
    page.goto("/profile")
    page.get_by_role("link", name=re.compile("^Set up (a passkey|another one)$")).click()
    heading(page, "Set up a passkey")
    fill(page, Name=name)
    press(page, "Set up a passkey")
    stored(page)
    heading(page, "My Profile")


def test_a_passkey_is_set_up_and_is_the_second_step(admin: Page) -> None:
    """With the password; the profile says what there is, and when it was used."""
    key = Authenticator(admin)
    set_up_passkey(admin, "My laptop")
    main = admin.get_by_role("main")
    expect(main).to_contain_text("Your sign-in takes two steps.")
    expect(main).to_contain_text("My laptop")
    expect(main).to_contain_text("Not used yet")
    picture(admin, "profile-passkey")
    key.touch(is_near=False)
    sign_out(admin)
    sign_in(admin, ADA)
    heading(admin, "Use your passkey")
    picture(admin, "code-passkey")
    key.touch(is_near=True)
    press(admin, "Use a passkey")
    heading(admin, f"Hello, {ADA.name}")
    admin.goto("/profile")
    expect(main).to_contain_text("Last used")
    admin.goto("/profile/places")
    expect(main).to_contain_text("password and passkey")


def test_a_passkey_is_the_whole_sign_in(admin: Page) -> None:
    """By the button, without an address and a password, to the page that was asked for. A device
    that does not know its owner again signs nobody in.
    """
    key = Authenticator(admin)
    set_up_passkey(admin)
    key.touch(is_near=False)
    sign_out(admin)
    admin.goto("/profile/places")
    heading(admin, "Sign in")
    picture(admin, "sign-in-passkey")
    button = admin.get_by_role("button", name="Sign in with a passkey")
    key.unlock(is_right=False)
    key.touch(is_near=True)
    button.click()
    expect(admin.get_by_text("Nothing was sent")).to_be_visible()
    key.unlock(is_right=True)
    button.click()
    admin.wait_for_url("**/profile/places")
    heading(admin, "Where you are signed in")


def test_the_address_field_offers_passkeys(new_page: NewPage, admin: Page) -> None:
    """Conditional mediation: the browser is asked as soon as the page is there; the virtual
    authenticator answers for its owner.
    """
    key = Authenticator(admin)
    set_up_passkey(admin)
    assert len(key.credentials()) == 1
    other = new_page()
    copied = Authenticator(other)
    copied.take(key.credentials())
    copied.touch(is_near=False)
    other.goto("/sign-in?next=/profile/places")
    field = other.get_by_label("Email")
    expect(field).to_have_attribute("autocomplete", "username webauthn")
    copied.touch(is_near=True)
    other.reload(wait_until="commit")
    other.wait_for_url("**/profile/places")
    heading(other, "Where you are signed in")
    expect(other.get_by_role("main")).to_contain_text("passkey")


def test_a_passkey_confirms_that_it_is_you(product: Product, admin: Page) -> None:
    """Somebody who has nothing else is asked for it; what was typed goes on by itself."""
    Authenticator(admin)
    set_up_passkey(admin)
    admin.goto("/people/add")
    fill(admin, Name=BOB.name, Email=BOB.email)
    product.let_proofs_grow_old(SIX_MINUTES)
    press(admin, "Add person")
    heading(admin, "Confirm that it is you")
    expect(admin.get_by_role("main")).to_contain_text("What you entered is kept")
    expect(admin.get_by_label("Code", exact=True)).to_have_count(0)
    picture(admin, "confirm-passkey")
    press(admin, "Use a passkey")
    heading(admin, BOB.name)
    admin.goto("/profile/passkeys/add")
    heading(admin, "Set up a passkey")


def test_the_last_passkey_stays_where_it_is_needed(product: Product, admin: Page) -> None:
    """The only admin keeps it; with an app beside it, it is renamed, and then removed."""
    Authenticator(admin)
    set_up_passkey(admin, "Old name")
    admin.get_by_role("link", name=re.compile("^Change")).click()
    press(admin, "Remove")
    expect(admin.get_by_role("main")).to_contain_text("You are the only admin with a second step")
    picture(admin, "passkey-stays")
    admin.goto("/profile")
    press(admin, "Set up an authenticator app")
    heading(admin, "Set up your authenticator app")
    admin.goto("/profile")
    assert product.url


def test_a_member_chooses_a_passkey_where_an_app_is_demanded(
    admin: Page, new_page: NewPage
) -> None:
    """Under the policy, from the mailed link, without an app at all."""
    set_up_two_factor(admin)
    add_person(admin, BOB)
    member = new_page()
    key = Authenticator(member)
    choose_password(member, link_from_outbox(admin), BOB)
    switch_on(admin)
    mailed = link_from_outbox(admin, "Two-factor is on: set it up")
    member.goto(mailed)
    sign_in(member, BOB)
    heading(member, "Set up your authenticator app")
    picture(member, "set-up-passkey-instead")
    press(member, "Use a passkey instead")
    stored(member)
    heading(member, f"Hello, {BOB.name}")
    assert path_of(member) == "/"
    key.touch(is_near=False)
    sign_out(member, BOB)
    sign_in(member, BOB)
    heading(member, "Use your passkey")
    key.touch(is_near=True)
    press(member, "Use a passkey")
    heading(member, f"Hello, {BOB.name}")
