"""The pages of the second mail address."""

import pytest

from tests.faces.conftest import Site, text_of
from twofold.core.mail import MailKind
from twofold.core.people import MINUTE, Person

PATH = "/profile/addresses"
SECOND = "ben@home.example"


@pytest.fixture
def ben(site: Site) -> Person:
    """A member with an authenticator."""
    ben = site.give_password(site.acme.add("Ben"))
    site.acme.enrol(ben)
    site.clock.advance(60)
    return ben


def test_it_is_added_confirmed_and_removed(site: Site, ben: Person) -> None:
    """Every page says where it stands; the link is used by a button, in whatever browser."""
    browser = site.signed_in(ben)
    assert "goes to one address" in text_of(browser.get(PATH))
    assert browser.post(PATH, {"second": SECOND}, form_at=PATH).status_code == 303
    page = text_of(browser.get(PATH))
    assert f"Open the link in the mail to {SECOND}" in page
    assert "not confirmed yet" in text_of(browser.get("/profile"))
    link = f"/address/{site.mailed(ben, MailKind.ADDRESS_LINK)}"
    elsewhere = site.browser()
    for _ in range(2):
        assert SECOND in text_of(elsewhere.get(link))
    assert "Address confirmed" in text_of(elsewhere.post(link))
    assert "set-cookie" not in (elsewhere.last.headers if elsewhere.last else {})
    assert elsewhere.post(link).status_code == 410
    assert "goes to two addresses" in text_of(browser.get(PATH))
    assert SECOND in text_of(site.signed_in(site.acme.owner).get(f"/people/{ben.id}"))
    site.clock.advance(31)
    browser = site.signed_in(ben)
    assert browser.post(f"{PATH}/remove", form_at=PATH).status_code == 303
    assert "goes to one address" in text_of(browser.get(PATH))


def test_it_needs_a_fresh_proof_and_keeps_what_was_typed(site: Site, ben: Person) -> None:
    """After five minutes a code comes first, to add and to remove; what was typed goes on."""
    browser = site.signed_in(ben)
    site.clock.advance(5 * MINUTE + 1)
    page = browser.post(PATH, {"second": SECOND}, form_at=PATH)
    assert "Confirm that it is you" in page.text
    assert f'name="held.second" value="{SECOND}"' in page.text
    assert site.acme.mails(ben, MailKind.ADDRESS_LINK) == []
    page = browser.post(f"{PATH}/remove", form_at=PATH)
    assert "Confirm that it is you" in page.text


def test_what_is_wrong_is_said_beside_the_field(site: Site, ben: Person) -> None:
    """And what was typed stays."""
    page = site.signed_in(ben).post(PATH, {"second": "ben at home"}, form_at=PATH)
    assert page.status_code == 422
    assert "The address has a blank in it" in text_of(page)
    assert 'value="ben at home"' in page.text


def test_the_outbox_says_which_address_a_mail_went_to(site: Site, ben: Person) -> None:
    """Both rows of one piece of news stand there, told apart."""
    browser = site.signed_in(ben)
    browser.post(PATH, {"second": SECOND}, form_at=PATH)
    site.browser().post(f"/address/{site.mailed(ben, MailKind.ADDRESS_LINK)}")
    page = text_of(site.signed_in(site.acme.owner).get("/mail"))
    assert page.count(f"{SECOND} Second address") == 2
    assert page.count("Second address confirmed") == 2


def test_a_link_that_is_cut_short_or_too_old_says_what_next(site: Site, ben: Person) -> None:
    """In words, with the way on."""
    browser = site.signed_in(ben)
    assert browser.get("/address/short").status_code == 404
    browser.post(PATH, {"second": SECOND}, form_at=PATH)
    link = f"/address/{site.mailed(ben, MailKind.ADDRESS_LINK)}"
    site.clock.advance(60 * MINUTE)
    page = site.browser().get(link)
    assert page.status_code == 410
    assert "sends a new link" in text_of(page)


def test_a_person_chooses_the_language_of_their_mails(site: Site, ben: Person) -> None:
    """From the list and nothing else; no fresh proof is asked for."""
    browser = site.signed_in(ben)
    site.clock.advance(6 * MINUTE)
    where = f"{PATH}/language"
    page = browser.post(where, {"language": "xx"}, form_at=PATH)
    assert page.status_code == 422
    assert "Choose one of the list." in text_of(page)
    assert browser.post(where, {"language": "de"}, form_at=PATH).headers["location"] == PATH
    assert site.acme.person(ben.id).language == "de"
    assert '<option value="de" selected' in browser.get(PATH).text
    assert browser.post(where, {"language": ""}, form_at=PATH).status_code == 303
    assert site.acme.person(ben.id).language == ""
