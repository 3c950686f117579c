"""What people do, in steps that journeys are made of. Everything is found by role and name."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Locator, Page, expect

from tests.journeys.phones import Phone

PICTURES = os.environ.get("TWOFOLD_TEST_SCREENSHOTS", "")
Role = Literal["button", "link"]


@dataclass(frozen=True)
class Person:
    """Somebody with a name, an address and a password."""

    name: str
    email: str
    password: str


ADA = Person("Ada Admin", "ada@acme.example", "seven quiet herons at noon")
BOB = Person("Bob Brown", "bob@acme.example", "a lamp, a ladder, a lake")
ORGANISATION = "Acme Corp"


def picture(page: Page, name: str) -> None:
    """Keep what the page shows, when the environment asks for pictures."""
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(PICTURES, f"{name}.png"), full_page=True)


def button(page: Page, name: str) -> Locator:
    """The button of that name; the header's own come first, so the page's is the last."""
    return page.get_by_role("button", name=name, exact=True).last


def link(page: Page, name: str) -> Locator:
    """The link of that name."""
    return page.get_by_role("link", name=name, exact=True).first


def press(page: Page, name: str, role: Role = "button") -> None:
    """Use the button or link of that name and wait for the page that follows."""
    found = button(page, name) if role == "button" else link(page, name)
    with page.expect_navigation():
        found.click()


def heading(page: Page, words: str) -> None:
    """The page is the one with this title."""
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(re.escape(words)))


def path_of(page: Page) -> str:
    """Where the browser is, without scheme and host."""
    return "/" + page.url.split("/", 3)[3]


def fill(page: Page, **fields: str) -> None:
    """Type into fields, named by their labels."""
    for label, value in fields.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(value)


def open_menu(page: Page, name: str = ADA.name) -> Locator:
    """Open the menu under the person's name, with or without script."""
    menu = page.get_by_role("navigation", name="Your pages")
    if not menu.get_by_role("link", name="My Profile").is_visible():
        page.get_by_role("button", name=name, exact=True).click()
    expect(menu.get_by_role("link", name="My Profile")).to_be_visible()
    return menu


def go_by_menu(page: Page, entry: str, name: str = ADA.name) -> None:
    """Open the name menu and follow one of its links."""
    menu = open_menu(page, name)
    with page.expect_navigation():
        menu.get_by_role("link", name=entry, exact=True).click()


def become_first_admin(
    page: Page, printed_link: str, who: Person = ADA, organisation: str = ORGANISATION
) -> None:
    """From the printed link to the home page."""
    page.goto(printed_link)
    heading(page, "Create the first admin")
    fill(page, Name=who.name, Email=who.email, Password=who.password, Organisation=organisation)
    picture(page, "first-admin")
    press(page, "Create admin")
    heading(page, f"Hello, {who.name}")


def start_set_up(page: Page) -> Phone:
    """From anywhere, signed in, to the own set-up page, scanned."""
    page.goto("/profile")
    press(page, "Set up")
    return scan(page)


def scan(page: Page) -> Phone:
    """Photograph the screen and read the QR code."""
    heading(page, "Set up your authenticator app")
    return Phone.scan(page.screenshot(full_page=True))


def save(page: Page, code: str) -> None:
    """Type the code and press Save."""
    fill(page, Code=code)
    press(page, "Save")


def saved(page: Page, code: str) -> None:
    """The same with a right code, and the recovery codes stored where it is the first set-up."""
    save(page, code)
    stored(page)


def stored(page: Page) -> None:
    """Store the recovery codes, where the page shows them because it was the first set-up."""
    if page.get_by_role("button", name="I have stored them").is_visible():
        press(page, "I have stored them")


def set_up_two_factor(page: Page) -> Phone:
    """The whole set-up of somebody who is signed in."""
    phone = start_set_up(page)
    saved(page, phone.code())
    return phone


def add_person(page: Page, who: Person, role: str = "Member") -> None:
    """As an admin: add one person."""
    page.goto("/people/add")
    fill(page, Name=who.name, Email=who.email)
    page.get_by_label("Role").select_option(label=role)
    press(page, "Add person")
    heading(page, who.name)


def switch_on(page: Page) -> None:
    """As an admin with a factor of their own: switch it on for everybody."""
    page.goto("/account")
    press(page, "Switch on")
    heading(page, "Switch on two-factor authentication")
    at_once(page)
    press(page, "Switch on")
    expect(page.get_by_text("Two-factor authentication is on.")).to_be_visible()


def at_once(page: Page) -> None:
    """On the page of the switch: give nobody days, so that it holds from the next click on."""
    page.get_by_label("Time to set it up").select_option("0")
    press(page, "Show what this means")


def choose_password(page: Page, mailed_link: str, who: Person) -> None:
    """Follow an invitation or a link for a new password, to the sign-in page."""
    page.goto(mailed_link)
    fill(page, Password=who.password)
    press(page, "Set password")
    heading(page, "Sign in")


def sign_in(page: Page, who: Person) -> None:
    """Address and password, on the sign-in page that is open or is opened now."""
    if not page.get_by_role("heading", level=1, name="Sign in").is_visible():
        page.goto("/sign-in")
    fill(page, Email=who.email, Password=who.password)
    press(page, "Sign in")


def enter_code(page: Page, code: str) -> None:
    """The second step in a browser that is known, or of a member."""
    heading(page, "Enter your code")
    fill(page, Code=code)
    press(page, "Sign in")


def enter_pair(page: Page, pair: tuple[str, str]) -> None:
    """The second step where two consecutive codes are asked for."""
    heading(page, "Enter two codes")
    fill(page, Code=pair[0], Next_code=pair[1])
    press(page, "Sign in")


def becomes_known(page: Page, mailed_link: str, who: Person = BOB) -> Phone:
    """From the invitation to the own set-up: afterwards the person is known in this browser."""
    choose_password(page, mailed_link, who)
    sign_in(page, who)
    phone = set_up_two_factor(page)
    heading(page, "My Profile")
    return phone


def give_grounds(page: Page) -> None:
    """As whoever helps: say how the caller proved who they are, where the case is, and why."""
    page.get_by_label("Called back on a known number").check()
    fill(page, Ticket="HD-4711", Reason="The phone fell into the lake.")


def link_from_outbox(admin: Page, kind: str = "") -> str:
    """The one-time link of the newest mail of a kind, as an admin finds it."""
    admin.goto("/mail")
    with admin.expect_navigation():
        admin.get_by_role("table").get_by_role("link", name=re.compile(f"^{kind}")).first.click()
    mail = admin.get_by_role("article", name="Text of the mail")
    mail.wait_for()
    addresses = [found.get_attribute("href") or "" for found in mail.get_by_role("link").all()]
    return next(
        a
        for a in addresses
        if re.search("/(invitation|enrol|password|link|address|stop|wait|recover)/", a)
    )


def sign_out(page: Page, who: Person = ADA) -> None:
    """By the name menu."""
    go_by_menu(page, "Sign out", who.name)
    heading(page, "Sign in")
