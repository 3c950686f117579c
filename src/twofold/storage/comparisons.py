"""A bounded number of people in figures, to compare one person with."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import BindParameter, Connection, bindparam, func, select

from twofold.core.attempts import AttemptPurpose, Outcome
from twofold.core.authenticators import AuthenticatorState
from twofold.core.mail import UNREACHED
from twofold.core.people import Instant, Role
from twofold.ports import SetUps, Success
from twofold.storage.tables import attempts, authenticators, fixed, mails, people

SIGNS_IN = (fixed(AttemptPurpose.SIGN_IN), fixed(AttemptPurpose.RESYNC))
IDS: BindParameter[str] = bindparam("ids", expanding=True)

SUCCESSES = (
    select(
        attempts.c.person_id,
        attempts.c.tried_at,
        attempts.c.step_offset,
        attempts.c.known_browser,
    )
    .where(
        attempts.c.tried_at > bindparam("since"),
        attempts.c.account_id == bindparam("account_id"),
        attempts.c.outcome == fixed(Outcome.ACCEPTED),
        attempts.c.purpose.in_(SIGNS_IN),
        attempts.c.step_offset.is_not(None),
    )
    .order_by(attempts.c.tried_at.desc())
    .limit(bindparam("limit"))
)
SET_UPS = (
    select(
        authenticators.c.person_id,
        func.count(),
        func.max(authenticators.c.confirmed_at),
    )
    .where(authenticators.c.person_id.in_(IDS), authenticators.c.confirmed_at.is_not(None))
    .group_by(authenticators.c.person_id)
)
OUTCOMES = (
    select(attempts.c.person_id, attempts.c.outcome, func.count())
    .where(attempts.c.person_id.in_(IDS), attempts.c.tried_at > bindparam("since"))
    .group_by(attempts.c.person_id, attempts.c.outcome)
)
APPS = (
    select(authenticators.c.app, func.count())
    .where(
        authenticators.c.person_id.in_(IDS),
        authenticators.c.state == fixed(AuthenticatorState.ACTIVE),
    )
    .group_by(authenticators.c.app)
)
STAFF = (
    select(func.count())
    .select_from(people)
    .where(people.c.id.in_(IDS), people.c.role != fixed(Role.MEMBER))
)
NEWEST_MAILS = (
    select(func.max(mails.c.id)).where(mails.c.person_id.in_(IDS)).group_by(mails.c.person_id)
)
UNREACHABLE = (
    select(func.count())
    .select_from(mails)
    .where(
        mails.c.id.in_(NEWEST_MAILS),
        mails.c.state.in_([fixed(state) for state in sorted(UNREACHED)]),
    )
)


class Comparisons:
    """See `ports.Comparisons`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def successes(self, account_id: str, *, since: Instant, limit: int) -> Sequence[Success]:
        """The newest sign-ins with a right code in the account after a moment, newest first."""
        values = {"account_id": account_id, "since": since, "limit": limit}
        return [
            Success(person_id, at, offset, bool(known))
            for person_id, at, offset, known in self._connection.execute(SUCCESSES, values)
        ]

    def set_ups(self, person_ids: Sequence[str]) -> Mapping[str, SetUps]:
        """Of those who ever saved one."""
        rows = self._connection.execute(SET_UPS, {"ids": list(person_ids)})
        return {person_id: SetUps(count, newest) for person_id, count, newest in rows}

    def outcomes(
        self, person_ids: Sequence[str], *, since: Instant
    ) -> Mapping[str, Mapping[Outcome, int]]:
        """How many codes became what after a moment, of those who entered any."""
        found: dict[str, dict[Outcome, int]] = defaultdict(dict)
        values = {"ids": list(person_ids), "since": since}
        for person_id, outcome, count in self._connection.execute(OUTCOMES, values):
            found[person_id][Outcome(outcome)] = count
        return found

    def apps(self, person_ids: Sequence[str]) -> Mapping[str, int]:
        """How many of them named which app for the authenticator in use; "" for none named."""
        rows = self._connection.execute(APPS, {"ids": list(person_ids)})
        return {app: count for app, count in rows}  # noqa: C416 - rows are no pairs to the checker

    def staff(self, person_ids: Sequence[str]) -> int:
        """How many of them are help desk, admins or owners."""
        return self._connection.execute(STAFF, {"ids": list(person_ids)}).scalar_one()

    def unreachable(self, person_ids: Sequence[str]) -> int:
        """How many of them have a newest mail that failed."""
        return self._connection.execute(UNREACHABLE, {"ids": list(person_ids)}).scalar_one()
