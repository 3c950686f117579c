"""Recovery codes: made, stored, looked at. They are used up in `second_step.recover`."""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core import recovery
from twofold.core.attempts import Source
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Instant, Person
from twofold.core.recovery import RecoveryStanding
from twofold.core.sessions import Caller
from twofold.flows.outbox import record, write_mail
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class NewCodes:
    """Shown once: nothing but this value ever holds them."""

    codes: Sequence[str]

    def __repr__(self) -> str:
        """Without the codes."""
        return "NewCodes()"


@dataclass(frozen=True, slots=True)
class NotEnrolled:
    """Recovery codes stand in for an authenticator; there is none."""


def make(tx: Tx, now: Instant, *, caller: Caller, source: Source) -> NewCodes | NotEnrolled:
    """Ten new codes; all earlier ones are dead. The page has asked for a fresh factor."""
    return make_for(tx, now, person_id=caller.person.id, source=source)


def make_for(tx: Tx, now: Instant, *, person_id: str, source: Source) -> NewCodes | NotEnrolled:
    """The same for somebody whose factor was just proved, by a page or an application."""
    person = tx.people.lock(person_id)
    if not tx.authenticators.has_factor(person.id):
        return NotEnrolled()
    before = tx.recovery.standing(person.id)
    codes = _new_set(tx, now, person)
    if before is not None:
        write_mail(tx, now, person, MailKind.RECOVERY_MADE, at=now, browser=source.browser)
    return NewCodes(codes)


def first_set(tx: Tx, now: Instant, person: Person) -> Sequence[str]:
    """Ten codes for somebody who has just saved a first set-up and has none yet; else none."""
    return () if tx.recovery.standing(person.id) is not None else _new_set(tx, now, person)


def _new_set(tx: Tx, now: Instant, person: Person) -> Sequence[str]:
    codes = [recovery.code_of(tx.random.secret()[: recovery.BYTES]) for _ in range(recovery.COUNT)]
    texts = [f"{person.id}:{code.replace('-', '')}" for code in codes]
    hashes = [tx.keyed_digests("recovery", text)[0] for text in texts]
    tx.recovery.replace(person, hashes, ids=[tx.random.new_id() for _ in codes], at=now)
    record(tx, now, EventKind.RECOVERY_MADE, person, actor_id=person.id, count=len(codes))
    return codes


def tell_used(tx: Tx, now: Instant, *, person: Person, source: Source) -> None:
    """The owner hears that one of the codes was used, and how many are left (promise P8)."""
    standing = tx.recovery.standing(person.id)
    left = standing.left if standing else 0
    record(tx, now, EventKind.RECOVERY_USED, person, actor_id=person.id, left=left)
    write_mail(tx, now, person, MailKind.RECOVERY_USED, left=left, at=now, browser=source.browser)


def stored(tx: Tx, now: Instant, *, caller: Caller) -> None:
    """The person says that they have stored them."""
    if tx.recovery.stored(caller.person.id, at=now):
        record(tx, now, EventKind.RECOVERY_STORED, caller.person, actor_id=caller.person.id)


def own(tx: Tx, *, person_id: str) -> RecoveryStanding | None:
    """What somebody has in store."""
    return tx.recovery.standing(person_id)
