"""A second mail address: asked for, confirmed from a mail to it, removed.

It is told what happens to the person's factors and opens nothing: no link but its own is ever
mailed there, and nobody signs in with it. So whoever breaks into the first mailbox cannot keep the
owner from hearing of it.
"""

from twofold.core import addresses
from twofold.core.addresses import SecondAddress
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Instant, Person, email_key
from twofold.core.sessions import Caller
from twofold.core.tokens import Purpose
from twofold.flows import links
from twofold.flows.links import LinkTrouble, OpenLink
from twofold.flows.outbox import may_be_asked_for, record, write_mail
from twofold.flows.setup import Refused
from twofold.ports import Tx


def own(tx: Tx, *, person_id: str) -> SecondAddress | None:
    """The person's second address, confirmed or not."""
    return tx.addresses.of(person_id)


def ask(tx: Tx, now: Instant, *, caller: Caller, email: str) -> SecondAddress | Refused:
    """Mail a link to `email`; it is the caller's second address once the link was used. The
    first address is told at once. One that was asked for before and not confirmed is forgotten.
    """
    problem = addresses.problem(email)
    if problem:
        return Refused("second", problem)
    person = tx.people.lock(caller.person.id)
    if email_key(email) == email_key(person.email):
        return Refused("second", "This is your first address. Enter another one.")
    present = tx.addresses.of(person.id)
    if present is not None and present.confirmed_at is not None:
        return Refused("second", "You have a second address. Remove it first.")
    if not may_be_asked_for(tx, now, person.id, MailKind.ADDRESS_LINK):
        return Refused("second", "Several links were sent lately. Wait 15 minutes, then try again.")
    return ask_for(tx, now, person, email, actor_id=person.id)


def ask_for(
    tx: Tx, now: Instant, person: Person, email: str, *, actor_id: str | None
) -> SecondAddress:
    """Mail the link to `email`, and the news to the first address. The row is held."""
    asked = SecondAddress(person.id, person.account_id, email.strip(), now, None)
    tx.addresses.put(asked)
    token, expires_at = links.mint(tx, now, Purpose.ADDRESS, person)
    write_mail(tx, now, person, MailKind.ADDRESS_LINK, token=token, expires_at=expires_at)
    write_mail(tx, now, person, MailKind.ADDRESS_ASKED, second=asked.email, at=now)
    record(tx, now, EventKind.ADDRESS_ASKED, person, actor_id=actor_id, second=asked.email)
    return asked


def look(tx: Tx, now: Instant, *, token: str) -> SecondAddress | LinkTrouble:
    """The address that such a link would confirm, without using it."""
    found = links.look(tx, now, purpose=Purpose.ADDRESS, token=token)
    if not isinstance(found, OpenLink):
        return found
    waiting = tx.addresses.of(found.person.id) if found.person else None
    return waiting or LinkTrouble.UNKNOWN


def confirm(tx: Tx, now: Instant, *, token: str) -> SecondAddress | LinkTrouble:
    """Use the link: from now on the address is told what the first one is. Both are told that."""
    opened = links.use(tx, now, purpose=Purpose.ADDRESS, token=token)
    if not isinstance(opened, OpenLink):
        return opened
    assert opened.person is not None, "a link for a second address is somebody's"
    person = tx.people.lock(opened.person.id)
    second = tx.addresses.of(person.id)
    if second is None or not tx.addresses.confirm(person.id, at=now):
        return LinkTrouble.USED
    write_mail(tx, now, person, MailKind.ADDRESS_ADDED, second=second.email, at=now)
    record(tx, now, EventKind.ADDRESS_CONFIRMED, person, actor_id=None, second=second.email)
    return second


def remove(tx: Tx, now: Instant, *, caller: Caller) -> bool:
    """Forget the second address; the last mail to it says so. False if there is none."""
    person = tx.people.lock(caller.person.id)
    second = tx.addresses.of(person.id)
    if second is None:
        return False
    write_mail(tx, now, person, MailKind.ADDRESS_REMOVED, second=second.email, at=now)
    tx.addresses.remove(person.id)
    tx.links.end_all(person.id, Purpose.ADDRESS)
    record(tx, now, EventKind.ADDRESS_REMOVED, person, actor_id=person.id, second=second.email)
    return True
