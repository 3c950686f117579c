"""The mailed link before the code, on the pages: opened, and what is said when it is not."""

import pytest
from httpx2 import Response

from tests.faces.conftest import PASSWORD, Browser, Site, text_of
from tests.world import DESK, Guesser
from twofold.core.mail import MailKind
from twofold.core.people import MINUTE, Person
from twofold.flows import browsers

NEW_LINK = 'action="/sign-in/code/send-link"'


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is stored is tested with the flows, on both databases."""
    return sqlite_url


@pytest.fixture
def mia(site: Site) -> Person:
    """A member at whose code somebody has guessed ten times."""
    return guessed_at(site, "Mia")


def guessed_at(site: Site, name: str) -> Person:
    """Somebody who needs a mailed link before the code."""
    person = site.give_password(site.acme.add(name))
    site.acme.enrol(person)
    Guesser(site.acme, person).climb(10)
    return site.acme.person(person.id)


def half_way(site: Site, person: Person) -> Browser:
    """A new browser in which the person's password was right."""
    browser = site.browser()
    browser.post("/sign-in", {"email": person.email, "password": PASSWORD})
    return browser


def mailed(site: Site, person: Person) -> str:
    """The path of a new link for the person."""
    site.acme.call(browsers.send_code_link, half=site.acme.half(person), source=DESK)
    return f"/sign-in/code/link/{site.mailed(person, MailKind.CODE_LINK)}"


def both(browser: Browser, link: str) -> tuple[Response, Response]:
    """The link looked at, and its button pressed."""
    return browser.get(link), browser.post(link, form_at="/sign-in/code")


def says_why(browser: Browser, link: str, sentence: str) -> None:
    """By GET and by POST: gone, why, and a button for a new one."""
    for page in both(browser, link):
        assert page.status_code == 410
        assert sentence in text_of(page)
        assert NEW_LINK in page.text
        assert "Send a new link" in text_of(page)


def test_a_used_link_says_so(site: Site, mia: Person) -> None:
    """To another sign-in of the same person, which still needs one."""
    link = mailed(site, mia)
    first, second = half_way(site, mia), half_way(site, mia)
    assert first.get(link).status_code == 200
    assert first.post(link, form_at=link).headers["location"] == "/sign-in/code"
    says_why(second, link, "This link has been used already.")
    assert "A link in your mailbox comes before the code." in text_of(second.get("/sign-in/code"))


def test_whoever_opened_it_and_opens_it_again_is_led_on(site: Site, mia: Person) -> None:
    """It was used, and it did its work: this sign-in waits for no other."""
    link, browser = mailed(site, mia), half_way(site, mia)
    browser.post(link, form_at=link)
    for page in both(browser, link):
        assert page.status_code == 410
        assert "This link has been used already." in text_of(page)
        assert 'href="/sign-in/code"' in page.text
        assert NEW_LINK not in page.text


def test_an_expired_link_says_so(site: Site, mia: Person) -> None:
    """Fifteen minutes after it was written, also to a button that was there before."""
    link = mailed(site, mia)
    site.clock.advance(15 * MINUTE)
    says_why(half_way(site, mia), link, "This link is too old.")


def test_somebody_elses_link_says_so_and_is_not_used_up(site: Site, mia: Person) -> None:
    """It names nobody, and goes on working for the one to whom it was sent."""
    ben = guessed_at(site, "Ben")
    link, browser = mailed(site, mia), half_way(site, ben)
    says_why(browser, link, "This link was sent for another sign-in.")
    assert browser.last is not None
    assert "Mia" not in browser.last.text
    own = half_way(site, mia)
    assert own.post(link, form_at=link).headers["location"] == "/sign-in/code"


def test_a_link_that_was_cut_short_says_so(site: Site, mia: Person) -> None:
    """Nobody knows it."""
    says_why(half_way(site, mia), mailed(site, mia)[:-1], "This link does not work.")


def test_the_button_for_a_new_link_sends_one(site: Site, mia: Person) -> None:
    """From the page that says that the old one is gone, to the code."""
    old = mailed(site, mia)
    site.clock.advance(15 * MINUTE)
    browser = half_way(site, mia)
    page = browser.post("/sign-in/code/send-link", form_at=old)
    assert "Look in your mailbox" in text_of(page)
    new = f"/sign-in/code/link/{site.mailed(mia, MailKind.CODE_LINK)}"
    assert new != old
    assert browser.post(new, form_at=new).headers["location"] == "/sign-in/code"
    assert "Enter two codes" in text_of(browser.get("/sign-in/code"))
