"""From a name to the cause in two clicks, for a phone that is three minutes slow."""

import re

from playwright.sync_api import expect

from tests.journeys.conftest import NewPage
from tests.journeys.product import Product
from tests.journeys.steps import (
    BOB,
    Person,
    add_person,
    become_first_admin,
    becomes_known,
    choose_password,
    enter_code,
    give_grounds,
    go_by_menu,
    heading,
    link_from_outbox,
    picture,
    press,
    sign_in,
)

HANA = Person("Hana Help", "hana@acme.example", "a stone, a stool, a stream")
SLOW = 6
"""Steps: three minutes."""
CAUSE = re.compile("phone whose clock is about 3 minutes behind")


def test_from_a_name_to_the_cause_in_two_clicks(product: Product, new_page: NewPage) -> None:
    """Typed into the box of the home page; unlocked with proof, ticket and reason, which the owner
    is mailed; and the owner reads the same cause in the own history.
    """
    admin, bob, desk, slow = new_page(), new_page(), new_page(), new_page()
    become_first_admin(admin, product.first_admin_link)
    add_person(admin, BOB)
    phone = becomes_known(bob, link_from_outbox(admin))
    add_person(admin, HANA, "Help desk")
    choose_password(desk, link_from_outbox(admin), HANA)

    sign_in(slow, BOB)
    enter_code(slow, phone.code_at(-SLOW))
    expect(slow.get_by_role("link", name="sign in with two codes")).to_be_visible()

    sign_in(desk, HANA)
    heading(desk, f"Hello, {HANA.name}")
    desk.get_by_role("searchbox").fill("bob")
    press(desk, "Search")  # The first click, and the answer stands on top.
    heading(desk, BOB.name)
    expect(desk.locator("header.headline")).to_contain_text(CAUSE)
    expect(desk.get_by_text("Turn on automatic date and time").first).to_be_visible()
    expect(desk.get_by_text("Do not set them up anew")).to_be_visible()
    picture(desk, "person-of-a-slow-phone")
    press(desk, "Compare with people for whom it works", "link")
    heading(desk, f"Compare {BOB.name}")
    desk.go_back()

    press(desk, "Unlock", "link")
    give_grounds(desk)
    press(desk, "Unlock")
    heading(desk, BOB.name)
    expect(desk.get_by_role("main")).to_contain_text("Try again now, with your password")
    press(desk, f"Back to {BOB.name}", "link")
    expect(desk.get_by_text("In the way now")).to_have_count(0)
    admin.goto("/mail")
    expect(admin.get_by_role("link", name=re.compile("^Unlocked")).first).to_be_visible()

    go_by_menu(bob, "My Profile", BOB.name)
    press(bob, "Show your codes", "link")
    expect(bob.get_by_text("The clock of your phone was about 3 minutes behind.")).to_be_visible()
