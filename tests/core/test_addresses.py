"""Which addresses and names can be used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.core.addresses import MAX_BYTES, MAX_NAME, name_problem, problem
from twofold.core.people import email_key


@pytest.mark.parametrize(
    "email",
    [
        "ann@example.org", " ann@example.org ", "ann@example.org\n", "ann@localhost",
        "ANN@LOCALHOST",
        "a@b.c", "ann+work@example.org", "ann.o'brien@example.co.uk", "ann_m@example.org",
        "-@example.org",
        "ü@münchen.de", "ann@xn--mnchen-3ya.de", "山田@例え.jp", "иван@почта.рф",
        "कन्@उदाहरण.भारत",
        "!#$%&*+/=?^_`{|}~@example.org", "1@2.de", "a@" + "x" * 63 + ".de",
        "x" * 64 + "@example.org",
    ],
)  # fmt: skip
def test_an_address_of_any_script_is_taken(email: str) -> None:
    """With plus parts, apostrophes and domains outside ASCII."""
    assert problem(email) is None


@pytest.mark.parametrize(
    ("email", "told"),
    [
        ("", "Enter"), ("   ", "Enter"), ("\n", "Enter"), ("ann", "one @"),
        ("ann.example.org", "one @"),
        ("a@b@example.org", "one @"), ("a＠b@example.org", "one @"), ("ann＠example.org", "one @"),
        ("@example.org", "nothing before"), ("ann@", "dot"), ("@", "nothing before"),
        ("ann@example", "dot"),
        ("ann@.org", "mail domain"), ("ann@example.", "mail domain"),
        ("ann@example..org", "mail domain"),
        ("ann@-example.org", "mail domain"), ("ann@example-.org", "mail domain"),
        ("ann@exa_mple.org", "mail domain"), ("ann@exa!mple.org", "mail domain"),
        ("ann@\u0301.org", "mail"),
        ("ann@" + "x" * 64 + ".org", "mail domain"), ("a b@example.org", "blank"),
        ("ann@exam ple.org", "blank"),
        ("a\xa0b@example.org", "blank"), ("a\tb@example.org", "blank"),
        ("a\nBcc: b@example.org", "blank"),
        ("a\r\n@example.org", "blank"), ("a\0b@example.org", "cannot be seen"),
        ("ann@example.org\0", "cannot"),
        ("a\x7f@example.org", "cannot"), ("a\u200b@example.org", "cannot"),
        ("a\u202e@example.org", "cannot"),
        ("\ud800@example.org", "cannot"), ("a,b@example.org", ","),
        ("a@example.org,b@example.org", ","),
        ("a;b@example.org", ";"), ("<a@example.org>", "<"), ("Ann <a@example.org>", "blank"),
        ('"a"@example.org', '"'), ("a\\b@example.org", "\\"), ("a(b)@example.org", "("),
        ("a:b@example.org", ":"),
        ("ann@[127.0.0.1]", "["), (".ann@example.org", "dot too many"),
        ("ann.@example.org", "dot too many"),
        ("a..b@example.org", "dot too many"), ("x" * 65 + "@example.org", "64 bytes"),
        ("é" * 33 + "@example.org", "64 bytes"), ("a@" + "x" * 250 + ".org", "254 bytes"),
        ("a@" + "é." * 100 + "org", "254 bytes"), ("a" * 10_000_000, "254 bytes"),
        ("a\u037eb@example.org", ";"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_address_is_refused_with_a_sentence(email: str, told: str) -> None:
    """Each fault is named, so that it can be mended."""
    sentence = problem(email)
    assert sentence is not None
    assert told in sentence
    assert sentence.endswith(".")


def test_an_address_of_254_bytes_is_taken() -> None:
    """The longest that SMTP carries."""
    longest = "a" * 64 + "@" + ".".join(["x" * 61] * 3) + ".org"
    longest = longest[:-4].replace("x", "xx", MAX_BYTES - len(longest)) + ".org"
    assert len(longest) == MAX_BYTES
    assert problem(longest) is None


@given(st.text(max_size=60) | st.emails())
def test_a_taken_address_is_safe_in_a_header_and_has_one_key(email: str) -> None:
    """No line ends, no separators of lists, and exactly one @ also in the compared form."""
    if problem(email) is None:
        key = email_key(email)
        assert not set(email.strip()) & set('\r\n\0,;<>()[]:\\" \t')
        assert email.count("@") == key.count("@") == 1
        assert problem(key) is None or "bytes" in str(problem(key))


@pytest.mark.parametrize(
    "name",
    [
        "Ann", "Ann Miller", "Jürgen Groß", "山田太郎", "Ann-Marie O'Neill", "محمد",
        "نامه\u200cای",
        "👩‍💻 Ann", "X" * 120, " Ann ", "1", "Dr. Ann Miller (née Smith), M.D.",
    ],
)  # fmt: skip
def test_a_name_of_any_script_is_taken(name: str) -> None:
    """People are called what they are called."""
    assert name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "Enter"), ("  ", "Enter"), ("\u3000", "Enter"), ("\u200b\u200b", "Enter"),
        ("X" * 121, "longer"),
        ("Ann\0", "cannot be seen"), ("Ann\nMiller", "cannot"), ("Ann\tMiller", "cannot"),
        ("A\x1b[31mnn", "cannot"), ("Ann\u2028Miller", "cannot"), ("\u202eAnn", "cannot"),
        ("A\ud800", "cannot"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_name_is_refused_with_a_sentence(name: str, told: str) -> None:
    """Controls, line breaks and what turns the direction of a page."""
    sentence = name_problem(name)
    assert sentence is not None
    assert told in sentence


@given(st.text(max_size=MAX_NAME + 10))
def test_any_text_gets_an_answer(name: str) -> None:
    """Nothing raises, whichever of the two is asked."""
    for sentence in (name_problem(name), problem(name)):
        assert sentence is None or sentence.endswith(".")
