"""Organisations, on both databases."""

import pytest

from tests.storage.samples import NOW, account
from twofold.core.errors import NotFound
from twofold.core.people import DAY
from twofold.core.rules import (
    EVERYBODY,
    Calendar,
    FactorPolicy,
    Pause,
    Rule,
    Stance,
    Start,
    Target,
    TargetKind,
)
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


def test_what_is_asked_comes_back_as_it_was_stored(store: Store) -> None:
    """Rules, pauses and calendar come back as they were stored, and touch no other account."""
    store.call(lambda tx: [tx.accounts.add(account(id_)) for id_ in ("acme", "bolt")])
    sales = Target(TargetKind.GROUP, "sales")
    policy = FactorPolicy(
        rules=(
            Rule("r1", EVERYBODY, Stance.OFF, NOW),
            Rule("r2", sales, Stance.REQUIRED, NOW + DAY, Start.DELIVERED, 14),
            Rule("r3", Target(TargetKind.ROLE, "admin"), Stance.OPTIONAL, NOW),
        ),
        pauses=(Pause(sales, NOW, NOW + 7200, "Stocktaking “Q4”", "Olga"),),
        report_only=True,
        calendar=Calendar("Europe/Berlin", (0, 1, 2, 3), ("2026-12-24",)),
        round=3,
    )
    store.call(lambda tx: tx.accounts.set_policy("acme", policy, switched_at=NOW + 5))
    found = store.call(lambda tx: tx.accounts.get("acme"))
    assert found.policy == policy
    assert found.switched_at == NOW + 5
    assert not found.requires_factor
    assert store.call(lambda tx: tx.accounts.get("bolt")) == account("bolt")


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
