"""The attacker on the telephone, and what a captured help desk can do. Mechanism 61 again."""

import io

import pytest

from tests.attacks.dump import bytes_of, facts
from tests.attacks.faces import Client, Face, Standing
from tests.attacks.scene import add, enrolled, forms_of, half_way, mails_of
from tests.attacks.test_secrets import every_page
from tests.faces.conftest import text_of
from tests.world import GROUNDS
from twofold.core.desk import Act
from twofold.core.mail import MailKind
from twofold.core.people import MINUTE, Person, Role
from twofold.core.tokens import Purpose

TOLD = {
    Act.UNLOCK: MailKind.UNLOCKED,
    Act.PASS: MailKind.PASS_MADE,
    Act.INVITE: MailKind.SET_UP_AGAIN,
    Act.SIGN_OUT: MailKind.SIGNED_OUT,
}


@pytest.fixture
def hana(face: Face) -> Client:
    """Somebody of the help desk, signed in a moment ago."""
    return face.signed_in(enrolled(face.site, "Hana", Role.HELPDESK))


def path(person: Person, act: Act) -> str:
    """The page of one act for somebody."""
    return f"/people/{person.id}/desk/{act.value}"


def pass_of(answer_text: str) -> str:
    """The temporary pass on the page that shows it."""
    return answer_text.split('<p class="pass-code"><code>')[1].split("<")[0]


@pytest.mark.parametrize("act", list(Act))
def test_a_caller_in_a_hurry_moves_nobody(
    face: Face, mia: Person, hana: Client, database_url: str, act: Act
) -> None:
    """“Never mind the ticket, I am about to board”: without a proof from the list, a ticket and a
    reason nothing is done, whatever else the form says; one missing is as bad as all.
    """
    before, mails = facts(database_url), face.site.acme.mails(mia)
    whole = GROUNDS.data
    for fields in (
        {},
        *({**whole, name: ""} for name in whole),
        {**whole, "proof": "She knew her birthday and her staff number"},
        {**whole, "reason": "x"},
    ):
        answer = hana.post(path(mia, act), {**fields, "phone": "stolen"}, at=path(mia, act))
        assert answer.status_code == 422
    assert facts(database_url) == before
    assert face.site.acme.mails(mia) == mails


@pytest.mark.parametrize("act", list(Act))
def test_whoever_never_called_reads_who_was_believed_and_why(
    face: Face, mia: Person, hana: Client, act: Act
) -> None:
    """At once, by mail: name of the helper, proof, ticket, reason, and what to do. The log too."""
    assert hana.post(path(mia, act), GROUNDS.data, at=path(mia, act)).status_code == 200
    assert len(face.site.acme.mails(mia, TOLD[act])) == 1
    newest = mails_of(face.site, mia)[0]
    for said in ("Hana", *GROUNDS.data.values(), "f you did not ask for it"):
        assert said in newest
    event = face.site.acme.events()[0]
    assert GROUNDS.data.items() <= event.data.items()


def test_the_help_desk_sees_no_secret(face: Face, mia: Person, hana: Client) -> None:
    """On no page it can open and in no answer to an act: no key, no code, no link, no password."""
    acme = face.site.acme
    said = []
    for act in Act:
        answer = hana.post(path(mia, act), GROUNDS.data, at=path(mia, act))
        said.append(answer.text + str(answer.headers))
    said += every_page(hana, mia)
    encoded = acme.store.call(lambda tx: tx.people.credential(mia.id)).encoded
    assert encoded is not None
    secrets = [*forms_of(acme.active(mia).secret), encoded, acme.token(mia, MailKind.SET_UP_AGAIN)]
    secrets += [acme.code(mia, steps=n) for n in (-1, 0, 1)]
    for secret in secrets:
        assert [text[:80] for text in said if secret in text] == []


def test_a_pass_stands_on_the_one_page_that_shows_it(
    face: Face, mia: Person, hana: Client, database_url: str, logged: io.StringIO
) -> None:
    """Canary: made, mistyped, used; in no mail, event, log line, other page, and not in the
    database with its files.
    """
    site = face.site
    shown = hana.post(path(mia, Act.PASS), GROUNDS.data, at=path(mia, Act.PASS))
    assert shown.headers["cache-control"] == "no-store"
    code = pass_of(shown.text)
    client = half_way(face, mia)
    typed = {"recovery_code": code[:-1] + ("0" if code[-1] != "0" else "1")}
    client.post("/sign-in/code/recovery", typed, at="/sign-in/code/recovery")
    done = client.post(
        "/sign-in/code/recovery", {"recovery_code": code}, at="/sign-in/code/recovery"
    )
    assert client.standing() is Standing.IN, text_of(done)
    said = every_page(hana, mia) + every_page(client, mia) + mails_of(site, mia)
    said += every_page(face.signed_in(site.acme.owner), mia)
    said += [str(event.data) for event in site.acme.events()]
    said += [done.text, str(done.headers), logged.getvalue(), str(shown.headers)]
    stored = bytes_of(database_url)
    for form in (code, code.replace("-", ""), code.lower()):
        assert [text[:80] for text in said if form in text] == []
        assert form.encode() not in stored


def test_a_captured_session_of_the_help_desk_does_nothing_without_a_fresh_code(
    face: Face, mia: Person, hana: Client, database_url: str
) -> None:
    """Mechanism 57 again: every act asks for a proof of the last five minutes."""
    face.site.clock.advance(5 * MINUTE + 1)
    before = facts(database_url)
    for act in Act:
        answer = hana.post(path(mia, act), GROUNDS.data, at=path(mia, act))
        assert 'action="/confirm"' in answer.text
    assert facts(database_url) == before


def test_a_pass_is_half_of_a_sign_in_and_no_proof_of_a_factor(
    face: Face, mia: Person, hana: Client, database_url: str
) -> None:
    """Mechanism 57 and 55 again: without the password it opens nothing; with it, every form that
    asks for a fresh factor asks for a code of the authenticator, which the session has not.
    """
    answer = hana.post(path(mia, Act.PASS), GROUNDS.data, at=path(mia, Act.PASS))
    code = pass_of(answer.text)
    thief = face.client()
    thief.post("/sign-in/code/recovery", {"recovery_code": code})
    assert thief.standing() is Standing.OUT
    client = half_way(face, mia)
    client.post("/sign-in/code/recovery", {"recovery_code": code}, at="/sign-in/code/recovery")
    assert client.standing() is Standing.IN
    before = facts(database_url)
    for form in ("/profile/recovery-codes", "/profile/password"):
        asked = client.post(form, {"current": "x", "password": "y"}, at="/profile")
        assert 'name="code"' in asked.text, form
    assert facts(database_url) == before
    assert client.get("/profile/set-up").status_code == 200


@pytest.mark.parametrize("role", [Role.MEMBER, Role.HELPDESK])
def test_what_waits_for_a_second_admin_is_out_of_reach(
    face: Face, role: Role, database_url: str
) -> None:
    """Mechanism 60 and 61: its pages, its buttons and the list of proofs, by anybody who is no
    admin; the request of another account does not exist.
    """
    acme = face.site.acme
    adam = enrolled(face.site, "Adam", Role.ADMIN)
    add(face.site, "Otto", Role.OWNER)
    acme.help(adam, Act.PASS)
    (request,) = acme.store.call(lambda tx: tx.desk.waiting(acme.account_id, acme.now))
    client = face.signed_in(enrolled(face.site, "Eve", role))
    before = facts(database_url)
    own = f"/account/requests/{request.id}"
    for page in ("/account/requests", own, "/account/proofs"):
        assert client.get(page).status_code == 403
    for form in (f"{own}/confirm", f"{own}/refuse", "/account/proofs"):
        answer = client.post(form, {"proofs": "He said so"}, at="/profile")
        assert answer.status_code == 403
    assert facts(database_url) == before


def test_a_set_up_link_of_the_help_desk_opens_nothing_by_itself(
    face: Face, mia: Person, hana: Client
) -> None:
    """Mechanism 56 again: neither the mailbox without the password, nor somebody else with it."""
    hana.post(path(mia, Act.INVITE), GROUNDS.data, at=path(mia, Act.INVITE))
    link = f"/recover/{face.site.mailed(mia, MailKind.SET_UP_AGAIN)}"
    finder = face.client()
    assert finder.get(link).status_code == 200
    assert finder.post(link).status_code == 401
    other = half_way(face, enrolled(face.site, "Ben"))
    assert other.post(link, at="/sign-in/code").status_code == 410
    assert other.standing() is Standing.HALF
    enrol = f"/enrol/{face.site.link(mia, Purpose.ENROL)}"
    assert other.get(enrol).status_code in (303, 404, 410, 200)
    assert face.site.acme.pending(mia) is None
    client = half_way(face, mia)
    done = client.post(link, at=link)
    assert done.headers["location"].startswith("/enrol/")
