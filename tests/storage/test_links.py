"""One-time links, on both databases."""

from dataclasses import replace

from tests.storage.races import race
from tests.storage.samples import NOW, link, number, person, with_ann
from twofold.core.tokens import Purpose
from twofold.ports import Store

END = link().expires_at


def test_a_link_is_found_for_its_purpose_alone(store: Store) -> None:
    """Another purpose or token finds nothing."""
    with_ann(store)
    store.call(lambda tx: tx.links.add(link(), number(1)))
    assert store.call(lambda tx: tx.links.find(Purpose.ENROL, number(1))) == link()
    assert store.call(lambda tx: tx.links.find(Purpose.PASSWORD, number(1))) is None
    assert store.call(lambda tx: tx.links.find(Purpose.ENROL, number(2))) is None


def test_a_link_is_used_once_and_shows_when(store: Store) -> None:
    """The used link is still found, so that its page can say so."""
    with_ann(store)
    store.call(lambda tx: tx.links.add(link(), number(1)))
    assert store.call(lambda tx: tx.links.use("l1", NOW + 60)) is True
    assert store.call(lambda tx: tx.links.use("l1", NOW + 61)) is False
    found = store.call(lambda tx: tx.links.find(Purpose.ENROL, number(1)))
    assert found == replace(link(), used_at=NOW + 60)


def test_an_expired_or_unknown_link_is_not_used(store: Store) -> None:
    """Alive to the last second before its end."""
    with_ann(store)
    store.call(lambda tx: tx.links.add(link(), number(1)))
    assert store.call(lambda tx: tx.links.use("l1", END)) is False
    assert store.call(lambda tx: tx.links.use("l9", NOW)) is False
    assert store.call(lambda tx: tx.links.use("l1", END - 1)) is True


def test_a_new_password_kills_a_link(store: Store) -> None:
    """A link without a person has no password to follow."""
    with_ann(store)
    store.call(lambda tx: tx.links.add(link(), number(1)))
    store.call(lambda tx: tx.links.add(link("l2", None, Purpose.FIRST_ADMIN), number(2)))
    assert store.call(lambda tx: tx.people.set_password("ann", "$n", expected_version=1))
    assert store.call(lambda tx: tx.links.use("l1", NOW)) is False
    assert store.call(lambda tx: tx.links.use("l2", NOW)) is True


def test_fifty_threads_use_one_link_once(store: Store) -> None:
    """Promise P2."""
    with_ann(store)
    store.call(lambda tx: tx.links.add(link(), number(1)))
    results = race(50, lambda _: store.call(lambda tx: tx.links.use("l1", NOW)))
    assert results.count(True) == 1


def test_links_of_a_person_or_a_purpose_can_be_killed(store: Store) -> None:
    """Unused ones only; a killed link reads as expired."""
    with_ann(store)
    store.call(lambda tx: tx.people.add(person("bob"), password="$b"))
    for value, (who, purpose) in enumerate(
        [("ann", Purpose.ENROL), ("ann", Purpose.ENROL), ("ann", Purpose.PASSWORD)]
        + [("bob", Purpose.ENROL)]
    ):
        one = link(f"l{value}", who, purpose)
        store.call(lambda tx, one=one, value=value: tx.links.add(one, number(value)))
    assert store.call(lambda tx: tx.links.use("l0", NOW))
    assert store.call(lambda tx: tx.links.end_all("ann", Purpose.ENROL)) == 1
    assert store.call(lambda tx: tx.links.end_all("ann", Purpose.ENROL)) == 0
    assert store.call(lambda tx: tx.links.use("l1", NOW)) is False
    killed = store.call(lambda tx: tx.links.find(Purpose.ENROL, number(1)))
    assert killed is not None
    assert killed.expires_at <= NOW
    assert store.call(lambda tx: tx.links.end_purpose(Purpose.ENROL)) == 1
    assert store.call(lambda tx: tx.links.use("l3", NOW)) is False
    assert store.call(lambda tx: tx.links.use("l2", NOW)) is True
