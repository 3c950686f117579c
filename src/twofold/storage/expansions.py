"""Changes of the rules on their way to each person."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from twofold.core.mail import MailState
from twofold.core.people import Instant, Person, PersonState
from twofold.core.rollout import START, Expansion, ExpansionState, Work
from twofold.core.rules import Target, TargetKind
from twofold.storage.people_rows import ENROLLED, PERSON, person_of
from twofold.storage.rollout_tables import expansions, memberships, notices
from twofold.storage.tables import fixed, mails, people

COLUMNS = tuple(expansions.c)
DUE = (
    select(*COLUMNS)
    .where(
        expansions.c.state == fixed(ExpansionState.WAITING),
        expansions.c.starts_at <= bindparam("now"),
    )
    .order_by(expansions.c.starts_at, expansions.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
MOVED = (
    update(expansions)
    .where(expansions.c.id == bindparam("expansion_id"))
    .values(
        state=bindparam("to"),
        after=bindparam("reached"),
        done=bindparam("reached_people"),
        mails=bindparam("written"),
        finished_at=bindparam("ended"),
    )
)
OF_RULE = (
    select(*COLUMNS)
    .where(
        expansions.c.account_id == bindparam("account_id"),
        expansions.c.rule_id == bindparam("rule_id"),
    )
    .order_by(expansions.c.id.desc())
    .with_for_update()
)
OF_ACCOUNT = (
    select(*COLUMNS)
    .where(expansions.c.account_id == bindparam("account_id"))
    .order_by(expansions.c.id.desc())
    .limit(bindparam("limit"))
)
NOT_DISABLED = people.c.state != fixed(PersonState.DISABLED)
PEOPLE = select(*PERSON, ENROLLED).where(
    people.c.account_id == bindparam("account_id"),
    people.c.id > bindparam("after"),
    NOT_DISABLED,
)
COUNT = (
    select(func.count())
    .select_from(people)
    .where(people.c.account_id == bindparam("account_id"), NOT_DISABLED)
)
FIRST_NOTICES = (
    select(notices.c.mail_id)
    .where(
        notices.c.account_id == bindparam("of_account"),
        notices.c.written_at >= bindparam("since"),
        notices.c.round == bindparam("of_round"),
        notices.c.kind == START,
    )
    .scalar_subquery()
)
GONE = (MailState.SENDING, MailState.SENT, MailState.BOUNCED)
"""The states of a mail that a mail server has, or may have."""
LEFT = (
    select(func.count())
    .select_from(mails)
    .where(
        mails.c.id.in_(FIRST_NOTICES),
        mails.c.state.in_([fixed(state) for state in GONE]),
    )
)
TAKE_BACK = (
    update(mails)
    .where(mails.c.id.in_(FIRST_NOTICES), mails.c.state == fixed(MailState.QUEUED))
    .values(state=MailState.FAILED.value, last_error=bindparam("error"))
)
FORGET = delete(notices).where(
    notices.c.account_id == bindparam("of_account"),
    notices.c.written_at >= bindparam("since"),
    notices.c.round == bindparam("of_round"),
    notices.c.kind == START,
)


class Expansions:
    """See `ports.Expansions`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def add(self, expansion: Expansion) -> None:
        """Insert."""
        values = {column.name: getattr(expansion, column.name) for column in COLUMNS}
        words = {"work": expansion.work.value, "state": expansion.state.value}
        self._connection.execute(insert(expansions), {**values, **words})

    def due(self, now: Instant) -> Expansion | None:
        """The oldest that waits and has started, locked."""
        row = self._connection.execute(DUE, {"now": now}).one_or_none()
        return None if row is None else expansion_of(row)

    def moved(self, expansion: Expansion) -> None:
        """Store how far it is."""
        values = {
            "expansion_id": expansion.id,
            "to": expansion.state.value,
            "reached": expansion.after,
            "reached_people": expansion.done,
            "written": expansion.mails,
            "ended": expansion.finished_at,
        }
        self._connection.execute(MOVED, values)

    def of_rule(self, account_id: str, rule_id: str) -> Sequence[Expansion]:
        """The work that this rule has made, newest first, locked."""
        values = {"account_id": account_id, "rule_id": rule_id}
        return [expansion_of(row) for row in self._connection.execute(OF_RULE, values)]

    def of_account(self, account_id: str, *, limit: int) -> Sequence[Expansion]:
        """The newest first, not locked."""
        values = {"account_id": account_id, "limit": limit}
        return [expansion_of(row) for row in self._connection.execute(OF_ACCOUNT, values)]

    def people_after(
        self, account_id: str, target: Target, *, after: str, limit: int
    ) -> Sequence[tuple[Person, bool]]:
        """People of the target after this id in the order of their ids, locked."""
        statement = (
            PEOPLE.where(*among(target)).order_by(people.c.id).limit(limit).with_for_update()
        )
        rows = self._connection.execute(statement, {"account_id": account_id, "after": after})
        return [(person_of(row[:-1]), bool(row[-1])) for row in rows]

    def count(self, account_id: str, target: Target) -> int:
        """How many people of the target there are, nobody disabled."""
        statement = COUNT.where(*among(target))
        return self._connection.execute(statement, {"account_id": account_id}).scalar_one()

    def mails_left(self, account_id: str, *, round_: int, since: Instant) -> int:
        """How many first notices written since then have left, or are leaving now."""
        values = {"of_account": account_id, "since": since, "of_round": round_}
        return self._connection.execute(LEFT, values).scalar_one()

    def take_back(self, account_id: str, *, round_: int, since: Instant, error: str) -> int:
        """Fail the first notices written since then that wait, and forget them; how many."""
        values = {"of_account": account_id, "since": since, "of_round": round_}
        failed = self._connection.execute(TAKE_BACK, {**values, "error": error}).rowcount
        self._connection.execute(FORGET, values)
        return failed


def among(target: Target) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which somebody belongs to the target."""
    if target.kind is TargetKind.ROLE:
        return (people.c.role == target.value,)
    if target.kind is TargetKind.GROUP:
        member = exists().where(
            memberships.c.person_id == people.c.id, memberships.c.group_id == target.value
        )
        return (member,)
    return ()


def expansion_of(row: Sequence[Any]) -> Expansion:
    """The expansion in the columns `COLUMNS`."""
    values = {column.name: value for column, value in zip(COLUMNS, row, strict=True)}
    words = {"work": Work(values["work"]), "state": ExpansionState(values["state"])}
    return Expansion(**{**values, **words})
