"""Class 7: secrets at rest and in answers. Mechanisms 64 to 68."""

import base64
import io
import re

from tests.attacks.dump import bytes_of
from tests.attacks.faces import Client, Face, Standing
from tests.attacks.scene import OTHER_PASSWORD, enrolled, forms_of, half_way, mails_of
from tests.faces.conftest import PASSWORD
from tests.faces.routes import path_of
from twofold.core.desk import Act
from twofold.core.mail import MailKind
from twofold.core.people import Person, Role
from twofold.web.app import ALL_PAGES

TYPED = "a phrase that was typed here"


def every_page(client: Client, person: Person) -> list[str]:
    """Bodies and headers of every page that the client can look at."""
    said = []
    for page in ALL_PAGES:
        if page.get is not None and page.path != "/profile/set-up":
            answer = client.get(path_of(page).replace("no-such-id", person.id))
            said.append(answer.text + str(answer.headers))
    return said


def test_no_secret_stands_anywhere_in_clear(
    face: Face, mia: Person, database_url: str, logged: io.StringIO
) -> None:
    """Mechanism 64: not on any page of the person or of an owner, not in a mail, an export, a log
    line or the database with its files.
    """
    site = face.site
    mias, owner = face.signed_in(mia), face.signed_in(site.acme.owner)
    secret = site.acme.active(mia).secret
    said = every_page(mias, mia) + every_page(owner, mia) + mails_of(site, mia)
    files = [
        owner.post(f"/account/activity.{kind}", at="/account/activity") for kind in ("csv", "json")
    ]
    assert [answer.status_code for answer in files] == [200, 200]
    said += [answer.text for answer in files]
    half = half_way(face, mia)
    half.wrong_code(mia)
    said += every_page(half, mia) + [str(event.data) for event in site.acme.events()]
    said.append(logged.getvalue())
    stored = bytes_of(database_url)
    for form in forms_of(secret):
        assert [text[:80] for text in said if form in text] == []
        assert form.encode() not in stored
    assert secret not in stored
    for client in (mias, owner, half):
        for token in client.http.cookies.values():
            assert token.encode() not in stored
            assert [text[:80] for text in said if token in text and "set-cookie" not in text] == []


def test_a_secret_is_shown_while_it_is_set_up_and_never_again(face: Face, mia: Person) -> None:
    """Mechanism 65: in answers that no cache keeps, after a fresh proof; afterwards the page
    shows another secret.
    """
    acme = face.site.acme
    client = face.signed_in(mia)
    page = client.get("/profile/set-up")
    assert page.headers["cache-control"] == "no-store"
    pending = acme.pending(mia)
    assert pending is not None
    shown = [form for form in forms_of(pending.secret) if form in page.text]
    assert shown
    face.site.clock.advance(60)
    client.post("/profile/set-up/save", {"code": acme.code_of(pending)}, at="/profile/set-up")
    assert acme.active(mia).secret == pending.secret
    again = client.get("/profile/set-up").text
    for form in forms_of(pending.secret):
        assert form not in again
    assert "otpauth:" not in client.get("/profile").text


def test_nothing_of_the_password_is_kept_between_the_steps(
    face: Face, mia: Person, database_url: str
) -> None:
    """Mechanism 66: the half-finished sign-in holds neither the password nor a verifier of it."""
    client = half_way(face, mia)
    client.get("/sign-in/code")
    stored = bytes_of(database_url)
    assert PASSWORD.encode() not in stored
    row = client.site.world.store.call(lambda tx: tx.people.credential(mia.id))
    assert row.encoded is not None
    assert stored.count(row.encoded.encode()) <= 4
    for value in client.http.cookies.values():
        assert PASSWORD not in value
        assert base64.b64encode(PASSWORD.encode()).decode() not in value


def test_setting_up_again_makes_another_secret(face: Face, mia: Person) -> None:
    """Mechanism 67: after an admin ended it, the old codes are worth nothing for good."""
    acme = face.site.acme
    old = acme.active(mia)
    acme.help(mia, Act.INVITE, stolen=True)
    acme.set_up_by_invitation(mia)
    face.site.clock.advance(60)
    assert acme.active(mia).secret != old.secret
    client = half_way(face, mia)
    client.code(acme.code_of(old))
    assert client.standing() is Standing.HALF
    client.right_code(mia)
    assert client.standing() is Standing.IN


def test_a_set_up_that_was_given_up_is_not_offered_again(face: Face, mia: Person) -> None:
    """Mechanism 67 again: whoever saw the first secret knows nothing of the second."""
    client = face.signed_in(mia)
    client.get("/profile/set-up")
    first = face.site.acme.pending(mia)
    client.post("/profile/set-up/cancel", at="/profile/set-up")
    client.get("/profile/set-up")
    second = face.site.acme.pending(mia)
    assert first is not None
    assert second is not None
    assert first.secret != second.secret


TOKENED = re.compile(r"[A-Za-z0-9_-]{43}")


def test_no_log_line_and_no_address_holds_a_secret(face: Face, logged: io.StringIO) -> None:
    """Mechanism 68: what was typed, shown and handed out is in no log; a token is in an address
    only where it is that of a mailed link.
    """
    ann = enrolled(face.site, "Ann", Role.ADMIN)
    client = face.signed_in(ann)
    client.password("somebody@acme.example", TYPED)
    half = half_way(face, ann)
    half.code("918273")
    client.post("/confirm", {"code": "817263", "next_code": "716253"}, at="/confirm")
    face.client().post("/forgot-password", {"email": ann.email})
    link = f"/password/{face.site.mailed(ann, MailKind.PASSWORD_LINK)}"
    face.client().post(link, {"password": OTHER_PASSWORD})
    secrets = [TYPED, PASSWORD, OTHER_PASSWORD, "918273", "817263", "716253", link[10:],
               *client.http.cookies.values(), *half.http.cookies.values()]  # fmt: skip
    for secret in secrets:
        assert secret not in logged.getvalue()
    for answer in (*client.answers, *half.answers):
        led = answer.headers.get("location", "")
        links = [led, *re.findall(r'(?:href|action|src)="([^"]*)"', answer.text)]
        assert [url for url in links if TOKENED.search(url)] == []
