"""Everything secret that a deployment meets in its life, looked for wherever something is said or
kept: answers, headers, log lines, mails, events, exports, commands, the database with its files.
"""

import io
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest
from httpx2 import Response

from tests.attacks.dump import bytes_of, rows_of
from tests.attacks.faces import Client, Face
from tests.attacks.scene import forms_of
from tests.cli.conftest import Run
from tests.cli.test_mail import Inbox
from tests.conftest import FixedClock
from tests.faces.api import new_key
from tests.faces.conftest import ORIGIN, Site
from tests.faces.routes import every_answer
from tests.world import Organisation
from twofold import bootstrap, logs
from twofold.api.access import PREFIX
from twofold.core.mail import MailKind
from twofold.core.people import Person
from twofold.hashing import Argon2Hasher
from twofold.settings import load

OWNER, NEW_OWNER, GIL, NEW_GIL, WRONG = (
    f"canary {word} in a coal mine" for word in ("olive", "orange", "green", "grey", "white")
)
SET_UP = ("/profile/set-up", "/profile/set-up/save")
SHEET = re.compile(r"<li><code>([0-9A-Z-]{19})</code>")
TOKEN_IN_PATH = re.compile(r"/[A-Za-z0-9_-]{43}$")


@dataclass
class Life:
    """What happened, and what was secret in it."""

    site: Site
    clients: list[Client] = field(default_factory=list)
    secrets: set[bytes] = field(default_factory=set)
    """Keys of authenticators: pending, confirmed, replaced."""
    codes: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    """Tokens of mailed links."""
    cookies: set[str] = field(default_factory=set)
    sheet: set[str] = field(default_factory=set)
    """Recovery codes, which the answer to *Save* alone may hold."""
    way_on: str = "/enrol/"
    """Where an invitation leads to."""

    @property
    def acme(self) -> Organisation:
        """The organisation that lived it."""
        return self.site.acme

    def client(self) -> Client:
        """A new browser that is watched."""
        self.clients.append(Face("web", self.site).client())
        return self.clients[-1]

    def person(self, email: str) -> Person:
        """Somebody."""
        found = self.acme.store.call(lambda tx: tx.people.by_email(email))
        assert found is not None
        return found

    def code(self, person: Person) -> str:
        """What the person's app shows now."""
        self.codes.add(self.acme.code(person))
        return self.acme.code(person)

    def mailed(self, person: Person, kind: MailKind) -> str:
        """The token of a mailed link."""
        self.links.add(self.acme.token(person, kind))
        return self.acme.token(person, kind)

    def set_up(self, client: Client, person: Person) -> None:
        """A set-up from My Profile, one abandoned before it."""
        for save in (False, True):
            client.get("/profile/set-up")
            pending = self.acme.pending(person)
            assert pending is not None
            self.secrets.add(pending.secret)
            code = self.acme.code_of(pending)
            self.codes.add(code)
            path = "/profile/set-up/save" if save else "/profile/set-up/cancel"
            self.keep_sheet(client.post(path, {"code": code}, at="/profile/set-up"))
        self.seen(client)
        self.site.clock.advance(60)

    def keep_sheet(self, answer: Response) -> None:
        """Remember the recovery codes that an answer hands over."""
        assert answer.status_code in (200, 303)
        self.sheet |= set(SHEET.findall(answer.text))

    def seen(self, client: Client) -> None:
        """Remember the cookies that the client holds now."""
        self.cookies |= set(client.http.cookies.values())


def in_the_office(life: Life) -> Client:
    """The owner sets up, adds somebody, switches on, and looks at everything."""
    owner, clock = life.client(), life.site.clock
    owner.password("ann@example.org", OWNER)
    person = life.person("ann@example.org")
    life.set_up(owner, person)
    fields = {"name": "Gil", "email": "gil@example.org", "role": "member"}
    owner.post("/people/add", fields, at="/people/add")
    life.mailed(life.person("gil@example.org"), MailKind.INVITATION)
    change = {"current": OWNER, "password": NEW_OWNER}
    assert owner.post("/profile/password", change, at="/profile").status_code == 303
    owner.post("/account/switch-on", {"days": "0"}, at="/account/switch-on")
    clock.advance(400)
    owner.post("/account/name", {"name": "Acme", "issuer": "Acme"}, at="/account")
    owner.post("/confirm", {"code": life.code(person)}, at="/confirm")
    life.seen(owner)
    return owner


def at_home(life: Life) -> None:
    """Gil comes in by the mailed links, mistypes, forgets the password, changes the phone."""
    gil, clock = life.person("gil@example.org"), life.site.clock
    client = life.client()
    invitation = f"/invitation/{life.mailed(gil, MailKind.INVITATION)}"
    enrol = client.post(invitation, {"password": GIL}, at=invitation).text
    link = re.findall(r"/enrol/([A-Za-z0-9_-]{43})", enrol)[0]
    life.links.add(link)
    life.way_on += link
    client.password(gil.email, WRONG)
    client.password(gil.email, GIL, next=f"/enrol/{link}")
    life.seen(client)
    client.get(f"/enrol/{link}")
    pending = life.acme.pending(gil)
    assert pending is not None
    life.secrets.add(pending.secret)
    life.codes.add(life.acme.code_of(pending))
    code = {"code": life.acme.code_of(pending)}
    life.keep_sheet(client.post(f"/enrol/{link}", code, at=f"/enrol/{link}"))
    life.seen(client)
    clock.advance(60)
    life.set_up(client, gil)
    client.post("/profile/addresses", {"second": "gil@home.example"}, at="/profile/addresses")
    second = f"/address/{life.mailed(gil, MailKind.ADDRESS_LINK)}"
    client.post(second, at=second)
    client.post("/sign-out", at="/sign-out")
    waits_and_stops(life)
    other = life.client()
    other.post("/forgot-password", {"email": gil.email})
    reset = f"/password/{life.mailed(gil, MailKind.PASSWORD_LINK)}"
    other.post(reset, {"password": NEW_GIL}, at=reset)
    other.post("/sign-in/link", {"email": gil.email})
    browser = f"/sign-in/link/{life.mailed(gil, MailKind.BROWSER_LINK)}"
    other.post(browser, at=browser)
    other.password(gil.email, NEW_GIL)
    life.seen(other)
    wrong = life.acme.wrong(life.acme.active(gil))
    life.codes.add(wrong)
    other.code(wrong)
    other.post("/sign-in/code/send-link", at="/sign-in/code")
    gate = f"/sign-in/code/link/{life.mailed(gil, MailKind.CODE_LINK)}"
    other.post(gate, at=gate)
    assert other.code(life.code(gil), trust="yes").status_code == 303
    life.seen(other)


def waits_and_stops(life: Life) -> None:
    """Gil asks to get in without the phone, begins the wait, and stops it from a mail."""
    gil = life.person("gil@example.org")
    life.acme.store.call(lambda tx: tx.accounts.set_wait_hours(life.acme.account_id, 72))
    client = life.client()
    client.password(gil.email, GIL)
    life.seen(client)
    client.post("/sign-in/code/no-phone", at="/sign-in/code/no-phone")
    begin = f"/wait/{life.mailed(gil, MailKind.WAIT_LINK)}"
    assert client.post(begin, at=begin).status_code == 200
    stop = f"/wait/stop/{life.mailed(gil, MailKind.WAIT_NOTICE)}"
    life.mailed(life.acme.owner, MailKind.WAIT_NOTICE)
    assert client.post(stop, at=stop).status_code == 200


def at_an_application(life: Life) -> None:
    """Uma is set up by an application that keeps her password, and asked for codes there."""
    key = new_key(life.acme).text
    life.cookies.add(key)
    client = life.client()
    client.http.headers["authorization"] = f"Bearer {key}"

    def call(path: str, body: dict[str, str], status: int, attempt: str = "") -> Response:
        headers = {"idempotency-key": attempt} if attempt else {}
        answer = client.http.post(f"{PREFIX}{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        client.answers.append(answer)
        return answer

    new = {"name": "Uma", "email": "uma@example.org"}
    begun = call("/people/u-31/set-ups", new, 201).json()
    uma = life.person("uma@example.org")
    pending = life.acme.pending(uma)
    assert pending is not None
    life.secrets.add(pending.secret)
    life.codes.add(life.acme.code_of(pending))
    first = {"code": life.acme.code_of(pending)}
    life.sheet |= set(
        call(f"/people/u-31/set-ups/{begun['id']}/confirm", first, 200).json()["recovery_codes"]
    )
    life.site.clock.advance(60)
    wrong = life.acme.wrong(life.acme.active(uma))
    life.codes.add(wrong)
    call("/verifications", {"external_id": "u-31", "code": wrong}, 403)
    call("/verifications", {"external_id": "u-31", "code": wrong, "x": wrong}, 422)
    right = {"external_id": "u-31", "code": life.code(uma)}
    call("/verifications", right, 200, "an-attempt-of-uma")
    proof = {"proof": "an-attempt-of-uma"}
    life.sheet |= set(call("/people/u-31/recovery-codes", proof, 201).json()["recovery_codes"])
    for path in ("/people/u-31", "/people/u-31/authenticators", "/openapi.json"):
        client.answers.append(client.http.get(PREFIX + path))


HANDS_OUT = ("/set-ups", "/confirm", "/recovery-codes")
"""The ends of the API's paths whose answers hold what is shown once."""


@pytest.fixture
def life(
    run: Run, inbox: Inbox, database_url: str, request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch, logged: io.StringIO, hasher: Argon2Hasher,
) -> Iterator[Life]:  # fmt: skip
    """A deployment made by its own commands, on either database, with a mail server."""
    if not database_url.startswith("sqlite"):
        monkeypatch.setenv("TWOFOLD_DATABASE_URL", request.getfixturevalue("bare_postgres_url"))
    made = run("setup", "--account", "Acme", "--name", "Ann", "--email", "ann@example.org",
               "--password-stdin", stdin=OWNER.encode() + b"\n")  # fmt: skip
    assert made.status == 0, made.err
    logs.configure("DEBUG", logged)
    with bootstrap.open_world(load(os.environ)) as world:
        clock = FixedClock(int(time.time()) - 900)  # The commands come after it all.
        world = replace(world, clock=clock, public_url=ORIGIN)
        owner = world.store.call(lambda tx: tx.people.by_email("ann@example.org"))
        assert owner is not None
        acme = Organisation(world.store, clock, owner.account_id, owner.id)
        yield Life(Site(world, bootstrap.build_faces(world), acme, hasher))


def in_words(code: str) -> Callable[[str], bool]:
    """Whether a text holds the code, and not as a part of some longer number or hash."""
    pattern = re.compile(rf"(?<![0-9A-Za-z]){code}(?![0-9A-Za-z])")
    return lambda text: pattern.search(text) is not None


def answers_without_their_own(life: Life) -> list[str]:
    """Every answer, without the secret that it hands over rightly: the key on the set-up page,
    a cookie to the browser that it is for, the link that was opened, and after an invitation the
    way on to the set-up that is demanded.
    """
    said = []
    for client in life.clients:
        for answer in client.answers:
            path = answer.request.url.path
            headers = [f"{k}: {v}" for k, v in answer.headers.items() if k != "set-cookie"]
            text = answer.text + "\n".join(headers)
            once = path.startswith(PREFIX) and path.endswith(HANDS_OUT)
            if path in SET_UP or path.startswith("/enrol/") or once:
                for secret in life.secrets:
                    for form in forms_of(secret):
                        text = text.replace(form, "")
                for code in life.sheet:
                    text = text.replace(code, "")
            found = TOKEN_IN_PATH.search(path)
            text = text.replace(found.group(), "") if found else text
            if path == "/sign-in" or path.startswith("/invitation/"):
                text = text.replace(life.way_on, "")
            said.append(text)
    return said


def test_no_secret_of_a_whole_life_is_said_or_kept_anywhere(
    life: Life, run: Run, inbox: Inbox, logged: io.StringIO
) -> None:
    """Mechanism 64 for everything at once: keys, passwords, codes, cookies and links."""
    owner = in_the_office(life)
    at_home(life)
    at_an_application(life)
    owner.answers += [answer for _, _, answer in every_answer(owner.browser)]
    exports = [owner.post(f"/account/activity.{kind}", at="/account/activity").text
               for kind in ("csv", "json")]  # fmt: skip
    mail_pages = [owner.get(f"/mail/{mail.id}").text for person in ("ann", "gil")
                  for mail in life.acme.mails(life.person(f"{person}@example.org"))]  # fmt: skip
    written = logged.getvalue()
    before = str(life.acme.events())
    commands = [("people", "list", "--json"), ("people", "list"), ("mail", "list", "--json"),
                ("audit", "list", "--json", "--limit", "500"), ("audit", "verify"),
                ("config", "check"), ("mail", "send"), ("mail", "list")]  # fmt: skip
    ran = [run(*command) for command in commands]
    assert [done.status for done in ran] == [0] * len(ran)
    printed = [done.out + done.err for done in ran]
    sent = [message.decode("utf-8", "replace") for message in inbox.messages]
    assert len(sent) >= 8
    answered = answers_without_their_own(life)
    assert len(answered) >= 100
    assert [text.count("sign-in:completed") >= 3 for text in exports] == [True, True]
    assert "gil@example.org" in written + printed[0]
    url = load(os.environ).database_url
    stored = bytes_of(url)
    told = {"answers": answered, "mail pages": mail_pages, "log": [written], "events": [before],
            "exports": exports, "commands": printed}  # fmt: skip
    assert (len(life.secrets), len(life.links) >= 5, len(life.cookies) >= 6) == (6, True, True)
    words = [form for secret in life.secrets for form in forms_of(secret)]
    words += [OWNER, NEW_OWNER, GIL, NEW_GIL, WRONG, *life.links, *life.cookies]
    assert len(life.sheet) == 40
    words += [form for code in life.sheet for form in (code, code.replace("-", ""))]
    for word in words:
        for where, texts in told.items():
            assert [text[:60] for text in texts if word in text] == [], (where, word)
        assert word.encode() not in stored, word
        if word not in life.links:
            assert [text[:60] for text in sent if word in text] == [], word
    assert [secret for secret in life.secrets if secret in stored] == []
    values = [str(value) for rows in rows_of(url).values() for row in rows
              for value in row.values() if not isinstance(value, bytes)]  # fmt: skip
    for code in life.codes:
        holds = in_words(code)
        for where in ("log", "events", "exports", "commands", "mail pages"):
            assert not any(holds(text) for text in told[where]), (where, code)
        assert not any(holds(value) for value in values)
        assert not any(holds(text) for text in sent)
