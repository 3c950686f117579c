"""The people table: when somebody signed in last, and filters with a name."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHEN = sa.BigInteger()


def upgrade() -> None:
    """The log says of everybody when they last signed in."""
    op.add_column("people", sa.Column("seen_at", WHEN))
    op.execute(
        "UPDATE people SET seen_at = last.at FROM ("
        " SELECT subject_id, max(happened_at) AS at FROM events"
        " WHERE kind = 'sign-in:completed' GROUP BY subject_id"
        ") AS last WHERE people.id = last.subject_id"
    )
    op.create_table(
        "saved_filters",
        needed("id", WORD),
        needed("account_id", WORD),
        needed("name", sa.Text()),
        needed("query", sa.Text()),
        needed("made_by", WORD),
        needed("made_at", WHEN),
        sa.PrimaryKeyConstraint("id", name="pk_saved_filters"),
        reference("account_id", "accounts"),
        reference("made_by", "people"),
    )
    op.create_index("ix_saved_filters_account_id", "saved_filters", ["account_id"])


def needed(name: str, kind: Any) -> sa.Column[Any]:
    """A column that always has a value."""
    return sa.Column(name, kind, nullable=False)


def reference(name: str, to: str) -> sa.ForeignKeyConstraint:
    """A foreign key to the ids of another table."""
    return sa.ForeignKeyConstraint([name], [f"{to}.id"], name=f"fk_saved_filters_{name}_{to}")
