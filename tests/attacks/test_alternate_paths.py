"""Class 1: the second step skipped on another road. Mechanisms 1 to 17."""

import base64

import pytest
from starlette.routing import Route
from starlette.websockets import WebSocketDisconnect

from tests.attacks.faces import COOKIES, Client, Face, Standing
from tests.attacks.scene import add, half_way, on_road
from tests.faces.conftest import PASSWORD, Site, text_of
from tests.faces.routes import every_answer, path_of
from twofold.api.access import PREFIX, Endpoint
from twofold.bootstrap import Faces
from twofold.core.mail import MailKind
from twofold.core.people import Person, Role
from twofold.core.tokens import Purpose
from twofold.flows import people
from twofold.gate.app import PREFIXES, ForwardAuth
from twofold.web.access import Needs
from twofold.web.app import ALL_PAGES
from twofold.web.shell import Shell

GATE = {
    "/gate/nginx",
    "/gate/forward",
    "/.twofold/sign-in",
    "/.twofold/callback",
    "/.twofold/sign-out",
}
"""What forward authentication answers to; its attacks are in `tests/gate/`."""
PROTECTED = [page for page in ALL_PAGES if page.needs is Needs.SESSION]


def opened(client: Client) -> list[str]:
    """The pages that need a session and let this client in all the same."""
    return [
        f"{method} {path}"
        for method, path, answer in every_answer(client.browser, PROTECTED)
        if answer.status_code not in (303, 401, 403)
    ]


def test_every_route_of_the_application_declares_what_it_needs(site: Site) -> None:
    """Mechanism 1: no route beside the declared pages and those of the API; neither can be made
    without saying what it needs.
    """
    assert isinstance(site.app, Faces)
    assert isinstance(site.app.web, Shell)
    assert list(site.app.beside) == [*PREFIXES, PREFIX]
    gate = site.app.beside[PREFIXES[0]]
    assert isinstance(gate, ForwardAuth)
    assert set(gate.paths) == GATE
    assert site.app.beside[PREFIXES[1]] is gate
    routes = site.app.web._app.routes  # type: ignore[attr-defined]
    assert all(isinstance(route, Route) for route in routes)
    paths = sorted(route.path for route in routes)
    assert paths == sorted([*(page.path for page in ALL_PAGES), "/static/{version}/{name}"])
    with pytest.raises(TypeError, match="needs"):
        type(ALL_PAGES[0])("/new")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="scope"):
        Endpoint("GET", "/new", handler=half_way, answers=None)  # type: ignore[call-arg]


def test_a_password_in_any_other_scheme_opens_nothing(face: Face, mia: Person) -> None:
    """Mechanism 2: not as HTTP Basic, as a bearer token, in the address or as JSON."""
    pair = base64.b64encode(f"{mia.email}:{PASSWORD}".encode()).decode()
    for headers in ({"authorization": f"Basic {pair}"}, {"authorization": f"Bearer {PASSWORD}"}):
        client = face.client()
        client.http.headers.update(headers)
        assert opened(client) == []
        assert not client.http.cookies
    client = face.client()
    both = {"email": mia.email, "password": PASSWORD}
    for page in PROTECTED:
        for answer in (
            client.http.get(path_of(page), params=both),
            client.http.post(path_of(page), json=both),
        ):
            assert answer.status_code in (303, 401, 403, 405)
            assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "road", ["password", "password link", "browser link", "other browser", "set-up link"]
)
def test_every_road_ends_at_the_second_step(face: Face, mia: Person, road: str) -> None:
    """Mechanism 3: whatever brought somebody with an authenticator in, the code is still asked."""
    client = face.client()
    on_road(client, mia, road)
    assert client.standing() is Standing.HALF
    assert opened(client) == []
    assert client.right_code(face.site.acme.person(mia.id)).status_code == 303
    assert client.standing() is Standing.IN


def test_a_new_password_signs_nobody_in_and_ends_what_the_old_one_began(
    face: Face, mia: Person
) -> None:
    """Mechanism 4: no session comes out of it, the old ones and the half-finished ones are dead,
    and the next sign-in asks for the code.
    """
    before, waiting = face.signed_in(mia), half_way(face, mia)
    client = face.client()
    answer = client.post(
        f"/password/{face.site.link(mia, Purpose.PASSWORD)}", {"password": "quite another phrase"}
    )
    assert answer.status_code == 200
    assert client.standing() is Standing.OUT
    assert before.standing() is Standing.OUT
    assert waiting.standing() is Standing.OUT
    face.site.clock.advance(60)
    client.password(mia.email, "quite another phrase")
    assert client.standing() is Standing.HALF


def test_a_mailbox_alone_never_gets_past_the_second_step(face: Face, mia: Person) -> None:
    """Mechanism 5: every link that can be asked for is followed; no session, no new factor, and
    the factor stays on.
    """
    acme = face.site.acme
    acme.switch_on()
    before = acme.active(mia)
    thief = face.client()
    thief.post("/forgot-password", {"email": mia.email})
    token = acme.token(mia, MailKind.PASSWORD_LINK)
    thief.post(f"/password/{token}", {"password": "the thief has chosen"})
    thief.post("/sign-in/link", {"email": mia.email})
    thief.post(f"/sign-in/link/{acme.token(mia, MailKind.BROWSER_LINK)}")
    thief.password(mia.email, "the thief has chosen")
    thief.post("/sign-in/code/send-link", at="/sign-in/code")
    link = f"/sign-in/code/link/{acme.token(mia, MailKind.CODE_LINK)}"
    thief.post(link, at=link)
    for path in ("/set-up", "/set-up/send-link", "/set-up/cancel", "/profile/set-up",
                 "/profile/set-up/save", "/profile/set-up/cancel"):  # fmt: skip
        thief.get(path)
        thief.post(path, at="/sign-in/code")
    assert thief.standing() is Standing.HALF
    assert opened(thief) == []
    assert (acme.active(mia), acme.pending(mia)) == (before, None)


def test_nothing_handed_out_before_the_code_opens_anything(face: Face, mia: Person) -> None:
    """Mechanism 6: every cookie and every token in a page, carried under every name."""
    client = half_way(face, mia)
    client.get("/sign-in/code")
    client.post("/sign-in/link", {"email": mia.email})
    client.post(f"/sign-in/link/{face.site.mailed(mia, MailKind.BROWSER_LINK)}")
    tokens = client.tokens()
    assert len(tokens) >= 3
    thief = face.client()
    for token in tokens:
        thief.present(token)
        assert thief.standing() in (Standing.OUT, Standing.HALF)
        thief.present(token, names=("twofold", "twofold-browser"))
        assert thief.standing() is Standing.OUT
        assert opened(thief) == []


def test_no_token_of_the_password_step_works_in_a_header_or_an_address(
    face: Face, mia: Person
) -> None:
    """Mechanism 7: nor is anything taken for a bearer token, a ticket or a session in a query."""
    for token in half_way(face, mia).tokens():
        thief = face.client()
        thief.http.headers.update(
            {"authorization": f"Bearer {token}", "x-auth-token": token, "x-session": token}
        )
        for query in ("token", "session", "ticket", "access_token", *COOKIES):
            assert thief.get(f"/profile?{query}={token}").status_code == 303
        assert opened(thief) == []


def test_no_other_protocol_is_spoken(face: Face, mia: Person) -> None:
    """Mechanism 8: a websocket is closed before it opens, for everybody and on every path."""
    for client in (face.client(), half_way(face, mia), face.signed_in(face.site.acme.owner)):
        for path in ("/", "/profile", "/sign-in/code", "/nowhere", "/static/x/y"):
            with (
                pytest.raises(WebSocketDisconnect) as closed,
                client.http.websocket_connect(path),
            ):
                pass
            assert closed.value.code == 1000


def test_a_public_page_does_not_know_who_is_half_signed_in(face: Face, mia: Person) -> None:
    """Mechanism 9: whoever has the password alone learns nothing from pages that all may see,
    but for those that go on with a set-up: the one that is demanded, and the operator's link.
    """
    client = half_way(face, mia)
    public = [page for page in ALL_PAGES if page.needs is Needs.PUBLIC]
    assert [page.path for page in public if page.goes_on] == [
        "/recover/{token}",
        "/enrol/{token}",
    ]
    for page in public:
        if not page.goes_on and page.get is not None:
            answer, stranger = client.get(path_of(page)), face.client().get(path_of(page))
            assert (answer.status_code, answer.text) == (stranger.status_code, stranger.text)


def test_what_the_browser_claims_changes_nothing(face: Face, mia: Person) -> None:
    """Mechanism 10: flags in forms, addresses, headers and cookies, and what pages hide, do not
    say whether the code was right.
    """
    claims = {"factor": "true", "mfa": "1", "two_factor": "off", "stage": "done", "skip": "1",
              "enrolled": "false", "failures": "0", "pair": "", "verified": "yes", "methods": "otp",
              "trusted": "yes", "trust": "yes", "role": "owner", "person_id": mia.id}  # fmt: skip
    client = face.client()
    client.http.headers.update({f"x-{name.replace('_', '-')}": v for name, v in claims.items()})
    client.password(mia.email, **claims)
    for name, value in claims.items():
        client.http.cookies.set(name, value)
    assert client.standing() is Standing.HALF
    client.code(face.site.acme.wrong(face.site.acme.active(mia)), **claims)
    assert client.get("/profile?" + "&".join(f"{n}={v}" for n, v in claims.items())).is_redirect
    assert client.standing() is Standing.HALF


def test_going_back_or_elsewhere_leads_to_the_code_again(face: Face, mia: Person) -> None:
    """Mechanism 11: the address of a page, the page before, a second tab: still the code."""
    client = half_way(face, mia)
    for path in ("/", "/profile", "/account", "/sign-in/code", "/profile"):
        answer = client.get(path)
        assert answer.status_code == 200 or answer.headers["location"] == "/sign-in/code"
    assert client.get("/sign-in").status_code == 200
    client.password(mia.email)
    assert client.standing() is Standing.HALF


def test_the_set_up_that_is_demanded_cannot_be_dodged(face: Face) -> None:
    """Mechanism 12: with a cancelled set-up, the link of somebody else, or none at all."""
    acme = face.site.acme
    ben, eve = add(face.site, "Ben"), add(face.site, "Eve")
    acme.switch_on()
    client = face.client()
    client.password(ben.email)
    assert client.standing() is Standing.MUST_ENROL
    link = f"/enrol/{face.site.link(eve, Purpose.ENROL)}"
    for path in (link, "/set-up/cancel", "/set-up/send-link", "/profile/set-up/save"):
        client.post(path, {"code": "123456"}, at="/set-up")
        assert client.standing() is Standing.MUST_ENROL
    assert opened(client) == []
    client.post("/sign-in/cancel", at="/set-up")
    assert client.standing() is Standing.OUT


def test_a_disabled_authenticator_still_binds_its_owner(face: Face, mia: Person) -> None:
    """Mechanism 13: what guessing has disabled opens nothing, and is not the same as none."""
    acme = face.site.acme
    acme.store.call(lambda tx: tx.authenticators.disable(mia.id, at=acme.now))
    client = half_way(face, mia)
    assert client.right_code(mia).status_code == 403
    assert client.standing() is Standing.HALF
    assert opened(client) == []


def test_a_code_without_a_proved_password_is_nothing(face: Face, mia: Person) -> None:
    """Mechanism 14: refused alike whether the person, the code, or neither is real."""
    acme = face.site.acme
    answers = []
    for email, code in ((mia.email, acme.code(mia)), (mia.email, "000000"), ("no@b.example", "1")):
        client = face.client()
        client.present("x" * 43)
        answers.append(client.post("/sign-in/code", {"email": email, "code": code, "csrf": "x"}))
        assert client.standing() is Standing.OUT
    assert len({(answer.status_code, answer.text) for answer in answers}) == 1
    assert answers[0].status_code == 401
    assert acme.outcomes(mia) == acme.outcomes(acme.person(mia.id))
    assert [a.purpose.value for a in acme.attempts(mia)] == ["enrol"]


def test_disabling_somebody_closes_every_channel(face: Face, mia: Person) -> None:
    """Mechanism 15: session, half-finished sign-in, trusted browser and mailed links at once."""
    acme = face.site.acme
    trusted, waiting = face.signed_in(mia, trust="yes"), half_way(face, mia)
    links = [f"/password/{face.site.link(mia, Purpose.PASSWORD)}"]
    acme.call(people.set_disabled, actor=acme.owner, person_id=mia.id, disabled=True)
    assert trusted.standing() is Standing.OUT
    assert waiting.right_code(mia).status_code == 401
    assert waiting.standing() is Standing.OUT
    for client in (trusted, face.client()):
        assert client.password(mia.email).status_code == 422
        assert client.standing() is Standing.OUT
    for link in links:
        assert face.client().get(link).status_code == 404
        assert face.client().post(link, {"password": "quite another phrase"}).status_code == 404


BODIES = (
    (b"", ""),
    (b"", "application/x-www-form-urlencoded"),
    (b"code=", "application/x-www-form-urlencoded"),
    (b"code=123456", "application/x-www-form-urlencoded"),
    (b"code=123456&code=123456", "application/x-www-form-urlencoded"),
    (b"code[]=123456", "application/x-www-form-urlencoded"),
    (b'{"code": null}', "application/json"),
    (b"null", "application/json"),
    (b"code=%00", "application/x-www-form-urlencoded"),
    (b"code=%ff", "application/x-www-form-urlencoded"),
    (b"--x--", "multipart/form-data; boundary=x"),
    (b"code=123456", "text/plain"),
)


@pytest.mark.parametrize("with_token", [True, False])
def test_an_empty_or_broken_step_is_not_a_finished_one(
    face: Face, mia: Person, with_token: bool
) -> None:
    """Mechanism 16: each form of the sign-in with nothing, half of it, twice of it, or rubbish."""
    site = face.site
    ben = add(site, "Ben")
    site.acme.switch_on()
    for person, standing in ((mia, Standing.HALF), (ben, Standing.MUST_ENROL)):
        client = face.client()
        client.password(person.email)
        page = "/sign-in/code" if standing is Standing.HALF else "/set-up"
        csrf = client.csrf(page).encode() if with_token else b""
        for path in ("/sign-in", "/sign-in/code", "/set-up", "/set-up/cancel",
                     f"/enrol/{site.link(person, Purpose.ENROL)}"):  # fmt: skip
            for body, kind in BODIES:
                sent = body + b"&csrf=" + csrf if with_token and b"code" in body else body
                headers = {"content-type": kind} if kind else {}
                answer = client.http.post(path, content=sent, headers=headers)
                assert answer.status_code < 500, (path, body)
                assert client.standing() is standing, (path, body)


def test_a_captured_state_of_a_sign_in_is_worth_nothing_afterwards(face: Face, mia: Person) -> None:
    """Mechanism 17: finished, cancelled or somebody else's; it is used once, by its person."""
    site = face.site
    ben = add(site, "Ben")
    site.acme.enrol(ben)
    client = half_way(face, mia)
    captured = client.http.cookies["twofold-sign-in"]
    client.right_code(mia)
    assert client.standing() is Standing.IN
    site.clock.advance(60)
    thief = face.client()
    thief.present(captured)
    assert thief.right_code(mia).status_code == 401
    assert thief.standing() is Standing.OUT
    given_up = half_way(face, mia)
    captured = given_up.http.cookies["twofold-sign-in"]
    given_up.post("/sign-in/cancel", at="/sign-in/code")
    thief.present(captured)
    assert thief.standing() is Standing.OUT
    client = half_way(face, ben)
    assert client.code(site.acme.code(mia), person=mia.id, email=mia.email).status_code == 422
    assert client.standing() is Standing.HALF


def test_a_lower_role_has_no_shorter_road(face: Face) -> None:
    """Mechanism 13 again: for every role with an authenticator the password alone is half."""
    for role in Role:
        person = add(face.site, f"P{role.name.title()}", role)
        face.site.acme.enrol(person)
        client = half_way(face, person)
        assert client.standing() is Standing.HALF
        assert PASSWORD not in text_of(client.get("/sign-in/code"))
