"""The guard: counters, known browsers, and what they change in people and sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHEN = sa.BigInteger()


def upgrade() -> None:
    """Make the new tables and columns."""
    new_columns()
    counters()
    browsers()


def new_columns() -> None:
    """Nothing known is false, nothing chosen is the default."""
    no = sa.false()
    op.add_column("accounts", sa.Column("guard", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("people", sa.Column("password_stolen_at", WHEN))
    op.add_column("authenticators", sa.Column("disabled_at", WHEN))
    op.add_column(
        "authenticators",
        sa.Column("begun_in", sa.Text(), nullable=False, server_default=sa.text("''")),
    )
    op.add_column(
        "attempts", sa.Column("known_browser", sa.Boolean(), nullable=False, server_default=no)
    )
    op.add_column(
        "sign_ins", sa.Column("link_open", sa.Boolean(), nullable=False, server_default=no)
    )
    op.add_column("sessions", sa.Column("trusted", sa.Boolean(), nullable=False, server_default=no))
    op.add_column("sessions", sa.Column("browser_id", WORD))


def counters() -> None:
    """What the throttle remembers."""
    op.create_table(
        "counters",
        sa.Column("key", WORD, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("saved_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_counters"),
    )
    op.create_index("ix_counters_saved_at", "counters", ["saved_at"])


def browsers() -> None:
    """Browsers that people have signed in with."""
    op.create_table(
        "browsers",
        sa.Column("id", WORD, nullable=False),
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("person_id", WORD, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("seen_at", WHEN, nullable=False),
        sa.Column("trusted_until", WHEN),
        sa.Column("factors", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_browsers"),
        sa.UniqueConstraint("token_hash", "person_id", name="uq_browsers_token_hash_person_id"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_browsers_account_id_accounts"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_browsers_person_id_people"),
    )
    op.create_index("ix_browsers_person_id", "browsers", ["person_id"])
    op.create_index("ix_browsers_created_at", "browsers", ["created_at"])
