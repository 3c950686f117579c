"""Help with codes: for everybody, with six reasons, in the words of one's app."""

import html
import re

import pytest
from httpx2 import Response

from tests.faces.conftest import PASSWORD, Site, text_of
from twofold.core.apps import App, Platform
from twofold.data import load_apps

APPS = load_apps().apps


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The page asks the database for nothing."""
    return sqlite_url


def causes(page: Response) -> list[str]:
    """The reasons, each as its markup."""
    return re.findall(r'<li class="step".*?</li>(?=\n<li class="step"|\n</ol>)', page.text, re.S)


def test_it_is_there_for_strangers_and_has_six_reasons_with_a_picture_each(site: Site) -> None:
    """Each picture is drawn in the page and says what it shows; none is the same as another."""
    page = site.browser().get("/help")
    assert page.status_code == 200
    found = causes(page)
    assert len(found) == 6
    pictures = [re.findall(r'<svg class="pic".*?</svg>', cause, re.S) for cause in found]
    assert [len(drawn) for drawn in pictures] == [1] * 6
    labels = [re.findall(r'role="img" aria-label="([^"]+)"', drawn[0])[0] for drawn in pictures]
    assert len(set(labels)) == 6
    for anchor in ("used", "entry", "clock", "again", "settings", "locked", "phone", "two-codes"):
        assert page.text.count(f'id="{anchor}"') == 1
        assert anchor == "two-codes" or f'href="#{anchor}"' in page.text


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.id)
def test_every_app_has_its_own_help(site: Site, app: App) -> None:
    """All that is known, word for word, with its sources; and only of this app's device."""
    page = site.browser().get(f"/help?app={app.id}")
    assert page.status_code == 200
    said = text_of(page)
    assert f"What is known about {app.title}" in said
    for guide in (app.clock, app.updating, app.moving, app.typing):
        for step in guide.steps:
            assert step in said
    for quirk in app.quirks:
        assert quirk.says in said
    for source in app.sources:
        assert html.escape(source.where, quote=False) in page.text
    other = Platform.IOS if app.platform is Platform.ANDROID else Platform.ANDROID
    elsewhere = next(device for device in site.world.apps.devices if device.platform is other)
    assert elsewhere.clock.steps[0] not in said


def test_without_a_choice_every_device_has_its_steps(site: Site) -> None:
    """And every app and device is one click away."""
    page = site.browser().get("/help")
    said = text_of(page)
    for device in site.world.apps.devices:
        for step in device.clock.steps:
            assert step in said
    links = re.findall(r'href="/help\?app=([a-z0-9-]+)"', page.text)
    assert sorted(links) == sorted(app.id for app in APPS)
    certified = [app.id for app in site.world.apps.certified]
    assert sorted(links[: len(certified)]) == sorted(certified)


@pytest.mark.parametrize("asked", ["nonsense", "AUTHY-IOS", "../../etc", "%00", "x" * 5000, "<b>"])
def test_an_app_that_is_not_there_is_refused_kindly(site: Site, asked: str) -> None:
    """The page stands with everything on it, says so, and does not repeat what was asked."""
    page = site.browser().get(f"/help?app={asked}")
    assert page.status_code == 404
    assert "We do not know that app" in text_of(page)
    assert len(causes(page)) == 6
    assert "nonsense" not in page.text
    assert "x" * 100 not in page.text


def test_no_app_is_a_choice_too(site: Site) -> None:
    """*Choose another app* leads back to the list."""
    browser = site.browser()
    page = browser.get("/help?app=authy-ios")
    assert 'href="/help?app="' in page.text
    again = browser.get("/help?app=")
    assert again.status_code == 200
    assert "Choose yours" in text_of(again)


def test_the_code_page_links_to_it_in_the_same_bytes_for_everybody(site: Site) -> None:
    """Whatever somebody said about their app, and whatever was wrong: the way to help is one."""
    pages = []
    for name, app in (("Mia", "authy-ios"), ("Ben", "")):
        person = site.give_password(site.acme.add(name))
        member = site.signed_in(person)
        member.get(f"/profile/set-up?app={app}")
        begun = site.acme.pending(person)
        assert begun is not None
        typed = {"code": site.acme.code_of(begun)}
        member.post("/profile/set-up/save", typed, form_at="/profile/set-up")
        assert site.acme.active(person).app == app
        browser = site.browser()
        browser.post("/sign-in", {"email": person.email, "password": PASSWORD})
        first = browser.get("/sign-in/code")
        wrong = site.acme.wrong(site.acme.active(person))
        refused = browser.post("/sign-in/code", {"code": wrong}, form_at="/sign-in/code")
        pages += [
            re.findall(r"<[^>]*href=\"/help[^>]*>[^<]*", page.text) for page in (first, refused)
        ]
    assert '<a href="/help">Code not working?' in pages[0]
    assert pages[0] == pages[2]
    assert pages[1] == pages[3]
    assert set(pages[0]) <= set(pages[1])
