"""The people table: filters as conditions, pages by key, and what each line shows.

Which people a page shows is asked first, by an index, and what stands in its lines afterwards for
these few alone. The conditions say of many people what `core/requirement.py` says of one; a test
holds the two against each other.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    exists,
    false,
    func,
    or_,
    select,
    true,
)

from twofold.core.attempts import AttemptPurpose, Outcome
from twofold.core.authenticators import AuthenticatorState
from twofold.core.listing import SOON, Asked, Line, Only
from twofold.core.mail import MailKind, MailState
from twofold.core.people import Account, Instant, Person, PersonKind, PersonState, Role, email_key
from twofold.core.rollout import DORMANT, Enrolment
from twofold.core.rules import Target
from twofold.storage.expansions import among
from twofold.storage.people_rows import ENROLLED, PERSON, person_of
from twofold.storage.rollout_tables import enrolments, memberships
from twofold.storage.tables import (
    attempts,
    authenticators,
    counters,
    fixed,
    mails,
    passkeys,
    people,
    recovery_codes,
)

Condition = ColumnElement[bool]
AT_ONCE = 500
"""Ids per statement; both databases limit the number of parameters."""
LOST = ("failed", "bounced")
"""States of a mail that did not arrive."""
SECOND_STEPS = (AttemptPurpose.SIGN_IN, AttemptPurpose.RESYNC, AttemptPurpose.STEP_UP)

NOT_DISABLED = people.c.state != fixed(PersonState.DISABLED)
IS_PERSON = people.c.kind == fixed(PersonKind.PERSON)
IS_ADMIN = people.c.role.in_((fixed(Role.ADMIN), fixed(Role.OWNER)))
OPEN = and_(~ENROLLED, NOT_DISABLED, IS_PERSON)
ACTIVE = authenticators.c.state == fixed(AuthenticatorState.ACTIVE)
newer = mails.alias("newer")
UNREACHABLE = select(mails.c.person_id).where(
    mails.c.account_id == people.c.account_id,
    mails.c.state.in_(LOST),
    ~exists().where(newer.c.person_id == mails.c.person_id, newer.c.id > mails.c.id),
)
ON_THE_ROAD = exists().where(
    enrolments.c.person_id == people.c.id,
    enrolments.c.opened_at.is_not(None),
    enrolments.c.finished_at.is_(None),
)
HAS_CODES = exists().where(
    recovery_codes.c.person_id == people.c.id, recovery_codes.c.used_at.is_(None)
)


def covers(target: Target) -> Condition:
    """Whether the rule or pause is about the person of the row."""
    return and_(true(), *among(target))


class Demands:
    """What an account's policy asks at one moment, as conditions: see `core/requirement.py`."""

    def __init__(self, account: Account, now: Instant) -> None:
        """Of this account at `now` (UTC seconds)."""
        policy, self._now = account.policy, now
        self._rules = [rule for rule in policy.demands if rule.since <= now]
        self._of_round = and_(people.c.duty_round == policy.round, people.c.due_at.is_not(None))
        holding = [pause for pause in policy.pauses if pause.since <= now < pause.until]
        self._paused = or_(false(), *(covers(pause.target) for pause in holding))
        self._report_only = policy.report_only
        covered = or_(false(), *(covers(rule.target) for rule in self._rules))
        exempt = func.coalesce(people.c.exempt_until, 0) > now
        self.required: Condition = and_(OPEN, covered, ~exempt)

    def due_between(self, after: Instant, until: Instant | None) -> Condition:
        """Whoever must set up by a moment after `after`, at `until` at the latest."""
        own = and_(self._of_round, people.c.due_at > after)
        if until is not None:
            own = and_(own, people.c.due_at <= until)
        return and_(self.required, own)

    def must_now(self) -> Condition:
        """Whoever is stopped until they have set up."""
        if self._report_only:
            return false()
        at_once = or_(
            false(),
            *(covers(rule.target) for rule in self._rules if rule.days == 0),
        )
        came = and_(
            people.c.created_at <= self._now, func.coalesce(people.c.away_until, 0) <= self._now
        )
        due = case(
            (self._of_round, people.c.due_at <= self._now),
            else_=and_(at_once, came),
        )
        return and_(self.required, due, ~self._paused)


def condition(only: Only, account: Account, now: Instant) -> Condition:
    """The filter as a condition. Locked people come by their ids."""
    demands = Demands(account, now)
    match only:
        case Only.EVERYBODY | Only.LOCKED:
            return true()
        case Only.NOT_ENROLLED:
            return OPEN
        case Only.ENROLLED:
            return and_(ENROLLED, NOT_DISABLED)
        case Only.OPENED:
            return and_(ON_THE_ROAD, OPEN)
        case Only.SOON:
            return demands.due_between(now, now + SOON)
        case Only.AHEAD:
            return demands.due_between(now, None)
        case Only.MUST_NOW:
            return demands.must_now()
        case Only.MAIL_TROUBLE:
            return and_(people.c.id.in_(UNREACHABLE), NOT_DISABLED)
        case _:
            return _of_the_row(only, now)


def _of_the_row(only: Only, now: Instant) -> Condition:
    seen = people.c.seen_at
    found: dict[Only, Condition] = {
        Only.NEVER: and_(seen.is_(None), NOT_DISABLED, IS_PERSON),
        Only.DORMANT: and_(seen <= now - DORMANT, NOT_DISABLED, IS_PERSON),
        Only.EXEMPT: people.c.exempt_until > now,
        Only.AWAY: people.c.away_until > now,
        Only.NO_CODES: and_(ENROLLED, NOT_DISABLED, ~HAS_CODES),
        Only.ADMINS: and_(IS_ADMIN, NOT_DISABLED),
        Only.ADMINS_WITHOUT: and_(IS_ADMIN, OPEN),
        Only.SERVICES: people.c.kind == fixed(PersonKind.SERVICE),
        Only.DISABLED: ~NOT_DISABLED,
    }
    return found[only]


def conditions(account: Account, now: Instant, asked: Asked) -> list[Condition]:
    """Everything that is asked of a row."""
    found = [people.c.account_id == account.id, condition(asked.only, account, now)]
    if asked.role is not None:
        found.append(people.c.role == asked.role.value)
    if asked.group:
        inside = select(memberships.c.person_id).where(memberships.c.group_id == asked.group)
        found.append(people.c.id.in_(inside))
    if asked.search:
        key = email_key(asked.search)
        found.append(people.c.search_text.contains(key, autoescape=True))
    return found


LAST_MAIL = (
    select(func.max(mails.c.id))
    .where(mails.c.person_id == people.c.id)
    .correlate(people)
    .scalar_subquery()
)


def _one(column: Any, *where: Any) -> Any:
    return select(column).where(*where).correlate(people).scalar_subquery()


OF_PERSON = recovery_codes.c.person_id == people.c.id
DETAILS = (
    _one(
        func.min(authenticators.c.confirmed_at), authenticators.c.person_id == people.c.id, ACTIVE
    ),
    _one(func.min(passkeys.c.created_at), passkeys.c.person_id == people.c.id),
    _one(func.count(), OF_PERSON),
    _one(func.count(), OF_PERSON, recovery_codes.c.used_at.is_(None)),
    _one(
        func.max(attempts.c.tried_at),
        attempts.c.person_id == people.c.id,
        attempts.c.outcome == fixed(Outcome.ACCEPTED),
        attempts.c.purpose.in_([fixed(purpose) for purpose in SECOND_STEPS]),
    ),
    _one(func.max(passkeys.c.used_at), passkeys.c.person_id == people.c.id),
)
LINES = (
    select(
        *PERSON, ENROLLED, mails.c.kind, mails.c.state, mails.c.created_at, people.c.seen_at,
        *DETAILS, *enrolments.c,
    )
    .select_from(
        people.outerjoin(mails, mails.c.id == LAST_MAIL).outerjoin(
            enrolments, enrolments.c.person_id == people.c.id
        )
    )
)  # fmt: skip


class PeopleTable:
    """See `ports.PeopleTable`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def keys(
        self,
        account: Account,
        now: Instant,
        asked: Asked,
        *,
        after: str,
        limit: int,
        ids: Sequence[str] | None = None,
    ) -> Sequence[tuple[str, str]]:
        """Id and `email_key` of those after the key `after`."""
        statement = (
            select(people.c.id, people.c.email_key)
            .where(*conditions(account, now, asked), people.c.email_key > after)
            .order_by(people.c.email_key)
            .limit(limit)
        )
        if ids is not None:
            statement = statement.where(people.c.id.in_(ids))
        return [(id_, key) for id_, key in self._connection.execute(statement)]

    def lines(self, account: Account, ids: Sequence[str]) -> Sequence[Line]:
        """These people with everything that a column may show."""
        found: list[Line] = []
        for start in range(0, len(ids), AT_ONCE):
            rows = self._connection.execute(
                LINES.where(people.c.id.in_(ids[start : start + AT_ONCE]))
            )
            found += [_line_of(row, account.policy.round) for row in rows]
        # Account and order are looked at here: named in the statement, they would make SQLite
        # read the whole account by one of their indexes.
        own = (line for line in found if line.person.account_id == account.id)
        return sorted(own, key=lambda line: email_key(line.person.email))

    def count(self, account: Account, now: Instant, asked: Asked, *, most: int) -> int:
        """How many there are, counted to `most` at most."""
        some = select(people.c.id).where(*conditions(account, now, asked)).limit(most).subquery()
        return self._connection.execute(select(func.count()).select_from(some)).scalar_one()

    def suspects(self, account: Account, since: Instant, *, limit: int) -> Sequence[Person]:
        """People for whom something was counted since then, or who are stopped."""
        counted = [
            select(func.substr(counters.c.key, len(prefix) + 1)).where(
                counters.c.key >= prefix,
                counters.c.key < prefix[:-1] + chr(ord(prefix[-1]) + 1),
                counters.c.saved_at > since,
            )
            for prefix in ("pw:person:", "code:person:", "code:row:", "code:enrol:")
        ]
        stopped = select(authenticators.c.person_id).where(
            ACTIVE, authenticators.c.disabled_at.is_not(None)
        )
        statement = (
            select(*PERSON)
            .where(
                people.c.account_id == account.id,
                NOT_DISABLED,
                or_(*(people.c.id.in_(one) for one in (*counted, stopped))),
            )
            .order_by(people.c.email_key)
            .limit(limit)
        )
        return [person_of(row) for row in self._connection.execute(statement)]


def _line_of(row: Sequence[Any], round_: int) -> Line:
    person, others = person_of(row[: len(PERSON)]), row[len(PERSON) :]
    enrolled, kind, state, mailed_at, seen_at, *others = others
    set_up, made, codes, left, accepted, used, *road = others
    enrolment = None if road[0] is None else Enrolment(*road)
    return Line(
        person=person,
        enrolled=bool(enrolled),
        enrolment=enrolment if enrolment is not None and enrolment.round == round_ else None,
        mail_kind=None if kind is None else MailKind(kind),
        mail_state=None if state is None else MailState(state),
        mail_at=mailed_at,
        enrolled_at=min((at for at in (set_up, made) if at is not None), default=None),
        codes_left=left if codes else None,
        factor_at=max((at for at in (accepted, used) if at is not None), default=None),
        seen_at=seen_at,
    )
