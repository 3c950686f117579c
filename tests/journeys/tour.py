"""A tour through every page in every state, error states included, with long names in it.

Each chapter walks through the product and calls `look` wherever there is something to see.
"""

import re
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
    enter_code,
    enter_pair,
    fill,
    link_from_outbox,
    press,
    save,
    saved,
    scan,
    set_up_two_factor,
    sign_in,
    start_set_up,
    switch_on,
)

Look = Callable[[Page, str], None]

CHIEF = Person(
    "Maximiliane-Friederike von Hohenlohe-Waldenburg-Schillingsfürst",
    "maximiliane.friederike.hohenlohe.waldenburg@department.acme.example",
    "seven quiet herons at noon",
)
MEMBER = Person(
    "عبد الرحمن بن عبد العزيز بن محمد آل سعود",
    "abdelrahman.ibn.abdelaziz.ibn.mohammed.al.saud@acme.example",
    "a lamp, a ladder, a lake",
)
ORGANISATION = "Donaudampfschifffahrtsgesellschaft Wien"
SIX_MINUTES = 360
GOOD_LIST = f"name,email,role\nCem Demir,cem@acme.example,member\n{MEMBER.name},{MEMBER.email},\n"
BAD_LIST = "name,email,role\nNobody,not an address,member\n,x@acme.example,king\n"


def doors(product: Product, new_page: NewPage, look: Look) -> None:
    """What people see who are not signed in."""
    page, admin = new_page(), new_page()
    page.goto(product.first_admin_link)
    look(page, "first-admin")
    press(page, "Create admin")
    look(page, "first-admin-errors")
    become_first_admin(admin, product.first_admin_link, CHIEF, ORGANISATION)
    page.goto(product.first_admin_link)
    look(page, "link-used")
    add_person(admin, MEMBER)
    invitation = link_from_outbox(admin)
    page.goto(invitation)
    look(page, "invitation")
    page.get_by_label("Password").fill("short")
    press(page, "Set password")
    look(page, "invitation-errors")
    page.get_by_label("Password").fill(MEMBER.password)
    press(page, "Set password")
    look(page, "password-set")
    look_at_sign_in(page, look)
    look_at_forgotten_password(page, admin, look)
    for path, name in (
        ("/help", "help"),
        ("/help?app=google-authenticator-android", "help-app"),
        ("/help?app=nonsense", "help-app-unknown"),
        ("/invitation/unknown", "link-unknown"),
    ):
        page.goto(path)
        look(page, name)
    page.goto("/no/such/page")
    look(page, "not-found-signed-out")


def look_at_sign_in(page: Page, look: Look) -> None:
    """The first step, and what can be wrong with it."""
    page.goto("/sign-in")
    look(page, "sign-in")
    press(page, "Sign in")
    look(page, "sign-in-missing")
    sign_in(page, Person("", MEMBER.email, "not the password"))
    look(page, "sign-in-wrong-password")


def look_at_forgotten_password(page: Page, admin: Page, look: Look) -> None:
    """From asking for the link to the link that has expired."""
    page.goto("/forgot-password")
    look(page, "forgot")
    press(page, "Send the link")
    look(page, "forgot-errors")
    page.get_by_label("Email").fill(MEMBER.email)
    press(page, "Send the link")
    look(page, "forgot-sent")
    mailed = link_from_outbox(admin)
    page.goto(mailed)
    look(page, "new-password")
    page.get_by_label("Password").fill("short")
    press(page, "Set password")
    look(page, "new-password-errors")


def admin_pages(product: Product, new_page: NewPage, look: Look) -> None:
    """What an admin sees, before and after the switch."""
    page = new_page()
    become_first_admin(page, product.first_admin_link, CHIEF, ORGANISATION)
    look(page, "home-fresh")
    look_at(page, look, "/account", "account-refused")
    look_at(page, look, "/account/switch-on", "switch-on-refused")
    look_at(page, look, "/mail", "outbox-empty")
    look_at(page, look, "/people", "people-one")
    look_at_own_set_up(product, page, look)
    look_at_people(page, look)
    look_at(page, look, "/mail", "outbox")
    page.get_by_role("table").get_by_role("link").first.click()
    page.get_by_role("article", name="Text of the mail").wait_for()
    look(page, "outbox-mail")
    look_at(page, look, "/account", "account-off")
    look_at(page, look, "/account/switch-on", "switch-on")
    switch_on(page)
    look(page, "account-on")
    look_at(page, look, "/account/switch-off", "switch-off")
    look_at(page, look, "/account/guard", "guard")
    look_at(page, look, "/account/activity", "activity")
    look_at(page, look, "/account/activity?kinds=&person=nobody&since=x", "activity-odd")
    look_at(page, look, "/account/radar", "radar")
    look_at(page, look, "/", "home-done")
    look_at(page, look, "/sign-out", "sign-out")
    look_at(page, look, "/no/such/page", "not-found")
    product.let_proofs_grow_old(SIX_MINUTES)
    look_at(page, look, "/account/switch-off", "confirm-code")
    press(page, "Continue")
    look(page, "confirm-code-errors")


def look_at(page: Page, look: Look, path: str, name: str) -> None:
    """Open one address and look."""
    page.goto(path)
    look(page, name)


def look_at_own_set_up(product: Product, page: Page, look: Look) -> None:
    """My Profile and the set-up, with each thing that can be wrong."""
    look_at(page, look, "/profile", "profile-off")
    product.let_proofs_grow_old(SIX_MINUTES)
    press(page, "Set up")
    look(page, "confirm-password")
    page.get_by_label("Password").fill(CHIEF.password)
    press(page, "Continue")
    look(page, "set-up")
    look_at(page, look, "/profile/set-up?app=nonsense", "set-up-app-unknown")
    look_at(page, look, "/profile/set-up?app=microsoft-authenticator-android", "set-up-app")
    phone = start_set_up(page)
    save(page, next(iter(phone.wrong_codes())))
    look(page, "set-up-wrong-code")
    save(page, phone.code())
    look(page, "set-up-saved")
    page.goto("/profile")
    look(page, "profile-codes-not-stored")
    look_at_second_phone(page, look)
    page.goto("/profile")
    look(page, "profile-on")
    press(page, "Change password")
    look(page, "profile-errors")
    page.goto("/profile")
    page.get_by_role("link", name=re.compile("Rename or remove.*The old tablet")).click()
    look(page, "authenticator")
    page.get_by_label("Name").fill("x" * 41)
    press(page, "Save name")
    look(page, "authenticator-errors")
    press(page, "Replace")
    look(page, "set-up-again")
    look_at_practice(page, phone, look)


def look_at_second_phone(page: Page, look: Look) -> None:
    """One more set-up, with a name of its own."""
    press(page, "Add a second phone")
    look(page, "set-up-second")
    saved(page, scan(page).code())
    page.get_by_role("link", name=re.compile("Rename or remove.*Authenticator app")).click()
    page.get_by_label("Name").fill("The old tablet")
    press(page, "Save name")


def look_at_practice(page: Page, phone: Phone, look: Look) -> None:
    """A code tried out: wrong, and right."""
    page.goto("/profile/practice")
    look(page, "practice")
    fill(page, Code=next(iter(phone.wrong_codes())))
    press(page, "Try it")
    look(page, "practice-refused")
    fill(page, Code=phone.code())
    press(page, "Try it")
    look(page, "practised")


def look_at_people(page: Page, look: Look) -> None:
    """The list, one person, the import with and without problems."""
    look_at(page, look, "/people/add", "person-add")
    press(page, "Add person")
    look(page, "person-add-errors")
    look_at(page, look, "/people/import", "import")
    press(page, "Show the rows")
    look(page, "import-errors")
    for pasted, name in ((BAD_LIST, "import-problems"), (GOOD_LIST, "import-rows")):
        page.goto("/people/import")
        page.get_by_label("Paste the list").fill(pasted)
        press(page, "Show the rows")
        look(page, name)
    press(page, "Add 2 people")
    look(page, "people")
    look_at(page, look, "/people?search=nobody-of-that-name", "people-none")
    page.goto("/people")
    press(page, MEMBER.name, "link")
    look(page, "person")
    press(page, "Disable")
    look(page, "person-disabled")


def halfway_pages(product: Product, new_page: NewPage, look: Look) -> None:
    """What people see between the first step and the second, and where they may not go."""
    admin, page = new_page(), new_page()
    become_first_admin(admin, product.first_admin_link, CHIEF, ORGANISATION)
    phone = set_up_two_factor(admin)
    add_person(admin, MEMBER)
    page.goto(link_from_outbox(admin))
    page.get_by_label("Password").fill(MEMBER.password)
    press(page, "Set password")
    sign_in(page, MEMBER)
    look(page, "home-member")
    look_at(page, look, "/people", "forbidden")
    switch_on(admin)
    mailed = link_from_outbox(admin, "Two-factor is on: set it up")
    page.goto(mailed)
    look(page, "sign-in-by-link")
    look_at_demanded_set_up(page, mailed, look)
    sign_in(new := new_page(), CHIEF)
    look_at_pair(new, phone, look)
    look_at_someone_elses_link(admin, page, look)


def look_at_demanded_set_up(page: Page, mailed: str, look: Look) -> None:
    """The page that waits for the link, until no more is sent, and the set-up behind it."""
    page.goto("/sign-in")
    sign_in(page, MEMBER)
    look(page, "set-up-wait")
    page.goto(mailed)
    look(page, "set-up-demanded")
    save(page, "12345")
    look(page, "set-up-demanded-errors")
    page.goto("/set-up")
    for _ in range(3):
        send = page.get_by_role("button", name="Send the link again")
        if send.is_visible():
            press(page, "Send the link again")
    look(page, "set-up-wait-no-more")
    page.goto(mailed)
    look(page, "link-replaced")


def look_at_pair(page: Page, phone: Phone, look: Look) -> None:
    """Two codes, as an owner is asked for in a new browser; refused, and refused again."""
    look(page, "code-pair")
    enter_pair(page, ("12345", "123456"))
    look(page, "code-pair-malformed")
    wrong = iter(phone.wrong_codes())
    for number in (1, 2):
        enter_pair(page, (next(wrong), next(wrong)))
        look(page, f"code-pair-refused-{number}")


def guarded_pages(product: Product, new_page: NewPage, look: Look) -> None:
    """The second step of a member: refused, refused again, locked; and one's own browsers."""
    admin, page, new = new_page(), new_page(), new_page()
    become_first_admin(admin, product.first_admin_link, CHIEF, ORGANISATION)
    add_person(admin, MEMBER)
    phone = becomes_known(page, link_from_outbox(admin), MEMBER)
    look_at(page, look, "/profile/places", "places")
    sign_in(new, MEMBER)
    look(new, "code")
    enter_code(new, "12345")
    look(new, "code-malformed")
    for number, wrong in zip((1, 2, 3), phone.wrong_codes(), strict=False):
        enter_code(new, wrong)
        look(new, f"code-refused-{number}" if number < 3 else "locked")
    look_at_trouble(admin, page, look)
    new.goto("/sign-in/link")
    look(new, "browser-link")
    press(new, "Send the link")
    look(new, "browser-link-errors")
    fill(new, Email=MEMBER.email)
    press(new, "Send the link")
    look(new, "browser-link-sent")
    new.goto(link_from_outbox(admin, "Link for a new browser"))
    look(new, "browser-link-open")
    press(new, "Go on to sign in")
    look(new, "browser-link-used")


def look_at_trouble(admin: Page, member: Page, look: Look) -> None:
    """What whoever helps sees of refused codes, and what the person sees."""
    look_at(member, look, "/profile/history", "history")
    look_at(admin, look, "/profile/history", "history-empty")
    look_at(admin, look, f"/people?search={MEMBER.email}", "person-refused")
    press(admin, "Compare with people for whom it works", "link")
    look(admin, "compare-with-nobody")
    admin.get_by_role("searchbox").fill(CHIEF.email)
    press(admin, "Compare")
    look(admin, "compare")
    admin.get_by_role("searchbox").fill("nobody-of-that-name")
    press(admin, "Compare")
    look(admin, "compare-nobody-found")


def look_at_someone_elses_link(admin: Page, page: Page, look: Look) -> None:
    """A set-up link in the hands of somebody else, and a link after its time."""
    other = Person("Cem Demir", "cem@acme.example", "a door, a drum, a dune")
    add_person(admin, other)
    page.goto("/set-up")
    press(page, "Sign out")
    page.goto(link_from_outbox(admin, "Invitation"))
    page.get_by_label("Password").fill(other.password)
    press(page, "Set password")
    sign_in(page, other)
    own = page.url
    page.goto("/set-up")
    press(page, "Sign out")
    page.goto("/sign-in")
    sign_in(page, MEMBER)
    page.goto(own)
    look(page, "link-of-somebody-else")


CHAPTERS: dict[str, Callable[[Product, NewPage, Look], None]] = {
    "doors": doors,
    "admin": admin_pages,
    "halfway": halfway_pages,
    "guarded": guarded_pages,
}
