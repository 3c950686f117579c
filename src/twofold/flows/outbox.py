"""Writing a mail and an audit entry, in the transaction that causes them (promises P7, P8)."""

from twofold.core.events import EventKind
from twofold.core.mail import Mail, MailKind, MailState
from twofold.core.people import DAY, MINUTE, Instant, Person
from twofold.ports import Tx

ASKED_FOR = ((3, 15 * MINUTE), (10, DAY))
"""Mails of one kind that somebody may be written because anybody asked for them, and in how many
seconds (mail bombing)."""


def may_be_asked_for(tx: Tx, now: Instant, person_id: str, kind: MailKind) -> bool:
    """Whether one more mail of this kind may be asked for. The person's row is locked by whoever
    writes it next.
    """
    return all(
        tx.mails.recent(person_id, (kind,), now - window) < limit for limit, window in ASKED_FOR
    )


def write_mail(tx: Tx, now: Instant, person: Person, kind: MailKind, **params: str | int) -> str:
    """Queue one mail to `person`; its id. Its one Message-ID for ever is made here."""
    mail_id = tx.random.new_id()
    tx.mails.add(
        Mail(
            id=mail_id,
            account_id=person.account_id,
            person_id=person.id,
            kind=kind,
            to_address=person.email,
            params=params,
            message_id=f"<{mail_id}@twofold.mail>",
            state=MailState.QUEUED,
            attempts=0,
            created_at=now,
            next_at=now,
            sent_at=None,
            last_error="",
        )
    )
    return mail_id


def record(
    tx: Tx,
    now: Instant,
    kind: EventKind,
    person: Person,
    *,
    actor_id: str | None,
    **data: str | int | bool,
) -> None:
    """Append an entry about `person` to their account's audit log."""
    tx.events.add(person.account_id, kind, now, actor_id=actor_id, subject_id=person.id, data=data)
