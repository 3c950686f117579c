"""The table of mail texts; the naming rule is in `tables.py`."""

from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

from twofold.storage.tables import Word, metadata

mail_texts = Table(
    "mail_texts",
    metadata,
    Column("account_id", Word, ForeignKey("accounts.id"), primary_key=True),
    Column("kind", Word, primary_key=True),
    Column("language", Word, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)
