"""Texts of mails that admins have written."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Every account uses ours."""
    op.create_table(
        "mail_texts",
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("language", WORD, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "kind", "language", name="pk_mail_texts"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_mail_texts_account_id_accounts"
        ),
    )
