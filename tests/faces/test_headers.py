"""The outside of every answer: security headers, cache rules, cookies, and error pages."""

import io
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.cookies import Morsel, SimpleCookie
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import structlog
from httpx2 import Response
from starlette.testclient import TestClient

from tests.faces.conftest import ORIGIN, PASSWORD, Browser, Site, text_of, token_in
from tests.faces.routes import every_answer, path_of
from twofold import logs
from twofold.core.errors import Overloaded, StorageUnavailable
from twofold.core.mail import MailKind
from twofold.ports import Store, World
from twofold.web.app import ALL_PAGES, build_app

SECURE = "https://login.example.org"
ALWAYS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
TRUSTED = (ip_network("10.0.0.0/8"),)
TRUTHFUL = ("server", "x-powered-by", "access-control-allow-origin")
"""Headers that would tell an attacker something, or open the site to others."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is around an answer does not depend on the database: one kind is enough here."""
    return sqlite_url


def browser_of(world: World, origin: str = ORIGIN, peer: str = "testclient") -> Browser:
    """A browser at an application of its own."""
    return Browser(
        TestClient(
            build_app(world),
            base_url=origin,
            follow_redirects=False,
            raise_server_exceptions=False,
            client=(peer, 50000),
        )
    )


def check(answer: Response, *, https: bool = False, static: bool = False) -> None:
    """The headers that no answer may lack."""
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    cache = answer.headers.get("cache-control")
    assert cache == ("public, max-age=31536000, immutable" if static else "no-store")
    assert answer.headers.get("strict-transport-security") == (
        "max-age=63072000" if https else None
    )
    assert [name for name in TRUTHFUL if name in answer.headers] == []


def odd_answers(browser: Browser) -> dict[str, Response]:
    """What no page answers: unknown addresses, methods, bodies and places."""
    client = browser.client
    style = next(
        part.split('"')[0]
        for part in client.get("/help").text.split('href="')
        if part.startswith("/static/") and "css" in part
    )
    odd = {
        "404": client.get("/no-such-page"),
        "404 static": client.get("/static/0/none.css"),
        "404 old static": client.get("/static/0/twofold.css"),
        "404 slash": client.get("/help/"),
        "405 get": client.get("/sign-in/cancel"),
        "405 post": client.post("/help"),
        "405 static": client.post(style),
        "413": client.post("/sign-in", data={"email": "a" * 1024 * 1024}),
        "415": client.post("/sign-in", json={}),
        "400 form": client.post("/sign-in", data={"email": "\0"}),
        "400 host": client.get("/help", headers={"host": "evil.example"}),
        "403 origin": client.post("/sign-in", headers={"origin": "https://evil.example"}),
        "static": client.get(style),
    }
    for method in ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW"):
        odd[f"by {method}"] = client.request(method, "/sign-in")
    return odd


def test_every_page_has_the_security_headers(site: Site) -> None:
    """Whoever asks, by every method, with the right to see it or without."""
    for browser in (site.browser(), site.signed_in(site.acme.owner)):
        for method, path, answer in every_answer(browser):
            assert answer.status_code < 500, (method, path, text_of(answer))
            check(answer)


def test_what_is_no_page_has_them_too(site: Site) -> None:
    """404, 405, 413, 415, foreign hosts and origins; the files that pages load may be kept."""
    for name, answer in odd_answers(site.browser()).items():
        expected = name[:3]
        if expected.isdigit():
            assert answer.status_code == int(expected), (name, answer.status_code)
        check(answer, static=name == "static")


def test_https_sites_are_remembered_as_such_and_others_are_not(site: Site) -> None:
    """HSTS for this host alone: what runs beside it is the operator's own affair."""
    browser = browser_of(replace(site.world, public_url=SECURE), SECURE)
    for _, _, answer in every_answer(browser):
        check(answer, https=True)
    for name, answer in odd_answers(browser).items():
        check(answer, https=True, static=name == "static")


# ---- cookies -------------------------------------------------------------------------------


def cookies_in(answer: Response) -> list[Morsel[str]]:
    """Every cookie that an answer sets or takes back."""
    return [
        morsel
        for header in answer.headers.get_list("set-cookie")
        for morsel in SimpleCookie(header).values()
    ]


def a_whole_life(site: Site, browser: Browser) -> Iterator[Response]:
    """Answers from a refused sign-in over both steps, a confirmation and a link to sign-out."""
    owner = site.acme.owner
    site.acme.enrol(owner)
    yield browser.post("/sign-in", {"email": owner.email, "password": "wrong"})
    yield browser.post("/sign-in", {"email": owner.email, "password": PASSWORD})
    site.clock.advance(30)
    codes = site.codes(browser, owner)
    yield browser.post("/sign-in/code", codes, form_at="/sign-in/code")
    site.clock.advance(60)
    yield browser.post("/confirm", {"code": site.acme.code(owner)}, form_at="/confirm")
    yield browser.post("/sign-out", form_at="/sign-out")
    yield browser.post("/sign-in", {"email": owner.email, "password": PASSWORD})
    yield browser.post("/sign-in/cancel", form_at="/sign-in/code")
    for page in ALL_PAGES:
        if page.post is not None and "link" in page.path:
            yield browser.post(path_of(page), {"email": owner.email})


@pytest.mark.parametrize(("origin", "prefix"), [(SECURE, "__Host-"), (ORIGIN, "")])
def test_every_cookie_is_closed_to_everything_but_this_site(
    site: Site, origin: str, prefix: str
) -> None:
    """HttpOnly, SameSite=Lax and Path=/ always; with https also Secure and the name that browsers
    take from this very host only (RFC 6265bis 4.1.3.2). No Domain, ever.
    """
    seen = set()
    browser = browser_of(replace(site.world, public_url=origin), origin)
    for answer in a_whole_life(site, browser):
        for cookie in cookies_in(answer):
            seen.add(cookie.key)
            assert cookie.key.startswith(prefix + "twofold"), cookie.key
            assert cookie["httponly"] is True
            assert cookie["samesite"].lower() == "lax"
            assert (cookie["path"], cookie["domain"]) == ("/", "")
            assert bool(cookie["secure"]) == (origin == SECURE)
            assert cookie["max-age"]
    assert {prefix + name for name in ("twofold", "twofold-sign-in", "twofold-browser")} <= seen


def test_no_cookie_is_set_before_somebody_signs_in(site: Site) -> None:
    """Opening pages leaves nothing behind."""
    for method, path, answer in every_answer(site.browser()):
        if method == "GET":
            assert cookies_in(answer) == [], path


def test_a_plain_cookie_opens_nothing_on_an_https_site(site: Site) -> None:
    """A neighbour host can plant a cookie without the prefix; it is not read."""
    world = replace(site.world, public_url=SECURE)
    browser = browser_of(world, SECURE)
    browser.post("/sign-in", {"email": site.acme.owner.email, "password": PASSWORD})
    token = browser.client.cookies["__Host-twofold"]
    assert browser.get("/profile").status_code == 200
    planted = browser_of(world, SECURE)
    planted.client.headers["cookie"] = f"twofold={token}"
    assert planted.get("/profile").status_code == 303


# ---- who is asking, and under what name ----------------------------------------------------


def test_the_address_of_a_request_is_that_of_the_connection_unless_a_proxy_says_more(
    site: Site,
) -> None:
    """From a trusted proxy its last hop counts, from anybody else the header is ignored."""
    ben = site.give_password(site.acme.add("Ben"))
    network = replace(site.world, trusted_proxies=TRUSTED)
    told = {"x-forwarded-for": "8.8.8.8, 203.0.113.9", "x-real-ip": "8.8.8.8"}
    for world, peer, expected in (
        (network, "10.0.0.1", "203.0.113.9"),
        (network, "198.51.100.7", "198.51.100.7"),
        (site.world, "10.0.0.1", "10.0.0.1"),
    ):
        browser = browser_of(world, peer=peer)
        browser.client.headers.update(told)
        browser.post("/sign-in", {"email": ben.email, "password": "wrong"})
        assert site.acme.events()[0].data["address"] == expected


def test_forwarded_names_change_no_link_and_no_redirect(site: Site) -> None:
    """Links come from the public URL alone, even where a trusted proxy passes another name on."""
    owner = site.acme.owner
    browser = browser_of(replace(site.world, trusted_proxies=TRUSTED), peer="10.0.0.1")
    browser.client.headers.update(
        {
            "x-forwarded-host": "evil.example",
            "x-forwarded-proto": "https",
            "x-forwarded-prefix": "/evil",
            "x-original-url": "/account",
            "x-rewrite-url": "/account",
            "forwarded": "for=8.8.8.8;host=evil.example;proto=https",
        }
    )
    assert browser.get("/account").headers["location"] == "/sign-in?next=/account"
    assert "evil" not in browser.get("/sign-in").text
    browser.post("/forgot-password", {"email": owner.email})
    (mail,) = site.acme.mails(owner, MailKind.PASSWORD_LINK)
    assert "evil" not in str(mail.params)
    answer = browser.post("/sign-in", {"email": owner.email, "password": PASSWORD})
    assert answer.headers["location"] == "/"
    assert not any(cookie["secure"] for cookie in cookies_in(answer))


# ---- error pages ---------------------------------------------------------------------------


@dataclass
class BrokenStore:
    """The real store, except that no flow runs: each ends with this error."""

    real: Store
    error: Exception

    async def run(self, flow: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Fail as code fails that nobody foresaw."""
        raise self.error

    def __getattr__(self, name: str) -> Any:
        """Everything else is the real one's."""
        return getattr(self.real, name)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the product logs during a test."""
    before, level = list(logging.getLogger().handlers), logging.getLogger().level
    written = io.StringIO()
    logs.configure("INFO", written)
    yield written
    logging.getLogger().handlers[:] = before
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


def broken(site: Site, error: Exception, browser: Browser) -> Browser:
    """A browser with the same cookies where the product fails."""
    failing = browser_of(replace(site.world, store=BrokenStore(site.world.store, error)))
    failing.client.cookies = browser.client.cookies
    return failing


def test_an_unforeseen_error_shows_nothing_and_logs_no_secret(
    site: Site, logged: io.StringIO
) -> None:
    """Every page that asks the store: a page in the house's words, without stack, path of the
    server, error text or secret; the log has the stack, but neither password nor token nor code.
    """
    browser = site.signed_in(site.acme.owner)
    session = browser.client.cookies["twofold"]
    csrf = token_in(browser.get("/sign-out"))
    error = RuntimeError(f"planted words at /srv/planted/file.py with {session}")
    failing = broken(site, error, browser)
    failing.client.headers["cookie"] = "; ".join(
        f"{name}={value}" for name, value in browser.client.cookies.items()
    )
    typed = {"csrf": csrf, "password": "planted-password", "current": "planted-current",
             "code": "918273", "email": "olga@acme.example", "name": "N"}  # fmt: skip
    failed = 0
    for page in ALL_PAGES:
        answers = [failing.client.get(path_of(page))] if page.get else []
        if page.post and not page.upload:
            answers.append(failing.client.post(path_of(page), data=typed))
        for answer in answers:
            check(answer)
            body = answer.text + str(answer.headers)
            for secret in ("planted", "Traceback", "RuntimeError", "site-packages", session,
                           str(Path.cwd()), ".py"):  # fmt: skip
                assert secret not in body, (page.path, secret)
            if answer.status_code == 500:
                failed += 1
                assert "Something broke on our side" in text_of(answer)
    assert failed >= 20
    lines = logged.getvalue()
    assert lines.count("request failed") == failed
    assert "Traceback" in lines
    for secret in ("planted-password", "planted-current", "918273", session, csrf):
        assert secret not in lines


@pytest.mark.parametrize("error", [Overloaded(), StorageUnavailable()])
def test_a_database_that_does_not_answer_is_said_without_a_stack(
    site: Site, logged: io.StringIO, error: Exception
) -> None:
    """503 with a time to come back, and one line in the log."""
    failing = broken(site, error, site.browser())
    answer = failing.post("/sign-in", {"email": "a@b.example", "password": "planted-password"})
    check(answer)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert str(error) in text_of(answer)
    assert "Traceback" not in logged.getvalue()
    assert "planted" not in logged.getvalue()


def test_a_look_up_that_fails_lets_nobody_in(site: Site, logged: io.StringIO) -> None:
    """When the session cannot be read the answer is an error, never the page (promise P6)."""
    browser = site.signed_in(site.acme.owner)

    async def fail(token: bytes, now: int) -> None:
        raise RuntimeError("no look-up today")

    store: Any = BrokenStore(site.world.store, RuntimeError())
    store.caller = fail
    failing = browser_of(replace(site.world, store=store))
    failing.client.headers["cookie"] = f"twofold={browser.client.cookies['twofold']}"
    for path in ("/", "/profile", "/account", "/people", "/account/activity"):
        answer = failing.get(path)
        assert answer.status_code == 500
        check(answer)
        assert "Olga" not in answer.text
    assert logged.getvalue().count("request failed") == 5
