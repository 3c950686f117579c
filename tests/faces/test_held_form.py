"""A form that was sent without a fresh proof: nothing typed is lost, and it is sent on once."""

import html
import re

import pytest
from httpx2 import Response

from tests.faces.conftest import PASSWORD, Browser, Site, text_of, token_in
from twofold.core.events import EventKind
from twofold.core.people import Person, Role
from twofold.core.sessions import FRESH

NAME = """Zoë “the cat” O'Neill & "<b>Sons</b>" 50% + ½ &amp;"""
TYPED = {"name": NAME, "email": "zoe+x@acme.example", "role": "member"}
NEW = "quite another long phrase"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The form travels through pages; what it does in the end is tested on both databases."""
    return sqlite_url


@pytest.fixture
def eve(site: Site) -> Person:
    """An admin, enrolled."""
    eve = site.give_password(site.acme.add("Eve", Role.ADMIN))
    site.acme.enrol(eve)
    return eve


@pytest.fixture
def browser(site: Site, eve: Person) -> Browser:
    """Her browser, with a session whose proof is more than five minutes old."""
    browser = site.signed_in(eve)
    site.clock.advance(FRESH + 30)
    return browser


def hidden(page: Response) -> dict[str, str]:
    """The hidden fields of the confirm page, as a browser would send them back."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {html.unescape(name): html.unescape(value) for name, value in found}


def hold(
    browser: Browser, path: str = "/people/add", typed: dict[str, str] | None = None
) -> dict[str, str]:
    """Send a form too late; what the confirm page carries along."""
    page = browser.post(path, TYPED if typed is None else typed, form_at="/people/add")
    assert page.status_code == 200
    assert "Confirm that it is you" in page.text
    return hidden(page)


def added(site: Site) -> list[str]:
    """The names of the people who were added so far, the newest first."""
    events = site.acme.events(EventKind.PERSON_ADDED)
    return [site.acme.person(event.subject_id or "").name for event in events]


def test_what_was_typed_is_sent_on_after_the_code(
    site: Site, eve: Person, browser: Browser
) -> None:
    """As it was typed, to the letter that the page itself would have got."""
    before = added(site)
    carried = hold(browser)
    assert added(site) == before
    answer = browser.post("/confirm", {**carried, "code": site.acme.code(eve)})
    assert answer.status_code in (200, 303), text_of(answer)
    assert added(site) == [NAME, *before]


def test_nothing_is_lost_over_wrong_codes(site: Site, eve: Person, browser: Browser) -> None:
    """The form is still there after a wrong one, a malformed one and a used one."""
    carried = hold(browser, typed={**TYPED, "name": "Zoe"})
    kept = {name: value for name, value in carried.items() if name != "csrf"}
    for code in (site.acme.wrong(site.acme.active(eve)), "12", ""):
        page = browser.post("/confirm", {**carried, "code": code})
        assert page.status_code == 422
        assert {name: value for name, value in hidden(page).items() if name != "csrf"} == kept
    answer = browser.post("/confirm", {**carried, "code": site.acme.code(eve)})
    assert answer.status_code in (200, 303)
    assert added(site)[0] == "Zoe"


def test_a_held_form_is_sent_on_once(site: Site, eve: Person, browser: Browser) -> None:
    """A second press with the same code finds it used: one person is added."""
    carried = hold(browser, typed={**TYPED, "name": "Zoe"})
    sent = {**carried, "code": site.acme.code(eve)}
    assert browser.post("/confirm", sent).status_code in (200, 303)
    before = added(site)
    again = browser.post("/confirm", {**sent, "held.email": "other@acme.example"})
    assert again.status_code == 422
    assert added(site) == before


@pytest.mark.parametrize(
    "path",
    [
        "/sign-out",
        "/profile/places/end-all",
        "/profile/set-up/save",
        "/new-password",
        "/profile/password",
        "/confirm",
        "/no-such-page",
        "//evil.example/people/add",
        "https://evil.example/people/add",
        "/people/add?x=1",
        "/people/add/",
        "",
    ],
)
def test_only_a_page_that_asked_for_the_proof_is_sent_to(
    site: Site, eve: Person, browser: Browser, path: str
) -> None:
    """Whatever the held path was turned into: nothing happens there, and one goes home."""
    carried = hold(browser, typed={**TYPED, "name": "Zoe"})
    events = len(site.acme.events())
    sent = {**carried, "held_path": path, "code": site.acme.code(eve)}
    answer = browser.post("/confirm", sent)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/")
    assert not answer.headers["location"].startswith("//")
    fresh = [event.kind for event in site.acme.events()[: len(site.acme.events()) - events]]
    assert fresh == [EventKind.CODE_ACCEPTED]
    assert browser.get("/people").status_code == 200


def test_the_role_is_checked_again_when_it_is_sent_on(
    site: Site, eve: Person, browser: Browser
) -> None:
    """Somebody who is no admin any more proves the code and adds nobody."""
    carried = hold(browser)
    site.world.store.call(lambda tx: tx.people.set_role(eve.id, Role.MEMBER))
    before = added(site)
    answer = browser.post("/confirm", {**carried, "code": site.acme.code(eve)})
    assert answer.status_code == 403
    assert added(site) == before


def test_a_member_holds_no_form_of_an_admins_page(site: Site) -> None:
    """Made up by hand, it is refused after the proof as it would have been before."""
    mia = site.give_password(site.acme.add("Mia"))
    site.acme.enrol(mia)
    browser = site.signed_in(mia)
    site.clock.advance(30)
    before = added(site)
    held = {f"held.{name}": value for name, value in TYPED.items()}
    sent = {"held_path": "/people/add", **held, "code": site.acme.code(mia)}
    answer = browser.post("/confirm", sent, form_at="/profile")
    assert answer.status_code == 403
    assert added(site) == before


def test_passwords_never_travel(site: Site, eve: Person, browser: Browser) -> None:
    """Neither the old nor the new one stands in the confirm page, and made up by hand they are
    not sent on.
    """
    typed = {"current": PASSWORD, "password": NEW, "again": NEW}
    page = browser.post("/profile/password", typed, form_at="/profile")
    assert "Confirm that it is you" in page.text
    assert PASSWORD not in page.text
    assert NEW not in page.text
    assert not any(name.startswith("held.") for name in hidden(page))
    assert hidden(page)["next"] == "/profile"
    held = {f"held.{name}": value for name, value in typed.items()}
    sent = {"held_path": "/profile/password", **held, "code": site.acme.code(eve)}
    assert browser.post("/confirm", sent, form_at="/profile").status_code == 303
    assert site.acme.events(EventKind.PASSWORD_CHANGED) == []


def test_the_confirmation_needs_the_sessions_own_form_token(
    site: Site, eve: Person, browser: Browser
) -> None:
    """A page elsewhere cannot send a held form through it."""
    carried = hold(browser, typed={**TYPED, "name": "Zoe"})
    other = site.signed_in(site.acme.owner)
    foreign = token_in(other.get("/profile"))
    before = added(site)
    for token in ("", foreign):
        sent = {**carried, "csrf": token, "code": site.acme.code(eve)}
        assert browser.post("/confirm", sent).status_code == 403
    assert added(site) == before
    assert browser.post("/confirm", {**carried, "code": site.acme.code(eve)}).status_code != 403
    assert added(site)[0] == "Zoe"


def test_somebody_without_a_factor_proves_the_password(site: Site) -> None:
    """And the form goes on all the same, after wrong ones too."""
    owner = site.acme.owner
    browser = site.signed_in(owner)
    site.clock.advance(FRESH + 1)
    carried = hold(browser, typed={**TYPED, "name": "Zoe"})
    page = browser.post("/confirm", {**carried, "password": "wrong"})
    assert page.status_code == 422
    assert hidden(page)["held.name"] == "Zoe"
    browser.post("/confirm", {**carried, "password": PASSWORD})
    assert added(site)[0] == "Zoe"


def test_a_disabled_authenticator_sends_nothing_on(
    site: Site, eve: Person, browser: Browser
) -> None:
    """No code helps, also not the right one."""
    carried = hold(browser, typed={**TYPED, "name": "Zoe"})
    site.world.store.call(lambda tx: tx.authenticators.disable(eve.id, at=site.clock.now()))
    before = added(site)
    answer = browser.post("/confirm", {**carried, "code": site.acme.code(eve, steps=1)})
    assert answer.status_code == 403
    assert added(site) == before
