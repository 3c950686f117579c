"""The faces that are attacked, and what an attacker can do at each.

An attack is written once, against a `Client`. A later face joins by a name in `FACES` and a class
with the same methods.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from uuid import uuid4

import pytest
from httpx2 import Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from tests.faces.api import known_as, new_key
from tests.faces.conftest import ORIGIN, PASSWORD, Browser, Site, token_in
from twofold.api.access import PREFIX
from twofold.core.applications import Scope
from twofold.core.people import Person
from twofold.web.cookies import BROWSER, BROWSER_LINK, SESSION, SIGN_IN

WEB = ("web",)
FACES = ("web", "api")
"""`every_face` below asks for both; an attack that needs pages runs against the pages alone."""
every_face = pytest.mark.parametrize("face", FACES, indirect=True)
COOKIES = (SESSION, SIGN_IN, BROWSER, BROWSER_LINK)
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
"""What a token looks like wherever it is handed out."""


class Standing(StrEnum):
    """How far a client has come, as the product shows it."""

    OUT = "nobody"
    HALF = "asked for a code"
    MUST_ENROL = "led to the set-up"
    MUST_CHANGE = "led to a new password"
    IN = "signed in"


_DOORS = {
    "/sign-in/code": Standing.HALF,
    "/set-up": Standing.MUST_ENROL,
    "/new-password": Standing.MUST_CHANGE,
}


@dataclass
class Client:
    """One client of the web face: a browser with its cookies."""

    site: Site
    http: TestClient
    answers: list[Response] = field(default_factory=list)
    """Everything that it was answered, for whoever looks for what was handed out."""

    @property
    def browser(self) -> Browser:
        """The same client for whoever walks the route table."""
        return Browser(self.http)

    def csrf(self, path: str) -> str:
        """The anti-forgery token of the forms on a page, "" if it has none."""
        return token_in(self.get(path))

    def get(self, path: str) -> Response:
        """Open a page; redirects are left to the test."""
        return self._kept(self.http.get(path))

    def post(self, path: str, data: Mapping[str, str] | None = None, *, at: str = "") -> Response:
        """Send the form that stands on the page `at`, or a form with nothing but `data`."""
        fields = dict(data or {})
        if at:
            fields.setdefault("csrf", self.csrf(at))
        return self._kept(self.http.post(path, data=fields))

    def _kept(self, answer: Response) -> Response:
        self.answers.append(answer)
        return answer

    def password(self, email: str, password: str = PASSWORD, **more: str) -> Response:
        """The first step."""
        return self.post("/sign-in", {"email": email, "password": password, **more})

    def code(self, first: str, second: str = "", **more: str) -> Response:
        """The second step, with one code or two."""
        fields = {"code": first, **({"next_code": second} if second else {}), **more}
        return self.post("/sign-in/code", fields, at="/sign-in/code")

    def enters(self, first: str, second: str = "") -> bool:
        """Whether this code, or these two, let the client in."""
        self.code(first, second)
        return self.standing() is Standing.IN

    def right_code(self, person: Person, **more: str) -> Response:
        """The second step with what is asked for, all of it right."""
        acme = self.site.acme
        if 'name="next_code"' in self.get("/sign-in/code").text:
            return self.code(acme.code(person, steps=-1), acme.code(person), **more)
        return self.code(acme.code(person), **more)

    def wrong_code(self, person: Person, number: int = 0) -> Response:
        """A wrong code, another one for each number, where one code is asked for."""
        return self.code(self.site.acme.wrong(self.site.acme.active(person), number))

    def miss(self, person: Person, number: int = 0) -> Response:
        """A whole sign-in with the right password and a wrong code."""
        self.password(person.email)
        return self.wrong_code(person, number)

    def sign_in(self, person: Person, **more: str) -> Response:
        """Both steps with all that is asked for, in a step whose code nobody used yet."""
        self.site.clock.advance(90)
        answer = self.password(person.email)
        if self.standing() is Standing.HALF:
            answer = self.right_code(person, **more)
        assert self.standing() is Standing.IN, answer.text
        return answer

    def standing(self) -> Standing:
        """How far this client has come."""
        answer = self.get("/profile")
        if answer.status_code == 200:
            return Standing.IN
        return _DOORS.get(answer.headers.get("location", ""), Standing.OUT)

    def tokens(self) -> set[str]:
        """Everything like a token that was handed out in headers, cookies and pages."""
        handed = [answer.text + str(answer.headers) for answer in self.answers]
        return {token for text in handed for token in TOKEN.findall(text)} | set(
            self.http.cookies.values()
        )

    def present(self, token: str, *, names: tuple[str, ...] = COOKIES) -> None:
        """Carry `token` in each of these cookies and in no other."""
        self.http.cookies.clear()
        for name in names:
            self.http.cookies.set(name, token, domain="localhost.local", path="/")


@dataclass
class ApiClient(Client):
    """Somebody at an application that checks passwords itself and asks the API for the rest."""

    key: str = ""
    external_id: str = ""
    at: Standing = Standing.OUT

    def password(self, email: str, password: str = PASSWORD, **more: str) -> Response:
        """The application's own check, which knows one password for everybody."""
        person = self.site.acme.store.call(lambda tx: tx.people.by_email(email))
        is_right = person is not None and password == PASSWORD
        if person is not None and is_right:
            self.external_id = known_as(self.site.acme, person, person.id).external_id
        self.at = Standing.HALF if is_right else Standing.OUT
        return Response(303 if is_right else 422)

    def code(self, first: str, second: str = "", **more: str) -> Response:
        """What the application asks. Without the first step it asks nothing."""
        if self.at is not Standing.HALF:
            return Response(401)
        body = {"external_id": self.external_id, "code": first, **more}
        if second:
            body["next_code"] = second
        headers = {"authorization": f"Bearer {self.key}"}
        answer = self._kept(self.http.post(f"{PREFIX}/verifications", json=body, headers=headers))
        if answer.status_code == 200 and answer.json()["outcome"] == "accepted":
            self.at = Standing.IN
        return answer

    def right_code(self, person: Person, **more: str) -> Response:
        """One right code, and two where two are asked for."""
        acme = self.site.acme
        answer = self.code(acme.code(person), **more)
        if answer.status_code == 403 and answer.json()["needed"] == "two-codes":
            return self.code(acme.code(person, steps=-1), acme.code(person), **more)
        return answer

    def standing(self) -> Standing:
        """How far the application has let them come."""
        return self.at


@dataclass(frozen=True)
class Face:
    """One way into the product from outside."""

    name: str
    site: Site

    @cached_property
    def key(self) -> str:
        """The key of the application, where this is the API."""
        return new_key(self.site.acme, Scope.VERIFY, name=f"Face {uuid4().hex}").text

    def client(self, *, peer: str = "192.0.2.7", app: ASGIApp | None = None) -> Client:
        """A client that has been handed nothing yet, at the address `peer`."""
        http = TestClient(
            app or self.site.app,
            base_url=ORIGIN,
            follow_redirects=False,
            raise_server_exceptions=False,
            client=(peer, 50_000),
        )
        http.headers.update({"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/150.0"})
        if self.name == "api":
            return ApiClient(self.site, http, key=self.key)
        return Client(self.site, http)

    def signed_in(self, person: Person, *, peer: str = "192.0.2.7", **more: str) -> Client:
        """A client in which the person has just signed in."""
        client = self.client(peer=peer)
        client.sign_in(person, **more)
        return client
