"""The `otpauth://` URI and the name of an entry, in the form that all certified apps read alike.

The form is `otpauth://totp/ISSUER:LABEL?secret=...&issuer=ISSUER`. Apps are split over where they
read the issuer: Microsoft Authenticator, Authy, Aegis and FreeOTP take the part before the colon,
Google Authenticator, 2FAS, Ente and Bitwarden the parameter. So both are there and equal. What one
app or another chokes on is kept out of both names: a colon (FreeOTP refuses, Aegis loses the
issuer), `? & % #` (2FAS decodes the whole URI before it splits it), `+` in the issuer (shown as a
blank), a slash (cuts the label in Proton), control characters.

Room: at most 152 bytes make a QR code of version 8 at level M, which any camera reads. Names in
other scripts take three bytes of URI for each byte; `MAX_URI` is what version 10 can hold at all.
"""

import base64
import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import count
from urllib.parse import quote

MAX_ISSUER = 30
"""Characters; 2FAS cuts longer ones."""
MAX_LABEL = 50
"""Characters; 2FAS cuts longer ones."""
MAX_NAME_BYTES = 64
"""Bytes of UTF-8 of `issuer:label`; YubiKeys refuse longer ones."""
PREFERRED_URI = 152
"""Bytes that fit a QR code of version 8 at level M."""
MAX_URI = 271
"""Bytes that fit a QR code of version 10 at level L. Level M ends at 213, which only names with
many characters outside A to Z can exceed."""
MAX_ISSUER_ROOM = 84
"""Bytes of a percent-encoded issuer: it stands in the URI twice, and the label needs room too."""

_FRAME = len("otpauth://totp/:?secret=&issuer=") + 32
_DEFAULTS = "&algorithm=SHA1&digits=6&period=30"
_IN_ISSUER = ":?&%#+/\\"
_BAD_RUN = r"[:?&%#+/\\]+"
_IN_LABEL = re.compile(r"[:?&%#/\\]")
_JOINERS = "\u200c\u200d"
"""Formatting characters that some scripts and emoji need between two others."""
_ELLIPSIS = "..."
_MAX_DOMAIN = 24
"""Characters of a domain up to which a shortened label keeps it whole."""
_MIN_START = 4
"""Characters of the local part that a shortened label keeps beside a whole domain."""
_LOOSE = " -,"
"""What a shortened name does not begin or end with."""
_WORDS_FROM = 8
"""Characters that a name keeps at least when it is cut between words."""


def key_text(secret: bytes) -> str:
    """A 20-byte secret as 32 characters of base32, upper case, without padding (rule U4).

    Raises `ValueError` for any other length: apps on iPhones refuse keys with left-over bits.
    """
    if len(secret) != 20:
        raise ValueError("a secret has 20 bytes")
    return base64.b32encode(secret).decode("ascii")


def grouped(key: str) -> str:
    """`key` in groups of four, for reading and typing (rule U13)."""
    return " ".join(key[start : start + 4] for start in range(0, len(key), 4))


def entry_name(issuer: str, label: str) -> str:
    """The entry as apps show it."""
    return f"{issuer}: {label}"


def key_uri(secret: bytes, issuer: str, label: str) -> str:
    """The URI of a set-up, at most `MAX_URI` bytes of ASCII.

    Algorithm, digits and period are spelt out while the whole stays within `PREFERRED_URI`; a
    longer one leaves all three out, which every app reads the same (rules U10, U12).

    Raises `ValueError` for names that `issuer_problem` refuses or `account_label` did not make.
    """
    if issuer_problem(issuer) or _clean_label(label) != label or not _fits(label, issuer):
        raise ValueError("these names do not suit authenticator apps")
    prefix = quote(issuer, safe="")
    uri = (
        f"otpauth://totp/{prefix}:{quote(label, safe='')}?secret={key_text(secret)}&issuer={prefix}"
    )
    return uri + _DEFAULTS if len(uri) + len(_DEFAULTS) <= PREFERRED_URI else uri


def issuer_problem(text: str) -> str | None:
    """Why `text` cannot be the name in authenticator apps, with what to do, or None."""
    if not any(unicodedata.category(character)[0] in "LNPS" for character in text):
        return "Enter the name that people will see in their authenticator app."
    if len(text) > MAX_ISSUER:
        return f"Use at most {MAX_ISSUER} characters: some apps cut longer names off."
    return _character_problem(text) or _room_problem(text)


def _character_problem(text: str) -> str | None:
    if text != text.strip():
        return "Take out the blank at the start or the end: some apps show it as part of the name."
    bad = next((character for character in text if character in _IN_ISSUER), None)
    if bad is not None:
        return f"Leave out {bad}: some apps lose the name or refuse the QR code because of it."
    if any(_is_unseen(character) for character in text):
        return "The name has a character in it that cannot be seen. Type the name again."
    if "  " in text or any(character.isspace() and character != " " for character in text):
        return "Use one plain blank between words: some apps refuse others."
    return None


def _room_problem(text: str) -> str | None:
    if unicodedata.normalize("NFC", text) != text:
        return "The name has letters that are put together from parts. Type the name again."
    if len(quote(text, safe="")) > MAX_ISSUER_ROOM:
        return (
            "Use a shorter name: letters outside A to Z take more room in the QR code, "
            "and this one would be too fine for some cameras."
        )
    return None


def suggest_issuer(name: str) -> str:
    """A name for authenticator apps that `issuer_problem` accepts, made from an organisation's.

    What apps choke on becomes a hyphen inside a word and a blank elsewhere; a name that is too
    long ends after a whole word where there is one.
    """
    inside = re.sub(rf"(?<=\S){_BAD_RUN}(?=\S)", "-", _seen(name))
    words = " ".join(re.sub(_BAD_RUN, " ", inside).split()).strip(_LOOSE)
    short = _cut(words[:MAX_ISSUER], lambda part: _room_problem(part) is None)
    if len(short) < len(words) and words[len(short)] != " " and " " in short[_WORDS_FROM:]:
        short = short[: short.rindex(" ")]
    short = short.strip(_LOOSE)
    return short if issuer_problem(short) is None else "Organisation"


def account_label(email: str, issuer: str, *, taken: Sequence[str] = ()) -> str:
    """The account text of an entry: the address, made fit for apps and unlike all of `taken`.

    An app may silently overwrite an older entry of the same issuer and label, so the caller passes
    the labels that must survive; a number is added then, as in `ann@example.org (2)` (rule U14).
    What is too long keeps its start and, where it is short enough, its domain.
    """
    clean = _clean_label(email) or "account"
    used = {text.casefold() for text in taken}
    suffixes = ("" if number == 1 else f" ({number})" for number in count(1))
    labels = (_shortened(clean, suffix, issuer) for suffix in suffixes)
    return next(label for label in labels if label.casefold() not in used)


def _fits(label: str, issuer: str) -> bool:
    """Rules U8 and U12 for a label beside its issuer."""
    room = MAX_URI - _FRAME - 2 * len(quote(issuer, safe=""))
    return (
        0 < len(label) <= MAX_LABEL
        and len(f"{issuer}:{label}".encode()) <= MAX_NAME_BYTES
        and len(quote(label, safe="")) <= room
    )


def _shortened(clean: str, suffix: str, issuer: str) -> str:
    if _fits(clean + suffix, issuer):
        return clean + suffix
    local, at, domain = clean.rpartition("@")
    if local and len(domain) <= _MAX_DOMAIN:
        end = f"{_ELLIPSIS}{at}{domain}{suffix}"
        start = _cut(local, lambda part: _fits(part + end, issuer))
        if len(start) >= _MIN_START:
            return start + end
    end = _ELLIPSIS + suffix
    return _cut(clean, lambda part: _fits(part + end, issuer)) + end


def _cut(text: str, suits: Callable[[str], bool]) -> str:
    """The longest start of `text` that suits, "" if none does; never ends in a joiner."""
    for end in range(len(text), 0, -1):
        start = text[:end].rstrip(_JOINERS + " ")
        if start and suits(start):
            return start
    return ""


def _clean_label(text: str) -> str:
    """`text` without what apps choke on in a label (rules U6, U7): a hyphen stands for it."""
    return " ".join(_IN_LABEL.sub("-", _seen(text)).split())


def _seen(text: str) -> str:
    """`text` in its composed form, one plain blank for any other, without what cannot be seen."""
    blanks = "".join(" " if character.isspace() else character for character in text)
    kept = "".join(character for character in blanks if not _is_unseen(character))
    return unicodedata.normalize("NFC", kept)


def _is_unseen(character: str) -> bool:
    """Controls, formats other than joiners, halves of a pair, private and unassigned ones."""
    category = unicodedata.category(character)
    return (category[0] == "C" and character not in _JOINERS) or category in ("Zl", "Zp")
