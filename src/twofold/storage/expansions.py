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
QUEUED = fixed(MailState.QUEUED)
GONE = [fixed(state) for state in (MailState.SENDING, MailState.SENT, MailState.BOUNCED)]
"""The states of a mail that a mail server has, or may have."""


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

    def mails_left(self, account_id: str, target: Target, *, round_: int, since: Instant) -> int:
        """How many first notices to them written since then have left, or are leaving now."""
        which = first_notices(account_id, target, round_, since)
        gone = mails.c.id.in_(select(notices.c.mail_id).where(*which)), mails.c.state.in_(GONE)
        statement = select(func.count()).select_from(mails).where(*gone)
        return self._connection.execute(statement).scalar_one()

    def take_back(
        self, account_id: str, target: Target, *, round_: int, since: Instant, error: str
    ) -> int:
        """Fail those first notices to them that wait, and forget them; how many."""
        which = first_notices(account_id, target, round_, since)
        waiting = mails.c.id.in_(select(notices.c.mail_id).where(*which)), mails.c.state == QUEUED
        failed = {"state": MailState.FAILED.value, "last_error": error}
        count = self._connection.execute(update(mails).where(*waiting).values(**failed)).rowcount
        self._connection.execute(delete(notices).where(*which))
        return count


def first_notices(
    account_id: str, target: Target, round_: int, since: Instant
) -> tuple[ColumnElement[bool], ...]:
    """The conditions of a first notice to somebody of the target, written at `since` or later."""
    theirs = select(people.c.id).where(people.c.account_id == account_id, *among(target))
    return (
        notices.c.account_id == account_id,
        notices.c.round == round_,
        notices.c.kind == START,
        notices.c.written_at >= since,
        notices.c.person_id.in_(theirs),
    )


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
