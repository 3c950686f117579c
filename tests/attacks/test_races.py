"""Class 3: many requests at the same moment. Mechanisms 30 to 36.

Two applications on two stores share one database, as two processes would. A run of the tests plays
a few rounds; `TWOFOLD_TEST_ROUNDS=200` plays as many as one likes.
"""

import os
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.attacks.faces import Client, Face, Standing
from tests.attacks.scene import add, enrolled, half_way
from tests.faces.api import known_as
from tests.faces.conftest import PASSWORD, Site
from tests.storage.races import race
from twofold.core import otp, throttle
from twofold.core.attempts import Outcome
from twofold.core.mail import MailKind
from twofold.core.people import Person
from twofold.flows import guard
from twofold.ports import Store
from twofold.web.app import build_app

ROUNDS = int(os.environ.get("TWOFOLD_TEST_ROUNDS", "2"))
AT_ONCE = 100


def twins(face: Face, elsewhere: Site, client: Client, count: int) -> list[Client]:
    """Clients with the same cookies, every other one in the other process."""
    made = [face.client(app=(face.site, elsewhere)[n % 2].app) for n in range(count)]
    for twin in made:
        for name, value in client.http.cookies.items():
            twin.http.cookies.set(name, value, domain="localhost.local", path="/")
    return made


def all_at_once(clients: Sequence[Client], forms: Sequence[dict[str, str]]) -> list[int]:
    """The statuses when each client sends its form to the second step at the same moment."""

    def send(number: int) -> int:
        form = forms[number % len(forms)]
        return clients[number].post("/sign-in/code", form).status_code

    return race(len(clients), send)


def test_one_right_code_sent_a_hundred_times_at_once_makes_one_session(
    face: Face, mia: Person, elsewhere: Site
) -> None:
    """Mechanism 30: over two processes, in one sign-in and in many."""
    for _ in range(ROUNDS):
        face.site.clock.advance(90)
        before = face.site.acme.sessions(mia)
        sign_ins = [half_way(face, mia) for _ in range(4)]
        clients = [c for one in sign_ins for c in twins(face, elsewhere, one, AT_ONCE // 4)]
        forms = [
            {"code": face.site.acme.code(mia), "csrf": one.csrf("/sign-in/code")}
            for one in sign_ins
            for _ in range(AT_ONCE // 4)
        ]
        statuses = all_at_once(clients, forms)
        assert statuses.count(303) == 1
        assert max(statuses) < 500
        assert face.site.acme.sessions(mia) == before + 1


def test_one_pair_sent_many_times_at_once_makes_one_session(face: Face, elsewhere: Site) -> None:
    """Mechanism 30 for two codes."""
    owner = face.site.acme.owner
    face.site.acme.enrol(owner)
    for _ in range(ROUNDS):
        face.site.clock.advance(90)
        before = face.site.acme.sessions(owner)
        client = half_way(face, owner)
        form = {
            "code": face.site.acme.code(owner, steps=-1),
            "next_code": face.site.acme.code(owner),
            "csrf": client.csrf("/sign-in/code"),
        }
        clients = twins(face, elsewhere, client, 30)
        assert all_at_once(clients, [form]).count(303) == 1
        assert face.site.acme.sessions(owner) == before + 1


def test_a_mailed_link_pressed_many_times_at_once_opens_once(
    face: Face, mia: Person, elsewhere: Site
) -> None:
    """Mechanism 30 for the links that let a browser go on."""
    acme = face.site.acme
    client = face.client()
    client.post("/sign-in/link", {"email": mia.email})
    link = f"/sign-in/link/{acme.token(mia, MailKind.BROWSER_LINK)}"
    clients = twins(face, elsewhere, client, 30)
    answers = race(30, lambda n: clients[n].post(link))
    assert sorted({a.status_code for a in answers}) == [200, 410]
    assert [a.status_code for a in answers].count(200) == 1


def test_a_burst_of_wrong_codes_is_compared_within_the_budget(
    face: Face, mia: Person, elsewhere: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mechanism 32: what counts is how often codes are compared, not what is answered."""
    compared: list[str] = []
    real = otp.matching_step

    def counted(secret: bytes, code: str, now: int, drift: int = 0) -> int | None:
        compared.append(code)
        return real(secret, code, now, drift)

    monkeypatch.setattr(otp, "matching_step", counted)
    statuses: list[int] = []
    wrong = iter([face.site.acme.wrong(face.site.acme.active(mia), n) for n in range(500)])
    for _ in range(5):
        sign_ins = [half_way(face, mia) for _ in range(2)]
        tokens = [one.csrf("/sign-in/code") for one in sign_ins]
        clients = [c for one in sign_ins for c in twins(face, elsewhere, one, 50)]
        forms = [{"code": next(wrong), "csrf": csrf} for csrf in tokens for _ in range(50)]
        statuses += all_at_once(clients, forms)
    assert len(statuses) == 500
    assert 303 not in statuses
    assert max(statuses) < 500
    assert 0 < len(compared) <= throttle.SP800_63B4_LADDER.pair_after


def test_a_burst_of_wrong_passwords_is_looked_at_within_the_budget(
    face: Face, mia: Person, elsewhere: Site
) -> None:
    """Mechanism 32 for the password: the sixth try waits, whichever process it comes to."""
    apps = (face.site.app, elsewhere.app)
    clients = [face.client(peer=f"198.51.100.{n}", app=apps[n % 2]) for n in range(60)]
    answers = race(60, lambda n: clients[n].password(mia.email, f"guess number {n}"))
    assert {a.status_code for a in answers} == {422}
    state = face.site.world.store.call(
        lambda tx: guard.peek(tx, [f"pw:person:{mia.id}"])[f"pw:person:{mia.id}"]
    )
    assert len(state.failures) == throttle.SP800_63B4_LADDER.free_passwords
    assert face.client(peer="203.0.113.5").password(mia.email).status_code == 422


def test_several_right_codes_for_one_sign_in_make_one_session(
    face: Face, mia: Person, elsewhere: Site
) -> None:
    """Mechanism 33: the codes of three steps are right at once; the sign-in is finished once."""
    for _ in range(ROUNDS):
        face.site.clock.advance(120)
        before = face.site.acme.sessions(mia)
        client = half_way(face, mia)
        csrf = client.csrf("/sign-in/code")
        forms = [{"code": face.site.acme.code(mia, steps=n), "csrf": csrf} for n in (-1, 0, 1)]
        assert all_at_once(twins(face, elsewhere, client, 30), forms).count(303) == 1
        assert face.site.acme.sessions(mia) == before + 1


def test_everybody_gets_their_own_session(face: Face, elsewhere: Site) -> None:
    """Mechanism 34: many people sign in at once, again and again; each session is its person's."""
    people = [enrolled(face.site, f"P{n}") if n % 2 else add(face.site, f"P{n}") for n in range(16)]
    face.site.clock.advance(60)
    codes = {p.id: face.site.acme.code(p) for n, p in enumerate(people) if n % 2}
    apps = (face.site.app, elsewhere.app)

    def sign_in(number: int) -> str:
        person = people[number % 16]
        client = face.client(peer=f"198.51.100.{number}", app=apps[number % 2])
        client.password(person.email)
        if person.id in codes and number < 16:
            client.code(codes[person.id])
        return client.get("/profile").text

    pages = race(48, sign_in)
    for number, page in enumerate(pages):
        named = {p.email for p in people if f"{p.email}<" in page or f"{p.email} " in page}
        person = people[number % 16]
        expected = {person.email} if number < 16 or person.id not in codes else set()
        assert named == expected


def asked(face: Face, elsewhere: Site, mia: Person, bodies: Sequence[dict[str, str]]) -> list[str]:
    """The outcomes when an application sends all of these at the same moment to two processes."""
    api = Face("api", face.site)
    known_as(face.site.acme, mia, "u-17")
    apps = (face.site.app, elsewhere.app)
    clients = [api.client(app=apps[n % 2]) for n in range(len(bodies))]

    def send(number: int) -> str:
        body = dict(bodies[number])
        headers = {"authorization": f"Bearer {api.key}"}
        if attempt := body.pop("attempt", ""):
            headers["idempotency-key"] = attempt
        sent = {"external_id": "u-17", **body}
        answer = clients[number].http.post("/api/v1/verifications", json=sent, headers=headers)
        assert answer.status_code in (200, 403)
        return str(answer.json()["outcome"])

    return race(len(bodies), send)


@pytest.mark.parametrize("own_attempts", [True, False])
def test_one_right_code_asked_a_hundred_times_at_once_is_accepted_once(
    face: Face, mia: Person, elsewhere: Site, own_attempts: bool
) -> None:
    """Mechanism 30 over the API, with an id for each request and without."""
    for turn in range(ROUNDS):
        face.site.clock.advance(90)
        code = face.site.acme.code(mia)
        bodies = [
            {"code": code, "attempt": f"attempt-{turn}-{n}" if own_attempts else ""}
            for n in range(AT_ONCE)
        ]
        assert asked(face, elsewhere, mia, bodies).count("accepted") == 1


def test_one_attempt_sent_many_times_at_once_is_one_attempt(
    face: Face, mia: Person, elsewhere: Site
) -> None:
    """Mechanism 30 for retries: every one gets the answer of the first, and one is charged."""
    face.site.clock.advance(90)
    before = len(face.site.acme.attempts(mia))
    code = face.site.acme.code(mia)
    bodies = [{"code": code, "attempt": "one-attempt"}] * 40
    assert asked(face, elsewhere, mia, bodies) == ["accepted"] * 40
    wrong = face.site.acme.wrong(face.site.acme.active(mia))
    bodies = [{"code": wrong, "attempt": "another-attempt"}] * 40
    assert asked(face, elsewhere, mia, bodies) == ["refused"] * 40
    assert len(face.site.acme.attempts(mia)) == before + 2


def test_a_burst_over_the_api_is_compared_within_the_budget(
    face: Face, mia: Person, elsewhere: Site
) -> None:
    """Mechanism 32 over the API."""
    acme = face.site.acme
    for turn in range(4):
        bodies = [{"code": acme.wrong(acme.active(mia), 60 * turn + n)} for n in range(60)]
        assert set(asked(face, elsewhere, mia, bodies)) == {"refused"}
        face.site.clock.advance(61)
    compared = acme.outcomes(mia).count(Outcome.WRONG)
    assert 0 < compared <= throttle.SP800_63B4_LADDER.pair_after


class Unlucky:
    """The real store; what comes after the flow of a request fails."""

    def __init__(self, real: Store) -> None:
        self._real = real

    async def run(self, flow, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        """Run the flow to its commit, then fail as a page might that shows the answer."""
        await self._real.run(flow, *args, **kwargs)
        raise RuntimeError("after the commit")

    def __getattr__(self, name: str) -> object:
        """Everything else is the real one's."""
        return getattr(self._real, name)


def test_a_failed_try_stays_counted_when_the_request_fails(face: Face, mia: Person) -> None:
    """Mechanism 35: the count is committed with the flow, whatever becomes of the page."""
    world = replace(face.site.world, store=Unlucky(face.site.world.store))  # type: ignore[arg-type]
    client = half_way(face, mia)
    csrf = client.csrf("/sign-in/code")
    unlucky = face.client(app=build_app(world))
    unlucky.present(client.http.cookies["twofold-sign-in"], names=("twofold-sign-in",))
    wrong = face.site.acme.wrong(face.site.acme.active(mia))
    assert unlucky.post("/sign-in/code", {"code": wrong, "csrf": csrf}).status_code == 500
    key = f"code:person:{mia.id}"
    counted = face.site.world.store.call(lambda tx: guard.peek(tx, [key])[key])
    assert len(counted.failures) == 1
    assert client.standing() is Standing.HALF
    unlucky.password(mia.email, "wrong " + PASSWORD)
    name = f"pw:person:{mia.id}"
    tried = face.site.world.store.call(lambda tx: guard.peek(tx, [name])[name])
    assert len(tried.failures) == 1
