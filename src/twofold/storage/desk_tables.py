"""The tables of the help desk, beside those of `tables.py` and by the same rule."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from twofold.storage.tables import Word, metadata

temporary_passes = Table(
    "temporary_passes",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("person_id", Word, ForeignKey("people.id"), nullable=False),
    Column("code_hash", Word, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("once", Boolean, nullable=False),
    Column("used_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("made_by", Word, nullable=False),
    UniqueConstraint("person_id", "code_hash"),
)

# Who asked and who decided are no references: a request outlives them, as the log does.
desk_requests = Table(
    "desk_requests",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("person_id", Word, ForeignKey("people.id"), nullable=False),
    Column("act", Word, nullable=False),
    Column("once", Boolean, nullable=False),
    Column("hours", Integer, nullable=False),
    Column("stolen", Boolean, nullable=False),
    Column("proof", Text, nullable=False),
    Column("ticket", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", Word, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("state", Word, nullable=False),
    Column("decided_by", Word),
    Column("decided_at", BigInteger),
    Index(None, "account_id", "asked_at"),
)
