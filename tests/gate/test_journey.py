"""In a real browser: from a protected site on one host to Twofold on another, and back."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.gate.conftest import Lab
from tests.journeys.conftest import CHROMIUM, FLAGS, TIMEOUT
from twofold.core.people import Person

PASSWORD = "a long enough phrase"
PICTURES = os.environ.get("TWOFOLD_TEST_SCREENSHOTS", "")


@pytest.fixture
def page(lab: Lab) -> Iterator[Page]:
    """A browser for which both names live on this machine."""
    flags = [*FLAGS, "--host-resolver-rules=MAP *.example.org 127.0.0.1"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=flags)
        context = browser.new_context(
            ignore_https_errors=True, locale="en-GB", viewport={"width": 1000, "height": 760}
        )
        context.set_default_timeout(TIMEOUT)
        yield context.new_page()
        browser.close()


def picture(page: Page, name: str) -> None:
    """Keep what is seen, where somebody wants to look at it."""
    if PICTURES:
        Path(PICTURES).mkdir(exist_ok=True, parents=True)
        page.screenshot(path=f"{PICTURES}/gate-{name}.png", full_page=True)


def person_of(lab: Lab, person: Person) -> Person:
    """The same with a password that can be typed, and an authenticator."""
    encoded = lab.world.hasher.hash_now(PASSWORD)
    lab.world.store.call(
        lambda tx: tx.people.set_password(
            person.id, encoded, expected_version=person.password_version
        )
    )
    lab.acme.enrol(person)
    lab.acme.clock.advance(60)
    return lab.acme.person(person.id)


def sign_in(lab: Lab, page: Page, person: Person) -> None:
    """Type password and code."""
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/sign-in/code"))
    if page.locator("[name=next_code]").count():
        page.locator("[name=code]").fill(lab.acme.code(person, steps=-1))
        page.locator("[name=next_code]").fill(lab.acme.code(person))
    else:
        page.locator("[name=code]").fill(lab.acme.code(person))
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_somebody_goes_to_the_wiki_and_back_again(lab: Lab, page: Page) -> None:
    """Led to the sign-in, back to the very page, asked again where a fresh proof is wanted, and
    out of everything after the sign-out.
    """
    mia = person_of(lab, lab.acme.add("Mia"))
    page.goto(f"{lab.ports.wiki}/page?a=1&b=[2]")
    expect(page).to_have_url(re.compile(re.escape(lab.ports.login) + "/sign-in"))
    picture(page, "sign-in")
    sign_in(lab, page, mia)
    expect(page).to_have_url(f"{lab.ports.wiki}/page?a=1&b=[2]")
    expect(page.get_by_text("Hello Mia, by pwd otp.")).to_be_visible()
    picture(page, "wiki")
    lab.acme.clock.advance(16 * 60)
    page.goto(f"{lab.ports.wiki}/page")
    expect(page.get_by_text("Hello Mia")).to_be_visible()
    page.goto(f"{lab.ports.wiki}/admin/users")
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    picture(page, "confirm")
    page.locator("[name=code]").fill(lab.acme.code(mia))
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(f"{lab.ports.wiki}/admin/users")
    page.goto(f"{lab.ports.wiki}/owners")
    assert "Hello" not in page.content()
    picture(page, "not-open")
    page.goto(f"{lab.ports.wiki}/passkeys")
    expect(page.get_by_role("heading", name="A passkey is missing")).to_be_visible()
    picture(page, "passkey-missing")
    page.goto(f"{lab.ports.wiki}/page")
    page.get_by_role("link", name="Sign out").click()
    expect(page).to_have_url(f"{lab.ports.login}/sign-out")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in"))
    page.goto(f"{lab.ports.wiki}/page")
    expect(page).to_have_url(re.compile(re.escape(lab.ports.login) + "/sign-in"))


def test_an_admin_sees_what_would_happen(lab: Lab, page: Page) -> None:
    """The page with the rules, and the answer to a question about one person."""
    olga = person_of(lab, lab.acme.owner)
    page.goto(f"{lab.ports.login}/account/sites")
    sign_in(lab, page, olga)
    expect(page.get_by_role("heading", name="Protected sites")).to_be_visible()
    picture(page, "sites")
    page.get_by_label("To this address").fill(f"{lab.ports.wiki}/admin")
    page.get_by_label("Asked for by").fill(olga.email)
    page.get_by_role("button", name="Show what would happen").click()
    expect(page.get_by_text("The rule for /admin, and everything under it")).to_be_visible()
    picture(page, "preview")
    page.set_viewport_size({"width": 360, "height": 800})
    picture(page, "preview-narrow")
