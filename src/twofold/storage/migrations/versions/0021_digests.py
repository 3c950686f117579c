"""When the lead of each group is next told how far the group is."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

LED = "UPDATE groups SET digest_at = 0 WHERE lead_id IS NOT NULL"


def upgrade() -> None:
    """Whoever leads a group already is told from the next morning on that is theirs."""
    op.add_column("groups", sa.Column("digest_at", sa.BigInteger()))
    op.create_index("ix_groups_digest_at", "groups", ["digest_at"])
    op.execute(LED)
