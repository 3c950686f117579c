"""CSV files between preview and import, sealed."""

from sqlalchemy import Connection, Executable, bindparam, delete, insert, select

from twofold.core.people import Instant
from twofold.storage.sealing import KeyRing
from twofold.storage.tables import uploads

CONTENT = "uploads.sealed_content"

THEIRS = (
    uploads.c.id == bindparam("upload_id"),
    uploads.c.account_id == bindparam("of_account"),
    uploads.c.person_id == bindparam("of_person"),
)
PEEK = select(uploads.c.sealed_content).where(*THEIRS)
TAKE = delete(uploads).where(*THEIRS).returning(uploads.c.sealed_content)
PURGE = delete(uploads).where(uploads.c.created_at < bindparam("before"))


class Uploads:
    """See `ports.Uploads`."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        """On the connection of one transaction; `ring` seals and opens the content."""
        self._connection = connection
        self._ring = ring

    def add(
        self, upload_id: str, account_id: str, person_id: str, content: bytes, at: Instant
    ) -> None:
        """Keep `content` for this person."""
        values = {
            "id": upload_id,
            "account_id": account_id,
            "person_id": person_id,
            "sealed_content": self._ring.seal(CONTENT, upload_id, content),
            "created_at": at,
        }
        self._connection.execute(insert(uploads), values)

    def take(self, upload_id: str, account_id: str, person_id: str) -> bytes | None:
        """The content, deleted with the taking; None if it is not there or not theirs."""
        return self._opened(TAKE, upload_id, account_id, person_id)

    def peek(self, upload_id: str, account_id: str, person_id: str) -> bytes | None:
        """The content; None if it is not there or not theirs."""
        return self._opened(PEEK, upload_id, account_id, person_id)

    def purge(self, before: Instant) -> int:
        """Delete those made before this moment; how many."""
        return self._connection.execute(PURGE, {"before": before}).rowcount

    def _opened(
        self, statement: Executable, upload_id: str, account_id: str, person_id: str
    ) -> bytes | None:
        values = {"upload_id": upload_id, "of_account": account_id, "of_person": person_id}
        sealed = self._connection.execute(statement, values).scalar_one_or_none()
        return None if sealed is None else self._ring.open(CONTENT, upload_id, sealed)
