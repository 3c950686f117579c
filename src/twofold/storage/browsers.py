"""Browsers that people have signed in with."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from twofold.core.browsers import Browser
from twofold.core.people import Instant
from twofold.storage.statements import Statement
from twofold.storage.tables import browsers

BROWSER = (
    browsers.c.id,
    browsers.c.account_id,
    browsers.c.person_id,
    browsers.c.name,
    browsers.c.address,
    browsers.c.created_at,
    browsers.c.seen_at,
    browsers.c.trusted_until,
    browsers.c.factors,
)
BY_TOKEN = Statement(
    select(*BROWSER).where(
        browsers.c.token_hash == bindparam("token"), browsers.c.person_id == bindparam("person_id")
    )
)
SEEN = (
    update(browsers)
    .where(browsers.c.id == bindparam("browser_id"))
    .values(seen_at=bindparam("at"), name=bindparam("new_name"), address=bindparam("new_address"))
)
TRUST = (
    update(browsers)
    .where(browsers.c.id == bindparam("browser_id"))
    .values(trusted_until=bindparam("until"), factors=bindparam("proved_by"))
)
OF_PERSON = (
    select(*BROWSER)
    .where(browsers.c.person_id == bindparam("person_id"))
    .order_by(browsers.c.seen_at.desc(), browsers.c.id.desc())
)
END_ALL = delete(browsers).where(browsers.c.person_id == bindparam("of_person"))
END = END_ALL.where(browsers.c.id == bindparam("browser_id"))
END_TRUST = (
    update(browsers)
    .where(browsers.c.person_id == bindparam("of_person"), browsers.c.trusted_until.is_not(None))
    .values(trusted_until=None)
)
PURGE = delete(browsers).where(browsers.c.created_at < bindparam("before"))


class Browsers:
    """See `ports.Browsers`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def add(self, browser: Browser, token: bytes) -> None:
        """Insert; `token` is the digest of the cookie's token."""
        values = {
            "id": browser.id,
            "account_id": browser.account_id,
            "person_id": browser.person_id,
            "token_hash": token,
            "name": browser.name,
            "address": browser.address,
            "created_at": browser.created_at,
            "seen_at": browser.seen_at,
            "trusted_until": browser.trusted_until,
            "factors": browser.factors,
        }
        self._connection.execute(insert(browsers), values)

    def by_token(self, token: bytes, person_id: str) -> Browser | None:
        """The person's browser with this cookie; nobody else's."""
        values = {"token": token, "person_id": person_id}
        row = BY_TOKEN.one(self._connection, values)
        return None if row is None else Browser(*row)

    def seen(self, browser_id: str, *, at: Instant, name: str, address: str) -> None:
        """Note a complete sign-in."""
        values = {"browser_id": browser_id, "at": at, "new_name": name, "new_address": address}
        self._connection.execute(SEEN, values)

    def trust(self, browser_id: str, *, until: Instant, factors: str) -> None:
        """It may skip the code until then, under this set of factors."""
        values: dict[str, Any] = {"browser_id": browser_id, "until": until, "proved_by": factors}
        self._connection.execute(TRUST, values)

    def of(self, person_id: str) -> Sequence[Browser]:
        """The person's browsers, the last seen first."""
        rows = self._connection.execute(OF_PERSON, {"person_id": person_id})
        return [Browser(*row) for row in rows]

    def end(self, person_id: str, browser_id: str) -> bool:
        """Forget one; false if it was not the person's."""
        values = {"of_person": person_id, "browser_id": browser_id}
        return self._connection.execute(END, values).rowcount == 1

    def end_all(self, person_id: str) -> int:
        """Forget all of them; how many."""
        return self._connection.execute(END_ALL, {"of_person": person_id}).rowcount

    def end_trust(self, person_id: str) -> int:
        """None may skip the code any more; how many might."""
        return self._connection.execute(END_TRUST, {"of_person": person_id}).rowcount

    def purge(self, before: Instant) -> int:
        """Delete those made before this moment; how many."""
        return self._connection.execute(PURGE, {"before": before}).rowcount
