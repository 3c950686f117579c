"""What a new password must be."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.core.passwords import MAX_BYTES, MIN_CHARACTERS, folded, prepare, problem
from twofold.data import load_common

COMMON = load_common()
ABOUT = ("Ann.Miller@example.org", "Ann O. Miller", "Acme Widgets")


def _problem(password: str) -> str | None:
    return problem(password, common=COMMON, about=ABOUT)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "zq8Kv!2m",
        "grünes Boot am Kai",
        "пароль не простой",
        "合言葉はひみつですよ",
        "🦊🐢🪁🧊🫐🥨🪗🎏",
        " leading and trailing ",
        "x" * 200 + "y",
        "ann.miller@example.org2",
        "\u00e9" * 7 + "x",
        "e\u0301" * 7 + "x",
    ],
)
def test_a_password_that_nobody_guesses_first_is_taken(password: str) -> None:
    """Any script, any length up to the limit, no rule about kinds of characters."""
    assert _problem(password) is None


@pytest.mark.parametrize("password", ["", "a", "zq8Kv!2", "e\u0301" * 7, "🦊" * 7])
def test_fewer_than_eight_characters_are_refused(password: str) -> None:
    """Counted as code points of the form that is hashed."""
    sentence = _problem(password)
    assert sentence is not None
    assert f"at least {MIN_CHARACTERS} characters" in sentence


@pytest.mark.parametrize("password", ["x" * 1025, "é" * 513, "🦊" * 257, "z" * 10_000_000])
def test_more_than_1024_bytes_are_refused(password: str) -> None:
    """So that a stranger cannot make the server hash a book."""
    assert _problem(password) == "The password is longer than 1024 bytes. Choose a shorter one."


def test_1024_bytes_are_taken() -> None:
    """The limit itself is inside."""
    assert _problem("xy" * (MAX_BYTES // 2)) is None


@pytest.mark.parametrize(
    "password",
    [
        "password", "Password", "PASSWORD1", "12345678", "iloveyou", "qwertyuiop", "1q2w3e4r",
        "Summer2025!", "herbst2026", "Passwort123", "twofold123", "Twofold2026", "aaaaaaaa",
        "        ",
        "ｐａｓｓｗｏｒｄ", "p a s s w o r d", "ReaLMadRid2024", "\u3000" * 9, "11111111111",
    ],
)  # fmt: skip
def test_what_is_guessed_first_is_refused(password: str) -> None:
    """Whatever its case, its width and the blanks in it."""
    sentence = _problem(password)
    assert sentence is not None
    assert "guessed first" in sentence


@pytest.mark.parametrize(
    "password",
    [
        "ann.miller@example.org", "ANN.MILLER@EXAMPLE.ORG", "ann.miller", "Ann.Miller",
        "AnnO.Miller",
        "ann o. miller", "acme widgets", "AcmeWidgets", " acme  widgets ",
    ],
)  # fmt: skip
def test_what_everybody_knows_about_the_person_is_refused(password: str) -> None:
    """Address, the part before the @, name and organisation."""
    sentence = _problem(password)
    assert sentence is not None
    assert "must not be your name" in sentence


@pytest.mark.parametrize(
    "password", ["abc\0defgh", "abc\ndefgh", "abcdefg\ud800", "abcdefg\U000e0fff"]
)
def test_what_cannot_be_typed_again_is_refused(password: str) -> None:
    """Controls, halves of a pair, and code points that Unicode has not given a meaning yet."""
    sentence = _problem(password)
    assert sentence is not None
    assert "cannot be read" in sentence


def test_the_same_word_from_two_keyboards_is_one_password() -> None:
    """Composed and decomposed letters are hashed alike; look-alikes are not."""
    assert prepare("Cafe\u0301 au lait") == prepare("Caf\u00e9 au lait")
    assert prepare("ten\u00b2 steps") != prepare("ten2 steps")
    assert prepare("full\uff11 width") != prepare("full1 width")


@given(st.text())
def test_preparing_twice_changes_nothing(password: str) -> None:
    """What is hashed is stable."""
    assert prepare(prepare(password)) == prepare(password)
    assert unicodedata.is_normalized("NFC", prepare(password))


@given(st.text(max_size=40))
def test_any_text_gets_an_answer(password: str) -> None:
    """Nothing raises; a taken one is long enough."""
    answer = _problem(password)
    assert answer is None or answer.endswith(".")
    assert answer is not None or len(prepare(password)) >= MIN_CHARACTERS


def test_nothing_known_refuses_nothing() -> None:
    """Empty texts about the person are no password."""
    assert problem("zq8Kv!2m", common=frozenset(), about=("", "@", " ")) is None


def test_the_list_is_long_and_in_the_compared_form() -> None:
    """Thousands of entries, each as `folded` makes it and long enough to be chosen at all."""
    assert len(COMMON) >= 3000
    assert all(folded(entry) == entry for entry in COMMON)
    assert all(len(entry) >= MIN_CHARACTERS for entry in COMMON)
