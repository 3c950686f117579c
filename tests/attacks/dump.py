"""The whole database as an attacker reads it who has a copy, without the key file."""

from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select

from twofold.storage.tables import metadata

SAFE = {"attempts", "counters", "events", "event_heads", "mails", "uploads"}
"""Tables that only tell or count; the others say who may do what."""


def rows_of(database_url: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            return {
                table.name: [dict(row._mapping) for row in connection.execute(select(table))]
                for table in metadata.sorted_tables
            }
    finally:
        engine.dispose()


def bytes_of(database_url: str) -> bytes:
    """Every value, and for SQLite the raw files besides, with what was deleted and the log."""
    parts = []
    for rows in rows_of(database_url).values():
        for row in rows:
            for value in row.values():
                parts.append(value if isinstance(value, bytes) else str(value).encode())
    if database_url.startswith("sqlite"):
        path = Path(database_url.removeprefix("sqlite:///"))
        parts += [file.read_bytes() for file in path.parent.glob(path.name + "*")]
    return b"\n".join(parts)


LOOKED_AT = ("seen_at", "opened_at")
"""Columns that note a look and decide nothing."""


def facts(database_url: str) -> dict[str, list[str]]:
    """Everything in the database that says who may do what, but for when it was last looked at."""
    return {
        table: sorted(str({k: v for k, v in row.items() if k not in LOOKED_AT}) for row in rows)
        for table, rows in rows_of(database_url).items()
        if table not in SAFE
    }
