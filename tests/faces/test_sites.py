"""Account → Protected sites, and the page between Twofold and a protected site."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.faces.conftest import Browser, Site, text_of
from tests.faces.test_redirects import FOREIGN
from twofold.core.events import EventKind
from twofold.core.people import Person
from twofold.core.tokens import Purpose, digest
from twofold.flows import sites

PAGE, HOST = "/account/sites", "wiki.example.org"
TEXT = f"https://{HOST}\n  /          session\n  /admin     second factor, fresh 15\n  /passkeys  phishing-resistant\n  /owners    session, role owner\n"  # noqa: E501
BEGUN = digest(Purpose.SITE_BEGUN, "b" * 43).hex()


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What stands behind these pages is tested on both databases."""
    return sqlite_url


@pytest.fixture
def admin(site: Site) -> Browser:
    """The owner, signed in just now."""
    return site.signed_in(site.acme.owner)


@pytest.fixture
def mia(site: Site) -> Person:
    """A member who can type a password."""
    return site.give_password(site.acme.add("Mia"))


def save(admin: Browser, text: str = TEXT) -> None:
    """Save the text on the page."""
    answer = admin.post(PAGE, {"sites": text}, form_at=PAGE)
    assert answer.status_code == 303, text_of(answer)


def address(page: str = "/", **changed: str) -> str:
    """Where the site leads to."""
    given = {"site": HOST, "begun": BEGUN, "to": page} | changed
    return "/sites/enter?" + "&".join(f"{name}={value}" for name, value in given.items())


def test_sites_are_saved_and_shown(site: Site, admin: Browser) -> None:
    """In the form in which they are kept, with an entry in the log."""
    assert f'href="{PAGE}"' in admin.get("/account").text
    save(admin, TEXT.replace("  ", " "))
    assert TEXT in admin.get(PAGE).text
    assert [e.kind for e in site.acme.events()][0] is EventKind.SITES_CHANGED


def test_what_is_wrong_is_said_with_its_line(site: Site, admin: Browser) -> None:
    """Nothing is saved, and nothing that was typed is lost."""
    wrong = f"https://{HOST}\n / sesion\n"
    answer = admin.post(PAGE, {"sites": wrong}, form_at=PAGE)
    assert answer.status_code == 422
    assert "Line 2: “sesion” is none of" in text_of(answer)
    assert "/ sesion" in answer.text
    listed = site.world.store.call(sites.list_sites, account_id=site.acme.account_id)
    assert listed.sites == ()


def test_twofold_does_not_protect_its_own_host(admin: Browser) -> None:
    """Whatever the port: cookies do not tell ports apart."""
    answer = admin.post(PAGE, {"sites": "http://localhost:9\n / session"}, form_at=PAGE)
    assert "where Twofold itself lives" in text_of(answer)


def test_saving_asks_for_a_fresh_proof(site: Site, admin: Browser) -> None:
    """And keeps what was typed on the way through it."""
    site.clock.advance(301)
    answer = admin.post(PAGE, {"sites": TEXT}, form_at=PAGE)
    assert "Confirm that it is you" in answer.text
    assert "held.sites" in answer.text


def test_the_preview_says_what_would_happen(site: Site, admin: Browser, mia: Person) -> None:
    """With the rules in the form, not those that are saved; and what it does not know."""
    asked = {"sites": TEXT, "url": f"https://{HOST}/admin/x", "email": mia.email}
    answer = admin.post(f"{PAGE}/try", asked, form_at=PAGE)
    words = text_of(answer)
    assert answer.status_code == 200
    assert "The rule for /admin, and everything under it, decides" in words
    assert "With the password alone Asked for a stronger or fresher proof." in words
    assert "With a code, just now Opens." in words
    assert "Not signed in Asked to sign in." in words
    shut = admin.post(f"{PAGE}/try", asked | {"url": f"https://{HOST}/ADMIN"}, form_at=PAGE)
    assert "No rule decides" in text_of(shut)
    assert "With a passkey, just now Stays shut." in text_of(shut)
    for changed, said in (
        ({"url": "https://x.example.org/"}, "No site of the list"),
        ({"email": "nobody@acme.example"}, "Nobody of Acme"),
        ({"sites": "x"}, "Line 1"),
    ):
        assert said in text_of(admin.post(f"{PAGE}/try", asked | changed, form_at=PAGE))
    assert site.world.store.call(sites.list_sites, account_id=site.acme.account_id).sites == ()


def test_the_way_to_a_site_leads_over_the_sign_in(site: Site, admin: Browser, mia: Person) -> None:
    """And from there on with a ticket, to the page that was asked for."""
    save(admin)
    browser = site.browser()
    led = browser.get(address("/a%3Fb%3D1")).headers["location"]
    assert led.startswith("/sign-in?next=/sites/enter")
    following = parse_qs(urlsplit(led).query)["next"][0]
    answer = browser.post(
        "/sign-in", {"email": mia.email, "password": "a long enough phrase", "next": following}
    )
    assert answer.headers["location"] == following
    page = browser.get(following)
    assert page.status_code == 200
    assert "Going on to https://wiki.example.org" in text_of(page)
    where = page.headers["refresh"].removeprefix("0; url=")
    assert where.startswith(f"https://{HOST}/.twofold/callback?ticket=")
    assert where.endswith("&to=/a%3Fb%3D1")


def test_a_browser_that_comes_from_the_site_is_led_on_at_once(site: Site, admin: Browser) -> None:
    """No form of ours was sent, so no policy of ours holds the redirect."""
    save(admin)
    for came_from in ("cross-site", "same-site", "none"):
        admin.client.headers["sec-fetch-site"] = came_from
        answer = admin.get(address())
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(f"https://{HOST}/.twofold/callback?ticket=")


@pytest.mark.parametrize("foreign", FOREIGN)
def test_no_way_leads_to_a_host_that_is_not_listed(
    site: Site, admin: Browser, foreign: str
) -> None:
    """As the site, as the page, whatever it is dressed as (open redirects)."""
    save(admin)
    answer = admin.client.get("/sites/enter", params={"site": foreign, "begun": BEGUN, "to": "/"})
    assert answer.status_code in (400, 404)
    answer = admin.client.get(
        "/sites/enter",
        params={"site": HOST, "begun": BEGUN, "to": foreign},
        headers={"sec-fetch-site": "cross-site"},
    )
    where = urlsplit(answer.headers["location"])
    assert (where.scheme, where.netloc, where.path) == ("https", HOST, "/.twofold/callback")
    page = parse_qs(where.query)["to"][0]
    assert page.startswith("/")
    assert not page.startswith(("//", "/\\"))


def test_an_address_that_is_not_whole_is_refused(site: Site, admin: Browser) -> None:
    """Without the mark of a browser no ticket is made."""
    save(admin)
    for changed in ({"begun": ""}, {"begun": "x" * 64}, {"begun": BEGUN[:-1]}, {"site": ""}):
        assert admin.get(address(**changed)).status_code == 400
    assert admin.get(address(site="x.example.org")).status_code == 404


def test_what_is_missing_is_asked_for(site: Site, admin: Browser, mia: Person) -> None:
    """A second step that there is not yet, a passkey, a fresh proof; or it is not open at all."""
    save(admin)
    browser = site.signed_in(mia)
    answer = browser.get(address("/admin"))
    assert answer.status_code == 403
    assert "A second step is missing" in text_of(answer)
    assert "A passkey is missing" in text_of(browser.get(address("/passkeys")))
    answer = browser.get(address("/owners"))
    assert answer.status_code == 403
    assert "is not open to you, Mia" in text_of(answer)
    site.acme.enrol(mia)
    site.clock.advance(60)
    browser = site.signed_in(mia)
    assert "refresh" in browser.get(address("/admin")).headers
    site.clock.advance(901)
    led = browser.get(address("/admin")).headers["location"]
    assert led.startswith("/confirm?next=/sites/enter")
    asked = browser.get(led)
    assert "asks for a proof now" in text_of(asked)
    form = {"code": site.acme.code(mia), "next": parse_qs(urlsplit(led).query)["next"][0]}
    done = browser.post("/confirm", form, form_at=led)
    assert done.headers["location"].startswith("/sites/enter?")
    assert "refresh" in browser.get(done.headers["location"]).headers
