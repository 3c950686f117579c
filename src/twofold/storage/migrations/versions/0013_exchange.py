"""When somebody was asked for a new phone, on the days on which their group exchanges them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Nobody was asked yet."""
    op.add_column("memberships", sa.Column("asked_at", sa.BigInteger()))
