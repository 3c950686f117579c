"""Mails of the rollout in every language, with our text and with an admin's."""

import re
from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail.letters import ACCOUNT, LINKS, PERSON, PUBLIC_URL, TOKEN, letter
from tests.mail.servers import Box, mail_server
from tests.mail.test_messages import HOSTILE_NAMES, POSTBOX, Reader, in_one_line
from twofold.core.languages import FIRST, LANGUAGES
from twofold.core.mail import ROLLOUT, MailKind, MailState
from twofold.core.mail_texts import EDITABLE, LINK, MailText, problems, tidied
from twofold.core.people import Person
from twofold.mail.languages import WORDS
from twofold.mail.messages import OPENS_NOTHING, MailTemplates
from twofold.mail.smtp import SmtpMailer
from twofold.ports import Letter, Rendered

GERMAN = replace(PERSON, language="de")
OWN = MailText(
    "Bitte bis {deadline}",
    "Liebe Kollegin {name},\n\nes geht los.\n{link}\nViele Grüße\nIhre IT von {organisation}",
)
DEADLINE = "Tue 8 Dec 2026, 09:00 CET"
EVERY = pytest.mark.parametrize(
    ("kind", "language"), [(kind, code) for kind in EDITABLE for code in LANGUAGES]
)
WHOLE = pytest.mark.parametrize(
    ("kind", "language"),
    [(kind, code) for kind in sorted(ROLLOUT | {MailKind.EXEMPTION_ENDS}) for code in LANGUAGES],
)


def own(kind: MailKind = MailKind.SWITCHED_ON, text: MailText = OWN, **params: str) -> Letter:
    """A letter with an admin's text."""
    return replace(letter(kind, person=GERMAN, **params), text=text)


def parts(rendered: Rendered) -> tuple[str, str]:
    """What both parts say, on one line."""
    return in_one_line(rendered.text), in_one_line(Reader(rendered.html).words)


def test_the_words_and_the_languages_are_the_same() -> None:
    """A third language is in both, or in none."""
    assert set(WORDS) == set(LANGUAGES)


@WHOLE
def test_every_mail_of_the_rollout_is_written_in_every_language(
    kind: MailKind, language: str
) -> None:
    """With the same links, the same frame, and no word of the other language's frame."""
    rendered = POSTBOX.render(letter(kind, person=replace(PERSON, language=language)))
    english = POSTBOX.render(letter(kind))
    assert f'<html lang="{language}"' in rendered.html
    assert set(Reader(rendered.html).links) == set(Reader(english.html).links)
    assert Reader(rendered.html).open == []
    others = [one for code, one in WORDS.items() if code != language]
    for said in parts(rendered):
        assert f"{WORDS[language].hello} Ann Example," in said
        assert WORDS[language].never in said
        assert not any(other.never in said for other in others)
        assert "!" not in said
    assert 10 < len(rendered.subject) < 90


def test_a_mail_that_is_not_written_in_a_language_is_wholly_in_the_first() -> None:
    """Never half and half."""
    in_german = POSTBOX.render(letter(MailKind.PASSWORD_LINK, person=GERMAN))
    assert in_german == POSTBOX.render(letter(MailKind.PASSWORD_LINK))


@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        (MailKind.INVITATION, "Olga Admin lädt Sie ein, sich bei Acme Instruments anzumelden"),
        (MailKind.INVITATION, "die Acme Instruments von Ihnen verlangt, bis Di., 8. Dez. 2026"),
        (MailKind.SWITCHED_OFF, "Olga Admin hat die Regel aufgehoben"),
        (MailKind.EXEMPTION_ENDS, "Ben Example ist von der Zwei-Faktor-Anmeldung ausgenommen"),
        (MailKind.DIGEST, "haben 18 von 20 die Zwei-Faktor-Anmeldung eingerichtet"),
        (MailKind.DIGEST, "Ben Example"),
        (MailKind.DIGEST, "Di., 8. Dez. 2026, 09:00 Uhr (MEZ)"),
        (MailKind.DIGEST, "sofort"),
    ],
)
def test_each_german_mail_says_what_it_is_about(kind: MailKind, needed: str) -> None:
    """In both parts."""
    params = {"deadline": DEADLINE} if kind is MailKind.INVITATION else {}
    for said in parts(POSTBOX.render(letter(kind, person=GERMAN, **params))):
        assert needed in said


def test_an_own_digest_names_the_people_in_its_line() -> None:
    """And says of how many it names none."""
    text = MailText("{group}: {how many}", "Noch nicht: {people}.")
    rendered = POSTBOX.render(replace(letter(MailKind.DIGEST, person=GERMAN, more=3), text=text))
    assert rendered.subject == "Sales: 18 / 20"
    people = "Ben Example (Di., 8. Dez. 2026, 09:00 Uhr (MEZ)), Eve Example (sofort), + 3"
    for said in parts(rendered):
        assert f"Noch nicht: {people}." in said


def test_the_german_one_says_what_one_needs() -> None:
    """What, why, until when, what it takes, both ways, whom to ask."""
    sent = letter(person=GERMAN, deadline="Tue 8 Dec 2026, 09:00 CET")
    for said in parts(POSTBOX.render(sent)):
        for needed in (
            "Olga Admin hat die Zwei-Faktor-Anmeldung bei Acme Instruments eingeschaltet",
            "Sie haben Zeit bis Di., 8. Dez. 2026, 09:00 Uhr (MEZ)",
            "gestohlen oder erraten",
            "twa zwei Minuten",
            f"Öffnen Sie {PUBLIC_URL} und melden Sie sich an",
            "Wenden Sie sich an Olga Admin bei Acme Instruments",
            "Der Link gilt einmal, bis Di., 8. Dez. 2026, 14:32 Uhr (UTC)",
            "Wir fragen Sie nie per E-Mail oder Telefon nach Ihrem Passwort oder Ihrem Code.",
        ):
            assert needed in said


@pytest.mark.parametrize(
    ("said", "in_german"),
    [
        ("Tue 8 Dec 2026, 09:00 CET", "Di., 8. Dez. 2026, 09:00 Uhr (MEZ)"),
        ("Sun 1 Mar 2026, 09:00 CEST", "So., 1. März 2026, 09:00 Uhr (MESZ)"),
        ("Mon 2 Feb 2026, 09:00 +0530", "Mo., 2. Feb. 2026, 09:00 Uhr (+0530)"),
        ("some day", "some day"),
        ("", ""),
    ],
)
def test_a_deadline_is_said_in_the_language_of_the_mail(said: str, in_german: str) -> None:
    """It was written down in words when the mail was."""
    assert WORDS["de"].deadline(said) == in_german
    assert WORDS[FIRST].deadline(said) == said


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, ("less than a day", "weniger als ein Tag")), (1, ("1 day", "1 Tag")),
     (3, ("3 days", "3 Tage"))],
)  # fmt: skip
def test_days_have_their_noun(days: int, said: tuple[str, str]) -> None:
    """A number never stands alone."""
    assert tuple(words.days_left(days) for words in WORDS.values()) == said


@EVERY
def test_our_own_beginnings_can_be_saved_as_they_are(kind: MailKind, language: str) -> None:
    """An admin changes a word and saves."""
    text = POSTBOX.beginning(kind, language)
    assert problems(kind, tidied(text)) == []
    assert tidied(text) == text
    rendered = POSTBOX.render(
        replace(letter(kind, person=replace(PERSON, language=language)), text=text)
    )
    for said in parts(rendered):
        assert "Ann Example" in said
        assert WORDS[language].never in said
    assert ("{" in rendered.subject + rendered.text) is False
    assert (TOKEN in rendered.text) is (LINK in EDITABLE[kind])


def test_an_own_text_keeps_our_frame() -> None:
    """The link in words and until when, whom to ask, what we never ask."""
    rendered = POSTBOX.render(own(deadline=DEADLINE))
    html = Reader(rendered.html)
    assert rendered.subject == "Bitte bis Di., 8. Dez. 2026, 09:00 Uhr (MEZ)"
    assert html.links.count(LINKS[MailKind.SWITCHED_ON]) == 2
    assert f"\n  {LINKS[MailKind.SWITCHED_ON]}\n" in rendered.text
    assert "Viele Grüße\nIhre IT von Acme Instruments\n" in rendered.text
    assert "Viele Grüße</bdi><br><bdi>Ihre IT" in rendered.html
    for said in parts(rendered):
        assert "Liebe Kollegin Ann Example," in said
        assert "Guten Tag" not in said
        assert "Der Link gilt einmal, bis Di., 8. Dez. 2026, 14:32 Uhr (UTC)" in said
        assert "Fragen? Wenden Sie sich an Olga Admin bei Acme Instruments." in said
        assert WORDS["de"].never in said


def test_without_a_deadline_the_place_says_at_once() -> None:
    """The switch without days."""
    assert POSTBOX.render(own()).subject == "Bitte bis sofort"


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_are_only_ever_text_in_an_own_text(name: str) -> None:
    """As in ours."""
    subject = MailText("{name} at {organisation}", OWN.body)
    ordinary = Reader(POSTBOX.render(own()).html)
    sent = replace(
        own(text=subject),
        person=replace(GERMAN, name=name),
        account=replace(ACCOUNT, name=f"{name} Ltd"),
    )
    rendered = POSTBOX.render(sent)
    html = Reader(rendered.html)
    assert html.tags == ordinary.tags
    assert html.links == ordinary.links
    assert rendered.subject.isprintable() or "\u200c" in name
    for part in (rendered.subject, rendered.text, rendered.html):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\u202a-\u202e\u2028\u2029]", part)


def test_a_place_inside_a_name_is_a_part_of_the_name() -> None:
    """Neither a second button, nor somebody else's value, nor a template."""
    sly = replace(GERMAN, name="{link} {organisation} {{ token }} {% if x %}")
    rendered = POSTBOX.render(replace(own(), person=sly))
    assert Reader(rendered.html).links.count(LINKS[MailKind.SWITCHED_ON]) == 2
    assert rendered.text.count(TOKEN) == 1
    for said in parts(rendered):
        assert "Liebe Kollegin {link} {organisation} {{ token }} {% if x %}," in said


def test_markup_in_an_own_text_is_text() -> None:
    """An admin's account may be in other hands; nothing they write loads or runs anything."""
    body = '<img src="https://evil.example/x"><script>alert(1)</script>{link}<a href="x">y</a>'
    rendered = POSTBOX.render(own(text=MailText("<b>x</b>", body)))
    html = Reader(rendered.html)
    assert not {"img", "script"} & set(html.tags)
    assert set(html.links) == {LINKS[MailKind.SWITCHED_ON]}
    assert "<script>alert(1)</script>" in html.words
    assert rendered.subject == "<b>x</b>"


@given(st.text(max_size=300), st.text(max_size=120))
def test_no_own_text_breaks_a_mail(body: str, subject: str) -> None:
    """Also one that came past the form."""
    rendered = POSTBOX.render(own(text=MailText(subject, body)))
    assert len(rendered.subject.splitlines()) <= 1
    assert Reader(rendered.html).open == []
    assert WORDS["de"].never in parts(rendered)[0]


def test_no_header_gets_in_by_the_subject_of_an_own_text(box: Box) -> None:
    """Through a real server: the subject is one header, nobody else receives it."""
    evil = MailText(
        "Hi\r\nBcc: evil@evil.example\r\n\r\n<b>x</b>\u2028Cc: y", "{link}\r\n.\r\nQUIT"
    )
    with mail_server(box) as port:
        mailer = SmtpMailer(f"smtp://127.0.0.1:{port}", "a@acme.example", MailTemplates(PUBLIC_URL))
        assert mailer.send(own(text=evil)).ok
    (received,) = box.received
    message = message_from_bytes(received.content, policy=policy.default)
    assert received.receivers == ["ann@acme.example"]
    assert message["Bcc"] is None
    assert message["Cc"] is None
    assert message["Subject"] == "Hi Bcc: evil@evil.example <b>x</b> Cc: y"
    assert "\nQUIT" in message.get_body(("plain",)).get_content().replace("\r\n", "\n")


def test_a_german_mail_arrives_with_its_letters(box: Box) -> None:
    """Umlauts in the subject and in both parts, over seven bits."""
    with mail_server(box) as port:
        mailer = SmtpMailer(f"smtp://127.0.0.1:{port}", "a@acme.example", POSTBOX)
        assert mailer.send(letter(person=GERMAN)).ok
    message = box.received[0].message
    assert message["Subject"] == "Zwei-Faktor-Anmeldung bei Acme Instruments einrichten"
    assert "Öffnen Sie https://login.acme.example und" in in_one_line(
        message.get_body(("plain",)).get_content()
    )
    assert box.received[0].content.isascii()


def test_a_test_shows_that_very_mail_with_a_link_that_opens_nothing() -> None:
    """And holds no token at all."""
    test = letter(
        MailKind.TEXT_TEST, subject=OWN.subject, body=OWN.body, language="de",
        shown="switched-on", deadline=DEADLINE,
    )  # fmt: skip
    rendered = POSTBOX.render(test)
    real = POSTBOX.render(own(deadline=DEADLINE))
    assert rendered.subject == real.subject
    link = f"{PUBLIC_URL}/enrol/{OPENS_NOTHING}"
    assert rendered.text == real.text.replace(LINKS[MailKind.SWITCHED_ON], link)
    assert rendered.html == real.html.replace(LINKS[MailKind.SWITCHED_ON], link)


@pytest.mark.parametrize("who", [PERSON, GERMAN])
def test_hidden_links_are_hidden_in_an_own_text_too(who: Person) -> None:
    """An admin reads the mail in the outbox."""
    sent = replace(own(), person=who)
    sent = replace(sent, mail=replace(sent.mail, state=MailState.SENT))
    rendered = POSTBOX.render(sent, hide_links=True)
    assert TOKEN not in rendered.text + rendered.html
    said = WORDS[who.language or FIRST].hidden_link
    assert said in in_one_line(rendered.text)
    assert said in rendered.html
