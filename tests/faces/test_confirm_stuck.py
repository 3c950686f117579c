"""A fresh proof that this session cannot give: the page names the road that exists."""

import pytest
from httpx2 import Response

from tests.faces.conftest import PASSWORD, Browser, Site, text_of, token_in
from tests.world import Guesser
from twofold.core.mail import MailKind
from twofold.core.people import Person, Role
from twofold.core.sessions import FRESH

NEW = "quite another long phrase"
TYPED = {"name": "Zoe", "email": "zoe@acme.example", "role": "member"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is stored is tested with the flows, on both databases."""
    return sqlite_url


@pytest.fixture
def eve(site: Site) -> Person:
    """An admin with an authenticator."""
    eve = site.give_password(site.acme.add("Eve", Role.ADMIN))
    site.acme.enrol(eve)
    return eve


def by_link(site: Site, browser: Browser, person: Person, password: str = PASSWORD) -> None:
    """Password, mailed link, two codes."""
    browser.post("/sign-in", {"email": person.email, "password": password})
    browser.post("/sign-in/code/send-link", form_at="/sign-in/code")
    link = f"/sign-in/code/link/{site.mailed(person, MailKind.CODE_LINK)}"
    browser.post(link, form_at=link)
    site.clock.advance(60)
    answer = browser.post("/sign-in/code", site.codes(browser, person), form_at="/sign-in/code")
    assert answer.status_code == 303, text_of(answer)


def in_an_unknown_browser(site: Site, eve: Person) -> Browser:
    """After ten misses: she has got in and chosen a new password, then forgot all browsers; her
    proof is more than five minutes old.
    """
    Guesser(site.acme, eve).climb(10)
    browser = site.browser()
    by_link(site, browser, eve)
    browser.post("/new-password", {"password": NEW}, form_at="/new-password")
    browser.post("/profile/places/end-all", form_at="/profile/places")
    site.clock.advance(FRESH + 1)
    return browser


def leads_to_a_new_sign_in(page: Response) -> None:
    """No field for a code; what to do, and a button for it."""
    assert page.status_code == 403
    assert "Sign out and sign in again." in text_of(page)
    main = page.text[page.text.index("<main") :]
    assert 'method="post" action="/sign-out"' in main
    assert 'name="code"' not in main


def test_where_a_link_would_come_first_the_page_leads_to_a_new_sign_in(
    site: Site, eve: Person
) -> None:
    """By GET and by POST, with the right code too; its button really signs out, and the road
    ends where she wanted to go.
    """
    browser = in_an_unknown_browser(site, eve)
    leads_to_a_new_sign_in(browser.get("/confirm"))
    page = browser.post(
        "/confirm",
        {"code": site.acme.code(eve, steps=-1), "next_code": site.acme.code(eve)},
        form_at="/confirm",
    )
    leads_to_a_new_sign_in(page)
    assert browser.post("/sign-out", {"csrf": token_in(page)}).headers["location"] == "/sign-in"
    by_link(site, browser, eve, NEW)
    assert browser.post("/people/add", TYPED, form_at="/people/add").status_code == 303


def test_a_form_that_came_without_a_proof_is_told_that_it_is_not_kept(
    site: Site, eve: Person
) -> None:
    """And does nothing."""
    browser = in_an_unknown_browser(site, eve)
    before = len(site.acme.events())
    page = browser.post("/people/add", TYPED, form_at="/people/add")
    leads_to_a_new_sign_in(page)
    assert "What you entered is not kept." in text_of(page)
    assert "What you entered" not in text_of(browser.get("/confirm"))
    assert len(site.acme.events()) == before


def test_a_stopped_authenticator_leads_to_whom_to_ask(site: Site, eve: Person) -> None:
    """Signing in again would not help, so it is not offered; also where an unlock has forgotten
    the failures themselves.
    """
    browser = site.signed_in(eve)
    now = site.clock.now()
    site.world.store.call(lambda tx: tx.authenticators.disable(eve.id, at=now))
    site.clock.advance(FRESH + 1)
    for page in (
        browser.get("/confirm"),
        browser.post("/confirm", {"code": site.acme.code(eve)}, form_at="/profile"),
        browser.post("/people/add", TYPED, form_at="/people/add"),
    ):
        assert page.status_code == 403
        assert "Your authenticator is stopped. Ask an owner." in text_of(page)
        assert "sign in again" not in text_of(page)
        assert 'name="code"' not in page.text
