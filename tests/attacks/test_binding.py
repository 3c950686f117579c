"""Class 10: the factor is bound to its person, purpose and session. Mechanisms A10.1 to A10.8."""

import base64
from collections.abc import Callable

import pytest

from tests.attacks.dump import rows_of
from tests.attacks.faces import Client, Face, Standing
from tests.attacks.scene import OTHER_PASSWORD, add, enrolled, half_way, outsider
from tests.faces.conftest import PASSWORD
from twofold.core.desk import Act
from twofold.core.mail import MailKind
from twofold.core.people import HOUR, MINUTE, GuardPolicy, Person, Profile, Role
from twofold.core.tokens import Purpose
from twofold.flows import browsers
from twofold.web.cookies import BROWSER, BROWSER_LINK, SESSION, SIGN_IN


def test_the_factor_of_one_person_is_none_of_another(face: Face, mia: Person) -> None:
    """Mechanism A10.1: the right code of everybody else, of this account and of another one, at
    the sign-in, at a fresh proof and at the saving of a set-up.
    """
    site = face.site
    acme, ben = site.acme, enrolled(site, "Ben")
    bolt, zoe = outsider(site)
    session = face.signed_in(mia)
    session.get("/profile/set-up")
    pending = acme.pending(mia)
    half = half_way(face, mia)
    for code in (acme.code(ben), bolt.code(zoe)):
        half.code(code, email=ben.email, person_id=ben.id)
        assert half.standing() is Standing.HALF
        before = session.http.cookies["twofold"]
        session.post("/confirm", {"code": code, "next": "/profile"}, at="/confirm")
        session.post("/profile/set-up/save", {"code": code}, at="/profile/set-up")
        assert session.http.cookies["twofold"] == before
        site.clock.advance(31)
    assert (acme.pending(mia), acme.active(mia) != pending) == (pending, True)
    for owner, person in ((acme, ben), (bolt, zoe)):
        session_of = face.client()
        session_of.password(person.email)
        assert session_of.code(owner.code(person)).status_code == 303
        assert person.name in session_of.get("/profile").text


def test_nothing_that_is_stored_is_a_token(face: Face, mia: Person, database_url: str) -> None:
    """Mechanism A10.2: no id, hash or other value of any table opens anything as a cookie of a
    session or of a half-finished sign-in, whatever it points at.
    """
    site = face.site
    live, waiting = face.signed_in(mia, trust="yes"), half_way(face, mia)
    for purpose in (Purpose.PASSWORD, Purpose.ENROL):
        site.link(mia, purpose)
    stored: set[str] = set()
    for rows in rows_of(database_url).values():
        for value in (value for row in rows for value in row.values()):
            if isinstance(value, bytes):
                stored |= {value.hex(), base64.urlsafe_b64encode(value).decode().rstrip("=")}
            elif isinstance(value, str):
                stored.add(value)
    sent = [value for value in stored if value.isascii() and value.isprintable() and value]
    assert {mia.id, site.acme.active(mia).id} <= set(sent)
    thief = face.client()
    for value in sent:
        thief.present(value)
        assert thief.standing() is Standing.OUT, value
    assert (live.standing(), waiting.standing()) == (Standing.IN, Standing.HALF)


def tokens_of_every_kind(face: Face, person: Person) -> dict[Purpose, str]:
    """A live token of each kind that the product hands out, all of one person."""
    site = face.site
    session, half = face.signed_in(person, trust="yes"), half_way(face, person)
    opened = face.client()
    opened.post("/sign-in/link", {"email": person.email})
    opened.post(f"/sign-in/link/{site.mailed(person, MailKind.BROWSER_LINK)}")
    face.client().post("/sign-in/link", {"email": person.email})
    half.post("/sign-in/code/send-link", at="/sign-in/code")
    made = {purpose: site.link(person, purpose)
            for purpose in (Purpose.INVITATION, Purpose.PASSWORD, Purpose.ENROL)}  # fmt: skip
    return {
        **made,
        Purpose.SESSION: session.http.cookies[SESSION],
        Purpose.BROWSER: session.http.cookies[BROWSER],
        Purpose.SIGN_IN: half.http.cookies[SIGN_IN],
        Purpose.OPEN_BROWSER: opened.http.cookies[BROWSER_LINK],
        Purpose.BROWSER_LINK: site.mailed(person, MailKind.BROWSER_LINK),
        Purpose.CODE_LINK: site.mailed(person, MailKind.CODE_LINK),
    }


DOORS = {
    Purpose.INVITATION: "/invitation/",
    Purpose.PASSWORD: "/password/",
    Purpose.ENROL: "/enrol/",
    Purpose.BROWSER_LINK: "/sign-in/link/",
    Purpose.FIRST_ADMIN: "/first-admin/",
}

FIELDS = {"password": OTHER_PASSWORD, "name": "Eve", "email": "eve@evil.example",
          "organisation": "Evil"}  # fmt: skip


def opens_door(client: Client, door: Purpose, token: str) -> bool:
    """Whether the page of a mailed link takes the token, looked at and sent."""
    path = DOORS[door] + token
    seen = client.get(path).status_code == 200
    if not seen:
        assert client.post(path, FIELDS).status_code in (401, 404, 410)
    return seen


def skips_code(face: Face, person: Person, token: str) -> bool:
    """Whether the token, as the cookie of a browser, spares the code."""
    client = face.client()
    client.present(token, names=(BROWSER,))
    client.password(person.email)
    return client.standing() is Standing.IN


def stands(client: Client, token: str, cookie: str) -> Standing:
    """What the token is worth in this one cookie."""
    client.present(token, names=(cookie,))
    return client.standing()


def opens_code(face: Face, person: Person, token: str) -> bool:
    """Whether the token opens the gate of a half-finished sign-in."""
    half = half_way(face, person)
    half.post(f"/sign-in/code/link/{token}", at="/sign-in/code")
    held = face.site.acme.half_of(half.http.cookies[SIGN_IN])
    return held is not None and held.sign_in.link_open


def test_no_kind_of_token_stands_in_for_another(face: Face, mia: Person) -> None:
    """Mechanism A10.3: every kind, presented everywhere; each opens its own place alone."""
    acme = face.site.acme
    thief = face.client()
    for kind, token in tokens_of_every_kind(face, mia).items():
        assert (stands(thief, token, SESSION) is Standing.IN) is (kind is Purpose.SESSION)
        assert (stands(thief, token, SIGN_IN) is Standing.HALF) is (kind is Purpose.SIGN_IN)
        thief.http.cookies.clear()
        for door in DOORS:
            assert opens_door(thief, door, token) is (kind is door), (kind, door)
        assert skips_code(face, mia, token) is (kind is Purpose.BROWSER), kind
        opened = acme.call(browsers.is_open, cookie=token, person_id=mia.id)
        assert opened is (kind is Purpose.OPEN_BROWSER), kind
        assert opens_code(face, mia, token) is (kind is Purpose.CODE_LINK), kind


def test_every_proof_makes_a_new_token_and_the_old_one_is_dead(face: Face, mia: Person) -> None:
    """Mechanism A10.4: at the password, the code, a fresh proof, a new password, a new set-up and
    a sign-in over an open session; a planted cookie is never taken over.
    """
    site, thief = face.site, face.client()
    dead: list[tuple[str, str]] = []

    def all_dead() -> None:
        for name, token in dead:
            assert stands(thief, token, name) is Standing.OUT, name

    client = face.client()
    planted = {SESSION: "p" * 43, SIGN_IN: half_way(face, enrolled(site, "Eve")).http.cookies[
        SIGN_IN], BROWSER: "q" * 43}  # fmt: skip
    for name, value in planted.items():
        client.http.cookies.set(name, value, domain="localhost.local", path="/")
    client.password(mia.email)
    assert client.http.cookies[SIGN_IN] != planted[SIGN_IN]
    dead.append((SIGN_IN, client.http.cookies[SIGN_IN]))
    client.right_code(mia)
    assert set(planted.values()).isdisjoint(client.http.cookies.values())
    steps: tuple[Callable[[], object], ...] = (
        lambda: client.post("/confirm", {"code": site.acme.code(mia)}, at="/confirm"),
        lambda: client.post(
            "/profile/password",
            {"current": PASSWORD, "password": OTHER_PASSWORD},
            at="/profile",
        ),
        lambda: client.post(
            "/profile/set-up/save", {"code": pending_code(client, mia)}, at="/profile/set-up"
        ),
        lambda: client.password(mia.email, OTHER_PASSWORD, csrf=client.csrf("/profile")),
    )
    for step in steps:
        dead.append((SESSION, client.http.cookies[SESSION]))
        site.clock.advance(60)
        step()
        all_dead()
    assert client.standing() is Standing.HALF
    assert len({token for _, token in dead}) == len(dead) == 5


def pending_code(client: Client, person: Person) -> str:
    """What an app shows that has just scanned the set-up page."""
    client.get("/profile/set-up")
    pending = client.site.acme.pending(person)
    assert pending is not None
    return client.site.acme.code_of(pending)


def by_link(face: Face, person: Person) -> None:
    """A forgotten password, replaced."""
    link = f"/password/{face.site.link(person, Purpose.PASSWORD)}"
    assert face.client().post(link, {"password": OTHER_PASSWORD}).status_code == 200


def from_profile(face: Face, person: Person) -> None:
    """A new password from another session."""
    fields = {"current": PASSWORD, "password": OTHER_PASSWORD}
    done = face.signed_in(person).post("/profile/password", fields, at="/profile")
    assert done.status_code == 303


def by_new_set_up(face: Face, person: Person) -> None:
    """Another authenticator, saved in another session."""
    client = face.signed_in(person)
    face.site.clock.advance(30)
    code = pending_code(client, person)
    client.post("/profile/set-up/save", {"code": code}, at="/profile/set-up")
    assert face.site.acme.pending(person) is None


def by_admin(face: Face, person: Person) -> None:
    """The authenticator is ended, and set up anew."""
    acme = face.site.acme
    acme.help(person, Act.INVITE, stolen=True)
    acme.set_up_by_invitation(person)


def from_places(face: Face, person: Person) -> None:
    """Signed out everywhere else."""
    client = face.signed_in(person)
    done = client.post("/profile/places/end-all", at="/profile/places")
    assert done.status_code == 303


@pytest.mark.parametrize("change", [by_link, from_profile, by_new_set_up, by_admin, from_places])
def test_a_half_finished_sign_in_dies_with_what_it_rests_on(
    face: Face, mia: Person, change: Callable[[Face, Person], None]
) -> None:
    """Mechanism A10.5: whoever had the old password between the steps does not finish with it."""
    thief = half_way(face, mia)
    page = thief.csrf("/sign-in/code")
    change(face, mia)
    face.site.clock.advance(60)
    code = face.site.acme.code(mia)
    assert thief.post("/sign-in/code", {"code": code, "csrf": page}).status_code == 401
    assert thief.standing() is Standing.OUT
    assert SESSION not in thief.http.cookies


@pytest.mark.parametrize(("late", "standing"), [(0, Standing.OUT), (-1, Standing.IN)])
def test_a_half_finished_sign_in_ends_to_the_second(
    face: Face, mia: Person, late: int, standing: Standing
) -> None:
    """Mechanism A10.6: after ten minutes at the code and an hour at the set-up, however often it
    is looked at.
    """
    acme = face.site.acme
    ben = add(face.site, "Ben")
    acme.switch_on()
    half, enrolling = half_way(face, mia), half_way(face, ben)
    link = f"/enrol/{face.site.link(ben, Purpose.ENROL)}"
    for _ in range(9):
        face.site.clock.advance(MINUTE)
        assert half.get("/sign-in/code").status_code == 200
    face.site.clock.advance(MINUTE + late)
    csrf = half.csrf("/sign-in/code")
    half.post("/sign-in/code", {"code": acme.code(mia), "csrf": csrf or "x"})
    assert half.standing() is standing
    assert enrolling.get(link).status_code == 200
    face.site.clock.advance(HOUR - 10 * MINUTE)
    pending = acme.pending(ben)
    assert pending is not None
    enrolling.post(link, {"code": acme.code_of(pending), "csrf": enrolling.csrf(link) or "x"})
    assert enrolling.standing() is standing


def add_somebody(client: Client, name: str) -> bool:
    """Whether a form that needs a fresh proof is done at once."""
    fields = {"name": name, "email": f"{name.lower()}@acme.example", "role": "member"}
    answer = client.post("/people/add", fields, at="/people/add")
    return answer.status_code == 303


def test_a_fresh_proof_is_of_the_factor_of_this_session_and_of_now(face: Face) -> None:
    """Mechanism A10.7: not the password where there is a factor, not a proof of another session
    of the same person, not one of five minutes and a second ago.
    """
    site = face.site
    eve = enrolled(site, "Eve", Role.ADMIN)
    desk, phone = face.signed_in(eve), face.signed_in(eve)
    site.clock.advance(5 * MINUTE + 1)
    assert not add_somebody(desk, "Ann")
    desk.post("/confirm", {"password": PASSWORD}, at="/confirm")
    assert not add_somebody(desk, "Ann")
    before = site.acme.caller_of(desk.http.cookies[SESSION])
    desk.post("/confirm", {"code": site.acme.code(eve)}, at="/confirm")
    assert not add_somebody(phone, "Bob")
    after = site.acme.caller_of(desk.http.cookies[SESSION])
    assert before is not None
    assert after is not None
    assert after.session.id == before.session.id
    assert (after.session.factor_at, after.session.methods) == (site.clock.now(), ("pwd", "otp"))
    assert after.session.password_at == before.session.password_at
    site.clock.advance(5 * MINUTE)
    assert add_somebody(desk, "Cid")
    site.clock.advance(1)
    assert not add_somebody(desk, "Dan")


def test_half_of_a_proof_is_no_proof(face: Face, mia: Person) -> None:
    """Mechanism A10.8: the right password with a wrong code, either half of a right pair, and a
    right code where two are asked for: no session, no known browser, no trust, no fresh proof.
    """
    site, acme = face.site, face.site.acme
    strict = GuardPolicy(members=Profile.STRICT)
    acme.store.call(lambda tx: tx.accounts.set_guard(acme.account_id, strict))
    known = acme.store.call(lambda tx: tx.browsers.of(mia.id))
    wrong = acme.wrong(acme.active(mia))
    for first, second in ((0, None), (None, 0), (-1, None), (0, 0), (0, -1), (-1, "")):
        client = half_way(face, mia)
        codes = [wrong if n is None else "" if n == "" else acme.code(mia, steps=int(n))
                 for n in (first, second)]  # fmt: skip
        client.code(codes[0], codes[1], trust="yes")
        assert client.standing() is Standing.HALF, (first, second)
        assert {SESSION, BROWSER}.isdisjoint(client.http.cookies)
        site.clock.advance(120)
    assert acme.store.call(lambda tx: tx.browsers.of(mia.id)) == known
    assert acme.sessions(mia) == 1


def test_a_wrong_code_makes_no_session_fresh(face: Face) -> None:
    """Mechanism A10.8 again: inside a session, where the rest was proved long ago."""
    site = face.site
    eve = enrolled(site, "Eve", Role.ADMIN)
    client = face.signed_in(eve)
    site.clock.advance(5 * MINUTE + 1)
    before = client.http.cookies[SESSION]
    wrong = site.acme.wrong(site.acme.active(eve))
    for fields in ({"code": wrong}, {"code": ""}, {"code": site.acme.code(eve) + "0"}):
        client.post("/confirm", {**fields, "password": PASSWORD}, at="/confirm")
        assert client.http.cookies[SESSION] == before
        assert not add_somebody(client, "Ann")
