"""A tour through what guessing leads to: the pages of somebody whose code or password was tried.

Chapters like those of `tour.py`. The guard's counts are set in the database where it would take
an hour of waits to reach them; whatever is shown then is what the product makes of them.
"""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.journeys.conftest import NewPage
from tests.journeys.phones import Phone
from tests.journeys.product import Product
from tests.journeys.steps import (
    Person,
    add_person,
    become_first_admin,
    becomes_known,
    choose_password,
    enter_code,
    enter_pair,
    fill,
    heading,
    link_from_outbox,
    press,
    save,
    scan,
    set_up_two_factor,
    sign_in,
    switch_on,
)
from tests.journeys.tour import CHIEF, MEMBER, ORGANISATION, SIX_MINUTES, Look, look_at

LATE = Person("Cem Demir", "cem@acme.example", "a door, a drum, a dune")

LINK_MAIL = "Link before the code"


def guessed_at(product: Product, new_page: NewPage, *, stolen: bool) -> tuple[Page, Page, Phone]:
    """An admin, and a member with an authenticator at whom somebody guessed ten times."""
    admin, member = new_page(), new_page()
    become_first_admin(admin, product.first_admin_link, CHIEF, ORGANISATION)
    add_person(admin, MEMBER)
    phone = becomes_known(member, link_from_outbox(admin), MEMBER)
    product.let_codes_fail(MEMBER.email, 10, stolen=stolen)
    return admin, member, phone


def code_links(product: Product, new_page: NewPage, look: Look) -> None:
    """The mailed link before the code: asked for, opened, used, too old, somebody else's."""
    admin, _, phone = guessed_at(product, new_page, stolen=True)
    page, other = new_page(), new_page()
    sign_in(page, MEMBER)
    look(page, "code-link")
    press(page, "Send the link")
    look(page, "code-link-sent")
    mailed = link_from_outbox(admin, LINK_MAIL)
    look_at(page, look, mailed, "code-link-open")
    press(page, "Go on")
    look(page, "code-link-pair")
    look_at(page, look, mailed, "code-link-used-here")
    sign_in(other, MEMBER)
    look_at(other, look, mailed, "code-link-used")
    look_at(other, look, mailed[:-3], "code-link-unknown")
    for _ in range(3):
        press_to_send(other)
    look(other, "code-link-no-more")
    product.let_links_expire()
    look_at(other, look, link_from_outbox(admin, LINK_MAIL), "code-link-expired")
    page.goto("/sign-in/code")
    enter_pair(page, phone.pair())
    look_at_stolen_password(page, look)


def press_to_send(page: Page) -> None:
    """Ask for a link, from whichever page offers it."""
    page.goto("/sign-in/code")
    press(page, "Send the link")


def look_at_stolen_password(page: Page, look: Look) -> None:
    """After the sign-in: a new password comes before everything else."""
    heading(page, "Choose a new password")
    look(page, "stolen-password")
    fill(page, New_password="short")
    press(page, "Save")
    look(page, "stolen-password-errors")


def held_form(product: Product, new_page: NewPage, look: Look) -> None:
    """A form that waits for a proof: one code, two, and where no code helps."""
    page, other = new_page(), new_page()
    become_first_admin(page, product.first_admin_link, CHIEF, ORGANISATION)
    applications(page, look)
    phone = set_up_two_factor(page)
    hold(product, page)
    look(page, "held-form")
    press(page, "Continue")
    look(page, "held-form-errors")
    look_at(page, look, "/account/guard", "guard-policy")
    fill(page, Single_codes_in_30_days="9")
    press(page, "Save")
    fill(page, Code=phone.code())
    press(page, "Continue")
    look(page, "guard-policy-refused")
    page.goto("/profile/places")
    press(page, "Sign out everywhere else")
    hold(product, page)
    look(page, "held-form-pair")
    product.let_codes_fail(CHIEF.email, 10)
    look_at(page, look, "/confirm", "confirm-stuck")
    hold(product, page)
    look(page, "held-form-stuck")
    product.disable_authenticators()
    look_at(page, look, "/confirm", "confirm-stopped")
    look_at(page, look, "/profile", "profile-stopped")
    look_at(page, look, "/", "home-stopped")
    sign_in(other, CHIEF)
    look(other, "code-stopped")


def hold(product: Product, page: Page) -> None:
    """Send the form for a new person without a fresh proof."""
    page.goto("/people/add")
    fill(page, Name=MEMBER.name, Email=MEMBER.email)
    product.let_proofs_grow_old(SIX_MINUTES)
    press(page, "Add person")


def stopped(product: Product, new_page: NewPage, look: Look) -> None:
    """What a member sees who is stopped, and an admin of them."""
    admin, member, _ = guessed_at(product, new_page, stolen=False)
    set_up_two_factor(admin)
    product.disable_authenticators(MEMBER.email)
    look_at(member, look, "/profile", "member-stopped-fresh")
    product.let_proofs_grow_old(SIX_MINUTES, MEMBER.email)
    look_at(member, look, "/profile", "member-stopped")
    look_at(member, look, "/profile/places", "member-places")
    look_at(member, look, "/", "member-home-stopped")
    look_at(member, look, "/profile/history", "member-history-stopped")
    admin.goto("/people")
    press(admin, MEMBER.name, "link")
    look(admin, "person-stopped")
    add_person(admin, LATE)
    late = new_page()
    choose_password(late, link_from_outbox(admin, "Invitation"), LATE)
    switch_on(admin)
    look_at(admin, look, "/account/activity", "activity-guarded")
    look_at_demanded_wait(admin, late, look)


def look_at_demanded_wait(admin: Page, page: Page, look: Look) -> None:
    """Ten wrong codes at a set-up: the page that says until when to wait."""
    page.goto(link_from_outbox(admin, "Two-factor is on: set it up"))
    sign_in(page, LATE)
    wrong = iter(scan(page).wrong_codes())
    for _ in range(10):
        save(page, next(wrong))
    look(page, "set-up-locked")


def waits(product: Product, new_page: NewPage, look: Look) -> None:
    """The second step of a member: wrong, a wait, two codes, and the end of the sign-in."""
    admin, page = new_page(), new_page()
    become_first_admin(admin, product.first_admin_link, CHIEF, ORGANISATION)
    add_person(admin, MEMBER)
    phone = becomes_known(new_page(), link_from_outbox(admin), MEMBER)
    wrong = iter(phone.wrong_codes())
    sign_in(page, MEMBER)
    look(page, "member-code")
    for number in (1, 2):
        enter_code(page, next(wrong))
        look(page, f"member-code-refused-{number}")
    enter_code(page, next(wrong))
    look(page, "member-wait")
    product.let_codes_fail(MEMBER.email, 5)
    page.goto("/sign-in/code")
    look(page, "member-pair")
    enter_pair(page, ("12345", next(wrong)))
    look(page, "member-pair-malformed")
    enter_pair(page, (next(wrong), next(wrong)))
    look(page, "member-pair-refused")
    enter_pair(page, (next(wrong), next(wrong)))
    look(page, "sign-in-ended")


def applications(page: Page, look: Look) -> None:
    """Keys of applications: none yet, what is missing, the key, the list."""
    look_at(page, look, "/account/applications", "applications-none")
    press(page, "Add application")
    look(page, "applications-errors")
    fill(page, Name="Shop")
    press(page, "Add application")
    look(page, "application-key")
    look_at(page, look, "/account/applications", "applications")


CHAPTERS: dict[str, Callable[[Product, NewPage, Look], None]] = {
    "code links": code_links,
    "held form": held_form,
    "stopped": stopped,
    "waits": waits,
}
