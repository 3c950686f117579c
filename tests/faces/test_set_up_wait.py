"""Ten wrong codes for a set-up: the wait is said with the tenth, on both roads."""

from collections.abc import Callable

import pytest

from tests.faces.conftest import PASSWORD, Browser, Site, text_of
from twofold.core.mail import MailKind
from twofold.core.people import Person
from twofold.core.throttle import SP800_63B4_LADDER

LIMIT = SP800_63B4_LADDER.set_up_codes
Road = Callable[[Site, Person], tuple[Browser, str, str]]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is stored is tested with the flows, on both databases."""
    return sqlite_url


def own_road(site: Site, mia: Person) -> tuple[Browser, str, str]:
    """From My Profile: browser, page, and where its form goes."""
    return site.signed_in(mia), "/profile/set-up", "/profile/set-up/save"


def demanded_road(site: Site, mia: Person) -> tuple[Browser, str, str]:
    """By the mailed link."""
    site.acme.switch_on()
    link = f"/enrol/{site.mailed(mia, MailKind.SWITCHED_ON)}"
    browser = site.browser()
    browser.post("/sign-in", {"email": mia.email, "password": PASSWORD, "next": link})
    return browser, link, link


@pytest.mark.parametrize("road", [own_road, demanded_road])
def test_the_tenth_wrong_code_says_until_when_to_wait(site: Site, road: Road) -> None:
    """Nine times the form comes again; then the wait, and the same wait for the eleventh."""
    mia = site.give_password(site.acme.add("Mia"))
    browser, page, form = road(site, mia)
    assert browser.get(page).status_code == 200
    pending = site.acme.pending(mia)
    answers = [
        browser.post(form, {"code": site.acme.wrong(pending, number)}, form_at=page)
        for number in range(LIMIT + 1)
    ]
    assert [answer.status_code for answer in answers] == [422] * (LIMIT - 1) + [429, 429]
    for answer in answers[-2:]:
        assert "(in 15 minutes)" in text_of(answer)
    slip = browser.post(form, {"code": "12345"}, form_at=page)
    assert slip.status_code == 422
