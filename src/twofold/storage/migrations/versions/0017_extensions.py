"""What was promised to one person stands on their row, beside what the rules give everybody."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Nobody was promised anything that their deadline does not hold already."""
    op.add_column("people", sa.Column("extended_until", sa.BigInteger()))
