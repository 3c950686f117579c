"""The outbox as an admin reads it."""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core.events import EventKind
from twofold.core.mail import Mail, MailState
from twofold.core.people import Instant, Person
from twofold.core.sessions import Caller
from twofold.flows.enrol import NeedsProof, needed_proof
from twofold.flows.mail_texts import text_for
from twofold.ports import Letter, Tx

PAGE = 50
_TAKEN = (MailState.SENT, MailState.BOUNCED)


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """Newest mails first. `next_before` is "" on the last page."""

    rows: Sequence[tuple[Mail, Person]]
    next_before: str


@dataclass(frozen=True, slots=True)
class OpenedMail:
    """A mail for reading. Links are hidden once a server has taken it, or is going to, and from
    everybody of a lower role than the receiver's.
    """

    letter: Letter
    hide_links: bool


def list_mails(tx: Tx, *, account_id: str, before: str = "") -> OutboxPage:
    """One page of the account's outbox."""
    rows = tx.mails.page(account_id, before=before, limit=PAGE + 1)
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    return OutboxPage(rows, rows[-1][0].id if more else "")


def open_mail(
    tx: Tx, now: Instant, *, caller: Caller, mail_id: str, mail_server: bool
) -> OpenedMail | NeedsProof | None:
    """A mail of the caller's account with its text; None for any other id.

    While there is no mail server the one-time links are readable, because opening the mail here
    is the only way it reaches anybody. It stands in for the receiver's mailbox, so it asks for a
    fresh proof, shows no link of somebody of a higher role (CVE-2026-64866), and is in the audit
    log. With a server links are hidden: they prove the receiver's mailbox and nobody else's.
    """
    mail = tx.mails.find(caller.account.id, mail_id)
    person = tx.people.find(caller.account.id, mail.person_id) if mail else None
    if mail is None or person is None:
        return None
    above = person.role.rank > caller.person.role.rank
    hide = mail_server or mail.state in _TAKEN or above
    if not hide and mail.params.get("token") and (needed := needed_proof(now, caller)) is not None:
        return needed
    if not hide:
        tx.events.add(
            caller.account.id,
            EventKind.MAIL_OPENED,
            now,
            actor_id=caller.person.id,
            subject_id=person.id,
            data={"kind": mail.kind.value},
        )
    text = text_for(tx, caller.account, person, mail.kind)
    return OpenedMail(Letter(mail, person, caller.account, text), hide)
