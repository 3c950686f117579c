"""TOTP authenticators, and the one statement that uses up a code, on both databases."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from tests.storage.races import race
from tests.storage.samples import NOW, add_ann, person, totp, with_ann
from twofold.core.authenticators import EVERY, AuthenticatorState
from twofold.ports import Store, Tx

ACTIVE = AuthenticatorState.ACTIVE
STEP = NOW // 30


def test_an_authenticator_comes_back_as_it_was_stored(store: Store) -> None:
    """With its secret, and only in the state that was asked for."""
    with_ann(store)
    store.call(lambda tx: tx.authenticators.add(totp()))
    assert store.call(lambda tx: tx.authenticators.pending("ann")) == totp()
    assert store.call(lambda tx: tx.authenticators.in_force("ann")) == []
    assert store.call(lambda tx: tx.authenticators.pending("bob")) is None


def test_a_person_has_one_pending_authenticator(store: Store) -> None:
    """The database itself refuses a second one."""
    with_ann(store)
    store.call(lambda tx: tx.authenticators.add(totp("t1")))
    with pytest.raises(IntegrityError):
        store.call(lambda tx: tx.authenticators.add(totp("t2")))
    store.call(lambda tx: tx.authenticators.add(totp("t3", state=ACTIVE)))
    assert store.call(lambda tx: tx.authenticators.discard_pending("ann")) == 1
    assert store.call(lambda tx: tx.authenticators.discard_pending("ann")) == 0
    store.call(lambda tx: tx.authenticators.add(totp("t2")))


@pytest.mark.parametrize(
    ("last", "step", "claimed"),
    [
        (0, STEP, True),
        (STEP - 1, STEP, True),
        (STEP, STEP, False),
        (STEP + 1, STEP, False),
        (STEP, STEP + 1, True),
    ],
)
def test_only_a_greater_step_is_claimed(store: Store, last: int, step: int, claimed: bool) -> None:
    """Promise P2: the same or an older step changes nothing, a greater one moves everything."""
    with_ann(store)
    store.call(lambda tx: tx.authenticators.add(replace(totp(state=ACTIVE), last_step=last)))
    claim = store.call(lambda tx: tx.authenticators.claim_step("t1", step, drift=2, offset=1))
    assert claim is claimed
    found = store.call(lambda tx: tx.authenticators.in_force("ann")[-1])
    assert found is not None
    expected = (step, 2, 1) if claimed else (last, 0, 0)
    assert (found.last_step, found.drift, found.last_offset) == expected


@pytest.mark.parametrize("state", [AuthenticatorState.REPLACED, AuthenticatorState.REMOVED])
def test_no_step_of_an_ended_authenticator_is_claimed(
    store: Store, state: AuthenticatorState
) -> None:
    """Nor of one that does not exist."""
    with_ann(store)
    store.call(lambda tx: tx.authenticators.add(totp(state=state)))
    assert not store.call(lambda tx: tx.authenticators.claim_step("t1", STEP, drift=0, offset=0))
    assert not store.call(lambda tx: tx.authenticators.claim_step("t9", STEP, drift=0, offset=0))


def test_a_hundred_threads_claim_one_step_once(store: Store) -> None:
    """Promise P2 under parallel submits."""
    with_ann(store)
    store.call(lambda tx: tx.authenticators.add(totp(state=ACTIVE)))
    claims = race(
        100,
        lambda _: store.call(
            lambda tx: tx.authenticators.claim_step("t1", STEP, drift=0, offset=0)
        ),
    )
    assert claims.count(True) == 1
    assert claims.count(False) == 99


def test_a_pending_one_becomes_active_once(store: Store) -> None:
    """The second *Save* of the same set-up is told that it came too late."""
    with_ann(store)
    store.call(lambda tx: tx.authenticators.add(totp()))
    assert store.call(lambda tx: tx.authenticators.activate("t1", at=NOW + 60)) is True
    assert store.call(lambda tx: tx.authenticators.activate("t1", at=NOW + 99)) is False
    expected = replace(totp(state=ACTIVE), confirmed_at=NOW + 60)
    assert store.call(lambda tx: tx.authenticators.in_force("ann")[-1]) == expected
    assert store.call(lambda tx: tx.authenticators.pending("ann")) is None


def test_retiring_keeps_one_and_spares_other_people(store: Store) -> None:
    """The new authenticator stays; one older one, or all of them, become replaced."""

    def prepare(tx: Tx) -> None:
        add_ann(tx)
        tx.people.add(person("bob"), password=None)
        for id_ in ("t1", "t2", "t3"):
            tx.authenticators.add(totp(id_, state=ACTIVE))
        tx.authenticators.add(totp("t4", "bob", ACTIVE))

    store.call(prepare)
    retired = [
        store.call(
            lambda tx, which=which: tx.authenticators.retire("ann", which, keep="t2", at=NOW)
        )
        for which in ("t4", "t2", "t1", "t1", EVERY, EVERY)
    ]
    assert retired == [0, 0, 1, 0, 1, 0]
    assert [one.id for one in store.call(lambda tx: tx.authenticators.in_force("ann"))] == ["t2"]
    assert len(store.call(lambda tx: tx.authenticators.in_force("bob"))) == 1


def test_only_the_owner_renames_and_removes(store: Store) -> None:
    """By person and id; one that was removed is neither."""

    def prepare(tx: Tx) -> None:
        add_ann(tx)
        tx.people.add(person("bob"), password=None)
        tx.authenticators.add(totp("t1", state=ACTIVE))

    store.call(prepare)
    for who, renamed in (("bob", False), ("ann", True)):
        assert (
            store.call(lambda tx, who=who: tx.authenticators.rename(who, "t1", "Mine")) == renamed
        )
    (kept,) = store.call(lambda tx: tx.authenticators.in_force("ann"))
    assert kept.name == "Mine"
    for who, removed in (("bob", False), ("ann", True), ("ann", False)):
        assert (
            store.call(lambda tx, who=who: tx.authenticators.remove(who, "t1", at=NOW)) == removed
        )
    assert store.call(lambda tx: tx.authenticators.has_factor("ann")) is False
    assert store.call(lambda tx: tx.authenticators.rename("ann", "t1", "x")) is False


def test_that_somebody_was_asked_is_noted_once(store: Store) -> None:
    """On the active ones; the first moment stays."""
    with_ann(store)
    store.call(lambda tx: tx.authenticators.add(totp("t1", state=ACTIVE)))
    for at in (NOW, NOW + 5):
        store.call(lambda tx, at=at: tx.authenticators.asked("ann", at=at))
    (one,) = store.call(lambda tx: tx.authenticators.in_force("ann"))
    assert one.asked_at == NOW


def test_the_app_is_noted_while_a_set_up_is_pending(store: Store) -> None:
    """It comes back with the authenticator; on one that counts already nothing changes."""
    with_ann(store)
    store.call(lambda tx: tx.authenticators.add(totp("t1")))
    store.call(lambda tx: tx.authenticators.add(replace(totp("t2", state=ACTIVE), app="authy-ios")))
    for id_ in ("t1", "t2"):
        store.call(lambda tx, id_=id_: tx.authenticators.set_app(id_, "aegis-android"))
    pending = store.call(lambda tx: tx.authenticators.pending("ann"))
    assert pending == replace(totp("t1"), app="aegis-android")
    active = store.call(lambda tx: tx.authenticators.in_force("ann")[-1])
    assert active == replace(totp("t2", state=ACTIVE), app="authy-ios")


def test_a_used_step_is_brought_back_unless_it_has_moved(store: Store) -> None:
    """The active and the pending ones of everybody that were used beyond a step; no others."""
    with_ann(store)
    store.call(lambda tx: tx.authenticators.add(totp("t1", state=AuthenticatorState.ACTIVE)))
    store.call(lambda tx: tx.authenticators.add(totp("t2", state=AuthenticatorState.REPLACED)))
    store.call(lambda tx: tx.authenticators.add(totp("t3")))
    for id_, step in (("t1", 900), ("t3", 950)):
        store.call(
            lambda tx, id_=id_, step=step: tx.authenticators.claim_step(
                id_, step, drift=0, offset=0
            )
        )
    beyond = lambda step: [  # noqa: E731
        one.id for one in store.call(lambda tx: tx.authenticators.used_beyond(step))
    ]
    assert (beyond(-1), beyond(899), beyond(900), beyond(950)) == (
        ["t1", "t3"],
        ["t1", "t3"],
        ["t3"],
        [],
    )
    bring = lambda expected: store.call(  # noqa: E731
        lambda tx: tx.authenticators.bring_back("t1", 500, expected=expected)
    )
    assert bring(899) is False
    assert bring(900) is True
    assert bring(900) is False
    assert beyond(499) == ["t1", "t3"]
    assert beyond(500) == ["t3"]
