"""Known browsers, on both databases."""

from dataclasses import replace

import pytest

from tests.storage.races import race
from tests.storage.samples import NOW, account, browser, number, person, with_ann
from twofold.core.browsers import Browser
from twofold.ports import Store

COOKIE = number(1)


@pytest.fixture
def known(store: Store) -> Store:
    """Ann and Bob; Ann has a known browser."""
    with_ann(store)
    store.call(lambda tx: tx.people.add(person("bob"), password=None))
    store.call(lambda tx: tx.browsers.add(browser(), COOKIE))
    return store


def found(store: Store, person_id: str = "ann", token: bytes = COOKIE) -> Browser | None:
    """The person's browser with this cookie."""
    return store.call(lambda tx: tx.browsers.by_token(token, person_id))


def test_a_browser_is_found_by_its_cookie_and_its_person(known: Store) -> None:
    """Somebody else's cookie, or another one, finds nothing."""
    assert found(known) == browser()
    assert found(known, "bob") is None
    assert found(known, token=number(2)) is None


def test_one_cookie_may_stand_for_several_people_and_once_for_each(known: Store) -> None:
    """Two people share a machine; nobody has the same cookie twice."""
    known.call(lambda tx: tx.browsers.add(browser("b2", "bob"), COOKIE))
    assert found(known, "bob") == browser("b2", "bob")
    assert found(known) == browser()
    with pytest.raises(Exception, match=r"(?i)unique"):
        known.call(lambda tx: tx.browsers.add(browser("b3"), COOKIE))


def test_seen_changes_what_is_shown_and_not_since_when_it_is_known(known: Store) -> None:
    """Or being used would make it known for ever."""
    known.call(lambda tx: tx.browsers.seen("b1", at=NOW + 9, name="Edge", address="192.0.2.9"))
    seen = replace(browser(), seen_at=NOW + 9, name="Edge", address="192.0.2.9")
    assert found(known) == seen


def test_trust_is_given_and_ended(known: Store) -> None:
    """Under the set of factors of its moment; ending says how many might skip the code."""
    known.call(lambda tx: tx.browsers.trust("b1", until=NOW + 9, factors="f"))
    assert found(known) == replace(browser(), trusted_until=NOW + 9, factors="f")
    known.call(lambda tx: tx.browsers.add(browser("b2"), number(2)))
    assert known.call(lambda tx: tx.browsers.end_trust("bob")) == 0
    assert known.call(lambda tx: tx.browsers.end_trust("ann")) == 1
    assert known.call(lambda tx: tx.browsers.end_trust("ann")) == 0
    ended = found(known)
    assert ended is not None
    assert ended.trusted_until is None


def test_the_last_seen_stands_first(known: Store) -> None:
    """In a person's own list, with nobody else's in it."""
    known.call(lambda tx: tx.browsers.add(browser("b2"), number(2)))
    known.call(lambda tx: tx.browsers.add(browser("b3", "bob"), number(3)))
    known.call(lambda tx: tx.browsers.seen("b1", at=NOW + 1, name="Edge", address=""))
    assert [one.id for one in known.call(lambda tx: tx.browsers.of("ann"))] == ["b1", "b2"]


def test_only_the_persons_own_browser_is_ended(known: Store) -> None:
    """With somebody else's id nothing happens."""
    assert not known.call(lambda tx: tx.browsers.end("bob", "b1"))
    assert found(known) == browser()
    assert known.call(lambda tx: tx.browsers.end("ann", "b1"))
    assert found(known) is None
    assert not known.call(lambda tx: tx.browsers.end("ann", "b1"))


def test_all_of_a_person_are_ended_and_nobody_elses(known: Store) -> None:
    """And counted."""
    known.call(lambda tx: tx.browsers.add(browser("b2"), number(2)))
    known.call(lambda tx: tx.browsers.add(browser("b3", "bob"), number(3)))
    assert known.call(lambda tx: tx.browsers.end_all("ann")) == 2
    assert [one.id for one in known.call(lambda tx: tx.browsers.of("bob"))] == ["b3"]


def test_those_made_long_ago_are_purged(known: Store) -> None:
    """By the day on which they were made, however often they were seen since."""
    known.call(lambda tx: tx.browsers.seen("b1", at=NOW + 99, name="Edge", address=""))
    assert known.call(lambda tx: tx.browsers.purge(NOW)) == 0
    assert known.call(lambda tx: tx.browsers.purge(NOW + 1)) == 1
    assert found(known) is None


def test_a_browser_is_ended_once(known: Store) -> None:
    """Of ten presses at once one ends it."""
    ended = race(10, lambda _: known.call(lambda tx: tx.browsers.end("ann", "b1")))
    assert ended.count(True) == 1


def test_a_browser_belongs_to_an_account(known: Store) -> None:
    """The database refuses one of nobody."""
    known.call(lambda tx: tx.accounts.add(account("bolt")))
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        known.call(lambda tx: tx.browsers.add(browser("b9", "nobody", "bolt"), number(9)))
