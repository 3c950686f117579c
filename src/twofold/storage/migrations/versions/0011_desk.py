"""The help desk: temporary passes, what waits for a second admin, and the proofs of identity."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHEN = sa.BigInteger()


def upgrade() -> None:
    """No account has proofs of its own yet, and no session came by a pass."""
    op.add_column(
        "accounts", sa.Column("desk_proofs", sa.Text(), nullable=False, server_default="[]")
    )
    op.add_column("sessions", sa.Column("ends_at", WHEN))
    _passes()
    _requests()


def _passes() -> None:
    op.create_table(
        "temporary_passes",
        sa.Column("id", WORD, nullable=False),
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("person_id", WORD, nullable=False),
        sa.Column("code_hash", WORD, nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.Column("once", sa.Boolean(), nullable=False),
        sa.Column("used_at", WHEN),
        sa.Column("ended_at", WHEN),
        sa.Column("made_by", WORD, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_temporary_passes"),
        sa.UniqueConstraint(
            "person_id", "code_hash", name="uq_temporary_passes_person_id_code_hash"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_temporary_passes_account_id_accounts"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_temporary_passes_person_id_people"
        ),
    )


def _requests() -> None:
    op.create_table(
        "desk_requests",
        sa.Column("id", WORD, nullable=False),
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("person_id", WORD, nullable=False),
        sa.Column("act", WORD, nullable=False),
        sa.Column("once", sa.Boolean(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("stolen", sa.Boolean(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", WORD, nullable=False),
        sa.Column("asked_at", WHEN, nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("decided_by", WORD),
        sa.Column("decided_at", WHEN),
        sa.PrimaryKeyConstraint("id", name="pk_desk_requests"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_desk_requests_account_id_accounts"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_desk_requests_person_id_people"
        ),
    )
    op.create_index(
        "ix_desk_requests_account_id_asked_at", "desk_requests", ["account_id", "asked_at"]
    )
