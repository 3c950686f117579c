"""Several authenticators of one person: a name, what a set-up replaces, when its use was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NOTHING = sa.text("''")


def upgrade() -> None:
    """Whatever is pending today takes the place of what is there: so it was said to its owner."""
    for name, kind in (("name", sa.Text()), ("replaces", WORD)):
        column = sa.Column(name, kind, nullable=False, server_default=NOTHING)
        op.add_column("authenticators", column)
    op.add_column("authenticators", sa.Column("asked_at", sa.BigInteger()))
    op.execute("UPDATE authenticators SET replaces = 'all' WHERE state = 'pending'")
