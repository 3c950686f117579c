"""Odd values for every form of the real route table, sent as everybody who can reach it.

What must hold for each input: never a 5xx, nobody who had no session gets one, no member is let
into an admin's page, and no form counts without its token. Half of the fields are those of the
page's own forms, half of the paths lead to somebody and to links that there are, so that the
inputs arrive behind the doors too. The values come from a corpus of what breaks programs and from
a generator with a seed, so that every run can be repeated.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote

from tests.faces.conftest import PASSWORD, Browser, Site, token_in
from tests.faces.routes import path_of
from twofold.core.people import Person, Role
from twofold.core.rules import at_once
from twofold.core.tokens import Purpose
from twofold.web.access import Needs, Page
from twofold.web.app import ALL_PAGES

FORMS = tuple(page for page in ALL_PAGES if page.post is not None and not page.upload)
NAMES = (
    "email", "password", "next", "code", "next_code", "trust", "csrf", "name", "organisation",
    "role", "issuer", "current", "held_path", "held.name", "held.csrf", "row", "reason", "members",
    "staff", "pair_after", "link_after", "trust_days", "trust_staff", "group",
    "person", "from", "to", "__proto__", "",
)  # fmt: skip
FIELD = re.compile(r'<(?:input|select|textarea|button)\b[^>]*\bname="([^"]+)"')
CORPUS = (
    "", " ", "\0", "\r\nSet-Cookie: a=b", "\u202e", "\ufeff", "\ud7ff", "é" * 600, "x" * 1025,
    "a" * 70_000, "0", "-1", "1e9", "NaN", "9" * 30, "000000", "123456", "１２３４５６", "१२३४५६",
    "true", "null", "[]", "{}", "' OR 1=1 --", '"><script>', "{{7*7}}", "%s%s%n", "../../etc",
    "//evil.example", "/\\evil", "/account/switch-on", "/confirm", "yes", "owner", "strict",
    "olga@acme.example", "a@b", "@", "a" * 300 + "@b.example", "\x1b[2J", "‮moc", "𝟙𝟚𝟛𝟜𝟝𝟞",
)  # fmt: skip
KINDS = ("anonymous", "half", "enrolling", "member", "admin")
OUTSIDERS = ("anonymous", "half", "enrolling")
"""Who has no session, and must have none afterwards."""
LINKS = {
    "/invitation/{token}": Purpose.INVITATION,
    "/password/{token}": Purpose.PASSWORD,
    "/enrol/{token}": Purpose.ENROL,
    "/sign-in/link/{token}": Purpose.BROWSER_LINK,
    "/sign-in/code/link/{token}": Purpose.CODE_LINK,
}
"""The paths with a one-time link that there is one for."""
ROUND = 500
"""Inputs after which everybody comes in anew and all links are new."""


@dataclass
class Found:
    """What a run saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def inputs(self) -> int:
        """How many forms were sent."""
        return sum(self.statuses.values())


@dataclass(frozen=True)
class Sent:
    """One form on its way."""

    kind: str
    page: Page
    path: str
    body: bytes
    has_token: bool
    """Whether the right token of the sender's forms is in it."""


class Fuzzer:
    """Sends forms to one site."""

    def __init__(self, site: Site, seed: int) -> None:
        """Somebody of every kind, and Vera, whom the admin's forms are about."""
        self.site, self.random, self.found = site, Random(seed), Found()
        self.vera = site.give_password(site.acme.add("Vera"))
        self.people = {
            "half": self._person("Hal"),
            "enrolling": self._person("Emil", enrolled=False),
            "member": self._person("Mia"),
            "admin": self._person("Adam", Role.ADMIN),
        }
        self.browsers: dict[str, tuple[Browser, str]] = {}
        self.links: dict[str, str] = {}
        self.fields: dict[str, tuple[str, ...]] = {}

    def _person(self, name: str, role: Role = Role.MEMBER, *, enrolled: bool = True) -> Person:
        person = self.site.give_password(self.site.acme.add(name, role))
        if enrolled:
            self.site.acme.enrol(person)
        return self.site.acme.person(person.id)

    def run(self, inputs: int) -> Found:
        """Send this many forms."""
        for number in range(inputs):
            if number % ROUND == 0:
                self._again()
            self._send(self._form(self.random.choice(KINDS), self.random.choice(FORMS)))
        return self.found

    def _again(self) -> None:
        """New browsers and links."""
        for kind in KINDS:
            self._comes_in(kind)
        emil = self.site.acme.person(self.people["enrolling"].id)
        for path, purpose in LINKS.items():
            self.links[path] = self.site.link(
                emil if purpose is Purpose.ENROL else self.vera, purpose
            )
        for page in FORMS:
            self.fields[page.path] = self._fields_of(page)

    def _comes_in(self, kind: str) -> None:
        """A browser as this kind of person has it, and the token of its forms. Nothing stays
        counted: the run is about input, not about limits.
        """
        self.site.clock.advance(60)
        now = self.site.clock.now()
        self.site.world.store.call(lambda tx: tx.counters.purge(now + 10))
        if kind == "anonymous":
            self.browsers[kind] = (self.site.browser(), "")
            return
        person = self.site.acme.person(self.people[kind].id)
        self.site.world.store.call(
            lambda tx: tx.accounts.set_policy(person.account_id, at_once(now), switched_at=now)
        )
        if kind in OUTSIDERS:
            browser, page = (
                self.site.browser(),
                "/set-up" if kind == "enrolling" else "/sign-in/code",
            )
            browser.post("/sign-in", {"email": person.email, "password": PASSWORD})
        else:
            browser, page = self.site.signed_in(person), "/profile"
        csrf = token_in(browser.get(page))
        assert csrf, f"{kind} did not come in"
        self.browsers[kind] = (browser, csrf)

    def _fields_of(self, page: Page) -> tuple[str, ...]:
        """The names of the fields on the page with this form, as whoever sees most of it."""
        names: set[str] = set()
        is_shown = any(one.get for one in ALL_PAGES if one.path == page.path)
        for browser, _ in self.browsers.values() if is_shown else ():
            names |= set(FIELD.findall(browser.get(self._path(page, real=True)).text))
        return tuple(sorted(names - {"csrf"})) or NAMES

    def _path(self, page: Page, *, real: bool) -> str:
        if not real:
            return path_of(page)
        path = page.path.replace("{id}", self.vera.id)
        return path.replace("{token}", self.links.get(page.path, "x" * 43))

    def _form(self, kind: str, page: Page) -> Sent:
        csrf, chance = self.browsers[kind][1], self.random.random
        names = self.random.sample(NAMES, self._few())
        if chance() < 0.5:
            own = self.fields[page.path]
            names = self.random.sample(own, min(len(own), self._few() + 1))
        fields = [(name, self.value()) for name in names]
        if has_token := bool(csrf) and chance() < 0.7:
            fields = [*((name, value) for name, value in fields if name != "csrf"), ("csrf", csrf)]
        body = "&".join(f"{quote(name)}={quote(value)}" for name, value in fields).encode()
        if chance() < 0.05:
            body, has_token = self.random.randbytes(self.random.randrange(200)), False
        return Sent(kind, page, self._path(page, real=chance() < 0.5), body, has_token)

    def _send(self, sent: Sent) -> None:
        browser, _ = self.browsers[sent.kind]
        answer = browser.client.post(
            sent.path,
            content=sent.body,
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        self.found.statuses[answer.status_code] += 1
        fault = self._fault(sent, answer.status_code)
        if fault:
            self.found.faults.append(f"{fault}: {sent.kind} {sent.path} {sent.body[:300]!r}")
        if answer.status_code == 401 and sent.kind != "anonymous":
            self._comes_in(sent.kind)

    def _fault(self, sent: Sent, status: int) -> str:
        """What is wrong with this answer, "" if nothing is."""
        page, browser = sent.page, self.browsers[sent.kind][0]
        is_inside = sent.kind not in OUTSIDERS
        if status >= 500:
            return str(status)
        if not is_inside and "twofold" in browser.client.cookies:
            return "a session" if browser.get("/profile").status_code == 200 else ""
        if sent.kind == "member" and page.role is not Role.MEMBER and status not in (401, 403):
            return f"an admin's page answers {status}"
        is_open = page.needs in (Needs.SESSION, Needs.PUBLIC)
        if is_inside and is_open and not sent.has_token and status < 400:
            return f"{status} without the token of the form"
        return ""

    def _few(self) -> int:
        return self.random.choice((0, 1, 2, 3, 5, 8))

    def value(self) -> str:
        """One odd value: out of the corpus, or made up."""
        if self.random.random() < 0.6:
            return self.random.choice(CORPUS)
        length = self.random.choice((1, 3, 6, 7, 30, 200))
        return "".join(chr(self._character()) for _ in range(length))

    def _character(self) -> int:
        plane = self.random.choice((0x80, 0x250, 0x3000, 0x10000))
        number = self.random.randrange(plane)
        return number if not 0xD800 <= number <= 0xDFFF else 0x20
