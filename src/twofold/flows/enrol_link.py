"""The mailed link that opens a demanded set-up: asked for again, and how often."""

from dataclasses import dataclass

from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import MINUTE, Instant
from twofold.core.sessions import HalfCaller, Stage
from twofold.core.tokens import Purpose
from twofold.flows import links
from twofold.flows.outbox import may_be_asked_for, record, write_mail
from twofold.ports import Tx

RESEND_WINDOW = 15 * MINUTE
"""Seconds in which the page counts the links that were asked for."""

LINK_MAILS = (MailKind.SWITCHED_ON, MailKind.REMINDER, MailKind.ENROL_LINK)
"""The mails that carry a set-up link."""


@dataclass(frozen=True, slots=True)
class SetUpWait:
    """What the page says to somebody who must set up and has not opened the mailed link."""

    sent_recently: int
    can_send: bool
    sent_at: Instant | None
    """When the latest link was written, or None."""


def wait_for_link(tx: Tx, now: Instant, *, half: HalfCaller) -> SetUpWait:
    """How often a link was sent lately and whether one more may be asked for."""
    sent = tx.mails.recent(half.person.id, (MailKind.ENROL_LINK,), now - RESEND_WINDOW)
    latest = next(
        (
            mail.created_at
            for mail in tx.mails.of(half.person.id, limit=20)
            if mail.kind in LINK_MAILS
        ),
        None,
    )
    can_send = may_be_asked_for(tx, now, half.person.id, MailKind.ENROL_LINK)
    return SetUpWait(sent, can_send, latest)


def send_link(tx: Tx, now: Instant, *, half: HalfCaller) -> SetUpWait:
    """Mail a new set-up link, as often as `outbox.ASKED_FOR` allows."""
    tx.people.lock(half.person.id)
    state = wait_for_link(tx, now, half=half)
    if not state.can_send or half.sign_in.stage is not Stage.ENROL:
        return state
    token, expires_at = links.mint(tx, now, Purpose.ENROL, half.person, replace=False)
    write_mail(tx, now, half.person, MailKind.ENROL_LINK, token=token, expires_at=expires_at)
    record(tx, now, EventKind.ENROL_LINK_SENT, half.person, actor_id=half.person.id)
    return wait_for_link(tx, now, half=half)
