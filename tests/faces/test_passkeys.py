"""The pages of passkeys over HTTP, with a security key in software in place of a browser's."""

import html
import json
import re

import pytest
from httpx2 import Response

from tests.faces.conftest import ORIGIN, PASSWORD, Browser, Site, text_of
from tests.faces.routes import every_answer
from tests.security_keys import SecurityKey
from twofold.core.people import GuardPolicy, PasskeysFrom, Person, Role
from twofold.flows import guard_policy
from twofold.web.access import Needs
from twofold.web.app import ALL_PAGES

OPEN_WITHOUT_PASSKEY = {"/profile/passkeys/add", "/confirm"}
STILL_OPEN = OPEN_WITHOUT_PASSKEY | {"/new-password", "/sign-out"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The flows are tested on both databases."""
    return sqlite_url


def key() -> SecurityKey:
    """A security key in a browser at this site."""
    return SecurityKey(origin=ORIGIN, rp_id="localhost")


def asked(page: Response) -> str:
    """What the page asks of the browser's passkeys."""
    found = re.search(r'data-options="([^"]+)"', page.text)
    assert found, text_of(page)
    return html.unescape(found[1])


def set_up(browser: Browser, own: SecurityKey, name: str = "Blue key") -> Response:
    """Set the key up from the session in the browser."""
    page = browser.get("/profile/passkeys/add")
    sent = {"passkey": own.create(asked(page)), "name": name}
    return browser.post("/profile/passkeys/add", sent, form_at="/profile")


def with_key(site: Site, person: Person) -> tuple[Browser, SecurityKey]:
    """A browser in which the person has signed in and set a key up."""
    browser, own = site.signed_in(person), key()
    assert set_up(browser, own).status_code in (200, 303)  # 200: with the first recovery codes
    return browser, own


def has_field(page: Response, name: str) -> bool:
    """Whether the page has a field of this name."""
    return f'name="{name}"' in page.text


def half(site: Site, person: Person) -> Browser:
    """A browser between the password and the second step."""
    browser = site.browser()
    answer = browser.post("/sign-in", {"email": person.email, "password": PASSWORD})
    assert answer.headers["location"] == "/sign-in/code"
    return browser


def test_a_passkey_is_set_up_and_signs_in_at_the_second_step(site: Site) -> None:
    """The page asks for it alone where there is no app; it is posted to the page of the code."""
    browser, own = with_key(site, site.acme.owner)
    assert "Blue key" in text_of(browser.get("/profile"))
    waiting = half(site, site.acme.owner)
    page = waiting.get("/sign-in/code")
    assert not has_field(page, "code")
    answer = waiting.post("/sign-in/code", {"passkey": own.get(asked(page))}, form_at="/help")
    assert answer.status_code == 403  # without the token of its own form
    page = waiting.get("/sign-in/code")
    sent = {"passkey": own.get(asked(page))}
    answer = waiting.post("/sign-in/code", sent, form_at="/sign-in/code")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    again = half(site, site.acme.owner)
    answer = again.post("/sign-in/code", sent, form_at="/sign-in/code")
    assert answer.status_code == 422
    assert "That passkey was not accepted" in text_of(answer)


def test_the_whole_sign_in_is_bound_to_the_browser_that_asked(site: Site) -> None:
    """By a cookie that lives as long as the question; the answer in another one is refused."""
    _, own = with_key(site, site.acme.owner)
    browser, thief = site.browser(), site.browser()
    question = browser.post("/sign-in/passkey/options")
    assert question.headers["content-type"] == "application/json"
    assert question.headers["cache-control"] == "no-store"
    assert json.loads(question.text)["allowCredentials"] == []
    sent = {"passkey": own.get(question.text), "next": "/profile/places"}
    assert thief.post("/sign-in/passkey", sent).status_code == 422
    thief.post("/sign-in/passkey/options")
    refused = thief.post("/sign-in/passkey", sent)
    assert refused.status_code == 422
    assert "That passkey did not sign you in" in text_of(refused)
    answer = browser.post("/sign-in/passkey", sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/profile/places")
    assert "passkey" in text_of(browser.get("/profile/places"))
    assert browser.post("/sign-in/passkey", sent).status_code == 403  # signed in already


def test_a_sign_in_gives_up_the_session_that_the_browser_had(site: Site) -> None:
    """As after a password (OWASP ASVS 7.2.4): a copy of the old cookie opens nothing any more."""
    browser, own = with_key(site, site.acme.owner)
    copy = site.browser()
    copy.client.cookies.update(browser.client.cookies)
    question = browser.post("/sign-in/passkey/options", form_at="/profile")
    sent = {"passkey": own.get(question.text)}
    assert browser.post("/sign-in/passkey", sent, form_at="/profile").status_code == 303
    assert browser.get("/profile").status_code == 200
    assert copy.get("/profile").status_code == 303


def test_a_lost_key_is_got_over_with_a_recovery_code_in_the_session(site: Site) -> None:
    """Where there is no app, no code of one is asked for; the recovery code has its own button."""
    browser, own = site.signed_in(site.acme.owner), key()
    codes = re.findall(r"<li><code>([0-9A-Z-]{19})</code>", set_up(browser, own).text)
    site.clock.advance(301)
    page = browser.get("/confirm?next=/profile")
    assert not has_field(page, "code")
    assert "Use the code" in text_of(page)
    sent = {"recovery_code": codes[0], "next": "/profile"}
    answer = browser.post("/confirm", sent, form_at="/confirm")
    assert (answer.status_code, answer.headers["location"]) == (303, "/profile")


def test_both_are_offered_to_somebody_who_has_both(site: Site) -> None:
    """And the passkey alone while codes are stopped, with the reason."""
    site.acme.enrol(site.acme.owner)
    _, own = with_key(site, site.acme.owner)
    waiting = half(site, site.acme.owner)
    page = waiting.get("/sign-in/code")
    assert has_field(page, "next_code"), text_of(page)
    assert asked(page)
    owner_id, now = site.acme.owner_id, site.clock.now()
    site.world.store.call(lambda tx: tx.authenticators.disable(owner_id, at=now))
    page = waiting.get("/sign-in/code")
    assert "Your authenticator app is stopped" in text_of(page)
    sent = {"passkey": own.get(asked(page))}
    answer = waiting.post("/sign-in/code", sent, form_at="/sign-in/code")
    assert answer.status_code == 303
    site.clock.advance(301)
    page = waiting.get("/confirm?next=/profile")
    assert (page.status_code, has_field(page, "code")) == (200, False)
    sent = {"passkey": own.get(asked(page)), "next": "/profile"}
    answer = waiting.post("/confirm", sent, form_at="/profile")
    assert answer.headers["location"] == "/profile"


def test_a_name_and_a_removal_ask_for_a_fresh_proof_and_keep_what_was_typed(site: Site) -> None:
    """The held form goes on after the passkey, and is not sent after a refused one."""
    browser, own = with_key(site, site.acme.owner)
    one = re.search(r"/profile/passkeys/([0-9a-f-]{36})", browser.get("/profile").text)
    assert one
    path = f"/profile/passkeys/{one[1]}"
    assert "Blue key" in text_of(browser.get(path))
    site.clock.advance(301)
    held = browser.post(f"{path}/rename", {"name": "Red key"}, form_at="/profile")
    assert "Confirm that it is you" in text_of(held)
    sent = {"held_path": f"{path}/rename", "held.name": "Red key", "next": "/"}
    refused = browser.post("/confirm", {**sent, "passkey": "{}"}, form_at="/profile")
    assert refused.status_code == 422
    assert "Blue key" in text_of(browser.get("/profile"))
    proof = {**sent, "passkey": own.get(asked(refused))}
    answer = browser.post("/confirm", proof, form_at="/profile")
    assert answer.headers["location"] == "/profile"
    assert "Red key" in text_of(browser.get("/profile"))
    refused = browser.post(f"{path}/remove", form_at="/profile")
    assert refused.status_code == 422
    assert "You are the only admin with a second step" in text_of(refused)
    assert browser.get("/profile/passkeys/another").status_code == 404
    assert browser.post("/profile/passkeys/another/remove", form_at="/profile").status_code == 404


def test_the_pages_open_to_whoever_lacks_a_passkey_are_these() -> None:
    """A page can only be opened without one if somebody wrote it down here too."""
    found = {page.path for page in ALL_PAGES if page.open_without_passkey}
    assert found == OPEN_WITHOUT_PASSKEY


def test_where_passkeys_alone_are_taken_a_code_opens_only_the_way_to_one(site: Site) -> None:
    """Every page that needs a session is walked; with the passkey they open again."""
    acme = site.acme
    ada = site.give_password(acme.add("Ada", Role.ADMIN))
    acme.enrol(ada)
    acme.enrol(acme.owner)
    owner, _ = with_key(site, acme.owner)
    caller = acme.caller_of(owner.client.cookies["twofold"])
    assert caller is not None
    wanted = GuardPolicy(passkeys_from=PasskeysFrom.ADMINS)
    acme.call(guard_policy.set_guard, caller=caller, guard=wanted)
    browser = site.signed_in(ada)
    shut = [p for p in ALL_PAGES if p.needs is Needs.SESSION and p.path not in STILL_OPEN]
    for method, path, answer in every_answer(browser, shut):
        assert answer.status_code == 303, (method, path)
        assert answer.headers["location"] == "/profile/passkeys/add", (method, path)
    page = browser.get("/profile/passkeys/add")
    assert "Acme takes passkeys only from you" in text_of(page)
    sent = {"passkey": key().create(asked(page)), "name": ""}
    answer = browser.post("/profile/passkeys/add", sent, form_at="/profile/passkeys/add")
    assert answer.headers["location"] == "/profile"
    assert browser.get("/account").status_code == 200
    waiting = half(site, ada)
    assert not has_field(waiting.get("/sign-in/code"), "code")
    answer = waiting.post("/sign-in/code", {"code": acme.code(ada)}, form_at="/sign-in/code")
    assert answer.status_code == 403
    assert "Use your passkey" in text_of(answer)


def test_without_a_host_name_there_are_no_passkeys(site: Site) -> None:
    """WebAuthn knows no addresses; the pages say so and ask for nothing."""
    object.__setattr__(site.world, "public_url", "http://127.0.0.1:8000")
    browser = site.signed_in(site.acme.owner)
    assert "Passkeys need a host name" in text_of(browser.get("/profile"))
    assert browser.get("/profile/passkeys/add").status_code == 404
    stranger = site.browser()
    assert not has_field(stranger.get("/sign-in"), "passkey")
    assert stranger.post("/sign-in/passkey/options").status_code == 404
    assert stranger.post("/sign-in/passkey", {"passkey": "{}"}).status_code == 422
