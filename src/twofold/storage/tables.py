"""The tables, for both databases.

The naming rule. Tables are plural nouns, the words of the core. A column that holds a moment ends
in `_at` and is an integer: seconds since the epoch, UTC. A reference is called `<noun>_id`. A
column whose value is sealed (`sealing.py`) starts with `sealed_`. A column that holds the digest
of a token is `token_hash`. Constraints and indexes are named by `NAMES`: kind, table, columns; a
partial index ends in the condition that it stands for (`..._pending`).

Migrations do not import this module: what they made stays as it was on their day. A test holds
the two against each other.
"""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnClause,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    literal_column,
    text,
)

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

QUOTE = "'"

metadata = MetaData(naming_convention=NAMES)

Word = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared and sorted byte by byte on both databases: ids, keys, enum words."""


def fixed(word: StrEnum) -> ColumnClause[str]:
    """A word of the core as part of a statement's text.

    Compared with a parameter, SQLite would plan the statement anew at each execution on a table
    with a partial index, because the plan may depend on the value: some 40 microseconds more.
    """
    if QUOTE in word.value:
        raise ValueError(word.value)
    return literal_column(f"'{word.value}'", Text())


accounts = Table(
    "accounts",
    metadata,
    Column("id", Word, primary_key=True),
    Column("name", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("switched_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("guard", Text, nullable=False, server_default="{}"),
    Column("wait_hours", Integer, nullable=False, server_default=text("0")),
    Column("desk_proofs", Text, nullable=False, server_default="[]"),
    Column("policy", Text, nullable=False, server_default="{}"),
    Column("language", Text, nullable=False, server_default="en"),
)

people = Table(
    "people",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("email_key", Word, nullable=False, unique=True),
    Column("search_text", Word, nullable=False),
    Column("role", Word, nullable=False),
    Column("state", Word, nullable=False),
    Column("password", Text),
    Column("password_version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("password_stolen_at", BigInteger),
    Column("proved_version", Integer, nullable=False, server_default=text("0")),
    Column("kind", Word, nullable=False, server_default="person"),
    Column("groups", Text, nullable=False, server_default=text("''")),
    Column("zone", Text, nullable=False, server_default=text("''")),
    Column("language", Text, nullable=False, server_default=text("''")),
    Column("duty_round", Integer, nullable=False, server_default=text("0")),
    Column("began_at", BigInteger),
    Column("due_at", BigInteger),
    Column("exempt_until", BigInteger),
    Column("away_until", BigInteger),
    Column("extended_until", BigInteger),
    Column("external_id", Word),
    Column("seen_at", BigInteger),
    Index(None, "account_id", "email_key"),
    Index(None, "account_id", "due_at"),
)
Index(
    "uq_people_account_id_external_id_known",
    people.c.account_id,
    people.c.external_id,
    unique=True,
    sqlite_where=people.c.external_id.is_not(None),
    postgresql_where=people.c.external_id.is_not(None),
)

authenticators = Table(
    "authenticators",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("person_id", Word, ForeignKey("people.id"), nullable=False),
    Column("state", Word, nullable=False),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("last_step", BigInteger, nullable=False),
    Column("drift", Integer, nullable=False),
    Column("last_offset", Integer, nullable=False),
    Column("disabled_at", BigInteger),
    Column("begun_in", Text, nullable=False, server_default=text("''")),
    Column("spent_until", BigInteger, nullable=False, server_default=text("0")),
    Column("app", Text, nullable=False, server_default=text("''")),
    Column("name", Text, nullable=False, server_default=text("''")),
    Column("replaces", Word, nullable=False, server_default=text("''")),
    Column("asked_at", BigInteger),
    Index(None, "person_id", "state"),
)
Index(
    "uq_authenticators_person_id_pending",
    authenticators.c.person_id,
    unique=True,
    sqlite_where=authenticators.c.state == "pending",
    postgresql_where=authenticators.c.state == "pending",
)

# An attempt outlives its authenticator: a discarded set-up leaves the history of its codes.
attempts = Table(
    "attempts",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("person_id", Word, ForeignKey("people.id"), nullable=False),
    Column("purpose", Word, nullable=False),
    Column("outcome", Word, nullable=False),
    Column("tried_at", BigInteger, nullable=False),
    Column("authenticator_id", Word),
    Column("step_offset", Integer),
    Column("address", Text, nullable=False),
    Column("browser", Text, nullable=False),
    Column("known_browser", Boolean, nullable=False, server_default=false()),
    Column("cause", Word),
    Column("certain", Boolean, nullable=False, server_default=false()),
    Column("detail", Text, nullable=False, server_default=text("''")),
    Index(None, "person_id", "tried_at", "id"),
    Index(None, "tried_at"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("person_id", Word, ForeignKey("people.id"), nullable=False, index=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("stage", Word, nullable=False),
    Column("password_version", Integer, nullable=False),
    Column("return_to", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("link_open", Boolean, nullable=False, server_default=false()),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("person_id", Word, ForeignKey("people.id"), nullable=False, index=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("methods", Text, nullable=False),
    Column("password_at", BigInteger, nullable=False),
    Column("factor_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("browser", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("trusted", Boolean, nullable=False, server_default=false()),
    Column("browser_id", Word),
    Column("ends_at", BigInteger),
)

links = Table(
    "links",
    metadata,
    Column("id", Word, primary_key=True),
    Column("purpose", Word, nullable=False),
    Column("account_id", Word, ForeignKey("accounts.id")),
    Column("person_id", Word, ForeignKey("people.id")),
    Column("password_version", Integer, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Index(None, "person_id", "purpose"),
)

mails = Table(
    "mails",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("person_id", Word, ForeignKey("people.id"), nullable=False),
    Column("kind", Word, nullable=False),
    Column("to_address", Text, nullable=False),
    Column("sealed_params", LargeBinary, nullable=False),
    Column("message_id", Word, nullable=False, unique=True),
    Column("state", Word, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Column("last_error", Text, nullable=False),
    Column("urgency", Integer, nullable=False, server_default=text("0")),
    Index(None, "account_id", "id"),
    Index(None, "person_id", "id"),
)
Index(
    "ix_mails_urgency_next_at_waiting",
    mails.c.urgency,
    mails.c.next_at,
    mails.c.id,
    sqlite_where=mails.c.state.in_(("queued", "sending")),
    postgresql_where=mails.c.state.in_(("queued", "sending")),
)

# Actor and subject are no references: the log outlives the people in it.
events = Table(
    "events",
    metadata,
    Column("account_id", Word, ForeignKey("accounts.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Word, nullable=False),
    Column("happened_at", BigInteger, nullable=False),
    Column("actor_id", Word),
    Column("subject_id", Word),
    Column("data", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

event_heads = Table(
    "event_heads",
    metadata,
    Column("account_id", Word, ForeignKey("accounts.id"), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("person_id", Word, ForeignKey("people.id"), nullable=False),
    Column("sealed_content", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
)

# A key says what is counted: see docs/design/guard.md.
counters = Table(
    "counters",
    metadata,
    Column("key", Word, primary_key=True),
    Column("state", Text, nullable=False),
    Column("saved_at", BigInteger, nullable=False, index=True),
)

browsers = Table(
    "browsers",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("person_id", Word, ForeignKey("people.id"), nullable=False, index=True),
    Column("token_hash", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("seen_at", BigInteger, nullable=False),
    Column("trusted_until", BigInteger),
    Column("factors", Text, nullable=False),
    UniqueConstraint("token_hash", "person_id"),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("person_id", Word, ForeignKey("people.id"), nullable=False),
    Column("code_hash", Word, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("stored_at", BigInteger),
    UniqueConstraint("person_id", "code_hash"),
)

# The second address of a person; the first is theirs in `people`.
addresses = Table(
    "addresses",
    metadata,
    Column("person_id", Word, ForeignKey("people.id"), primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("email", Text, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("person_id", Word, ForeignKey("people.id"), nullable=False, index=True),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("sealed_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("aaguid", Word, nullable=False),
    Column("name", Text, nullable=False),
    Column("transports", Text, nullable=False),
    Column("synced", Boolean, nullable=False),
    Column("backed_up", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

challenges = Table(
    "challenges",
    metadata,
    Column("id", Word, primary_key=True),
    Column("ceremony", Word, nullable=False),
    Column("challenge_hash", LargeBinary, nullable=False, unique=True),
    Column("person_id", Word, ForeignKey("people.id"), index=True),
    Column("bound_to", Word, nullable=False),
    Column("source", Word, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("used_at", BigInteger),
    Index(None, "source", "expires_at"),
)

# A delayed recovery, see core/waits.py.
waits = Table(
    "waits",
    metadata,
    Column("id", Word, primary_key=True),
    Column("account_id", Word, ForeignKey("accounts.id"), nullable=False),
    Column("person_id", Word, ForeignKey("people.id"), nullable=False),
    Column("state", Word, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("password_version", Integer, nullable=False),
    Column("notices", Integer, nullable=False),
    Column("mail_id", Word, ForeignKey("mails.id"), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("stepped_at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("open_until", BigInteger),
    Column("ended_at", BigInteger),
    Column("stopped_by", Word),
    Index(None, "person_id", "id"),
    Index(None, "account_id"),
)
Index(
    "uq_waits_person_id_running",
    waits.c.person_id,
    unique=True,
    sqlite_where=waits.c.state.in_(("waiting", "open")),
    postgresql_where=waits.c.state.in_(("waiting", "open")),
)

sealing_keys = Table(
    "sealing_keys",
    metadata,
    Column("id", Word, primary_key=True),
    Column("check_value", LargeBinary, nullable=False),
)
