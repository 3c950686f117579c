"""Applications that ask over the API, their keys, and the outcomes of their attempts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHEN = sa.BigInteger()


def upgrade() -> None:
    """No account has one."""
    op.create_table(
        "applications",
        needed("id", WORD),
        needed("account_id", WORD),
        needed("name", sa.Text()),
        needed("scopes", sa.Text()),
        needed("created_at", WHEN),
        sa.Column("ended_at", WHEN),
        sa.PrimaryKeyConstraint("id", name="pk_applications"),
        reference("applications", "account_id", "accounts"),
    )
    op.create_index("ix_applications_account_id", "applications", ["account_id"])
    op.create_table(
        "api_keys",
        needed("id", WORD),
        needed("account_id", WORD),
        needed("application_id", WORD),
        needed("token_hash", sa.LargeBinary()),
        needed("created_at", WHEN),
        sa.Column("ends_at", WHEN),
        sa.Column("last_used_at", WHEN),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("token_hash", name="uq_api_keys_token_hash"),
        reference("api_keys", "account_id", "accounts"),
        reference("api_keys", "application_id", "applications"),
    )
    op.create_index("ix_api_keys_application_id", "api_keys", ["application_id"])
    make_verifications()


def make_verifications() -> None:
    """Nothing was asked yet."""
    op.create_table(
        "verifications",
        needed("application_id", WORD),
        needed("attempt", WORD),
        sa.Column("person_id", WORD),
        needed("asked_hash", WORD),
        needed("outcome", WORD),
        needed("needed", WORD),
        sa.Column("until_at", WHEN),
        needed("answered_at", WHEN),
        sa.PrimaryKeyConstraint("application_id", "attempt", name="pk_verifications"),
        reference("verifications", "application_id", "applications"),
        reference("verifications", "person_id", "people"),
    )
    op.create_index("ix_verifications_answered_at", "verifications", ["answered_at"])


def needed(name: str, kind: Any) -> sa.Column[Any]:
    """A column that always has a value."""
    return sa.Column(name, kind, nullable=False)


def reference(table: str, name: str, to: str) -> sa.ForeignKeyConstraint:
    """A foreign key to the ids of another table."""
    return sa.ForeignKeyConstraint([name], [f"{to}.id"], name=f"fk_{table}_{name}_{to}")
