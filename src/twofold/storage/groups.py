"""Groups and who is in them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, delete, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from twofold.core.groups import Group, name_key
from twofold.core.people import Instant, Person, PersonKind, PersonState
from twofold.ports.grouping import GroupRow
from twofold.storage.people_rows import ENROLLED, PERSON, person_of
from twofold.storage.rollout_tables import groups, memberships
from twofold.storage.tables import fixed, people

COLUMNS = (
    groups.c.id,
    groups.c.account_id,
    groups.c.name,
    groups.c.lead_id,
    groups.c.created_at,
    groups.c.exchange_from_at,
    groups.c.exchange_until_at,
)
ADD = {
    "sqlite": sqlite.insert(groups).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(groups).on_conflict_do_nothing(),
}
FIND = select(*COLUMNS).where(
    groups.c.id == bindparam("group_id"), groups.c.account_id == bindparam("account_id")
)
OF_ACCOUNT = (
    select(*COLUMNS)
    .where(groups.c.account_id == bindparam("account_id"))
    .order_by(groups.c.name_key)
)
leads = people.alias("leads")
COUNTED = and_(
    people.c.state != fixed(PersonState.DISABLED), people.c.kind == fixed(PersonKind.PERSON)
)
ROWS = (
    select(
        *COLUMNS,
        func.coalesce(func.sum(case((COUNTED, 1), else_=0)), 0),
        func.coalesce(func.sum(case((and_(COUNTED, ENROLLED), 1), else_=0)), 0),
        func.coalesce(func.max(leads.c.name), ""),
    )
    .select_from(
        groups.outerjoin(memberships, memberships.c.group_id == groups.c.id)
        .outerjoin(people, people.c.id == memberships.c.person_id)
        .outerjoin(leads, leads.c.id == groups.c.lead_id)
    )
    .where(groups.c.account_id == bindparam("account_id"))
    .group_by(groups.c.id)
    .order_by(groups.c.name_key)
)
named = groups.alias("named")
RENAME = (
    update(groups)
    .where(
        groups.c.id == bindparam("of_group"),
        ~exists().where(
            named.c.account_id == groups.c.account_id,
            named.c.id != groups.c.id,
            named.c.name_key == bindparam("key"),
        ),
    )
    .values(name=bindparam("new_name"), name_key=bindparam("key"))
)
SET_LEAD = (
    update(groups).where(groups.c.id == bindparam("of_group")).values(lead_id=bindparam("lead"))
)
SET_DIGEST = (
    update(groups).where(groups.c.id == bindparam("of_group")).values(digest_at=bindparam("at"))
)
DIGEST_DUE = (
    select(*COLUMNS)
    .where(groups.c.digest_at <= bindparam("now"))
    .order_by(groups.c.digest_at, groups.c.id)
    .limit(1)
)
DIGEST_IS_DUE = select(groups.c.id).where(
    groups.c.id == bindparam("of_group"), groups.c.digest_at <= bindparam("now")
)
SET_EXCHANGE = (
    update(groups)
    .where(groups.c.id == bindparam("of_group"))
    .values(exchange_from_at=bindparam("from_at"), exchange_until_at=bindparam("until_at"))
)
EXCHANGING = (
    select(*COLUMNS, memberships.c.asked_at)
    .select_from(groups.join(memberships, memberships.c.group_id == groups.c.id))
    .where(
        memberships.c.person_id == bindparam("person_id"),
        groups.c.exchange_from_at <= bindparam("now"),
        groups.c.exchange_until_at > bindparam("now"),
    )
    .order_by(groups.c.name_key)
)
ASKED = (
    update(memberships)
    .where(
        memberships.c.person_id == bindparam("of_person"),
        memberships.c.group_id.in_(bindparam("ids", expanding=True)),
    )
    .values(asked_at=bindparam("at"))
)
REMOVE = delete(groups).where(groups.c.id == bindparam("of_group"))
OF_PERSON = select(memberships.c.group_id).where(memberships.c.person_id == bindparam("of_person"))
LEAVE = delete(memberships).where(
    memberships.c.person_id == bindparam("of_person"),
    memberships.c.group_id == bindparam("of_group"),
)
COPY = update(people).where(people.c.id == bindparam("of_person")).values(groups=bindparam("ids"))
IN_GROUP = people.join(memberships, memberships.c.person_id == people.c.id)
PEOPLE = (
    select(*PERSON, ENROLLED)
    .select_from(IN_GROUP)
    .where(memberships.c.group_id == bindparam("group_id"))
    .where(people.c.email_key > bindparam("after"))
    .order_by(people.c.email_key)
    .limit(bindparam("limit"))
)
LOCK_PEOPLE = (
    select(*PERSON)
    .select_from(IN_GROUP)
    .where(memberships.c.group_id == bindparam("group_id"))
    .order_by(people.c.id)
    .with_for_update(of=people)
)
BY_KEYS = (
    select(people.c.email_key, *PERSON)
    .where(
        people.c.account_id == bindparam("account_id"),
        people.c.email_key.in_(bindparam("keys", expanding=True)),
    )
    .order_by(people.c.id)
    .with_for_update()
)


class Groups:
    """See `ports.Groups`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection, self._add = connection, ADD[connection.dialect.name]

    def add(self, group: Group) -> bool:
        """Insert; false if the account has one of this name."""
        values = {column.name: getattr(group, column.name) for column in COLUMNS}
        statement = self._add.execution_options(preserve_rowcount=True)
        added = self._connection.execute(statement, {**values, "name_key": name_key(group.name)})
        return added.rowcount == 1

    def find(self, account_id: str, group_id: str) -> Group | None:
        """The group, if it is the account's."""
        values = {"group_id": group_id, "account_id": account_id}
        row = self._connection.execute(FIND, values).one_or_none()
        return None if row is None else Group(*row)

    def of_account(self, account_id: str) -> Sequence[Group]:
        """All of them in the order of their names."""
        rows = self._connection.execute(OF_ACCOUNT, {"account_id": account_id})
        return [Group(*row) for row in rows]

    def rows(self, account_id: str, *, group_id: str = "") -> Sequence[GroupRow]:
        """All of them with their numbers, in the order of their names; or this one alone."""
        statement = ROWS.where(groups.c.id == group_id) if group_id else ROWS
        rows = self._connection.execute(statement, {"account_id": account_id})
        return [
            GroupRow(Group(*group), int(number), int(enrolled), lead)
            for *group, number, enrolled, lead in rows
        ]

    def rename(self, group_id: str, name: str) -> bool:
        """False if another one of the account has this name."""
        values = {"of_group": group_id, "new_name": name, "key": name_key(name)}
        return self._connection.execute(RENAME, values).rowcount == 1

    def set_lead(self, group_id: str, person_id: str | None) -> None:
        """Name its lead, or nobody."""
        self._connection.execute(SET_LEAD, {"of_group": group_id, "lead": person_id})

    def set_digest(self, group_id: str, at: Instant | None) -> None:
        """When its lead is told next, None for never."""
        self._connection.execute(SET_DIGEST, {"of_group": group_id, "at": at})

    def digest_due(self, now: Instant) -> Group | None:
        """The one that is due longest, not locked."""
        row = self._connection.execute(DIGEST_DUE, {"now": now}).one_or_none()
        return None if row is None else Group(*row)

    def is_digest_due(self, group_id: str, now: Instant) -> bool:
        """Whether it is still due."""
        values = {"of_group": group_id, "now": now}
        return self._connection.execute(DIGEST_IS_DUE, values).one_or_none() is not None

    def put(self, person_id: str, groups: Sequence[str]) -> None:
        """Exactly these groups for the person. Who stays in one keeps the row."""
        before = set(self._connection.execute(OF_PERSON, {"of_person": person_id}).scalars())
        for left in sorted(before.difference(groups)):
            self._connection.execute(LEAVE, {"of_person": person_id, "of_group": left})
        entered = sorted(set(groups) - before)
        if entered:
            rows = [{"group_id": entered_id, "person_id": person_id} for entered_id in entered]
            self._connection.execute(memberships.insert(), rows)
        ids = " ".join(sorted(set(groups)))
        self._connection.execute(COPY, {"of_person": person_id, "ids": ids})

    def people(self, group_id: str, *, after: str, limit: int) -> Sequence[tuple[Person, bool]]:
        """Its people after this key in the order of their addresses."""
        values = {"group_id": group_id, "after": after, "limit": limit}
        rows = self._connection.execute(PEOPLE, values)
        return [(person_of(row[:-1]), bool(row[-1])) for row in rows]

    def lock_people(self, group_id: str) -> Sequence[Person]:
        """All its people, locked in the order of their ids."""
        return _people(self._connection.execute(LOCK_PEOPLE, {"group_id": group_id}))

    def by_keys(self, account_id: str, keys: Sequence[str]) -> Mapping[str, Person]:
        """The people of the account with these keys, locked in the order of their ids."""
        values = {"account_id": account_id, "keys": list(keys)}
        return {row[0]: person_of(row[1:]) for row in self._connection.execute(BY_KEYS, values)}

    def set_exchange(
        self, group_id: str, from_at: Instant | None, until_at: Instant | None
    ) -> None:
        """Plan the exchange of its phones, or none."""
        values = {"of_group": group_id, "from_at": from_at, "until_at": until_at}
        self._connection.execute(SET_EXCHANGE, values)

    def exchanging(self, person_id: str, now: Instant) -> Sequence[tuple[Group, Instant | None]]:
        """The person's groups that exchange their phones now, with when they were asked last."""
        rows = self._connection.execute(EXCHANGING, {"person_id": person_id, "now": now})
        return [(Group(*group), asked_at) for *group, asked_at in rows]

    def exchange_asked(self, person_id: str, groups: Sequence[str], *, at: Instant) -> None:
        """Note that the person was asked for a new phone for these groups."""
        values = {"of_person": person_id, "ids": list(groups), "at": at}
        self._connection.execute(ASKED, values)

    def remove(self, group_id: str) -> None:
        """Delete a group that nobody is in."""
        self._connection.execute(REMOVE, {"of_group": group_id})


def _people(rows: Any) -> Sequence[Person]:
    return [person_of(row) for row in rows]
