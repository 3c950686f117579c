"""What mails say, for every kind, with ordinary and with hostile values."""

import re
from dataclasses import replace
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from tests.mail.letters import ACCOUNT, LINKS, PARAMS, PERSON, PUBLIC_URL, TOKEN, letter
from tests.mail.letters import without_token as stored_without_token
from twofold.core.mail import MailKind, MailState
from twofold.mail.messages import HIDDEN_LINK, LINK_PATHS, MailTemplates
from twofold.ports import Rendered

POSTBOX = MailTemplates(PUBLIC_URL)
KINDS = pytest.mark.parametrize("kind", list(MailKind))
WITH_LINK = pytest.mark.parametrize("kind", list(LINKS))
HOSTILE_NAMES = [
    "<script>alert(1)</script>",
    'Ann" onmouseover="x',
    "Ann\r\nBcc: everybody@acme.example",
    "Ann\u2028Example\u0000\u001b[31m",
    "W" * 120,
    "{{ token }}{% raw %}",
    "\u202egnp.nnA",
    "يوسف بن عبد الله",
    "דוד לוי",
]


class Reader(HTMLParser):
    """What a mail program would make of the HTML: its links, its tags, its words."""

    VOID = ("meta", "br")

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.words = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def all_of(rendered: Rendered) -> str:
    return rendered.subject + rendered.text + rendered.html


@KINDS
def test_every_kind_has_a_subject_a_text_and_html_that_name_the_receiver(kind: MailKind) -> None:
    """Both parts greet the person and name the organisation; the subject is one short line."""
    rendered = POSTBOX.render(letter(kind))
    assert rendered.subject.strip() == rendered.subject
    assert 10 < len(rendered.subject) < 80
    assert "\n" not in rendered.subject
    for part in (rendered.text, Reader(rendered.html).words):
        assert "Hello Ann Example," in in_one_line(part)
        assert "Acme Instruments" in part
        assert "We never ask for your password or your code" in in_one_line(part)


@KINDS
def test_every_kind_is_well_formed_html_without_pictures_scripts_or_style_sheets(
    kind: MailKind,
) -> None:
    """It reads in programs that load nothing and keep inline styles alone."""
    html = Reader(POSTBOX.render(letter(kind)).html)
    assert html.open == []
    assert not {"img", "script", "style", "link", "form", "iframe"} & set(html.tags)
    assert "class" not in html.attributes
    assert not any(name.startswith("on") for name in html.attributes)


@KINDS
def test_every_link_leads_to_our_own_address(kind: MailKind) -> None:
    """Nothing in a mail leads elsewhere, in either part."""
    rendered = POSTBOX.render(letter(kind))
    linked = Reader(rendered.html).links + re.findall(r"https?://\S+[\w/]", rendered.text)
    assert linked
    assert all(link == PUBLIC_URL or link.startswith(PUBLIC_URL + "/") for link in linked)


@KINDS
def test_the_words_are_those_of_the_house(kind: MailKind) -> None:
    """Calm and exact: none of the words that we do not use, no exclamation mark."""
    rendered = POSTBOX.render(letter(kind))
    said = " ".join((rendered.subject, rendered.text, Reader(rendered.html).words)).lower()
    assert not re.search(r"\b(please|oops|invalid|users?|sorry)\b|!", said)


@WITH_LINK
def test_a_one_time_link_stands_on_a_line_of_its_own_and_behind_the_button(kind: MailKind) -> None:
    """The link is whole in the text, is the button's target, and is written out beside it."""
    rendered = POSTBOX.render(letter(kind))
    html = Reader(rendered.html)
    assert f"\n  {LINKS[kind]}\n" in rendered.text
    assert html.links.count(LINKS[kind]) == 2
    assert LINKS[kind] in html.words
    assert "Tue 8 Dec 2026, 14:32 UTC" in rendered.text
    assert "Tue 8 Dec 2026, 14:32 UTC" in html.words


@WITH_LINK
def test_hidden_links_are_words_and_the_token_is_nowhere(kind: MailKind) -> None:
    """An admin reads the mail but cannot use the link (promise P5)."""
    rendered = POSTBOX.render(letter(kind), hide_links=True)
    assert TOKEN not in all_of(rendered)
    assert HIDDEN_LINK in in_one_line(rendered.text)
    assert HIDDEN_LINK in Reader(rendered.html).words


@WITH_LINK
@pytest.mark.parametrize("state", [MailState.SENT, MailState.FAILED])
def test_a_mail_whose_token_was_dropped_can_still_be_read(kind: MailKind, state: MailState) -> None:
    """A sent mail no longer has its token; words stand in its place."""
    rendered = POSTBOX.render(stored_without_token(letter(kind), state))
    assert HIDDEN_LINK in in_one_line(rendered.text)


@WITH_LINK
def test_a_mail_on_its_way_without_its_token_is_an_error(kind: MailKind) -> None:
    """Nobody is sent a mail whose link is missing."""
    broken = stored_without_token(letter(kind), MailState.SENDING)
    with pytest.raises(UndefinedError):
        POSTBOX.render(broken)


@KINDS
def test_a_missing_value_is_an_error_and_never_an_empty_place(kind: MailKind) -> None:
    """Each value that a kind carries is really used by its templates."""
    complete = letter(kind)
    for missing in set(PARAMS[kind]) - {"token"}:
        params = {key: value for key, value in complete.mail.params.items() if key != missing}
        with pytest.raises(UndefinedError, match=missing):
            POSTBOX.render(replace(complete, mail=replace(complete.mail, params=params)))


def test_the_kinds_with_links_are_these() -> None:
    """A new kind with a link must be added to these tests."""
    assert set(LINK_PATHS) == set(LINKS)
    assert set(PARAMS) == set(MailKind)


@KINDS
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_are_only_ever_text(kind: MailKind, name: str) -> None:
    """A name changes no tag, no header, no reading direction, and loses none of its letters."""
    account = replace(ACCOUNT, name=f"{name} Ltd")
    ordinary = POSTBOX.render(letter(kind))
    fields = {key: name for key in ("inviter", "admin", "entry", "whose") if key in PARAMS[kind]}
    rendered = POSTBOX.render(
        letter(kind, person=replace(PERSON, name=name), account=account, **fields)
    )
    html = Reader(rendered.html)
    assert html.tags == Reader(ordinary.html).tags
    assert html.links == Reader(ordinary.html).links
    message = EmailMessage()
    message["Subject"] = rendered.subject
    assert message.keys() == ["Subject"]
    assert len(rendered.subject) < 180
    for part in (rendered.subject, rendered.text, rendered.html):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\u202a-\u202e\u2028\u2029]", part)
    letters = re.findall(r"\w+", name.replace("\x1b[31m", ""))
    assert all(word in rendered.text and word in html.words for word in letters)


@given(st.text(max_size=200))
def test_no_name_breaks_a_mail(name: str) -> None:
    """Whatever an import brings, the mail renders, and its subject is one line."""
    rendered = POSTBOX.render(
        letter(person=replace(PERSON, name=name), account=replace(ACCOUNT, name=name))
    )
    assert len(rendered.subject.splitlines()) == 1
    assert f"\n  {LINKS[MailKind.SWITCHED_ON]}\n" in rendered.text
    assert Reader(rendered.html).open == []


def test_a_right_to_left_name_does_not_turn_the_sentence_around_it() -> None:
    """It is isolated in both parts (UAX 9)."""
    rendered = POSTBOX.render(letter(person=replace(PERSON, name="דוד לוי")))
    assert "Hello \u2068דוד לוי\u2069," in rendered.text
    assert "Hello <bdi>דוד לוי</bdi>," in rendered.html


@pytest.mark.parametrize(
    "browser",
    ["Chrome. Go to http://evil.example/now", "evil.example", "a@evil.example", "//evil.example"],
)
def test_a_browser_cannot_put_a_link_into_our_mail(browser: str) -> None:
    """The browser's name comes from a header that an attacker chooses."""
    rendered = POSTBOX.render(letter(MailKind.CODE_FAILURES, browser=browser))
    for part in (rendered.text, Reader(rendered.html).words):
        assert "evil.example" not in part
        assert "evil" in part


@pytest.mark.parametrize(
    ("address", "shown"),
    [("203.0.113.7", "203.0.113.7"), ("2001:DB8::1", "2001:db8::1"), ("", "not known")],
)
def test_the_address_of_the_last_try_is_shown(address: str, shown: str) -> None:
    """Both kinds of IP address are whole; no address is said in words."""
    rendered = POSTBOX.render(letter(MailKind.CODE_FAILURES, address=address))
    assert f"Address:   {shown}" in rendered.text
    assert shown in Reader(rendered.html).words


def test_the_switched_on_mail_says_all_that_one_needs() -> None:
    """What, why, from when, until when, what it takes, both ways, whom to ask."""
    rendered = POSTBOX.render(letter(MailKind.SWITCHED_ON))
    for part in (rendered.text, Reader(rendered.html).words):
        said = in_one_line(part)
        for needed in (
            "Olga Admin has switched on two-factor authentication at Acme Instruments",
            "your password and a 6-digit code",
            "stolen or guessed",
            "next sign-in leads to the set-up",
            "bout two minutes",
            "Twilio Authy, Microsoft Authenticator and Google Authenticator",
            "any other app that makes time-based codes",
            f"Open {PUBLIC_URL} and sign in",
            "name menu at the top right and choose My Profile",
            "Under Two-factor authentication choose Set up",
            "Ask Olga Admin at Acme Instruments",
            "Tue 8 Dec 2026, 14:32 UTC",
        ):
            assert needed in said


@pytest.mark.parametrize(("requires_factor", "told"), [(1, True), (0, False)])
def test_an_invitation_speaks_of_the_set_up_only_where_it_follows(
    requires_factor: int, told: bool
) -> None:
    """Where two-factor authentication is on, the newcomer knows that it comes right after."""
    rendered = POSTBOX.render(letter(MailKind.INVITATION, requires_factor=requires_factor))
    assert ("two-factor authentication" in in_one_line(rendered.text)) is told
    assert ("two-factor authentication" in in_one_line(rendered.html)) is told


def test_an_invitation_from_the_console_names_no_inviter() -> None:
    """There the organisation stands for the inviter, and is not said twice."""
    rendered = POSTBOX.render(letter(MailKind.INVITATION, inviter=ACCOUNT.name))
    assert "You are invited to sign in at Acme Instruments." in in_one_line(rendered.text)
    assert "You are invited to sign in at Acme Instruments." in Reader(rendered.html).words
    rendered = POSTBOX.render(letter(MailKind.INVITATION))
    assert "Olga Admin invites you to sign in at" in in_one_line(rendered.text)
    assert "Olga Admin invites you to sign in at" in Reader(rendered.html).words


@pytest.mark.parametrize(
    "kind",
    [
        MailKind.ENROLLED,
        MailKind.REPLACED,
        MailKind.RESYNCED,
        MailKind.RECOVERY_USED,
        MailKind.RECOVERY_MADE,
        MailKind.CODE_FAILURES,
        MailKind.PASSWORD_STOLEN,
        MailKind.AUTHENTICATOR_DISABLED,
        MailKind.PASSWORD_CHANGED,
    ],
)
def test_what_happened_to_a_person_says_when_where_and_what_if_it_was_not_them(
    kind: MailKind,
) -> None:
    """The owner can tell their own act from somebody else's (promise P8)."""
    rendered = POSTBOX.render(letter(kind))
    for part in (rendered.text, Reader(rendered.html).words):
        said = in_one_line(part)
        assert "Tue 24 Nov 2026, 14:32 UTC" in said
        assert "Firefox on Windows" in said
        assert "f it was not you" in said
        assert f"{PUBLIC_URL}/forgot-password" in said


@pytest.mark.parametrize(
    ("kind", "news"),
    [
        (MailKind.CODE_FAILURES, "a new browser is asked for two codes in a row"),
        (MailKind.PASSWORD_STOLEN, "We take the password as stolen"),
        (MailKind.AUTHENTICATOR_DISABLED, "we take no code for you any more"),
    ],
)
def test_wrong_codes_are_told_to_their_owner_with_what_follows(kind: MailKind, news: str) -> None:
    """Somebody has the password: what happened, from where, what holds now, what to do."""
    rendered = POSTBOX.render(letter(kind))
    for part in (rendered.text, Reader(rendered.html).words):
        said = in_one_line(part)
        assert news in said
        assert "203.0.113.7" in said
        assert "our right password" in said
        assert "omebody knows your password" in said


@pytest.mark.parametrize("kind", [MailKind.CODE_FAILURES, MailKind.PASSWORD_STOLEN])
def test_an_honest_owner_reads_what_to_do_too(kind: MailKind) -> None:
    """Most wrong codes are typed by the one whom they belong to."""
    rendered = POSTBOX.render(letter(kind))
    for part in (rendered.text, Reader(rendered.html).words):
        assert "f it was you" in in_one_line(part)
        assert "from the newest entry for Acme Instruments" in in_one_line(part)


@pytest.mark.parametrize("kind", [MailKind.BROWSER_LINK, MailKind.CODE_LINK])
def test_a_link_for_a_browser_says_in_which_one_it_opens(kind: MailKind) -> None:
    """The mail names the browser that asked, so that the owner can tell whether it was theirs."""
    rendered = POSTBOX.render(letter(kind))
    for part in (rendered.text, Reader(rendered.html).words):
        said = in_one_line(part)
        assert "Open it in the browser in which you" in said
        assert "Firefox on Windows" in said
        assert "203.0.113.7" in said
        assert "f it was not you" in said or "omebody knows your password" in said


def test_an_admin_reads_whose_password_it_is_about_and_to_be_wary_of_callers() -> None:
    """The alert names the person, not the receiver, and warns of the call that follows."""
    rendered = POSTBOX.render(letter(MailKind.ADMIN_ALERT))
    assert "Ben Example" in rendered.subject
    for part in (rendered.text, Reader(rendered.html).words):
        said = in_one_line(part)
        for needed in (
            "right password of Ben Example",
            "ben@acme.example",
            "Tue 24 Nov 2026, 14:32 UTC",
            "203.0.113.7",
            "call back a number that you know",
            f"{PUBLIC_URL}/people",
        ):
            assert needed in said


def test_the_breaker_mail_says_since_when_and_that_nothing_is_to_be_done() -> None:
    """It calms: what the site does by itself, for how long, and for whom."""
    rendered = POSTBOX.render(letter(MailKind.BREAKER_ON))
    for part in (rendered.text, Reader(rendered.html).words):
        said = in_one_line(part)
        assert "Since Tue 24 Nov 2026, 14:32 UTC the whole site" in said
        assert "For a day every new browser is asked for two codes" in said
        assert "You need to do nothing" in said


@pytest.mark.parametrize("kind", [MailKind.UNLOCKED, MailKind.SET_UP_AGAIN])
def test_what_an_admin_did_for_somebody_names_the_admin_and_the_way_to_object(
    kind: MailKind,
) -> None:
    """A helper who was talked into it is found out by the owner (promise P8)."""
    rendered = POSTBOX.render(letter(kind))
    for part in (rendered.text, Reader(rendered.html).words):
        said = in_one_line(part)
        assert "Olga Admin has" in said
        assert "Tue 24 Nov 2026, 14:32 UTC" in said
        assert "f you did not ask for it" in said
        assert "ell another admin of Acme Instruments today" in said


def test_a_password_mail_says_that_the_second_factor_stays() -> None:
    """A mailbox alone never takes a second factor away."""
    for kind in (MailKind.PASSWORD_LINK, MailKind.PASSWORD_CHANGED, MailKind.CONSOLE_LINK):
        text = in_one_line(POSTBOX.render(letter(kind)).text)
        assert "Your two-factor authentication stays as it is." in text


def test_no_line_of_the_text_is_long_but_for_links() -> None:
    """Plain text reads in a narrow window; a link is never broken."""
    for kind in MailKind:
        lines = POSTBOX.render(letter(kind)).text.splitlines()
        assert [line for line in lines if len(line) > 76 and "://" not in line] == []


def test_a_slash_at_the_end_of_the_public_address_is_not_doubled() -> None:
    """Links are the same however the address was written."""
    rendered = MailTemplates(PUBLIC_URL + "/").render(letter())
    assert f"\n  {LINKS[MailKind.SWITCHED_ON]}\n" in rendered.text
