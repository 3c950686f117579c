"""The tables of the rollout; the naming rule is in `tables.py`."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from twofold.storage.tables import Word, metadata

ZERO, NOTHING = text("0"), text("''")

groups = Table(
    "groups",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", Word, nullable=False),
    Column("lead_id", Word, ForeignKey("people.id")),
    Column("exchange_from_at", BigInteger),
    Column("exchange_until_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("digest_at", BigInteger, index=True),
    UniqueConstraint("account_id", "name_key"),
)

# Who is in which group. `people.groups` repeats a person's own, to be read with the person.
memberships = Table(
    "memberships",
    metadata,
    Column("group_id", Word, ForeignKey("groups.id"), primary_key=True),
    Column("person_id", Word, ForeignKey("people.id"), primary_key=True, index=True),
    Column("asked_at", BigInteger),  # For a new phone, on the days of the group's exchange.
)

# How far somebody has come on the road to their first factor; it decides nothing.
enrolments = Table(
    "enrolments",
    metadata,
    Column("person_id", Word, ForeignKey("people.id"), primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("round", Integer, nullable=False),
    Column("told_at", BigInteger),
    Column("opened_at", BigInteger),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("next_at", BigInteger),
    Column("next_notice", Word, nullable=False, server_default=NOTHING),
)
Index(
    "ix_enrolments_next_at_due",
    enrolments.c.next_at,
    enrolments.c.person_id,
    sqlite_where=enrolments.c.next_at.is_not(None),
    postgresql_where=enrolments.c.next_at.is_not(None),
)

# Its key is why nobody gets a mail of the rollout twice.
notices = Table(
    "notices",
    metadata,
    Column("person_id", Word, ForeignKey("people.id"), primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("kind", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("mail_id", Word, ForeignKey("mails.id"), nullable=False),
    Column("written_at", BigInteger, nullable=False),
    Index(None, "account_id", "written_at"),
)

# What a change of the rules means for each person, done in batches; see flows/expansion.py.
expansions = Table(
    "expansions",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("rule_id", Word, nullable=False),
    Column("work", Word, nullable=False),
    Column("state", Word, nullable=False),
    Column("by_id", Word, ForeignKey("people.id")),
    Column("starts_at", BigInteger, nullable=False),
    Column("mails_at", BigInteger, nullable=False),
    Column("after", Word, nullable=False, server_default=NOTHING),
    Column("total", Integer, nullable=False, server_default=ZERO),
    Column("done", Integer, nullable=False, server_default=ZERO),
    Column("mails", Integer, nullable=False, server_default=ZERO),
    Column("created_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
)
Index(
    "ix_expansions_starts_at_waiting",
    expansions.c.starts_at,
    expansions.c.id,
    sqlite_where=expansions.c.state == "waiting",
    postgresql_where=expansions.c.state == "waiting",
)

exemptions = Table(
    "exemptions",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("person_id", Word, ForeignKey("people.id"), nullable=False, index=True),
    Column("approver_id", Word, ForeignKey("people.id"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("given_at", BigInteger, nullable=False),
    Column("until_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("warned_at", BigInteger),
)
Index(
    "ix_exemptions_until_at_open",
    exemptions.c.until_at,
    sqlite_where=exemptions.c.ended_at.is_(None),
    postgresql_where=exemptions.c.ended_at.is_(None),
)

# Who would have been stopped at a sign-in while nobody is, in report-only mode.
near_stops = Table(
    "near_stops",
    metadata,
    Column("person_id", Word, ForeignKey("people.id"), primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("times", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

# Filters of the people table that were given a name.
saved_filters = Table(
    "saved_filters",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("made_by", Word, ForeignKey("people.id"), nullable=False),
    Column("made_at", BigInteger, nullable=False),
)
