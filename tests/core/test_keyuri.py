"""The URI in the QR code and the name of an entry."""

import base64
from urllib.parse import parse_qsl, unquote, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.core.keyuri import (
    MAX_ISSUER,
    MAX_LABEL,
    MAX_NAME_BYTES,
    MAX_URI,
    PREFERRED_URI,
    account_label,
    entry_name,
    grouped,
    issuer_problem,
    key_text,
    key_uri,
    suggest_issuer,
)
from twofold.core.otp import code_at, step_at

KEY = "FIZAVKVWFJEQ6P65NZHIUBQG3UGNZI5R"
SECRET = base64.b32decode(KEY)
ODD = ":?&%#+/\\"

names = st.text(max_size=60) | st.text(alphabet=ODD + " aé山-", max_size=40)
emails = st.emails() | names.map(lambda text: f"{text}@example.org")


def test_the_key_is_32_characters_in_groups_of_four() -> None:
    """Upper case, no padding, and typing it from the page gives the same bytes."""
    assert key_text(SECRET) == KEY
    assert grouped(KEY) == "FIZA VKVW FJEQ 6P65 NZHI UBQG 3UGN ZI5R"
    assert base64.b32decode(grouped(KEY).replace(" ", "")) == SECRET


@pytest.mark.parametrize("length", [0, 10, 16, 19, 21, 32])
def test_a_secret_of_another_length_is_refused(length: int) -> None:
    """Left-over bits in the key make apps on iPhones refuse it."""
    with pytest.raises(ValueError, match="20 bytes"):
        key_text(b"x" * length)


def test_the_uri_has_the_reference_form() -> None:
    """Letter by letter: lower-case scheme, literal colon, secret first, issuer twice."""
    assert key_uri(SECRET, "Acme Corp", "alice@example.org") == (
        "otpauth://totp/Acme%20Corp:alice%40example.org?secret=FIZAVKVWFJEQ6P65NZHIUBQG3UGNZI5R"
        "&issuer=Acme%20Corp&algorithm=SHA1&digits=6&period=30"
    )


def test_a_long_uri_leaves_the_three_defaults_out() -> None:
    """All three together, at the byte where version 8 of a QR code is full."""
    at_limit = key_uri(SECRET, "Acme Corp", "a" * 32)
    assert len(at_limit) == PREFERRED_URI
    assert at_limit.endswith("&algorithm=SHA1&digits=6&period=30")
    beyond = key_uri(SECRET, "Acme Corp", "a" * 33)
    assert beyond.endswith("&issuer=Acme%20Corp")


@pytest.mark.parametrize(
    ("issuer", "email"),
    [
        ("Acme Corp", "alice@example.org"), ("Müller Co. KG", "jörg.groß@example.de"),
        ("株式会社例", "山田太郎@例え.jp"), ("Acme🔐", "zoë@example.org"),
        ("Acme", "bob+totp@example.org"),
        ("Министерство", "иван.иванов@почта.рф"), ("A" * 30, "b" * 64 + "@example.org"),
        ("R-D", "o'brien@example.org"), ("Acme", "DOMAIN\\bob"), ("Acme", "a=b;c\"d@example.org"),
    ],
)  # fmt: skip
def test_pyotp_reads_the_uri_back(issuer: str, email: str) -> None:
    """An independent and strict parser finds the same names, key and codes."""
    label = account_label(email, issuer)
    read = pyotp.parse_uri(key_uri(SECRET, issuer, label))
    assert isinstance(read, pyotp.TOTP)
    assert (read.issuer, read.name, read.secret) == (issuer, label, KEY)
    assert read.at(1_111_111_109) == code_at(SECRET, step_at(1_111_111_109))


@given(names, emails)
def test_every_uri_keeps_the_rules(name: str, email: str) -> None:
    """Whatever the organisation and the address are called."""
    issuer = suggest_issuer(name)
    label = account_label(email, issuer)
    uri = key_uri(SECRET, issuer, label)
    parts = urlsplit(uri)
    query = parse_qsl(parts.query)
    assert uri.isascii()
    assert len(uri) <= MAX_URI
    assert not set(uri) & set(" +#\\\"'<>")
    assert uri.startswith("otpauth://totp/")
    assert uri.count("?") == 1
    assert uri.count(":") == 2
    assert "/" not in parts.path[1:]
    assert unquote(parts.path[1:]) == f"{issuer}:{label}"
    assert query[:2] == [("secret", KEY), ("issuer", issuer)]
    assert query[2:] in ([], [("algorithm", "SHA1"), ("digits", "6"), ("period", "30")])
    assert len(issuer) <= MAX_ISSUER
    assert len(label) <= MAX_LABEL
    assert len(f"{issuer}:{label}".encode()) <= MAX_NAME_BYTES
    assert not set(label) & set(":?&%#/\\")


@pytest.mark.parametrize(
    ("issuer", "label"),
    [
        ("Acme:Corp", "ann"), ("Acme", "a:b"), ("Acme", ""), ("", "ann"), ("Acme", " ann"),
        ("Acme", "a/b"),
        ("Acme", "a" * 51), ("A+B", "ann"), ("Acme", "a\nb"), ("A" * 30, "山" * 12),
        ("Acme", "a\u202eb"),
    ],
)  # fmt: skip
def test_names_that_were_not_made_here_are_refused(issuer: str, label: str) -> None:
    """A URI that some app would read otherwise is never made."""
    with pytest.raises(ValueError, match="names"):
        key_uri(SECRET, issuer, label)


@pytest.mark.parametrize(
    "text",
    [
        "Acme",
        "Acme Corp",
        "Müller GmbH",
        "株式会社例",
        "Acme🔐",
        "R-D",
        "A" * 30,
        "O'Brien (EU), Ltd.",
    ],
)
def test_an_issuer_that_apps_read_alike_is_taken(text: str) -> None:
    """Letters of every script, single blanks and inner hyphens."""
    assert issuer_problem(text) is None
    assert suggest_issuer(text).startswith(text.rstrip("."))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Enter"), ("  ", "Enter"), ("\u200d", "Enter"), ("A" * 31, "30 characters"),
        (" Acme", "blank at"), ("Acme ", "blank at"), ("A  B", "one plain blank"),
        ("A\xa0B", "one plain blank"),
        ("A\nB", "cannot be seen"), ("A\0B", "cannot be seen"), ("A\u202eB", "cannot be seen"),
        ("A\u200bB", "cannot be seen"), ("A\u2028B", "cannot be seen"),
        ("A\ud800", "cannot be seen"),
        ("e\u0301cole", "put together"), ("Министерство образования", "room"), ("会" * 10, "room"),
        *((f"A{odd}B", f"Leave out {odd}") for odd in ODD),
    ],
)  # fmt: skip
def test_an_issuer_that_some_app_misreads_is_refused_with_the_reason(text: str, told: str) -> None:
    """The sentence says which character or what else, and what to do."""
    sentence = issuer_problem(text)
    assert sentence is not None
    assert told in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("name", "issuer"),
    [
        ("Acme Corp", "Acme Corp"), ("  Acme   Corp ", "Acme Corp"),
        ("Müller & Co. KG", "Müller Co. KG"),
        ("R&D", "R-D"), ("https://auth.example.org", "https-auth.example.org"),
        ("Team: Blue", "Team Blue"),
        ("50% off", "50 off"), ("A/B\\C", "A-B-C"), ("::::", "Organisation"), ("", "Organisation"),
        ("The Very Long Name of an Organisation Ltd", "The Very Long Name of an"),
        ("A" * 99, "A" * 30),
        ("Министерство образования и науки", "Министерство"), ("e\u0301cole", "école"),
        ("\u202eevil", "evil"),
    ],
)  # fmt: skip
def test_an_organisations_name_becomes_an_issuer(name: str, issuer: str) -> None:
    """Recognisable, and safe in every app."""
    assert suggest_issuer(name) == issuer


@given(names)
def test_every_suggestion_is_taken(name: str) -> None:
    """So that nobody is stopped by the name of the organisation."""
    assert issuer_problem(suggest_issuer(name)) is None


@pytest.mark.parametrize(
    ("email", "label"),
    [
        ("ann@example.org", "ann@example.org"), ("bob+x@example.org", "bob+x@example.org"),
        ("DOMAIN\\bob", "DOMAIN-bob"), ("a:b?c&d%e#f/g@x.org", "a-b-c-d-e-f-g@x.org"),
        ("", "account"),
        ("a" * 64 + "@example.org", "a" * 35 + "...@example.org"),
        ("ann@" + "department." * 6 + "org", "ann@department.department.department.department..."),
    ],
)  # fmt: skip
def test_an_address_becomes_a_label(email: str, label: str) -> None:
    """As it is where it fits; otherwise its start and, if short, its domain."""
    assert account_label(email, "Acme Corp") == label


def test_another_entry_of_the_same_person_gets_another_label() -> None:
    """An app would overwrite the older entry without a word."""
    taken = ["ann@example.org"]
    for number in range(2, 12):
        label = account_label("ann@example.org", "Acme", taken=taken)
        assert label == f"ann@example.org ({number})"
        taken.append(label)
    assert account_label("ann@example.org", "Acme", taken=["ANN@example.org"]).endswith(" (2)")
    assert account_label("ann@example.org", "Acme", taken=["bob@example.org"]) == "ann@example.org"


@given(names, emails, st.integers(min_value=0, max_value=12))
def test_a_label_is_never_one_that_is_taken(name: str, email: str, count: int) -> None:
    """However long the address is and however many there are."""
    issuer = suggest_issuer(name)
    taken: list[str] = []
    for _ in range(count):
        label = account_label(email, issuer, taken=taken)
        assert label.casefold() not in {text.casefold() for text in taken}
        assert key_uri(SECRET, issuer, label)
        taken.append(label)


def test_the_entry_is_named_as_apps_show_it() -> None:
    """Issuer, colon, blank, account."""
    assert entry_name("Acme Corp", "ann@example.org") == "Acme Corp: ann@example.org"
