"""Delayed recovery."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHEN = sa.BigInteger()


def upgrade() -> None:
    """Off everywhere, and nobody waits."""
    off = sa.Column("wait_hours", sa.Integer(), nullable=False, server_default=sa.text("0"))
    op.add_column("accounts", off)
    proved = sa.Column("proved_version", sa.Integer(), nullable=False, server_default=sa.text("0"))
    op.add_column("people", proved)
    op.create_table(
        "waits",
        sa.Column("id", WORD, nullable=False),
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("person_id", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("length", WHEN, nullable=False),
        sa.Column("password_version", sa.Integer(), nullable=False),
        sa.Column("notices", sa.Integer(), nullable=False),
        sa.Column("mail_id", WORD, nullable=False),
        sa.Column("started_at", WHEN, nullable=False),
        sa.Column("stepped_at", WHEN, nullable=False),
        sa.Column("next_at", WHEN, nullable=False),
        sa.Column("open_until", WHEN),
        sa.Column("ended_at", WHEN),
        sa.Column("stopped_by", WORD),
        sa.PrimaryKeyConstraint("id", name="pk_waits"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_waits_account_id_accounts"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_waits_person_id_people"),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name="fk_waits_mail_id_mails"),
    )
    op.create_index("ix_waits_person_id_id", "waits", ["person_id", "id"])
    op.create_index("ix_waits_account_id", "waits", ["account_id"])
    running = sa.text("state IN ('waiting', 'open')")
    op.create_index(
        "uq_waits_person_id_running",
        "waits",
        ["person_id"],
        unique=True,
        sqlite_where=running,
        postgresql_where=running,
    )
