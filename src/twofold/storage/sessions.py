"""Complete sessions."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from twofold.core.people import Instant, PersonState
from twofold.core.sessions import SESSION_IDLE, SESSION_LIFETIME, Caller, Session
from twofold.storage.accounts import ACCOUNT, account_of
from twofold.storage.people_rows import ENROLLED, PERSON, person_of
from twofold.storage.statements import Statement
from twofold.storage.tables import accounts, fixed, people, sessions

SESSION = (
    sessions.c.id,
    sessions.c.account_id,
    sessions.c.person_id,
    sessions.c.methods,
    sessions.c.password_at,
    sessions.c.factor_at,
    sessions.c.created_at,
    sessions.c.seen_at,
    sessions.c.trusted,
    sessions.c.browser_id,
    sessions.c.browser,
    sessions.c.address,
    sessions.c.ends_at,
)
BY_TOKEN = Statement(
    select(*SESSION, *PERSON, *ACCOUNT, ENROLLED)
    .select_from(
        sessions.join(people, people.c.id == sessions.c.person_id).join(
            accounts, accounts.c.id == sessions.c.account_id
        )
    )
    .where(
        sessions.c.token_hash == bindparam("token"),
        sessions.c.created_at > bindparam("created_after"),
        sessions.c.seen_at > bindparam("seen_after"),
        or_(sessions.c.ends_at.is_(None), sessions.c.ends_at > bindparam("now")),
        people.c.state == fixed(PersonState.ACTIVE),
    )
)
TOUCH = (
    update(sessions)
    .where(sessions.c.id == bindparam("session_id"), sessions.c.seen_at < bindparam("at"))
    .values(seen_at=bindparam("at"))
)
RENEW = (
    update(sessions)
    .where(sessions.c.id == bindparam("session_id"))
    .values(
        token_hash=bindparam("new_token"),
        methods=bindparam("new_methods"),
        password_at=bindparam("new_password_at"),
        factor_at=bindparam("new_factor_at"),
        ends_at=bindparam("new_ends_at"),
    )
)
END = delete(sessions).where(sessions.c.id == bindparam("session_id"))
END_ALL = delete(sessions).where(
    sessions.c.person_id == bindparam("of_person"), sessions.c.id != bindparam("keep")
)
END_BY_PASS = delete(sessions).where(
    sessions.c.person_id == bindparam("of_person"), sessions.c.ends_at.is_not(None)
)
END_UNPROVEN = delete(sessions).where(
    sessions.c.account_id == bindparam("of_account"), sessions.c.factor_at.is_(None)
)
OPEN = select(sessions.c.person_id).where(
    sessions.c.account_id == bindparam("account_id"),
    sessions.c.seen_at > bindparam("seen_after"),
)
OF_PERSON = (
    select(*SESSION)
    .where(sessions.c.person_id == bindparam("person_id"))
    .order_by(sessions.c.seen_at.desc(), sessions.c.id.desc())
)
PURGE = delete(sessions).where(
    or_(
        sessions.c.created_at < bindparam("created_before"),
        sessions.c.seen_at < bindparam("seen_before"),
    )
)

_PERSON_AT = len(SESSION)
_ACCOUNT_AT = _PERSON_AT + len(PERSON)
_ENROLLED_AT = _ACCOUNT_AT + len(ACCOUNT)


class Sessions:
    """See `ports.Sessions`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def add(self, session: Session, token: bytes) -> None:
        """Insert; `token` is the digest of the token."""
        values = {
            "id": session.id,
            "account_id": session.account_id,
            "person_id": session.person_id,
            "token_hash": token,
            "methods": " ".join(session.methods),
            "password_at": session.password_at,
            "factor_at": session.factor_at,
            "created_at": session.created_at,
            "seen_at": session.seen_at,
            "trusted": session.trusted,
            "browser_id": session.browser_id,
            "browser": session.browser,
            "address": session.address,
            "ends_at": session.ends_at,
        }
        self._connection.execute(insert(sessions), values)

    def by_token(self, token: bytes, now: Instant) -> Caller | None:
        """Alive by the limits of `core.sessions`, of an active person."""
        row = BY_TOKEN.one(self._connection, look_up(token, now))
        return None if row is None else caller_of(row)

    def touch(self, session_id: str, at: Instant) -> None:
        """Note that it was used at this moment."""
        self._connection.execute(TOUCH, {"session_id": session_id, "at": at})

    def renew(
        self,
        session_id: str,
        token: bytes,
        *,
        methods: tuple[str, ...],
        password_at: Instant,
        factor_at: Instant | None,
        ends_at: Instant | None,
    ) -> bool:
        """Another token for the same session; the old one is dead. False if it had ended."""
        values = {
            "session_id": session_id,
            "new_token": token,
            "new_methods": " ".join(methods),
            "new_password_at": password_at,
            "new_factor_at": factor_at,
            "new_ends_at": ends_at,
        }
        return self._connection.execute(RENEW, values).rowcount == 1

    def end(self, session_id: str) -> bool:
        """End it; false if it had ended."""
        return self._connection.execute(END, {"session_id": session_id}).rowcount == 1

    def end_all(self, person_id: str, *, keep: str = "") -> int:
        """End the person's sessions, all but the one with the id `keep`; how many."""
        values = {"of_person": person_id, "keep": keep}
        return self._connection.execute(END_ALL, values).rowcount

    def end_by_pass(self, person_id: str) -> int:
        """End the person's sessions that a temporary pass opened; how many."""
        return self._connection.execute(END_BY_PASS, {"of_person": person_id}).rowcount

    def end_unproven(self, account_id: str) -> int:
        """End every session of the account that no second factor opened; how many."""
        return self._connection.execute(END_UNPROVEN, {"of_account": account_id}).rowcount

    def open_people(self, account_id: str, seen_after: Instant) -> set[str]:
        """The ids of the people of the account with a session used since then."""
        values = {"account_id": account_id, "seen_after": seen_after}
        return set(self._connection.execute(OPEN, values).scalars())

    def of(self, person_id: str) -> Sequence[Session]:
        """The person's sessions, the last used first."""
        rows = self._connection.execute(OF_PERSON, {"person_id": person_id})
        return [session_of(row) for row in rows]

    def purge(self, created_before: Instant, seen_before: Instant) -> int:
        """Delete those begun or last used before these moments; how many."""
        values = {"created_before": created_before, "seen_before": seen_before}
        return self._connection.execute(PURGE, values).rowcount


def look_up(token: bytes, now: Instant) -> dict[str, Any]:
    """The parameters of `BY_TOKEN`: what `Session.is_alive` says, as bounds."""
    return {
        "token": token,
        "created_after": now - SESSION_LIFETIME,
        "seen_after": now - SESSION_IDLE,
        "now": now,
    }


def session_of(values: Sequence[Any]) -> Session:
    """The session in the columns `SESSION`."""
    id_, account_id, person_id, methods, password_at, factor_at, *rest = values
    created_at, seen_at, trusted, browser_id, browser, address, ends_at = rest
    return Session(
        id=id_,
        account_id=account_id,
        person_id=person_id,
        methods=tuple(methods.split()),
        password_at=password_at,
        factor_at=factor_at,
        created_at=created_at,
        seen_at=seen_at,
        trusted=bool(trusted),
        browser_id=browser_id,
        browser=browser,
        address=address,
        ends_at=ends_at,
    )


def caller_of(row: Sequence[Any]) -> Caller:
    """Session, person and account in the columns of `BY_TOKEN`."""
    return Caller(
        session=session_of(row[:_PERSON_AT]),
        person=person_of(row[_PERSON_AT:_ACCOUNT_AT]),
        account=account_of(row[_ACCOUNT_AT:_ENROLLED_AT]),
        enrolled=bool(row[_ENROLLED_AT]),
    )
