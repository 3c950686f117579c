"""The question of a proxy as the gate reads it: in process, on both databases."""

import asyncio
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from tests.conftest import FixedClock
from tests.flows.site_changes import BEGUN, HOST, protect, ticket
from tests.gate.conftest import world_of
from tests.world import Organisation, found
from twofold.core.errors import Overloaded, StorageUnavailable
from twofold.core.people import GuardPolicy, Person
from twofold.core.sites import Visit
from twofold.core.tokens import Purpose, digest
from twofold.flows import groups, people, sites
from twofold.gate.answers import identity
from twofold.gate.app import ForwardAuth
from twofold.gate.question import IDENTITY, Unclear, read_question
from twofold.hashing import Argon2Hasher
from twofold.ports import Store, World

TEXT = (
    f"https://{HOST}\n / session\n /admin second factor, fresh 15\n /static public\n"
    "https://ports.example.org:8443\n / public\n"
)
QUESTION = {
    b"x-forwarded-host": HOST.encode(),
    b"x-forwarded-proto": b"https",
    b"x-forwarded-uri": b"/page",
    b"x-forwarded-method": b"GET",
    b"accept": b"text/html",
}


@pytest.fixture
def acme(store: Store, clock: FixedClock) -> Organisation:
    """Acme with a wiki, on both databases."""
    made = found(store, clock)
    protect(made, TEXT)
    return made


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both databases: the look-up is written for both."""
    address: str = request.getfixturevalue(f"{request.param}_url")
    return address


@pytest.fixture
def world(store: Store, clock: FixedClock, hasher: Argon2Hasher, acme: Organisation) -> World:
    """The product behind a proxy at 192.0.2.1."""
    made = world_of(store, clock, "https://login.example.org", hasher)
    return replace(made, trusted_proxies=(ip_network("192.0.2.1/32"),))


def ask(
    world: World,
    *more: tuple[bytes, bytes],
    path: str = "/gate/nginx",
    peer: str = "192.0.2.1",
    method: str = "GET",
    query: bytes = b"",
    **changed: bytes,
) -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body of an answer."""
    headers = QUESTION | {b"x-forwarded-" + name.encode(): value for name, value in changed.items()}
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nobody reads a body")

    scope = {
        "type": "http", "path": path, "method": method, "query_string": query,
        "client": (peer, 1) if peer else None, "headers": [*headers.items(), *more],
    }  # fmt: skip
    asyncio.run(ForwardAuth(world)(scope, receive, send))
    start, body = sent
    return start["status"], dict(start["headers"]), body["body"]


def cookie(token: str) -> tuple[bytes, bytes]:
    """The cookie of a pass."""
    return b"cookie", f"a=b; __Host-twofold-site={token}".encode()


def entered(acme: Organisation, person: Person) -> str:
    """The token of a pass for the wiki."""
    token = acme.call(sites.enter, host=HOST, ticket=ticket(acme, acme.caller(person)), begun=BEGUN)
    assert token is not None
    return token


def test_a_question_is_answered(world: World, acme: Organisation) -> None:
    """Yes with who it is; no to strangers, with the way in; both never kept."""
    status, headers, _ = ask(world)
    assert (status, headers[b"location"]) == (401, b"/.twofold/sign-in?to=/page")
    status, headers, _ = ask(world, path="/gate/forward")
    assert (status, headers[b"location"]) == (303, b"/.twofold/sign-in?to=/page")
    status, headers, body = ask(world, cookie(entered(acme, acme.owner)))
    assert (status, body, headers[b"cache-control"]) == (200, b"", b"no-store")
    assert headers[b"remote-user"] == acme.owner.email.encode()
    assert headers[b"remote-amr"] == b"pwd"


def test_every_answer_sets_every_identity_header(world: World) -> None:
    """Also empty, so that a client's own are written over (mechanism A13.5)."""
    for changed in ({}, {"uri": b"/static/x"}, {"uri": b"//"}, {"host": b"x.example.org"}):
        _, headers, _ = ask(world, **changed)
        assert {name: headers.get(name) for name in IDENTITY} == dict.fromkeys(IDENTITY, b"")


@pytest.mark.parametrize("peer", ["192.0.2.2", "127.0.0.1", "", "unix", "::1"])
def test_only_a_named_proxy_is_answered(world: World, peer: str) -> None:
    """Anybody else is told no, whatever they ask."""
    assert ask(world, peer=peer, uri=b"/static/x")[0] == 403
    assert ask(world, peer="::ffff:192.0.2.1", uri=b"/static/x")[0] == 200


@pytest.mark.parametrize(
    "more",
    [
        (b"x-forwarded-uri", b"/static/x"),
        (b"x-forwarded-host", b"other.example.org"),
        (b"x-forwarded-method", b"GET"),
        (b"x-forwarded-proto", b"http"),
        (b"remote-user", b"a"),
        (b"x_forwarded_uri", b"/static/x"),
        (b"x-forwarded_host", b"x"),
        (b"remote_user", b"root"),
        (b"remote_groups", b"admins"),
        (b"x-original-url", b"/static/x"),
        (b"x-rewrite-url", b"/static/x"),
    ],
)
def test_a_question_with_two_meanings_is_refused(world: World, more: tuple[bytes, bytes]) -> None:
    """Mechanism A13.5: twice, look-alikes, and what asks for another path."""
    twice = (more, more) if more[0] == b"remote-user" else (more,)
    assert ask(world, *twice, uri=b"/static/y")[0] == 403


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", b""), ("host", b"wiki.example.org:443"), ("host", b"wiki.example.org:8443"),
        ("host", b"WIKI.example.org."), ("host", b"wiki.example.org, x"), ("host", b"\xe9.example"),
        ("host", b"ports.example.org"), ("host", b"ports.example.org:443"), ("host", b"a@b"),
        ("proto", b"http"), ("proto", b""), ("proto", b"https, http"), ("proto", b"HTTPS"),
        ("uri", b""), ("uri", b"*"), ("uri", b"https://wiki.example.org/static/x"),
    ],
)  # fmt: skip
def test_scheme_host_and_port_must_be_the_sites_own(world: World, name: str, value: bytes) -> None:
    """Mechanism A13.4: nothing but the very origin that is listed."""
    assert ask(world, **({"uri": b"/static/x"} | {name: value}))[0] == 403
    assert ask(world, host=b"ports.example.org:8443", uri=b"/x")[0] == 200


def test_a_missing_header_is_a_refusal() -> None:
    """A proxy that forgets one lets nobody in."""
    for name in list(QUESTION)[:4]:
        left = [(key, value) for key, value in QUESTION.items() if key != name]
        with pytest.raises(Unclear, match=name.decode()):
            read_question(left)


def test_a_cookie_that_comes_twice_is_none(world: World, acme: Organisation) -> None:
    """Nor is one of another name, another kind, or of Twofold's own host."""
    token = entered(acme, acme.owner)
    assert ask(world, cookie(token))[0] == 200
    session = acme.signed_in(acme.owner).token
    for line in (
        f"__Host-twofold-site={token}; __Host-twofold-site={token}",
        f"twofold-site={token}",
        f"__Host-twofold={token}",
        f"__Host-twofold-site={session}",
        f"__Host-twofold-site={token}x",
        f"__Host-twofold-site={token[:-1]}é",
    ):
        assert ask(world, (b"cookie", line.encode("latin-1")))[0] == 401, line


def test_headers_carry_names_of_every_kind(world: World, acme: Organisation) -> None:
    """UTF-8, groups in order with commas between, and nothing that ends a header."""
    zoe = acme.add("Zoë", email="zoe@acme.example")
    owner = acme.caller(acme.owner)
    for name in ("Sales, 100%", "Ämter"):
        group = acme.call(groups.create, caller=owner, name=name)
        acme.call(groups.enter, caller=owner, group_id=group.id, text=zoe.email)  # type: ignore[union-attr]
    _, headers, _ = ask(world, cookie(entered(acme, zoe)))
    assert headers[b"remote-name"].decode() == "Zoë"
    assert headers[b"remote-groups"].decode() == "Sales%2C 100%25,Ämter"
    assert headers[b"remote-user"] == b"zoe@acme.example"


def test_no_name_ends_a_header(acme: Organisation) -> None:
    """Whatever an older version or another directory has let into the database."""
    caller = acme.caller(acme.owner)
    odd = replace(caller, person=replace(caller.person, name="Zoe\r\nRemote-User: root\0"))
    site = acme.store.call(lambda tx: tx.protected.of_account(acme.account_id))[0]
    told = dict(identity(Visit(site, acme.account_id, odd, ("a\nb",))))
    assert told[b"remote-name"] == b"Zoe  Remote-User: root"
    assert told[b"remote-groups"] == b"a b"


def test_what_ends_a_session_ends_the_pass(world: World, acme: Organisation) -> None:
    """Mechanism 15: disabled, a demanded set-up, a stolen password: on the next question."""
    mia = acme.add("Mia")
    made = cookie(entered(acme, mia))
    assert ask(world, made)[0] == 200
    acme.store.call(lambda tx: tx.people.mark_stolen(mia.id, acme.now))
    assert ask(world, made)[0] == 401
    ben = acme.add("Ben")
    made = cookie(entered(acme, ben))
    acme.call(people.set_disabled, actor=acme.owner, person_id=ben.id, disabled=True)
    assert ask(world, made)[0] == 401
    eve = acme.add("Eve")
    made = cookie(entered(acme, eve))
    acme.enrol(acme.owner)
    acme.switch_on()
    assert ask(world, made)[0] == 401


def test_a_trusted_browser_is_no_second_factor(world: World, acme: Organisation) -> None:
    """Its session opens what asks for a session, and says `pwd`; the rest asks for the code."""
    mia = acme.add("Mia")
    acme.enrol(mia)
    acme.store.call(lambda tx: tx.accounts.set_guard(acme.account_id, GuardPolicy(trust_days=30)))
    browser = acme.known(mia, trust=True)
    acme.clock.advance(60)
    caller = acme.caller_of(acme.signed_in(mia, place=browser).token)
    assert caller is not None
    assert caller.session.trusted
    token = acme.call(sites.enter, host=HOST, ticket=ticket(acme, caller), begun=BEGUN)
    assert token is not None
    status, headers, _ = ask(world, cookie(token))
    assert (status, headers[b"remote-amr"]) == (200, b"pwd")
    status, headers, _ = ask(world, cookie(token), uri=b"/admin")
    assert status == 401
    assert b"max_age=900" in headers[b"www-authenticate"]


def test_use_of_a_site_keeps_the_session_alive(world: World, acme: Organisation) -> None:
    """As use of the pages does, up to its absolute end."""
    made = cookie(entered(acme, acme.owner))
    for _ in range(3):
        acme.clock.advance(3000)
        assert ask(world, made)[0] == 200
    acme.clock.advance(3601)
    assert ask(world, made)[0] == 401


@pytest.mark.parametrize("fault", [Overloaded(), StorageUnavailable(), RuntimeError("x")])
def test_a_fault_is_never_a_yes(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """Mechanism 73: whatever breaks inside, public pages included."""

    async def broken(*_: object) -> None:
        raise fault

    monkeypatch.setattr(type(world.store), "visit", broken)
    for path in ("/gate/nginx", "/gate/forward", "/.twofold/sign-in"):
        status, _, body = ask(world, (b"host", HOST.encode()), path=path, uri=b"/static/x")
        assert status in (500, 503)
        assert body != b"x"


def test_the_sites_own_addresses_want_one_listed_host(world: World, acme: Organisation) -> None:
    """And lead nowhere but to Twofold, or to a page of the site."""
    for hosts in ([], [b"x.example.org"], [HOST.encode()] * 2, [b"wiki.example.org:1"], [b"a b"]):
        more = [(b"host", host) for host in hosts]
        for path in ("/.twofold/sign-in", "/.twofold/callback", "/.twofold/sign-out"):
            assert ask(world, *more, path=path)[0] == 404
    host = (b"host", HOST.encode())
    status, headers, _ = ask(world, host, path="/.twofold/sign-out")
    assert (status, headers[b"location"]) == (303, b"https://login.example.org/sign-out")
    begun = digest(Purpose.SITE_BEGUN, BEGUN).hex()
    kept = (b"cookie", f"__Host-twofold-begun={BEGUN}".encode())
    for to, page in ((b"/a%3Fb%3D1", "/a%3Fb%3D1"), (b"//evil.example", "/"), (b"", "/"),
                     (b"https://evil.example", "/"), (b"/a&to=/b", "/")):  # fmt: skip
        _, headers, _ = ask(world, host, kept, path="/.twofold/sign-in", query=b"to=" + to)
        where = f"https://login.example.org/sites/enter?site={HOST}&begun={begun}&to={page}"
        assert headers[b"location"].decode() == where
    assert ask(world, host, path="/.twofold/sign-in", method="POST")[0] == 405
    assert ask(world, host, path="/gate/")[0] == 404


def test_a_callback_wants_ticket_and_browser(world: World, acme: Organisation) -> None:
    """HEAD uses nothing up; a page to return to never leaves the site."""
    host = (b"host", HOST.encode())
    kept = (b"cookie", f"__Host-twofold-begun={BEGUN}".encode())
    made = ticket(acme, acme.caller(acme.owner))
    query = f"ticket={made}&to=//evil.example".encode()
    back = "/.twofold/callback"
    for more, how, asked in (
        ([host], "GET", query),
        ([host, (b"cookie", b"__Host-twofold-begun=" + b"c" * 43)], "GET", query),
        ([host, kept], "HEAD", query),
        ([host, kept], "GET", b"ticket=" + b"x" * 43),
        ([host, kept], "GET", b"ticket=" + made.encode() + b"&ticket=x"),
    ):
        status, headers, _ = ask(world, *more, path=back, method=how, query=asked)
        assert status == 403
        assert b"set-cookie" not in headers
    status, headers, _ = ask(world, host, kept, path=back, query=query)
    assert (status, headers[b"location"]) == (303, b"/")
    assert headers[b"set-cookie"].startswith(b"__Host-twofold-site=")
    assert ask(world, host, kept, path=back, query=query)[0] == 403
