"""Protected sites: their rules, and how a session reaches them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHEN = sa.BigInteger()


def upgrade() -> None:
    """Nothing is protected before an admin says so."""
    op.create_table(
        "sites",
        needed("host", WORD),
        needed("account_id", WORD),
        needed("site", sa.Text()),
        sa.PrimaryKeyConstraint("host", name="pk_sites"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_sites_account_id_accounts"
        ),
    )
    op.create_index("ix_sites_account_id", "sites", ["account_id"])
    op.create_table(
        "site_tickets",
        needed("token_hash", sa.LargeBinary()),
        needed("session_id", WORD),
        needed("host", WORD),
        needed("begun_hash", sa.LargeBinary()),
        needed("expires_at", WHEN),
        sa.PrimaryKeyConstraint("token_hash", name="pk_site_tickets"),
        of_session("site_tickets"),
    )
    op.create_index("ix_site_tickets_session_id", "site_tickets", ["session_id"])
    op.create_table(
        "site_passes",
        needed("token_hash", sa.LargeBinary()),
        needed("session_id", WORD),
        needed("host", WORD),
        needed("made_at", WHEN),
        sa.PrimaryKeyConstraint("token_hash", name="pk_site_passes"),
        of_session("site_passes"),
    )
    op.create_index("ix_site_passes_session_id", "site_passes", ["session_id"])
    op.create_index("ix_site_passes_host", "site_passes", ["host"])


def needed(name: str, kind: Any) -> sa.Column[Any]:
    """A column that always has a value."""
    return sa.Column(name, kind, nullable=False)


def of_session(table: str) -> sa.ForeignKeyConstraint:
    """The session; with it goes the row."""
    return sa.ForeignKeyConstraint(
        ["session_id"], ["sessions.id"], name=f"fk_{table}_session_id_sessions", ondelete="CASCADE"
    )
