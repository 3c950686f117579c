"""The table of restores; the naming rule is in `tables.py`."""

from sqlalchemy import BigInteger, Boolean, Column, Table

from twofold.storage.tables import Word, metadata

# Each one is an epoch. While the newest is not released, no mail leaves.
restores = Table(
    "restores",
    metadata,
    Column("id", Word, primary_key=True),
    Column("restored_at", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("journal_was_whole", Boolean, nullable=False),
    Column("released_at", BigInteger),
)
