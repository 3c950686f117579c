"""Sending what the outbox holds: claim in one transaction, send in none, settle in another.

A mail is sent, visibly failed, or still being tried (promise P7). A worker that dies between
sending and settling leaves a lease that runs out; the mail is then sent again under the same
Message-ID, which is the best that can be had (RFC 1047).
"""

from dataclasses import dataclass

from twofold.core import mail_rate, throttle
from twofold.core.mail import Mail, MailKind, next_try
from twofold.core.people import Account, Instant, Person, PersonState
from twofold.core.requirement import ruling
from twofold.core.rules import Start
from twofold.flows import expansion
from twofold.flows.mail_texts import text_for
from twofold.ports import Delivery, Letter, Tx, World

_FOR_SETTING_UP = (MailKind.SWITCHED_ON, MailKind.REMINDER, MailKind.ENROL_LINK)
_NEWS = {
    MailKind.SWITCHED_ON: True,
    MailKind.SWITCHED_ON_ENROLLED: True,
    MailKind.REMINDER: True,
    MailKind.SWITCHED_OFF: False,
}
"""What each piece of news says about the demand; once it was moved again, the news is stale."""
_TO_SIGN_IN = (
    MailKind.INVITATION,
    MailKind.SWITCHED_ON,
    MailKind.REMINDER,
    MailKind.ENROL_LINK,
)


_TELLS = (MailKind.SWITCHED_ON, MailKind.INVITATION)
"""Mails that tell somebody what is asked of them."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """Due mails, looked through."""

    letters: tuple[Letter, ...]
    """To be sent by whoever claimed them."""
    dropped: int
    """How many were failed at once, because sending them would help nobody."""


def claim(tx: Tx, now: Instant, limit: int, per_minute: int = 0) -> Claimed:
    """Lease up to `limit` due mails and fail those among them that have lost their point.

    With `per_minute` no more than what the deployment may still send in this minute; the row that
    counts is locked, so that workers cannot both take what is left. After a restore nothing is due
    until somebody has looked (`flows/restore.py`).
    """
    if tx.restores.is_frozen():
        return Claimed((), 0)
    if not per_minute:
        return _claim(tx, now, limit)
    sent = throttle.unpacked(tx.counters.load([mail_rate.KEY]).get(mail_rate.KEY))
    claimed = _claim(tx, now, min(limit, mail_rate.room(sent, now, per_minute)))
    if claimed.letters:
        after = mail_rate.counted(sent, now, len(claimed.letters))
        tx.counters.save(mail_rate.KEY, throttle.packed(after), now)
    return claimed


def _claim(tx: Tx, now: Instant, limit: int) -> Claimed:
    letters: list[Letter] = []
    dropped = 0
    for mail in tx.mails.claim(now, limit=limit):
        person = tx.people.find(mail.account_id, mail.person_id)
        account = tx.accounts.get(mail.account_id)
        why = _pointless(tx, now, mail, person, account) if person else "The person is gone."
        if person is None or why:
            tx.mails.fail(mail.id, attempts=mail.attempts, error=why)
            dropped += 1
        else:
            text = text_for(tx, account, person, mail.kind)
            letters.append(Letter(mail, person, account, text))
    return Claimed(tuple(letters), dropped)


def _pointless(tx: Tx, now: Instant, mail: Mail, person: Person, account: Account) -> str:
    """Why the mail should not be sent any more, in one sentence for the admin, or ""."""
    if int(mail.params.get("expires_at", now + 1)) <= now:
        return "Its link had expired before a mail server took it."
    if mail.kind in _TO_SIGN_IN and person.state is PersonState.DISABLED:
        return "Not needed any more: the person may not sign in."
    if mail.kind in _NEWS and ruling(account, person, now).required is not _NEWS[mail.kind]:
        return "Not needed any more: the switch was moved again."
    if mail.kind in _FOR_SETTING_UP and tx.authenticators.has_factor(person.id):
        return "Not needed any more: the person has set up two-factor authentication."
    return ""


def settle(tx: Tx, now: Instant, mail: Mail, delivery: Delivery) -> None:
    """Write down what became of one attempt to send `mail`."""
    attempts = mail.attempts + 1
    if delivery.ok:
        if tx.mails.sent(mail.id, attempts=attempts, at=now) and mail.kind in _TELLS:
            _begin_time(tx, now, mail)
        return
    next_at = None if delivery.final else next_try(attempts, mail.created_at, now)
    if next_at is not None:
        tx.mails.retry(mail.id, attempts=attempts, next_at=next_at, error=delivery.detail)
    elif delivery.final:
        tx.mails.fail(mail.id, attempts=attempts, error=delivery.detail)
    else:
        tx.mails.fail(
            mail.id, attempts=attempts, error=f"Given up after {attempts} tries. {delivery.detail}"
        )


def _begin_time(tx: Tx, now: Instant, mail: Mail) -> None:
    """A mail server took the news of the switch: where that begins somebody's time, it begins."""
    account = tx.accounts.get(mail.account_id)
    if any(rule.start is Start.DELIVERED for rule in account.policy.rules):
        person = tx.people.lock(mail.person_id)
        expansion.begin_waiting(tx, now, account, person, Start.DELIVERED)


def deliver_due(world: World, *, limit: int) -> int:
    """Send up to `limit` due mails; how many were dealt with, 0 when nothing is due.

    Without a mail server nothing is claimed: mails wait. Each mail is claimed alone, so that none
    sits in a lease behind a slow server, and each is settled in its own transaction. Once the
    limit of the minute is reached, nothing is due.
    """
    done = 0
    while world.mailer.configured and done < limit:
        claimed = world.store.call(claim, world.clock.now(), 1, world.mails_per_minute)
        if not claimed.letters and not claimed.dropped:
            break
        for letter in claimed.letters:
            delivery = _sent(world, letter)
            world.store.call(settle, world.clock.now(), letter.mail, delivery)
        done += 1
    return done


def _sent(world: World, letter: Letter) -> Delivery:
    """Send. A fault of ours in one mail becomes a failure that is shown beside it and tried again.

    It must not hold up the others. Its text is left out: it might hold a link.
    """
    try:
        return world.mailer.send(letter)
    except Exception as fault:
        detail = f"Twofold could not send this mail: {type(fault).__name__}."
        return Delivery(ok=False, final=False, detail=detail)
