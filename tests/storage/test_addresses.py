"""Second mail addresses as rows."""

from tests.storage.samples import NOW, with_ann
from twofold.core.addresses import SecondAddress
from twofold.ports import Store

HOME = SecondAddress("ann", "acme", "ann@home.example", NOW, None)
WORK = SecondAddress("ann", "acme", "ann@work.example", NOW + 5, None)


def test_a_person_has_one_at_most(store: Store) -> None:
    """A later one takes the place of the one before, with all its columns."""
    with_ann(store)
    assert store.call(lambda tx: tx.addresses.of("ann")) is None
    for address in (HOME, WORK):
        store.call(lambda tx, put=address: tx.addresses.put(put))
        assert store.call(lambda tx: tx.addresses.of("ann")) == address


def test_it_is_confirmed_once_and_removed_once(store: Store) -> None:
    """The row count decides."""
    with_ann(store)
    store.call(lambda tx: tx.addresses.put(HOME))
    assert store.call(lambda tx: tx.addresses.confirm("ann", at=NOW + 9))
    assert not store.call(lambda tx: tx.addresses.confirm("ann", at=NOW + 10))
    found = store.call(lambda tx: tx.addresses.of("ann"))
    assert found is not None
    assert found.confirmed_at == NOW + 9
    assert store.call(lambda tx: tx.addresses.remove("ann"))
    assert not store.call(lambda tx: tx.addresses.remove("ann"))
    assert not store.call(lambda tx: tx.addresses.confirm("ann", at=NOW))
