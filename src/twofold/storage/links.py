"""One-time links."""

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from twofold.core.people import Instant
from twofold.core.tokens import Link, Purpose
from twofold.storage.statements import Statement
from twofold.storage.tables import links, people

LINK = (
    links.c.id,
    links.c.purpose,
    links.c.account_id,
    links.c.person_id,
    links.c.password_version,
    links.c.created_at,
    links.c.expires_at,
    links.c.used_at,
)
ADD = Statement(insert(links), columns=[*(column.name for column in LINK), "token_hash"])
FIND = select(*LINK).where(
    links.c.token_hash == bindparam("token"), links.c.purpose == bindparam("purpose")
)
# Promise P2: the row count of this one statement is the permission. A link made under an older
# password is dead, whatever its dates say.
USE = (
    update(links)
    .where(
        links.c.id == bindparam("link_id"),
        links.c.used_at.is_(None),
        links.c.expires_at > bindparam("now"),
        or_(
            links.c.person_id.is_(None),
            links.c.password_version
            == select(people.c.password_version)
            .where(people.c.id == links.c.person_id)
            .scalar_subquery(),
        ),
    )
    .values(used_at=bindparam("now"))
)
# A killed link stays, expired from its first moment, so that its page can say so.
UNUSED = (links.c.used_at.is_(None), links.c.expires_at > links.c.created_at)
END_ALL = (
    update(links)
    .where(
        links.c.person_id == bindparam("of_person"), links.c.purpose == bindparam("kind"), *UNUSED
    )
    .values(expires_at=links.c.created_at)
)
END_PURPOSE = (
    update(links)
    .where(links.c.purpose == bindparam("kind"), *UNUSED)
    .values(expires_at=links.c.created_at)
)


class Links:
    """See `ports.Links`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def add(self, link: Link, token: bytes) -> None:
        """Insert; `token` is the digest of the token."""
        values = {
            "id": link.id,
            "purpose": link.purpose.value,
            "account_id": link.account_id,
            "person_id": link.person_id,
            "password_version": link.password_version,
            "token_hash": token,
            "created_at": link.created_at,
            "expires_at": link.expires_at,
            "used_at": link.used_at,
        }
        ADD.run(self._connection, values)

    def find(self, purpose: Purpose, token: bytes) -> Link | None:
        """The link, used and expired ones too."""
        values = {"purpose": purpose.value, "token": token}
        row = self._connection.execute(FIND, values).one_or_none()
        if row is None:
            return None
        id_, kind, *rest = row
        return Link(id_, Purpose(kind), *rest)

    def use(self, link_id: str, now: Instant) -> bool:
        """Consume it: true for exactly one caller, and only while it is alive."""
        return self._connection.execute(USE, {"link_id": link_id, "now": now}).rowcount == 1

    def end_all(self, person_id: str, purpose: Purpose) -> int:
        """Kill the person's unused links of one purpose; how many."""
        values = {"of_person": person_id, "kind": purpose.value}
        return self._connection.execute(END_ALL, values).rowcount

    def end_purpose(self, purpose: Purpose) -> int:
        """Kill every unused link of one purpose; how many."""
        return self._connection.execute(END_PURPOSE, {"kind": purpose.value}).rowcount
