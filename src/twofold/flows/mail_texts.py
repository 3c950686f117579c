"""The texts of rollout mails that an admin may write: looking, changing, trying."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from twofold.core import mail_texts
from twofold.core.digests import packed
from twofold.core.events import EventKind
from twofold.core.languages import FIRST, LANGUAGES, language_of
from twofold.core.mail import Mail, MailKind, MailState
from twofold.core.mail_texts import EDITABLE, MailText, Problem
from twofold.core.moments import when_in
from twofold.core.people import DAY, HOUR, Account, Instant, Person
from twofold.core.requirement_words import zone_of
from twofold.core.sessions import Caller
from twofold.flows.outbox import record, write_mail
from twofold.ports import Letter, Tx

TESTS_PER_HOUR = 10
"""Tests that one admin may send themselves in an hour."""
_DAYS = 3
"""Days left in a test and a preview."""
_PEOPLE = ("Ann Example", "Ben Example")
_GROUP: Mapping[str, str | int] = {
    "group": "Sales", "enrolled": 18, "total": 20, "waiting": 2, "more": 0,
}  # fmt: skip
"""A group in both."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """The text cannot be sent; nothing was changed."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """It was done; `changed` is false where it was so already."""

    changed: bool = True


@dataclass(frozen=True, slots=True)
class TooMany:
    """So many tests were sent in the last hour that the next one has to wait."""


def own_texts(tx: Tx, *, account_id: str) -> Mapping[tuple[MailKind, str], MailText]:
    """What the account has written, by kind and language."""
    return tx.mail_texts.all(account_id)


def text_for(tx: Tx, account: Account, person: Person, kind: MailKind) -> MailText | None:
    """What the account has written for a mail to this person; None for ours."""
    if kind not in EDITABLE:
        return None
    return tx.mail_texts.find(account.id, kind, language_of(account, person))


def set_language(tx: Tx, now: Instant, *, caller: Caller, language: str) -> Done:
    """Write in this language to whoever has chosen none. Raises `KeyError` for one that is not
    in `LANGUAGES`.
    """
    _ = LANGUAGES[language]
    account = tx.accounts.lock(caller.account.id)
    if account.language == language:
        return Done(changed=False)
    tx.accounts.set_language(account.id, language)
    person = caller.person
    said = {"language": f"{account.language} → {language}"}
    record(tx, now, EventKind.MAIL_LANGUAGE_SET, person, actor_id=person.id, **said)
    return Done()


def choose_language(tx: Tx, now: Instant, *, caller: Caller, language: str) -> Done:
    """Write to the caller in this language; "" for the account's. Raises `KeyError` for one that
    is not in `LANGUAGES`.
    """
    _ = LANGUAGES[language or FIRST]
    person = tx.people.lock(caller.person.id)
    if person.language == language:
        return Done(changed=False)
    tx.people.set_language(person.id, language)
    said = {"language": language or "as the organisation"}
    record(tx, now, EventKind.LANGUAGE_CHOSEN, person, actor_id=person.id, **said)
    return Done()


def save(
    tx: Tx, now: Instant, *, caller: Caller, kind: MailKind, language: str, text: MailText
) -> Done | Wrong:
    """Use this text from the next mail on, also for mails that wait."""
    text = mail_texts.tidied(text)
    problems = mail_texts.problems(kind, text)
    if problems:
        return Wrong(tuple(problems))
    account = tx.accounts.lock(caller.account.id)
    if tx.mail_texts.find(account.id, kind, language) == text:
        return Done(changed=False)
    tx.mail_texts.put(account.id, kind, language, text, at=now)
    _tell(tx, now, caller, kind, language, ours=False)
    return Done()


def restore(tx: Tx, now: Instant, *, caller: Caller, kind: MailKind, language: str) -> Done:
    """Go back to our text."""
    changed = tx.mail_texts.drop(caller.account.id, kind, language)
    if changed:
        _tell(tx, now, caller, kind, language, ours=True)
    return Done(changed)


def _tell(
    tx: Tx, now: Instant, caller: Caller, kind: MailKind, language: str, *, ours: bool
) -> None:
    person = caller.person
    said = {"mail": kind.value, "language": language, "back_to_ours": ours}
    record(tx, now, EventKind.MAIL_TEXT_CHANGED, person, actor_id=person.id, **said)


def send_test(
    tx: Tx, now: Instant, *, caller: Caller, kind: MailKind, language: str, text: MailText
) -> Done | Wrong | TooMany:
    """Mail this text to the admin who writes it, with a link that opens nothing."""
    text = mail_texts.tidied(text)
    problems = mail_texts.problems(kind, text)
    if problems:
        return Wrong(tuple(problems))
    person = tx.people.lock(caller.person.id)
    if tx.mails.recent(person.id, (MailKind.TEXT_TEST,), now - HOUR) >= TESTS_PER_HOUR:
        return TooMany()
    params = _params(now, caller.account, person, kind, language, text)
    write_mail(tx, now, person, MailKind.TEXT_TEST, **params)
    return Done()


def last_test(tx: Tx, now: Instant, *, caller: Caller) -> Mail | None:
    """The last test that the caller sent themselves in the last hour, with what became of it."""
    for mail in tx.mails.of(caller.person.id, limit=20):
        if mail.kind is MailKind.TEXT_TEST and mail.created_at > now - HOUR:
            return mail
    return None


def _params(
    now: Instant, account: Account, person: Person, kind: MailKind, language: str, text: MailText
) -> dict[str, str | int]:
    zone = zone_of(account, person)
    return {
        "shown": kind.value,
        "language": language,
        "subject": text.subject,
        "body": text.body,
        "admin": person.name,
        "deadline": when_in(now + _DAYS * DAY, zone),
        "days_left": _DAYS,
        **_GROUP,
        "people": packed([(name, when_in(now + _DAYS * DAY, zone)) for name in _PEOPLE]),
        "expires_at": now + _DAYS * DAY,
    }


def sample(
    now: Instant, *, caller: Caller, kind: MailKind, language: str, text: MailText | None
) -> Letter:
    """The mail as the caller would get it, for a preview; its link opens nothing. None is our
    own text.
    """
    account, person = caller.account, caller.person
    params = _params(now, account, person, kind, language, text or MailText("", ""))
    if text is None:
        params |= {"reason": "", "before": ""}
        person = replace(person, language=language)
    mail = Mail(
        id="preview",
        account_id=account.id,
        person_id=person.id,
        kind=kind if text is None else MailKind.TEXT_TEST,
        to_address=person.email,
        params=params,
        message_id="",
        state=MailState.SENT,
        attempts=0,
        created_at=now,
        next_at=now,
        sent_at=None,
        last_error="",
    )
    return Letter(mail, person, account)
