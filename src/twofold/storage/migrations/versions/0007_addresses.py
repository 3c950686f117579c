"""Second mail addresses."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHEN = sa.BigInteger()


def upgrade() -> None:
    """Nobody has one yet."""
    op.create_table(
        "addresses",
        sa.Column("person_id", WORD, nullable=False),
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("added_at", WHEN, nullable=False),
        sa.Column("confirmed_at", WHEN),
        sa.PrimaryKeyConstraint("person_id", name="pk_addresses"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_addresses_account_id_accounts"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_addresses_person_id_people"),
    )
