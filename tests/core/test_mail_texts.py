"""Texts that admins write: what can be sent, and what stands in their places."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail.letters import ACCOUNT, PERSON
from twofold.core.languages import FIRST, LANGUAGES, language_of
from twofold.core.mail import MailKind
from twofold.core.mail_texts import (
    EDITABLE,
    LONGEST_BODY,
    LONGEST_SUBJECT,
    MEANINGS,
    LinkHere,
    MailText,
    Paragraph,
    filled,
    pieces,
    problems,
    tidied,
)

GOOD = MailText("Set up by {deadline}", "Hello {name},\n\n{link}\n\nYours, {organisation}")
SWITCHED_ON, ENROLLED = MailKind.SWITCHED_ON, MailKind.SWITCHED_ON_ENROLLED
VALUES = {"name": "Ann", "organisation": "Acme", "deadline": "at once", "days left": "3 days"}


def said(text: MailText, kind: MailKind = SWITCHED_ON) -> list[tuple[str, str]]:
    """What is wrong with a text."""
    return [(problem.field, problem.sentence) for problem in problems(kind, text)]


def test_a_good_text_has_no_problem() -> None:
    """With every place that the mail has."""
    assert said(GOOD) == []
    assert said(MailText("On at {organisation}", "{name}: nothing to do."), ENROLLED) == []


@pytest.mark.parametrize(
    ("subject", "body", "field", "sentence"),
    [
        ("", GOOD.body, "subject", "The subject is empty. Write one, or go back to ours."),
        (GOOD.subject, "", "body", "The text is empty. Write one, or go back to ours."),
        ("s" * 121, GOOD.body, "subject",
         "The subject has 121 characters; 120 are possible."),
        (GOOD.subject, "{link}" + "b" * 4995, "body",
         "The text has 5001 characters; 5000 are possible."),
        ("a\r\nBcc: x@y.example", GOOD.body, "subject",
         "The subject is one line of printable characters."),
        ("a\x00", GOOD.body, "subject", "The subject is one line of printable characters."),
        ("{firstname}", GOOD.body, "subject",
         "{firstname} stands for nothing we know. You can use {name}, {organisation}, {deadline}."),
        (GOOD.subject, "{link} {Name}", "body",
         "{Name} stands for nothing we know. You can use {name}, {organisation}, {deadline},"
         " {link}."),
        (GOOD.subject, "{link} {days left}", "body",
         "{days left} is not known in this text: this mail has {name}, {organisation}, {deadline},"
         " {link}."),
        ("{link}", GOOD.body, "subject",
         "{link} cannot stand in the subject: it is a button. Put it into the text."),
        (GOOD.subject, "Hello {name}", "body",
         "The text has no {link}. Without it nobody can set up: put it back in."),
        (GOOD.subject, "{link} {link}", "body",
         "{link} stands 2 times in the text. Leave one: it is a button."),
        (GOOD.subject, "{link} {name", "body",
         "In the text a curly bracket stands alone. Close it, or leave it out."),
        ("a }", GOOD.body, "subject",
         "In the subject a curly bracket stands alone. Close it, or leave it out."),
        (GOOD.subject, "{{link}}", "body",
         "In the text a curly bracket stands alone. Close it, or leave it out."),
    ],
)  # fmt: skip
def test_a_text_that_cannot_be_sent_is_told_why(
    subject: str, body: str, field: str, sentence: str
) -> None:
    """In one sentence at the field, with what can be done."""
    assert said(MailText(subject, body)) == [(field, sentence)]


def test_both_fields_are_judged_at_once() -> None:
    """Nobody mends one to hear of the other."""
    assert [field for field, _ in said(MailText("", ""))] == ["subject", "body"]


def test_the_longest_texts_are_possible() -> None:
    """To the character."""
    body = "{link}".ljust(LONGEST_BODY, "b")
    assert said(MailText("s" * LONGEST_SUBJECT, body)) == []


def test_a_text_is_kept_tidy() -> None:
    """Whatever a browser sends as the end of a line."""
    assert tidied(MailText("  a ", "\r\n one  \r\ntwo\r\r\r\n\n\n three \n")) == MailText(
        "a", "one\ntwo\n\n three"
    )
    assert tidied(tidied(GOOD)) == tidied(GOOD) == GOOD


def test_what_is_filled_in_is_not_looked_at_again() -> None:
    """A name may have braces: it is a name."""
    values = {**VALUES, "name": "{link} {organisation}"}
    assert filled("{name} at {organisation}", values) == "{link} {organisation} at Acme"
    (first, button) = pieces("Hello {name}\n\n{link}", values)
    assert first == Paragraph(("Hello {link} {organisation}",))
    assert button == LinkHere()


def test_the_button_divides_the_text() -> None:
    """Also in the middle of a line."""
    assert pieces("a\nb\n\n\nc {link} d", VALUES) == [
        Paragraph(("a", "b")),
        Paragraph(("c",)),
        LinkHere(),
        Paragraph(("d",)),
    ]
    assert pieces("{link}", VALUES) == [LinkHere()]


@given(st.text(max_size=200), st.text(max_size=80))
def test_nothing_is_lost_and_nothing_fails(body: str, name: str) -> None:
    """Whatever is typed, and whatever somebody is called."""
    text = tidied(MailText("x", body))
    problems(SWITCHED_ON, text)
    shown = pieces(text.body, {**VALUES, "name": name})
    words = "".join(line for one in shown if isinstance(one, Paragraph) for line in one.lines)
    bare = text.body.replace("{link}", "")
    assert "".join(filled(bare, {**VALUES, "name": name}).split()) == "".join(words.split())


def test_every_place_of_every_mail_has_a_meaning() -> None:
    """It stands beside the field."""
    assert {place for places in EDITABLE.values() for place in places} <= set(MEANINGS)


@pytest.mark.parametrize(
    ("account", "person", "code"),
    [
        ("en", "", "en"), ("de", "", "de"), ("de", "en", "en"), ("en", "de", "de"),
        ("en", "de-AT", "de"), ("de_DE", "", "de"), ("de", "fr", "de"), ("fr", "", "en"),
        ("", "", "en"), ("en", "DE", "de"),
    ],
)  # fmt: skip
def test_everybody_is_written_in_their_language(account: str, person: str, code: str) -> None:
    """Their own, else the account's, else the first."""
    found = language_of(replace(ACCOUNT, language=account), replace(PERSON, language=person))
    assert found == code


def test_the_first_language_is_one_of_them() -> None:
    """It is the one that every mail has."""
    assert FIRST in LANGUAGES
