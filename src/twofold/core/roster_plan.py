"""What importing a file would do to the people who are here: a diff, row by row. Pure."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum

from twofold.core.groups import MAX_GROUPS, name_key
from twofold.core.people import Person, PersonKind, PersonState, Role, email_key
from twofold.core.policy import may_give_role
from twofold.core.roster import Roster, Row


class Action(StrEnum):
    """What an import does with a row."""

    ADD = "add"
    SAME = "same"
    """There already just so, or not to be changed by this admin."""
    CHANGE = "change"
    """There already, and other than in the file."""
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Change:
    """One field of somebody that is other than in the file."""

    field: str
    old: str
    new: str

    @property
    def words(self) -> str:
        """“name: Ben → Benjamin”; nothing is shown as “none”."""
        return f"{self.field}: {self.old or 'none'} → {self.new or 'none'}"


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row and what becomes of it."""

    row: Row
    action: Action
    note: str
    """One sentence for the preview, "" where there is nothing to say."""
    person: Person | None = None
    """Who is here already."""
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do."""

    rows: tuple[PlannedRow, ...]
    left_out: tuple[Person, ...] = ()
    """People who are here, not in the file, and could be suspended by whoever imports."""
    new_groups: tuple[str, ...] = ()
    """Names of groups that the import makes."""

    @property
    def added(self) -> int:
        """People who will be new."""
        return self._count(Action.ADD)

    @property
    def same(self) -> int:
        """People who are there already just so."""
        return self._count(Action.SAME)

    @property
    def changed(self) -> int:
        """People who are there and will be other than before."""
        return self._count(Action.CHANGE)

    @property
    def problems(self) -> int:
        """Rows that cannot be used."""
        return self._count(Action.PROBLEM)

    def _count(self, action: Action) -> int:
        return sum(planned.action is action for planned in self.rows)


@dataclass(frozen=True, slots=True)
class Here:
    """What is compared with: the account as it is, and who imports."""

    people: Mapping[str, Person]
    """By `email_key`."""
    taken_elsewhere: Set[str] = frozenset()
    """Keys of addresses that other accounts of the deployment use."""
    actor_role: Role = Role.OWNER
    actor_id: str = ""
    """"" for the command line."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """Names by id."""
    second: Set[str] = frozenset()
    """Ids of the people who have, or were asked for, a second address."""


def plan(roster: Roster, here: Here) -> Plan:
    """What importing `roster` would do. The same file twice changes nothing the second time."""
    ids = {one.external_id: one for one in here.people.values() if one.external_id}
    rows = tuple(_planned(row, here, ids) for row in roster.rows)
    found = {planned.person.id for planned in rows if planned.person is not None}
    return Plan(rows, tuple(_left_out(here, found)), _new_groups(rows, here))


def _left_out(here: Here, found: Set[str]) -> list[Person]:
    """Never the acting admin; never an owner by the command line, so that one remains."""
    return [
        one
        for one in here.people.values()
        if one.id not in found
        and one.id != here.actor_id
        and one.kind is PersonKind.PERSON
        and one.state is not PersonState.DISABLED
        and one.role.rank <= here.actor_role.rank
        and (here.actor_id or one.role is not Role.OWNER)
    ]


def _new_groups(rows: tuple[PlannedRow, ...], here: Here) -> tuple[str, ...]:
    known = {name_key(name) for name in here.groups.values()}
    new: dict[str, str] = {}
    for planned in rows:
        if planned.action in (Action.ADD, Action.CHANGE):
            for name in planned.row.extras.groups or ():
                if name_key(name) not in known:
                    new.setdefault(name_key(name), name)
    return tuple(new.values())


def too_many_groups(planned: Plan, here: Here) -> bool:
    """Whether there would be more groups than there may be."""
    return len(here.groups) + len(planned.new_groups) > MAX_GROUPS


def _planned(row: Row, here: Here, ids: Mapping[str, Person]) -> PlannedRow:
    if row.problem is not None:
        return PlannedRow(row, Action.PROBLEM, row.problem)
    by_address = here.people.get(row.key)
    by_id = ids.get(row.extras.external_id or "")
    if by_id is not None and by_address is not None and by_id.id != by_address.id:
        sentence = f"The address is that of {by_address.name}, the external id of {by_id.name}."
        return PlannedRow(row, Action.PROBLEM, sentence)
    person = by_id or by_address
    if by_address is None and row.key in here.taken_elsewhere:
        return PlannedRow(row, Action.PROBLEM, "This address cannot be used here. Use another one.")
    if person is not None:
        return _compared(row, person, here)
    if not may_give_role(here.actor_role, row.role):
        return PlannedRow(row, Action.PROBLEM, f"You cannot make somebody {row.role.value}.")
    return PlannedRow(row, Action.ADD, "")


def _compared(row: Row, person: Person, here: Here) -> PlannedRow:
    changes = _changes(row, person, here)
    if not changes:
        return PlannedRow(row, Action.SAME, "Already there.", person)
    if person.role.rank > here.actor_role.rank:
        note = f"Left as it is: only an owner changes {person.name}."
        return PlannedRow(row, Action.SAME, note, person)
    problem = _refused(changes, row, person, here)
    if problem:
        return PlannedRow(row, Action.PROBLEM, problem, person)
    note = "; ".join(change.words for change in changes)
    return PlannedRow(row, Action.CHANGE, note, person, changes)


def _changes(row: Row, person: Person, here: Here) -> tuple[Change, ...]:
    """Field by field, in the order in which they are shown."""
    extras = row.extras
    pairs = [("name", person.name, row.name)]
    if row.key != email_key(person.email):
        pairs.append(("address", person.email, row.email))
    if row.gives_role:
        pairs.append(("role", person.role.value, row.role.value))
    if extras.groups is not None:
        own = [here.groups[one] for one in person.groups if one in here.groups]
        if {name_key(name) for name in own} != {name_key(name) for name in extras.groups}:
            pairs.append(("groups", ", ".join(sorted(own)), ", ".join(sorted(extras.groups))))
    for what, old, new in (
        ("language", person.language, extras.language),
        ("time zone", person.zone, extras.zone),
        ("external id", person.external_id, extras.external_id),
        ("kind", person.kind.value, extras.kind.value if extras.kind else None),
    ):
        if new is not None:
            pairs.append((what, old, new))
    if extras.second and person.id not in here.second and person.kind is PersonKind.PERSON:
        pairs.append(("second address", "", f"{extras.second}, once confirmed"))
    return tuple(Change(what, old, new) for what, old, new in pairs if old != new)


def _refused(changes: tuple[Change, ...], row: Row, person: Person, here: Here) -> str | None:
    """Why this admin cannot change that, or None."""
    fields = {change.field for change in changes}
    if "kind" in fields:
        return f"{person.name} is a {person.kind.value} and stays one. Take the kind out."
    if "role" in fields:
        if person.id == here.actor_id:
            return "You cannot change your own role. Ask another admin to do it."
        if not may_give_role(here.actor_role, row.role):
            return f"You cannot make somebody {row.role.value}."
        if person.role is Role.OWNER and not here.actor_id:
            return f"{person.name} is an owner. Owners are changed on their page alone."
    is_below = not here.actor_id or person.role.rank < here.actor_role.rank
    if "address" in fields and not is_below:
        return (
            f"The address of {person.name} is changed by somebody of a higher role alone: "
            "links to set a password go there."
        )
    return None
