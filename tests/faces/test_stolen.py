"""A password that counts as stolen, on the pages: from the tenth wrong code to a new password."""

import pytest

from tests.faces.conftest import PASSWORD, Browser, Site, text_of
from tests.world import Guesser
from twofold.core.mail import MailKind
from twofold.core.people import Person
from twofold.core.sessions import FRESH

NEW = "quite another long phrase"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is stored is tested with the flows, on both databases."""
    return sqlite_url


@pytest.fixture
def mia(site: Site) -> Person:
    """A member whose password counts as stolen."""
    mia = site.give_password(site.acme.add("Mia"))
    site.acme.enrol(mia)
    Guesser(site.acme, mia).climb(10)
    return site.acme.person(mia.id)


def sign_in(site: Site, browser: Browser, person: Person, password: str = PASSWORD) -> None:
    """The whole road of an unknown browser: password, mailed link, two codes."""
    browser.post("/sign-in", {"email": person.email, "password": password})
    assert "link" in text_of(browser.get("/sign-in/code"))
    browser.post("/sign-in/code/send-link", form_at="/sign-in/code")
    opened = f"/sign-in/code/link/{site.mailed(person, MailKind.CODE_LINK)}"
    assert browser.post(opened, form_at=opened).headers["location"] == "/sign-in/code"
    site.clock.advance(60)
    codes = site.codes(browser, person)
    assert set(codes) == {"code", "next_code"}
    answer = browser.post("/sign-in/code", codes, form_at="/sign-in/code")
    assert answer.status_code == 303, text_of(answer)


def choose(browser: Browser, password: str) -> int:
    """Send the page of the new password; the status."""
    fields = {"password": password, "again": password}
    return browser.post("/new-password", fields, form_at="/new-password").status_code


def test_the_owner_gets_in_by_link_and_pair_and_chooses_a_new_password(
    site: Site, mia: Person
) -> None:
    """Until then everything leads to that page; afterwards everything is open."""
    browser = site.browser()
    sign_in(site, browser, mia)
    assert browser.get("/profile").headers["location"] == "/new-password"
    assert choose(browser, NEW) == 303
    assert browser.get("/profile").status_code == 200
    assert not site.acme.person(mia.id).must_change_password
    assert len(site.acme.mails(mia, MailKind.PASSWORD_CHANGED)) == 1


@pytest.mark.parametrize(
    ("password", "why"), [(PASSWORD, "old password"), ("short", "8"), ("password1", "")]
)
def test_the_old_password_and_a_weak_one_are_refused(
    site: Site, mia: Person, password: str, why: str
) -> None:
    """The page stays, nothing else opens."""
    browser = site.browser()
    sign_in(site, browser, mia)
    assert choose(browser, password) == 422
    assert browser.last is not None
    assert why in text_of(browser.last)
    assert browser.get("/profile").headers["location"] == "/new-password"


def test_the_new_password_ends_what_the_thief_has(site: Site, mia: Person) -> None:
    """Their half-finished sign-in is dead, and the old password opens nothing."""
    thief, browser = site.browser(), site.browser()
    thief.post("/sign-in", {"email": mia.email, "password": PASSWORD})
    sign_in(site, browser, mia)
    choose(browser, NEW)
    assert thief.get("/sign-in/code").headers["location"].startswith("/sign-in?")
    assert thief.post("/sign-in", {"email": mia.email, "password": PASSWORD}).status_code == 422


def test_five_minutes_later_the_page_leads_to_a_new_sign_in(site: Site, mia: Person) -> None:
    """A session that was left open does not choose the password."""
    browser = site.browser()
    sign_in(site, browser, mia)
    page = browser.get("/new-password")
    assert page.status_code == 200
    site.clock.advance(FRESH + 1)
    assert choose(browser, NEW) == 303
    assert browser.last is not None
    assert browser.last.headers["location"] == "/sign-in"
    assert browser.get("/new-password").headers["location"].startswith("/sign-in")
    assert site.acme.person(mia.id).must_change_password


def test_signing_out_stays_open(site: Site, mia: Person) -> None:
    """Whoever does not want to choose now can leave."""
    browser = site.browser()
    sign_in(site, browser, mia)
    answer = browser.post("/sign-out", form_at="/sign-out")
    assert answer.headers["location"] == "/sign-in"


def test_a_forgotten_password_replaces_a_stolen_one_too(site: Site, mia: Person) -> None:
    """By the mailed link; the second step is asked for as before."""
    browser = site.browser()
    browser.post("/forgot-password", {"email": mia.email})
    door = f"/password/{site.mailed(mia, MailKind.PASSWORD_LINK)}"
    answer = browser.post(door, {"password": NEW, "again": NEW}, form_at=door)
    assert answer.status_code in (200, 303), text_of(answer)
    assert not site.acme.person(mia.id).must_change_password
    answer = browser.post("/sign-in", {"email": mia.email, "password": NEW})
    assert answer.headers["location"] == "/sign-in/code"


def test_nobody_else_may_open_the_page(site: Site) -> None:
    """With a password that nobody stole it leads home, by any method."""
    browser = site.signed_in(site.acme.owner)
    assert browser.get("/new-password").headers["location"] == "/"
    answer = browser.post("/new-password", {"password": NEW}, form_at="/profile")
    assert answer.headers["location"] == "/"
    assert browser.post("/sign-out", form_at="/sign-out").status_code == 303
    answer = browser.post("/sign-in", {"email": site.acme.owner.email, "password": PASSWORD})
    assert answer.status_code == 303


def test_without_an_authenticator_a_stolen_password_is_replaced_by_the_mailbox(
    site: Site, mia: Person
) -> None:
    """After the authenticator was removed the password alone must not choose its successor."""
    (only,) = site.world.store.call(lambda tx: tx.authenticators.in_force(mia.id))
    now = site.clock.now()
    site.world.store.call(lambda tx: tx.authenticators.remove(mia.id, only.id, at=now))
    browser = site.browser()
    browser.post("/sign-in", {"email": mia.email, "password": PASSWORD})
    assert browser.get("/profile").headers["location"] == "/new-password"
    assert choose(browser, NEW) == 303
    assert browser.last is not None
    assert browser.last.headers["location"] == "/forgot-password"
    assert site.acme.person(mia.id).must_change_password
