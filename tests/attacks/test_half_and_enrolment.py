"""Class 6: what a half-finished sign-in or a stolen session may do. Mechanisms 55 to 63."""

import pytest

from tests.attacks.dump import facts
from tests.attacks.faces import Face, Standing
from tests.attacks.scene import OTHER_PASSWORD, add, enrolled, half_way
from tests.faces.conftest import PASSWORD, Site
from tests.faces.routes import path_of, send
from tests.world import GROUNDS
from twofold.core.desk import Act
from twofold.core.mail import MailKind
from twofold.core.people import MINUTE, Person, Role
from twofold.core.tokens import Purpose
from twofold.flows.desk import Refusals
from twofold.web.app import ALL_PAGES


def test_whoever_has_a_factor_adds_none_with_the_password_alone(face: Face, mia: Person) -> None:
    """Mechanism 55: neither half signed in, nor with a set-up link, nor in a trusted browser that
    was let in without a code.
    """
    acme = face.site.acme
    acme.switch_on()
    before = acme.active(mia)
    client = half_way(face, mia)
    link = f"/enrol/{face.site.link(mia, Purpose.ENROL)}"
    for path in (link, "/profile/set-up", "/profile/set-up/save", "/set-up/send-link"):
        client.get(path)
        client.post(path, {"code": acme.code(mia)}, at="/sign-in/code")
        assert client.standing() is Standing.HALF
    trusted = face.signed_in(mia, trust="yes")
    trusted.post("/sign-out", at="/sign-out")
    trusted.password(mia.email)
    assert trusted.standing() is Standing.IN
    assert trusted.get("/profile/set-up").headers["location"].startswith("/confirm")
    trusted.post("/profile/set-up/save", {"code": acme.code(mia)}, at="/profile")
    assert (acme.active(mia).id, acme.pending(mia)) == (before.id, None)


def test_the_first_factor_needs_the_password_and_the_mailbox(face: Face) -> None:
    """Mechanism 56: under the policy a password alone begins nothing, and a link alone neither;
    the owner is told.
    """
    acme = face.site.acme
    ben, eve = add(face.site, "Ben"), add(face.site, "Eve")
    acme.switch_on()
    client = half_way(face, ben)
    link = f"/enrol/{face.site.link(ben, Purpose.ENROL)}"
    for path in ("/profile/set-up", "/set-up", f"/enrol/{face.site.link(eve, Purpose.ENROL)}"):
        client.get(path)
    assert acme.pending(ben) is None
    finder = face.client()
    finder.get(link)
    finder.post(link, {"code": "123456"})
    assert acme.pending(ben) is None
    assert client.get(link).status_code == 200
    pending = acme.pending(ben)
    assert pending is not None
    assert client.post(link, {"code": acme.code_of(pending)}, at=link).status_code == 200
    assert client.standing() is Standing.IN
    assert len(acme.mails(ben, MailKind.ENROLLED)) == 1


def test_a_stolen_session_changes_nothing_without_a_fresh_proof(
    face: Face, database_url: str
) -> None:
    """Mechanism 57: every form that changes a factor, a password, a policy or a person asks for
    a proof of the last five minutes, of the factor where there is one.
    """
    owner = face.site.acme.owner
    face.site.acme.enrol(owner)
    ben = add(face.site, "Ben")
    client = face.signed_in(owner)
    thief = face.client(peer="203.0.113.9")
    thief.present(client.http.cookies["twofold"], names=("twofold",))
    face.site.clock.advance(5 * MINUTE + 1)
    csrf = thief.csrf("/profile")
    fields = {"csrf": csrf, "role": "admin", "name": "Evil", "issuer": "Evil",
              "email": "evil@acme.example", "current": PASSWORD, "password": OTHER_PASSWORD,
              "pair_after": "5", "link_after": "10", "trust_days": "30", **GROUNDS.data,
              "phone": "stolen", "proofs": "He said so"}  # fmt: skip
    before = facts(database_url)
    sensitive = [page for page in ALL_PAGES if page.post is not None and page.fresh]
    assert len(sensitive) >= 17
    for page in sensitive:
        asked = thief.post(path_of(page).replace("no-such-id", ben.id), fields) if (
            not page.upload
        ) else send(thief.browser, page, {"csrf": csrf})  # fmt: skip
        assert asked.status_code == 200, page.path
        assert 'action="/confirm"' in asked.text, page.path
    thief.get("/profile/set-up")
    thief.post("/profile/set-up/save", fields)
    thief.post("/confirm", {"csrf": csrf, "password": PASSWORD, "next": "/profile"})
    assert facts(database_url) == before


def test_the_old_factor_counts_until_the_new_one_is_proved(face: Face, mia: Person) -> None:
    """Mechanism 58: begun, mistyped, given up: the old codes work and the new ones do not."""
    acme = face.site.acme
    client = face.signed_in(mia)
    client.get("/profile/set-up")
    pending = acme.pending(mia)
    assert pending is not None
    client.post("/profile/set-up/save", {"code": acme.wrong(pending)}, at="/profile/set-up")
    face.site.clock.advance(90)
    other = half_way(face, mia)
    other.code(acme.code_of(pending))
    assert other.standing() is Standing.HALF
    other.right_code(mia)
    assert other.standing() is Standing.IN
    client.post("/profile/set-up/cancel", at="/profile/set-up")
    assert acme.pending(mia) is None
    face.site.clock.advance(90)
    assert face.signed_in(mia).standing() is Standing.IN


def test_looking_at_pages_changes_nothing(face: Face, mia: Person, database_url: str) -> None:
    """Mechanism 59: no GET, of anybody, alters what says who may do what. A page of a set-up begins
    one, which counts for nothing until its form is sent.
    """
    site = face.site
    owner, waiting = face.client(), half_way(face, mia)
    owner.password(site.acme.owner.email)
    session = site.acme.sessions(site.acme.owner)
    links = [f"/{kind.value}/{site.link(mia, kind)}" for kind in (Purpose.ENROL, Purpose.PASSWORD)]
    before = facts(database_url)
    for client in (owner, waiting, face.client()):
        for path in (*(path_of(page) for page in ALL_PAGES if page.get), *links):
            if path not in ("/profile/set-up", "/profile/passkeys/add"):
                client.get(path.replace("no-such-id", mia.id))
    assert facts(database_url) == before
    assert session == site.acme.sessions(site.acme.owner) == 1
    owner.get("/profile/set-up")
    assert site.acme.store.call(lambda tx: tx.authenticators.in_force(site.acme.owner_id)) == []


def test_nothing_of_somebody_else_is_reached_by_its_name(face: Face, mia: Person) -> None:
    """Mechanism 60: two members; what one's pages name does not exist in the other's hands."""
    ben = enrolled(face.site, "Ben")
    mias, bens = face.signed_in(mia), face.signed_in(ben)
    page = mias.get("/profile/places").text
    rows = {part.split('"')[0] for part in page.split('name="row" value="')[1:]}
    assert len(rows) >= 2
    for row in rows:
        for act in ("end-session", "end-browser"):
            answer = bens.post(f"/profile/places/{act}", {"row": row}, at="/profile/places")
            assert answer.status_code == 404
    sessions = face.site.acme.store.call(lambda tx: tx.sessions.of(mia.id))
    browsers = face.site.acme.store.call(lambda tx: tx.browsers.of(mia.id))
    for id_ in (*(s.id for s in sessions), *(b.id for b in browsers), mia.id):
        for act in ("end-session", "end-browser"):
            answer = bens.post(f"/profile/places/{act}", {"row": id_}, at="/profile/places")
            assert answer.status_code == 404
        for path in (f"/people/{id_}", f"/mail/{id_}"):
            assert bens.get(path).status_code == 403
    assert mias.standing() is Standing.IN


@pytest.mark.parametrize("actor", list(Role))
@pytest.mark.parametrize("subject", list(Role))
def test_nobody_opens_a_door_for_their_own_rank_or_above(
    face: Face, actor: Role, subject: Role
) -> None:
    """Mechanism 61: every act of the help desk, by every role for every role, on every route."""
    acme = face.site.acme
    one, two = add(face.site, "Actor", actor), enrolled(face.site, "Subject", subject)
    add(face.site, "Second", Role.OWNER)
    before = acme.active(two)
    face.site.clock.advance(60)
    client = face.client()
    client.password(one.email)
    fields = {**GROUNDS.data, "phone": "stolen", "times": "often", "hours": "24"}
    log = acme.events()
    answers = [
        client.post(f"/people/{two.id}/desk/{act.value}", fields, at="/profile") for act in Act
    ]
    may = actor.is_staff and subject.rank < actor.rank
    assert {answer.status_code for answer in answers} == ({200} if may else {403})
    assert may or acme.events() == log
    alone = may and not subject.is_admin
    assert (acme.active(two).disabled_at is not None) is alone
    assert (acme.store.call(lambda tx: tx.passes.newest(two.id)) is not None) is alone
    assert alone or acme.active(two) == before
    for act in Act:
        own = f"/people/{one.id}/desk/{act.value}"
        assert client.post(own, fields, at="/profile").status_code == 403
        assert isinstance(acme.help(one, act, actor=one), Refusals)


def test_a_link_sets_the_password_of_its_own_person_alone(face: Face, mia: Person) -> None:
    """Mechanism 62: whatever else the form says about who it is for."""
    ben = enrolled(face.site, "Ben")
    face.site.clock.advance(60)
    link = f"/password/{face.site.link(ben, Purpose.PASSWORD)}"
    fields = {"password": OTHER_PASSWORD, "email": mia.email, "person_id": mia.id, "id": mia.id,
              "user": mia.email, "token": face.site.link(mia, Purpose.ENROL)}  # fmt: skip
    assert face.client().post(link, fields).status_code == 200
    assert half_way(face, mia).standing() is Standing.HALF
    assert half_way(face, mia, password=OTHER_PASSWORD).standing() is Standing.OUT
    assert half_way(face, ben, password=OTHER_PASSWORD).standing() is Standing.HALF


def test_a_set_up_is_saved_once_and_by_whoever_began_it(
    face: Face, mia: Person, elsewhere: Site
) -> None:
    """Mechanism 63, for what there is: a captured *Save* adds nothing, in no other session."""
    acme = face.site.acme
    client, other = face.signed_in(mia), face.signed_in(mia)
    client.get("/profile/set-up")
    pending = acme.pending(mia)
    assert pending is not None
    face.site.clock.advance(60)
    form = {"code": acme.code_of(pending)}
    other.post("/profile/set-up/save", form, at="/profile")
    assert acme.active(mia).id != pending.id
    assert client.post("/profile/set-up/save", form, at="/profile/set-up").status_code == 303
    assert acme.active(mia).id == pending.id
    assert other.standing() is Standing.OUT
    again = client.post("/profile/set-up/save", form, at="/profile")
    assert (again.status_code, acme.active(mia).id) == (303, pending.id)
    assert acme.pending(mia) is None
    assert elsewhere.world.store.call(lambda tx: tx.authenticators.in_force(mia.id)) != []


def test_a_stolen_session_reads_no_mailed_link(face: Face) -> None:
    """Mechanism 57 again: where mails wait in the browser, reading one is as good as having the
    mailbox, so it asks for a fresh proof and comes back to the mail after it.
    """
    acme = face.site.acme
    eve = enrolled(face.site, "Eve", Role.ADMIN)
    gil = acme.add("Gil", invited=True)
    token = acme.token(gil, MailKind.INVITATION)
    path = f"/mail/{acme.mails(gil)[0].id}"
    client = face.signed_in(eve)
    assert token in client.get(path).text
    face.site.clock.advance(5 * MINUTE + 1)
    for _ in range(2):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/confirm?next={path}")
        assert token not in answer.text
        client.post("/confirm", {"password": PASSWORD, "next": path}, at="/confirm")
    proof = {"code": acme.code(eve), "next": path}
    assert client.post("/confirm", proof, at="/confirm").headers["location"] == path
    assert token in client.get(path).text
