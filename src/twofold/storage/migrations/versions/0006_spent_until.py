"""Up to which step the history of accepted codes is asked, after a clock was put right."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """No clock was put right so far."""
    op.add_column(
        "authenticators",
        sa.Column("spent_until", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )
