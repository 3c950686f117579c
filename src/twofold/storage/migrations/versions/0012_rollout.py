"""The rollout: what is asked of whom, groups, and how far everybody has come."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHEN = sa.BigInteger()
NOTHING, ZERO = sa.text("''"), sa.text("0")


def upgrade() -> None:
    """The switch becomes a rule for everybody; nobody is in a group."""
    policies()
    people()
    groups()
    roads()


def needed(name: str, kind: Any, default: Any = None) -> sa.Column[Any]:
    """A column that always has a value."""
    return sa.Column(name, kind, nullable=False, server_default=default)


def reference(table: str, name: str, to: str) -> sa.ForeignKeyConstraint:
    """A foreign key to the ids of another table."""
    return sa.ForeignKeyConstraint([name], [f"{to}.id"], name=f"fk_{table}_{name}_{to}")


def policies() -> None:
    """Whoever had switched on asks everybody, at once, since that day."""
    op.add_column("accounts", needed("policy", sa.Text(), sa.text("'{}'")))
    op.add_column("accounts", needed("language", sa.Text(), sa.text("'en'")))
    rows = op.get_bind().execute(
        sa.text("SELECT id, switched_at FROM accounts WHERE requires_factor")
    )
    for id_, switched_at in rows.all():
        rule = {
            "id": "everybody",
            "target": ["everybody", ""],
            "stance": "required",
            "since": switched_at or 0,
            "start": "switch",
            "days": 0,
        }
        op.get_bind().execute(
            sa.text("UPDATE accounts SET policy = :policy WHERE id = :id"),
            {"policy": json.dumps({"rules": [rule], "round": 1}), "id": id_},
        )
    op.drop_column("accounts", "requires_factor")


def people() -> None:
    """Everybody is a person, without a deadline, exemption or leave."""
    for name, kind, default in (
        ("kind", WORD, sa.text("'person'")),
        ("groups", sa.Text(), NOTHING),
        ("zone", sa.Text(), NOTHING),
        ("language", sa.Text(), NOTHING),
        ("duty_round", sa.Integer(), ZERO),
    ):
        op.add_column("people", needed(name, kind, default))
    for name in ("began_at", "due_at", "exempt_until", "away_until"):
        op.add_column("people", sa.Column(name, WHEN))
    op.add_column("people", sa.Column("external_id", WORD))
    op.create_index("ix_people_account_id_due_at", "people", ["account_id", "due_at"])
    known = sa.text("external_id IS NOT NULL")
    op.create_index(
        "uq_people_account_id_external_id_known",
        "people",
        ["account_id", "external_id"],
        unique=True,
        sqlite_where=known,
        postgresql_where=known,
    )


def groups() -> None:
    """Groups and who is in them."""
    op.create_table(
        "groups",
        needed("id", WORD),
        needed("account_id", WORD),
        needed("name", sa.Text()),
        needed("name_key", WORD),
        sa.Column("lead_id", WORD),
        sa.Column("exchange_from_at", WHEN),
        sa.Column("exchange_until_at", WHEN),
        needed("created_at", WHEN),
        sa.PrimaryKeyConstraint("id", name="pk_groups"),
        reference("groups", "account_id", "accounts"),
        reference("groups", "lead_id", "people"),
        sa.UniqueConstraint("account_id", "name_key", name="uq_groups_account_id_name_key"),
    )
    op.create_table(
        "memberships",
        needed("group_id", WORD),
        needed("person_id", WORD),
        sa.PrimaryKeyConstraint("group_id", "person_id", name="pk_memberships"),
        reference("memberships", "group_id", "groups"),
        reference("memberships", "person_id", "people"),
    )
    op.create_index("ix_memberships_person_id", "memberships", ["person_id"])


def roads() -> None:
    """Who was told what, how far they are, and who is left out."""
    enrolments()
    notices()
    expansions()
    exemptions()
    near_stops()


def enrolments() -> None:
    """How far everybody is."""
    op.create_table(
        "enrolments",
        needed("person_id", WORD),
        needed("account_id", WORD),
        needed("round", sa.Integer()),
        sa.Column("told_at", WHEN),
        sa.Column("opened_at", WHEN),
        sa.Column("started_at", WHEN),
        sa.Column("finished_at", WHEN),
        sa.Column("next_at", WHEN),
        needed("next_notice", WORD, NOTHING),
        sa.PrimaryKeyConstraint("person_id", name="pk_enrolments"),
        reference("enrolments", "person_id", "people"),
        reference("enrolments", "account_id", "accounts"),
    )
    op.create_index("ix_enrolments_account_id", "enrolments", ["account_id"])
    due = sa.text("next_at IS NOT NULL")
    op.create_index(
        "ix_enrolments_next_at_due",
        "enrolments",
        ["next_at", "person_id"],
        sqlite_where=due,
        postgresql_where=due,
    )


def notices() -> None:
    """Which mail was written to whom."""
    op.create_table(
        "notices",
        needed("person_id", WORD),
        needed("round", sa.Integer()),
        needed("kind", WORD),
        needed("account_id", WORD),
        needed("mail_id", WORD),
        needed("written_at", WHEN),
        sa.PrimaryKeyConstraint("person_id", "round", "kind", name="pk_notices"),
        reference("notices", "person_id", "people"),
        reference("notices", "account_id", "accounts"),
        reference("notices", "mail_id", "mails"),
    )
    op.create_index("ix_notices_account_id_written_at", "notices", ["account_id", "written_at"])


def expansions() -> None:
    """Changes of the rules on their way to each person."""
    op.create_table(
        "expansions",
        needed("id", WORD),
        needed("account_id", WORD),
        needed("rule_id", WORD),
        needed("work", WORD),
        needed("state", WORD),
        sa.Column("by_id", WORD),
        needed("starts_at", WHEN),
        needed("mails_at", WHEN),
        needed("after", WORD, NOTHING),
        needed("total", sa.Integer(), ZERO),
        needed("done", sa.Integer(), ZERO),
        needed("mails", sa.Integer(), ZERO),
        needed("created_at", WHEN),
        sa.Column("finished_at", WHEN),
        sa.PrimaryKeyConstraint("id", name="pk_expansions"),
        reference("expansions", "account_id", "accounts"),
        reference("expansions", "by_id", "people"),
    )
    op.create_index("ix_expansions_account_id", "expansions", ["account_id"])
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_expansions_starts_at_waiting",
        "expansions",
        ["starts_at", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def exemptions() -> None:
    """Who is left out, why and until when."""
    op.create_table(
        "exemptions",
        needed("id", WORD),
        needed("account_id", WORD),
        needed("person_id", WORD),
        needed("approver_id", WORD),
        needed("reason", sa.Text()),
        needed("given_at", WHEN),
        needed("until_at", WHEN),
        sa.Column("ended_at", WHEN),
        sa.Column("warned_at", WHEN),
        sa.PrimaryKeyConstraint("id", name="pk_exemptions"),
        reference("exemptions", "account_id", "accounts"),
        reference("exemptions", "person_id", "people"),
        reference("exemptions", "approver_id", "people"),
    )
    op.create_index("ix_exemptions_person_id", "exemptions", ["person_id"])
    open_ = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_exemptions_until_at_open",
        "exemptions",
        ["until_at"],
        sqlite_where=open_,
        postgresql_where=open_,
    )


def near_stops() -> None:
    """Who would have been stopped."""
    op.create_table(
        "near_stops",
        needed("person_id", WORD),
        needed("account_id", WORD),
        needed("times", sa.Integer()),
        needed("last_at", WHEN),
        sa.PrimaryKeyConstraint("person_id", name="pk_near_stops"),
        reference("near_stops", "person_id", "people"),
        reference("near_stops", "account_id", "accounts"),
    )
    op.create_index("ix_near_stops_account_id", "near_stops", ["account_id"])
