"""Mails that somebody waits for go before mails to everybody."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

IN_TURN = ("invitation", "switched-on", "switched-on-enrolled", "switched-off", "reminder",
           "deadline-moved")  # fmt: skip
WAITING = sa.text("state IN ('queued', 'sending')")


def upgrade() -> None:
    """What waits already is sorted into the two."""
    op.add_column(
        "mails", sa.Column("urgency", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    mails = sa.table("mails", sa.column("urgency"), sa.column("kind"))
    op.execute(sa.update(mails).where(mails.c.kind.in_(IN_TURN)).values(urgency=1))
    op.drop_index("ix_mails_next_at_waiting", table_name="mails")
    op.create_index(
        "ix_mails_urgency_next_at_waiting",
        "mails",
        ["urgency", "next_at", "id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
