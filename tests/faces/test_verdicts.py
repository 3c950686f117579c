"""What a page says about a refused code, and what it keeps for the history."""

import re

import pytest

from tests.faces.conftest import PASSWORD, Browser, Site, text_of
from tests.world import Organisation
from twofold.core.attempts import Outcome
from twofold.core.authenticators import Totp
from twofold.core.diagnosis import Cause
from twofold.core.otp import mac_at, step_at, truncated
from twofold.core.people import Person
from twofold.flows import enrol


@pytest.fixture
def ben(site: Site) -> Person:
    """A member with an authenticator."""
    ben = site.give_password(site.acme.add("Ben"))
    site.acme.enrol(ben)
    site.clock.advance(1200)
    return ben


def at_the_code(site: Site, person: Person) -> Browser:
    """The password was right."""
    browser = site.browser()
    browser.post("/sign-in", {"email": person.email, "password": PASSWORD})
    return browser


def newest(acme: Organisation, person: Person) -> tuple[Outcome, Cause | None]:
    """What stands in the history."""
    attempt = acme.attempts(person)[0]
    return attempt.outcome, attempt.cause


def test_the_set_up_page_says_what_is_wrong_with_the_phone(site: Site, ben: Person) -> None:
    """Its reader has the secret; nothing is given away."""
    browser = site.signed_in(ben)
    browser.get("/profile/set-up")
    pending = site.acme.pending(ben)
    assert pending is not None
    for steps, said in (
        (-6, "The clock of your phone was about 3 minutes behind"),
        (6, "3 minutes ahead. Turn on automatic date and time"),
        (-120, "its time zone, or the hour, was set by hand"),
        (None, "That code is from another entry"),
        (8, "If that is what the app shows, its entry has other settings"),
    ):
        typed = site.acme.code(ben) if steps is None else site.acme.code_of(pending, steps=steps)
        typed = "12345678" if steps == len("12345678") else typed
        page = browser.post("/profile/set-up/save", {"code": typed}, form_at="/profile/set-up")
        assert page.status_code == 422
        assert said in text_of(page), text_of(page)
        site.clock.advance(30)


def test_the_sign_in_page_says_nothing_and_the_history_everything(site: Site, ben: Person) -> None:
    """One block for a slow phone, a typing mistake and a used code; three causes behind it."""
    acme, seen = site.acme, []
    used = acme.code(ben)
    assert at_the_code(site, ben).post("/sign-in/code", {"code": used}, form_at="/sign-in/code")
    for typed, outcome, cause in (
        (used, Outcome.USED, None),
        (acme.code(ben, steps=-6), Outcome.WRONG, Cause.CLOCK),
        (acme.wrong(acme.active(ben)), Outcome.WRONG, Cause.NO_MATCH),
    ):
        browser = at_the_code(site, ben)
        page = browser.post("/sign-in/code", {"code": typed}, form_at="/sign-in/code")
        seen.append(text_of(page))
        assert newest(acme, ben) == (outcome, cause)
        acme.store.call(lambda tx: tx.counters.drop([f"code:person:{ben.id}"]))
    assert seen[0] == seen[1] == seen[2]


def test_every_cause_has_the_same_bytes(site: Site, ben: Person) -> None:
    """Whatever the search finds afterwards, the page does not know it: at the first attempt and at
    the second, which adds our time.
    """
    acme, old = site.acme, site.acme.active(ben)
    acme.enrol(ben)
    pending = acme.call(enrol.begin_own, caller=acme.caller(ben))
    assert isinstance(pending, Totp)
    site.clock.advance(1200 - site.clock.now() % 30)
    active, used = acme.active(ben), acme.code(ben)
    at_the_code(site, ben).post("/sign-in/code", {"code": used}, form_at="/sign-in/code")
    sha256 = truncated(mac_at(active.secret, step_at(acme.now), "sha256"))
    codes = {
        None: used,
        Cause.CLOCK: acme.code(ben, steps=-6),
        Cause.TIME_ZONE: acme.code(ben, steps=-240),
        Cause.REPLACED: acme.code_of(old),
        Cause.UNCONFIRMED: acme.code_of(pending),
        Cause.PARAMETERS: f"{sha256:06}",
        Cause.NO_MATCH: acme.wrong(active),
    }
    pages = {}
    for cause, code in codes.items():
        browser, wrong = at_the_code(site, ben), acme.wrong(active, 7)
        seen = []
        for typed in (code, wrong) if cause is not Cause.NO_MATCH else (code, acme.code_of(old)):
            page = browser.post("/sign-in/code", {"code": typed}, form_at="/sign-in/code")
            assert page.status_code == 422
            bare = re.sub(r'(name="csrf" value=")[^"]+', "", page.text.replace(typed, "CODE"))
            seen.append((bare, sorted(set(page.headers) - {"content-length"})))
            if typed == code:
                assert newest(acme, ben)[1] is cause
        pages[cause] = seen
        acme.store.call(
            lambda tx: tx.counters.drop([f"code:person:{ben.id}", f"code:row:{ben.id}"])
        )
    for cause, seen in pages.items():
        assert seen == pages[None], cause


def test_two_codes_of_a_slow_phone_sign_in(site: Site, ben: Person) -> None:
    """From the refused code to the session with what stands on the page."""
    acme, browser = site.acme, at_the_code(site, ben)
    code = acme.code(ben, steps=-6)
    refused = browser.post("/sign-in/code", {"code": code}, form_at="/sign-in/code")
    assert 'href="/sign-in/code/refused"' in refused.text
    page = browser.get("/sign-in/code/refused")
    assert "Our time is" in text_of(page)
    one = browser.post("/sign-in/code/refused", {"code": code}, form_at="/sign-in/code/refused")
    assert "Enter two codes, one after the other" in text_of(one)
    site.clock.advance(30)
    pair = {"code": acme.code(ben, steps=-7), "next_code": acme.code(ben, steps=-6)}
    done = browser.post("/sign-in/code/refused", pair, form_at="/sign-in/code/refused")
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert browser.get("/profile").status_code == 200


def test_two_wrong_codes_are_refused_and_explained(site: Site, ben: Person) -> None:
    """They cost like any code and keep what was typed."""
    browser = at_the_code(site, ben)
    pair = {"code": "000000", "next_code": "000001"}
    page = browser.post("/sign-in/code/refused", pair, form_at="/sign-in/code/refused")
    assert page.status_code == 422
    assert "Those two codes did not work" in text_of(page)
    assert newest(site.acme, ben) == (Outcome.WRONG, Cause.NO_MATCH)
    for _ in range(3):
        site.clock.advance(100)
        page = browser.post("/sign-in/code/refused", pair)
    assert page.status_code in (303, 401, 403, 422, 429)
