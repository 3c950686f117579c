"""Taking what mail servers report of our mails.

A forged report must do no harm: it can only mark a mail that was sent in the last 30 days as come
back, or write a delay beside it. It moves nothing else and tells nobody by mail.
"""

from collections import Counter
from enum import StrEnum
from itertools import islice

from twofold.core.events import EventKind
from twofold.core.mail import DECIDING, Mail, MailState
from twofold.core.mail_reports import Action, Report, read
from twofold.core.people import DAY, MINUTE, Instant, email_key
from twofold.ports import ReportBox, Tx, World

BELIEVED_FOR = 30 * DAY
"""Seconds after sending in which a report is taken."""
NEAR = 15 * MINUTE
"""Seconds between our sending and the server's taking, by two clocks, where nothing but these says
which mail is meant."""
_LATEST = 20
"""Mails of a person among which that one is looked for."""


class Fate(StrEnum):
    """What became of a report or, where it held none, of a message."""

    BOUNCED = "bounced"
    """The mail is marked now."""
    DELAYED = "delayed"
    """Written beside the mail."""
    KNOWN = "known already"
    EARLY = "too early"
    """The mail is being sent at this moment; the report should come again."""
    NOT_OURS = "not ours"
    """No mail of the last 30 days is meant."""
    NO_TROUBLE = "no trouble"
    """It arrived, or went on to a server that reports no more."""
    NO_REPORT = "no report"
    """The message is about something else."""
    FAULT = "not read"
    """A fault of ours; the message stays where it is."""


STAYS = frozenset({Fate.EARLY, Fate.FAULT})
"""A message of which something became this is looked at again."""


def take(tx: Tx, now: Instant, *, report: Report) -> Fate:
    """Mark the mail that the report is about, with an event, once."""
    if not report.is_final and report.action is not Action.DELAYED:
        return Fate.NO_TROUBLE
    mail = _meant(tx, report)
    if mail is None:
        return Fate.NOT_OURS
    if mail.state is MailState.SENDING:
        return Fate.EARLY
    if mail.state is MailState.BOUNCED:
        return Fate.KNOWN
    since = now - BELIEVED_FOR
    if not report.is_final:
        said = f"Delayed on its way: {report.detail}"
        noted = tx.mails.note(mail.id, since=since, error=said)
        return Fate.DELAYED if noted else Fate.NOT_OURS
    if not tx.mails.bounce(mail.id, since=since, error=report.detail):
        return _why_not(tx, mail)
    tx.events.add(
        mail.account_id,
        EventKind.MAIL_BOUNCED,
        now,
        actor_id=None,
        subject_id=mail.person_id,
        data={
            "kind": mail.kind.value,
            "status": report.status,
            "known_by": "message-id" if report.message_id else "address and time",
        },
    )
    return Fate.BOUNCED


def _why_not(tx: Tx, mail: Mail) -> Fate:
    """Another report was faster, or the mail is none that a report may mark."""
    now_is = tx.mails.find(mail.account_id, mail.id)
    marked = now_is is not None and now_is.state is MailState.BOUNCED
    return Fate.KNOWN if marked else Fate.NOT_OURS


def _meant(tx: Tx, report: Report) -> Mail | None:
    """By its Message-ID; where the server returned nothing, by address and time, if these fit one
    mail alone and nothing turns on that mail.
    """
    if report.message_id:
        return tx.mails.by_message_id(report.message_id)
    person = tx.people.by_email(report.recipient) if report.recipient else None
    if person is None or report.taken_at is None:
        return None
    found = [
        mail
        for mail in tx.mails.of(person.id, limit=_LATEST)
        if mail.kind not in DECIDING
        and email_key(mail.to_address) == email_key(report.recipient)
        and mail.sent_at is not None
        and abs(mail.sent_at - report.taken_at) <= NEAR
    ]
    return found[0] if len(found) == 1 else None


def take_message(world: World, raw: bytes) -> list[Fate]:
    """What became of all that one message reports, each in its own transaction."""
    reports = read(raw)
    if not reports:
        return [Fate.NO_REPORT]
    return [world.store.call(take, world.clock.now(), report=report) for report in reports]


def read_box(world: World, box: ReportBox, *, limit: int | None = None) -> Counter[Fate]:
    """Take the reports of up to `limit` messages; how often what became of them.

    A message that cannot be dealt with is left where it is and holds up no other. Raises `OSError`
    if the box itself cannot be read.
    """
    count: Counter[Fate] = Counter()
    for name, raw in islice(box.messages(), limit):
        try:
            fates = take_message(world, raw)
        except Exception:
            fates = [Fate.FAULT]
        count.update(fates)
        if STAYS.isdisjoint(fates):
            box.done(name)
    return count
