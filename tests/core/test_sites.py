"""Protected sites: one reading of an address, the most specific rule, what a session is worth."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faces.test_redirects import FOREIGN
from twofold.core.people import (
    Account,
    GuardPolicy,
    PasskeysFrom,
    Person,
    PersonKind,
    PersonState,
    Role,
)
from twofold.core.rules import EVERYBODY, FactorPolicy, Rule, Stance
from twofold.core.sessions import Caller, Session
from twofold.core.site_preview import outlook, site_at
from twofold.core.site_text import Wrong, read_sites, write_sites
from twofold.core.site_urls import host_of, kept_page, plain_path, read_origin
from twofold.core.sites import Site, Verdict, decide

NOW = 1_789_000_000
TEXT = """# the wiki
https://wiki.example.org

  /          session
  /admin     second factor, fresh 15
  /pay/roll  phishing-resistant, group "Sales, North", role admin
  /static    public
  = /health  public
"""
GROUPS = {"Sales, North": "g1", "Ops": "g2"}
ACCOUNT = Account("a1", "Acme", "Acme", FactorPolicy(), None, GuardPolicy(), NOW)
PERSON = Person(
    "p1", "a1", "Mia", "mia@acme.example", Role.MEMBER, PersonState.ACTIVE, True, 1, False, NOW
)


def sites(text: str = TEXT) -> tuple[Site, ...]:
    """The sites of a text that is right."""
    found = read_sites(text, GROUPS, own_host="login.example.org")
    assert not isinstance(found, Wrong), found
    return found


def caller(
    *methods: str, factor_ago: int | None = None, password_ago: int = 0, **of: object
) -> Caller:
    """Somebody signed in by these methods."""
    session = Session(
        "s1", "a1", "p1", methods, NOW - password_ago,
        None if factor_ago is None else NOW - factor_ago,
        NOW, NOW, bool(of.pop("trusted", False)), None, "", "",
    )  # fmt: skip
    account = of.pop("account", ACCOUNT)
    enrolled = bool(of.pop("enrolled", factor_ago is not None))
    assert isinstance(account, Account)
    return Caller(session, replace(PERSON, **of), account, enrolled)  # type: ignore[arg-type]


def verdict(path: str, who: Caller | None) -> Verdict:
    """What becomes of a request to the wiki."""
    return decide("a1", sites()[0].rule_for(path), who, NOW)


# ---- addresses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("/", "/"),
        ("/a/b", "/a/b"),
        ("/a/b/", "/a/b"),
        ("/%61dmin?x=/../", "/admin"),
        ("/%C3%A9", "/é"),
        ("/100%25", "/100%"),
        ("/a.b/c..d/...", "/a.b/c..d/..."),
        ("/a?//\\^|", "/a"),
    ],
)
def test_a_plain_address_is_decoded_once(uri: str, path: str) -> None:
    """And loses the slash at its end; the query may hold what it likes."""
    assert plain_path(uri) == path


@pytest.mark.parametrize(
    "uri",
    [
        "", "a", "*", "http://x/", "//x", "/a//b", "/./a", "/a/..", "/a/../b", "/a/%2e%2E/b",
        "/a/.%2e/b", "/..;/a", "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b", "/a%00", "/a%0d", "/a%7f",
        "/a%1f", "/a%252fb", "/a%2541", "/a%", "/a%4", "/a%zz", "/a b", "/a\t", "/é", "/a#b",
        "/%ff", "/%c0%af", "/%ed%a0%80", "/" + "a" * 9000, "/%2e/", "/%2e",
    ],
)  # fmt: skip
def test_an_ambiguous_address_has_no_reading(uri: str) -> None:
    """Whatever it may have meant (mechanism A13.4)."""
    assert plain_path(uri) is None
    assert sites()[0].rule_for(uri) is None


@given(st.text(max_size=60))
def test_every_text_is_read_or_refused(text: str) -> None:
    """Nothing raises, and what is read is an absolute path without dot segments."""
    for uri in (text, "/" + text, "/static/" + text, "/%2" + text):
        path = plain_path(uri)
        assert path is None or (path[0] == "/" and ".." not in path.split("/"))
        sites()[0].rule_for(uri)
        assert kept_page(uri).startswith("/")


@pytest.mark.parametrize("asked", FOREIGN)
def test_no_return_leads_to_another_host(asked: str) -> None:
    """The corpus of the sign-in, for what is appended to a site's origin or stands alone."""
    page = kept_page(asked)
    assert page.startswith("/")
    assert not page.startswith(("//", "/\\"))
    assert "evil" not in page or "/evil" not in page.replace("?", "/")[:6]


def test_a_page_is_kept_with_its_query_while_it_is_short() -> None:
    """Then without it, then not at all."""
    assert kept_page("/a/b?x=[1]&y=%20") == "/a/b?x=[1]&y=%20"
    assert kept_page("/a?" + "x" * 900) == "/a"
    assert kept_page("/" + "a" * 900) == "/"
    assert kept_page(None) == "/"


@pytest.mark.parametrize(
    "text",
    ["wiki.example.org", "ftp://a.b", "https://", "https://a b", "https://a/b", "https://u@a.b",
     "https://a.b:0", "https://a.b:x", "https://a.b:70000", "https://é.example", "https://-a.b",
     "https://a..b", "https://[::1]", "http://wiki.example.org", "https://a_b.c"],
)  # fmt: skip
def test_what_is_no_origin_is_named(text: str) -> None:
    """In a sentence that says what to write."""
    found = read_origin(text)
    assert isinstance(found, str)
    assert found.endswith(".")


def test_origins_have_one_form() -> None:
    """Lower case, without the scheme's own port; http on this machine alone."""
    assert str(read_origin("HTTPS://Wiki.Example.org:443/")) == "https://wiki.example.org"
    assert str(read_origin("https://wiki.example.org:8443")) == "https://wiki.example.org:8443"
    assert str(read_origin("http://wiki.localhost:80")) == "http://wiki.localhost"
    for odd in ("", "a b", "a:", "a:x", "a.", "[::1]", "a@b", "é.example"):
        assert host_of(odd) is None, odd
    assert host_of("Wiki.example.org:8443") == "wiki.example.org"


# ---- rules ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "asks"),
    [
        ("/", "session"),
        ("/x/y", "session"),
        ("/admin", "second factor"),
        ("/admin/x/y", "second factor"),
        ("/administration", "session"),
        ("/pay", "session"),
        ("/pay/roll/x", "phishing-resistant"),
        ("/health", "public"),
        ("/health/", "public"),
        ("/health/x", "session"),
        # What another server could read under another rule.
        ("/ADMIN", None),
        ("/Static/a", None),
        ("/HEALTH", None),
        ("/admin;x=1", None),
        ("/admin%3f", None),
        ("/admin.", None),
        ("/admin%20/x", None),
        ("/admin.;x", None),
        ("/ADMIN.;x%3f", None),
        # What has one rule in every reading.
        ("/x;y=1", "session"),
        ("/X.", "session"),
        ("/static/A", "public"),
        ("/static/a.b", "public"),
    ],
)
def test_the_most_specific_rule_decides(uri: str, asks: str | None) -> None:
    """Exact before longest; none where readings differ."""
    rule = sites()[0].rule_for(uri)
    assert (rule and rule.assurance.value) == asks


def test_without_a_rule_it_stays_shut() -> None:
    """Also for whoever is signed in as strongly as can be."""
    (site,) = sites("https://wiki.example.org\n /a public")
    who = caller("pwd", "hwk", factor_ago=0)
    assert site.rule_for("/b") is None
    assert decide("a1", site.rule_for("/b"), who, NOW) is Verdict.DENIED


@pytest.mark.parametrize(
    ("path", "who", "wanted"),
    [
        ("/static/a", None, Verdict.ALLOWED),
        ("/", None, Verdict.SIGN_IN),
        ("/", caller("pwd"), Verdict.ALLOWED),
        ("/", caller("pwd", enrolled=True), Verdict.SIGN_IN),
        ("/", caller("pwd", enrolled=True, trusted=True), Verdict.ALLOWED),
        ("/", caller("pwd", must_change_password=True), Verdict.SIGN_IN),
        ("/", caller("pwd", kind=PersonKind.SERVICE), Verdict.SIGN_IN),
        ("/admin", caller("pwd"), Verdict.PROVE),
        ("/admin", caller("pwd", enrolled=True, trusted=True), Verdict.PROVE),
        ("/admin", caller("pwd", "pass", enrolled=True), Verdict.PROVE),
        ("/admin", caller("pwd", "otp", factor_ago=900), Verdict.ALLOWED),
        ("/admin", caller("pwd", "otp", factor_ago=901), Verdict.PROVE),
        ("/admin", caller("pwd", "otp", factor_ago=-5), Verdict.PROVE),
        ("/admin", caller("pwd", "recovery", factor_ago=0), Verdict.ALLOWED),
        ("/admin", caller("hwk", "user", "mfa", factor_ago=0), Verdict.ALLOWED),
        ("/pay/roll", caller("pwd", "hwk", factor_ago=0), Verdict.DENIED),
        ("/pay/roll", caller("pwd", "hwk", factor_ago=0, groups=("g1",)), Verdict.ALLOWED),
        ("/pay/roll", caller("pwd", "otp", factor_ago=0, groups=("g1",)), Verdict.PROVE),
        ("/pay/roll", caller("pwd", "swk", factor_ago=0, role=Role.OWNER), Verdict.ALLOWED),
        ("/pay/roll", caller("pwd", "hwk", factor_ago=0, groups=("g2",)), Verdict.DENIED),
    ],
)
def test_what_a_session_is_worth(path: str, who: Caller | None, wanted: Verdict) -> None:
    """By assurance, freshness, group and role, and by what the pages ask of everybody."""
    assert verdict(path, who) is wanted


def test_a_policy_that_moved_shuts_the_site() -> None:
    """Mechanism 12 on a protected site: nobody gets past a demanded set-up or passkey."""
    rule = Rule("r", EVERYBODY, Stance.REQUIRED, since=NOW - 10)
    demanding = replace(ACCOUNT, policy=FactorPolicy(rules=(rule,)))
    assert verdict("/", caller("pwd", account=demanding)) is Verdict.SIGN_IN
    keys_only = replace(ACCOUNT, guard=GuardPolicy(passkeys_from=PasskeysFrom.EVERYBODY))
    assert verdict("/", caller("pwd", "otp", factor_ago=0, account=keys_only)) is Verdict.SIGN_IN


def test_people_of_another_account_are_kept_out() -> None:
    """Whatever they proved."""
    other = replace(ACCOUNT, id="a2")
    assert verdict("/", caller("pwd", "hwk", factor_ago=0, account=other)) is Verdict.DENIED


def test_fresh_for_a_session_counts_the_password_too() -> None:
    """Where no factor is asked for."""
    (site,) = sites("https://wiki.example.org\n / session, fresh 10")
    rule = site.rule_for("/")
    assert decide("a1", rule, caller("pwd", password_ago=600), NOW) is Verdict.ALLOWED
    assert decide("a1", rule, caller("pwd", password_ago=601), NOW) is Verdict.PROVE


# ---- the text -------------------------------------------------------------------------------


def test_what_is_written_is_read_again() -> None:
    """The same value, whatever is in it."""
    found = sites()
    names = {id_: name for name, id_ in GROUPS.items()}
    assert sites(write_sites(found, names)) == found
    odd = "https://a.example\n /%C3%A9%20x session, group ops\n"
    assert sites(write_sites(sites(odd), names)) == sites(odd)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("/ session", "Line 1: Name the site first"),
        ("https://a.example", "Line 1: https://a.example has no rule"),
        ("https://a.example\n / sesion", "Line 2: “sesion” is none of: public, session"),
        ("https://a.example\n /", "Line 2: Write a path and what it asks for"),
        ("https://a.example\n x session", "Line 2: “x” is no plain path"),
        ("https://a.example\n /../x session", "Line 2: “/../x” is no plain path"),
        ("https://a.example\n /x?y session", "Line 2: “/x?y” is no plain path"),
        ("https://a.example\n / session\n / public", "Line 3: / stands here twice"),
        ("https://a.example\n /a session\n /A/ public", "Line 3: /A/ stands here twice"),
        ("https://a.example\n / session, fresh", "Line 2: Write fresh with 1 to 1440"),
        ("https://a.example\n / session, fresh 0", "Line 2: Write fresh with 1 to 1440"),
        ("https://a.example\n / session, fresh 1441", "Line 2: Write fresh with"),
        ("https://a.example\n / session, group Nobody", "Line 2: No group is called “Nobody”"),
        ("https://a.example\n / session, role king", "Line 2: “king” is none of the roles"),
        ("https://a.example\n / session, colour red", "Line 2: “colour” is none of: group"),
        ("https://a.example\n / public, fresh 5", "Line 2: What is public is open"),
        ('https://a.example\n / session, group "x', "Line 2: A quote is open"),
        ("https://a.example\n / session\nhttps://a.example:81\n / session", "twice"),
        ("https://login.example.org:9\n / session", "Line 1: login.example.org is where Twofold"),
        ("http://a.example\n / session", "Line 1: a.example needs https"),
        ("x" * 20_001, "too long"),
    ],
)
def test_what_is_wrong_in_a_text_is_named_with_its_line(text: str, sentence: str) -> None:
    """The first thing, and what to do."""
    found = read_sites(text, GROUPS, own_host="login.example.org")
    assert isinstance(found, Wrong)
    assert sentence in str(found)


def test_the_preview_asks_the_function_that_decides() -> None:
    """For each way of being signed in, of an active person and of a disabled one."""
    found = site_at(sites(), "https://wiki.example.org/admin?x")
    assert found is not None
    seen = dict(outlook(*found, ACCOUNT, PERSON, NOW, enrolled=True).rows)
    assert seen["Not signed in"] is Verdict.SIGN_IN
    assert seen["In a trusted browser, without a code"] is Verdict.PROVE
    assert seen["With a code, just now"] is Verdict.ALLOWED
    assert seen["With a code, 55 minutes ago"] is Verdict.PROVE
    gone = replace(PERSON, state=PersonState.DISABLED)
    rows = outlook(*found, ACCOUNT, gone, NOW, enrolled=True).rows
    assert {one for _, one in rows} == {Verdict.SIGN_IN}
    for url in (
        "https://other.example/",
        "http://wiki.example.org/",
        "https://wiki.example.org:1/",
    ):
        assert site_at(sites(), url) is None
