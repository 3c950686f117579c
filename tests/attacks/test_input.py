"""Class 8: input that is taken for something else, and answers that tell. Mechanisms 69 to 72."""

import re
from itertools import product
from urllib.parse import quote

import pytest
from httpx2 import Response

from tests.attacks.faces import COOKIES, Client, Face, Standing
from tests.attacks.scene import add, half_way
from tests.attacks.test_guessing import SAME, codes_counted, passwords_counted
from tests.core.test_otp import COUNTS, EMPTY, NOT_DIGITS
from twofold.core import otp, throttle
from twofold.core.mail import MailKind
from twofold.core.people import Person
from twofold.core.tokens import Purpose
from twofold.flows import people

PARTS = ("", "0", "1234", "null", "[]", "\u0661", "--")
MARKS = ".,;:!?/\\|~^*=&%$#@"
WORDS = ["true", "false", "null", "None", "NaN", "Infinity", "undefined", "{}", "[123456]", "1e5"]
ODD = sorted(
    {
        *(text for text in (*EMPTY, *NOT_DIGITS) if text.isprintable()),
        *(text for text, _ in COUNTS),
        *(f"{first}{second}" for first, second in product(PARTS, repeat=2)),
        *(digits + mark for digits, mark in product(("", "12345", "123456"), MARKS)),
        *(str(number) for number in range(0, 99_999, 501)),
        *("0" * count for count in (1, 2, 3, 4, 5, 7, 8, 63, 64, 65, 999)),
        *WORDS,
    }
)


def test_the_corpus_is_as_large_as_promised() -> None:
    """Five hundred odd values, none of them six digits."""
    assert len(ODD) >= 500
    assert [text for text in ODD if re.fullmatch("[0-9]{6}", text)] == []


def test_nothing_but_six_digits_is_a_code(face: Face, mia: Person) -> None:
    """Mechanism 69: empty, short, other scripts, arrays and words are no code, and no guess."""
    client = half_way(face, mia)
    csrf = client.csrf("/sign-in/code")
    for text in ODD:
        answer = client.post("/sign-in/code", {"code": text, "csrf": csrf})
        assert answer.status_code in (400, 422), text
        answer = client.post("/sign-in/code", {"code[]": text, "codes": text, "csrf": csrf})
        assert answer.status_code == 422
    assert client.standing() is Standing.HALF
    assert codes_counted(face.site, mia) == 0


def test_a_leading_zero_belongs_to_the_code(face: Face, mia: Person) -> None:
    """Mechanism 69 again: a code is a text, not a number."""
    acme = face.site.acme
    face.site.clock.advance(90)
    while not acme.code(mia).startswith("0"):
        face.site.clock.advance(30)
    code = acme.code(mia)
    client = half_way(face, mia)
    for shorter in (code[1:], code.lstrip("0"), str(int(code)), f"{int(code)}.0"):
        assert client.code(shorter).status_code == 422
    assert client.code(code).status_code == 303


def damaged(token: str) -> list[str]:
    """The token cut, lengthened, re-cased, padded, and in other types."""
    return [token[:-1], token[1:], token[:22], token + "A", token + "=", token.swapcase(),
            token.lower(), f" {token}x", f"{token},{token}", "", "0", "null", "*", "%", "_" * 43,
            token[:-1] + ("A" if token[-1] != "A" else "B")]  # fmt: skip


def test_no_part_of_a_token_is_the_token(face: Face, mia: Person) -> None:
    """Mechanism 70: sessions, half-finished sign-ins, browsers and links by their full token."""
    client, half = face.signed_in(mia), half_way(face, mia)
    for name, token in (*client.http.cookies.items(), *half.http.cookies.items()):
        for text in damaged(token):
            thief = face.client()
            thief.http.headers["cookie"] = f"{name}={text}"
            assert thief.standing() is Standing.OUT
    for purpose in (Purpose.PASSWORD, Purpose.ENROL):
        link = face.site.link(mia, purpose)
        for text in damaged(link):
            answer = face.client().get(f"/{purpose.value}/{quote(text, safe='')}")
            assert answer.status_code in (404, 405)


def test_an_id_is_no_token(face: Face, mia: Person) -> None:
    """Mechanism 70 again: what the database names rows by opens nothing from outside."""
    client = face.signed_in(mia)
    session = face.site.acme.store.call(lambda tx: tx.sessions.of(mia.id))[0]
    for text in (session.id, mia.id, str(session.browser_id), mia.email, "1", "true"):
        thief = face.client()
        thief.present(text, names=COOKIES)
        assert thief.standing() is Standing.OUT
    assert client.standing() is Standing.IN


def test_every_spelling_of_an_address_is_asked_for_the_code(face: Face, mia: Person) -> None:
    """Mechanism 71: case, blanks and look-alike widths decide nothing about the second step."""
    for spelling in SAME:
        client = face.client()
        assert client.password(spelling).status_code == 303, spelling
        assert client.standing() is Standing.HALF


def test_all_of_a_password_counts(face: Face) -> None:
    """Mechanism 71 again: nothing is cut off after 72 bytes, at a NUL or at the end."""
    long = "x" * 72 + " and what comes after it"
    ben = face.site.acme.add("Ben")
    ben = face.site.give_password(ben, long)
    for other in (long[:72], long[:-1], long + "x", long + " ", long.upper(), "x" * 72 + "y" * 24):
        assert face.client().password(ben.email, other).status_code == 422
        face.site.clock.advance(60 * 60)
    client = face.client()
    assert client.password(ben.email, long).status_code == 303


# ---- what answers tell ---------------------------------------------------------------------


def seen(answer: Response, email: str) -> tuple[int, str, list[tuple[str, str]]]:
    """Status, bytes and headers, but for the address that was typed and new cookies' values."""
    cookie = re.compile(r"=[A-Za-z0-9_-]{43};")
    headers = [(n, cookie.sub("=;", v)) for n, v in answer.headers.items() if n != "content-length"]
    return answer.status_code, answer.text.replace(email, "EMAIL"), headers


def everybody(face: Face, mia: Person) -> dict[str, str]:
    """Addresses about which nothing is to be learnt, by what they are."""
    acme = face.site.acme
    invited = acme.add("Ivy", invited=True)
    disabled = add(face.site, "Dan")
    acme.call(people.set_disabled, actor=acme.owner, person_id=disabled.id, disabled=True)
    waiting = add(face.site, "Wim")
    for number in range(throttle.SP800_63B4_LADDER.free_passwords + 1):
        face.client(peer=f"198.51.103.{number}").password(waiting.email, "wrong")
    stopped = add(face.site, "Sue")
    acme.enrol(stopped)
    acme.store.call(lambda tx: tx.authenticators.disable(stopped.id, at=acme.now))
    return {"enrolled": mia.email, "not enrolled": add(face.site, "Ned").email,
            "unknown": "nobody@acme.example", "elsewhere": "nobody@other.example",
            "invited": invited.email, "disabled": disabled.email, "waiting": waiting.email,
            "stopped": stopped.email}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/sign-in", {"password": "not the one"}),
        ("/forgot-password", {}),
        ("/sign-in/link", {}),
    ],
)
def test_no_answer_tells_who_is_here(
    face: Face, mia: Person, path: str, fields: dict[str, str]
) -> None:
    """Mechanism 72: status, bytes, headers and cookies are the same for everybody."""
    answers = {}
    for number, (what, email) in enumerate(everybody(face, mia).items()):
        client = face.client(peer=f"198.51.104.{number}")
        answers[what] = seen(client.post(path, {"email": email, **fields}), email)
    for what, answer in answers.items():
        assert answer == answers["unknown"], what


def test_a_right_password_in_a_wait_reads_like_a_wrong_one(face: Face, mia: Person) -> None:
    """Mechanism 72 again: and is not looked at."""
    email = everybody(face, mia)["waiting"]
    wrong = seen(face.client(peer="203.0.113.1").password(email, "wrong"), email)
    assert seen(face.client(peer="203.0.113.2").password(email), email) == wrong
    ghost = "ghost@acme.example"
    for number in range(throttle.SP800_63B4_LADDER.free_passwords + 1):
        answer = face.client(peer=f"203.0.113.{10 + number}").password(ghost, "wrong")
        assert seen(answer, ghost) == wrong


def test_waiting_tells_nothing_about_who_exists(face: Face, mia: Person) -> None:
    """Mechanism 72 again: an address of nobody is counted as one of somebody."""
    for number in range(3):
        face.client(peer=f"203.0.113.{number}").password("ghost@acme.example", "wrong")
        face.client(peer=f"203.0.113.{number}").password(" GHOST@acme.example", "wrong")
    counted = face.site.world.store.call(
        lambda tx: tx.counters.peek([f"pw:name:{tx.keyed_digest('name', 'ghost@acme.example')}"])
    )
    assert len(counted) == 1
    assert all("ghost" not in key for key in counted)
    assert len(throttle.unpacked(next(iter(counted.values()))).failures) == 5
    assert passwords_counted(face.site, mia) == 0


def refused(client: Client, code: str) -> str:
    """What the page says about a code, without what was typed and without the form's token."""
    text = client.code(code).text.replace(code, "CODE")
    return re.sub(r'name="csrf" value="[^"]+"', "", text)


def test_a_used_code_reads_like_any_other_refusal(face: Face, mia: Person) -> None:
    """Mechanism 72 for codes: used, wrong, two steps away: one page."""
    acme = face.site.acme
    used = acme.code(mia)
    half_way(face, mia).code(used)
    pages = []
    for code in (used, acme.wrong(acme.active(mia)), acme.code(mia, steps=-2)):
        pages.append(refused(half_way(face, mia), code))
        acme.store.call(lambda tx: tx.counters.drop([f"code:person:{mia.id}"]))
    assert pages[0] == pages[1] == pages[2]
    assert otp.parse_code(used) == used


def test_a_mailed_link_tells_strangers_nothing(face: Face, mia: Person) -> None:
    """Mechanism 72 for links: a used one reads like none at all, and a real one names nobody."""
    asked = face.client()
    asked.post("/sign-in/link", {"email": mia.email})
    link = f"/sign-in/link/{face.site.mailed(mia, MailKind.BROWSER_LINK)}"
    shown = face.client().get(link)
    assert shown.status_code == 200
    assert mia.email not in shown.text
    assert asked.post(link).status_code == 200
    used = face.client().get(link)
    none = face.client().get(f"/sign-in/link/{'x' * 43}")
    assert (used.status_code, used.text) == (none.status_code, none.text)
