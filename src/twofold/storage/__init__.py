"""The storage adapter: the only SQL of the product, for SQLite and PostgreSQL alike."""

from twofold.storage.migrating import head_revision
from twofold.storage.store import build_store, open_storage

__all__ = ["build_store", "head_revision", "open_storage"]
