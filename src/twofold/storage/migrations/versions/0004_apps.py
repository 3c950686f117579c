"""The app that an authenticator was set up in."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nobody has said so far which app they use."""
    op.add_column(
        "authenticators",
        sa.Column("app", sa.Text(), nullable=False, server_default=sa.text("''")),
    )
