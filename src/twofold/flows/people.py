"""People: added, invited, given a role, disabled."""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core import addresses
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import (
    DAY,
    Account,
    Instant,
    Person,
    PersonKind,
    PersonState,
    Role,
    email_key,
)
from twofold.core.policy import may_give_role, may_manage
from twofold.core.requirement import ruling
from twofold.core.tokens import Purpose
from twofold.core.waits import StopReason
from twofold.flows import expansion, links, notices, sessions, wait_stops
from twofold.flows.outbox import record, write_mail
from twofold.flows.setup import Refused
from twofold.ports import PersonRow, Tally, Tx

PAGE = 50
NO_LIMIT = 2**31 - 1
"""As the limit of a page: all rows there are. PostgreSQL refuses a negative one."""
INVITATIONS_A_DAY = 10
"""Invitations that one person may be sent in a day (mail bombing)."""


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of the people table. `next_after` is "" on the last one."""

    rows: Sequence[PersonRow]
    next_after: str
    tally: Tally


def list_people(
    tx: Tx, *, account_id: str, search: str = "", only: str = "", after: str = ""
) -> Page:
    """One page of people in the order of their addresses."""
    rows = tx.people.page(account_id, search=search, after=after, limit=PAGE + 1, only=only)
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    next_after = email_key(rows[-1].person.email) if more else ""
    return Page(rows, next_after, tx.people.tally(account_id))


def only_hit(page: Page, search: str) -> Person | None:
    """The one person whom a search means: the only one found, or the one with that very address."""
    if not search.strip() or page.next_after:
        return None
    exact = [row for row in page.rows if email_key(row.person.email) == email_key(search)]
    hits = exact or page.rows
    return hits[0].person if len(hits) == 1 else None


def everybody(tx: Tx, *, account_id: str | None = None) -> list[PersonRow]:
    """All people of one account, or of the deployment, for the command line."""
    rows: list[PersonRow] = []
    for account in tx.accounts.all():
        if account_id in (None, account.id):
            rows.extend(tx.people.page(account.id, search="", after="", limit=NO_LIMIT, only=""))
    return rows


def add(
    tx: Tx,
    now: Instant,
    *,
    account: Account,
    actor: Person | None,
    name: str,
    email: str,
    role: Role,
    encoded: str | None = None,
    kind: PersonKind = PersonKind.PERSON,
) -> Person | Refused:
    """Add one person and invite them; with a password (an Argon2 string) no mail is sent. A
    program (`PersonKind.SERVICE`) is a member without a password and gets no mail.

    `actor` is None for the command line, which may give any role.
    """
    problem = addresses.name_problem(name)
    if problem:
        return Refused("name", problem)
    problem = addresses.problem(email)
    if problem:
        return Refused("email", problem)
    if actor is not None and not may_give_role(actor.role, role):
        return Refused(
            "role", f"You cannot make somebody {role.value}: that is above your own role."
        )
    if kind is PersonKind.SERVICE and (role is not Role.MEMBER or encoded is not None):
        return Refused("role", "A program is a member: it never signs in on pages.")
    existing = tx.people.by_email(email)
    if existing is not None:
        return Refused("email", _taken(email, existing, account))
    has_password = encoded is not None
    person = new_person(tx, now, account, name, email, role, has_password=has_password, kind=kind)
    try:
        tx.people.add(person, password=encoded)
    except ValueError:
        return Refused("email", f"{person.email} belongs to somebody here already.")
    record_added(tx, now, actor, person)
    if kind is PersonKind.SERVICE:
        return person
    if encoded is None:
        return send_invitation(tx, now, account, actor, person)
    return expansion.welcome_by_mail(tx, now, account, person)


def record_added(tx: Tx, now: Instant, actor: Person | None, person: Person) -> None:
    """The entry about somebody new."""
    actor_id = actor.id if actor else None
    record(tx, now, EventKind.PERSON_ADDED, person, actor_id=actor_id, role=person.role.value)


def _taken(email: str, existing: Person, account: Account) -> str:
    if existing.account_id != account.id:
        return f"{email.strip()} cannot be added: the address is in use elsewhere in this Twofold."
    return f"{existing.name} has this address already ({existing.email})."


def new_person(
    tx: Tx,
    now: Instant,
    account: Account,
    name: str,
    email: str,
    role: Role,
    *,
    has_password: bool = False,
    kind: PersonKind | None = None,
) -> Person:
    """Somebody who is not stored yet. A program is active at once: it has no password to choose."""
    kind = kind or PersonKind.PERSON
    is_active = has_password or kind is PersonKind.SERVICE
    return Person(
        id=tx.random.new_id(),
        account_id=account.id,
        name=name.strip(),
        email=email.strip(),
        role=role,
        state=PersonState.ACTIVE if is_active else PersonState.INVITED,
        has_password=has_password,
        password_version=1 if has_password else 0,
        must_change_password=False,
        created_at=now,
        kind=kind,
    )


def send_invitation(
    tx: Tx, now: Instant, account: Account, actor: Person | None, person: Person
) -> Person:
    """Invite them; what then stands on their row. The mail speaks of the set-up where one is
    asked of them: their time begins with it.
    """
    person = expansion.welcome(tx, now, account, person)
    token, expires_at = links.mint(tx, now, Purpose.INVITATION, person)
    mail_id = write_mail(
        tx,
        now,
        person,
        MailKind.INVITATION,
        token=token,
        expires_at=expires_at,
        inviter=actor.name if actor else account.name,
        requires_factor=int(ruling(account, person, now).required),
        deadline=notices.deadline(account, person),
    )
    record(tx, now, EventKind.PERSON_INVITED, person, actor_id=actor.id if actor else None)
    expansion.told_by(tx, now, account, person, mail_id)
    return person


def _managed(tx: Tx, actor: Person, person_id: str) -> Person | None:
    """The person, if the actor may change them at this very moment; both rows are locked.

    The actor is read again: of two owners who disable each other at once, the second has no say
    any more, so that an owner remains (promise P10). Locks are taken in the order of ids, so that
    the two do not wait for each other.
    """
    if tx.people.find(actor.account_id, person_id) is None:
        return None
    locked = {id_: tx.people.lock(id_) for id_ in sorted({actor.id, person_id})}
    acting, person = locked[actor.id], locked[person_id]
    may = acting.state is PersonState.ACTIVE and may_manage(acting, person)
    return person if may else None


def invite_again(tx: Tx, now: Instant, *, actor: Person, person_id: str) -> Person | Refused | None:
    """Send a new invitation to somebody who has not set a password yet; the old link is dead."""
    person = _managed(tx, actor, person_id)
    if person is None:
        return None
    if person.state is not PersonState.INVITED:
        return Refused("", f"{person.name} has set a password already and needs no invitation.")
    if tx.mails.recent(person.id, (MailKind.INVITATION,), now - DAY) >= INVITATIONS_A_DAY:
        return Refused(
            "", f"{person.name} was sent {INVITATIONS_A_DAY} invitations in the last day."
        )
    send_invitation(tx, now, tx.accounts.get(actor.account_id), actor, person)
    return person


def set_role(
    tx: Tx, now: Instant, *, actor: Person, person_id: str, role: Role
) -> Person | Refused | None:
    """Give somebody of the actor's account another role."""
    person = _managed(tx, actor, person_id)
    if person is None:
        return None
    if not may_give_role(actor.role, role):
        return Refused("role", "You cannot give a role above your own.")
    if person.kind is PersonKind.SERVICE:
        return Refused("role", "A program is a member: it never signs in on pages.")
    if person.id == actor.id:
        return Refused("role", "You cannot change your own role. Ask another admin to do it.")
    give_role(tx, now, person, role, actor_id=actor.id)
    return person


def give_role(tx: Tx, now: Instant, person: Person, role: Role, *, actor_id: str | None) -> None:
    """Another role for somebody whose row is held, with what follows from it."""
    tx.people.set_role(person.id, role)
    expansion.cover(tx, now, tx.accounts.get(person.account_id), person)
    if role.is_staff:
        wait_stops.stop(tx, now, person, StopReason.ROLE, actor_id=actor_id)
    record(
        tx,
        now,
        EventKind.PERSON_ROLE_CHANGED,
        person,
        actor_id=actor_id,
        old=person.role.value,
        new=role.value,
    )


def set_disabled(
    tx: Tx, now: Instant, *, actor: Person, person_id: str, disabled: bool
) -> Person | Refused | None:
    """Stop somebody from signing in, from the next request on, or let them again."""
    person = _managed(tx, actor, person_id)
    if person is None:
        return None
    if person.id == actor.id:
        return Refused("", "You cannot disable yourself. Ask another admin to do it.")
    if disabled == (person.state is PersonState.DISABLED):
        return person
    if disabled:
        suspend(tx, now, person, actor_id=actor.id)
        return person
    is_active = person.has_password or person.kind is PersonKind.SERVICE
    tx.people.set_state(person.id, PersonState.ACTIVE if is_active else PersonState.INVITED)
    record(tx, now, EventKind.PERSON_ENABLED, person, actor_id=actor.id)
    return person


def suspend(tx: Tx, now: Instant, person: Person, *, actor_id: str | None) -> None:
    """Stop somebody whose row is held from signing in, with everything that they have open."""
    tx.people.set_state(person.id, PersonState.DISABLED)
    sessions.end_others(tx, now, person)
    wait_stops.stop(tx, now, person, StopReason.DISABLED, actor_id=actor_id)
    tx.passes.end_all(person.id, at=now)
    record(tx, now, EventKind.PERSON_DISABLED, person, actor_id=actor_id)
