"""Delayed recovery attacked: with the password alone, the mailbox alone, and both in a hurry."""

import pytest

from tests.attacks.dump import facts
from tests.attacks.faces import Client, Face, Standing
from tests.attacks.scene import OTHER_PASSWORD, enrolled, half_way, outsider
from tests.faces.routes import path_of
from twofold.core.mail import MailKind
from twofold.core.people import DAY, Person, Role
from twofold.core.tokens import Purpose
from twofold.core.waits import WaitState
from twofold.flows import waits
from twofold.web.app import ALL_PAGES

NO_PHONE = "/sign-in/code/no-phone"


@pytest.fixture
def mia(face: Face) -> Person:
    """A member with password and authenticator, where waiting is allowed."""
    acme = face.site.acme
    acme.call(waits.set_length, caller=acme.caller(acme.owner), hours=72)
    return enrolled(face.site, "Mia")


def asks(client: Client) -> None:
    """Ask for the link that begins a wait."""
    client.post(NO_PHONE, at=NO_PHONE)


def days(face: Face, count: int) -> None:
    """Let days pass, with a worker and a mail server that takes everything but keeps it here."""
    acme = face.site.acme
    for _ in range(count * 4):
        for mail in acme.store.call(lambda tx: tx.mails.claim(acme.now, limit=1000)):
            acme.store.call(lambda tx, id_=mail.id: tx.mails.sent(id_, attempts=1, at=acme.now))
        face.site.clock.advance(DAY // 4)
        while acme.call(waits.tick):
            pass


def begin(face: Face, person: Person) -> str:
    """A wait that runs; the token of the person's *Stop this* link."""
    acme = face.site.acme
    asks(half_way(face, person))
    link = f"/wait/{acme.token(person, MailKind.WAIT_LINK)}"
    assert face.client().post(link).status_code == 200
    return acme.token(person, MailKind.WAIT_NOTICE)


def state(face: Face, person: Person) -> WaitState | None:
    """Where the person's newest wait stands."""
    found = face.site.acme.store.call(lambda tx: tx.waits.latest(person.id))
    return found.state if found else None


def test_the_password_alone_begins_no_wait(face: Face, mia: Person) -> None:
    """Mechanism 56 for the way back: the link is in the mailbox and nowhere in an answer; every
    route of the wait, tried with whatever the thief was handed, begins nothing, and the owner has
    a mail that somebody knows the password.
    """
    thief = half_way(face, mia)
    asks(thief)
    token = face.site.mailed(mia, MailKind.WAIT_LINK)
    assert token not in "".join(answer.text + str(answer.headers) for answer in thief.answers)
    for guess in (*thief.tokens(), "x" * 43):
        for path in (f"/wait/{guess}", f"/wait/stop/{guess}", f"/recover/{guess}"):
            thief.get(path)
            thief.post(path, {"token": token[:20]}, at="/sign-in/code")
    assert state(face, mia) is None
    days(face, 5)
    assert face.site.acme.mails(mia, MailKind.WAIT_OPEN) == []
    assert "Begin the wait" in face.client().get(f"/wait/{face.site.link(mia, Purpose.WAIT)}").text


def test_the_mailbox_alone_begins_no_wait(face: Face, mia: Person) -> None:
    """Mechanism 5 again: a new password out of the mailbox is right, and yet no link is mailed
    for it, however long the thief waits; the factor stays as it was.
    """
    acme, thief = face.site.acme, face.client()
    before = acme.active(mia)
    asks(thief)
    thief.post("/forgot-password", {"email": mia.email})
    link = f"/password/{acme.token(mia, MailKind.PASSWORD_LINK)}"
    assert thief.post(link, {"password": OTHER_PASSWORD}).status_code == 200
    for _ in range(3):
        thief.password(mia.email, OTHER_PASSWORD)
        assert thief.standing() is Standing.HALF
        asks(thief)
        days(face, 20)
    assert acme.mails(mia, MailKind.WAIT_LINK) == []
    assert state(face, mia) is None
    assert (acme.active(mia), acme.pending(mia)) == (before, None)


def test_the_mailbox_alone_sets_nothing_up_at_the_end_of_a_wait(face: Face, mia: Person) -> None:
    """Mechanism 56 once more: whoever finds the last link has no password for it, and a new
    password out of the mailbox ends wait and link.
    """
    acme, site = face.site.acme, face.site
    begin(face, mia)
    days(face, 3)
    token = acme.token(mia, MailKind.WAIT_OPEN)
    finder = face.client()
    finder.get(f"/recover/{token}")
    assert finder.post(f"/recover/{token}").status_code == 401
    assert acme.pending(mia) is None
    finder.post(f"/password/{site.link(mia, Purpose.PASSWORD)}", {"password": OTHER_PASSWORD})
    assert state(face, mia) is WaitState.STOPPED
    finder.password(mia.email, OTHER_PASSWORD)
    finder.post(f"/recover/{token}", at="/sign-in/code")
    assert finder.standing() is Standing.HALF
    assert acme.pending(mia) is None


def test_both_in_a_hurry_get_in_no_sooner(face: Face, mia: Person) -> None:
    """Password and mailbox together still wait the whole time, and every notice was written."""
    acme = face.site.acme
    begin(face, mia)
    for _ in range(20):
        asks(half_way(face, mia))
    days(face, 2)
    assert state(face, mia) is WaitState.WAITING
    assert len(acme.mails(mia, MailKind.WAIT_NOTICE)) == 3
    assert acme.mails(mia, MailKind.WAIT_OPEN) == []


def test_a_wait_stops_for_its_own_person_alone(face: Face, mia: Person) -> None:
    """Mechanism 60 and 62 for the wait: another's link, another's session, another account, and
    whatever else a form says about whose it is.
    """
    ben = enrolled(face.site, "Ben")
    stop = begin(face, ben)
    begin(face, mia)
    _, stranger = outsider(face.site)
    face.site.acme.store.call(lambda tx: tx.people.set_role(stranger.id, Role.OWNER))
    fields = {"person_id": mia.id, "id": mia.id, "email": mia.email}
    face.client().post(f"/wait/stop/{stop}", fields)
    assert (state(face, ben), state(face, mia)) == (WaitState.STOPPED, WaitState.WAITING)
    for other, status in ((ben, 403), (stranger, 404)):
        client = face.signed_in(other)
        client.post("/profile/stop-recovery", fields, at="/profile")
        answer = client.post(f"/people/{mia.id}/stop-recovery", fields, at="/profile")
        assert answer.status_code == status
    assert state(face, mia) is WaitState.WAITING


def test_no_form_of_another_site_and_no_look_moves_a_wait(
    face: Face, mia: Person, database_url: str
) -> None:
    """Mechanism 59 for the wait: GET and HEAD of every route, and forms without their token or
    from elsewhere, change nothing.
    """
    stop = begin(face, mia)
    clients = (face.signed_in(face.site.acme.owner), half_way(face, mia), face.client())
    begins = face.site.link(mia, Purpose.WAIT)
    paths = [path_of(page) for page in ALL_PAGES if "recovery" in page.path or "wait" in page.path]
    paths += [f"/wait/{begins}", f"/wait/stop/{stop}", NO_PHONE]
    before = facts(database_url)
    for client in clients:
        for path in paths:
            for method in ("GET", "HEAD"):
                client.http.request(method, path)
            for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
                assert client.http.post(path, headers=headers).status_code == 403, path
    assert facts(database_url) == before


def test_the_links_of_the_wait_stand_in_for_no_other(face: Face, mia: Person) -> None:
    """Mechanism 50 for the new kinds: each opens its own door, and no two are alike."""
    acme = face.site.acme
    stop = begin(face, mia)
    begins = face.site.link(mia, Purpose.WAIT)
    days(face, 3)
    ends = acme.token(mia, MailKind.WAIT_OPEN)
    over = acme.token(mia, MailKind.WAIT_OVER)
    assert len({stop, begins, ends, over}) == 4
    doors = {"/wait/stop/": {stop, over}, "/recover/": {ends}, "/wait/": {begins}}
    for door, own in doors.items():
        for token in {stop, begins, ends, over} - own:
            assert face.client().get(door + token).status_code == 404, door
    for token in (stop, begins, ends, over):
        for door in ("/password/", "/invitation/", "/first-admin/", "/address/", "/sign-in/link/"):
            assert face.client().get(door + token).status_code in (404, 410), door


def test_a_second_address_is_added_by_no_stolen_session(face: Face, mia: Person) -> None:
    """Mechanism 57 for the second address: neither added nor removed without a fresh proof; and
    with the mailbox of the second one nobody comes any further.
    """
    client = face.signed_in(mia)
    thief = face.client(peer="203.0.113.9")
    thief.present(client.http.cookies["twofold"], names=("twofold",))
    face.site.clock.advance(301)
    for path in ("/profile/addresses", "/profile/addresses/remove"):
        page = thief.post(path, {"second": "eve@evil.example"}, at="/profile")
        assert "Confirm that it is you" in page.text
    assert face.site.acme.store.call(lambda tx: tx.addresses.of(mia.id)) is None
    finder = face.client()
    finder.post("/forgot-password", {"email": "eve@evil.example"})
    finder.password("eve@evil.example")
    assert finder.standing() is Standing.OUT


def test_old_codes_count_until_the_new_ones_are_proved(face: Face, mia: Person) -> None:
    """Mechanism 58 for the wait: at its end, at the set-up, and until Save."""
    acme = face.site.acme
    begin(face, mia)
    days(face, 3)
    token, old = acme.token(mia, MailKind.WAIT_OPEN), acme.active(mia)
    client = half_way(face, mia)
    way = client.post(f"/recover/{token}", at=f"/recover/{token}").headers["location"]
    client.get(way)
    pending = acme.pending(mia)
    assert pending is not None
    assert acme.active(mia) == old
    client.post(way, {"code": acme.wrong(pending)}, at=way)
    assert acme.active(mia) == old
    assert client.post(way, {"code": acme.code_of(pending)}, at=way).status_code == 303
    assert acme.active(mia).id == pending.id
    assert state(face, mia) is WaitState.USED
