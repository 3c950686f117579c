"""The pages of recovery codes, and every road on which one must not work twice."""

import re

import pytest

from tests.faces.conftest import PASSWORD, Browser, Site, text_of
from twofold.core.people import Person
from twofold.flows import recovery_link

SHOWN = re.compile(r"<code>([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})</code>")


@pytest.fixture
def ben(site: Site) -> Person:
    """A member with an authenticator."""
    ben = site.give_password(site.acme.add("Ben"))
    site.acme.enrol(ben)
    site.clock.advance(120)
    return ben


def made(site: Site, browser: Browser) -> list[str]:
    """The codes that the page shows."""
    page = browser.post("/profile/recovery-codes", form_at="/profile/recovery-codes")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    found = SHOWN.findall(page.text)
    assert len(found) == 10
    return found


def without_phone(site: Site, person: Person, code: str) -> Browser:
    """A sign-in with password and recovery code in a new browser."""
    browser = site.browser()
    browser.post("/sign-in", {"email": person.email, "password": PASSWORD})
    browser.post(
        "/sign-in/code/recovery", {"recovery_code": code}, form_at="/sign-in/code/recovery"
    )
    return browser


def test_they_are_shown_once_and_sign_in_once(site: Site, ben: Person) -> None:
    """Mechanism 27: used twice on every road, the second time is refused."""
    browser = site.signed_in(ben)
    assert "Made, not stored yet" in text_of(browser.get("/profile"))
    ten = made(site, browser)
    for path in ("/profile/recovery-codes", "/profile", "/"):
        assert not SHOWN.findall(browser.get(path).text)
        assert ten[0] not in browser.get(path).text
    inside = without_phone(site, ben, ten[0])
    assert inside.get("/profile").status_code == 200
    assert "9 of 10" in text_of(inside.get("/profile/recovery-codes"))
    again = without_phone(site, ben, ten[0])
    assert again.last is not None
    assert again.last.status_code == 422
    assert "Each works once" in text_of(again.last)
    assert again.get("/profile").headers["location"].startswith("/sign-in")


def test_a_code_of_one_account_opens_no_other(site: Site, ben: Person) -> None:
    """Mechanism 28: every code of one person, tried for another."""
    eve = site.give_password(site.acme.add("Eve"))
    site.acme.enrol(eve)
    site.clock.advance(120)
    ten = made(site, site.signed_in(ben))
    made(site, site.signed_in(eve))
    for code in ten[:2]:
        assert without_phone(site, eve, code).get("/profile").status_code == 303
    assert without_phone(site, ben, ten[0]).get("/profile").status_code == 200


def test_what_has_not_the_form_is_told_and_kept(site: Site, ben: Person) -> None:
    """Nothing is lost, nothing is counted."""
    page = without_phone(site, ben, "1234-abcd").last
    assert page is not None
    assert "A recovery code has 16 signs, a temporary pass has 10. You entered 8." in text_of(page)
    assert 'value="1234-abcd"' in page.text


def test_making_them_needs_a_fresh_factor(site: Site, ben: Person) -> None:
    """After five minutes the page asks for a code first, and goes on from there."""
    browser = site.signed_in(ben)
    browser.get("/profile/recovery-codes")
    site.clock.advance(301)
    page = browser.post("/profile/recovery-codes", form_at="/profile/recovery-codes")
    assert not SHOWN.findall(page.text)
    assert 'action="/confirm"' in page.text


def test_stored_is_a_button_and_few_are_told(site: Site, ben: Person) -> None:
    """On the home page, until it is done; with three left it says so."""
    browser = site.signed_in(ben)
    ten = made(site, browser)
    assert "have not said that they are stored" in text_of(browser.get("/"))
    browser.post("/profile/recovery-codes/stored", form_at="/profile/recovery-codes")
    assert "10 left" in text_of(browser.get("/"))
    for code in ten[:7]:
        without_phone(site, ben, code)
    assert "Only 3 left" in text_of(browser.get("/"))


def test_somebody_without_an_authenticator_is_led_to_their_profile(site: Site) -> None:
    """There is nothing to stand in for."""
    browser = site.signed_in(site.give_password(site.acme.add("Zoe")))
    answer = browser.get("/profile/recovery-codes")
    assert (answer.status_code, answer.headers["location"]) == (303, "/profile")


def test_the_operators_link_leads_from_the_password_to_a_new_set_up(site: Site) -> None:
    """Without the password it opens nothing; with it, the set-up page and no other."""
    olga = site.acme.owner
    site.acme.enrol(olga)
    made = site.acme.call(recovery_link.make, email=olga.email)
    assert isinstance(made, recovery_link.RecoveryLink)
    path, browser = f"/recover/{made.token}", site.browser()
    assert "Sign in with your password first" in text_of(browser.get(path))
    assert browser.post(path).status_code == 401
    fields = {"email": olga.email, "password": PASSWORD, "next": path}
    assert browser.post("/sign-in", fields).headers["location"] == path
    assert "Set up a new authenticator" in text_of(browser.get(path))
    answer = browser.post(path, form_at=path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/enrol/")
    page = browser.get(answer.headers["location"])
    assert "Set up your authenticator app" in text_of(page)
    assert "This takes the place of what you have" in text_of(page)
    assert browser.get("/profile").headers["location"] == "/set-up"
    assert browser.get(path).status_code == 410
