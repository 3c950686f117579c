"""The tables of the API's applications, beside those of `tables.py` and by the same rule."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text, text

from twofold.storage.tables import Word, metadata

applications = Table(
    "applications",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Index(None, "account_id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("application_id", Word, ForeignKey("applications.id"), nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger),
    Column("last_used_at", BigInteger),
    Index(None, "application_id"),
)

# What an attempt asked is kept as a keyed hash: it holds a code.
verifications = Table(
    "verifications",
    metadata,
    Column("application_id", Word, ForeignKey("applications.id"), primary_key=True),
    Column("attempt", Word, primary_key=True),
    Column("person_id", Word, ForeignKey("people.id")),
    Column("asked_hash", Word, nullable=False),
    Column("outcome", Word, nullable=False),
    Column("needed", Word, nullable=False),
    Column("until_at", BigInteger),
    Column("answered_at", BigInteger, nullable=False),
    Column("purpose", Word, nullable=False, server_default=text("''")),
    Index(None, "answered_at"),
)
