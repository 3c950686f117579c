"""That a backup was restored, and whether mail may leave again."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Nothing was restored yet."""
    op.create_table(
        "restores",
        sa.Column("id", WORD, nullable=False),
        sa.Column("restored_at", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("journal_was_whole", sa.Boolean(), nullable=False),
        sa.Column("released_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_restores"),
    )
