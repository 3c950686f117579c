"""Classes 13 and 14: mailed links, and the first start. Mechanisms A13.6 to A13.9, A14.1, A14.2."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.attacks.dump import facts
from tests.attacks.faces import Client, Face, Standing
from tests.attacks.scene import OTHER_PASSWORD, add, enrolled, half_way, mails_of
from tests.faces.conftest import ORIGIN, PASSWORD, Site
from tests.faces.routes import every_answer
from tests.storage.samples import session, totp, with_ann
from twofold.core.errors import StartError
from twofold.core.mail import MailKind
from twofold.core.people import DAY, HOUR, MINUTE, Person
from twofold.core.sessions import Caller
from twofold.core.tokens import LINK_LIFETIME, RECOVERY_LIFETIME, Purpose
from twofold.flows import addresses, browsers, setup
from twofold.flows.setup import Refused
from twofold.ports import Store
from twofold.storage import open_storage
from twofold.system import SystemRandom
from twofold.web.app import build_app
from twofold.web.cookies import BROWSER_LINK, PASSKEY, SESSION, SIGN_IN

POISON = {
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    "x-forwarded-prefix": "/evil",
    "x-original-host": "evil.example",
    "x-host": "evil.example",
    "forwarded": "for=192.0.2.1;host=evil.example;proto=https",
    "origin": ORIGIN,
    "referer": "https://evil.example/",
}
URL = re.compile(r"https?://[^\s\"'<>]+")


def asks_for_every_mail(face: Face, headers: dict[str, str]) -> list[Person]:
    """Everything that makes the product write a mail with a link, asked for with these headers;
    to whom.
    """
    acme = face.site.acme
    mia, ben = enrolled(face.site, "Mia"), add(face.site, "Ben")
    acme.switch_on()
    owner, half, waiting = face.signed_in(acme.owner), half_way(face, mia), half_way(face, ben)
    for client in (owner, half, waiting):
        client.http.headers.update(headers)
    half.post("/forgot-password", {"email": mia.email})
    half.post("/sign-in/link", {"email": mia.email})
    half.post("/sign-in/code/send-link", at="/sign-in/code")
    waiting.post("/set-up/send-link", at="/set-up")
    fields = {"name": "Gil", "email": "gil@acme.example", "role": "member"}
    owner.post("/people/add", fields, at="/people/add")
    gil = acme.store.call(lambda tx: tx.people.by_email("gil@acme.example"))
    return [mia, ben, *([gil] if gil else [])]


def test_no_header_of_a_request_gets_into_a_mailed_link(face: Face) -> None:
    """Mechanism A13.6: all links lead to the configured address, whoever asked for the mail."""
    acme = face.site.acme
    asked = asks_for_every_mail(face, POISON)
    kinds = {mail.kind for person in asked for mail in acme.mails(person)}
    assert kinds >= {MailKind.PASSWORD_LINK, MailKind.BROWSER_LINK, MailKind.CODE_LINK,
                     MailKind.ENROL_LINK, MailKind.INVITATION}  # fmt: skip
    for text in [text for person in asked for text in mails_of(face.site, person)]:
        assert "evil" not in text
        linked = [url.rstrip(".") for url in URL.findall(text)]
        assert [url for url in linked if url != ORIGIN and not url.startswith(ORIGIN + "/")] == []


@pytest.mark.parametrize("host", ["evil.example", "localhost:8000@evil.example", "localhost.evil"])
def test_a_foreign_host_writes_no_mail(face: Face, mia: Person, host: str) -> None:
    """Mechanism A13.6 again: the request is refused before anything is done."""
    client = face.client()
    client.http.headers["host"] = host
    before = face.site.acme.mails(mia)
    for path in ("/forgot-password", "/sign-in/link"):
        assert client.post(path, {"email": mia.email}).status_code == 400
    assert face.site.acme.mails(mia) == before


def links_of(face: Face) -> dict[Purpose, tuple[str, Client, dict[str, str]]]:
    """By kind a live link, the browser that it is meant for, and what is sent on its page."""
    site, acme = face.site, face.site.acme
    mia, ben = enrolled(site, "Mia"), add(site, "Ben")
    gil, ned = acme.add("Gil", invited=True), enrolled(site, "Ned")
    acme.store.call(lambda tx: tx.accounts.set_wait_hours(acme.account_id, 72))
    acme.switch_on()
    half, enrolling = half_way(face, mia), half_way(face, ben)
    half.post("/sign-in/code/send-link", at="/sign-in/code")
    half.post("/sign-in/link", {"email": mia.email})
    new = {"password": OTHER_PASSWORD}
    return {
        Purpose.BROWSER_LINK: (
            f"/sign-in/link/{site.mailed(mia, MailKind.BROWSER_LINK)}", face.client(), {}),
        Purpose.CODE_LINK: (
            f"/sign-in/code/link/{site.mailed(mia, MailKind.CODE_LINK)}", half, {}),
        Purpose.ENROL: (f"/enrol/{site.link(ben, Purpose.ENROL)}", enrolling, {}),
        Purpose.PASSWORD: (f"/password/{site.link(mia, Purpose.PASSWORD)}", face.client(), new),
        Purpose.WAIT: (f"/wait/{site.link(ned, Purpose.WAIT)}", face.client(), {}),
        Purpose.ADDRESS: (f"/address/{asked_for_second(site, ben)}", face.client(), {}),
        Purpose.INVITATION: (
            f"/invitation/{site.mailed(gil, MailKind.INVITATION)}", face.client(), new),
    }  # fmt: skip


def asked_for_second(site: Site, person: Person) -> str:
    """The token of a link that was mailed to a second address."""
    acme = site.acme
    caller = Caller(session(), person, acme.account, enrolled=False)
    assert not isinstance(acme.call(addresses.ask, caller=caller, email="b@home.example"), Refused)
    return acme.token(person, MailKind.ADDRESS_LINK)


def test_a_mail_scanner_uses_no_link_up_and_gets_nothing(face: Face, database_url: str) -> None:
    """Mechanism A13.7: looking changes nothing, by GET or HEAD, however often; the button works
    afterwards, once; and no link signs anybody in.
    """
    links = links_of(face)
    scanner = face.client(peer="203.0.113.9")
    before = facts(database_url)
    for path, _, _ in links.values():
        for method in ("GET", "HEAD", "GET"):
            answer = scanner.http.request(method, path)
            assert answer.status_code in (200, 303), path
            assert "set-cookie" not in answer.headers
    assert facts(database_url) == before
    assert scanner.standing() is Standing.OUT
    for kind, (path, client, fields) in links.items():
        if kind is Purpose.ENROL:
            fields = {"code": code_of_set_up(face, client, path)}
        fields = {**fields, "csrf": client.csrf(path)}
        assert client.post(path, fields).status_code in (200, 303), kind
        assert (client.standing() is Standing.IN) is (kind is Purpose.ENROL)
        assert scanner.post(path, fields).status_code in (401, 404, 410), kind
        assert scanner.standing() is Standing.OUT


def code_of_set_up(face: Face, client: Client, path: str) -> str:
    """What an app shows that has just scanned the page behind a set-up link."""
    client.get(path)
    ben = face.site.acme.store.call(lambda tx: tx.people.by_email("ben@acme.example"))
    assert ben is not None
    pending = face.site.acme.pending(ben)
    assert pending is not None
    return face.site.acme.code_of(pending)


LIFETIMES = {
    Purpose.INVITATION: 14 * DAY,
    Purpose.ENROL: 14 * DAY,
    Purpose.PASSWORD: HOUR,
    Purpose.ADDRESS: HOUR,
    Purpose.BROWSER_LINK: 15 * MINUTE,
    Purpose.CODE_LINK: 15 * MINUTE,
    Purpose.WAIT: 15 * MINUTE,
}


def works(face: Face, kind: Purpose, path: str, fields: dict[str, str]) -> bool:
    """Whether a link that was mailed a while ago still opens its own place."""
    if kind is Purpose.ENROL:
        ben = face.site.acme.store.call(lambda tx: tx.people.by_email("ben@acme.example"))
        assert ben is not None
        client = half_way(face, ben)
        return "otpauth:" in client.get(path).text
    if kind is Purpose.CODE_LINK:
        mia = face.site.acme.store.call(lambda tx: tx.people.by_email("mia@acme.example"))
        assert mia is not None
        client = half_way(face, mia)
        client.post(path, at="/sign-in/code")
        half = face.site.acme.half_of(client.http.cookies[SIGN_IN])
        return half is not None and half.sign_in.link_open
    client = face.client()
    seen = client.get(path).status_code == 200
    assert (client.post(path, fields).status_code == 200) is seen
    return seen


@pytest.mark.parametrize("late", [-1, 0])
@pytest.mark.parametrize("kind", list(LIFETIMES))
def test_a_mailed_link_ends_at_its_second(face: Face, kind: Purpose, late: int) -> None:
    """Mechanism A13.8: looking at it does not draw it out; it works until then."""
    path, client, fields = links_of(face)[kind]
    half_time = LIFETIMES[kind] // 2
    face.site.clock.advance(half_time)
    client.get(path)
    face.site.clock.advance(LIFETIMES[kind] - half_time + late)
    assert works(face, kind, path, fields) is (late < 0)


def test_the_lifetimes_are_these(face: Face, mia: Person) -> None:
    """Mechanism A13.8 again: every kind has one, none longer than two weeks, and those that are
    asked for by somebody who waits an hour at most; the mail says when it ends.
    """
    elsewhere = {Purpose.FIRST_ADMIN, Purpose.OPEN_BROWSER}
    assert set(LINK_LIFETIME) == {*LIFETIMES, *elsewhere}
    assert set(RECOVERY_LIFETIME.values()) == {HOUR, DAY}  # tests/flows/test_recovery_link.py
    assert {kind: LINK_LIFETIME[kind] for kind in LIFETIMES} == LIFETIMES
    face.client().post("/forgot-password", {"email": mia.email})
    (mail,) = face.site.acme.mails(mia, MailKind.PASSWORD_LINK)
    assert mail.params["expires_at"] == face.site.clock.now() + HOUR


@pytest.mark.parametrize("late", [-1, 0])
def test_a_browser_that_was_opened_by_a_link_closes_again(
    face: Face, mia: Person, late: int
) -> None:
    """Mechanism A13.8 once more: fifteen minutes after the button."""
    client = face.client()
    client.post("/sign-in/link", {"email": mia.email})
    client.post(f"/sign-in/link/{face.site.mailed(mia, MailKind.BROWSER_LINK)}")
    cookie = client.http.cookies[BROWSER_LINK]
    face.site.clock.advance(15 * MINUTE + late)
    opened = face.site.acme.call(browsers.is_open, cookie=cookie, person_id=mia.id)
    assert opened is (late < 0)


def test_nobody_is_signed_in_by_another_site(face: Face, mia: Person) -> None:
    """Mechanism A13.9: neither with the attacker's own password and code, planted in a form of
    another site, nor by an address that carries them; who is signed in already stays who they are.
    """
    site = face.site
    eve = enrolled(site, "Eve")
    victim = face.signed_in(mia)
    held = dict(victim.http.cookies)
    stranger = face.client()
    for client in (victim, stranger):
        for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
            for path, fields in (
                ("/sign-in", {"email": eve.email, "password": PASSWORD}),
                ("/sign-in/code", {"code": site.acme.code(eve)}),
                (f"/password/{site.link(eve, Purpose.PASSWORD)}", {"password": OTHER_PASSWORD}),
            ):
                answer = client.http.post(path, data=fields, headers=headers)
                assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
                answer = client.http.get(path, params=fields, headers=headers)
                assert "set-cookie" not in answer.headers
    assert dict(victim.http.cookies) == held
    assert mia.name in victim.get("/profile").text
    assert not stranger.http.cookies


# ---- the first start -----------------------------------------------------------------------


@pytest.fixture
def empty(site: Site, bare_store: Store) -> Site:
    """The product before anybody is there."""
    world = replace(site.world, store=bare_store)
    return replace(site, world=world, app=build_app(world))


@pytest.fixture
def bare_store(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, random: SystemRandom
) -> Iterator[Store]:
    """A store without an account, on the same kind of database as `store`."""
    url = f"sqlite:///{tmp_path / 'bare.db'}"
    if not database_url.startswith("sqlite"):
        url = request.getfixturevalue("bare_postgres_url")
    opened = open_storage(url, tmp_path / "bare", random)
    yield opened
    opened.close()


ADMIN = {"name": "Eve", "email": "eve@evil.example", "organisation": "Evil",
         "password": OTHER_PASSWORD}  # fmt: skip


def test_nobody_becomes_the_first_admin_without_the_printed_link(empty: Site) -> None:
    """Mechanism A14.1: no page of an empty deployment makes an account or a session, by whatever
    is sent to it; the printed link does so once, and only the newest one, for half an hour.
    """
    store, face = empty.world.store, Face("web", empty)
    stranger = face.client()
    for _, path, answer in every_answer(stranger.browser):
        assert answer.status_code in (200, 303, 400, 401, 403, 404, 405, 410, 422), path
        # The one cookie that a stranger gets binds what their browser is asked for a passkey.
        assert set(answer.cookies) <= ({PASSKEY} if path == "/sign-in/passkey/options" else set())
    for path in ("/first-admin/", "/first-admin/x", f"/first-admin/{'x' * 43}", "/sign-in",
                 f"/invitation/{'x' * 43}", f"/password/{'x' * 43}"):  # fmt: skip
        assert stranger.post(path, ADMIN).status_code in (404, 410, 422), path
    assert store.call(setup.needs_first_admin)
    now = empty.clock.now()
    older, newer, late = (store.call(setup.first_admin_link, now).token for _ in range(3))
    for token in (older, newer):
        assert stranger.post(f"/first-admin/{token}", ADMIN).status_code in (404, 410)
    empty.clock.advance(30 * MINUTE)
    assert stranger.post(f"/first-admin/{late}", ADMIN).status_code == 410
    link = store.call(setup.first_admin_link, empty.clock.now()).token
    spare = store.call(lambda tx: tx.accounts.count())
    assert stranger.get(f"/first-admin/{link}").status_code == 200
    assert stranger.post(f"/first-admin/{link}", ADMIN).status_code == 303
    assert (spare, store.call(lambda tx: tx.accounts.count())) == (0, 1)
    for again in (face.client(), face.client()):
        assert again.post(f"/first-admin/{link}", ADMIN).status_code == 410
        assert SESSION not in again.http.cookies
    assert store.call(lambda tx: tx.accounts.count()) == 1


def test_there_is_no_account_that_nobody_made(empty: Site) -> None:
    """Mechanism A14.1 again: no built-in name and password opens anything."""
    client = Face("web", empty).client()
    for name in ("admin", "root", "admin@localhost", "admin@example.com", "twofold"):
        for password in ("admin", "password", "twofold", "changeme", ""):
            client.password(name, password)
            assert not client.http.cookies
            assert client.standing() is Standing.OUT


@pytest.fixture
def no_mask() -> Iterator[None]:
    """The operator's umask takes nothing away from what files are made with."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("no_mask")
def test_no_file_can_be_read_or_written_by_others(tmp_path: Path, random: SystemRandom) -> None:
    """Mechanism A14.2: neither keys nor database, its log and its index, nor the folder; and with
    a key file that others can read or write nothing starts.
    """
    folder = tmp_path / "data"
    address = f"sqlite:///{folder / 'twofold.db'}"
    store = with_ann(open_storage(address, folder, random))
    store.call(lambda tx: tx.authenticators.add(totp()))
    made = [folder, *folder.rglob("*")]
    assert len(made) >= 5
    open_to_others = [path.name for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077]
    store.close()
    assert open_to_others == []
    for mode in (0o604, 0o640, 0o602, 0o620, 0o666):
        (folder / "keys").chmod(mode)
        with pytest.raises(StartError, match="chmod 600"):
            open_storage(address, folder, random)
