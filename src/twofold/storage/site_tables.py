"""The tables of protected sites; the naming rule is in `tables.py`."""

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, Table, Text

from twofold.storage.tables import Word, metadata

# A host name belongs to one account of the deployment: a request is known by its host alone.
sites = Table(
    "sites",
    metadata,
    Column("host", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("site", Text, nullable=False),
)

# Both end with the session that they are of, whoever ends it.
site_tickets = Table(
    "site_tickets",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column(
        "session_id",
        Word,
        ForeignKey("sessions.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("host", Word, nullable=False),
    Column("begun_hash", LargeBinary, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

site_passes = Table(
    "site_passes",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column(
        "session_id",
        Word,
        ForeignKey("sessions.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("host", Word, nullable=False, index=True),
    Column("made_at", BigInteger, nullable=False),
)
