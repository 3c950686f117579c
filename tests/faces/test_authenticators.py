"""The pages of one's own authenticators: the first codes, a second phone, names, trying out."""

import re

import pytest

from tests.faces.conftest import PASSWORD, Browser, Site, text_of
from twofold.core.authenticators import Totp
from twofold.core.mail import MailKind
from twofold.core.people import Person

OWN = "/profile/set-up"
SHOWN = re.compile(r"<li><code>([0-9A-Z-]{19})</code>")


@pytest.fixture
def ben(site: Site) -> Person:
    """A member with a password, not enrolled."""
    return site.give_password(site.acme.add("Ben"))


def pending(site: Site, person: Person) -> Totp:
    """The set-up that waits for its code."""
    found = site.acme.pending(person)
    assert found is not None
    return found


def enrolled(site: Site, person: Person) -> Browser:
    """In a browser, with the first set-up saved and the codes stored."""
    browser = site.signed_in(person)
    browser.get(OWN)
    typed = {"code": site.acme.code_of(pending(site, person))}
    browser.post(f"{OWN}/save", typed, form_at=OWN)
    stored = {"going_to": "/profile"}
    browser.post("/profile/recovery-codes/stored", stored, form_at="/profile/recovery-codes")
    site.clock.advance(30)
    return browser


def with_two(site: Site, person: Person) -> Browser:
    """And with a second phone."""
    browser = enrolled(site, person)
    browser.get(f"{OWN}?for=another")
    typed = {"code": site.acme.code_of(pending(site, person))}
    saved = browser.post(f"{OWN}/save", typed, form_at=OWN)
    assert (saved.status_code, saved.headers["location"]) == (303, "/profile")
    site.clock.advance(30)
    return browser


def own(site: Site, person: Person) -> list[Totp]:
    """The person's authenticators as they are stored."""
    return list(site.world.store.call(lambda tx: tx.authenticators.in_force(person.id)))


# ---- recovery codes are part of the set-up -----------------------------------------------------


def test_save_shows_the_recovery_codes_once(site: Site, ben: Person) -> None:
    """In the answer to *Save* alone: not cached, and a reload shows none."""
    browser = site.signed_in(ben)
    browser.get(OWN)
    typed = {"code": site.acme.code_of(pending(site, ben))}
    page = browser.post(f"{OWN}/save", typed, form_at=OWN)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    codes = SHOWN.findall(page.text)
    assert len(codes) == 10
    assert "Next time you sign in, we ask for a second step" in text_of(page)
    again = browser.post(f"{OWN}/save", typed, form_at="/profile")
    assert (again.status_code, again.headers["location"]) == (303, "/profile")
    for path in ("/", "/profile", "/profile/recovery-codes"):
        assert codes[0] not in browser.get(path).text


def test_until_they_are_stored_every_page_says_so(site: Site, ben: Person) -> None:
    """From *Save* on, after each sign-in; the button ends it."""
    browser = site.signed_in(ben)
    browser.get(OWN)
    typed = {"code": site.acme.code_of(pending(site, ben))}
    browser.post(f"{OWN}/save", typed, form_at=OWN)
    words = "Your recovery codes are not stored yet"
    for path in ("/", "/profile", "/help"):
        assert words in text_of(browser.get(path))
    site.clock.advance(30)
    later = site.signed_in(ben)
    assert words in text_of(later.get("/profile/places"))
    later.post("/profile/recovery-codes/stored", form_at="/profile/recovery-codes")
    assert words not in text_of(later.get("/"))
    site.clock.advance(30)
    assert words not in text_of(site.signed_in(ben).get("/"))


def test_the_demanded_set_up_ends_the_same_way_and_goes_on(site: Site, ben: Person) -> None:
    """The page that was asked for follows the codes."""
    site.acme.switch_on()
    browser = site.browser()
    browser.post("/sign-in", {"email": ben.email, "password": PASSWORD, "next": "/profile/places"})
    link = f"/enrol/{site.acme.token(ben, MailKind.SWITCHED_ON)}"
    browser.get(link)
    page = browser.post(link, {"code": site.acme.code_of(pending(site, ben))}, form_at=link)
    assert len(SHOWN.findall(page.text)) == 10
    assert 'name="going_to" value="/profile/places"' in page.text
    assert browser.get("/profile/places").status_code == 200


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example/", "/\\evil.example"]
)
def test_after_storing_nobody_is_led_elsewhere(site: Site, ben: Person, elsewhere: str) -> None:
    """The address of the next page comes from a form, so it is looked at."""
    browser = enrolled(site, ben)
    answer = browser.post(
        "/profile/recovery-codes/stored",
        {"going_to": elsewhere},
        form_at="/profile/recovery-codes",
    )
    assert answer.headers["location"] == "/profile"


def test_a_note_that_is_none_is_not_shown(site: Site, ben: Person) -> None:
    """The cookie is a word of a short list, and opens nothing."""
    browser = enrolled(site, ben)
    browser.client.cookies.set("twofold-note", "<b>hello</b>")
    assert "hello" not in browser.get("/").text


# ---- several -----------------------------------------------------------------------------------


def test_a_second_phone_has_an_entry_of_its_own(site: Site, ben: Person) -> None:
    """The page says that it is one more, and the entry has another name."""
    browser = enrolled(site, ben)
    page = browser.get(f"{OWN}?for=another")
    assert "This is one more" in text_of(page)
    assert "ben@acme.example (2)" in text_of(page)
    assert len(own(site, ben)) == 1
    wrong = browser.post(f"{OWN}/save", {"code": "1"}, form_at=OWN)
    assert "ben@acme.example (2)" in text_of(wrong)


def test_the_sign_in_names_every_entry(site: Site, ben: Person) -> None:
    """Either opens the door."""
    with_two(site, ben)
    for phone in own(site, ben):
        browser = site.browser()
        browser.post("/sign-in", {"email": ben.email, "password": PASSWORD})
        said = text_of(browser.get("/sign-in/code"))
        assert "one of these entries" in said
        assert all(one.label in said for one in own(site, ben))
        typed = {"code": site.acme.code_of(phone)}
        assert browser.post("/sign-in/code", typed, form_at="/sign-in/code").status_code == 303


def test_each_is_named_replaced_and_removed_on_a_page_of_its_own(site: Site, ben: Person) -> None:
    """Bad names are refused beside the field, with what was typed."""
    browser = with_two(site, ben)
    first, second = own(site, ben)
    path = f"/profile/authenticators/{first.id}"
    assert "Authenticator app 1" in text_of(browser.get(path))
    refused = browser.post(path, {"name": "x" * 60}, form_at=path)
    assert refused.status_code == 422
    assert "x" * 60 in refused.text
    assert browser.post(path, {"name": "The tablet"}, form_at=path).status_code == 303
    assert "The tablet" in text_of(browser.get("/profile"))
    page = browser.get(f"{OWN}?for={first.id}")
    assert "This takes the place of what you have" in text_of(page)
    assert "Your other authenticators stay as they are" in text_of(page)
    browser.post(f"{OWN}/cancel", form_at=OWN)
    done = browser.post(f"{path}/remove", form_at=path)
    assert (done.status_code, done.headers["location"]) == (303, "/profile")
    assert [one.id for one in own(site, ben)] == [second.id]
    assert browser.get(path).status_code == 404


def test_removing_and_replacing_ask_for_a_fresh_factor(site: Site, ben: Person) -> None:
    """After five minutes (mechanism 57); the removal travels through the proof."""
    browser = with_two(site, ben)
    first, _ = own(site, ben)
    path = f"/profile/authenticators/{first.id}"
    browser.get(path)
    site.clock.advance(301)
    asked = browser.post(f"{path}/remove", form_at=path)
    assert 'action="/confirm"' in asked.text
    assert len(own(site, ben)) == 2
    setting_up = browser.get(f"{OWN}?for={first.id}")
    assert setting_up.headers["location"].startswith("/confirm?next=")
    assert f"for%3D{first.id}" in setting_up.headers["location"]


def test_the_last_one_stays_where_it_is_demanded(site: Site, ben: Person) -> None:
    """The page says why and what to do first."""
    site.acme.switch_on()
    browser = site.browser()
    browser.post("/sign-in", {"email": ben.email, "password": PASSWORD})
    link = f"/enrol/{site.acme.token(ben, MailKind.SWITCHED_ON)}"
    browser.get(link)
    browser.post(link, {"code": site.acme.code_of(pending(site, ben))}, form_at=link)
    (only,) = own(site, ben)
    path = f"/profile/authenticators/{only.id}"
    refused = browser.post(f"{path}/remove", form_at=path)
    assert refused.status_code == 422
    assert "Set up another one first" in text_of(refused)


def test_a_fourth_is_refused_on_a_page_that_says_what_to_do(site: Site, ben: Person) -> None:
    """And My Profile does not offer it."""
    browser = with_two(site, ben)
    assert "for=another" in browser.get("/profile").text
    browser.get(f"{OWN}?for=another")
    typed = {"code": site.acme.code_of(pending(site, ben))}
    browser.post(f"{OWN}/save", typed, form_at=OWN)
    refused = browser.get(f"{OWN}?for=another")
    assert refused.status_code == 409
    assert "Replace or remove one" in text_of(refused)
    assert "for=another" not in browser.get("/profile").text


# ---- practice, and a recovery code as a proof -------------------------------------------------


def test_a_code_can_be_tried_out(site: Site, ben: Person) -> None:
    """Right, wrong and not a code, each in words; a wrong one stays in the field."""
    browser = enrolled(site, ben)
    path = "/profile/practice"
    assert "Nothing changes" in text_of(browser.get(path))
    wrong = browser.post(path, {"code": site.acme.wrong(own(site, ben)[0])}, form_at=path)
    assert wrong.status_code == 422
    assert "That code did not work" in text_of(wrong)
    odd = browser.post(path, {"code": "12"}, form_at=path)
    assert "6 digits" in text_of(odd)
    right = browser.post(path, {"code": site.acme.code(ben)}, form_at=path)
    assert "It works" in text_of(right)
    assert "Tried out" in text_of(browser.get("/profile/history"))


def test_the_check_up_stands_on_home_until_it_is_answered(site: Site, ben: Person) -> None:
    """A second phone that nobody used for a week."""
    with_two(site, ben)
    first, _ = own(site, ben)
    site.clock.advance(7 * 86400)
    browser = site.browser()
    browser.post("/sign-in", {"email": ben.email, "password": PASSWORD})
    typed = {"code": site.acme.code_of(first)}
    browser.post("/sign-in/code", typed, form_at="/sign-in/code")
    words = "Does your authenticator still work"
    assert words in text_of(browser.get("/"))
    assert words in text_of(browser.get("/profile/places"))
    assert "Not now" in text_of(browser.get("/profile/practice"))
    browser.post("/profile/practice/later", form_at="/profile/practice")
    assert words not in text_of(browser.get("/"))


def test_a_recovery_code_is_a_proof_too(site: Site, ben: Person) -> None:
    """The phone is gone and the session is here: on to the set-up, the code used up."""
    browser = enrolled(site, ben)
    page = browser.post("/profile/recovery-codes", form_at="/profile/recovery-codes")
    codes = SHOWN.findall(page.text)
    site.clock.advance(600)
    asked = browser.get(f"{OWN}?for={own(site, ben)[0].id}")
    confirm = asked.headers["location"]
    wrong = browser.post("/confirm", {"recovery_code": "AAAA", "next": OWN}, form_at=confirm)
    assert "16 signs" in text_of(wrong)
    assert 'value="AAAA"' in wrong.text
    refused = browser.post("/confirm", {"recovery_code": "A" * 16, "next": OWN}, form_at=confirm)
    assert "That recovery code did not work" in text_of(refused)
    done = browser.post("/confirm", {"recovery_code": codes[0], "next": OWN}, form_at=confirm)
    assert (done.status_code, done.headers["location"]) == (303, OWN)
    assert "Scan this QR code" in text_of(browser.get(OWN))


def test_a_stopped_authenticator_leaves_the_recovery_codes(site: Site, ben: Person) -> None:
    """No code of the app is asked for; one of the sheet does (unlock matrix)."""
    browser = enrolled(site, ben)
    page = browser.post("/profile/recovery-codes", form_at="/profile/recovery-codes")
    codes = SHOWN.findall(page.text)
    site.world.store.call(lambda tx: tx.authenticators.disable(ben.id, at=site.clock.now()))
    site.clock.advance(600)
    stuck = browser.get("/confirm?next=/profile")
    assert "You have recovery codes?" in text_of(stuck)
    done = browser.post("/confirm", {"recovery_code": codes[0]}, form_at="/confirm")
    assert done.status_code == 303
    assert "Scan this QR code" in text_of(browser.get(OWN))
