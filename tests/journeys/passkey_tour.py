"""A tour through every page that passkeys bring or change, in the manner of `tour.py`."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.journeys.authenticators import Authenticator
from tests.journeys.conftest import NewPage
from tests.journeys.product import Product
from tests.journeys.steps import (
    add_person,
    become_first_admin,
    fill,
    heading,
    link_from_outbox,
    press,
    saved,
    scan,
    sign_in,
    sign_out,
    stored,
    switch_on,
)
from tests.journeys.tour import CHIEF, MEMBER, ORGANISATION, SIX_MINUTES, look_at

Look = Callable[[Page, str], None]
LONG = "Der blaue Sicherheitsschlüssel am Bund"


def passkeys(product: Product, new_page: NewPage, look: Look) -> None:
    """From the first one to an account that takes nothing else."""
    page = new_page()
    become_first_admin(page, product.first_admin_link, CHIEF, ORGANISATION)
    key = Authenticator(page)
    look_at(page, look, "/profile/passkeys/add", "passkey-add")
    fill(page, Name=LONG)
    press(page, "Set up a passkey")
    stored(page)
    heading(page, "My Profile")
    look(page, "profile-passkey-only")
    page.get_by_role("link", name="Change").first.click()
    heading(page, LONG)
    look(page, "passkey")
    fill(page, Name="")
    press(page, "Save")
    look(page, "passkey-errors")
    press(page, "Remove")
    look(page, "passkey-stays")
    product.let_proofs_grow_old(SIX_MINUTES)
    look_at(page, look, "/confirm?next=/profile", "confirm-passkey-only")
    look_at_second_step(page, key, look)
    set_up_app_beside(product, page, look)
    look_at_people(product, new_page, page, look)


def look_at_second_step(page: Page, key: Authenticator, look: Look) -> None:
    """The sign-in with it, and an answer that is not taken."""
    key.touch(is_near=False)
    sign_out(page, CHIEF)
    look(page, "sign-in-passkey")
    page.locator("form[action='/sign-in/passkey']").evaluate("form => form.requestSubmit()")
    page.wait_for_url("**/sign-in/passkey")
    look(page, "sign-in-passkey-refused")
    page.goto("/sign-in")
    sign_in(page, CHIEF)
    look(page, "code-passkey-only")
    send_nonsense(page)
    look(page, "code-passkey-refused")
    key.touch(is_near=True)
    press(page, "Use a passkey")


def send_nonsense(page: Page) -> None:
    """As if the browser had answered with something else."""
    with page.expect_navigation():
        page.locator("form:has([data-passkey])").evaluate(
            "form => { form.elements.passkey.value = '{}'; form.requestSubmit(); }"
        )


def set_up_app_beside(product: Product, page: Page, look: Look) -> None:
    """Both: the pages offer the one and the other."""
    page.goto("/profile")
    press(page, "Set up an authenticator app")
    look(page, "set-up-with-passkey")
    saved(page, scan(page).code())
    page.goto("/profile")
    look(page, "profile-both")
    product.let_proofs_grow_old(SIX_MINUTES)
    look_at(page, look, "/confirm?next=/profile", "confirm-both")
    send_nonsense(page)
    look(page, "confirm-both-refused")
    press(page, "Use a passkey")
    product.disable_authenticators(CHIEF.email)
    product.let_proofs_grow_old(SIX_MINUTES)
    look_at(page, look, "/confirm?next=/profile", "confirm-passkey-app-stopped")
    press(page, "Use a passkey")
    look_at(page, look, "/profile", "profile-both-app-stopped")


def look_at_people(product: Product, new_page: NewPage, page: Page, look: Look) -> None:
    """Somebody who chooses one at the demanded set-up, and an admin who must have one."""
    add_person(page, MEMBER, role="Admin")
    look_at(page, look, f"/people?search={CHIEF.email}", "person-with-passkey")
    member = new_page()
    Authenticator(member)
    member.goto(link_from_outbox(page))
    member.get_by_label("Password").fill(MEMBER.password)
    press(member, "Set password")
    switch_on(page)
    member.goto(link_from_outbox(page, "Two-factor is on: set it up"))
    sign_in(member, MEMBER)
    look(member, "set-up-demanded-passkey")
    saved(member, scan(member).code())
    page.goto("/account/guard")
    page.get_by_label("Take nothing but a passkey from").select_option("admins")
    press(page, "Save")
    look(page, "guard-passkeys")
    member.goto("/")
    heading(member, "Set up a passkey")
    look(member, "passkey-demanded")
    press(member, "Set up a passkey")
    look(member, "profile-passkey-demanded")


CHAPTERS: dict[str, Callable[[Product, NewPage, Look], None]] = {"passkeys": passkeys}
