"""Proofs of identity that an account accepts, and requests that wait for a second admin."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from twofold.core.desk import Act, Grounds, Request, RequestState, Wanted
from twofold.core.people import Instant
from twofold.storage.desk_tables import desk_requests
from twofold.storage.tables import accounts, fixed

PROOFS = select(accounts.c.desk_proofs).where(accounts.c.id == bindparam("of_account"))
SET_PROOFS = (
    update(accounts)
    .where(accounts.c.id == bindparam("of_account"))
    .values(desk_proofs=bindparam("new_proofs"))
)
REQUEST = select(
    desk_requests.c.id,
    desk_requests.c.account_id,
    desk_requests.c.person_id,
    desk_requests.c.act,
    desk_requests.c.once,
    desk_requests.c.hours,
    desk_requests.c.stolen,
    desk_requests.c.proof,
    desk_requests.c.ticket,
    desk_requests.c.reason,
    desk_requests.c.asked_by,
    desk_requests.c.asked_at,
    desk_requests.c.expires_at,
    desk_requests.c.state,
    desk_requests.c.decided_by,
    desk_requests.c.decided_at,
)
OF_ACCOUNT = desk_requests.c.account_id == bindparam("of_account")
OPEN = (
    desk_requests.c.state == fixed(RequestState.WAITING),
    desk_requests.c.expires_at > bindparam("at"),
)
FIND = REQUEST.where(OF_ACCOUNT, desk_requests.c.id == bindparam("request_id"))
BY_AGE = (desk_requests.c.asked_at.desc(), desk_requests.c.id.desc())
NEWEST = REQUEST.where(OF_ACCOUNT).order_by(*BY_AGE).limit(bindparam("limit"))
WAITING = REQUEST.where(OF_ACCOUNT, *OPEN).order_by(desk_requests.c.asked_at, desk_requests.c.id)
OPEN_FOR = (
    REQUEST.where(
        desk_requests.c.person_id == bindparam("of_person"),
        desk_requests.c.act == bindparam("for_act"),
        *OPEN,
    )
    .order_by(*BY_AGE)
    .limit(1)
)
# Promise P2: the row count of this one statement decides which of two admins was first.
DECIDE = (
    update(desk_requests)
    .where(desk_requests.c.id == bindparam("request_id"), *OPEN)
    .values(state=bindparam("new_state"), decided_by=bindparam("by"), decided_at=bindparam("at"))
)


class Desk:
    """See `ports.Desk`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def proofs(self, account_id: str) -> Sequence[str]:
        """The account's own list, empty while it has none."""
        text = self._connection.execute(PROOFS, {"of_account": account_id}).scalar_one()
        return tuple(str(proof) for proof in json.loads(text))

    def set_proofs(self, account_id: str, proofs: Sequence[str]) -> None:
        """Accept these from now on."""
        values = {"of_account": account_id, "new_proofs": json.dumps(list(proofs))}
        self._connection.execute(SET_PROOFS, values)

    def add(self, request: Request) -> None:
        """Insert."""
        values = {
            "id": request.id,
            "account_id": request.account_id,
            "person_id": request.person_id,
            "act": request.wanted.act.value,
            "once": request.wanted.once,
            "hours": request.wanted.hours,
            "stolen": request.wanted.stolen,
            **request.grounds.data,
            "asked_by": request.asked_by,
            "asked_at": request.asked_at,
            "expires_at": request.expires_at,
            "state": request.state.value,
            "decided_by": request.decided_by,
            "decided_at": request.decided_at,
        }
        self._connection.execute(insert(desk_requests), values)

    def find(self, account_id: str, request_id: str) -> Request | None:
        """A request of the account."""
        values = {"of_account": account_id, "request_id": request_id}
        row = self._connection.execute(FIND, values).one_or_none()
        return None if row is None else _request_of(row)

    def newest(self, account_id: str, *, limit: int) -> Sequence[Request]:
        """Newest first."""
        rows = self._connection.execute(NEWEST, {"of_account": account_id, "limit": limit})
        return [_request_of(row) for row in rows]

    def waiting(self, account_id: str, now: Instant) -> Sequence[Request]:
        """Those that may still be decided, oldest first."""
        rows = self._connection.execute(WAITING, {"of_account": account_id, "at": now})
        return [_request_of(row) for row in rows]

    def open_for(self, person_id: str, act: Act, now: Instant) -> Request | None:
        """One that waits already for the same act and person."""
        values = {"of_person": person_id, "for_act": act.value, "at": now}
        row = self._connection.execute(OPEN_FOR, values).one_or_none()
        return None if row is None else _request_of(row)

    def decide(self, request_id: str, state: RequestState, *, decided_by: str, at: Instant) -> bool:
        """Decide it: true for exactly one caller, and only in time."""
        values = {"request_id": request_id, "new_state": state.value, "by": decided_by, "at": at}
        return self._connection.execute(DECIDE, values).rowcount == 1


def _request_of(row: Sequence[Any]) -> Request:
    id_, account_id, person_id, act, once, hours, stolen, proof, ticket, reason, *rest = row
    asked_by, asked_at, expires_at, state, decided_by, decided_at = rest
    return Request(
        id=id_,
        account_id=account_id,
        person_id=person_id,
        wanted=Wanted(Act(act), bool(once), hours, bool(stolen)),
        grounds=Grounds(proof, ticket, reason),
        asked_by=asked_by,
        asked_at=asked_at,
        expires_at=expires_at,
        state=RequestState(state),
        decided_by=decided_by,
        decided_at=decided_at,
    )
