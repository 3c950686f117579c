"""Passkeys, and the challenges of their ceremonies."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHEN = sa.BigInteger()


def upgrade() -> None:
    """Nobody has any yet."""
    make_passkeys()
    make_challenges()


def make_passkeys() -> None:
    """One row per credential."""
    op.create_table(
        "passkeys",
        sa.Column("id", WORD, nullable=False),
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("person_id", WORD, nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("aaguid", WORD, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("transports", sa.Text(), nullable=False),
        sa.Column("synced", sa.Boolean(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("used_at", WHEN),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.UniqueConstraint("credential_id", name="uq_passkeys_credential_id"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_passkeys_account_id_accounts"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_passkeys_person_id_people"),
    )
    op.create_index("ix_passkeys_person_id", "passkeys", ["person_id"])


def make_challenges() -> None:
    """One row per ceremony that was begun."""
    op.create_table(
        "challenges",
        sa.Column("id", WORD, nullable=False),
        sa.Column("ceremony", WORD, nullable=False),
        sa.Column("challenge_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", WORD),
        sa.Column("bound_to", WORD, nullable=False),
        sa.Column("source", WORD, nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.Column("used_at", WHEN),
        sa.PrimaryKeyConstraint("id", name="pk_challenges"),
        sa.UniqueConstraint("challenge_hash", name="uq_challenges_challenge_hash"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_challenges_person_id_people"
        ),
    )
    op.create_index("ix_challenges_person_id", "challenges", ["person_id"])
    op.create_index("ix_challenges_expires_at", "challenges", ["expires_at"])
    op.create_index("ix_challenges_source_expires_at", "challenges", ["source", "expires_at"])
