"""Texts of rollout mails that an admin has written, and the places in them that we fill.

A text is plain: nothing in it is markup, and a place is filled once, from left to right, so that
braces in somebody's name stay what they are.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from twofold.core.mail import MailKind

NAME, ORGANISATION, DEADLINE = "name", "organisation", "deadline"
DAYS_LEFT, LINK = "days left", "link"
GROUP, HOW_MANY, PEOPLE = "group", "how many", "people"
MEANINGS: Mapping[str, str] = {
    NAME: "The person’s name",
    ORGANISATION: "Your organisation’s name",
    DEADLINE: "The day and hour by which it is to be set up, or “at once”",
    DAYS_LEFT: "How long that is from now: “3 days”",
    GROUP: "The name of the group",
    HOW_MANY: "How many of the group have set it up: “12 / 20”",
    PEOPLE: "Who has not, each with their deadline",
    LINK: "The button, and below it the link in words and until when it works",
}
"""Every place, with what stands there."""
EDITABLE: Mapping[MailKind, tuple[str, ...]] = {
    MailKind.SWITCHED_ON: (NAME, ORGANISATION, DEADLINE, LINK),
    MailKind.SWITCHED_ON_ENROLLED: (NAME, ORGANISATION),
    MailKind.REMINDER: (NAME, ORGANISATION, DEADLINE, DAYS_LEFT, LINK),
    MailKind.DEADLINE_MOVED: (NAME, ORGANISATION, DEADLINE),
    MailKind.DIGEST: (NAME, ORGANISATION, GROUP, HOW_MANY, PEOPLE),
}
"""The mails whose text an admin may write, with the places that each can fill."""
LONGEST_SUBJECT, LONGEST_BODY = 120, 5000
"""Characters."""
_PLACE = re.compile(r"\{([^{}\n]*)\}")


@dataclass(frozen=True, slots=True)
class MailText:
    """What one kind of mail says in one language."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a text, at which field: `subject` or `body`."""

    field: str
    sentence: str


def tidied(text: MailText) -> MailText:
    """As it is kept: without blanks at the ends, each line ended as on Unix."""
    body = text.body.replace("\r\n", "\n").replace("\r", "\n")
    lines = [line.rstrip() for line in body.strip().split("\n")]
    return MailText(text.subject.strip(), re.sub(r"\n{3,}", "\n\n", "\n".join(lines)))


def problems(kind: MailKind, text: MailText) -> list[Problem]:
    """Why a tidied text cannot be sent; nothing for one that can."""
    places = EDITABLE[kind]
    found = [
        _of_field("subject", text.subject, LONGEST_SUBJECT, [p for p in places if p != LINK]),
        _of_field("body", text.body, LONGEST_BODY, list(places)),
    ]
    if found[1] is None and LINK in places:
        found.append(_of_link(text.body))
    return [problem for problem in found if problem is not None]


def _of_field(field: str, text: str, longest: int, places: list[str]) -> Problem | None:
    what = "subject" if field == "subject" else "text"
    if not text:
        return Problem(field, f"The {what} is empty. Write one, or go back to ours.")
    if len(text) > longest:
        return Problem(field, f"The {what} has {len(text)} characters; {longest} are possible.")
    if field == "subject" and not text.isprintable():
        return Problem(field, "The subject is one line of printable characters.")
    unknown = next((place for place in _PLACE.findall(text) if place not in places), None)
    if unknown is not None:
        return Problem(field, _unknown(unknown, what, places))
    if re.search(r"[{}]", _PLACE.sub("", text)):
        return Problem(
            field, f"In the {what} a curly bracket stands alone. Close it, or leave it out."
        )
    return None


def _unknown(place: str, what: str, places: list[str]) -> str:
    known = ", ".join(f"{{{one}}}" for one in places)
    if place == LINK and what == "subject":
        return "{link} cannot stand in the subject: it is a button. Put it into the text."
    if place in MEANINGS:
        return f"{{{place}}} is not known in this {what}: this mail has {known}."
    return f"{{{place}}} stands for nothing we know. You can use {known}."


def _of_link(body: str) -> Problem | None:
    links = _PLACE.findall(body).count(LINK)
    if links == 0:
        return Problem(
            "body", "The text has no {link}. Without it nobody can set up: put it back in."
        )
    if links > 1:
        return Problem(
            "body", f"{{link}} stands {links} times in the text. Leave one: it is a button."
        )
    return None


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with each place filled. What is filled in is not looked at again."""
    return _PLACE.sub(lambda found: values.get(found.group(1), found.group()), text)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkHere:
    """The button stands here."""


def pieces(body: str, values: Mapping[str, str]) -> list[Paragraph | LinkHere]:
    """A text as paragraphs, each filled, with the button where `{link}` stands."""
    found: list[Paragraph | LinkHere] = []
    for number, part in enumerate(body.split(f"{{{LINK}}}")):
        if number:
            found.append(LinkHere())
        for paragraph in re.split(r"\n{2,}", part.strip()):
            if paragraph:
                lines = (filled(line, values) for line in paragraph.split("\n"))
                found.append(Paragraph(tuple(lines)))
    return found
