"""The mailed link for a browser that has to wait with the password, on the pages."""

import pytest

from tests.faces.conftest import PASSWORD, Browser, Site, text_of
from tests.world import DESK
from twofold.core.mail import MailKind
from twofold.core.people import MINUTE, Person
from twofold.flows import browsers


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is stored is tested with the flows, on both databases."""
    return sqlite_url


@pytest.fixture
def mia(site: Site) -> Person:
    """A member with a password, whom a vandal has tried a hundred times today."""
    mia = site.give_password(site.acme.add("Mia"))
    failures = [site.clock.now() - 60 * n for n in range(100, 0, -1)]
    site.world.store.call(
        lambda tx: tx.counters.save(
            f"pw:person:{mia.id}", str([failures, 0, 0, []]), site.clock.now()
        )
    )
    return mia


def sign_in(browser: Browser, email: str, password: str = PASSWORD) -> int:
    """Send the first page; the status."""
    return browser.post("/sign-in", {"email": email, "password": password}).status_code


def ask(browser: Browser, email: str) -> str:
    """Ask for a link; what the page says."""
    return text_of(browser.post("/sign-in/link", {"email": email}))


def test_the_link_opens_the_browser_that_opens_it(site: Site, mia: Person) -> None:
    """The right password is refused before it and taken after it, there alone: not where a
    stranger asked for it.
    """
    asking, other = site.browser(), site.browser()
    assert sign_in(asking, mia.email) == 422
    ask(other, mia.email)
    link = f"/sign-in/link/{site.mailed(mia, MailKind.BROWSER_LINK)}"
    assert other.get(link).status_code == 200
    assert asking.get(link).status_code == 200
    assert sign_in(asking, mia.email) == 422
    opened = asking.post(link)
    assert opened.status_code == 200
    assert mia.email in opened.text
    assert sign_in(other, mia.email) == 422
    assert sign_in(asking, mia.email) == 303


def test_the_link_works_once(site: Site, mia: Person) -> None:
    """GET does not use it, POST does; after fifteen minutes the browser waits again."""
    asking = site.browser()
    ask(asking, mia.email)
    link = f"/sign-in/link/{site.mailed(mia, MailKind.BROWSER_LINK)}"
    assert [asking.get(link).status_code for _ in range(3)] == [200] * 3
    assert [asking.post(link).status_code for _ in range(2)] == [200, 410]
    site.clock.advance(15 * MINUTE)
    assert sign_in(asking, mia.email) == 422


def test_asking_says_the_same_whoever_it_is(site: Site, mia: Person) -> None:
    """But for the address that was typed; and sets no cookie."""
    answers = []
    for email in (mia.email, "nobody@acme.example"):
        browser = site.browser()
        answers.append(ask(browser, email).replace(email, "…"))
        assert not browser.client.cookies
    assert answers[0] == answers[1]


def test_a_refusal_reads_the_same_during_a_wait_for_nobody_and_for_a_wrong_password(
    site: Site, mia: Person
) -> None:
    """Right password behind the link, wrong one, unknown address: the same bytes."""
    olga = site.acme.owner
    pages = []
    for email, password in (
        (mia.email, PASSWORD),
        (mia.email, "wrong"),
        (olga.email, "wrong"),
        ("nobody@acme.example", PASSWORD),
    ):
        browser = site.browser()
        assert sign_in(browser, email, password) == 422
        assert browser.last is not None
        pages.append((browser.last.text.replace(email, "…"), sorted(browser.last.headers)))
    assert all(page == pages[0] for page in pages)


def test_a_link_of_an_unknown_token_is_gone(site: Site) -> None:
    """By GET and by POST."""
    browser = site.browser()
    link = "/sign-in/link/" + "x" * 43
    assert browser.get(link).status_code == 410
    ask(browser, "nobody@acme.example")
    assert (browser.get(link).status_code, browser.post(link).status_code) == (410, 410)


def test_the_link_of_another_kind_opens_no_browser(site: Site) -> None:
    """A link for the code is none for the password."""
    ben = site.give_password(site.acme.add("Ben"))
    site.acme.enrol(ben)
    site.acme.call(browsers.send_code_link, half=site.acme.half(ben), source=DESK)
    token = site.mailed(ben, MailKind.CODE_LINK)
    browser = site.browser()
    ask(browser, ben.email)
    assert browser.get(f"/sign-in/link/{token}").status_code == 410
