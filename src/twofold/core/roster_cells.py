"""What a row of an imported file may say beside name, address and role. An empty cell, as a
missing column, leaves as it is what is there; a lone hyphen empties it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

from twofold.core import addresses
from twofold.core.groups import name_key, name_problem, shown_name
from twofold.core.people import PersonKind

MAX_EXTERNAL_ID = 120
NONE = "-"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Starts that make a spreadsheet compute a cell, in the next export or on an admin's desk."""
TITLES = {
    **dict.fromkeys(("groups", "group"), "groups"),
    **dict.fromkeys(("language", "locale"), "language"),
    **dict.fromkeys(("time zone", "timezone", "zone"), "zone"),
    **dict.fromkeys(("external id", "external_id", "externalid"), "external_id"),
    **dict.fromkeys(("second address", "second email", "second e-mail", "second mail"), "second"),
    "kind": "kind",
}
"""Which column a title means; titles are compared without regard to case."""
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_KINDS = {"person": PersonKind.PERSON, "service": PersonKind.SERVICE}


@dataclass(frozen=True, slots=True)
class Extras:
    """The further cells of a row; None is what leaves as it is, "" what empties."""

    groups: tuple[str, ...] | None = None
    """Names, each once."""
    language: str | None = None
    zone: str | None = None
    external_id: str | None = None
    second: str = ""
    """A second address, to which a link is mailed that proves it."""
    kind: PersonKind | None = None


class Unusable(Exception):
    """A cell that cannot be used: one sentence."""


def read(cell: Callable[[str], str]) -> Extras | str:
    """The extras of a row, by a function that gives the text of a column; or why they cannot be
    used, in one sentence.
    """
    try:
        return Extras(
            groups=_groups(cell("groups")),
            language=_checked(cell("language"), _language),
            zone=_checked(cell("zone"), _zone),
            external_id=_checked(cell("external_id"), _external_id),
            second=_second(cell("second").strip()),
            kind=_kind(cell("kind").strip()),
        )
    except Unusable as trouble:
        return str(trouble)


def _checked(text: str, check: Callable[[str], str]) -> str | None:
    text = text.strip()
    if not text:
        return None
    return "" if text == NONE else check(text)


def _groups(text: str) -> tuple[str, ...] | None:
    text = text.strip()
    if not text or text == NONE:
        return None if not text else ()
    found: dict[str, str] = {}
    for name in re.split(r"[|;]", text):
        if not name.strip():
            continue
        problem = name_problem(name)
        if problem or name.strip().startswith(FORMULA):
            raise Unusable(problem or "A group begins like a formula of a spreadsheet. Rename it.")
        found.setdefault(name_key(name), shown_name(name))
    return tuple(found.values())


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text) or len(text) > 35:
        raise Unusable(f"“{_short(text)}” is not a language. Use a code such as en, de or pt-BR.")
    return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(text: str) -> str:
    if text not in _zones():
        raise Unusable(f"“{_short(text)}” is not a time zone. Use a name such as Europe/Berlin.")
    return text


def _external_id(text: str) -> str:
    if len(text) > MAX_EXTERNAL_ID or not text.isprintable():
        raise Unusable(f"The external id is longer than {MAX_EXTERNAL_ID} characters or unseen.")
    if text.startswith(FORMULA):
        raise Unusable("The external id begins like a formula of a spreadsheet.")
    return text


def _second(text: str) -> str:
    if text in ("", NONE):
        return ""
    problem = addresses.problem(text)
    if problem:
        raise Unusable(f"Second address: {problem}")
    return text


def _kind(text: str) -> PersonKind | None:
    if not text:
        return None
    kind = _KINDS.get(text.casefold())
    if kind is None:
        raise Unusable(f"“{_short(text)}” is not a kind. Use person or service.")
    return kind


def _short(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:30]}…"
