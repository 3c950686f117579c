"""CSV files between preview and import, on both databases."""

import pytest

from tests.storage.samples import NOW, account, with_ann
from twofold.ports import Store

CSV = b"name,email\n\xc3\x85sa,asa@example.org\n\x00"


@pytest.fixture
def uploaded(store: Store) -> Store:
    """Ann uploaded a file."""
    with_ann(store)
    store.call(lambda tx: tx.accounts.add(account("bolt")))
    store.call(lambda tx: tx.uploads.add("u1", "acme", "ann", CSV, NOW))
    return store


def test_an_upload_is_read_again_and_taken_once(uploaded: Store) -> None:
    """Byte by byte; taking deletes it."""
    assert uploaded.call(lambda tx: tx.uploads.peek("u1", "acme", "ann")) == CSV
    assert uploaded.call(lambda tx: tx.uploads.take("u1", "acme", "ann")) == CSV
    assert uploaded.call(lambda tx: tx.uploads.take("u1", "acme", "ann")) is None
    assert uploaded.call(lambda tx: tx.uploads.peek("u1", "acme", "ann")) is None


@pytest.mark.parametrize(
    ("upload_id", "account_id", "person_id"),
    [("u1", "bolt", "ann"), ("u1", "acme", "bob"), ("u9", "acme", "ann")],
)
def test_nobody_else_gets_an_upload(
    uploaded: Store, upload_id: str, account_id: str, person_id: str
) -> None:
    """And their try leaves it where it is."""
    assert uploaded.call(lambda tx: tx.uploads.peek(upload_id, account_id, person_id)) is None
    assert uploaded.call(lambda tx: tx.uploads.take(upload_id, account_id, person_id)) is None
    assert uploaded.call(lambda tx: tx.uploads.peek("u1", "acme", "ann")) == CSV


def test_old_uploads_are_purged(uploaded: Store) -> None:
    """By their moment."""
    assert uploaded.call(lambda tx: tx.uploads.purge(NOW)) == 0
    assert uploaded.call(lambda tx: tx.uploads.purge(NOW + 1)) == 1
    assert uploaded.call(lambda tx: tx.uploads.peek("u1", "acme", "ann")) is None
