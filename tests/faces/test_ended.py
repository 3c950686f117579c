"""A sign-in that has ended: the page says so, and shows nobody as signed in."""

import pytest

from tests.faces.conftest import PASSWORD, Site, text_of
from twofold.core.people import MINUTE
from twofold.core.throttle import SP800_63B4_LADDER


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is stored is tested with the flows, on both databases."""
    return sqlite_url


def test_the_page_after_the_fifth_wrong_code_is_that_of_somebody_signed_out(site: Site) -> None:
    """The same head as before any sign-in: no name, no Sign out; the address stays typed."""
    mia = site.give_password(site.acme.add("Mia"))
    active = site.acme.active(site.acme.enrol(mia).person)
    browser = site.browser()
    signed_out = browser.get("/sign-in").text
    browser.post("/sign-in", {"email": mia.email, "password": PASSWORD})
    page = browser.get("/sign-in/code")
    assert "Sign out" in page.text
    for number in range(SP800_63B4_LADDER.per_sign_in):
        code = site.acme.wrong(active, number)
        page = browser.post("/sign-in/code", {"code": code}, form_at="/sign-in/code")
        site.clock.advance(MINUTE)
    assert page.status_code == 401
    assert "That sign-in has ended" in text_of(page)
    assert mia.email in page.text
    head = signed_out[signed_out.index("<header") : signed_out.index("</header>")]
    assert head in page.text
    assert "Sign out" not in page.text
    assert mia.name not in text_of(page)
