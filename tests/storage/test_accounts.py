"""Organisations, on both databases."""

import pytest

from tests.storage.samples import NOW, account
from twofold.core.errors import NotFound
from twofold.ports import Store


def test_an_account_comes_back_as_it_was_stored(store: Store) -> None:
    """Every field survives, and a lock reads the same row."""
    store.call(lambda tx: tx.accounts.add(account()))
    assert store.call(lambda tx: tx.accounts.get("acme")) == account()
    assert store.call(lambda tx: tx.accounts.lock("acme")) == account()


def test_an_unknown_account_is_not_found(store: Store) -> None:
    """There is no empty account in its place."""
    with pytest.raises(NotFound):
        store.call(lambda tx: tx.accounts.get("nobody"))
    with pytest.raises(NotFound):
        store.call(lambda tx: tx.accounts.lock("nobody"))


def test_the_switch_moves_once(store: Store) -> None:
    """Only the caller who really moves it is told so."""
    store.call(lambda tx: tx.accounts.add(account()))

    def on(at: int) -> bool:
        return store.call(lambda tx: tx.accounts.set_policy("acme", requires_factor=True, at=at))

    assert on(NOW + 5) is True
    assert on(NOW + 9) is False
    found = store.call(lambda tx: tx.accounts.get("acme"))
    assert found.requires_factor is True
    assert found.switched_at == NOW + 5
    assert store.call(lambda tx: tx.accounts.set_policy("acme", requires_factor=False, at=NOW + 10))


def test_renaming_touches_one_account(store: Store) -> None:
    """Name and issuer change; the neighbour keeps theirs."""
    store.call(lambda tx: [tx.accounts.add(account(id_)) for id_ in ("acme", "bolt")])
    store.call(lambda tx: tx.accounts.rename("acme", name="Acme AG", issuer="Acme"))
    found = store.call(lambda tx: tx.accounts.get("acme"))
    assert (found.name, found.issuer) == ("Acme AG", "Acme")
    assert store.call(lambda tx: tx.accounts.get("bolt")) == account("bolt")


def test_all_accounts_are_listed_and_counted(store: Store) -> None:
    """Oldest first; accounts of one moment by their ids."""
    assert store.call(lambda tx: tx.accounts.count()) == 0
    store.call(lambda tx: [tx.accounts.add(account(id_)) for id_ in ("bolt", "acme")])
    assert store.call(lambda tx: tx.accounts.count()) == 2
    assert [found.id for found in store.call(lambda tx: tx.accounts.all())] == ["acme", "bolt"]
