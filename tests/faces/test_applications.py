"""Account → Applications: keys made, rotated and ended by an admin, each shown once."""

import re

import pytest

from tests.faces.api import api
from tests.faces.conftest import Browser, Site, text_of, token_in
from twofold.core.mail import MailKind
from twofold.flows import applications

PAGE = "/account/applications"
KEY = re.compile(r"twofold_key_[A-Za-z0-9_-]{43}")
NEW = {"name": "Shop", "scope-verify": "yes"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The pages; what stands behind them is tested on both databases."""
    return sqlite_url


@pytest.fixture
def olga(site: Site) -> Browser:
    """The owner, signed in just now."""
    return site.signed_in(site.acme.owner)


def key_in(page: object) -> str:
    """The key that a page shows."""
    (key,) = KEY.findall(page.text)  # type: ignore[attr-defined]
    return str(key)


def the_one(site: Site) -> applications.View:
    """The only application."""
    (view,) = site.acme.store.call(applications.list_applications, account_id=site.acme.account_id)
    return view


def test_a_key_is_made_shown_once_and_works(site: Site, olga: Browser) -> None:
    """The list shows that it was used, and never the key."""
    assert "No application has codes checked here yet" in text_of(olga.get(PAGE))
    made = olga.post(PAGE, NEW, form_at=PAGE)
    assert made.status_code == 200
    assert made.headers["cache-control"] == "no-store"
    assert api(site, key_in(made)).verify("u-17", "123456").status_code == 403
    listed = olga.get(PAGE)
    assert KEY.findall(listed.text) == []
    assert "Shop" in listed.text
    assert "Never" not in text_of(listed)
    assert site.acme.mails(site.acme.owner, MailKind.APPLICATION_CHANGED)
    assert 'href="/account/applications"' in olga.get("/account").text


def test_a_new_key_goes_on_where_the_old_one_ends(site: Site, olga: Browser) -> None:
    """After the hours that the form says."""
    old = api(site, key_in(olga.post(PAGE, NEW, form_at=PAGE)))
    path = f"{PAGE}/{the_one(site).application.id}/rotate"
    new = api(site, key_in(olga.post(path, {"hours": "1"}, form_at=PAGE)))
    assert "Works until" in text_of(olga.get(PAGE))
    site.clock.advance(3600)
    assert old.verify("u-17", "123456").status_code == 401
    assert new.verify("u-17", "123456").status_code == 403


def test_a_key_and_an_application_end_at_once(site: Site, olga: Browser) -> None:
    """And cannot be ended twice."""
    shop = api(site, key_in(olga.post(PAGE, NEW, form_at=PAGE)))
    view = the_one(site)
    path = f"{PAGE}/keys/{view.keys[0].id}/end"
    assert olga.post(path, form_at=PAGE).headers["location"] == PAGE
    assert shop.verify("u-17", "123456").status_code == 401
    assert olga.post(path, form_at=PAGE).status_code == 404
    path = f"{PAGE}/{view.application.id}/end"
    assert olga.post(path, form_at=PAGE).headers["location"] == PAGE
    assert olga.post(path, form_at=PAGE).status_code == 404
    rotate = f"{PAGE}/{view.application.id}/rotate"
    assert olga.post(rotate, {"hours": "1"}, form_at=PAGE).status_code == 404


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({**NEW, "name": ""}, "Enter a name"),
        ({"name": "Shop"}, "Choose at least one thing that the application may do."),
    ],
)
def test_what_is_missing_is_said_beside_its_field(
    olga: Browser, fields: dict[str, str], sentence: str
) -> None:
    """Nothing is made."""
    answer = olga.post(PAGE, fields, form_at=PAGE)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert KEY.findall(answer.text) == []


@pytest.mark.parametrize("hours", ["", "x", "-1", "721", "9" * 7])
def test_hours_that_cannot_be_are_refused(site: Site, olga: Browser, hours: str) -> None:
    """With a sentence, and no new key."""
    olga.post(PAGE, NEW, form_at=PAGE)
    path = f"{PAGE}/{the_one(site).application.id}/rotate"
    answer = olga.post(path, {"hours": hours}, form_at=PAGE)
    assert answer.status_code == 422
    assert len(the_one(site).keys) == 1


def test_it_takes_a_fresh_proof(site: Site, olga: Browser) -> None:
    """Six minutes after the sign-in nothing is made before the person has proved themselves."""
    csrf = token_in(olga.get(PAGE))
    site.clock.advance(360)
    answer = olga.post(PAGE, {**NEW, "csrf": csrf})
    assert "Confirm that it is you" in text_of(answer)
    assert (
        site.acme.store.call(applications.list_applications, account_id=site.acme.account_id) == []
    )
