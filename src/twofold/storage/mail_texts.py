"""Texts of mails that admins have written."""

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, delete, select

from twofold.core.mail import MailKind
from twofold.core.mail_texts import MailText
from twofold.core.people import Instant
from twofold.storage.engine import insert_or_replace
from twofold.storage.mail_tables import mail_texts

KEY = ("account_id", "kind", "language")
PUT = {
    dialect: insert_or_replace(dialect, mail_texts, KEY, ("subject", "body", "changed_at"))
    for dialect in ("sqlite", "postgresql")
}
OF_ACCOUNT = mail_texts.c.account_id == bindparam("of_account")
THIS = (
    OF_ACCOUNT,
    mail_texts.c.kind == bindparam("of_kind"),
    mail_texts.c.language == bindparam("in_language"),
)
ALL = select(
    mail_texts.c.kind, mail_texts.c.language, mail_texts.c.subject, mail_texts.c.body
).where(OF_ACCOUNT)
FIND = select(mail_texts.c.subject, mail_texts.c.body).where(*THIS)
DROP = delete(mail_texts).where(*THIS)


class MailTexts:
    """See `ports.MailTexts`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection, self._put = connection, PUT[connection.dialect.name]

    def all(self, account_id: str) -> Mapping[tuple[MailKind, str], MailText]:
        """By kind and language."""
        rows = self._connection.execute(ALL, {"of_account": account_id})
        return {(MailKind(kind), language): MailText(*text) for kind, language, *text in rows}

    def find(self, account_id: str, kind: MailKind, language: str) -> MailText | None:
        """The account's own; None while it uses ours."""
        values = _key(account_id, kind, language)
        row = self._connection.execute(FIND, values).one_or_none()
        return None if row is None else MailText(*row)

    def put(
        self, account_id: str, kind: MailKind, language: str, text: MailText, *, at: Instant
    ) -> None:
        """Insert, or take the place of the one that is there."""
        values = {
            "account_id": account_id,
            "kind": kind.value,
            "language": language,
            "subject": text.subject,
            "body": text.body,
            "changed_at": at,
        }
        self._connection.execute(self._put, values)

    def drop(self, account_id: str, kind: MailKind, language: str) -> bool:
        """Go back to ours; false if there was no other."""
        values = _key(account_id, kind, language)
        return self._connection.execute(DROP, values).rowcount == 1


def _key(account_id: str, kind: MailKind, language: str) -> dict[str, str]:
    return {"of_account": account_id, "of_kind": kind.value, "in_language": language}
