"""Class 9 on the ways back in: passkeys, recovery codes and the wait. Mechanism 73.

What fails is in `fuses.py`: any call of a repository, each in its turn.
"""

import html
import re

import pytest

from tests.attacks.dump import rows_of
from tests.attacks.faces import Client, Face, Standing
from tests.attacks.fuses import ERRORS, Fragile, Fuse, blown, fragile
from tests.attacks.scene import enrolled, half_way
from tests.attacks.test_waiting import begin, days, state
from tests.faces.conftest import ORIGIN
from tests.security_keys import SecurityKey
from tests.world import DESK
from twofold.core import webauthn
from twofold.core.mail import MailKind
from twofold.core.passkeys import Passkey
from twofold.core.people import DAY, Person
from twofold.core.tokens import Purpose
from twofold.core.waits import WaitState
from twofold.flows import recovery, waits
from twofold.flows.recovery import NewCodes
from twofold.web.app import build_app

ADD, CODE, CONFIRM = "/profile/passkeys/add", "/sign-in/code", "/confirm"
RECOVERY, NO_PHONE = "/sign-in/code/recovery", "/sign-in/code/no-phone"


def question(client: Client, path: str) -> str:
    """What the page asks of the browser's passkeys."""
    found = re.search(r'data-options="([^"]+)"', client.get(path).text)
    assert found, path
    return html.unescape(found[1])


@pytest.fixture
def mia(face: Face) -> Person:
    """A member with password and authenticator, where waiting is allowed."""
    acme = face.site.acme
    acme.call(waits.set_length, caller=acme.caller(acme.owner), hours=72)
    return enrolled(face.site, "Mia")


@pytest.fixture
def own(face: Face, mia: Person) -> SecurityKey:
    """Mia's passkey."""
    client, key = face.signed_in(mia), SecurityKey(ORIGIN, "localhost")
    sent = {"passkey": key.create(question(client, ADD)), "name": "Blue key"}
    assert client.post(ADD, sent, at="/profile").status_code in (200, 303)
    return key


def passkeys(face: Face, person: Person) -> list[Passkey]:
    """The person's passkeys as they are stored."""
    return list(face.site.acme.store.call(lambda tx: tx.passkeys.of(person.id)))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_no_error_at_a_passkey_makes_a_session(
    face: Face, mia: Person, own: SecurityKey, error: Exception
) -> None:
    """The whole sign-in: no session, no counter moved, no question used up by a request that
    failed; the same answer signs in when nothing fails any more.
    """
    client = face.client()
    asked = client.post("/sign-in/passkey/options").text
    form, before = {"passkey": own.get(asked)}, passkeys(face, mia)
    sessions, names = face.site.acme.sessions(mia), set[str]()
    for fuse, after, status in blown(
        face, client, lambda c: c.post("/sign-in/passkey", form).status_code, error
    ):
        assert status in (500, 503), fuse.names
        assert after.standing() is Standing.OUT, fuse.names
        assert passkeys(face, mia) == before
        names.add(fuse.names[-1])
    assert {"challenges.use", "passkeys.by_credential", "people.lock", "passkeys.claim",
            "sessions.add", "browsers.add", "events.add"} <= names  # fmt: skip
    assert face.site.acme.sessions(mia) == sessions + 1


def test_no_error_at_a_passkey_finishes_a_sign_in(
    face: Face, mia: Person, own: SecurityKey
) -> None:
    """The second step: half is what it stays."""
    client = half_way(face, mia)
    form = {"passkey": own.get(question(client, CODE)), "csrf": client.csrf(CODE)}
    before, names = passkeys(face, mia), set[str]()
    for fuse, after, status in blown(
        face, client, lambda c: c.post(CODE, form).status_code, ERRORS[0]
    ):
        assert status in (500, 503), fuse.names
        assert after.standing() is Standing.HALF, fuse.names
        assert passkeys(face, mia) == before
        names.add(fuse.names[-1])
    assert {"challenges.use", "passkeys.claim", "sign_ins.finish", "sessions.add"} <= names


def test_no_error_at_a_passkey_makes_a_proof_fresh(
    face: Face, mia: Person, own: SecurityKey
) -> None:
    """The confirmation inside a session."""
    client = face.signed_in(mia)
    face.site.clock.advance(6 * 60)
    form = {"passkey": own.get(question(client, CONFIRM)), "csrf": client.csrf(CONFIRM)}
    names = set[str]()
    for fuse, _, status in blown(
        face, client, lambda c: c.post(CONFIRM, form).status_code, ERRORS[0]
    ):
        assert status in (500, 503), fuse.names
        again = face.client()
        again.present(client.http.cookies["twofold"], names=("twofold",))
        assert again.get(ADD).headers["location"].startswith(CONFIRM)
        names.add(fuse.names[-1])
    assert {"challenges.use", "passkeys.claim", "sessions.renew"} <= names


def test_no_error_makes_a_passkey_count(face: Face, mia: Person) -> None:
    """A set-up is there with its event and its mail, or not at all."""
    client, key = face.signed_in(mia), SecurityKey(ORIGIN, "localhost")
    form = {"passkey": key.create(question(client, ADD)), "csrf": client.csrf("/profile")}
    names = set[str]()
    for fuse, _, status in blown(face, client, lambda c: c.post(ADD, form).status_code, ERRORS[0]):
        assert status in (500, 503), fuse.names
        assert passkeys(face, mia) == []
        names.add(fuse.names[-1])
    assert {"challenges.use", "passkeys.add", "sessions.renew", "mails.add"} <= names
    assert len(passkeys(face, mia)) == 1


def test_an_error_inside_the_arithmetic_of_a_passkey_is_a_no(
    face: Face, mia: Person, own: SecurityKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the library raises: refused, at each of the three places."""

    def fails(**_: object) -> object:
        raise ZeroDivisionError

    inside, half = face.signed_in(mia), half_way(face, mia)
    face.site.clock.advance(6 * 60)
    half = half_way(face, mia)
    monkeypatch.setattr(webauthn, "verify_authentication_response", fails)
    for client, path in ((half, CODE), (inside, CONFIRM)):
        sent = {"passkey": own.get(question(client, path))}
        assert client.post(path, sent, at=path).status_code == 422
    assert half.standing() is Standing.HALF
    alone = face.client()
    asked = alone.post("/sign-in/passkey/options").text
    assert alone.post("/sign-in/passkey", {"passkey": own.get(asked)}).status_code == 422
    assert alone.standing() is Standing.OUT


def test_no_error_at_a_recovery_code_makes_a_session(face: Face, mia: Person) -> None:
    """Nor is it used up by a request that failed."""
    acme = face.site.acme
    made = acme.call(recovery.make, caller=acme.caller(mia), source=DESK)
    assert isinstance(made, NewCodes)
    client, names = half_way(face, mia), set[str]()
    form = {"recovery_code": made.codes[0], "csrf": client.csrf(RECOVERY)}
    for fuse, after, status in blown(
        face, client, lambda c: c.post(RECOVERY, form).status_code, ERRORS[0]
    ):
        assert status in (500, 503), fuse.names
        assert after.standing() is Standing.HALF, fuse.names
        names.add(fuse.names[-1])
    assert {"recovery.use", "authenticators.burn", "sign_ins.finish", "sessions.add"} <= names


# ---- the wait ------------------------------------------------------------------------------


def test_no_error_mails_the_link_that_begins_a_wait(face: Face, mia: Person) -> None:
    """Asked for: mailed and in the log, or neither."""
    acme = face.site.acme
    client, names = half_way(face, mia), set[str]()
    form = {"csrf": client.csrf(NO_PHONE)}
    for fuse, _, status in blown(
        face, client, lambda c: c.post(NO_PHONE, form).status_code, ERRORS[0]
    ):
        assert status in (500, 503), fuse.names
        assert not acme.mails(mia, MailKind.WAIT_LINK)
        names.add(fuse.names[-1])
    assert {"waits.password_is_proved", "waits.latest", "links.add", "mails.add"} <= names
    assert len(acme.mails(mia, MailKind.WAIT_LINK)) == 1


def test_no_error_begins_or_stops_a_wait_by_halves(face: Face, mia: Person) -> None:
    """Whoever is told can stop it: it runs with all its mails, or not at all; and a stop that
    fails leaves the button as it was.
    """
    acme = face.site.acme
    half_way(face, mia).post(NO_PHONE, at=NO_PHONE)
    link, names = f"/wait/{acme.token(mia, MailKind.WAIT_LINK)}", set[str]()
    client = face.client()
    for fuse, _, status in blown(face, client, lambda c: c.post(link).status_code, ERRORS[0]):
        assert status in (500, 503), fuse.names
        assert state(face, mia) is None
        assert not acme.mails(acme.owner, MailKind.WAIT_NOTICE)
        names.add(fuse.names[-1])
    assert {"links.use", "mails.add", "waits.add", "events.add"} <= names
    assert state(face, mia) is WaitState.WAITING
    stop, names = f"/wait/stop/{acme.token(mia, MailKind.WAIT_NOTICE)}", set[str]()
    for fuse, _, status in blown(face, client, lambda c: c.post(stop).status_code, ERRORS[0]):
        assert status in (500, 503), fuse.names
        assert state(face, mia) is WaitState.WAITING
        names.add(fuse.names[-1])
    assert {"links.use", "waits.move", "links.end_all"} <= names
    assert state(face, mia) is WaitState.STOPPED


def test_no_error_moves_a_wait_on(face: Face, mia: Person, database_url: str) -> None:
    """Neither a notice nor the end by halves: after a look that breaks off every row of the
    database is as it was, whatever the step.
    """
    begin(face, mia)
    names = set[str]()
    while state(face, mia) is WaitState.WAITING:
        post(face)
        face.site.clock.advance(DAY)
        names |= broken_looks(face, database_url)
    assert {"waits.due", "waits.running", "people.lock", "mails.find", "links.add", "mails.add",
            "waits.move", "events.add"} <= names  # fmt: skip
    assert state(face, mia) is WaitState.OPEN
    assert len(face.site.acme.mails(mia, MailKind.WAIT_OPEN)) == 1


def post(face: Face) -> None:
    """The mail server takes what waits."""
    acme = face.site.acme
    for mail in acme.store.call(lambda tx: tx.mails.claim(acme.now, limit=1000)):
        acme.store.call(lambda tx, id_=mail.id: tx.mails.sent(id_, attempts=1, at=acme.now))


def broken_looks(face: Face, database_url: str) -> set[str]:
    """The worker looks once, and breaks off at each call before that; where it did."""
    acme, names = face.site.acme, set[str]()
    for at in range(1, 400):
        before, fuse = rows_of(database_url), Fuse(at, ERRORS[0])
        try:
            acme.store.call(lambda tx, fuse=fuse: waits.tick(Fragile(tx, fuse), acme.now))
        except RuntimeError:
            assert rows_of(database_url) == before, fuse.names
            names.add(fuse.names[-1])
        else:
            return names
    raise AssertionError("the look never ran through")


def test_no_error_at_the_end_of_a_wait_opens_the_set_up(face: Face, mia: Person) -> None:
    """Password, link, Save: each counts wholly or leaves the sign-in where it stood, and the
    present authenticator where it was.
    """
    acme = face.site.acme
    begin(face, mia)
    days(face, 3)
    link = f"/recover/{acme.token(mia, MailKind.WAIT_OPEN)}"
    before = acme.active(mia)
    client, names = half_way(face, mia), set[str]()
    form = {"csrf": client.csrf(CODE)}
    for fuse, after, status in blown(
        face, client, lambda c: c.post(link, form).status_code, ERRORS[0]
    ):
        assert status in (500, 503), fuse.names
        assert after.standing() is Standing.HALF, fuse.names
        names.add(fuse.names[-1])
    assert {"sign_ins.set_stage", "links.use", "links.add"} <= names
    assert client.standing() is Standing.MUST_ENROL
    way = f"/enrol/{face.site.link(mia, Purpose.ENROL)}"
    csrf = client.csrf(way)
    pending = acme.pending(mia)
    assert pending is not None
    form, names = {"code": acme.code_of(pending), "csrf": csrf}, set[str]()
    for fuse, after, status in blown(
        face, client, lambda c: c.post(way, form).status_code, ERRORS[0]
    ):
        assert status in (500, 503), fuse.names
        assert after.standing() is Standing.MUST_ENROL, fuse.names
        assert acme.active(mia) == before
        assert state(face, mia) is WaitState.OPEN
        names.add(fuse.names[-1])
    assert {"authenticators.activate", "authenticators.retire", "waits.move",
            "sessions.add"} <= names  # fmt: skip
    assert acme.active(mia).id == pending.id
    assert state(face, mia) is WaitState.USED


def test_the_fuse_reaches_the_look_up_of_a_question(
    face: Face, mia: Person, own: SecurityKey
) -> None:
    """The pages that ask a passkey ask the database for it, and show nothing where that fails."""
    fuse = Fuse(10_000, RuntimeError())
    client = face.client(app=build_app(fragile(face.site.world, fuse)))
    client.password(mia.email)
    question(client, CODE)
    assert {"passkeys.of", "challenges.alive_of", "challenges.add"} <= set(fuse.names)
