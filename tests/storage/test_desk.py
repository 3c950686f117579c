"""Temporary passes, and what waits for a second admin, on both databases."""

from dataclasses import replace

import pytest

from tests.storage.races import race
from tests.storage.samples import NOW, account, with_ann
from twofold.core.desk import Act, Grounds, Request, RequestState, Wanted
from twofold.core.passes import Pass
from twofold.ports import Store

ONCE = Pass("p1", "acme", "ann", NOW, NOW + 60, True, None, None, "olga")
REQUEST = Request(
    "r1", "acme", "ann", Wanted(Act.PASS, once=False, hours=4), Grounds("Seen", "HD-1", "Lost"),
    "olga", NOW, NOW + 60,
)  # fmt: skip


@pytest.fixture
def ann(store: Store) -> Store:
    """Ann, who has a pass and a request."""
    with_ann(store)
    store.call(lambda tx: tx.accounts.add(account("bolt")))
    store.call(lambda tx: tx.passes.add(ONCE, "hash"))
    store.call(lambda tx: tx.desk.add(REQUEST))
    return store


def test_a_pass_is_used_once_in_time_by_its_person(ann: Store) -> None:
    """Not by another hash, not for somebody else, not from its last second on."""
    for person, code_hash, at in (
        ("bob", "hash", NOW),
        ("ann", "no", NOW),
        ("ann", "hash", NOW + 60),
    ):
        assert not ann.call(lambda tx, p=person, h=code_hash, at=at: tx.passes.use(p, [h], at=at))
    assert ann.call(lambda tx: tx.passes.newest("ann")) == ONCE
    assert ann.call(lambda tx: tx.passes.use("ann", ["hash"], at=NOW + 59))
    assert not ann.call(lambda tx: tx.passes.use("ann", ["hash"], at=NOW + 59))
    assert ann.call(lambda tx: tx.passes.newest("ann")) == replace(ONCE, used_at=NOW + 59)
    assert ann.call(lambda tx: tx.passes.is_known("ann", ["hash"]))
    assert not ann.call(lambda tx: tx.passes.is_known("bob", ["hash"]))
    assert ann.call(lambda tx: tx.passes.newest("bob")) is None


def test_fifty_threads_use_one_pass_once(ann: Store) -> None:
    """The row count of one statement is the permission (promise P2)."""
    answers = race(50, lambda _: ann.call(lambda tx: tx.passes.use("ann", ["hash"], at=NOW)))
    assert answers.count(True) == 1


def test_a_pass_for_a_while_is_used_often_and_ended(ann: Store) -> None:
    """Ended ones, and those that are over, are not ended again."""
    often = replace(ONCE, id="p2", once=False)
    ann.call(lambda tx: tx.passes.add(often, "often"))
    assert [ann.call(lambda tx: tx.passes.use("ann", ["often"], at=NOW)) for _ in range(3)] == [
        True, True, True,
    ]  # fmt: skip
    assert ann.call(lambda tx: tx.passes.end_all("ann", at=NOW + 60)) == 0
    assert ann.call(lambda tx: tx.passes.end_all("ann", at=NOW + 1)) == 2
    assert ann.call(lambda tx: tx.passes.end_all("ann", at=NOW + 1)) == 0
    assert not ann.call(lambda tx: tx.passes.use("ann", ["often"], at=NOW + 2))


def test_a_request_is_decided_once_and_in_time(ann: Store) -> None:
    """By one statement; then it waits no more."""
    assert ann.call(lambda tx: tx.desk.find("acme", "r1")) == REQUEST
    assert ann.call(lambda tx: tx.desk.find("bolt", "r1")) is None
    assert ann.call(lambda tx: tx.desk.waiting("acme", NOW + 59)) == [REQUEST]
    assert ann.call(lambda tx: tx.desk.waiting("acme", NOW + 60)) == []
    assert ann.call(lambda tx: tx.desk.waiting("bolt", NOW)) == []
    assert ann.call(lambda tx: tx.desk.open_for("ann", Act.PASS, NOW)) == REQUEST
    assert ann.call(lambda tx: tx.desk.open_for("ann", Act.INVITE, NOW)) is None

    def decide(number: int, at: int = NOW + 5) -> bool:
        state = RequestState.CONFIRMED if number % 2 else RequestState.REFUSED
        return ann.call(lambda tx: tx.desk.decide("r1", state, decided_by=f"a{number}", at=at))

    assert not decide(0, NOW + 60)
    assert race(20, decide).count(True) == 1
    decided = ann.call(lambda tx: tx.desk.find("acme", "r1"))
    assert decided is not None
    assert (decided.state is RequestState.WAITING, decided.decided_at) == (False, NOW + 5)
    assert ann.call(lambda tx: tx.desk.newest("acme", limit=5)) == [decided]
    assert ann.call(lambda tx: tx.desk.open_for("ann", Act.PASS, NOW)) is None


def test_proofs_are_of_one_account(ann: Store) -> None:
    """None of its own at first."""
    assert ann.call(lambda tx: tx.desk.proofs("acme")) == ()
    ann.call(lambda tx: tx.desk.set_proofs("acme", ("Gesehen", "“x”")))
    assert ann.call(lambda tx: tx.desk.proofs("acme")) == ("Gesehen", "“x”")
    assert ann.call(lambda tx: tx.desk.proofs("bolt")) == ()
