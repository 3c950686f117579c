"""With what an attempt was accepted: a temporary pass proves no factor."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Of those that are there it is not known, so they are proofs of nothing."""
    word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column(
        "verifications",
        sa.Column("purpose", word, nullable=False, server_default=sa.text("''")),
    )
