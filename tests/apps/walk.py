"""What somebody with an authenticator app does in the browser: up to the QR code, and on."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.apps.names import PASSWORD, Name
from tests.apps.programs import Entry
from tests.apps.readers import zbarimg
from tests.apps.terminal import run
from tests.journeys.product import Product
from tests.journeys.steps import Person, heading, link, sign_in

OWNER = "Ann Lee"
FOUND = """
import json, sys
from twofold.cli import main
for account, email in json.loads(sys.argv[1]):
    names = ["--account", account, "--name", "Ann Lee", f"--email={email}"]
    assert main(["setup", *names, "--password-stdin"]) == 0
"""


@dataclass(frozen=True)
class Photographed:
    """The set-up page: a picture of it, and what somebody can read or press on it."""

    picture: bytes
    link: str
    key: str


def found(product: Product, names: Sequence[Name]) -> None:
    """Make the organisation of each name, with its owner."""
    rows = json.dumps([(name.organisation, name.email) for name in names])
    passwords = f"{PASSWORD}\n" * len(names)
    run(sys.executable, "-c", FOUND, rows, said=passwords, env=product.environment)


def enter(page: Page, name: Name) -> None:
    """Address and password, in a browser in which nobody is signed in."""
    page.context.clear_cookies()
    page.goto("/sign-in")
    sign_in(page, Person(OWNER, name.email, PASSWORD))


def photograph(page: Page) -> Photographed:
    """The own set-up page, from whatever page is open."""
    page.goto("/profile/set-up")
    heading(page, "Set up your authenticator app")
    page.get_by_role("img", name="QR code").first.scroll_into_view_if_needed()
    return Photographed(
        page.screenshot(),
        link(page, "Open in my authenticator app").get_attribute("href") or "",
        " ".join(page.get_by_role("code").inner_text().split()),
    )


def scanned(photo: Photographed, name: Name) -> Entry:
    """What a phone takes from the page: the QR code by its camera, the rest by its owner."""
    (uri,) = zbarimg([photo.picture])
    return Entry(uri, photo.key, name.issuer, name.account)


def shows_the_names(page: Page, name: Name) -> None:
    """The page says beforehand how the entry will be called."""
    main = page.get_by_role("main")
    expect(main.get_by_text(name.issuer, exact=True)).to_be_visible()
    expect(main.get_by_text(name.account, exact=True)).to_be_visible()
