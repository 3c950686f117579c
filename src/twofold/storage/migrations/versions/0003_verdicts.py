"""Verdicts: why a refused code was not right."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """What was not looked at has no cause. The index serves the picture of all clocks."""
    op.add_column("attempts", sa.Column("cause", WORD))
    op.add_column(
        "attempts", sa.Column("certain", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "attempts",
        sa.Column("detail", sa.Text(), nullable=False, server_default=sa.text("''")),
    )
    op.create_index("ix_attempts_tried_at", "attempts", ["tried_at"])
