"""Applications that ask over the API, and their keys."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from twofold.core.applications import ApiKey, Application, Scope
from twofold.core.people import Instant
from twofold.storage.application_tables import api_keys, applications
from twofold.storage.statements import Statement

APPLICATION = (
    applications.c.id,
    applications.c.account_id,
    applications.c.name,
    applications.c.scopes,
    applications.c.created_at,
    applications.c.ended_at,
)
KEY = (
    api_keys.c.id,
    api_keys.c.account_id,
    api_keys.c.application_id,
    api_keys.c.created_at,
    api_keys.c.ends_at,
    api_keys.c.last_used_at,
)
OF_ACCOUNT = (
    select(*APPLICATION)
    .where(applications.c.account_id == bindparam("account_id"))
    .order_by(applications.c.id.desc())
)
FIND = select(*APPLICATION).where(
    applications.c.id == bindparam("application_id"),
    applications.c.account_id == bindparam("account_id"),
)
END = (
    update(applications)
    .where(applications.c.id == bindparam("of_application"), applications.c.ended_at.is_(None))
    .values(ended_at=bindparam("at"))
)
KEYS = (
    select(*KEY)
    .where(api_keys.c.account_id == bindparam("account_id"))
    .order_by(api_keys.c.id.desc())
)
STILL_OPENS = or_(api_keys.c.ends_at.is_(None), api_keys.c.ends_at > bindparam("at"))
END_KEY = (
    update(api_keys)
    .where(
        api_keys.c.id == bindparam("key_id"),
        api_keys.c.account_id == bindparam("of_account"),
        STILL_OPENS,
    )
    .values(ends_at=bindparam("at"))
)
END_KEYS = (
    update(api_keys)
    .where(
        api_keys.c.application_id == bindparam("of_application"),
        api_keys.c.id != bindparam("keep"),
        STILL_OPENS,
    )
    .values(ends_at=bindparam("at"))
)
BY_KEY = Statement(
    select(*APPLICATION, *KEY)
    .select_from(api_keys.join(applications, applications.c.id == api_keys.c.application_id))
    .where(api_keys.c.token_hash == bindparam("token"))
)
USED = update(api_keys).where(api_keys.c.id == bindparam("key_id")).values(
    last_used_at=bindparam("at")
)  # fmt: skip


class Applications:
    """See `ports.Applications`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def add(self, application: Application) -> None:
        """Insert."""
        values = {column.name: getattr(application, column.name) for column in APPLICATION}
        values["scopes"] = " ".join(application.scopes)
        self._connection.execute(insert(applications), values)

    def of_account(self, account_id: str) -> Sequence[Application]:
        """All, the newest first."""
        rows = self._connection.execute(OF_ACCOUNT, {"account_id": account_id})
        return [_application(row) for row in rows]

    def find(self, account_id: str, application_id: str) -> Application | None:
        """The application, if it is the account's."""
        values = {"account_id": account_id, "application_id": application_id}
        row = self._connection.execute(FIND, values).one_or_none()
        return None if row is None else _application(row)

    def end(self, application_id: str, at: Instant) -> bool:
        """End it; false if it was ended before."""
        values = {"of_application": application_id, "at": at}
        return self._connection.execute(END, values).rowcount == 1

    def add_key(self, key: ApiKey, token: bytes) -> None:
        """Insert; `token` is the digest of the key."""
        values = {column.name: getattr(key, column.name) for column in KEY}
        self._connection.execute(insert(api_keys), {**values, "token_hash": token})

    def keys(self, account_id: str) -> Sequence[ApiKey]:
        """Those of all its applications, the newest first."""
        rows = self._connection.execute(KEYS, {"account_id": account_id})
        return [ApiKey(*row) for row in rows]

    def end_key(self, account_id: str, key_id: str, at: Instant) -> bool:
        """It opens nothing from `at` on; false if it does so already."""
        values = {"of_account": account_id, "key_id": key_id, "at": at}
        return self._connection.execute(END_KEY, values).rowcount == 1

    def end_keys(self, application_id: str, at: Instant, *, keep: str = "") -> int:
        """The same for all keys of the application but `keep`; how many."""
        values = {"of_application": application_id, "keep": keep, "at": at}
        return self._connection.execute(END_KEYS, values).rowcount

    def by_key(self, token: bytes) -> tuple[Application, ApiKey] | None:
        """Whose key this is, ended or not."""
        row = BY_KEY.one(self._connection, {"token": token})
        if row is None:
            return None
        at = len(APPLICATION)
        return _application(row[:at]), ApiKey(*row[at:])

    def used(self, key_id: str, at: Instant) -> None:
        """Note its last use."""
        self._connection.execute(USED, {"key_id": key_id, "at": at})


def _application(row: Sequence[Any]) -> Application:
    id_, account_id, name, scopes, created_at, ended_at = row
    words = tuple(Scope(word) for word in scopes.split())
    return Application(id_, account_id, name, words, created_at, ended_at)
