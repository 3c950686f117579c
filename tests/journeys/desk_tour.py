"""The tour, continued: the pages of the help desk, and of whoever it helps."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.journeys.conftest import NewPage
from tests.journeys.product import Product
from tests.journeys.steps import (
    Person,
    add_person,
    become_first_admin,
    becomes_known,
    choose_password,
    fill,
    give_grounds,
    link_from_outbox,
    press,
    set_up_two_factor,
    sign_in,
)
from tests.journeys.tour import CHIEF, MEMBER, ORGANISATION, Look, look_at

SECOND = Person("Otto Ohlsen", "otto@acme.example", "a river, a rope, a raft")
ADMIN = Person("Amélie Abel", "amelie@acme.example", "a pear, a plum, a peach")
ACTS = {
    "Unlock": "Unlock",
    "Temporary pass": "Make the pass",
    "Invitation to set up again": "Send the invitation",
    "End all sessions": "End all sessions",
}
"""The link on the person's page, and the button behind it."""


def helping(product: Product, new_page: NewPage, look: Look) -> None:
    """Every act for a member: before it, with an error, and what comes next."""
    admin, member = new_page(), new_page()
    become_first_admin(admin, product.first_admin_link, CHIEF, ORGANISATION)
    set_up_two_factor(admin)
    add_person(admin, MEMBER)
    becomes_known(member, link_from_outbox(admin), MEMBER)
    for link, button in ACTS.items():
        open_act(admin, MEMBER, link)
        name = link.split()[0].lower()
        look(admin, f"desk-{name}")
        press(admin, button)
        look(admin, f"desk-{name}-errors")
        give_grounds(admin)
        press(admin, button)
        look(admin, f"desk-{name}-done")
    without_a_phone(admin, new_page(), look)
    look_at(admin, look, "/account/proofs", "desk-proofs")
    fill(admin, **{"Accepted,_one_in_each_line": ""})
    press(admin, "Save")
    look(admin, "desk-proofs-errors")
    open_act(admin, MEMBER, "Unlock")
    give_grounds(admin)
    product.let_proofs_grow_old(360)
    press(admin, "Unlock")
    look(admin, "desk-unlock-confirm")


def without_a_phone(admin: Page, page: Page, look: Look) -> None:
    """What the member sees who was given a pass."""
    code = a_pass(admin, MEMBER)
    sign_in(page, MEMBER)
    press(page, "I don’t have my phone", "link")
    press(page, "Enter a temporary pass", "link")
    look(page, "pass-use")
    fill(page, Recovery_code_or_temporary_pass="7KQ2M-0XHTR")
    press(page, "Sign in")
    look(page, "pass-use-refused")
    fill(page, Recovery_code_or_temporary_pass=code)
    press(page, "Sign in")
    look(page, "pass-home")
    look_at(page, look, "/profile", "pass-profile")
    look_at(page, look, "/profile/places", "pass-places")


def open_act(page: Page, who: Person, link: str) -> None:
    """From the name to the page of one act."""
    page.goto("/people")
    press(page, who.name, "link")
    press(page, link, "link")


def a_pass(admin: Page, who: Person) -> str:
    """A temporary pass, as it stands on the page that shows it."""
    open_act(admin, who, "Temporary pass")
    give_grounds(admin)
    press(admin, "Make the pass")
    return admin.locator(".pass-code").inner_text()


def second_admin(product: Product, new_page: NewPage, look: Look) -> None:
    """An admin without a phone: alone, asked for, refused, and confirmed by another owner."""
    chief, admin, second = new_page(), new_page(), new_page()
    become_first_admin(chief, product.first_admin_link, CHIEF, ORGANISATION)
    set_up_two_factor(chief)
    look_at(chief, look, "/account/requests", "requests-none")
    add_person(chief, ADMIN, "Admin")
    becomes_known(admin, link_from_outbox(chief), ADMIN)
    open_act(chief, ADMIN, "Temporary pass")
    look(chief, "desk-alone")
    another_owner(chief, second)
    open_act(chief, ADMIN, "Temporary pass")
    look(chief, "desk-second")
    give_grounds(chief)
    press(chief, "Ask for it")
    look(chief, "desk-asked")
    open_act(chief, ADMIN, "Temporary pass")
    look(chief, "desk-asked-already")
    look_at(chief, look, "/account/requests", "requests-waiting")
    press(chief, "Temporary pass for " + ADMIN.name, "link")
    look(chief, "request-own")
    look_at(admin, look, "/account/requests", "requests-of-the-subject")
    press(admin, "Temporary pass for " + ADMIN.name, "link")
    look(admin, "request-of-the-subject")
    press(admin, "Refuse")
    look(admin, "request-refused")
    ask_again(chief)
    look_at_the_second(second, look)


def another_owner(chief: Page, page: Page) -> None:
    """A second owner, with a phone."""
    add_person(chief, SECOND, "Owner")
    choose_password(page, link_from_outbox(chief), SECOND)
    sign_in(page, SECOND)
    set_up_two_factor(page)


def ask_again(chief: Page) -> None:
    """The same once more, as an invitation."""
    open_act(chief, ADMIN, "Invitation to set up again")
    give_grounds(chief)
    press(chief, "Ask for it")


def look_at_the_second(page: Page, look: Look) -> None:
    """What the other owner sees and does."""
    look_at(page, look, "/", "home-request")
    look_at(page, look, "/account", "account-request")
    page.goto("/account/requests")
    press(page, "Invitation to set up again for " + ADMIN.name, "link")
    look(page, "request")
    press(page, "Confirm")
    look(page, "request-done")
    look_at(page, look, "/account/requests", "requests-over")


CHAPTERS: dict[str, Callable[[Product, NewPage, Look], None]] = {
    "helping": helping,
    "second admin": second_admin,
}
