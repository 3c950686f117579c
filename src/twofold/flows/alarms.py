"""What failures set off: telling the owner and the admins, marking, disabling (promise P8)."""

from collections.abc import Sequence

from twofold.core.attempts import Source
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Instant, Person
from twofold.core.throttle import Step
from twofold.core.waits import StopReason
from twofold.flows import guard, wait_stops
from twofold.flows.outbox import record, write_mail
from twofold.ports import Tx


def after_wrong_code(
    tx: Tx, now: Instant, person: Person, source: Source, steps: Sequence[Step], *, breaker: bool
) -> None:
    """Act on what a wrong code has reached, in the transaction that counted it."""
    if Step.TELL_OWNER in steps:
        _tell(tx, now, person, MailKind.CODE_FAILURES, EventKind.PAIR_MODE, source)
    if Step.PASSWORD_STOLEN in steps:
        tx.people.mark_stolen(person.id, now)
        wait_stops.stop(tx, now, person, StopReason.STOLEN)
        _tell(tx, now, person, MailKind.PASSWORD_STOLEN, EventKind.PASSWORD_STOLEN, source)
        _alert_admins(tx, now, person, source)
    if Step.DISABLE in steps and tx.authenticators.disable(person.id, at=now):
        _tell(
            tx,
            now,
            person,
            MailKind.AUTHENTICATOR_DISABLED,
            EventKind.AUTHENTICATOR_DISABLED,
            source,
        )
        _alert_admins(tx, now, person, source)
    if breaker:
        _record_breaker(tx, now)


def _tell(
    tx: Tx, now: Instant, person: Person, mail: MailKind, event: EventKind, source: Source
) -> None:
    record(tx, now, event, person, actor_id=None, address=source.address, browser=source.browser)
    write_mail(tx, now, person, mail, at=now, browser=source.browser, address=source.address)


def _alert_admins(tx: Tx, now: Instant, person: Person, source: Source) -> None:
    for admin in tx.people.admins(person.account_id):
        if admin.id != person.id:
            write_mail(
                tx,
                now,
                admin,
                MailKind.ADMIN_ALERT,
                whose=person.name,
                email=person.email,
                at=now,
                address=source.address,
            )


def _record_breaker(tx: Tx, now: Instant) -> None:
    """Every account hears of it: the breaker asks everybody's unknown browsers for pairs."""
    for account in tx.accounts.all():
        tx.events.add(
            account.id, EventKind.BREAKER_ON, now, actor_id=None, subject_id=None, data={}
        )
        for admin in tx.people.admins(account.id):
            write_mail(tx, now, admin, MailKind.BREAKER_ON, at=now)


def after_wrong_password(
    tx: Tx,
    now: Instant,
    person: Person | None,
    source: Source,
    found: Sequence[str],
    *,
    actor_id: str | None = None,
) -> None:
    """Note a wrong password with its person, and the alarms that it set off with every account.

    `actor_id` is that of somebody who gave it within a session.
    """
    if person is None:
        guard.log_nothing(tx, now, address=source.address)
    else:
        record(
            tx,
            now,
            EventKind.PASSWORD_WRONG,
            person,
            actor_id=actor_id,
            address=source.address,
            browser=source.browser,
        )
    kinds = {"spray": EventKind.SPRAY, "site": EventKind.FLOOD}
    for account in tx.accounts.all() if found else ():
        for name in sorted(set(found)):
            tx.events.add(
                account.id,
                kinds[name],
                now,
                actor_id=None,
                subject_id=None,
                data={"address": source.address},
            )
