"""An authenticator that was disabled after too many wrong codes, on its owner's own pages."""

import pytest

from tests.faces.conftest import PASSWORD, Browser, Site, text_of
from twofold.core.people import Person, Role
from twofold.core.sessions import FRESH

SET_UP_AGAIN = 'action="/profile/set-up"'


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is stored is tested with the flows, on both databases."""
    return sqlite_url


def stopped(site: Site, role: Role = Role.MEMBER) -> tuple[Person, Browser]:
    """Somebody whose authenticator is disabled while they are signed in."""
    mia = site.give_password(site.acme.add("Mia", role))
    active = site.acme.active(site.acme.enrol(mia).person)
    browser = site.signed_in(mia)
    now = site.clock.now()
    assert site.world.store.call(lambda tx: tx.authenticators.disable(active.person_id, at=now))
    return mia, browser


helpers = pytest.mark.parametrize(
    ("role", "helper"),
    [
        (Role.MEMBER, "the help desk or an admin"),
        (Role.HELPDESK, "an admin"),
        (Role.ADMIN, "an owner"),
        (Role.OWNER, "the operator of this server"),
    ],
)


@helpers
def test_my_profile_says_since_when_it_is_stopped_and_whom_to_ask(
    site: Site, role: Role, helper: str
) -> None:
    """Nothing on it claims that the second step works; a member is told what the admin presses."""
    _, browser = stopped(site, role)
    site.clock.advance(FRESH + 1)
    page = browser.get("/profile")
    said = text_of(page)
    assert f"Your authenticator is stopped. Ask {helper}." in said
    assert '<dt>Stopped</dt><dd><time datetime="2026-09-10T' in page.text
    assert ("Invitation to set up again" in said) == (role is not Role.OWNER)
    for untrue in ("two steps", "keeps working", "yours is set up"):
        assert untrue not in said
    assert SET_UP_AGAIN not in page.text


def test_set_up_again_is_offered_while_it_can_work(site: Site) -> None:
    """For five minutes after the last right code: then the set-up asks for a code in vain."""
    _, browser = stopped(site)
    assert SET_UP_AGAIN in browser.get("/profile").text
    assert "QR code" in browser.get("/profile/set-up").text
    site.clock.advance(FRESH + 1)
    assert SET_UP_AGAIN not in browser.get("/profile").text
    assert browser.get("/profile/set-up").headers["location"].startswith("/confirm")


def test_the_home_page_does_not_call_it_done(site: Site) -> None:
    """It is the first thing to do, and leads to My Profile."""
    _, browser = stopped(site)
    said = text_of(browser.get("/"))
    assert "One thing to do." in said
    assert "Stopped: no code of it counts." in said
    assert "Your sign-in takes two steps" not in said


@helpers
def test_at_the_sign_in_the_same_one_is_named(site: Site, role: Role, helper: str) -> None:
    """Nobody is sent to somebody who may not help them."""
    mia, _ = stopped(site, role)
    browser = site.browser()
    browser.post("/sign-in", {"email": mia.email, "password": PASSWORD})
    page = browser.get("/sign-in/code")
    assert page.status_code == 403
    assert f"Ask {helper}." in text_of(page)
