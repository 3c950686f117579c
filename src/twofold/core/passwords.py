"""What a new password must be, and the form in which it is hashed (NIST SP 800-63B-4 3.1.1.2).

At least 8 characters, because every password here may be followed by a second factor; no rules
about kinds of characters, no expiry; the whole password is compared with a list of those that a
guesser tries first, and with what everybody knows about the person.
"""

import unicodedata
from collections.abc import Sequence

MIN_CHARACTERS = 8
"""Code points of the prepared password (NIST SP 800-63B-4 3.1.1.2: each counts as one)."""
MAX_BYTES = 1024
"""Bytes of UTF-8. Far beyond any phrase; bounds the work that a stranger can cause."""

_UNREADABLE = ("Cc", "Cs", "Cn")


def prepare(password: str) -> str:
    """The one form that is hashed: Unicode NFC.

    A Mac sends "é" as two code points where Windows sends one; NFC makes them the same password.
    NIST SP 800-63B-4 3.1.1.2 and RFC 8265 section 4.2 name NFC. The compatibility form NFKC, which
    older editions of the guideline named, would besides make different passwords equal
    ("²" and "2").
    """
    return unicodedata.normalize("NFC", password)


def problem(password: str, *, common: frozenset[str], about: Sequence[str]) -> str | None:
    """What is wrong with a new password, in one sentence that says what to do, or None.

    `common` holds passwords that are tried first, each as `folded` makes them. `about` holds what
    is known about the person: e-mail address, name, organisation. A password that is one of them,
    or the part of one before the @, is refused, whatever the case and the blanks in it.
    """
    return _size_problem(password) or _guess_problem(folded(password), common, about)


def folded(text: str) -> str:
    """The form in which passwords are compared with lists: NFKC, no case, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _size_problem(password: str) -> str | None:
    if not password:
        return f"Choose a password of at least {MIN_CHARACTERS} characters."
    if len(password) > MAX_BYTES or len(password.encode(errors="replace")) > MAX_BYTES:
        return f"The password is longer than {MAX_BYTES} bytes. Choose a shorter one."
    prepared = prepare(password)
    if len(prepared) < MIN_CHARACTERS:
        return (
            f"The password needs at least {MIN_CHARACTERS} characters. "
            f"This one has {len(prepared)}."
        )
    if any(unicodedata.category(character) in _UNREADABLE for character in prepared):
        # A code point without a meaning yet could be normalised otherwise by the next version of
        # Unicode, and the password would be lost (UAX 15 section 12.1). The others cannot be typed.
        return "The password has a character that cannot be read here. Choose another character."
    return None


def _guess_problem(password: str, common: frozenset[str], about: Sequence[str]) -> str | None:
    if not password or password in common:
        return "This password is on the list of those that are guessed first. Choose another one."
    known = {folded(part) for text in about for part in (text, text.split("@")[0])}
    if password in known:
        return (
            "The password must not be your name, your e-mail address or your organisation. "
            "Choose another one."
        )
    return None
