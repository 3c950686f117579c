"""Whether an e-mail address or a person's name can be used. Mail proves the rest."""

import re
import unicodedata
from dataclasses import dataclass

from twofold.core.people import Instant

MAX_BYTES = 254
"""Bytes of UTF-8 in an address (RFC 5321 section 4.5.3.1.3, less the angle brackets)."""
MAX_LOCAL_BYTES = 64
"""Bytes of UTF-8 before the @ (RFC 5321 section 4.5.3.1.1)."""
MAX_LABEL_BYTES = 63
"""Bytes of one part of a domain (RFC 1035 section 2.3.4)."""
MAX_NAME = 120
"""Characters of a person's or an organisation's name."""

_SPECIAL = frozenset('()<>[]:;,\\"')
"""Characters that only a quoted local part may hold (RFC 5322 section 3.2.3), and that split or
end an address in a mail's header."""
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the direction of the text after them, so that a page reads otherwise."""
_LABEL = re.compile(r"[^\W_](?:[\w-]*[^\W_])?")


@dataclass(frozen=True, slots=True)
class SecondAddress:
    """Another address of a person, to which every mail without a one-time token goes as well.

    It signs nobody in, and may be that of several people.
    """

    person_id: str
    account_id: str
    email: str
    """As typed."""
    added_at: Instant
    confirmed_at: Instant | None
    """When the link that was mailed there was used; nothing else is mailed there before."""


_BLANK = "The address has a blank in it. Take it out."


def problem(email: str) -> str | None:
    """What is wrong with an address, in one sentence that says what to do, or None.

    Blanks around it are not part of it. Letters of every script are allowed before and after
    the @ (RFC 6531). Both the address as typed and its NFKC form are looked at, because the latter
    is what `core.people.email_key` compares.
    """
    typed = email.strip()
    if not typed:
        return "Enter an e-mail address."
    if len(typed) > MAX_BYTES or len(typed.encode(errors="replace")) > MAX_BYTES:
        return f"The address is longer than {MAX_BYTES} bytes. Use a shorter one."
    return _form_problem(typed) or _form_problem(unicodedata.normalize("NFKC", typed))


def name_problem(name: str) -> str | None:
    """What is wrong with a name, in one sentence that says what to do, or None.

    Blanks around it are not part of it.
    """
    shown = name.strip()
    if not shown or not any(character.isprintable() for character in shown):
        return "Enter a name."
    if len(shown) > MAX_NAME:
        return f"The name is longer than {MAX_NAME} characters. Shorten it."
    if any(_unnameable(character) for character in shown):
        return "The name has a character in it that cannot be seen. Type the name again."
    return None


def _unnameable(character: str) -> bool:
    """Controls, line breaks and halves of a pair; not the joiners that some scripts need."""
    return character in _TURNING or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def _form_problem(address: str) -> str | None:
    trouble = _character_problem(address)
    if trouble:
        return trouble
    if address.count("@") != 1:
        return "An address has exactly one @, as in ann@example.org."
    local, domain = address.split("@")
    return _local_problem(local) or _domain_problem(domain)


def _character_problem(address: str) -> str | None:
    if any(character.isspace() for character in address):
        return _BLANK
    # Controls, formats, halves of a pair, private and unassigned code points.
    if any(unicodedata.category(character).startswith("C") for character in address):
        return "The address has a character in it that cannot be seen. Type the address again."
    special = next((character for character in address if character in _SPECIAL), None)
    if special is not None:
        return f"An address cannot have {special} in it. Enter one address alone."
    return None


def _local_problem(local: str) -> str | None:
    if not local:
        return "There is nothing before the @. Enter the whole address."
    if len(local.encode()) > MAX_LOCAL_BYTES:
        return f"The part before the @ is longer than {MAX_LOCAL_BYTES} bytes. Check it."
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return "The part before the @ has a dot too many. Check it."
    return None


def _domain_problem(domain: str) -> str | None:
    labels = domain.split(".")
    if len(labels) < 2 and domain.casefold() != "localhost":
        return "The part after the @ needs a dot, as in ann@example.org."
    if not all(_is_label(label) for label in labels):
        return "The part after the @ is not the name of a mail domain. Check it."
    return None


def _is_label(label: str) -> bool:
    """One part of a domain: letters, digits and inner hyphens, of any script (RFC 5890)."""
    bare = "".join(c for c in label if not unicodedata.category(c).startswith("M"))
    return (
        bool(_LABEL.fullmatch(bare)) and "_" not in bare and len(label.encode()) <= MAX_LABEL_BYTES
    )
