"""Bad input gets one clear sentence and the right status, and changes nothing."""

import pytest

from tests.faces.conftest import ORIGIN, PASSWORD, Site, text_of, token_in
from twofold.core.people import DAY, HOUR
from twofold.core.tokens import Purpose


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What the pages refuse does not depend on the database: one kind is enough here."""
    return sqlite_url


FORM = {"content-type": "application/x-www-form-urlencoded"}
SIGN_IN = {"email": "olga@acme.example", "password": PASSWORD}


def test_a_wrong_content_type_is_refused(site: Site) -> None:
    """Only what a form sends is read: JSON and plain text are 415."""
    client = site.browser().client
    assert client.post("/sign-in", json=SIGN_IN).status_code == 415
    answer = client.post("/sign-in", content=b"email=x", headers={"content-type": "text/plain"})
    assert answer.status_code == 415
    assert "own form" in text_of(answer)


def test_a_repeated_field_is_refused(site: Site) -> None:
    """Two values under one name are nobody's form (parameter pollution)."""
    answer = site.browser().client.post(
        "/sign-in", content=b"email=a@b.example&email=c@d.example&password=x", headers=FORM
    )
    assert answer.status_code == 400
    assert "twice" in text_of(answer)


@pytest.mark.parametrize("body", [b"email=a%00b&password=x", b"email=%ff%fe&password=x", b"\xff=1"])
def test_nul_and_broken_encoding_are_refused(site: Site, body: bytes) -> None:
    """What cannot be stored or decoded is 400 with a sentence, never a 5xx."""
    answer = site.browser().client.post("/sign-in", content=body, headers=FORM)
    assert answer.status_code == 400
    assert "form" in text_of(answer)


def test_missing_fields_are_named(site: Site) -> None:
    """An empty form says which fields are wanted, and keeps what was typed."""
    answer = site.browser().post("/sign-in", {})
    assert answer.status_code == 422
    assert "Enter your e-mail address." in text_of(answer)
    assert "Enter your password." in text_of(answer)
    kept = site.browser().post("/sign-in", {"email": "ann@acme.example"})
    assert 'value="ann@acme.example"' in kept.text


def test_a_large_form_is_refused_before_it_is_read(site: Site) -> None:
    """A field of 1 MiB is 413; so is a body that lies about its length."""
    client = site.browser().client
    answer = client.post("/sign-in", data={"email": "a" * 1024 * 1024})
    assert answer.status_code == 413
    assert "64 KiB" in text_of(answer)
    chunks = (b"email=" + b"a" * 40_000 for _ in range(3))
    assert client.post("/sign-in", content=chunks, headers=FORM).status_code == 413


def test_the_csv_upload_alone_may_be_larger(site: Site) -> None:
    """The import takes more than 64 KiB, and refuses more than 20 MiB."""
    browser = site.signed_in(site.acme.owner)
    csrf = token_in(browser.get("/people/import"))
    rows = "name,email\n" + "".join(f"P {n},p{n}@acme.example\n" for n in range(4000))
    answer = browser.client.post(
        "/people/import", data={"csrf": csrf, "text": ""}, files={"file": ("p.csv", rows)}
    )
    assert answer.status_code == 200
    assert "4000 people" in text_of(answer)
    huge = browser.client.post(
        "/people/import",
        data={"csrf": csrf, "text": ""},
        files={"file": ("p.csv", b"x" * (20 * 1024 * 1024 + 1))},
    )
    assert huge.status_code == 413
    assert "20 MiB" in text_of(huge)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ORIGIN + ".evil.example"},
        {"origin": "http://evil.example/localhost:8000"},
    ],
)
def test_an_unsafe_request_from_another_origin_is_refused(
    site: Site, headers: dict[str, str]
) -> None:
    """Cross-site forms change nothing, also where no session is involved (login CSRF)."""
    answer = site.browser().client.post("/sign-in", data=SIGN_IN, headers=headers)
    assert answer.status_code == 403
    assert "another site" in text_of(answer)
    assert "set-cookie" not in answer.headers


def test_our_own_origin_is_accepted(site: Site) -> None:
    """The headers that a browser sends with our own forms pass."""
    headers = {"sec-fetch-site": "same-origin", "origin": ORIGIN}
    assert site.browser().client.post("/sign-in", data=SIGN_IN, headers=headers).status_code == 303


def test_a_form_without_its_token_is_refused(site: Site) -> None:
    """Inside a session every form carries the token of that session."""
    browser = site.signed_in(site.acme.owner)
    for data in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "é"}):
        answer = browser.post("/account/name", {"name": "Evil", "issuer": "Evil", **data})
        assert answer.status_code == 403, data
    assert site.acme.account.name == "Acme"


def test_the_token_of_somebody_elses_session_is_refused(site: Site) -> None:
    """A form token is bound to one session."""
    mia = site.give_password(site.acme.add("Mia"))
    other = token_in(site.signed_in(mia).get("/profile"))
    answer = site.signed_in(site.acme.owner).post(
        "/account/name", {"name": "Evil", "issuer": "Evil", "csrf": other}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "local host", "localhost@evil.example", "[::1", ""],
)
def test_a_foreign_or_malformed_host_is_refused(site: Site, host: str) -> None:
    """The site answers to its own names only; probes of health are exempt."""
    client = site.browser().client
    assert client.get("/sign-in", headers={"host": host}).status_code == 400
    assert client.get("/healthz", headers={"host": host}).status_code == 200


def test_links_that_open_nothing_say_why(site: Site) -> None:
    """Unknown, used and expired links each have their sentence and their way on."""
    mia = site.acme.add("Mia", invited=True)
    unknown = site.browser().get("/invitation/" + "x" * 43)
    assert unknown.status_code == 404
    assert "does not work" in text_of(unknown)
    token = site.link(mia, Purpose.INVITATION)
    site.browser().post(f"/invitation/{token}", {"password": "a fine long phrase"})
    used = site.browser().get(f"/invitation/{token}")
    assert used.status_code == 410
    assert "has been used" in text_of(used)
    late = site.link(mia := site.acme.person(mia.id), Purpose.PASSWORD)
    site.clock.advance(HOUR)
    expired = site.browser().get(f"/password/{late}")
    assert expired.status_code == 410
    assert "has expired" in text_of(expired)


def test_opening_a_link_does_not_use_it(site: Site) -> None:
    """Mail scanners press GET on everything: only the form's button uses a link."""
    mia = site.acme.add("Mia", invited=True)
    token = site.link(mia, Purpose.INVITATION)
    for _ in range(3):
        assert site.browser().get(f"/invitation/{token}").status_code == 200
        assert site.browser().client.head(f"/invitation/{token}").status_code == 200
    answer = site.browser().post(f"/invitation/{token}", {"password": "a fine long phrase"})
    assert answer.status_code == 200
    assert "Your password is set" in text_of(answer)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("", "at least 8 characters"),
        ("short", "at least 8 characters"),
        ("x" * 1025, "longer than 1024 bytes"),
        ("PassWord1", "guessed first"),
        ("mia@acme.example", "must not be your name"),
    ],
)
def test_a_bad_new_password_is_refused_and_the_link_stays(
    site: Site, password: str, sentence: str
) -> None:
    """A refused password costs nothing: the same link takes a better one."""
    mia = site.acme.add("Mia", invited=True)
    token = site.link(mia, Purpose.INVITATION)
    answer = site.browser().post(f"/invitation/{token}", {"password": password})
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert site.browser().get(f"/invitation/{token}").status_code == 200


@pytest.mark.parametrize(
    "email", ["OLGA@ACME.EXAMPLE", " olga@acme.example ", "ｏｌｇａ@acme.example"]
)
def test_an_address_in_another_spelling_is_the_same_person(site: Site, email: str) -> None:
    """Case and Unicode form make no second person, and sign the first one in."""
    browser = site.signed_in(site.acme.owner)
    answer = browser.post(
        "/people/add", {"name": "Olga Two", "email": email, "role": "member"}, form_at="/people/add"
    )
    assert answer.status_code == 422
    assert "already" in text_of(answer)
    signed_in = site.browser().post("/sign-in", {"email": email, "password": PASSWORD})
    assert signed_in.status_code == 303


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"name,place\nAnn,Rome\n", "must name the columns"),
        (b"name,email\nAnn,\xff\xfe\xfa\n", "not UTF-8"),
        (b"name,email\nAnn,a@x.example\nAnna,A@X.example\n", "stands on line 2 already"),
        (b'name,email\n"=cmd|x",a@x.example\n', "formula"),
        (b"name,email\n", "nobody under them"),
        (b"", "Paste a list"),
        (b"name,email,role\nAnn,a@x.example,king\n", "is not a role"),
    ],
)
def test_a_bad_list_is_explained_and_nobody_is_added(
    site: Site, content: bytes, sentence: str
) -> None:
    """An import with any problem adds nobody and says what to mend, with the line."""
    browser = site.signed_in(site.acme.owner)
    csrf = token_in(browser.get("/people/import"))
    answer = browser.client.post(
        "/people/import", data={"csrf": csrf, "text": ""}, files={"file": ("p.csv", content)}
    )
    assert sentence in text_of(answer)
    assert site.world.store.call(lambda tx: tx.people.tally(site.acme.account_id)).people == 1


def test_an_import_is_previewed_applied_whole_and_repeatable(site: Site) -> None:
    """Preview first, then everybody at once; the same list again adds nobody."""
    browser = site.signed_in(site.acme.owner)
    rows = "name;email;role\nAnn;ann@acme.example;admin\nBob;bob@acme.example;\n"
    for expected, people in (("2 people will be added", 3), ("is here already", 3)):
        csrf = token_in(browser.get("/people/import"))
        page = browser.client.post(
            "/people/import", data={"csrf": csrf, "text": rows}, files={"file": ("", b"")}
        )
        assert expected in text_of(page)
        upload = page.text.split('action="/people/import/')[1].split('"')[0]
        browser.client.post(f"/people/import/{upload}", data={"csrf": token_in(page)})
        tally = site.world.store.call(lambda tx: tx.people.tally(site.acme.account_id))
        assert tally.people == people


def test_ten_thousand_rows_are_imported_and_one_more_is_refused(site: Site) -> None:
    """The limit is said with its number."""
    browser = site.signed_in(site.acme.owner)
    csrf = token_in(browser.get("/people/import"))

    def send(count: int) -> str:
        rows = "name,email\n" + "".join(f"P {n},p{n}@acme.example\n" for n in range(count))
        page = browser.client.post(
            "/people/import", data={"csrf": csrf, "text": ""}, files={"file": ("p.csv", rows)}
        )
        return page.text

    assert "more than 10,000 people" in send(10_001)
    upload = send(10_000).split('action="/people/import/')[1].split('"')[0]
    done = browser.client.post(f"/people/import/{upload}", data={"csrf": csrf})
    assert done.status_code == 303
    tally = site.world.store.call(lambda tx: tx.people.tally(site.acme.account_id))
    assert tally.people == 10_001


def test_unknown_paths_and_methods_have_their_pages(site: Site) -> None:
    """404 and 405 come as pages of the house, with the security headers."""
    client = site.browser().client
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("GET", "/static/0/../../keys", 404),
        ("GET", "/static/0/twofold.css", 404),
        ("PUT", "/sign-in", 405),
        ("DELETE", "/people/1", 405),
    ):
        answer = client.request(method, path)
        assert answer.status_code == status, path
        assert "content-security-policy" in answer.headers


def test_a_deep_link_is_kept_through_the_sign_in(site: Site) -> None:
    """The asked-for page comes after the sign-in; another site's address does not."""
    browser = site.browser()
    asked = browser.get("/people?search=ann")
    assert asked.headers["location"] == "/sign-in?next=/people%3Fsearch%3Dann"
    page = browser.get(asked.headers["location"])
    assert 'name="next" value="/people?search=ann"' in page.text
    answer = browser.post("/sign-in", {**SIGN_IN, "next": "/people?search=ann"})
    assert answer.headers["location"] == "/people?search=ann"
    for evil in ("//evil.example", "https://evil.example", "/\\evil.example", "/%2F/evil.example"):
        answer = site.browser().post("/sign-in", {**SIGN_IN, "next": evil})
        assert answer.headers["location"] == "/", evil


def test_an_expired_sign_in_says_so_and_keeps_the_address(site: Site) -> None:
    """Whoever took too long for the code starts again without typing the address."""
    owner = site.acme.owner
    site.acme.enrol(owner)
    browser = site.browser()
    browser.post("/sign-in", SIGN_IN)
    site.clock.advance(16 * 60)
    assert browser.get("/sign-in/code").headers["location"].startswith("/sign-in")
    page = browser.get("/sign-in")
    assert "took too long" in text_of(page)
    assert 'value="olga@acme.example"' in page.text


def test_a_session_ends_after_an_idle_hour_and_after_a_day(site: Site) -> None:
    """59 idle minutes are fine, 61 are not; a busy session still ends after 24 hours."""
    browser = site.signed_in(site.acme.owner)
    site.clock.advance(59 * 60)
    assert browser.get("/profile").status_code == 200
    site.clock.advance(61 * 60)
    assert browser.get("/profile").status_code == 303
    busy = site.signed_in(site.acme.owner)
    for _ in range(28):
        site.clock.advance(DAY // 29)
        assert busy.get("/profile").status_code == 200
    site.clock.advance(DAY // 29 + 60)
    assert busy.get("/profile").status_code == 303
