"""One's own authenticators: looked at, named, removed, tried out. They are set up in `enrol.py`."""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core import keyuri
from twofold.core.attempts import AttemptPurpose, Source
from twofold.core.authenticators import Totp
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.notes import check_up_due
from twofold.core.people import Account, Instant, Person
from twofold.core.policy import why_not_remove
from twofold.core.sessions import Caller
from twofold.flows import guard, sessions
from twofold.flows.outbox import record, write_mail
from twofold.flows.proofs import Accepted, Proof, Standing, Typed
from twofold.flows.setup import Refused
from twofold.flows.sign_in import From
from twofold.flows.verify import prove_code
from twofold.ports import Tx

LONGEST_NAME = 40


def own(tx: Tx, *, person_id: str) -> Sequence[Totp]:
    """The person's active authenticators, the oldest first, for their own pages."""
    return tx.authenticators.in_force(person_id)


def rename(
    tx: Tx, now: Instant, *, caller: Caller, authenticator_id: str, name: str
) -> Totp | Refused | None:
    """Give one of one's own a name; "" for the one that follows from the app. None if there is
    none of this id. A name changes nothing about who gets in, so the session is enough.
    """
    found = _own_one(tx, caller.person.id, authenticator_id)
    if found is None:
        return None
    clean = " ".join(name.split())
    if len(clean) > LONGEST_NAME:
        return Refused("name", f"Use at most {LONGEST_NAME} characters.")
    if not all(char.isprintable() for char in clean):
        return Refused("name", "Use letters, digits and signs that can be printed.")
    tx.authenticators.rename(caller.person.id, found.id, clean)
    record(
        tx,
        now,
        EventKind.AUTHENTICATOR_RENAMED,
        caller.person,
        actor_id=caller.person.id,
        authenticator=found.id,
    )
    return found


def remove(
    tx: Tx, now: Instant, *, caller: Caller, authenticator_id: str, source: Source
) -> Totp | Refused | None:
    """End one of one's own; None if there is none of this id. The page has asked for a fresh
    factor. Whatever trusted the old state ends, and the owner is told (promise P8).
    """
    return take_off(
        tx,
        now,
        account_id=caller.account.id,
        person_id=caller.person.id,
        authenticator_id=authenticator_id,
        source=source,
        keep_session=caller.session.id,
    )


def take_off(
    tx: Tx,
    now: Instant,
    *,
    account_id: str,
    person_id: str,
    authenticator_id: str,
    source: Source,
    keep_session: str,
) -> Totp | Refused | None:
    """The same for somebody whose factor was just proved, by a page or an application."""
    account = tx.accounts.lock(account_id)  # Before the person, as for a passkey.
    person = tx.people.lock(person_id)
    found = _own_one(tx, person.id, authenticator_id)
    if found is None:
        return None
    if (why := _why_it_stays(tx, now, account, person)) is not None:
        return Refused("", why)
    tx.authenticators.remove(person.id, found.id, at=now)
    if not tx.authenticators.has_factor(person.id):
        tx.recovery.end_all(person.id)
    sessions.end_others(tx, now, person, keep=keep_session)
    record(
        tx,
        now,
        EventKind.AUTHENTICATOR_REMOVED,
        person,
        actor_id=person.id,
        authenticator=found.id,
    )
    write_mail(
        tx,
        now,
        person,
        MailKind.AUTHENTICATOR_REMOVED,
        entry=keyuri.entry_name(found.issuer, found.label),
        at=now,
        browser=source.browser,
    )
    return found


def _why_it_stays(tx: Tx, now: Instant, account: Account, person: Person) -> str | None:
    """The last factor stays where the policy, or the last enrolled admin, needs it."""
    apps = len(tx.authenticators.in_force(person.id)) - 1
    return why_not_remove(
        account,
        person,
        now,
        others=apps + tx.passkeys.count(person.id),
        other_admins_enrolled=other_admins_enrolled(tx, person),
    )


def other_admins_enrolled(tx: Tx, person: Person) -> int:
    """Admins and owners beside the person who have a second factor. The caller holds the account's
    row, so that of two admins who remove theirs at once one remains.
    """
    return sum(
        tx.authenticators.has_factor(one.id)
        for one in tx.people.admins(person.account_id)
        if one.id != person.id
    )


def _own_one(tx: Tx, person_id: str, authenticator_id: str) -> Totp | None:
    mine = tx.authenticators.in_force(person_id)
    return next((one for one in mine if one.id == authenticator_id), None)


@dataclass(frozen=True, slots=True)
class Practised:
    """The code was right. Nothing was opened by it."""

    authenticator: Totp
    step: int
    """The step of the code."""


def practise(
    tx: Tx, now: Instant, *, caller: Caller, typed: Typed, place: From
) -> Practised | Proof:
    """Try a code out, as at a sign-in and at the same price; it opens and renews nothing.

    It goes through the one choke point like any other code: otherwise a stolen session would have
    a place to guess at for free.
    """
    person, mine = caller.person, tx.authenticators.in_force(caller.person.id)
    browser = guard.known_browser(tx, now, token=place.browser_token, person_id=person.id)
    proof = prove_code(
        tx,
        now,
        person=person,
        account=caller.account,
        authenticators=mine,
        typed=typed,
        purpose=AttemptPurpose.PRACTICE,
        standing=Standing(place.source, browser),
    )
    if not isinstance(proof, Accepted):
        return proof
    shown = next(one for one in mine if one.id == proof.authenticator_id)
    return Practised(shown, proof.step)


def is_check_up_due(tx: Tx, now: Instant, *, person_id: str) -> bool:
    """Whether the person is to be asked if their app still works."""
    return check_up_due(tx.authenticators.in_force(person_id), now)


def check_up_later(tx: Tx, now: Instant, *, caller: Caller) -> None:
    """The person was asked and does not want to try a code now: they are not asked again."""
    tx.authenticators.asked(caller.person.id, at=now)
