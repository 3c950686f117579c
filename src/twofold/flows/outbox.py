"""Writing a mail and an audit entry, in the transaction that causes them (promises P7, P8)."""

from collections.abc import Mapping, Sequence

from twofold.core.events import EventKind
from twofold.core.mail import TO_EVERY_ADDRESS, Mail, MailKind, MailState
from twofold.core.people import DAY, MINUTE, Instant, Person, PersonKind
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
    """Queue a mail to `person`, one for each of their addresses that it may go to; the id of the
    one to the first. The one Message-ID of each for ever is made here.

    What carries a one-time token opens something, so it goes to the first address alone. A program
    gets none: "" comes back.
    """
    return write_mail_for(tx, now, now, person, kind, params)


def write_mail_for(
    tx: Tx,
    now: Instant,
    leaves_at: Instant,
    person: Person,
    kind: MailKind,
    params: Mapping[str, str | int],
) -> str:
    """The same for a mail that is not handed to a mail server before the moment `leaves_at`."""
    mail_id = ""
    for to_address in _addressees(tx, person, kind, params):
        mail_id = _queue(tx, now, max(now, leaves_at), person, kind, to_address, params)
    return mail_id


def write_mail_to(
    tx: Tx,
    now: Instant,
    to_address: str,
    person: Person,
    kind: MailKind,
    params: Mapping[str, str | int],
) -> str:
    """Queue a mail about `person` to an address that was theirs until now; its id."""
    assert "token" not in params, "what opens something goes to an address of today"
    return _queue(tx, now, now, person, kind, to_address, params)


def _addressees(
    tx: Tx, person: Person, kind: MailKind, params: Mapping[str, str | int]
) -> Sequence[str]:
    """Where it goes. The first address comes last, so that the person's latest mail, by which
    the list of people says whether they can be reached, is the one to that address.
    """
    if person.kind is PersonKind.SERVICE:
        return ()
    opens = "token" in params and kind not in TO_EVERY_ADDRESS
    if opens and kind is not MailKind.ADDRESS_LINK:
        return (person.email,)
    second = tx.addresses.of(person.id)
    if kind is MailKind.ADDRESS_LINK:
        assert second is not None, "a second address is kept before its link is mailed"
        return (second.email,)
    if second is None or second.confirmed_at is None:
        return (person.email,)
    return (second.email, person.email)


def _queue(
    tx: Tx,
    now: Instant,
    next_at: Instant,
    person: Person,
    kind: MailKind,
    to_address: str,
    params: Mapping[str, str | int],
) -> str:
    mail_id = tx.random.new_id()
    tx.mails.add(
        Mail(
            id=mail_id,
            account_id=person.account_id,
            person_id=person.id,
            kind=kind,
            to_address=to_address,
            params=params,
            message_id=f"<{mail_id}@twofold.mail>",
            state=MailState.QUEUED,
            attempts=0,
            created_at=now,
            next_at=next_at,
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
