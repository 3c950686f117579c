"""What the tests of the pages stand on: the real application over a real store, and browsers."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from httpx2 import Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from tests.conftest import FixedClock
from tests.world import Organisation, found
from twofold.bootstrap import build_faces
from twofold.core.mail import MailKind
from twofold.core.people import Person
from twofold.core.tokens import Purpose
from twofold.data import load_apps
from twofold.flows.links import mint
from twofold.hashing import Argon2Hasher
from twofold.mail.messages import MailTemplates
from twofold.mail.smtp import SmtpMailer
from twofold.ports import Store, World
from twofold.system import SystemRandom

ORIGIN = "http://localhost:8000"
PASSWORD = "a long enough phrase"


@dataclass
class Browser:
    """One browser: cookies, forms with their token, no script."""

    client: TestClient
    last: Response | None = field(default=None)

    def get(self, path: str) -> Response:
        """Open a page; redirects are left to the test."""
        self.last = self.client.get(path)
        return self.last

    def post(self, path: str, data: dict[str, str] | None = None, *, form_at: str = "") -> Response:
        """Send the form that stands on the page `form_at`, or a form with nothing but `data`."""
        fields = dict(data or {})
        if form_at:
            page = self.client.get(form_at)
            fields.setdefault("csrf", token_in(page))
        self.last = self.client.post(path, data=fields)
        return self.last


def token_in(page: Response) -> str:
    """The anti-forgery token of a page's forms, "" if it has none."""
    found_token = re.search(r'name="csrf" value="([^"]+)"', page.text)
    return found_token.group(1) if found_token else ""


def text_of(page: Response) -> str:
    """What a page says, without its markup."""
    bare = re.sub(r"<(script|style|svg).*?</\1>", " ", page.text, flags=re.S)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", bare))).strip()


@dataclass
class Site:
    """The running product without a network, and the organisation Acme on it."""

    world: World
    app: ASGIApp
    acme: Organisation
    hasher: Argon2Hasher

    @property
    def clock(self) -> FixedClock:
        """The clock that the product reads."""
        return self.acme.clock

    def browser(self, **headers: str) -> Browser:
        """A browser without cookies."""
        client = TestClient(
            self.app, base_url=ORIGIN, follow_redirects=False, raise_server_exceptions=False
        )
        client.headers.update({"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/150.0", **headers})
        return Browser(client)

    def give_password(self, person: Person, password: str = PASSWORD) -> Person:
        """The person's password becomes one that can really be typed."""
        encoded = self.hasher.hash_now(password)
        self.world.store.call(
            lambda tx: tx.people.set_password(
                person.id, encoded, expected_version=person.password_version
            )
        )
        return self.acme.person(person.id)

    def signed_in(self, person: Person) -> Browser:
        """A browser in which the person has signed in, in one step or two."""
        browser = self.browser()
        answer = browser.post("/sign-in", {"email": person.email, "password": PASSWORD})
        assert answer.status_code == 303, text_of(answer)
        if answer.headers["location"] == "/sign-in/code":
            self.clock.advance(30)
            answer = browser.post(
                "/sign-in/code", self.codes(browser, person), form_at="/sign-in/code"
            )
            assert answer.status_code == 303, text_of(answer)
        return browser

    def codes(self, browser: Browser, person: Person) -> dict[str, str]:
        """What the person types on the code page: one code, or two where two are asked for."""
        if 'name="next_code"' not in browser.get("/sign-in/code").text:
            return {"code": self.acme.code(person)}
        return {"code": self.acme.code(person, steps=-1), "next_code": self.acme.code(person)}

    def link(self, person: Person, purpose: Purpose) -> str:
        """The token of a new one-time link for the person."""
        return self.world.store.call(
            lambda tx: mint(tx, self.clock.now(), purpose, person, replace=False)
        )[0]

    def mailed(self, person: Person, kind: MailKind) -> str:
        """The token in the person's newest mail of this kind."""
        return self.acme.token(person, kind)


@pytest.fixture
def hasher() -> Iterator[Argon2Hasher]:
    """The real hasher at its smallest cost."""
    made = Argon2Hasher(memory_kib=8, time_cost=1, parallelism=1, threads=2)
    yield made
    made.close()


@pytest.fixture
def site(store: Store, clock: FixedClock, random: SystemRandom, hasher: Argon2Hasher) -> Site:
    """The product with Acme on it; its owner Olga has a password and no authenticator."""
    postbox = MailTemplates(ORIGIN)
    world = World(
        store=store,
        hasher=hasher,
        clock=clock,
        random=random,
        mailer=SmtpMailer(None, "Twofold <twofold@localhost>", postbox),
        postbox=postbox,
        public_url=ORIGIN,
        common_passwords=frozenset({"password1"}),
        apps=load_apps(),
    )
    made = Site(world, build_faces(world), found(store, clock), hasher)
    made.give_password(made.acme.owner)
    return made
