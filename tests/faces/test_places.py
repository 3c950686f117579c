"""Where one is signed in, on the pages: what the list shows, and ending things from it."""

import re

import pytest

from tests.faces.conftest import Browser, Site, text_of
from twofold.core.people import Person


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is stored is tested with the flows, on both databases."""
    return sqlite_url


@pytest.fixture
def mia(site: Site) -> Person:
    """A member, enrolled."""
    mia = site.give_password(site.acme.add("Mia"))
    site.acme.enrol(mia)
    return mia


def rows(browser: Browser, act: str) -> list[str]:
    """What the buttons of one kind name their rows by."""
    page = browser.get("/profile/places")
    assert page.status_code == 200, text_of(page)
    forms = re.findall(r"<form[^>]*>.*?</form>", page.text, flags=re.S)
    found = [re.search(r'name="row" value="([^"]+)"', form) for form in forms if act in form]
    return [one.group(1) for one in found if one]


def end(browser: Browser, act: str, row: str) -> int:
    """Press the button of a row; the status."""
    return browser.post(
        f"/profile/places/{act}", {"row": row}, form_at="/profile/places"
    ).status_code


def test_another_session_is_ended_on_its_next_request(site: Site, mia: Person) -> None:
    """One's own goes on."""
    phone, desk = site.signed_in(mia), site.signed_in(mia)
    assert phone.get("/profile").status_code == 200
    for row in rows(desk, "end-session"):
        end(desk, "end-session", row)
    assert phone.get("/profile").headers["location"].startswith("/sign-in")
    assert desk.get("/profile").status_code == 200


def test_everything_else_is_ended_at_once(site: Site, mia: Person) -> None:
    """Other sessions and known browsers; this session stays."""
    phone, desk = site.signed_in(mia), site.signed_in(mia)
    answer = desk.post("/profile/places/end-all", form_at="/profile/places")
    assert answer.status_code == 303
    assert phone.get("/profile").status_code == 303
    assert desk.get("/profile").status_code == 200
    assert rows(desk, "end-browser") == []


def test_a_browser_is_forgotten_with_its_sessions(site: Site, mia: Person) -> None:
    """The phone is out, and has to prove itself as a stranger."""
    phone = site.signed_in(mia)
    desk = site.signed_in(mia)
    for row in rows(desk, "end-browser"):
        assert end(desk, "end-browser", row) == 303
    assert phone.get("/profile").status_code == 303
    assert site.world.store.call(lambda tx: tx.browsers.of(mia.id)) == []


def test_rows_of_others_do_not_exist(site: Site, mia: Person) -> None:
    """Neither what another person's page names them by, nor ids, nor nothing."""
    owner = site.signed_in(site.acme.owner)
    site.signed_in(site.acme.owner)
    desk = site.signed_in(mia)
    foreign = rows(owner, "end-session") + rows(owner, "end-browser")
    assert foreign
    sessions = site.world.store.call(lambda tx: tx.sessions.of(site.acme.owner_id))
    browsers = site.world.store.call(lambda tx: tx.browsers.of(site.acme.owner_id))
    ids = [one.id for one in (*sessions, *browsers)]
    for row in (*foreign, *ids, "", "x"):
        for act in ("end-session", "end-browser"):
            assert end(desk, act, row) == 404
    assert site.acme.sessions(site.acme.owner) == len(sessions)
    assert site.world.store.call(lambda tx: tx.browsers.of(site.acme.owner_id)) == browsers


def test_the_list_names_no_id_and_no_token(site: Site, mia: Person) -> None:
    """Forms are bound to the ids, and the cookies are secrets."""
    desk = site.signed_in(mia)
    page = desk.get("/profile/places").text
    sessions = site.world.store.call(lambda tx: tx.sessions.of(mia.id))
    browsers = site.world.store.call(lambda tx: tx.browsers.of(mia.id))
    for secret in (*(one.id for one in (*sessions, *browsers)), *desk.client.cookies.values()):
        assert secret not in page


def test_the_list_says_which_browser_and_where(site: Site, mia: Person) -> None:
    """In words that a person knows, never the whole user agent."""
    desk = site.signed_in(mia)
    text = text_of(desk.get("/profile/places"))
    assert "Firefox on Linux" in text
    assert "testclient" in text
    assert "Mozilla/5.0" not in text
