"""The gate, tried by everybody who must not pass: the routes of the running application, each
with the form token that its page would carry, so that nothing but the gate can refuse it.
"""

from collections.abc import Callable, Iterator, Sequence

import pytest
from httpx2 import Response
from starlette.routing import BaseRoute, Mount, Route

from tests.attacks.dump import facts
from tests.attacks.faces import Client, Face, Standing
from tests.attacks.scene import OTHER_PASSWORD, add, enrolled, half_way, outsider
from tests.faces.conftest import PASSWORD, Site
from tests.faces.routes import path_of, send
from twofold.api import access as api
from twofold.api.app import ALL_ENDPOINTS, ApiShell
from twofold.bootstrap import Faces
from twofold.core.people import DAY, Person, Role
from twofold.flows import people
from twofold.gate import app as gate
from twofold.web.access import ONLY, Needs, Page
from twofold.web.app import ALL_PAGES
from twofold.web.shell import Shell

MOST_FOR_HALF = 12
OTHER_METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND")
FIELDS = {"name": "Evil", "email": "evil@acme.example", "role": "owner", "reason": "because",
          "password": OTHER_PASSWORD, "current": PASSWORD, "code": "123456", "issuer": "Evil",
          "pair_after": "5", "link_after": "10", "trust_days": "30", "hours": "24"}  # fmt: skip


def routes_in(routes: Sequence[BaseRoute], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Path and method of every route, those of mounted applications with them."""
    for route in routes:
        if isinstance(route, Mount):
            yield from routes_in(route.routes, prefix + route.path)
        else:
            assert isinstance(route, Route), f"{route} is of a kind that no gate stands before"
            for method in route.methods or ():
                yield prefix + route.path, method


def test_every_route_is_one_of_the_declared_pages(site: Site) -> None:
    """Mechanism 1, for what is mounted too: nothing is served beside the pages but the files that
    they load, the API and the answers to proxies; and of the pages at most twelve are for somebody
    who is half signed in.
    """
    assert isinstance(site.app, Faces)
    assert set(site.app.beside) == {api.PREFIX, *gate.PREFIXES}
    assert isinstance(site.app.web, Shell)
    served = set(routes_in(site.app.web._app.routes))  # type: ignore[attr-defined]
    declared = {
        (page.path, method)
        for page in ALL_PAGES
        for method, handler in (("GET", page.get), ("HEAD", page.get), ("POST", page.post))
        if handler is not None
    }
    static = {("/static/{version}/{name}", method) for method in ("GET", "HEAD")}
    assert served == declared | static
    half = {page.path for page in ALL_PAGES if page.needs not in (Needs.PUBLIC, Needs.SESSION)}
    assert len(half) <= MOST_FOR_HALF


def test_every_route_of_the_api_is_declared_with_its_scope(site: Site) -> None:
    """What FastAPI would answer and no endpoint declares is not there at all."""
    assert isinstance(site.app, Faces)
    shell = site.app.beside[api.PREFIX]
    assert isinstance(shell, ApiShell)
    assert isinstance(shell._app, api.Gate)
    served = {
        (route.path, method)
        for route in shell._app._inner.routes  # type: ignore[attr-defined]
        for method in route.methods
    }
    assert served == {(api.PREFIX + one.path, one.method) for one in ALL_ENDPOINTS}
    opened = [one.path for one in ALL_ENDPOINTS if isinstance(one.scope, api.Open)]
    assert opened == ["/openapi.json"]


def test_proxies_have_five_addresses(site: Site) -> None:
    """Two questions and three addresses on the sites; nothing else is answered there."""
    assert isinstance(site.app, Faces)
    for prefix in gate.PREFIXES:
        face = site.app.beside[prefix]
        assert isinstance(face, gate.ForwardAuth)
        assert set(face.paths) == {
            "/gate/nginx", "/gate/forward",
            "/.twofold/sign-in", "/.twofold/callback", "/.twofold/sign-out",
        }  # fmt: skip


def anonymous(face: Face) -> tuple[Client, str]:
    """Nobody."""
    return face.client(), "0" * 64


def at_the_code(face: Face) -> tuple[Client, str]:
    """Somebody with a factor whose password was right."""
    client = half_way(face, enrolled(face.site, "Mia", Role.OWNER))
    return client, client.csrf("/sign-in/code")


def at_the_set_up(face: Face) -> tuple[Client, str]:
    """Somebody without a factor, under the policy, whose password was right."""
    ben = add(face.site, "Ben", Role.OWNER)
    face.site.acme.switch_on()
    client = half_way(face, ben)
    assert client.standing() is Standing.MUST_ENROL
    return client, client.csrf("/set-up")


def disable(face: Face, person: Person) -> None:
    """An owner stops somebody."""
    acme = face.site.acme
    acme.call(people.set_disabled, actor=acme.owner, person_id=person.id, disabled=True)


def disabled_in_a_session(face: Face) -> tuple[Client, str]:
    """Somebody who was signed in when they were stopped."""
    mia = enrolled(face.site, "Mia", Role.OWNER)
    client = face.signed_in(mia)
    csrf = client.csrf("/sign-out")
    disable(face, mia)
    return client, csrf


def disabled_at_the_code(face: Face) -> tuple[Client, str]:
    """Somebody who was half signed in when they were stopped."""
    mia = enrolled(face.site, "Mia", Role.OWNER)
    client = half_way(face, mia)
    csrf = client.csrf("/sign-in/code")
    disable(face, mia)
    return client, csrf


def from_before_the_switch(face: Face) -> tuple[Client, str]:
    """Somebody signed in by the password alone, when everybody has to have a factor."""
    ben = add(face.site, "Ben", Role.OWNER)
    client = face.client()
    client.password(ben.email)
    csrf = client.csrf("/sign-out")
    face.site.acme.switch_on()
    return client, csrf


def long_ago(face: Face) -> tuple[Client, str]:
    """Somebody who was signed in yesterday."""
    client = face.signed_in(enrolled(face.site, "Mia", Role.OWNER))
    csrf = client.csrf("/sign-out")
    face.site.clock.advance(DAY)
    return client, csrf


Who = Callable[[Face], tuple[Client, str]]
"""Brings somebody to the gate, with the form token that their pages carry or carried."""

WHO: dict[Who, set[Needs]] = {
    anonymous: set(),
    at_the_code: {Needs.HALF, Needs.HALF_CODE},
    at_the_set_up: {Needs.HALF, Needs.HALF_ENROL},
    disabled_in_a_session: set(),
    disabled_at_the_code: set(),
    from_before_the_switch: set(),
    long_ago: set(),
}
"""Who must not pass, and what is declared for them besides the public pages."""


def tried(client: Client, page: Page, csrf: str, target: str) -> Iterator[tuple[str, Response]]:
    """What the page answers by every method."""
    path, fields = path_of(page).replace("no-such-id", target), {**FIELDS, "csrf": csrf}
    yield "GET", client.get(path)
    yield "POST", send(client.browser, page, fields) if page.upload else client.post(path, fields)
    for method in OTHER_METHODS:
        yield method, client.http.request(method, path, params=FIELDS)


def is_refused(answer: Response) -> bool:
    """Led to a door, told no, or told that there is no such method."""
    led = answer.headers.get("location", "")
    return answer.status_code in (401, 403, 405) or (
        answer.status_code == 303 and led.startswith(("/sign-in", "/set-up"))
    )


@pytest.mark.parametrize("who", list(WHO), ids=lambda who: who.__name__)
def test_whoever_may_not_pass_is_refused_everywhere(
    face: Face, database_url: str, who: Who
) -> None:
    """Promise P1: by every method, on every page that is not declared for them; and nothing that
    says who may do what has changed afterwards.
    """
    client, csrf = who(face)
    assert len(csrf) == 64
    open_to_them = {Needs.PUBLIC, *WHO[who]}
    shown = {page.path for page in ALL_PAGES if page.needs in open_to_them and page.get}
    before, cookies = facts(database_url), dict(client.http.cookies)
    closed = [page for page in ALL_PAGES if page.needs not in open_to_them]
    assert len(closed) >= 35
    for page in closed:
        for method, answer in tried(client, page, csrf, face.site.acme.owner_id):
            if page.path in shown and method in ("GET", "HEAD"):
                continue  # Another page of the same path, declared for them.
            assert is_refused(answer), (method, page.path, answer.status_code)
            assert "set-cookie" not in answer.headers, (method, page.path)
    assert facts(database_url) == before
    assert dict(client.http.cookies) == cookies


@pytest.mark.parametrize("role", [Role.MEMBER, Role.HELPDESK])
def test_a_lower_role_is_refused_by_the_gate_alone(
    face: Face, database_url: str, role: Role
) -> None:
    """Promise P1: with a session of both factors, proved a moment ago, and its own form token."""
    eve = enrolled(face.site, "Eve", role)
    client = face.signed_in(eve)
    csrf = client.csrf("/sign-out")
    closed = [page for page in ALL_PAGES if page.needs is Needs.SESSION]
    closed = [page for page in closed if page.role.rank > role.rank]
    assert len(closed) >= (20 if role is Role.MEMBER else 15)
    before = facts(database_url)
    for page in closed:
        for method, answer in tried(client, page, csrf, eve.id):
            assert answer.status_code in (403, 405), (method, page.path, answer.status_code)
            if answer.status_code == 403 and method != "HEAD":
                assert ONLY[page.role] in answer.text, (method, page.path)
    assert facts(database_url) == before


def test_an_owner_of_another_account_reaches_nothing_here(face: Face, database_url: str) -> None:
    """Promise P1: by no id of a person, a mail or a kept file, in no list and no export."""
    acme = face.site.acme
    gil = acme.add("Gilgamesh", invited=True)
    owner = face.client()
    owner.password(acme.owner.email)
    file = {"file": ("list.csv", b"name,email\nHal,hal@acme.example\n", "text/csv")}
    form = {"csrf": owner.csrf("/people/import")}
    kept = owner.http.post("/people/import", data=form, files=file)
    upload = kept.text.split('action="/people/import/')[1].split('"')[0]
    bolt, zoe = outsider(face.site)
    bolt.store.call(lambda tx: tx.people.set_role(zoe.id, Role.OWNER))
    client = face.signed_in(bolt.person(zoe.id))
    csrf = client.csrf("/sign-out")
    before = facts(database_url)
    named = [page for page in ALL_PAGES if "{id}" in page.path]
    assert len(named) >= 9
    for page in named:
        for id_ in ("no-such-id", gil.id, acme.owner_id, acme.mails(gil)[0].id, upload):
            path = page.path.replace("{id}", id_)
            # A kept file that is gone is asked for again; everything else is not there.
            expected = 422 if page.path.startswith("/people/import/") else 404
            answers = [client.get(path)] if page.get else []
            answers += [client.post(path, {**FIELDS, "csrf": csrf})] if page.post else []
            assert {answer.status_code for answer in answers} == {expected}, path
    assert facts(database_url) == before
    for page in (page for page in ALL_PAGES if page.get and "{" not in page.path):
        text = client.get(page.path).text
        assert not any(word in text for word in ("gilgamesh", "Gilgamesh", acme.owner.email)), (
            page.path
        )
