"""Getting somebody going again after the guard stopped them: unlock, and set up anew."""

from collections.abc import Callable

from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Instant, Person
from twofold.core.policy import may_end_authenticator, may_unlock
from twofold.flows import sessions
from twofold.flows.outbox import record, write_mail
from twofold.flows.setup import Refused
from twofold.ports import Tx

MIN_REASON = 3
"""Characters of a reason that somebody can understand later."""


def unlock(
    tx: Tx, now: Instant, *, actor: Person, person_id: str, reason: str
) -> Person | Refused | None:
    """Forget the failures that slow somebody down, at the password and at the code.

    With a reason, mailed to the person and in the log. It never lets anybody in by itself, never
    shows or sets a password or a secret, and does not bring a disabled authenticator back.
    """
    person = _allowed(tx, actor, person_id, reason, may_unlock)
    if not isinstance(person, Person):
        return person
    tx.people.lock(person.id)
    keys = [f"{stage}:person:{person.id}" for stage in ("pw", "code")]
    keys += [f"code:row:{person.id}", f"code:enrol:{person.id}"]
    for browser in tx.browsers.of(person.id):
        keys += [f"pw:browser:{browser.id}", f"code:browser:{browser.id}"]
    tx.counters.drop(keys)
    record(tx, now, EventKind.UNLOCKED, person, actor_id=actor.id, reason=reason.strip())
    write_mail(tx, now, person, MailKind.UNLOCKED, admin=actor.name, reason=reason.strip(), at=now)
    return person


def set_up_again(
    tx: Tx, now: Instant, *, actor: Person, person_id: str, reason: str
) -> Person | Refused | None:
    """End all second factors of somebody, so that they can set a new one up with the mailed link.

    Ends all their sessions and trust. Under a policy that demands a second factor they reach only
    the set-up at their next sign-in.
    """
    person = _allowed(tx, actor, person_id, reason, may_end_authenticator)
    if not isinstance(person, Person):
        return person
    tx.people.lock(person.id)
    ended = tx.authenticators.reset(person.id, at=now) + tx.passkeys.remove_all(person.id)
    if not ended:
        return Refused("", f"{person.name} has no authenticator to end.")
    tx.authenticators.discard_pending(person.id)
    tx.recovery.end_all(person.id)
    sessions.end_others(tx, now, person)
    tx.browsers.end_all(person.id)
    record(tx, now, EventKind.AUTHENTICATOR_RESET, person, actor_id=actor.id, reason=reason.strip())
    write_mail(
        tx, now, person, MailKind.SET_UP_AGAIN, admin=actor.name, reason=reason.strip(), at=now
    )
    return person


def _allowed(
    tx: Tx, actor: Person, person_id: str, reason: str, may: Callable[[Person, Person], bool]
) -> Person | Refused | None:
    person = tx.people.find(actor.account_id, person_id)
    if person is None:
        return None
    if not may(actor, person):
        return Refused("", "You can do this only for people of a lower role than your own.")
    if len(reason.strip()) < MIN_REASON:
        return Refused("reason", "Say why, in a few words: it is kept in the log.")
    return person
