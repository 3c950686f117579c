"""Writing the texts of mails: what is kept, who is told, and which text a mail gets."""

from dataclasses import replace

import pytest

from tests.conftest import FixedClock
from tests.mail.worlds import FakeMailer, world_of
from tests.world import Organisation
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.mail_texts import MailText
from twofold.core.people import HOUR
from twofold.core.sessions import Caller
from twofold.flows import mail_texts, mails
from twofold.flows.deliver import deliver_due
from twofold.flows.mail_texts import TESTS_PER_HOUR, Done, TooMany, Wrong
from twofold.flows.mails import OpenedMail
from twofold.flows.outbox import write_mail
from twofold.ports import Store, World
from twofold.system import SystemRandom

KIND = MailKind.SWITCHED_ON
TEXT = MailText("Bis {deadline}", "Hallo {name},\n\n{link}")
BROKEN = MailText("", "no link")


@pytest.fixture
def caller(acme: Organisation) -> Caller:
    """The owner."""
    return acme.caller(acme.owner)


@pytest.fixture
def mailer() -> FakeMailer:
    """A mail server's stand-in that takes everything."""
    return FakeMailer()


@pytest.fixture
def world(store: Store, clock: FixedClock, random: SystemRandom, mailer: FakeMailer) -> World:
    """The world around the store of this test."""
    return world_of(store, clock, random, mailer)


def save(acme: Organisation, caller: Caller, text: MailText = TEXT, language: str = "de") -> object:
    """Save a text."""
    return acme.call(mail_texts.save, caller=caller, kind=KIND, language=language, text=text)


def texts(acme: Organisation) -> dict[tuple[MailKind, str], MailText]:
    """What the account has written."""
    return dict(acme.store.call(mail_texts.own_texts, account_id=acme.account_id))


def told(acme: Organisation) -> list[dict[str, object]]:
    """The events about texts, oldest first."""
    return [dict(event.data) for event in reversed(acme.events(EventKind.MAIL_TEXT_CHANGED))]


def test_a_text_is_kept_tidy_and_told_once(acme: Organisation, caller: Caller) -> None:
    """Saving the same again changes nothing and says nothing."""
    typed = MailText(" Bis {deadline} ", "Hallo {name},\r\n\r\n{link}\r\n")
    assert save(acme, caller, typed) == Done()
    assert texts(acme) == {(KIND, "de"): TEXT}
    assert save(acme, caller) == Done(changed=False)
    assert told(acme) == [{"mail": "switched-on", "language": "de", "back_to_ours": False}]
    assert save(acme, caller, replace(TEXT, subject="Neu")) == Done()
    assert texts(acme)[(KIND, "de")].subject == "Neu"
    assert len(told(acme)) == 2


def test_a_text_that_cannot_be_sent_is_not_kept(acme: Organisation, caller: Caller) -> None:
    """And what was there stays."""
    save(acme, caller)
    refused = save(acme, caller, BROKEN)
    assert isinstance(refused, Wrong)
    assert [problem.field for problem in refused.problems] == ["subject", "body"]
    assert texts(acme) == {(KIND, "de"): TEXT}
    assert len(told(acme)) == 1


def test_going_back_to_ours(acme: Organisation, caller: Caller) -> None:
    """Told once, too."""
    save(acme, caller)
    go_back = lambda: acme.call(  # noqa: E731
        mail_texts.restore, caller=caller, kind=KIND, language="de"
    )
    assert go_back() == Done()
    assert go_back() == Done(changed=False)
    assert texts(acme) == {}
    assert [event["back_to_ours"] for event in told(acme)] == [False, True]


def test_a_mail_gets_the_text_of_its_kind_account_and_language(
    acme: Organisation, caller: Caller, world: World, mailer: FakeMailer
) -> None:
    """When it is sent, not when it was written; whoever reads it in the outbox reads the same."""
    ann = acme.add("Ann")
    params: dict[str, str | int] = {"token": "t" * 43, "expires_at": acme.now + HOUR, "admin": "O"}
    acme.switch_on()
    deliver_due(world, limit=100)
    mailer.sent.clear()
    mail_id = acme.call(write_mail, ann, KIND, **params)
    other = acme.call(write_mail, ann, MailKind.ENROL_LINK, **params)
    save(acme, caller, language="en")
    save(acme, caller, MailText("Deutsch", "{link}"), language="de")
    deliver_due(world, limit=100)
    assert {letter.mail.id: letter.text for letter in mailer.sent} == {mail_id: TEXT, other: None}
    opened = acme.call(mails.open_mail, caller=caller, mail_id=mail_id, mail_server=True)
    assert isinstance(opened, OpenedMail)
    assert opened.letter.text == TEXT


def test_another_account_has_texts_of_its_own(acme: Organisation, caller: Caller) -> None:
    """Nothing is shared."""
    save(acme, caller)
    assert acme.store.call(mail_texts.own_texts, account_id="another") == {}
    german = replace(acme.owner, language="de")
    other = replace(acme.account, id="another")
    text_for = lambda account: acme.store.call(  # noqa: E731
        mail_texts.text_for, account, german, KIND
    )
    assert text_for(other) is None
    assert text_for(acme.account) == TEXT


def send_test(acme: Organisation, caller: Caller, text: MailText = TEXT) -> object:
    """Ask for a test."""
    return acme.call(mail_texts.send_test, caller=caller, kind=KIND, language="de", text=text)


def test_a_test_goes_to_whoever_asks_and_changes_nothing(
    acme: Organisation, caller: Caller, world: World, mailer: FakeMailer
) -> None:
    """Not to anybody else, and it makes no link."""
    acme.add("Ann")
    assert send_test(acme, caller) == Done()
    deliver_due(world, limit=100)
    (letter,) = mailer.sent
    assert letter.mail.kind is MailKind.TEXT_TEST
    assert letter.mail.to_address == acme.owner.email
    assert "token" not in letter.mail.params
    assert letter.mail.params["body"] == TEXT.body
    assert texts(acme) == {}
    assert told(acme) == []


def test_a_test_of_a_text_that_cannot_be_sent_is_not_sent(
    acme: Organisation, caller: Caller
) -> None:
    """The same sentences as at saving."""
    assert send_test(acme, caller, BROKEN) == save(acme, caller, BROKEN)
    assert acme.mails(acme.owner, MailKind.TEXT_TEST) == []


def test_tests_have_a_limit(acme: Organisation, caller: Caller) -> None:
    """A session in other hands must not fill its owner's mailbox."""
    for _ in range(TESTS_PER_HOUR):
        assert send_test(acme, caller) == Done()
    assert send_test(acme, caller) == TooMany()
    acme.clock.advance(HOUR + 1)
    assert send_test(acme, caller) == Done()
    assert len(acme.mails(acme.owner, MailKind.TEXT_TEST)) == TESTS_PER_HOUR + 1


def test_a_preview_is_that_very_mail(acme: Organisation, caller: Caller) -> None:
    """With an own text as a test of it, without one as ours in the language asked for."""
    shown = mail_texts.sample(acme.now, caller=caller, kind=KIND, language="de", text=TEXT)
    assert shown.mail.kind is MailKind.TEXT_TEST
    send_test(acme, caller)
    assert shown.mail.params == acme.mails(acme.owner, MailKind.TEXT_TEST)[0].params
    ours = mail_texts.sample(acme.now, caller=caller, kind=KIND, language="de", text=None)
    assert (ours.mail.kind, ours.person.language) == (KIND, "de")


def test_the_language_of_the_account_is_set_once(acme: Organisation, caller: Caller) -> None:
    """With what it was before in the log."""
    set_to = lambda code: acme.call(  # noqa: E731
        mail_texts.set_language, caller=caller, language=code
    )
    assert set_to("de") == Done()
    assert set_to("de") == Done(changed=False)
    assert acme.store.call(lambda tx: tx.accounts.get(acme.account_id)).language == "de"
    (event,) = acme.events(EventKind.MAIL_LANGUAGE_SET)
    assert event.data == {"language": "en → de"}
    with pytest.raises(KeyError):
        set_to("fr")


def test_everybody_chooses_their_own_language(acme: Organisation, caller: Caller) -> None:
    """Or goes back to the organisation's; nobody else's changes."""
    ann = acme.add("Ann")
    choose = lambda code: acme.call(  # noqa: E731
        mail_texts.choose_language, caller=caller, language=code
    )
    assert choose("de") == Done()
    assert choose("de") == Done(changed=False)
    assert acme.person(acme.owner_id).language == "de"
    assert acme.person(ann.id).language == ""
    assert choose("") == Done()
    assert acme.person(acme.owner_id).language == ""
    said = [event.data["language"] for event in acme.events(EventKind.LANGUAGE_CHOSEN)]
    assert said == ["as the organisation", "de"]
    with pytest.raises(KeyError):
        choose("fr")
