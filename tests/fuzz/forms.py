"""Odd values for every form of the real route table, sent as everybody who can reach it.

What must hold for each input: never a 5xx, and nobody who had no session gets one. The values come
from a corpus of what breaks programs and from a generator with a seed, so that every run can be
repeated.
"""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote

from tests.faces.conftest import PASSWORD, Browser, Site, token_in
from tests.faces.routes import path_of
from twofold.core.people import Role
from twofold.web.access import Page
from twofold.web.app import ALL_PAGES

FORMS = tuple(page for page in ALL_PAGES if page.post is not None and not page.upload)
NAMES = (
    "email", "password", "next", "code", "next_code", "trust", "csrf", "name", "organisation",
    "role", "issuer", "current", "held_path", "held.name", "held.csrf", "row", "reason", "members",
    "staff", "pair_after", "link_after", "trust_days", "trust_staff", "group",
    "person", "from", "to", "__proto__", "",
)  # fmt: skip
CORPUS = (
    "", " ", "\0", "\r\nSet-Cookie: a=b", "\u202e", "\ufeff", "\ud7ff", "é" * 600, "x" * 1025,
    "a" * 70_000, "0", "-1", "1e9", "NaN", "9" * 30, "000000", "123456", "１２３４５６", "१२३४५६",
    "true", "null", "[]", "{}", "' OR 1=1 --", '"><script>', "{{7*7}}", "%s%s%n", "../../etc",
    "//evil.example", "/\\evil", "/account/switch-on", "/confirm", "yes", "owner", "strict",
    "olga@acme.example", "a@b", "@", "a" * 300 + "@b.example", "\x1b[2J", "‮moc", "𝟙𝟚𝟛𝟜𝟝𝟞",
)  # fmt: skip
OUTSIDERS = ("anonymous", "half")
"""Who has no session, and must have none afterwards."""


@dataclass
class Found:
    """What a run saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def inputs(self) -> int:
        """How many forms were sent."""
        return sum(self.statuses.values())


class Fuzzer:
    """Sends forms to one site."""

    def __init__(self, site: Site, seed: int) -> None:
        """Somebody of every kind; the owner and a member are enrolled."""
        self.site, self.random, self.found = site, Random(seed), Found()
        self.member = site.give_password(site.acme.add("Mia"))
        self.admin = site.give_password(site.acme.add("Adam", Role.ADMIN))
        site.acme.enrol(self.member)
        self.browsers: dict[str, tuple[Browser, str]] = {}

    def run(self, inputs: int) -> Found:
        """Send this many forms."""
        kinds = ("anonymous", "half", "member", "admin")
        for number in range(inputs):
            if number % 500 == 0:
                self._again()
            self._send(self.random.choice(kinds), self.random.choice(FORMS))
        return self.found

    def _again(self) -> None:
        """New browsers, and nothing counted: the run is about input, not about limits."""
        self.site.world.store.call(lambda tx: tx.counters.purge(self.site.clock.now() + 10))
        self.site.clock.advance(60)
        anonymous, half = self.site.browser(), self.site.browser()
        half.post("/sign-in", {"email": self.member.email, "password": PASSWORD})
        self.browsers = {
            "anonymous": (anonymous, ""),
            "half": (half, token_in(half.get("/sign-in/code"))),
            "member": self._inside(self.site.signed_in(self.member)),
            "admin": self._inside(self.site.signed_in(self.site.acme.person(self.admin.id))),
        }

    def _inside(self, browser: Browser) -> tuple[Browser, str]:
        return browser, token_in(browser.get("/profile"))

    def _send(self, kind: str, page: Page) -> None:
        browser, csrf = self.browsers[kind]
        fields = [(self.random.choice(NAMES), self.value()) for _ in range(self._few())]
        if csrf and self.random.random() < 0.7:
            fields.append(("csrf", csrf))
        body = "&".join(f"{quote(name)}={quote(value)}" for name, value in fields).encode()
        if self.random.random() < 0.05:
            body = self.random.randbytes(self.random.randrange(200))
        answer = browser.client.post(
            path_of(page),
            content=body,
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        self.found.statuses[answer.status_code] += 1
        if answer.status_code >= 500:
            self.found.faults.append(f"{answer.status_code} {kind} {page.path} {body[:300]!r}")
        has_cookie = kind in OUTSIDERS and "twofold" in browser.client.cookies
        if has_cookie and browser.get("/profile").status_code == 200:
            self.found.faults.append(f"a session for {kind} {page.path} {body[:300]!r}")

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
