"""One-time links: made, looked at, used. The token is in the mail and nowhere else."""

from dataclasses import dataclass
from enum import StrEnum

from twofold.core.people import Account, Instant, Person, PersonState
from twofold.core.tokens import LINK_LIFETIME, Link, Purpose, digest
from twofold.ports import Tx


class LinkTrouble(StrEnum):
    """Why a link does not open anything."""

    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"
    FOREIGN = "foreign"
    """It is good, for somebody else."""


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link that may be used now, with whom it is for."""

    link: Link
    person: Person | None
    account: Account | None


def mint(
    tx: Tx,
    now: Instant,
    purpose: Purpose,
    person: Person | None,
    *,
    replace: bool = True,
    lifetime: int | None = None,
) -> tuple[str, Instant]:
    """A new one-time link; the token and when it ends: `lifetime` seconds from now, or what
    `LINK_LIFETIME` says.

    With `replace` earlier links of its kind are dead. Without, any of the mails that somebody
    has works, which is kinder where a second mail is written by us and not asked for.
    """
    token = tx.random.token()
    expires_at = now + (LINK_LIFETIME[purpose] if lifetime is None else lifetime)
    if person is None:
        tx.links.end_purpose(purpose)
    elif replace:
        tx.links.end_all(person.id, purpose)
    tx.links.add(
        Link(
            id=tx.random.new_id(),
            purpose=purpose,
            account_id=person.account_id if person else None,
            person_id=person.id if person else None,
            password_version=person.password_version if person else 0,
            created_at=now,
            expires_at=expires_at,
            used_at=None,
        ),
        digest(purpose, token),
    )
    return token, expires_at


def find(tx: Tx, *, purpose: Purpose, token: str) -> Link | None:
    """The link as it is stored, also one that opens nothing any more."""
    return tx.links.find(purpose, digest(purpose, token))


def look(tx: Tx, now: Instant, *, purpose: Purpose, token: str) -> OpenLink | LinkTrouble:
    """What a link would open, without using it: what GET shows (mail scanners press GET)."""
    link = find(tx, purpose=purpose, token=token)
    if link is None:
        return LinkTrouble.UNKNOWN
    if link.used_at is not None:
        return LinkTrouble.USED
    if now >= link.expires_at:
        return LinkTrouble.EXPIRED
    if link.person_id is None or link.account_id is None:
        return OpenLink(link, None, None)
    person = tx.people.find(link.account_id, link.person_id)
    if person is None or person.state is PersonState.DISABLED:
        return LinkTrouble.UNKNOWN
    if link.password_version != person.password_version:
        return LinkTrouble.USED
    return OpenLink(link, person, tx.accounts.get(link.account_id))


def use(tx: Tx, now: Instant, *, purpose: Purpose, token: str) -> OpenLink | LinkTrouble:
    """Consume a link: of any number of callers at once exactly one gets it (promise P2)."""
    found = look(tx, now, purpose=purpose, token=token)
    if isinstance(found, OpenLink) and not tx.links.use(found.link.id, now):
        return LinkTrouble.USED
    return found
