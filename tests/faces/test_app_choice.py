"""Choosing an app at the set-up: its steps, where it is kept, and where it is shown."""

import re

import pytest

from tests.faces.conftest import PASSWORD, Browser, Site, text_of
from twofold.core.apps import App, Fact
from twofold.core.authenticators import Totp
from twofold.core.mail import MailKind
from twofold.core.people import Person
from twofold.data import load_apps

APPS = load_apps().apps
OWN = "/profile/set-up"
MICROSOFT, AUTHY = "microsoft-authenticator-android", "authy-ios"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is stored is tested with the flows, on both databases."""
    return sqlite_url


@pytest.fixture
def mia(site: Site) -> Person:
    """A member, not enrolled."""
    return site.give_password(site.acme.add("Mia"))


def pending(site: Site, person: Person) -> Totp:
    """The person's set-up."""
    found = site.acme.pending(person)
    assert found is not None
    return found


def key_in(browser: Browser, path: str) -> str:
    """The key on the set-up page."""
    found = re.search(r'id="setup-key">(.*?)</code>', browser.get(path).text)
    assert found
    return re.sub("<[^>]+>", "", found[1])


def save(site: Site, browser: Browser, person: Person) -> None:
    """Type the right code and press Save; the recovery codes come with it."""
    typed = {"code": site.acme.code_of(pending(site, person))}
    saved = browser.post(f"{OWN}/save", typed, form_at=OWN)
    assert "Two-factor authentication is on" in text_of(saved)


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.id)
def test_the_steps_become_those_of_the_app(site: Site, mia: Person, app: App) -> None:
    """One click, and the page says what to press in this very app."""
    page = site.signed_in(mia).get(f"{OWN}?app={app.id}")
    assert page.status_code == 200
    said = text_of(page)
    assert app.title in said
    scans = app.scan.says != "no"
    assert (f"Scan this QR code with {app.name}" in said) is scans
    for step in (*(app.scanning.steps if scans else ()), *app.typing.steps, *app.updating.steps):
        assert step in said
    told: tuple[Fact, ...] = app.warnings
    assert all(quirk.says in said for quirk in told)
    assert f'href="/help?app={app.id}"' in page.text
    assert pending(site, mia).app == app.id


def test_without_a_choice_the_steps_are_for_any_app(site: Site, mia: Person) -> None:
    """Every app and device is one click away; nobody has to choose."""
    browser = site.signed_in(mia)
    page = browser.get(OWN)
    assert "Scan this QR code with the app" in text_of(page)
    links = re.findall(rf'href="{OWN}\?app=([a-z0-9-]+)"', page.text)
    assert sorted(links) == sorted(app.id for app in APPS)
    save(site, browser, mia)
    assert site.acme.active(mia).app == ""
    assert "Not said at the set-up" in text_of(browser.get("/profile"))


def test_the_choice_keeps_the_secret_and_outlives_wrong_codes(site: Site, mia: Person) -> None:
    """Nothing has to be scanned again after choosing, and nothing chosen again after a mistake."""
    browser = site.signed_in(mia)
    key = key_in(browser, OWN)
    assert key_in(browser, f"{OWN}?app={AUTHY}") == key
    wrong = {"code": site.acme.wrong(pending(site, mia))}
    refused = browser.post(f"{OWN}/save", wrong, form_at=OWN)
    assert refused.status_code == 422
    assert "Scan this QR code with Twilio Authy" in text_of(refused)
    assert f'href="{OWN}?app="' in refused.text
    assert key_in(browser, OWN) == key


def test_another_app_or_none_can_be_chosen_until_the_end(site: Site, mia: Person) -> None:
    """The last choice counts; it is shown to the person and to admins, with the way to its help."""
    browser = site.signed_in(mia)
    for app, kept in ((AUTHY, AUTHY), ("", ""), (MICROSOFT, MICROSOFT)):
        browser.get(f"{OWN}?app={app}")
        assert pending(site, mia).app == kept
    save(site, browser, mia)
    admin = site.signed_in(site.acme.owner)
    for page in (browser.get("/profile"), admin.get(f"/people/{mia.id}")):
        assert "Microsoft Authenticator on Android" in text_of(page)
        assert f'href="/help?app={MICROSOFT}"' in page.text


def test_an_app_that_is_not_there_changes_nothing(site: Site, mia: Person) -> None:
    """The set-up stands with the choice that was made before, and the page says what happened."""
    browser = site.signed_in(mia)
    browser.get(f"{OWN}?app={AUTHY}")
    page = browser.get(f"{OWN}?app=nonsense")
    assert page.status_code == 404
    assert "We do not know that app" in text_of(page)
    assert "nonsense" not in page.text
    assert pending(site, mia).app == AUTHY
    save(site, browser, mia)


def test_the_choice_survives_the_question_for_a_proof(site: Site, mia: Person) -> None:
    """Somebody who was asked for the password first comes back to the app that they chose."""
    browser = site.signed_in(mia)
    site.clock.advance(600)
    asked = browser.get(f"{OWN}?app={AUTHY}")
    assert asked.status_code == 303
    page = browser.get(asked.headers["location"])
    following = re.search(r'name="next" value="([^"]+)"', page.text)
    assert following
    answer = browser.post(
        "/confirm", {"password": PASSWORD, "next": following[1]}, form_at="/confirm"
    )
    assert answer.headers["location"] == f"{OWN}?app={AUTHY}"


def test_the_demanded_set_up_has_the_same_choice(site: Site, mia: Person) -> None:
    """On the road of the mailed link, with links that stay on it."""
    site.acme.switch_on()
    link = f"/enrol/{site.mailed(mia, MailKind.SWITCHED_ON)}"
    browser = site.browser()
    browser.post("/sign-in", {"email": mia.email, "password": PASSWORD})
    assert f'href="{link}?app={MICROSOFT}"' in browser.get(link).text
    page = browser.get(f"{link}?app={MICROSOFT}")
    assert "Scan this QR code with Microsoft Authenticator" in text_of(page)
    typed = {"code": site.acme.code_of(pending(site, mia))}
    saved = browser.post(link, typed, form_at=link)
    assert "Two-factor authentication is on" in text_of(saved)
    assert site.acme.active(mia).app == MICROSOFT


def test_an_app_that_has_left_the_catalogue_is_not_shown(site: Site, mia: Person) -> None:
    """An id of an older version is nobody's name."""
    browser = site.signed_in(mia)
    browser.get(OWN)
    begun = pending(site, mia)
    site.world.store.call(lambda tx: tx.authenticators.set_app(begun.id, "gone-ios"))
    assert "Choose yours" in text_of(browser.get(OWN))
    save(site, browser, mia)
    page = browser.get("/profile")
    assert "gone-ios" not in page.text
    assert "Not said at the set-up" in text_of(page)
