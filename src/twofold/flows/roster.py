"""People from a file: what importing it would do, and doing it as a whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from twofold.core.events import EventKind
from twofold.core.groups import MAX_GROUPS, name_key
from twofold.core.mail import MailKind
from twofold.core.people import Account, Instant, Person, PersonKind, PersonState, Role
from twofold.core.policy import why_not_enter
from twofold.core.roster import Roster, Row
from twofold.core.roster_plan import Action, Here, Plan, PlannedRow, plan, too_many_groups
from twofold.core.tokens import Purpose
from twofold.core.waits import StopReason
from twofold.flows import addresses, groups, people, wait_stops
from twofold.flows.outbox import record, write_mail, write_mail_to
from twofold.ports import Tx

OWN_ENTRY = ("role", "groups", "second address")
"""Fields whose change has an entry of its own in the log."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A CSV file kept between preview and import, with what importing it would do."""

    upload_id: str
    plan: Plan


def preview(
    tx: Tx, now: Instant, *, account: Account, actor: Person | None, roster: Roster
) -> Plan:
    """What importing `roster` would do, row by row; changes nothing. `actor` is None for the
    command line, which may do what an owner may.
    """
    existing = tx.people.keys(account.id)
    keys = [row.key for row in roster.rows if row.problem is None]
    here = Here(
        existing,
        tx.people.taken(keys) - existing.keys(),
        actor.role if actor else Role.OWNER,
        actor.id if actor else "",
        {group.id: group.name for group in tx.groups.of_account(account.id)},
        tx.addresses.people(account.id),
    )
    planned = plan(roster, here)
    if too_many_groups(planned, here):
        sentence = f"With this file there are more than {MAX_GROUPS} groups. Use fewer."
        return _with_problem(planned, sentence, lambda row: bool(row.row.extras.groups))
    own = _own_problem(tx, now, account, actor, planned, here)
    if own is not None:
        return _with_problem(planned, own, lambda row: row.person == actor)
    return planned


def _with_problem(planned: Plan, sentence: str, is_it: Callable[[PlannedRow], bool]) -> Plan:
    """The plan with this problem in every row that it is about."""
    rows = (
        replace(row, action=Action.PROBLEM, note=sentence) if is_it(row) else row
        for row in planned.rows
    )
    return replace(planned, rows=tuple(rows))


def _own_problem(
    tx: Tx, now: Instant, account: Account, actor: Person | None, planned: Plan, here: Here
) -> str | None:
    """Why the acting admin cannot come into the groups that the file names, or None."""
    own = next((row for row in planned.rows if actor and row.person == actor), None)
    if actor is None or own is None or own.row.extras.groups is None:
        return None
    wanted = {name_key(name) for name in own.row.extras.groups}
    ids = tuple(one for one, name in here.groups.items() if name_key(name) in wanted)
    if set(ids) <= set(actor.groups):
        return None
    return why_not_enter(
        account,
        replace(actor, groups=ids),
        now,
        enrolled=tx.authenticators.has_factor(actor.id),
        has_passkey=tx.passkeys.count(actor.id) > 0,
    )


@dataclass(frozen=True, slots=True)
class _Import:
    """What each row needs."""

    account: Account
    actor: Person | None
    names: Mapping[str, str]
    """Names of the groups by id."""
    ids: Mapping[str, str]
    """Their ids by `name_key`."""

    @property
    def actor_id(self) -> str | None:
        return self.actor.id if self.actor else None

    @property
    def who(self) -> str:
        """Who is named in the mails."""
        return self.actor.name if self.actor else self.account.name

    def groups_of(self, row: Row) -> list[str]:
        """The ids of the row's groups."""
        return sorted(self.ids[name_key(name)] for name in row.extras.groups or ())


def apply(
    tx: Tx,
    now: Instant,
    *,
    account: Account,
    actor: Person | None,
    roster: Roster,
    suspend: bool = False,
    each: Callable[[], None] = lambda: None,
) -> Plan:
    """Do what the plan says, all or nothing: add and invite, change, and with `suspend` disable
    whoever is not in the file. The same file twice changes nothing the second time. With a problem
    in any row nothing at all is done: the plan that comes back says which. `each` is called after
    each row, for a progress bar.
    """
    account = tx.accounts.lock(account.id)
    planned = preview(tx, now, account=account, actor=actor, roster=roster)
    if planned.problems:
        return planned
    work = _begin(tx, now, account, actor, planned)
    out = planned.left_out if suspend else ()
    _lock(tx, planned, out)
    for row in planned.rows:
        if row.action is Action.ADD:
            _add(tx, now, work, row.row)
        elif row.action is Action.CHANGE:
            _change(tx, now, work, row)
        each()
    for person in out:
        people.suspend(tx, now, person, actor_id=work.actor_id)
    tx.events.add(
        account.id,
        EventKind.PEOPLE_IMPORTED,
        now,
        actor_id=work.actor_id,
        subject_id=None,
        data={
            "added": planned.added,
            "changed": planned.changed,
            "there already": planned.same,
            "suspended": len(out),
        },
    )
    return planned


def _begin(tx: Tx, now: Instant, account: Account, actor: Person | None, planned: Plan) -> _Import:
    """Make the groups that are new."""
    for name in planned.new_groups:
        groups.found(tx, now, account, name, actor_id=actor.id if actor else None)
    known = tx.groups.of_account(account.id)
    return _Import(
        account,
        actor,
        {group.id: group.name for group in known},
        {name_key(group.name): group.id for group in known},
    )


def _lock(tx: Tx, planned: Plan, out: tuple[Person, ...]) -> None:
    """Everybody who will be changed, in the order of their ids, as everywhere."""
    changed = {row.person.id for row in planned.rows if row.changes and row.person}
    for person_id in sorted(changed | {person.id for person in out}):
        tx.people.lock(person_id)


def _add(tx: Tx, now: Instant, work: _Import, row: Row) -> None:
    extras = row.extras
    ids = work.groups_of(row)
    person = replace(
        people.new_person(tx, now, work.account, row.name, row.email, row.role, kind=extras.kind),
        zone=extras.zone or "",
        language=extras.language or "",
        external_id=extras.external_id or "",
    )
    tx.people.add(person, password=None)
    people.record_added(tx, now, work.actor, person)
    if ids:
        tx.groups.put(person.id, ids)
        person = replace(person, groups=tuple(ids))
        for one in ids:
            name, kind = work.names[one], EventKind.GROUP_ENTERED
            record(tx, now, kind, person, actor_id=work.actor_id, group=name)
    if person.kind is PersonKind.SERVICE:
        return
    people.send_invitation(tx, now, work.account, work.actor, person)
    if extras.second:
        addresses.ask_for(tx, now, person, extras.second, actor_id=work.actor_id)


def _change(tx: Tx, now: Instant, work: _Import, planned: PlannedRow) -> None:
    assert planned.person is not None, "who changes is here"
    person, row = planned.person, planned.row
    fields = {change.field for change in planned.changes}
    extras = row.extras
    tx.people.set_details(
        person.id,
        name=row.name,
        language=person.language if extras.language is None else extras.language,
        zone=person.zone if extras.zone is None else extras.zone,
        external_id=person.external_id if extras.external_id is None else extras.external_id,
    )
    person = replace(person, name=row.name)
    if "address" in fields:
        person = _move(tx, now, work, person, row.email)
    details = {
        change.field: f"{change.old or 'none'} → {change.new or 'none'}"
        for change in planned.changes
        if change.field not in OWN_ENTRY
    }
    if details:
        kind = EventKind.PERSON_CHANGED
        record(tx, now, kind, person, actor_id=work.actor_id, **details)
    if "role" in fields:
        people.give_role(tx, now, person, row.role, actor_id=work.actor_id)
    if "groups" in fields:
        ids = work.groups_of(row)
        groups.put(tx, now, work.account, person, ids, work.names, actor_id=work.actor_id)
    if "second address" in fields:
        addresses.ask_for(tx, now, person, extras.second, actor_id=work.actor_id)


def _move(tx: Tx, now: Instant, work: _Import, person: Person, email: str) -> Person:
    """Another address. Both are told; nothing that was mailed to the old one opens anything."""
    moved = replace(person, email=email)
    tx.people.set_email(person.id, email)
    for purpose in Purpose:
        tx.links.end_all(person.id, purpose)
    wait_stops.stop(tx, now, person, StopReason.STAFF, actor_id=work.actor_id)
    news: dict[str, str | int] = {"old": person.email, "new": email, "admin": work.who, "at": now}
    write_mail_to(tx, now, person.email, moved, MailKind.ADDRESS_CHANGED, news)
    write_mail(tx, now, moved, MailKind.ADDRESS_CHANGED, **news)
    if person.state is PersonState.INVITED:
        people.send_invitation(tx, now, work.account, work.actor, moved)
    return moved


def keep(
    tx: Tx, now: Instant, *, account: Account, actor: Person, content: bytes, roster: Roster
) -> Kept:
    """Keep the file for the import button, and say what it would do."""
    upload_id = tx.random.new_id()
    tx.uploads.add(upload_id, actor.account_id, actor.id, content, now)
    planned = preview(tx, now, account=account, actor=actor, roster=roster)
    return Kept(upload_id, planned)


def kept(tx: Tx, *, actor: Person, upload_id: str) -> bytes | None:
    """The kept file; None if it is gone or somebody else's."""
    return tx.uploads.peek(upload_id, actor.account_id, actor.id)


def drop(tx: Tx, *, actor: Person, upload_id: str) -> None:
    """Forget a kept file once it was imported."""
    tx.uploads.take(upload_id, actor.account_id, actor.id)
