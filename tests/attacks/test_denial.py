"""Class 5: keeping others out, or the product busy. Mechanisms 51 to 54."""

import threading

import pytest

from tests.attacks.faces import Face, Standing
from tests.attacks.scene import add, half_way
from tests.attacks.test_guessing import passwords_counted
from twofold.core import throttle
from twofold.core.mail import MailKind
from twofold.core.people import DAY, HOUR, MINUTE, Person

LADDER = throttle.SP800_63B4_LADDER


def test_wrong_passwords_of_strangers_stop_no_known_browser(face: Face, mia: Person) -> None:
    """Mechanism 51: after a day of them, from everywhere, the owner is in at once where they have
    signed in before, and with a mailed link where they have not.
    """
    known = face.signed_in(mia)
    known.post("/sign-out", at="/sign-out")
    for number in range(LADDER.link_after_passwords):
        face.client(peer=f"198.51.{number // 250}.{number % 250}").password(mia.email, "wrong")
        face.site.clock.advance(min(1 << max(number - 4, 0), LADDER.longest_wait))
    assert passwords_counted(face.site, mia) >= 90
    face.site.clock.advance(30)
    while passwords_counted(face.site, mia) < LADDER.link_after_passwords:
        face.client(peer="198.51.200.1").password(mia.email, "wrong")
        face.site.clock.advance(LADDER.longest_wait)
    assert known.password(mia.email).status_code == 303
    assert known.right_code(mia).status_code == 303
    assert known.standing() is Standing.IN
    new = face.client(peer="203.0.113.77")
    assert new.password(mia.email).status_code == 422
    new.post("/sign-in/link", {"email": mia.email})
    link = f"/sign-in/link/{face.site.mailed(mia, MailKind.BROWSER_LINK)}"
    assert new.post(link).status_code == 200
    face.site.clock.advance(60)
    assert new.password(mia.email).status_code == 303
    assert new.right_code(mia).status_code == 303
    assert new.standing() is Standing.IN


LONG = "x" * 1025
ODD = ("", " ", "\t", LONG, "é" * 513, "\ud7ff", "\u202e", "' OR 1=1 --", "{{7*7}}", "%00", "../..",
       "\U0001f600" * 200, "\u0301" * 900, "a" * 60_000)  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_no_input_breaks_or_blocks_a_check(face: Face, mia: Person, text: str) -> None:
    """Mechanism 52: blank, endless and odd texts in every field of both steps are refused."""
    client = face.client()
    for email, password in ((text, "x"), (mia.email, text), (text, text)):
        assert client.password(email, password).status_code in (413, 422)
    client = half_way(face, mia)
    for first, second in ((text, ""), (text, text), ("123456", text)):
        assert client.code(first, second).status_code in (413, 422)
    assert client.standing() is Standing.HALF


def test_a_password_beyond_the_limit_is_never_hashed(face: Face, mia: Person) -> None:
    """Mechanism 52 again: 1,024 bytes are the most; what is longer costs no work and no try."""
    client = face.client()
    for password in (LONG, "é" * 513):
        assert client.password(mia.email, password).status_code == 422
    assert passwords_counted(face.site, mia) == 0
    client.password(mia.email, "x" * 1024)
    assert passwords_counted(face.site, mia) == 1


def test_a_full_hashing_pool_says_so_and_leaves_codes_alone(face: Face, mia: Person) -> None:
    """Mechanism 53: what does not fit into the queue is 503 at once; somebody who is at the code
    already goes on.
    """
    waiting, gate = half_way(face, mia), threading.Event()
    hasher = face.site.hasher
    taken = 0
    while hasher._room.acquire(blocking=False):
        hasher._pool.submit(gate.wait)
        taken += 1
    try:
        answer = face.client(peer="198.51.100.1").password(mia.email)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert waiting.right_code(mia).status_code == 303
        assert waiting.standing() is Standing.IN
    finally:
        gate.set()
        for _ in range(taken):
            hasher._room.release()
    assert face.client(peer="198.51.100.2").password(mia.email).status_code == 303


KINDS = (MailKind.PASSWORD_LINK, MailKind.BROWSER_LINK, MailKind.CODE_LINK, MailKind.ENROL_LINK)


def ask(face: Face, person: Person, kind: MailKind) -> None:
    """Ask for one more mail, in a browser of its own."""
    client = face.client(peer=f"198.51.100.{face.site.clock.now() % 250}")
    if kind is MailKind.PASSWORD_LINK:
        client.post("/forgot-password", {"email": person.email})
    elif kind is MailKind.BROWSER_LINK:
        client.post("/sign-in/link", {"email": person.email})
    else:
        client.password(person.email)
        page = "/sign-in/code" if kind is MailKind.CODE_LINK else "/set-up"
        client.post(f"{page}/send-link", at=page)


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_bombed_with_mails(face: Face, mia: Person, kind: MailKind) -> None:
    """Mechanism 54: three in fifteen minutes and ten in a day of each kind, whoever asks."""
    person = mia
    if kind is MailKind.ENROL_LINK:
        person = add(face.site, "Ben")
        face.site.acme.switch_on()
    for _ in range(5):
        ask(face, person, kind)
    assert len(face.site.acme.mails(person, kind)) == 3
    for _ in range(20):
        face.site.clock.advance(15 * MINUTE + 1)
        ask(face, person, kind)
    assert len(face.site.acme.mails(person, kind)) == 10
    face.site.clock.advance(DAY - 4 * HOUR)
    ask(face, person, kind)
    assert len(face.site.acme.mails(person, kind)) == 11
