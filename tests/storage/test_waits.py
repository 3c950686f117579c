"""Delayed recoveries as rows."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from tests.storage.races import race
from tests.storage.samples import NOW, link, mail, with_ann
from twofold.core.people import DAY
from twofold.core.tokens import Purpose, digest
from twofold.core.waits import JUMP, StopReason, Wait, WaitState
from twofold.ports import Store

WAIT = Wait(
    id="w1", account_id="acme", person_id="ann", state=WaitState.WAITING, length=3 * DAY,
    password_version=1, notices=1, mail_id="m1", started_at=NOW, stepped_at=NOW,
    next_at=NOW + DAY,
)  # fmt: skip


@pytest.fixture
def ann(store: Store) -> Store:
    """A store with Ann, who waits."""
    with_ann(store)
    store.call(lambda tx: tx.mails.add(mail("m1")))
    store.call(lambda tx: tx.waits.add(WAIT))
    return store


def test_it_is_found_as_it_was_stored(ann: Store) -> None:
    """By its person and its account, running or over."""
    assert ann.call(lambda tx: tx.waits.running("ann")) == WAIT
    assert ann.call(lambda tx: tx.waits.latest("ann")) == WAIT
    ((found, who),) = ann.call(lambda tx: tx.waits.running_in("acme"))
    assert (found, who.id) == (WAIT, "ann")
    over = replace(WAIT, state=WaitState.STOPPED, ended_at=NOW + 5, stopped_by=StopReason.LINK)
    assert ann.call(lambda tx: tx.waits.move(over, state=WAIT.state, notices=1))
    assert ann.call(lambda tx: tx.waits.running("ann")) is None
    assert ann.call(lambda tx: tx.waits.latest("ann")) == over
    assert ann.call(lambda tx: tx.waits.running_in("acme")) == []


def test_a_person_has_one_running_at_most(ann: Store) -> None:
    """The database says so too."""
    with pytest.raises(IntegrityError):
        ann.call(lambda tx: tx.waits.add(replace(WAIT, id="w2", state=WaitState.OPEN)))
    ann.call(lambda tx: tx.waits.add(replace(WAIT, id="w0", state=WaitState.EXPIRED)))
    assert ann.call(lambda tx: tx.waits.running("ann")) == WAIT


def test_it_is_due_at_its_second_or_when_the_clock_was_put_back(ann: Store) -> None:
    """And not when it is over."""
    for now, due in ((NOW + DAY - 1, None), (NOW + DAY, WAIT), (NOW - JUMP - 1, WAIT)):
        assert ann.call(lambda tx, now=now: tx.waits.due(now)) == due
    over = replace(WAIT, state=WaitState.USED, ended_at=NOW)
    ann.call(lambda tx: tx.waits.move(over, state=WAIT.state, notices=1))
    assert ann.call(lambda tx: tx.waits.due(NOW + 9 * DAY)) is None


def test_of_many_movers_one_moves_it(ann: Store) -> None:
    """Only from where it was seen to stand."""
    moved = replace(WAIT, notices=2, stepped_at=NOW + DAY, next_at=NOW + 2 * DAY)
    answers = race(
        20, lambda _: ann.call(lambda tx: tx.waits.move(moved, state=WAIT.state, notices=1))
    )
    assert answers.count(True) == 1
    assert ann.call(lambda tx: tx.waits.running("ann")) == moved
    assert not ann.call(lambda tx: tx.waits.move(WAIT, state=WaitState.OPEN, notices=2))


@pytest.mark.parametrize("purpose", [Purpose.PASSWORD, Purpose.INVITATION, Purpose.ENROL])
def test_a_password_out_of_a_link_is_proved_for_its_own_version(
    store: Store, purpose: Purpose
) -> None:
    """A link of the version before made it; one that was not used, of another kind or of an
    earlier version did not.
    """
    with_ann(store)
    proved = lambda: store.call(lambda tx: tx.waits.password_is_proved("ann"))  # noqa: E731
    assert proved()
    for id_, version in (("l0", 5), ("l1", 0)):
        made = replace(link(id_, purpose=purpose), password_version=version)
        store.call(lambda tx, made=made: tx.links.add(made, digest(purpose, made.id)))
        assert proved()
    store.call(lambda tx: tx.people.set_password("ann", "x", expected_version=1))
    used = replace(link("l2", purpose=purpose), password_version=1, used_at=NOW)
    store.call(lambda tx: tx.links.add(used, digest(purpose, "l2")))
    assert proved() is (purpose is not Purpose.PASSWORD)
    store.call(lambda tx: tx.waits.prove_password("ann"))
    assert proved()
    store.call(lambda tx: tx.people.set_password("ann", "y", expected_version=2))
    newer = replace(link("l3", purpose=purpose), password_version=2, used_at=NOW)
    store.call(lambda tx: tx.links.add(newer, digest(purpose, "l3")))
    assert proved() is (purpose is not Purpose.PASSWORD)
