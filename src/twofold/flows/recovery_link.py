"""The link that sets up anew, for whoever cannot prove the second factor.

It replaces the second factor and nothing else: the password is asked for as ever, and the present
authenticator works until a new one is saved. `issue` makes one for any `Maker`; whom that tells
is the maker's part. `make` is the console's, for whom nobody else can help.
"""

from dataclasses import dataclass

from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Instant, Person, PersonState, Role
from twofold.core.sessions import HalfCaller, Stage
from twofold.core.signin import SignInFact, advance, state_of
from twofold.core.tokens import RECOVERY_LIFETIME, Maker, Purpose
from twofold.flows import links
from twofold.flows.links import LinkTrouble, OpenLink
from twofold.flows.outbox import record, write_mail
from twofold.flows.setup import Refused
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class RecoveryLink:
    """A link that sets up anew, with its token: to be printed or mailed, and kept nowhere."""

    token: str
    person: Person
    expires_at: Instant

    def __repr__(self) -> str:
        """Without the token."""
        return f"RecoveryLink(person={self.person.id!r})"


def issue(tx: Tx, now: Instant, person: Person, *, maker: Maker) -> RecoveryLink:
    """A new link for somebody who has a second factor; earlier ones, whoever made them, are dead.
    The caller holds the person's lock, writes the event, and tells whoever must be told.
    """
    lifetime = RECOVERY_LIFETIME[maker]
    token, expires_at = links.mint(tx, now, Purpose.RECOVERY, person, lifetime=lifetime)
    return RecoveryLink(token, person, expires_at)


def make(tx: Tx, now: Instant, *, email: str) -> RecoveryLink | Refused:
    """The console's link. The person and every owner of the account are told."""
    person = tx.people.by_email(email)
    if person is None or person.state is not PersonState.ACTIVE:
        return Refused("email", "Nobody who may sign in has this address.")
    if not tx.authenticators.has_factor(person.id):
        return Refused("email", f"{person.name} has no authenticator: the password is enough.")
    tx.people.lock(person.id)
    link = issue(tx, now, person, maker=Maker.CONSOLE)
    told = {one.id: one for one in tx.people.admins(person.account_id) if one.role is Role.OWNER}
    for one in {**told, person.id: person}.values():
        write_mail(
            tx, now, one, MailKind.RECOVERY_LINK, at=now, whose=person.name, email=person.email
        )
    record(tx, now, EventKind.RECOVERY_LINK_MADE, person, actor_id=None)
    return link


def look(tx: Tx, now: Instant, *, token: str) -> OpenLink | LinkTrouble:
    """What such a link would open, without using it."""
    return links.look(tx, now, purpose=Purpose.RECOVERY, token=token)


def use(tx: Tx, now: Instant, *, half: HalfCaller, token: str) -> str | LinkTrouble:
    """Use it for the half-finished sign-in of its person: the token of the set-up that follows.

    Somebody else's link opens nothing and is not used up.
    """
    tx.people.lock(half.person.id)
    found = look(tx, now, token=token)
    if isinstance(found, OpenLink) and found.link.person_id != half.person.id:
        return LinkTrouble.FOREIGN
    if not isinstance(found, OpenLink):
        return found
    if half.sign_in.stage is Stage.CODE:
        advance(state_of(half.sign_in.stage), SignInFact.RECOVERY_LINK)
        tx.sign_ins.set_stage(half.sign_in.id, Stage.ENROL)
    if not tx.links.use(found.link.id, now):
        return LinkTrouble.USED
    set_up, _ = links.mint(tx, now, Purpose.ENROL, half.person, replace=False)
    record(tx, now, EventKind.RECOVERY_LINK_USED, half.person, actor_id=half.person.id)
    return set_up
