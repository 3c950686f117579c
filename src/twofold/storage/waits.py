"""Delayed recoveries."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, insert, or_, select, update

from twofold.core.people import Instant, Person
from twofold.core.tokens import Purpose
from twofold.core.waits import JUMP, RUNNING, StopReason, Wait, WaitState
from twofold.storage.people_rows import PERSON, person_of
from twofold.storage.tables import fixed, links, people, waits

WAIT = (
    waits.c.id,
    waits.c.account_id,
    waits.c.person_id,
    waits.c.state,
    waits.c.length,
    waits.c.password_version,
    waits.c.notices,
    waits.c.mail_id,
    waits.c.started_at,
    waits.c.stepped_at,
    waits.c.next_at,
    waits.c.open_until,
    waits.c.ended_at,
    waits.c.stopped_by,
)
RUNS = waits.c.state.in_([fixed(state) for state in RUNNING])
OF_PERSON = select(*WAIT).where(waits.c.person_id == bindparam("person_id"))
RUNNING_OF = OF_PERSON.where(RUNS)
LATEST_OF = OF_PERSON.order_by(waits.c.id.desc()).limit(1)
DUE = (
    select(*WAIT)
    .where(
        RUNS, or_(waits.c.next_at <= bindparam("now"), waits.c.stepped_at > bindparam("impossible"))
    )
    .order_by(waits.c.next_at, waits.c.id)
    .limit(1)
)
RUNNING_IN = (
    select(*WAIT, *PERSON)
    .select_from(waits.join(people, people.c.id == waits.c.person_id))
    .where(waits.c.account_id == bindparam("account_id"), RUNS)
    .order_by(waits.c.id)
)
# Promise P2: the row count of this one statement is the permission to write the mails with it.
MOVE = (
    update(waits)
    .where(
        waits.c.id == bindparam("wait_id"),
        waits.c.state == bindparam("expected_state"),
        waits.c.notices == bindparam("expected_notices"),
    )
    .values(
        state=bindparam("new_state"),
        notices=bindparam("new_notices"),
        mail_id=bindparam("new_mail"),
        stepped_at=bindparam("new_step"),
        next_at=bindparam("new_next"),
        open_until=bindparam("until"),
        ended_at=bindparam("end"),
        stopped_by=bindparam("reason"),
    )
)
# A link of the version before the present one made the present password. An invitation does not
# count: it is open only before there is a factor, so the factor came after that password.
MAILED_AND_NOT_PROVED = (
    select(links.c.id)
    .select_from(links.join(people, people.c.id == links.c.person_id))
    .where(
        links.c.person_id == bindparam("of_person"),
        links.c.purpose == fixed(Purpose.PASSWORD),
        links.c.password_version == people.c.password_version - 1,
        links.c.used_at.is_not(None),
        people.c.proved_version != people.c.password_version,
    )
    .limit(1)
)
PROVE = (
    update(people)
    .where(
        people.c.id == bindparam("of_person"),
        people.c.proved_version != people.c.password_version,
    )
    .values(proved_version=people.c.password_version)
)


class Waits:
    """See `ports.Waits`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def add(self, wait: Wait) -> None:
        """Insert."""
        values = {
            "id": wait.id,
            "account_id": wait.account_id,
            "person_id": wait.person_id,
            "state": wait.state.value,
            "length": wait.length,
            "password_version": wait.password_version,
            "notices": wait.notices,
            "mail_id": wait.mail_id,
            "started_at": wait.started_at,
            "stepped_at": wait.stepped_at,
            "next_at": wait.next_at,
            "open_until": wait.open_until,
            "ended_at": wait.ended_at,
            "stopped_by": wait.stopped_by,
        }
        self._connection.execute(insert(waits), values)

    def running(self, person_id: str) -> Wait | None:
        """The person's that runs."""
        return self._one(RUNNING_OF, {"person_id": person_id})

    def latest(self, person_id: str) -> Wait | None:
        """The person's newest."""
        return self._one(LATEST_OF, {"person_id": person_id})

    def due(self, now: Instant) -> Wait | None:
        """The next to be looked at."""
        return self._one(DUE, {"now": now, "impossible": now + JUMP})

    def running_in(self, account_id: str) -> Sequence[tuple[Wait, Person]]:
        """All that run in the account, the oldest first."""
        rows = self._connection.execute(RUNNING_IN, {"account_id": account_id})
        at = len(WAIT)
        return [(wait_of(row[:at]), person_of(row[at:])) for row in rows]

    def move(self, wait: Wait, *, state: WaitState, notices: int) -> bool:
        """True for exactly one caller."""
        values = {
            "wait_id": wait.id,
            "expected_state": state.value,
            "expected_notices": notices,
            "new_state": wait.state.value,
            "new_notices": wait.notices,
            "new_mail": wait.mail_id,
            "new_step": wait.stepped_at,
            "new_next": wait.next_at,
            "until": wait.open_until,
            "end": wait.ended_at,
            "reason": wait.stopped_by.value if wait.stopped_by else None,
        }
        return self._connection.execute(MOVE, values).rowcount == 1

    def password_is_proved(self, person_id: str) -> bool:
        """Not one that a mailed link set and nobody has completed a sign-in with."""
        found = self._connection.execute(MAILED_AND_NOT_PROVED, {"of_person": person_id})
        return found.first() is None

    def prove_password(self, person_id: str) -> None:
        """Note it once for each password."""
        self._connection.execute(PROVE, {"of_person": person_id})

    def _one(self, statement: Executable, values: Mapping[str, object]) -> Wait | None:
        row = self._connection.execute(statement, values).one_or_none()
        return None if row is None else wait_of(row)


def wait_of(values: Sequence[Any]) -> Wait:
    """The wait in the columns `WAIT`."""
    id_, account_id, person_id, state, *rest = values
    length, version, notices, mail_id, started_at, stepped_at, next_at, *end = rest
    open_until, ended_at, stopped_by = end
    return Wait(
        id=id_,
        account_id=account_id,
        person_id=person_id,
        state=WaitState(state),
        length=length,
        password_version=version,
        notices=notices,
        mail_id=mail_id,
        started_at=started_at,
        stepped_at=stepped_at,
        next_at=next_at,
        open_until=open_until,
        ended_at=ended_at,
        stopped_by=StopReason(stopped_by) if stopped_by else None,
    )
