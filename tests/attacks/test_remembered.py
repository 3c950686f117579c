"""Class 11: sessions and remembered browsers. Mechanisms A11.1 to A11.6."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.attacks.dump import bytes_of, rows_of
from tests.attacks.faces import TOKEN, Client, Face, Standing
from tests.attacks.scene import OTHER_PASSWORD, add, enrolled, half_way
from tests.faces.conftest import PASSWORD, Site
from tests.faces.routes import path_of
from tests.world import Guesser
from twofold.core.desk import Act
from twofold.core.people import DAY, MINUTE, Person
from twofold.core.tokens import Purpose, digest
from twofold.flows import people
from twofold.web.access import Needs
from twofold.web.app import ALL_PAGES
from twofold.web.cookies import BROWSER, SESSION


@dataclass
class Open:
    """Everything that somebody has open: two sessions, a half-finished sign-in, a trust."""

    here: Client
    there: Client
    waiting: Client
    trusted: str
    """The cookie of the trusted browser, which is that of `there`."""


def everything_open(face: Face, person: Person) -> Open:
    """Somebody with a factor, signed in here and there."""
    there = face.signed_in(person, trust="yes")
    here = face.signed_in(person)
    return Open(here, there, half_way(face, person), there.http.cookies[BROWSER])


def skips_code(face: Face, person: Person, cookie: str, password: str = PASSWORD) -> bool:
    """Whether a browser with this cookie gets in with the password alone."""
    client = face.client()
    client.present(cookie, names=(BROWSER,))
    client.password(person.email, password)
    assert client.standing() in (Standing.IN, Standing.HALF)
    return client.standing() is Standing.IN


def replaced(face: Face, person: Person, here: Client) -> str:
    """A new authenticator from My Profile."""
    face.site.clock.advance(30)
    here.get("/profile/set-up")
    pending = face.site.acme.pending(person)
    assert pending is not None
    fields = {"code": face.site.acme.code_of(pending)}
    assert here.post("/profile/set-up/save", fields, at="/profile/set-up").status_code in (200, 303)
    return PASSWORD


def ended_by_admin(face: Face, person: Person, here: Client) -> str:
    """The help for a lost phone: the authenticator is ended, a new one set up."""
    acme = face.site.acme
    acme.help(person, Act.INVITE, stolen=True)
    assert here.standing() is Standing.OUT
    acme.set_up_by_invitation(person)
    return PASSWORD


def guessed_away(face: Face, person: Person, here: Client) -> str:
    """The authenticator is disabled by too many wrong codes; the sessions of its owner go on."""
    acme = face.site.acme
    acme.store.call(lambda tx: tx.authenticators.disable(person.id, at=acme.now))
    return PASSWORD


def by_link(face: Face, person: Person, here: Client) -> str:
    """A new password from a mailed link."""
    link = f"/password/{face.site.link(person, Purpose.PASSWORD)}"
    assert face.client().post(link, {"password": OTHER_PASSWORD}).status_code == 200
    return OTHER_PASSWORD


def from_profile(face: Face, person: Person, here: Client) -> str:
    """A new password from My Profile."""
    fields = {"current": PASSWORD, "password": OTHER_PASSWORD}
    assert here.post("/profile/password", fields, at="/profile").status_code == 303
    return OTHER_PASSWORD


def in_place_of_a_stolen_one(face: Face, person: Person, here: Client) -> str:
    """A new password because the old one counts as stolen."""
    acme = face.site.acme
    acme.store.call(lambda tx: tx.people.mark_stolen(person.id, acme.now))
    fields = {"password": OTHER_PASSWORD}
    assert here.post("/new-password", fields, at="/new-password").headers["location"] == "/"
    return OTHER_PASSWORD


def disabled_and_enabled(face: Face, person: Person, here: Client) -> str:
    """Stopped from signing in, and let in again: what was open is not revived."""
    acme = face.site.acme
    for off in (True, False):
        acme.call(people.set_disabled, actor=acme.owner, person_id=person.id, disabled=off)
    return PASSWORD


Change = Callable[[Face, Person, Client], str]


@pytest.mark.parametrize("change", [replaced, ended_by_admin])
def test_a_change_of_factor_ends_whatever_else_is_open(
    face: Face, mia: Person, change: Change
) -> None:
    """Mechanism A11.1: other sessions, half-finished sign-ins and trust, on the next request; the
    session in which it was changed goes on under a new token.
    """
    opened = everything_open(face, mia)
    change(face, mia, opened.here)
    assert opened.here.standing() is (Standing.IN if change is replaced else Standing.OUT)
    assert opened.there.standing() is Standing.OUT
    assert opened.waiting.standing() is Standing.OUT
    assert not skips_code(face, mia, opened.trusted)


def test_the_first_factor_ends_the_sessions_that_had_none(face: Face) -> None:
    """Mechanism A11.1 again: setting up turns every other session of the password alone away, and
    switching on those of everybody.
    """
    acme = face.site.acme
    ben, cid = add(face.site, "Ben"), add(face.site, "Cid")
    clients = []
    for person in (ben, ben, cid):
        clients.append(face.client())
        clients[-1].password(person.email)
    here, there, other = clients
    assert [client.standing() for client in clients] == [Standing.IN] * 3
    replaced(face, ben, here)
    standings = [here.standing(), there.standing(), other.standing()]
    assert standings == [Standing.IN, Standing.OUT, Standing.IN]
    acme.switch_on()
    assert (here.standing(), other.standing()) == (Standing.IN, Standing.OUT)


@pytest.mark.parametrize(
    "change", [by_link, from_profile, in_place_of_a_stolen_one, disabled_and_enabled, guessed_away]
)
def test_nothing_open_survives_a_change_of_what_it_rests_on(
    face: Face, mia: Person, change: Change
) -> None:
    """Mechanism A11.2: not after a new password from anywhere, nor after somebody was stopped and
    let in again; a disabled authenticator ends trust too, and leaves the sessions that it proved.
    """
    opened = everything_open(face, mia)
    held = opened.here.http.cookies[SESSION]
    password = change(face, mia, opened.here)
    keeps = {from_profile, in_place_of_a_stolen_one, guessed_away}
    assert opened.here.standing() is (Standing.IN if change in keeps else Standing.OUT)
    assert not skips_code(face, mia, opened.trusted, password)
    if change is not guessed_away:
        assert opened.there.standing() is Standing.OUT
        assert opened.waiting.standing() is Standing.OUT
        thief = face.client()
        thief.present(held, names=(SESSION,))
        assert thief.standing() is Standing.OUT


def forgeries(site: Site, person: Person, token: str) -> list[str]:
    """What somebody could write into the cookie of a browser who does not have its token."""

    def plain(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"sub": person.id, "email": person.email, "trusted": True, "exp": 2**40}
    browser = site.acme.store.call(lambda tx: tx.browsers.of(person.id))[0]
    stored = digest(Purpose.BROWSER, token)
    return [
        f"{plain({'alg': 'none'})}.{plain(claims)}.", plain(claims), person.id, person.email,
        browser.id, browser.factors, stored.hex(), "A" * 43, "0", "true", "yes",
        base64.urlsafe_b64encode(stored).decode().rstrip("="),
        token[:-1], token[1:], token + "A", token.lower(), token.swapcase(), token[::-1],
    ]  # fmt: skip


def test_a_forged_cookie_of_a_browser_is_worth_nothing(
    face: Face, mia: Person, database_url: str
) -> None:
    """Mechanism A11.3: it is 256 random bits that are found or not, and says nothing by itself;
    the database holds its hash alone. Somebody else's real one is worth nothing either.
    """
    ben = enrolled(face.site, "Ben")
    token = face.signed_in(mia, trust="yes").http.cookies[BROWSER]
    assert TOKEN.fullmatch(token)
    assert skips_code(face, mia, token)
    for forged in forgeries(face.site, mia, token):
        assert not skips_code(face, mia, forged), forged
    assert not skips_code(face, ben, token)
    assert token.encode() not in bytes_of(database_url)
    kept = {row["token_hash"] for row in rows_of(database_url)["browsers"]}
    assert digest(Purpose.BROWSER, token) in kept


def test_every_browser_has_a_cookie_of_its_own_for_thirty_days(face: Face, mia: Person) -> None:
    """Mechanism A11.4: two browsers, two tokens; trust is not drawn out by use; each is listed
    and ended by itself. On a shared machine the second person gets a new token, so that whoever
    used it first holds nothing of theirs.
    """
    site = face.site
    ben = enrolled(site, "Ben")
    desk, phone = (face.signed_in(mia, trust="yes") for _ in range(2))
    begun = site.clock.now()
    tokens = [client.http.cookies[BROWSER] for client in (desk, phone)]
    assert len(set(tokens)) == 2
    shared = face.client()
    shared.present(tokens[0], names=(BROWSER,))
    shared.sign_in(ben, trust="yes")
    assert shared.http.cookies[BROWSER] not in tokens
    assert not skips_code(face, ben, tokens[0])
    rows = desk.get("/profile/places").text.split("end-browser")[1:]
    assert len(rows) == len(site.acme.store.call(lambda tx: tx.browsers.of(mia.id))) >= 2
    assert [skips_code(face, mia, token) for token in tokens] == [True, True]
    desk.post(
        "/profile/places/end-browser", {"row": own_row(site, mia, desk)}, at="/profile/places"
    )
    assert [skips_code(face, mia, token) for token in tokens] == [False, True]
    site.clock.moment = begun + 30 * DAY - 1
    assert skips_code(face, mia, tokens[1])
    site.clock.advance(1)
    assert not skips_code(face, mia, tokens[1])


def own_row(site: Site, person: Person, client: Client) -> str:
    """By what the list of places names the browser that it is looked at with."""
    page = client.get("/profile/places").text
    part = page[page.index("Known browsers") :]
    part = part[part.index("(this browser)") :]
    return part.split('name="row" value="')[1].split('"')[0]


CLAIMS = {
    "x-trusted-browser": "yes", "x-device-trusted": "1", "x-forwarded-for": "192.0.2.7",
    "x-real-ip": "192.0.2.7", "x-mfa": "passed", "x-remote-user": "mia@acme.example",
    "remote-user": "mia@acme.example", "x-forwarded-user": "mia@acme.example",
    "sec-ch-ua-platform": '"Linux"', "x-ssl-client-verify": "SUCCESS",
}  # fmt: skip


def test_trust_comes_from_the_cookie_and_from_nothing_else(face: Face, mia: Person) -> None:
    """Mechanism A11.5: the same address and browser without the cookie are strangers, whatever
    their headers say; the cookie holds elsewhere too, because an address proves nothing.
    """
    trusted = face.signed_in(mia, trust="yes", peer="192.0.2.7")
    same = face.client(peer="192.0.2.7")
    same.http.headers.update(CLAIMS)
    same.password(mia.email, trust="yes")
    assert same.standing() is Standing.HALF
    elsewhere = face.client(peer="198.51.100.9")
    elsewhere.http.headers["user-agent"] = "curl/8"
    elsewhere.present(trusted.http.cookies[BROWSER], names=(BROWSER,))
    elsewhere.password(mia.email)
    assert elsewhere.standing() is Standing.IN


def test_a_trusted_browser_is_not_known_to_whoever_guesses_beside_it(
    face: Face, mia: Person
) -> None:
    """Mechanism A11.5 again: a guesser at the same address uses up nothing of the browser's own
    budget, and a proof there is none of theirs.
    """
    client = face.signed_in(mia, peer="192.0.2.7")
    client.post("/sign-out", at="/sign-out")
    Guesser(face.site.acme, mia).climb(5)
    client.password(mia.email)
    assert 'name="next_code"' not in client.get("/sign-in/code").text
    stranger = face.client(peer="192.0.2.7")
    stranger.password(mia.email)
    assert 'name="next_code"' in stranger.get("/sign-in/code").text


def signs_out(client: Client, other: Client) -> None:
    """With the button."""
    client.post("/sign-out", at="/sign-out")


def is_ended(client: Client, other: Client) -> None:
    """From another session of the same person."""
    other.post("/profile/places/end-all", at="/profile/places")


def idles(client: Client, other: Client) -> None:
    """An hour without a request."""
    client.site.clock.advance(60 * MINUTE)


@pytest.mark.parametrize("end", [signs_out, is_ended, idles])
def test_an_ended_session_is_dead_on_the_next_request_everywhere(
    face: Face, mia: Person, elsewhere: Site, end: Callable[[Client, Client], None]
) -> None:
    """Mechanism A11.6: its captured cookie opens no page in this process or another one, and no
    answer of a session may be kept by a cache.
    """
    client, other = face.signed_in(mia), face.signed_in(mia)
    captured = client.http.cookies[SESSION]
    thieves = [face.client(), face.client(app=elsewhere.app)]
    for thief in thieves:
        thief.present(captured, names=(SESSION,))
        assert thief.standing() is Standing.IN
        assert thief.get("/profile").headers["cache-control"] == "no-store"
    end(client, other)
    for thief in thieves:
        thief.present(captured, names=(SESSION,))
        for page in ALL_PAGES:
            if page.needs is Needs.SESSION and page.get is not None:
                answer = thief.get(path_of(page))
                assert answer.headers["location"].startswith("/sign-in"), page.path
                assert mia.name not in answer.text
