"""Where a sign-in and a confirmation lead, and whose forms are taken."""

from urllib.parse import urljoin, urlsplit

import pytest

from tests.faces.conftest import ORIGIN, PASSWORD, Browser, Site, text_of, token_in
from tests.faces.routes import send
from twofold.core.people import Role
from twofold.web.access import Needs, Page
from twofold.web.app import ALL_PAGES

FOREIGN = [
    # Another host, in every dress.
    "https://evil.example", "http://evil.example/", "HTTPS://EVIL.EXAMPLE", "https:evil.example",
    "https:/evil.example", "https:///evil.example", "https:\\\\evil.example", "ftp://evil.example",
    "//evil.example", "///evil.example", "////evil.example", "//evil.example/%2f..",
    "//localhost:8000@evil.example", "//localhost:8000.evil.example", "//evil.example:8000",
    "//[::1]", "//2130706433", "//0x7f.1", "//\u3002evil.example", "//evil%E3%80%82example",
    # Backslashes are slashes to a browser.
    "/\\evil.example", "\\/evil.example", "\\\\evil.example", "/\\/evil.example",
    "/\\\\evil.example", "\\evil.example", "//\\evil.example", "/a\\..\\..\\evil.example",
    # Tabs and line ends are nothing to a browser.
    "/\t/evil.example", "/\t\\evil.example", "\t//evil.example", "/\n/evil.example",
    "/\r/evil.example", "/\r\n/evil.example", "ht\ntps://evil.example", "\thttps://evil.example",
    " //evil.example", " https://evil.example", "/ /evil.example", "//evil.example ",
    "\x01//evil.example", "\x1f//evil.example", "\x7f//evil.example", "\u00a0//evil.example",
    "\u200b//evil.example", "\u2028//evil.example", "\ufeff//evil.example",
    # Encoded once, for whoever decodes before redirecting.
    "/%2fevil.example", "/%2Fevil.example", "/%2f%2fevil.example", "/%5cevil.example",
    "/%5Cevil.example", "/%5c%5cevil.example", "/%09/evil.example", "/%0a/evil.example",
    "/%0d/evil.example", "/%0d%0aLocation:%20https://evil.example", "%2f%2fevil.example",
    "%68ttps://evil.example", "/%0D%0ASet-Cookie:x=1",
    # Not a host, but a program, a file, or nothing.
    "javascript:alert(1)", "JavaScript:alert(1)", "java\nscript:alert(1)",
    "\x00javascript:alert(1)",
    "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:x", "about:blank", "mailto:a@b",
    "@evil.example", ":@evil.example", ".evil.example", "evil.example", "evil.example/",
    "?x=//evil",
    "#//evil.example", "", ".", "..", "../evil", ";//evil.example", "/#@evil.example",
    # Letters that look like slashes, and headers hidden in a path.
    "/\uff0fevil.example", "\uff0f\uff0fevil.example", "/\u2044evil.example", "/\u2215evil.example",
    "/a\r\nSet-Cookie: x=1", "/a\r\n\r\n<script>", "/<script>", "/\"onclick=", "/a b",
    "/" + "a" * 2000,
    # Round and round.
    "/sign-in", "/sign-in?next=/sign-in", "/sign-out",
]  # fmt: skip
LOCAL = [
    "/people", "/people?search=%40evil.example", "/@evil.example", "/a//evil.example",
    "/.//evil.example", "/..//evil.example", "/;@evil.example", "/a?next=https://evil.example",
    "/%252fevil.example", "/:80", "/https://evil.example", "/~!$&'()*+,;=:@",
]  # fmt: skip


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Where a form leads does not depend on the database: one kind is enough here."""
    return sqlite_url


def as_browsers_read_it(location: str) -> str:
    """The address behind a Location header, by the rules of the WHATWG URL standard: control
    characters at the ends and tabs and line ends anywhere are dropped, backslashes are slashes.
    """
    bare = location.strip("".join(map(chr, range(33))))
    bare = "".join(char for char in bare if char not in "\t\r\n").replace("\\", "/")
    return urljoin(ORIGIN + "/sign-in", bare)


def is_ours(location: str) -> bool:
    """Whether a browser stays on this site."""
    parts = urlsplit(as_browsers_read_it(location))
    return f"{parts.scheme}://{parts.netloc}" == ORIGIN


def test_the_corpus_is_as_large_as_promised() -> None:
    """And every string is there once."""
    assert len(set(FOREIGN)) == len(FOREIGN) >= 60


def test_a_sign_in_never_leads_off_the_site(site: Site) -> None:
    """Mechanism A13.3: through the real form, asked for in the query and in the field: home, and
    nowhere else.
    """
    mia = site.give_password(site.acme.add("Mia"))
    fields = {"email": mia.email, "password": PASSWORD}
    for asked in FOREIGN:
        browser = site.browser()
        page = browser.client.get("/sign-in", params={"next": asked})
        assert page.status_code == 200, asked
        assert 'name="next" value="/"' in page.text, asked
        answer = browser.post("/sign-in", {**fields, "next": asked})
        if "\0" in asked:
            assert answer.status_code == 400
            continue
        assert (answer.status_code, answer.headers["location"]) == (303, "/"), asked


def test_a_sign_in_leads_back_to_a_path_of_this_site(site: Site) -> None:
    """Odd as it may look; a browser stays here."""
    mia = site.give_password(site.acme.add("Mia"))
    for asked in LOCAL:
        fields = {"email": mia.email, "password": PASSWORD, "next": asked}
        answer = site.browser().post("/sign-in", fields)
        assert answer.status_code == 303
        assert is_ours(answer.headers["location"]), asked
        assert answer.headers["location"] == asked


def test_the_code_leads_where_the_password_was_going(site: Site) -> None:
    """Mechanism A13.3 too: the path is kept at the server between the steps; the code form cannot
    change it.
    """
    owner = site.acme.owner
    site.acme.enrol(owner)
    for asked, expected in (("//evil.example", "/"), ("/people?only=enrolled",) * 2):
        browser = site.browser()
        fields = {"email": owner.email, "password": PASSWORD, "next": asked}
        browser.post("/sign-in", fields)
        site.clock.advance(90)
        codes = site.codes(browser, owner) | {"next": "//evil.example"}
        answer = browser.post("/sign-in/code", codes, form_at="/sign-in/code")
        assert (answer.status_code, answer.headers["location"]) == (303, expected)


def test_a_confirmation_never_leads_off_the_site(site: Site) -> None:
    """Mechanism A13.3 again: neither the page to go on to, nor the form that was held back."""
    mia = site.give_password(site.acme.add("Mia"))
    browser = site.signed_in(mia)
    for asked in FOREIGN:
        page = browser.client.get("/confirm", params={"next": asked})
        assert page.status_code == 200, asked
        assert 'name="next" value="/profile"' in page.text, asked
        if "\0" in asked:
            continue
        fields = {"password": PASSWORD, "csrf": token_in(page)}
        answer = browser.post("/confirm", {**fields, "next": asked})
        assert (answer.status_code, answer.headers["location"]) == (303, "/profile"), asked
        answer = browser.post("/confirm", {**fields, "held_path": asked})
        assert answer.status_code == 303, asked
        assert answer.headers["location"] in ("/", "/profile"), asked


def test_a_deep_link_of_any_shape_comes_back_to_this_site(site: Site) -> None:
    """What was asked for while signed out is only ever a path of ours."""
    for asked in ("/people?x=//evil.example", "/%2F/evil.example", "/people?next=https://evil"):
        location = site.browser().get(asked).headers.get("location", "/")
        assert is_ours(location)
        assert location.startswith("/sign-in") or location == "/"


# ---- whose forms are taken -----------------------------------------------------------------

UNSAFE = [page for page in ALL_PAGES if page.post is not None]
OTHER_PLACES = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": ORIGIN},
    {"sec-fetch-site": ""},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "https://localhost:8000"},
    {"origin": "http://localhost:8000.evil.example"},
    {"origin": "http://localhost:8001"},
    {"origin": "http://evil.localhost:8000"},
    {"origin": ""},
]


def owner_with_factor(site: Site) -> Browser:
    """The owner's browser right after both steps: nothing asks for a fresh proof."""
    site.acme.enrol(site.acme.owner)
    return site.signed_in(site.acme.owner)


def trace(site: Site) -> tuple[object, ...]:
    """What a form could have changed."""
    return (len(site.acme.events()), len(site.acme.mails(site.acme.owner)), site.acme.account)


def test_the_walk_knows_many_unsafe_routes() -> None:
    """The lists below are about the real table."""
    assert len(UNSAFE) >= 25


def test_no_form_is_taken_from_another_site(site: Site) -> None:
    """Every unsafe route, signed in and with the right token: 403, and nothing is changed."""
    browser = owner_with_factor(site)
    fields = {"csrf": token_in(browser.get("/sign-out")), "name": "Evil", "issuer": "Evil"}
    before = trace(site)
    for page in UNSAFE:
        for headers in OTHER_PLACES:
            answer = send(browser, page, fields, headers)
            assert answer.status_code == 403, (page.path, headers)
            assert "another site" in text_of(answer)
    assert trace(site) == before


def refused_without_token(browser: Browser, pages: list[Page], foreign: str) -> None:
    """Each of these pages refuses a form without a token, and with somebody else's."""
    for page in pages:
        for fields in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "ä"}, {"csrf": foreign}):
            answer = send(browser, page, fields)
            assert answer.status_code == 403, (page.path, fields, answer.status_code)
            assert "another sign-in" in text_of(answer), page.path


def test_no_form_of_a_session_is_taken_without_its_own_token(site: Site) -> None:
    """Missing, empty, made up, or of another person's session; also on the public pages, where a
    planted form would act in the name of whoever is signed in. What a program calls reads no
    cookie and asks for a token of its own (test_hooks.py).
    """
    ben = site.give_password(site.acme.add("Ben", Role.ADMIN))
    foreign = token_in(site.signed_in(ben).get("/sign-out"))
    assert len(foreign) == 64
    browser = owner_with_factor(site)
    before = trace(site)
    pages = [
        page for page in UNSAFE if page.needs in (Needs.SESSION, Needs.PUBLIC) and not page.machine
    ]
    refused_without_token(browser, pages, foreign)
    assert trace(site) == before


def test_no_form_of_a_half_finished_sign_in_is_taken_without_its_own_token(site: Site) -> None:
    """At the code and at the set-up that policy demands, with the other's token too."""
    mia = site.give_password(site.acme.add("Mia"))
    owner = site.acme.owner
    site.acme.switch_on()
    at_code, at_set_up = site.browser(), site.browser()
    at_code.post("/sign-in", {"email": owner.email, "password": PASSWORD})
    at_set_up.post("/sign-in", {"email": mia.email, "password": PASSWORD})
    tokens = token_in(at_code.get("/sign-in/code")), token_in(at_set_up.get("/set-up"))
    assert len(set(tokens)) == 2
    before = trace(site)
    half = (Needs.HALF, Needs.HALF_CODE)
    pages = [page for page in UNSAFE if page.needs in half]
    refused_without_token(at_code, pages, tokens[1])
    pages = [page for page in UNSAFE if page.needs in (Needs.HALF, Needs.HALF_ENROL)]
    refused_without_token(at_set_up, pages, tokens[0])
    assert trace(site) == before


def test_our_own_forms_are_taken(site: Site) -> None:
    """So the refusals above are about the place and the token, not about everything."""
    browser = owner_with_factor(site)
    fields = {"csrf": token_in(browser.get("/account")), "name": "Acme2", "issuer": "Acme2"}
    page = next(page for page in UNSAFE if page.path == "/account/name")
    for number, headers in enumerate(({"sec-fetch-site": "same-origin"}, {"origin": ORIGIN}, {})):
        fields["name"] = f"Acme{number}"
        assert send(browser, page, fields, headers).status_code == 303
        assert site.acme.account.name == f"Acme{number}"
