"""After a restore: a new epoch, an outbox that waits, and its release.

The new epoch begins in the transaction that makes the restored database usable at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core import otp
from twofold.core.epoch import Ended, Known, Restore
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Account, Instant, Person
from twofold.flows.outbox import record, write_mail
from twofold.ports import Tx

DEAD_LINK = "Written before a backup was restored: its link opens nothing any more."
NOT_WANTED = "Written before a backup was restored, and not wanted any more."


@dataclass(frozen=True, slots=True)
class Undone:
    """One act that decides who may come in, done since the backup and undone by the restore."""

    at: Instant
    kind: EventKind
    account: str
    """The account's name, or its id where the backup does not know it."""
    whom: str
    """The person's address, or their id where the backup does not know them; "" for nobody."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """What a restore did, for whoever has to look after it."""

    made_at: Instant
    journal_was_whole: bool
    ended: Ended
    codes_kept_used: int
    """Recovery codes that the backup took for unused."""
    without_codes: Sequence[Person]
    """Whose recovery codes are all used up now, and who are written to."""
    undone: Sequence[Undone]


def begin_epoch(tx: Tx, now: Instant, *, made_at: Instant, known: Known) -> Epoch:
    """Let nothing of the time before the restore open anything, and let no mail leave.

    Codes of authenticators that were shown up to now are used up; recovery codes are where the
    journal says so, and all of them where it does not cover the time since the backup.
    """
    ended = tx.restores.end_everything(now)
    tx.restores.use_up(otp.step_at(now), sorted(_resynced(known)))
    spent = tx.restores.spend(known.spent, now)
    lost = set(tx.restores.end_sets(known.ended, now))
    if not known.is_whole:
        lost |= set(tx.restores.end_all_sets(now))
    accounts = tx.accounts.all()
    whose = [_tell_lost(tx, now, accounts, person_id) for person_id in sorted(lost)]
    restore = Restore(tx.random.new_id(), now, made_at, known.is_whole, None)
    tx.restores.add(restore)
    for account in accounts:
        tx.events.add(
            account.id,
            EventKind.RESTORED,
            now,
            actor_id=None,
            subject_id=None,
            data={"backup_of": made_at, "journal": known.is_whole},
        )
    undone = [_undone(tx, accounts, known, number) for number in range(len(known.since))]
    without = [person for person in whose if person]
    return Epoch(made_at, known.is_whole, ended, spent, without, undone)


def _resynced(known: Known) -> set[str]:
    return {
        one.subject_id
        for one in known.since
        if one.kind is EventKind.RESYNCED and one.subject_id is not None
    }


def _tell_lost(tx: Tx, now: Instant, accounts: Sequence[Account], person_id: str) -> Person | None:
    person = _find(tx, accounts, person_id)
    if person is not None:
        record(tx, now, EventKind.RECOVERY_ENDED, person, actor_id=None)
        write_mail(tx, now, person, MailKind.RECOVERY_ENDED, at=now)
    return person


def _find(tx: Tx, accounts: Sequence[Account], person_id: str) -> Person | None:
    found = (tx.people.find(account.id, person_id) for account in accounts)
    return next((person for person in found if person is not None), None)


def _undone(tx: Tx, accounts: Sequence[Account], known: Known, number: int) -> Undone:
    one = known.since[number]
    names = {account.id: account.name for account in accounts}
    person = tx.people.find(one.account_id, one.subject_id) if one.subject_id else None
    whom = person.email if person else one.subject_id or ""
    return Undone(one.at, one.kind, names.get(one.account_id, one.account_id), whom)


def standing(tx: Tx) -> Restore | None:
    """The restore after which mail still waits."""
    newest = tx.restores.newest()
    return newest if newest is not None and newest.released_at is None else None


@dataclass(frozen=True, slots=True)
class Released:
    """What became of the mails that waited."""

    leave: int
    dead: int
    """Written before the restore with a link that opens nothing any more; not sent."""
    dropped: int
    """Written before the restore and not wanted any more; not sent."""


def release(tx: Tx, now: Instant, *, drop: bool) -> Released | None:
    """Let mail leave again; None if nothing holds it.

    Of the mails that were written before the restore those with a link are never sent. The others
    may have been sent before, for the backup does not know; with `drop` they are not sent either.
    """
    restore = standing(tx)
    if restore is None:
        return None
    dead = dropped = 0
    for mail in tx.mails.waiting_before(restore.restored_at):
        if mail.params.get("token"):
            tx.mails.fail(mail.id, attempts=mail.attempts, error=DEAD_LINK)
            dead += 1
        elif drop:
            tx.mails.fail(mail.id, attempts=mail.attempts, error=NOT_WANTED)
            dropped += 1
    tx.restores.release(now)
    for account in tx.accounts.all():
        tx.events.add(
            account.id,
            EventKind.MAIL_RELEASED,
            now,
            actor_id=None,
            subject_id=None,
            data={"dead": dead, "dropped": dropped},
        )
    return Released(tx.mails.waiting(), dead, dropped)


def end_hashed_with(tx: Tx, now: Instant, *, key_id: str) -> int:
    """End the recovery codes and temporary passes that were made with a key which is retired; how
    many people lost recovery codes, who are written to.
    """
    lost = tx.restores.end_hashed_with(key_id, now)
    accounts = tx.accounts.all()
    for person_id in lost:
        _tell_lost(tx, now, accounts, person_id)
    return len(lost)
