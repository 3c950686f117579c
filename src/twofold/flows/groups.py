"""Groups: made, renamed, deleted, led; and who is in them.

Everything here begins with the account's row, as the rules about a group do: what is asked of a
group and who is in it never change beside each other.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from twofold.core import groups, policy
from twofold.core.digests import next_digest
from twofold.core.events import EventKind
from twofold.core.groups import MAX_GROUPS, Group
from twofold.core.mail import MailKind
from twofold.core.people import Account, Instant, Person, PersonKind, PersonState, email_key
from twofold.core.requirement_words import zone_of
from twofold.core.sessions import Caller
from twofold.flows import expansion
from twofold.flows.outbox import record, write_mail
from twofold.flows.setup import Refused
from twofold.ports import GroupRow, Tx

PAGE = 50
AT_ONCE = 1000
"""Addresses that are taken from one form."""
BETWEEN = re.compile(r"[\s,;<>\"]+")
"""What stands between addresses, in a list of them as in a mail's header."""


@dataclass(frozen=True, slots=True)
class View:
    """One group with a stretch of its people. `next_after` is "" on the last one."""

    row: GroupRow
    lead: Person | None
    people: Sequence[tuple[Person, bool]]
    """With whether they are enrolled."""
    next_after: str
    why_not_delete: str
    """"" where it can be deleted."""


@dataclass(frozen=True, slots=True)
class Entered:
    """How many came in, and how many were in it before."""

    added: int
    already: int


def list_groups(tx: Tx, *, account_id: str) -> Sequence[GroupRow]:
    """All groups with their numbers."""
    return tx.groups.rows(account_id)


def of_account(tx: Tx, *, account_id: str) -> Sequence[Group]:
    """All groups in the order of their names."""
    return tx.groups.of_account(account_id)


def look(tx: Tx, *, account_id: str, group_id: str, after: str = "") -> View | None:
    """One group; None for one of another account."""
    rows = tx.groups.rows(account_id, group_id=group_id)
    if not rows:
        return None
    people = tx.groups.people(group_id, after=after, limit=PAGE + 1)
    more = len(people) > PAGE
    people = people[:PAGE]
    lead_id = rows[0].group.lead_id
    return View(
        rows[0],
        tx.people.find(account_id, lead_id) if lead_id else None,
        people,
        email_key(people[-1][0].email) if more else "",
        groups.why_not_delete(tx.accounts.get(account_id), group_id) or "",
    )


def create(tx: Tx, now: Instant, *, caller: Caller, name: str) -> Group | Refused:
    """A new group without anybody in it."""
    problem = groups.name_problem(name)
    if problem:
        return Refused("name", problem)
    account = tx.accounts.lock(caller.account.id)
    made = found(tx, now, account, name, actor_id=caller.person.id)
    if isinstance(made, str):
        return Refused("name", made)
    return made


def found(
    tx: Tx, now: Instant, account: Account, name: str, *, actor_id: str | None
) -> Group | str:
    """A new group of this name, or why there cannot be one. The caller holds the account."""
    if len(tx.groups.of_account(account.id)) >= MAX_GROUPS:
        return f"There are {MAX_GROUPS} groups, and more are not possible. Delete one first."
    group = Group(tx.random.new_id(), account.id, groups.shown_name(name), None, now)
    if not tx.groups.add(group):
        return f"There is a group “{group.name}” already."
    _record(tx, now, EventKind.GROUP_CREATED, group, actor_id=actor_id)
    return group


def rename(
    tx: Tx, now: Instant, *, caller: Caller, group_id: str, name: str
) -> Group | Refused | None:
    """Another name for the same group."""
    problem = groups.name_problem(name)
    if problem:
        return Refused("name", problem)
    group = _held(tx, caller, group_id)
    if group is None:
        return None
    renamed = replace(group, name=groups.shown_name(name))
    if renamed == group:
        return group
    if not tx.groups.rename(group.id, renamed.name):
        return Refused("name", f"There is a group “{renamed.name}” already.")
    actor_id = caller.person.id
    _record(tx, now, EventKind.GROUP_RENAMED, renamed, actor_id=actor_id, old=group.name)
    return renamed


def delete(tx: Tx, now: Instant, *, caller: Caller, group_id: str) -> Group | Refused | None:
    """Nobody is in it any more, and it is gone; refused while something is asked of it."""
    group = _held(tx, caller, group_id)
    if group is None:
        return None
    why = groups.why_not_delete(tx.accounts.get(group.account_id), group.id)
    if why is not None:
        return Refused("", why)
    people = tx.groups.lock_people(group.id)
    for person in people:
        tx.groups.put(person.id, [one for one in person.groups if one != group.id])
    tx.groups.remove(group.id)
    actor_id = caller.person.id
    _record(tx, now, EventKind.GROUP_DELETED, group, actor_id=actor_id, people=len(people))
    return group


def set_lead(
    tx: Tx, now: Instant, *, caller: Caller, group_id: str, email: str
) -> Group | Refused | None:
    """Name the person of the account with this address its lead; with "" nobody."""
    group = _held(tx, caller, group_id)
    if group is None:
        return None
    lead = None
    if email.strip():
        lead = tx.people.by_email(email)
        if lead is None or lead.account_id != group.account_id:
            return Refused("lead", f"Nobody here has the address {email.strip()}.")
    lead_id = lead.id if lead else None
    if lead_id != group.lead_id:
        tx.groups.set_lead(group.id, lead_id)
        account = tx.accounts.get(group.account_id)
        next_at = next_digest(now, zone_of(account, lead)) if lead else None
        tx.groups.set_digest(group.id, next_at)
        name = lead.name if lead else ""
        _record(
            tx,
            now,
            EventKind.GROUP_LEAD_SET,
            group,
            actor_id=caller.person.id,
            subject_id=lead_id,
            lead=name,
        )
    return replace(group, lead_id=lead_id)


def enter(
    tx: Tx, now: Instant, *, caller: Caller, group_id: str, text: str
) -> Entered | Refused | None:
    """Put everybody whose address stands in `text` into the group: all of them or nobody."""
    group = _held(tx, caller, group_id)
    if group is None:
        return None
    typed = {email_key(word): word for word in BETWEEN.split(text) if "@" in word}
    if not typed:
        return Refused("people", "Enter one address or more, each of somebody who is here.")
    if len(typed) > AT_ONCE:
        return Refused("people", f"Enter at most {AT_ONCE:,} addresses at once.")
    people = tx.groups.by_keys(group.account_id, list(typed))
    unknown = [word for key, word in typed.items() if key not in people]
    if unknown:
        return Refused("people", _unknown(unknown))
    why = why_not(tx, now, caller, people.values(), group.id)
    if why is not None:
        return Refused("people", why)
    new = [person for person in people.values() if group.id not in person.groups]
    names, account = {group.id: group.name}, tx.accounts.get(group.account_id)
    for person in new:
        put(tx, now, account, person, {*person.groups, group.id}, names, actor_id=caller.person.id)
    return Entered(len(new), len(people) - len(new))


def _unknown(words: Sequence[str]) -> str:
    shown = ", ".join(words[:5]) + (f" and {len(words) - 5} more" if len(words) > 5 else "")
    has = "the address" if len(words) == 1 else "one of the addresses"
    return f"Nobody here has {has} {shown}. Nobody was put into the group."


def place(
    tx: Tx, now: Instant, *, caller: Caller, person_id: str, group_id: str, inside: bool
) -> Person | Refused | None:
    """Put one person into a group, or take them out. None unless both are of the account."""
    group = _held(tx, caller, group_id)
    if group is None or tx.people.find(caller.account.id, person_id) is None:
        return None
    person = tx.people.lock(person_id)
    why = why_not(tx, now, caller, (person,), group.id) if inside else None
    if why is not None:
        return Refused("group", why)
    others = set(person.groups) - {group.id}
    wanted = others | {group.id} if inside else others
    account = tx.accounts.get(group.account_id)
    put(tx, now, account, person, wanted, {group.id: group.name}, actor_id=caller.person.id)
    return person


def set_exchange(
    tx: Tx, now: Instant, *, caller: Caller, group_id: str, first: str, last: str
) -> Group | Refused | None:
    """From the ISO date `first` to `last` the group's people may exchange their phones, and each
    is told; two empty dates end it. The days are those of the account's zone.
    """
    account = tx.accounts.lock(caller.account.id)
    group = tx.groups.find(account.id, group_id)
    if group is None:
        return None
    days = groups.exchange_days(first, last, zone=account.policy.calendar.zone, now=now)
    if isinstance(days, groups.NoDays):
        return Refused(days.field, days.sentence)
    planned = replace(group, exchange_from_at=days[0], exchange_until_at=days[1])
    if planned == group:
        return group
    tx.groups.set_exchange(group.id, days[0], days[1])
    told = _tell(tx, now, caller, planned, first, last) if days[0] is not None else 0
    tx.events.add(
        account.id,
        EventKind.GROUP_EXCHANGE_SET,
        now,
        actor_id=caller.person.id,
        subject_id=None,
        data={"group": group.name, "first": first, "last": last, "told": told},
    )
    return planned


def _tell(tx: Tx, now: Instant, caller: Caller, group: Group, first: str, last: str) -> int:
    """Write to everybody in the group who may sign in; how many."""
    people = [
        person
        for person in tx.groups.lock_people(group.id)
        if person.state is not PersonState.DISABLED and person.kind is PersonKind.PERSON
    ]
    days = groups.days_words(first, last)
    for person in people:
        write_mail(tx, now, person, MailKind.EXCHANGE_SET, admin=caller.person.name, days=days)
    return len(people)


def why_not(
    tx: Tx, now: Instant, caller: Caller, people: Iterable[Person], group_id: str
) -> str | None:
    """Why these cannot come in, or None: the acting admin among them would be stopped."""
    own = next((one for one in people if one.id == caller.person.id), None)
    if own is None or group_id in own.groups:
        return None
    return policy.why_not_enter(
        tx.accounts.get(caller.account.id),
        replace(own, groups=(*own.groups, group_id)),
        now,
        enrolled=caller.enrolled,
        has_passkey=tx.passkeys.count(own.id) > 0,
    )


def put(
    tx: Tx,
    now: Instant,
    account: Account,
    person: Person,
    wanted: Iterable[str],
    names: Mapping[str, str],
    *,
    actor_id: str | None,
) -> bool:
    """Exactly the groups `wanted` (ids of the account's) for a person whose row is held; whether
    that changed anything. Each that is entered or left has an entry, with its name out of `names`.
    What is asked of a group begins for whoever enters it, and ends for whoever leaves.
    """
    before, after = set(person.groups), set(wanted)
    if before == after:
        return False
    tx.groups.put(person.id, sorted(after))
    for kind, ids in (
        (EventKind.GROUP_LEFT, before - after),
        (EventKind.GROUP_ENTERED, after - before),
    ):
        for group_id in sorted(ids):
            record(tx, now, kind, person, actor_id=actor_id, group=names.get(group_id, group_id))
    expansion.cover(tx, now, account, person)
    return True


def _held(tx: Tx, caller: Caller, group_id: str) -> Group | None:
    """The group if it is of the caller's account, whose row is locked."""
    account = tx.accounts.lock(caller.account.id)
    return tx.groups.find(account.id, group_id)


def _record(
    tx: Tx,
    now: Instant,
    kind: EventKind,
    group: Group,
    *,
    actor_id: str | None,
    subject_id: str | None = None,
    **data: str | int | bool,
) -> None:
    """An entry about a group, which goes by its name."""
    tx.events.add(
        group.account_id,
        kind,
        now,
        actor_id=actor_id,
        subject_id=subject_id,
        data={"group": group.name, **data},
    )
