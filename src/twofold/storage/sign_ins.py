"""Half-finished sign-ins."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from twofold.core.errors import NotFound
from twofold.core.people import Instant, PersonState
from twofold.core.sessions import HalfCaller, SignIn, Stage
from twofold.storage.accounts import ACCOUNT, account_of
from twofold.storage.people_rows import PERSON, person_of
from twofold.storage.statements import Statement
from twofold.storage.tables import accounts, fixed, people, sign_ins

SIGN_IN = (
    sign_ins.c.id,
    sign_ins.c.account_id,
    sign_ins.c.person_id,
    sign_ins.c.stage,
    sign_ins.c.password_version,
    sign_ins.c.return_to,
    sign_ins.c.failures,
    sign_ins.c.link_open,
    sign_ins.c.created_at,
    sign_ins.c.expires_at,
)
BY_TOKEN = Statement(
    select(*SIGN_IN, *PERSON, *ACCOUNT)
    .select_from(
        sign_ins.join(people, people.c.id == sign_ins.c.person_id).join(
            accounts, accounts.c.id == sign_ins.c.account_id
        )
    )
    .where(
        sign_ins.c.token_hash == bindparam("token"),
        sign_ins.c.expires_at > bindparam("now"),
        sign_ins.c.password_version == people.c.password_version,
        people.c.state == fixed(PersonState.ACTIVE),
    )
)
EXPIRED_RETURN = (
    select(people.c.email)
    .select_from(sign_ins.join(people, people.c.id == sign_ins.c.person_id))
    .where(sign_ins.c.token_hash == bindparam("token"), people.c.state == fixed(PersonState.ACTIVE))
)
ADD_FAILURE = (
    update(sign_ins)
    .where(sign_ins.c.id == bindparam("sign_in_id"))
    .values(failures=sign_ins.c.failures + 1)
    .returning(sign_ins.c.failures)
)
OPEN_LINK = update(sign_ins).where(sign_ins.c.id == bindparam("sign_in_id")).values(link_open=True)
SET_STAGE = (
    update(sign_ins)
    .where(sign_ins.c.id == bindparam("sign_in_id"))
    .values(stage=bindparam("next_stage"))
)
FINISH = delete(sign_ins).where(sign_ins.c.id == bindparam("sign_in_id"))
END_ALL = delete(sign_ins).where(sign_ins.c.person_id == bindparam("of_person"))
PURGE = delete(sign_ins).where(sign_ins.c.expires_at < bindparam("before"))

_PERSON_AT = len(SIGN_IN)
_ACCOUNT_AT = _PERSON_AT + len(PERSON)


class SignIns:
    """See `ports.SignIns`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def add(self, sign_in: SignIn, token: bytes) -> None:
        """Insert; `token` is the digest of the token."""
        values = {
            "id": sign_in.id,
            "account_id": sign_in.account_id,
            "person_id": sign_in.person_id,
            "token_hash": token,
            "stage": sign_in.stage.value,
            "password_version": sign_in.password_version,
            "return_to": sign_in.return_to,
            "failures": sign_in.failures,
            "link_open": sign_in.link_open,
            "created_at": sign_in.created_at,
            "expires_at": sign_in.expires_at,
        }
        self._connection.execute(insert(sign_ins), values)

    def by_token(self, token: bytes, now: Instant) -> HalfCaller | None:
        """Alive, of an active person, with the password version it was made under."""
        values = {"token": token, "now": now}
        row = BY_TOKEN.one(self._connection, values)
        return None if row is None else half_caller_of(row)

    def expired_return(self, token: bytes) -> str | None:
        """The address of the person whose sign-in this was, until it is purged."""
        return self._connection.execute(EXPIRED_RETURN, {"token": token}).scalar_one_or_none()

    def add_failure(self, sign_in_id: str) -> int:
        """Count one wrong code; the new count. Raises `NotFound`."""
        values = {"sign_in_id": sign_in_id}
        failures = self._connection.execute(ADD_FAILURE, values).scalar_one_or_none()
        if failures is None:
            raise NotFound
        return int(failures)

    def finish(self, sign_in_id: str) -> bool:
        """Consume it: true for exactly one caller."""
        return self._connection.execute(FINISH, {"sign_in_id": sign_in_id}).rowcount == 1

    def open_link(self, sign_in_id: str) -> bool:
        """Its mailed link was opened in its browser; false if it is over."""
        return self._connection.execute(OPEN_LINK, {"sign_in_id": sign_in_id}).rowcount == 1

    def set_stage(self, sign_in_id: str, stage: Stage) -> None:
        """Let it wait for something else."""
        values = {"sign_in_id": sign_in_id, "next_stage": stage.value}
        self._connection.execute(SET_STAGE, values)

    def end_all(self, person_id: str) -> int:
        """Drop the person's half-finished sign-ins; how many."""
        return self._connection.execute(END_ALL, {"of_person": person_id}).rowcount

    def purge(self, before: Instant) -> int:
        """Delete those that expired before this moment; how many."""
        return self._connection.execute(PURGE, {"before": before}).rowcount


def half_caller_of(row: Sequence[Any]) -> HalfCaller:
    """Sign-in, person and account in the columns of `BY_TOKEN`."""
    id_, account_id, person_id, stage, version, return_to, failures, is_open, *times = row[
        :_PERSON_AT
    ]
    return HalfCaller(
        sign_in=SignIn(
            id_,
            account_id,
            person_id,
            Stage(stage),
            version,
            return_to,
            failures,
            bool(is_open),
            *times,
        ),
        person=person_of(row[_PERSON_AT:_ACCOUNT_AT]),
        account=account_of(row[_ACCOUNT_AT:]),
    )
