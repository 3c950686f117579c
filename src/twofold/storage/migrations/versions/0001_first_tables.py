"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHEN = sa.BigInteger()


def upgrade() -> None:
    """Make all tables."""
    people_and_accounts()
    second_factors()
    signing_in()
    one_time_links()
    mail()
    audit()
    keys_and_uploads()


def column(name: str, kind: Any) -> sa.Column[Any]:
    """A column that always has a value."""
    return sa.Column(name, kind, nullable=False)


def reference(table: str, name: str, to: str) -> sa.ForeignKeyConstraint:
    """A foreign key to the ids of another table."""
    return sa.ForeignKeyConstraint([name], [f"{to}.id"], name=f"fk_{table}_{name}_{to}")


def owned(table: str) -> list[Any]:
    """Id, account and person: how most tables begin."""
    return [
        column("id", WORD),
        column("account_id", WORD),
        column("person_id", WORD),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        reference(table, "account_id", "accounts"),
        reference(table, "person_id", "people"),
    ]


def people_and_accounts() -> None:
    """Organisations and their people."""
    op.create_table(
        "accounts",
        column("id", WORD),
        column("name", sa.Text()),
        column("issuer", sa.Text()),
        column("requires_factor", sa.Boolean()),
        sa.Column("switched_at", WHEN),
        column("created_at", WHEN),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
    )
    op.create_table(
        "people",
        column("id", WORD),
        column("account_id", WORD),
        column("name", sa.Text()),
        column("email", sa.Text()),
        column("email_key", WORD),
        column("search_text", WORD),
        column("role", WORD),
        column("state", WORD),
        sa.Column("password", sa.Text()),
        column("password_version", sa.Integer()),
        column("created_at", WHEN),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("email_key", name="uq_people_email_key"),
        reference("people", "account_id", "accounts"),
    )
    op.create_index("ix_people_account_id_email_key", "people", ["account_id", "email_key"])


def second_factors() -> None:
    """Authenticators, and what was tried with them."""
    op.create_table(
        "authenticators",
        *owned("authenticators"),
        column("state", WORD),
        column("sealed_secret", sa.LargeBinary()),
        column("issuer", sa.Text()),
        column("label", sa.Text()),
        column("created_at", WHEN),
        sa.Column("confirmed_at", WHEN),
        sa.Column("ended_at", WHEN),
        column("last_step", WHEN),
        column("drift", sa.Integer()),
        column("last_offset", sa.Integer()),
    )
    op.create_index("ix_authenticators_person_id_state", "authenticators", ["person_id", "state"])
    pending = sa.text("state = 'pending'")
    op.create_index(
        "uq_authenticators_person_id_pending",
        "authenticators",
        ["person_id"],
        unique=True,
        sqlite_where=pending,
        postgresql_where=pending,
    )
    op.create_table(
        "attempts",
        *owned("attempts"),
        column("purpose", WORD),
        column("outcome", WORD),
        column("tried_at", WHEN),
        sa.Column("authenticator_id", WORD),
        sa.Column("step_offset", sa.Integer()),
        column("address", sa.Text()),
        column("browser", sa.Text()),
    )
    op.create_index(
        "ix_attempts_person_id_tried_at_id", "attempts", ["person_id", "tried_at", "id"]
    )


def signing_in() -> None:
    """Half-finished sign-ins and sessions."""
    op.create_table(
        "sign_ins",
        *owned("sign_ins"),
        column("token_hash", sa.LargeBinary()),
        column("stage", WORD),
        column("password_version", sa.Integer()),
        column("return_to", sa.Text()),
        column("failures", sa.Integer()),
        column("created_at", WHEN),
        column("expires_at", WHEN),
        sa.UniqueConstraint("token_hash", name="uq_sign_ins_token_hash"),
    )
    op.create_index("ix_sign_ins_person_id", "sign_ins", ["person_id"])
    op.create_index("ix_sign_ins_expires_at", "sign_ins", ["expires_at"])
    op.create_table(
        "sessions",
        *owned("sessions"),
        column("token_hash", sa.LargeBinary()),
        column("methods", sa.Text()),
        column("password_at", WHEN),
        sa.Column("factor_at", WHEN),
        column("created_at", WHEN),
        column("seen_at", WHEN),
        column("browser", sa.Text()),
        column("address", sa.Text()),
        sa.UniqueConstraint("token_hash", name="uq_sessions_token_hash"),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"])
    op.create_index("ix_sessions_person_id", "sessions", ["person_id"])


def one_time_links() -> None:
    """Links that are mailed or printed; the first one comes before any account."""
    op.create_table(
        "links",
        column("id", WORD),
        column("purpose", WORD),
        sa.Column("account_id", WORD),
        sa.Column("person_id", WORD),
        column("password_version", sa.Integer()),
        column("token_hash", sa.LargeBinary()),
        column("created_at", WHEN),
        column("expires_at", WHEN),
        sa.Column("used_at", WHEN),
        sa.PrimaryKeyConstraint("id", name="pk_links"),
        sa.UniqueConstraint("token_hash", name="uq_links_token_hash"),
        reference("links", "account_id", "accounts"),
        reference("links", "person_id", "people"),
    )
    op.create_index("ix_links_person_id_purpose", "links", ["person_id", "purpose"])


def mail() -> None:
    """The outbox."""
    op.create_table(
        "mails",
        *owned("mails"),
        column("kind", WORD),
        column("to_address", sa.Text()),
        column("sealed_params", sa.LargeBinary()),
        column("message_id", WORD),
        column("state", WORD),
        column("attempts", sa.Integer()),
        column("created_at", WHEN),
        column("next_at", WHEN),
        sa.Column("sent_at", WHEN),
        column("last_error", sa.Text()),
        sa.UniqueConstraint("message_id", name="uq_mails_message_id"),
    )
    op.create_index("ix_mails_account_id_id", "mails", ["account_id", "id"])
    op.create_index("ix_mails_person_id_id", "mails", ["person_id", "id"])
    waiting = sa.text("state IN ('queued', 'sending')")
    op.create_index(
        "ix_mails_next_at_waiting",
        "mails",
        ["next_at", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def audit() -> None:
    """The chain of events and its heads."""
    op.create_table(
        "events",
        column("account_id", WORD),
        column("seq", sa.BigInteger()),
        column("kind", WORD),
        column("happened_at", WHEN),
        sa.Column("actor_id", WORD),
        sa.Column("subject_id", WORD),
        column("data", sa.Text()),
        column("hash", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("account_id", "seq", name="pk_events"),
        reference("events", "account_id", "accounts"),
    )
    op.create_table(
        "event_heads",
        column("account_id", WORD),
        column("seq", sa.BigInteger()),
        column("hash", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("account_id", name="pk_event_heads"),
        reference("event_heads", "account_id", "accounts"),
    )


def keys_and_uploads() -> None:
    """Files between preview and import, and the check values of the sealing keys."""
    op.create_table(
        "uploads",
        *owned("uploads"),
        column("sealed_content", sa.LargeBinary()),
        column("created_at", WHEN),
    )
    op.create_index("ix_uploads_created_at", "uploads", ["created_at"])
    op.create_table(
        "sealing_keys",
        column("id", WORD),
        column("check_value", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="pk_sealing_keys"),
    )
