"""The pages on which an admin writes the texts of mails."""

import html
import re

import pytest

from tests.faces.conftest import Browser, Site, text_of
from twofold.core.languages import LANGUAGES
from twofold.core.mail import MailKind
from twofold.core.mail_texts import EDITABLE
from twofold.core.people import Role
from twofold.mail.messages import OPENS_NOTHING

PATH = "/account/mails"
ONE = f"{PATH}/switched-on.de"
TEXT = {"subject": "Bis {deadline}", "body": "Hallo {name},\r\n\r\n{link}\r\n\r\nIhre IT"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is kept is tested on both databases with the flows."""
    return sqlite_url


@pytest.fixture
def admin(site: Site) -> Browser:
    """The owner, signed in a moment ago."""
    return site.signed_in(site.acme.owner)


def fields(browser: Browser) -> tuple[str, str]:
    """Subject and text as they stand in the form."""
    assert browser.last is not None
    page = browser.last.text
    subject = re.search(r'name="subject"[^>]*value="([^"]*)"', page)
    body = re.search(r'<textarea[^>]*name="body"[^>]*>\n(.*?)</textarea>', page, re.S)
    assert subject
    assert body
    return html.unescape(subject.group(1)), html.unescape(body.group(1))


def test_every_mail_is_listed_in_every_language(admin: Browser) -> None:
    """With its subject and whose text it has."""
    page = admin.get(PATH)
    for kind in EDITABLE:
        for code in LANGUAGES:
            assert f'href="{PATH}/{kind.value}.{code}"' in page.text
    assert "Every mail has our text." in text_of(page)
    assert "Zwei-Faktor-Anmeldung bei Acme einrichten" in text_of(page)


def test_a_text_is_written_shown_and_taken_back(admin: Browser) -> None:
    """The form begins with our text, and the mail stands beside it."""
    page = admin.get(ONE)
    assert "This mail has our text." in text_of(page)
    assert "{link}" in fields(admin)[1]
    assert "Guten Tag Olga," in text_of(page)
    assert admin.post(ONE, TEXT, form_at=ONE).headers["location"] == PATH
    assert "You have written 1 text of your own." in text_of(admin.get(PATH))
    page = admin.get(ONE)
    assert "This mail has your text." in text_of(page)
    assert fields(admin) == ("Bis {deadline}", "Hallo {name},\n\n{link}\n\nIhre IT")
    assert "Hallo Olga," in text_of(page)
    assert "Wir fragen Sie nie" in text_of(page)
    assert OPENS_NOTHING in page.text
    assert admin.post(f"{ONE}/ours", form_at=ONE).headers["location"] == ONE
    assert "This mail has our text." in text_of(admin.get(ONE))


def test_a_mistake_loses_nothing(admin: Browser) -> None:
    """Both sentences, and what was typed."""
    wrong = {"subject": "Hi {you}", "body": '  <b>no</b> "link" & {name'}
    page = admin.post(ONE, wrong, form_at=ONE)
    assert page.status_code == 422
    said = text_of(page)
    assert "{you} stands for nothing we know. You can use {name}, {organisation}" in said
    assert "In the text a curly bracket stands alone." in said
    assert fields(admin) == (wrong["subject"], wrong["body"])
    assert "This mail has our text." in text_of(admin.get(ONE))


def test_a_preview_saves_nothing(admin: Browser) -> None:
    """The mail of the draft, said to be one; a broken draft is told what is wrong."""
    page = admin.post(f"{ONE}/preview", TEXT, form_at=ONE)
    assert page.status_code == 200
    assert "As it will be sent once you save it." in text_of(page)
    assert "Hallo Olga," in text_of(page)
    assert fields(admin)[0] == "Bis {deadline}"
    page = admin.post(f"{ONE}/preview", {"subject": "x", "body": "no"}, form_at=ONE)
    assert page.status_code == 422
    assert "The text has no {link}." in text_of(page)
    assert "This mail has our text." in text_of(admin.get(ONE))


def test_a_test_is_mailed_to_the_admin(site: Site, admin: Browser) -> None:
    """That very mail, with a link that opens nothing; the draft stays in the form."""
    page = admin.post(f"{ONE}/test", TEXT, form_at=ONE)
    assert page.status_code == 200
    assert "The test is on its way to you" in text_of(page)
    assert fields(admin)[0] == "Bis {deadline}"
    (mail,) = site.acme.mails(site.acme.owner, MailKind.TEXT_TEST)
    shown = text_of(admin.get(f"/mail/{mail.id}"))
    assert "Hallo Olga," in shown
    opened = admin.get(f"/enrol/{OPENS_NOTHING}")
    assert "works no more" in text_of(opened) or opened.status_code in (404, 410, 303)


def test_after_ten_tests_the_next_one_waits(admin: Browser) -> None:
    """And says why; nothing typed is lost."""
    for _ in range(10):
        assert admin.post(f"{ONE}/test", TEXT, form_at=ONE).status_code == 200
    page = admin.post(f"{ONE}/test", TEXT, form_at=ONE)
    assert page.status_code == 422
    assert "You have sent yourself 10 tests in the last hour." in text_of(page)
    assert fields(admin)[0] == "Bis {deadline}"


@pytest.mark.parametrize(
    "path", ["switched-on", "switched-on.fr", "invitation.de", "x.de", ".de", "_layout.en"]
)
def test_what_is_no_text_is_not_there(admin: Browser, path: str) -> None:
    """By whatever method."""
    assert admin.get(f"{PATH}/{path}").status_code == 404
    for end in ("", "/preview", "/test", "/ours"):
        assert admin.post(f"{PATH}/{path}{end}", TEXT, form_at=ONE).status_code == 404


def test_a_header_in_the_subject_is_refused(admin: Browser) -> None:
    """A form field of one line can be sent with two."""
    page = admin.post(ONE, {**TEXT, "subject": "Hi\r\nBcc: x@evil.example"}, form_at=ONE)
    assert page.status_code == 422
    assert "The subject is one line of printable characters." in text_of(page)


def test_saving_asks_for_a_fresh_proof_and_keeps_what_was_typed(site: Site, admin: Browser) -> None:
    """Like every change of the account; the text travels through the proof."""
    site.clock.advance(301)
    page = admin.post(ONE, TEXT, form_at=ONE)
    assert "/confirm" in page.text or "Confirm" in text_of(page)
    assert site.acme.store.call(lambda tx: tx.mail_texts.all(site.acme.account_id)) == {}


def test_only_admins_write_texts(site: Site) -> None:
    """Not the help desk."""
    helper = site.give_password(site.acme.add("Hal", role=Role.HELPDESK))
    browser = site.signed_in(helper)
    assert browser.get(PATH).status_code == 403
    assert browser.get(ONE).status_code == 403


def test_the_switch_shows_the_mail_as_it_will_be_sent(site: Site, admin: Browser) -> None:
    """With the text of the account."""
    text = {"subject": "Please set up", "body": "Our own words.\n\n{link}"}
    admin.post(f"{PATH}/switched-on.en", text, form_at=f"{PATH}/switched-on.en")
    site.acme.enrol(site.acme.owner)
    browser = site.signed_in(site.acme.person(site.acme.owner_id))
    page = text_of(browser.get("/account/switch-on"))
    assert "Our own words." in page


def test_the_language_of_the_organisation_is_chosen_from_the_list(
    site: Site, admin: Browser
) -> None:
    """And of nothing else."""
    where = f"{PATH}/language"
    page = admin.post(where, {"language": "fr"}, form_at=PATH)
    assert page.status_code == 422
    assert "Choose one of the list." in text_of(page)
    assert admin.post(where, {"language": "de"}, form_at=PATH).headers["location"] == PATH
    assert site.acme.store.call(lambda tx: tx.accounts.get(site.acme.account_id)).language == "de"
    assert '<option value="de" selected' in admin.get(PATH).text
