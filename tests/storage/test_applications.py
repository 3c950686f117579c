"""Applications, keys and attempts, on both databases."""

from dataclasses import replace

import pytest

from tests.storage.races import race
from tests.storage.samples import NOW, account, with_ann
from twofold.core.applications import ApiKey, Application, Scope
from twofold.core.attempts import AttemptPurpose
from twofold.core.tokens import Purpose, digest
from twofold.core.verifications import Kept, Needed, Verdict, Verification
from twofold.ports import Store

SHOP = Application("a1", "acme", "Shop", (Scope.VERIFY, Scope.ENROL), NOW)
KEY = ApiKey("k1", "acme", "a1", NOW)
TOKEN = digest(Purpose.API_KEY, "x")
ANSWER = Verification(Verdict.REFUSED, Needed.LINK, NOW + 30)
KEPT = Kept("a1", "attempt-1", "ann", "hash", ANSWER, NOW, AttemptPurpose.PASS)


@pytest.fixture
def shop(store: Store) -> Store:
    """An application with a key."""
    with_ann(store)
    store.call(lambda tx: tx.accounts.add(account("bolt")))
    store.call(lambda tx: tx.applications.add(SHOP))
    store.call(lambda tx: tx.applications.add_key(KEY, TOKEN))
    return store


def test_a_key_leads_to_its_application(shop: Store) -> None:
    """By its digest, ended or not: the flow decides."""
    assert shop.call(lambda tx: tx.applications.by_key(TOKEN)) == (SHOP, KEY)
    assert shop.call(lambda tx: tx.applications.by_key(b"y" * 32)) is None
    assert shop.call(lambda tx: tx.applications.of_account("acme")) == [SHOP]
    assert shop.call(lambda tx: tx.applications.of_account("bolt")) == []
    assert shop.call(lambda tx: tx.applications.find("bolt", "a1")) is None


def test_a_key_is_ended_once_and_never_later_than_said(shop: Store) -> None:
    """By its account alone."""
    assert not shop.call(lambda tx: tx.applications.end_key("bolt", "k1", NOW))
    assert shop.call(lambda tx: tx.applications.end_keys("a1", NOW + 60, keep="k1")) == 0
    assert shop.call(lambda tx: tx.applications.end_keys("a1", NOW + 60)) == 1
    assert shop.call(lambda tx: tx.applications.end_keys("a1", NOW + 90)) == 0
    assert shop.call(lambda tx: tx.applications.end_key("acme", "k1", NOW + 30))
    assert not shop.call(lambda tx: tx.applications.end_key("acme", "k1", NOW + 30))
    shop.call(lambda tx: tx.applications.used("k1", NOW + 5))
    (key,) = shop.call(lambda tx: tx.applications.keys("acme"))
    assert key == replace(KEY, ends_at=NOW + 30, last_used_at=NOW + 5)


def test_an_application_is_ended_once(shop: Store) -> None:
    """By one of any number of callers."""
    ended = race(20, lambda _: shop.call(lambda tx: tx.applications.end("a1", NOW)))
    assert ended.count(True) == 1
    found = shop.call(lambda tx: tx.applications.find("acme", "a1"))
    assert found == replace(SHOP, ended_at=NOW)


def test_an_attempt_is_kept_once_and_for_a_while(shop: Store) -> None:
    """The first answer stands."""
    other = replace(KEPT, asked_hash="other", person_id=None)
    assert shop.call(lambda tx: tx.verifications.add(KEPT))
    assert not shop.call(lambda tx: tx.verifications.add(other))
    assert shop.call(lambda tx: tx.verifications.find("a1", "attempt-1")) == KEPT
    assert shop.call(lambda tx: tx.verifications.find("a1", "attempt-2")) is None
    assert shop.call(lambda tx: tx.verifications.purge(NOW)) == 0
    assert shop.call(lambda tx: tx.verifications.purge(NOW + 1)) == 1


def test_a_person_is_found_by_the_id_of_another_directory(shop: Store) -> None:
    """Within the account."""
    shop.call(
        lambda tx: tx.people.set_details("ann", name="Ann", language="", zone="", external_id="u1")
    )
    found = shop.call(lambda tx: tx.people.by_external_id("acme", "u1"))
    assert found is not None
    assert found.id == "ann"
    assert shop.call(lambda tx: tx.people.by_external_id("bolt", "u1")) is None
    assert shop.call(lambda tx: tx.people.by_external_id("acme", "")) is None
