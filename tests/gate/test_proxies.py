"""Forward authentication behind real nginx and real Caddy, with the files of the docs."""

import base64
import json
import os

import pytest

from tests.gate.conftest import Lab
from tests.gate.proxies import LOGIN, WIKI, Reply, Wire
from twofold.core.people import Person, Role
from twofold.flows import people, sessions


@pytest.fixture
def mia(lab: Lab) -> Person:
    """A member with an authenticator, in a group."""
    made = lab.acme.add("Mia")
    lab.acme.enrol(made)
    return lab.acme.person(made.id)


def said(reply: Reply) -> dict[str, str]:
    """What the site was told, as WSGI has it."""
    assert reply.status == 200, (reply.status, reply.body[:300])
    found: dict[str, str] = json.loads(reply.body)["environ"]
    return found


JSON = {"Accept": "application/json"}
TWICE = b"Remote-User: root\r\nREMOTE-USER: root"


def test_whoever_is_not_signed_in_is_led_to_twofold_and_back(lab: Lab, mia: Person) -> None:
    """To the page that was asked for, with its query; the site is told who it is."""
    wire = lab.signed_in(mia)
    first = wire.ask(WIKI, "/page?a=1&b=%20x")
    assert first.status == 303
    assert first.header("location").startswith("/.twofold/sign-in?to=")
    assert lab.site.reached == []
    reply = lab.enter(wire, "/page?a=1&b=%20x")
    assert reply.status == 200
    assert lab.site.reached == ["GET /page?a=1&b=%20x"]
    told = said(wire.ask(WIKI, "/x", headers=JSON))
    assert told["HTTP_REMOTE_USER"] == told["HTTP_REMOTE_EMAIL"] == mia.email
    assert (told["HTTP_REMOTE_ID"], told["HTTP_REMOTE_NAME"]) == (mia.id, "Mia")
    assert told["HTTP_REMOTE_AMR"] == "pwd otp"
    assert int(told["HTTP_REMOTE_AUTH_TIME"]) == lab.acme.now


def test_the_cookies_are_of_the_very_host(lab: Lab, mia: Person) -> None:
    """`__Host-`, not for scripts, not for other sites; Twofold's own never leaves its host."""
    wire = lab.signed_in(mia)
    lab.enter(wire)
    assert set(wire.cookies[WIKI]) == {"__Host-twofold-begun", "__Host-twofold-site"}
    assert "twofold-site" not in str(wire.cookies[LOGIN])
    begun = wire.ask(WIKI, "/.twofold/sign-in?to=/").header("set-cookie")
    for mark in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert mark in begun
    assert "Domain" not in begun


def test_a_script_is_told_no(lab: Lab) -> None:
    """No redirect to a page that it cannot use, and the reason in a header."""
    for headers in (JSON, {"Sec-Fetch-Mode": "cors"}):
        reply = lab.wire().ask(WIKI, "/data", headers=headers)
        assert reply.status == 401
        assert "sign_in_required" in reply.header("www-authenticate")
        assert reply.header("location") == ""
    assert lab.wire().ask(WIKI, "/data", method="POST", body=b"x=1").status == 401
    assert lab.site.reached == []


def test_what_a_client_says_about_itself_never_arrives(lab: Lab, mia: Person) -> None:
    """Mechanism A13.5: identity headers are written over, signed in or not; look-alikes with an
    underscore do not come through beside them.
    """
    names = ("Remote-User", "Remote-Id", "Remote-Name", "Remote-Email", "Remote-Groups",
             "Remote-Amr", "Remote-Auth-Time")  # fmt: skip
    claims = dict.fromkeys(names, "root")
    told = said(lab.wire().ask(WIKI, "/static/a", headers={**JSON, **claims}))
    assert "root" not in told.values()
    assert {v for k, v in told.items() if k.startswith("HTTP_REMOTE")} <= {""}
    wire = lab.signed_in(mia)
    lab.enter(wire)
    told = said(wire.ask(WIKI, "/", headers={**JSON, **claims}))
    assert told["HTTP_REMOTE_USER"] == mia.email
    assert "root" not in str(told)
    for line in (b"Remote_User: root", b"remote_groups: admins", b"REMOTE_ID: 1", TWICE):
        reply = wire.ask(WIKI, "/", headers=JSON, lines=(line,))
        assert reply.status == 403 or "root" not in str(said(reply)), line
        assert reply.status == 403 or said(reply)["HTTP_REMOTE_USER"] == mia.email, line


def test_forwarded_headers_of_a_client_choose_no_rule(lab: Lab) -> None:
    """Mechanism A13.5: the proxy's own words decide, whatever the client wrote before."""
    claims = [
        {"X-Forwarded-Uri": "/static/a"},
        {"X-Forwarded-Host": LOGIN, "X-Forwarded-Uri": "/health"},
        {"X-Forwarded-Method": "OPTIONS", "X-Forwarded-Proto": "http"},
        {"X-Original-URL": "/static/a"},
        {"X-Rewrite-URL": "/static/a"},
        {"X-Original-URI": "/static/a"},
        {"Forwarded": "for=127.0.0.1;host=x;proto=https"},
        {"X-Forwarded-For": "127.0.0.1"},
    ]
    for claim in claims:
        assert lab.wire().ask(WIKI, "/secret", headers={**JSON, **claim}).status in (401, 403)
    for line in (b"X_Forwarded_Uri: /static/a", b"x-forwarded-uri: /static/a"):
        assert lab.wire().ask(WIKI, "/secret", headers=JSON, lines=(line,)).status in (401, 403)
    assert lab.site.reached == []


AMBIGUOUS = (
    "/static/../secret", "/static/%2e%2e/secret", "/static/..%2fsecret",
    "/static%2f..%2fsecret", "/static/%2e%2e%2fsecret", "/static/..%5csecret",
    "/static/..\\secret", "/static/%252e%252e/secret", "/static/%2e%2e;/secret",
    "/static/..;/secret", "//static/../secret", "/static//../secret", "/./static/../secret",
    "/static/.%00./secret", "/static/%00", "/static/a%0d%0aX: y", "/%2573tatic/a", "/STATIC/a",
    "/Static/a", "/secret;/../static/a", "/secret%3f/../static/a", "/secret/..;/static/a",
    "/static.", "/static%20/", "/static;x/../secret", "/%c0%ae%c0%ae/secret", "/static/\xe9",
    "https://wiki.example.org/static/../secret", "https://login.example.org/static/a",
    "*", "static/a", "/static#/../secret", "/%5cstatic",
)  # fmt: skip


def test_an_ambiguous_address_opens_nothing(lab: Lab) -> None:
    """Mechanism A13.4: whatever two servers could read in two ways is refused, or read as the page
    that is shut; no public rule lends itself to another page.
    """
    for target in AMBIGUOUS:
        for headers in (JSON, {}):
            reply = lab.wire().ask(WIKI, target, headers=headers)
            assert reply.status in (303, 308, 400, 401, 403, 404), (target, reply.status)
            assert lab.site.reached == [], target


def test_a_public_page_stays_public_in_its_one_spelling(lab: Lab) -> None:
    """So that the test above is no test of a door that is always shut."""
    for target in ("/static/a", "/static/%61?x=/../", "/health", "/static/", "/static/a%20b"):
        assert lab.wire().ask(WIKI, target, headers=JSON).status == 200, target
    assert lab.wire().ask(WIKI, "/health/more", headers=JSON).status == 401


def test_another_host_lends_no_rules(lab: Lab) -> None:
    """Mechanism A13.4: the name in `Host` or in an absolute target does not choose other rules."""
    other = f"other.example.org:{lab.ports.proxy}"
    for authority in (other, f"{WIKI}:1", WIKI, "wiki.example.org.", f"{LOGIN}:{lab.ports.proxy}"):
        reply = lab.wire().ask(WIKI, "/secret", headers=JSON, authority=authority)
        # Caddy answers with nothing, and 200, where it knows no site of the name.
        nothing = (reply.status, reply.body) == (200, b"")
        assert nothing or reply.status in (303, 400, 401, 403, 404), (authority, reply.status)
        if reply.status == 303:
            assert reply.header("location").startswith("/sign-in"), authority
    target = f"https://{WIKI}:{lab.ports.proxy}/secret"
    reply = lab.wire().ask(WIKI, target, headers=JSON, authority=other)
    assert reply.status in (400, 401, 403, 404)
    assert lab.site.reached == []


def test_nobody_outside_can_ask_the_gate(lab: Lab) -> None:
    """Twofold's own host does not answer for it, and the site's host has only the three."""
    question = {"X-Forwarded-Host": WIKI, "X-Forwarded-Uri": "/health"}
    for path in ("/gate/nginx", "/gate/forward"):
        assert lab.wire().ask(LOGIN, path, headers=question).status == 404
    for path in ("/.twofold/check", "/.twofold/x", "/.twofold/", "/.twofold/sign-in/.."):
        assert lab.wire().ask(WIKI, path, headers=question).status in (400, 401, 403, 404), path
    assert lab.site.reached == []


def test_signing_out_ends_every_site_on_the_next_request(lab: Lab, mia: Person) -> None:
    """Here, elsewhere, and when an admin disables somebody (mechanism 15)."""
    wire = lab.signed_in(mia)
    lab.enter(wire)
    assert wire.ask(WIKI, "/", headers=JSON).status == 200
    caller = lab.acme.caller_of(wire.cookies[LOGIN]["__Host-twofold"])
    assert caller is not None
    lab.acme.call(sessions.end, caller=caller)
    assert wire.ask(WIKI, "/", headers=JSON).status == 401
    lab.acme.clock.advance(60)
    wire = lab.signed_in(mia)
    lab.enter(wire)
    assert wire.ask(WIKI, "/", headers=JSON).status == 200
    lab.acme.call(people.set_disabled, actor=lab.acme.owner, person_id=mia.id, disabled=True)
    assert wire.ask(WIKI, "/", headers=JSON).status == 401


def test_a_page_that_asks_for_a_fresh_proof_gets_one(lab: Lab, mia: Person) -> None:
    """After its minutes the page leads to the proof; another page stays open meanwhile."""
    wire = lab.signed_in(mia)
    assert lab.enter(wire, "/admin/x?y=1").status == 200
    lab.acme.clock.advance(15 * 60 + 1)
    assert wire.ask(WIKI, "/page", headers=JSON).status == 200
    reply = wire.ask(WIKI, "/admin/x", headers=JSON)
    assert reply.status == 401
    assert "insufficient_user_authentication" in reply.header("www-authenticate")
    assert "max_age=900" in reply.header("www-authenticate")
    asked = lab.enter(wire, "/admin/x?y=1")
    assert b"asks for a proof now" in asked.body


def test_rules_for_some_are_shut_for_others(lab: Lab, mia: Person) -> None:
    """Signed in and not allowed is 403, on the site and on the way there."""
    wire = lab.signed_in(mia)
    lab.enter(wire)
    assert wire.ask(WIKI, "/owners", headers=JSON).status == 403
    assert wire.ask(WIKI, "/owners").status == 403
    olga = lab.acme.owner
    assert olga.role is Role.OWNER
    owner = lab.signed_in(olga)
    assert lab.enter(owner, "/owners").status == 200


def test_a_form_and_a_large_body_arrive_whole(lab: Lab, mia: Person) -> None:
    """The question goes without the body, and the site gets it."""
    wire = lab.signed_in(mia)
    lab.enter(wire)
    body = b"x=" + os.urandom(50_000).hex().encode()
    reply = wire.ask(WIKI, "/form", method="POST", headers=JSON, body=body)
    assert json.loads(reply.body)["body"] == body.decode()
    assert json.loads(reply.body)["method"] == "POST"


def test_a_websocket_behind_the_gate_needs_the_pass_too(lab: Lab, mia: Person) -> None:
    """Mechanism 8 on a protected site: refused without, and talked over with it."""
    wire = lab.signed_in(mia)
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(b"0" * 16).decode(),
        "Sec-Fetch-Mode": "websocket",
    }
    assert talk(wire, upgrade)[0] == 401
    assert lab.site.reached == []
    lab.enter(wire)
    status, heard = talk(wire, upgrade)
    assert status == 101
    assert heard.endswith(b"hello" + mia.email.encode())


def talk(wire: Wire, upgrade: dict[str, str]) -> tuple[int, bytes]:
    """Open a websocket, say hello, hear the answer."""
    cookies = "; ".join(f"{k}={v}" for k, v in wire.cookies.get(WIKI, {}).items())
    head = {"Host": f"{WIKI}:{wire.port}", "Cookie": cookies or "a=b", **upgrade}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    with wire.connected(WIKI) as connection:
        connection.sendall(f"GET /socket HTTP/1.1\r\n{lines}\r\n".encode())
        heard = b""
        while b"\r\n\r\n" not in heard:
            heard += connection.recv(4096)
        status = int(heard.split(b" ")[1])
        if status != 101:
            return status, b""
        connection.sendall(bytes((0x81, 0x80 | 5)) + bytes(4) + b"hello")
        frame = heard.partition(b"\r\n\r\n")[2]
        while len(frame) < 2 or len(frame) < 2 + frame[1]:
            frame += connection.recv(4096)
        return status, frame


def test_when_twofold_is_gone_nobody_gets_through(lab: Lab, mia: Person) -> None:
    """F32: stopped, or with a database that does not answer; public pages are shut too."""
    wire = lab.signed_in(mia)
    lab.enter(wire)
    assert wire.ask(WIKI, "/static/a", headers=JSON).status == 200
    reached = len(lab.site.reached)
    lab.world.store.close()
    for target in ("/", "/static/a"):
        assert wire.ask(WIKI, target, headers=JSON).status in (500, 503), target
    lab.stop()
    while lab.server.started and lab.server.servers and lab.server.servers[0].is_serving():
        pass
    for target in ("/", "/static/a", "/.twofold/sign-in"):
        assert wire.ask(WIKI, target, headers=JSON).status in (500, 502, 503), target
    assert len(lab.site.reached) == reached
