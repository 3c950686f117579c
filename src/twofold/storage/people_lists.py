"""The people of an account in lists and in numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, func, select

from twofold.core.mail import UNREACHED, MailKind, MailState
from twofold.core.people import Person, PersonKind, PersonState, Role, email_key
from twofold.ports import PersonRow, Tally
from twofold.storage.people_rows import ENROLLED, PERSON, person_of
from twofold.storage.tables import mails, people

OF_ACCOUNT = people.c.account_id == bindparam("account_id")
NOT_DISABLED = people.c.state != PersonState.DISABLED.value
IS_PERSON = people.c.kind == PersonKind.PERSON.value
IS_ADMIN = people.c.role.in_((Role.ADMIN.value, Role.OWNER.value))

LAST_MAIL = (
    select(func.max(mails.c.id))
    .where(mails.c.person_id == people.c.id)
    .correlate(people)
    .scalar_subquery()
)
WITH_LAST_MAIL = people.outerjoin(mails, mails.c.id == LAST_MAIL)
LAST_MAIL_FAILED = func.coalesce(mails.c.state, "").in_(sorted(UNREACHED))

KEYS = select(people.c.email_key, *PERSON).where(OF_ACCOUNT)
ROWS = (
    select(*PERSON, ENROLLED, mails.c.kind, mails.c.state)
    .select_from(WITH_LAST_MAIL)
    .where(OF_ACCOUNT, people.c.email_key > bindparam("after"))
    .order_by(people.c.email_key)
    .limit(bindparam("limit"))
)
ONLY = {
    "": None,
    "enrolled": and_(ENROLLED, NOT_DISABLED),
    "not-enrolled": and_(~ENROLLED, NOT_DISABLED, IS_PERSON),
    "failed-mail": and_(LAST_MAIL_FAILED, NOT_DISABLED),
    "disabled": ~NOT_DISABLED,
}
ALL_ACTIVE = (
    select(*PERSON, ENROLLED)
    .where(OF_ACCOUNT, NOT_DISABLED, IS_PERSON)
    .order_by(people.c.email_key)
)
ADMINS = select(*PERSON).where(OF_ACCOUNT, NOT_DISABLED, IS_ADMIN).order_by(people.c.email_key)
ANY_OWNER = (
    select(*PERSON)
    .where(people.c.role == Role.OWNER.value, people.c.state == PersonState.ACTIVE.value)
    .order_by(people.c.created_at, people.c.id)
    .limit(1)
)


def number_of(*conditions: Any) -> Any:
    """How many rows meet all the conditions."""
    return func.coalesce(func.sum(case((and_(*conditions), 1), else_=0)), 0)


TALLY = (
    select(
        number_of(NOT_DISABLED, IS_PERSON),
        number_of(NOT_DISABLED, ENROLLED),
        number_of(NOT_DISABLED, ENROLLED, IS_ADMIN),
        number_of(~NOT_DISABLED),
        number_of(NOT_DISABLED, LAST_MAIL_FAILED),
    )
    .select_from(WITH_LAST_MAIL)
    .where(OF_ACCOUNT)
)
ROLES = (
    select(people.c.role, func.count())
    .where(OF_ACCOUNT, NOT_DISABLED, IS_PERSON)
    .group_by(people.c.role)
)


class PeopleLists:
    """The list half of `ports.People`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def keys(self, account_id: str) -> Mapping[str, Person]:
        """All people of an account by `email_key`."""
        rows = self._connection.execute(KEYS, {"account_id": account_id})
        return {row[0]: person_of(row[1:]) for row in rows}

    def page(
        self, account_id: str, *, search: str, after: str, limit: int, only: str
    ) -> Sequence[PersonRow]:
        """Rows in the order of `email_key`, those after the key `after`.

        Raises `KeyError` for an `only` that is not one of the port's words.
        """
        statement, condition = ROWS, ONLY[only]
        if condition is not None:
            statement = statement.where(condition)
        if search.strip():
            statement = statement.where(
                people.c.search_text.contains(email_key(search), autoescape=True)
            )
        values = {"account_id": account_id, "after": after, "limit": limit}
        return [line_of(row) for row in self._connection.execute(statement, values)]

    def all_active(self, account_id: str) -> Sequence[tuple[Person, bool]]:
        """Everybody who may sign in or is invited, with whether they are enrolled."""
        rows = self._connection.execute(ALL_ACTIVE, {"account_id": account_id})
        return [(person_of(row[:-1]), bool(row[-1])) for row in rows]

    def admins(self, account_id: str) -> Sequence[Person]:
        """Admins and owners who are not disabled."""
        rows = self._connection.execute(ADMINS, {"account_id": account_id})
        return [person_of(row) for row in rows]

    def tally(self, account_id: str) -> Tally:
        """The account in numbers."""
        row = self._connection.execute(TALLY, {"account_id": account_id}).one()
        return Tally(*(int(number) for number in row))

    def roles(self, account_id: str) -> Mapping[Role, int]:
        """How many people of each role there are, the disabled left out."""
        rows = self._connection.execute(ROLES, {"account_id": account_id})
        return {Role(role): number for role, number in rows}

    def any_owner(self) -> Person | None:
        """The oldest active owner of the deployment."""
        row = self._connection.execute(ANY_OWNER).one_or_none()
        return None if row is None else person_of(row)


def line_of(row: Sequence[Any]) -> PersonRow:
    """A line of the people table: a person and the three columns after it."""
    *person, enrolled, kind, state = row
    return PersonRow(
        person=person_of(person),
        enrolled=bool(enrolled),
        last_mail_kind=None if kind is None else MailKind(kind),
        last_mail_state=None if state is None else MailState(state),
    )
