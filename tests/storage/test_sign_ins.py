"""Half-finished sign-ins, on both databases, inside a flow and by the look-up beside it."""

import asyncio

import pytest

from tests.storage.races import race
from tests.storage.samples import TOKEN, account, number, person, sign_in, with_ann
from twofold.core.errors import NotFound
from twofold.core.people import PersonState
from twofold.core.sessions import HalfCaller, Stage
from twofold.ports import Store

NOW = sign_in().created_at
END = sign_in().expires_at


@pytest.fixture
def signing_in(store: Store) -> Store:
    """Ann gave her password."""
    with_ann(store)
    store.call(lambda tx: tx.sign_ins.add(sign_in(), TOKEN))
    return store


def look_up(store: Store, token: bytes = TOKEN, now: int = NOW) -> HalfCaller | None:
    """Both ways to find a sign-in, which must agree."""
    inline = asyncio.run(store.half_caller(token, now))
    assert store.call(lambda tx: tx.sign_ins.by_token(token, now)) == inline
    return inline


def test_a_sign_in_is_found_with_person_and_account(signing_in: Store) -> None:
    """One read brings everything that a page needs."""
    assert look_up(signing_in) == HalfCaller(sign_in(), person(), account())
    assert look_up(signing_in, number(7)) is None


def test_a_sign_in_ends_at_its_time(signing_in: Store) -> None:
    """Alive to the last second before; then the page learns whose it was."""
    assert look_up(signing_in, now=END - 1) is not None
    assert look_up(signing_in, now=END) is None
    address = signing_in.call(lambda tx: tx.sign_ins.expired_return(TOKEN))
    assert address == "ann@example.org"
    assert signing_in.call(lambda tx: tx.sign_ins.expired_return(number(7))) is None


def test_a_new_password_kills_the_sign_in(signing_in: Store) -> None:
    """It was begun with a password that is no more."""
    assert signing_in.call(lambda tx: tx.people.set_password("ann", "$n", expected_version=1))
    assert look_up(signing_in) is None


@pytest.mark.parametrize("state", [PersonState.DISABLED, PersonState.INVITED])
def test_who_may_not_sign_in_has_no_sign_in(signing_in: Store, state: PersonState) -> None:
    """Whatever the token says."""
    signing_in.call(lambda tx: tx.people.set_state("ann", state))
    assert look_up(signing_in) is None
    assert signing_in.call(lambda tx: tx.sign_ins.expired_return(TOKEN)) is None


def test_failures_and_stage_are_kept(signing_in: Store) -> None:
    """The count comes back with each failure; a sign-in that is gone raises."""
    assert signing_in.call(lambda tx: tx.sign_ins.add_failure("i1")) == 1
    assert signing_in.call(lambda tx: tx.sign_ins.add_failure("i1")) == 2
    signing_in.call(lambda tx: tx.sign_ins.set_stage("i1", Stage.ENROL))
    found = look_up(signing_in)
    assert found is not None
    assert (found.sign_in.failures, found.sign_in.stage) == (2, Stage.ENROL)
    with pytest.raises(NotFound):
        signing_in.call(lambda tx: tx.sign_ins.add_failure("i9"))


def test_fifty_threads_finish_one_sign_in_once(signing_in: Store) -> None:
    """Promise P2: one sign-in makes one session."""
    results = race(50, lambda _: signing_in.call(lambda tx: tx.sign_ins.finish("i1")))
    assert results.count(True) == 1
    assert look_up(signing_in) is None


def test_all_of_a_person_end_and_old_ones_are_purged(signing_in: Store) -> None:
    """Others stay."""
    signing_in.call(lambda tx: tx.people.add(person("bob"), password="$b"))
    signing_in.call(lambda tx: tx.sign_ins.add(sign_in("i2"), number(2)))
    signing_in.call(lambda tx: tx.sign_ins.add(sign_in("i3", "bob"), number(3)))
    assert signing_in.call(lambda tx: tx.sign_ins.end_all("ann")) == 2
    assert look_up(signing_in) is None
    assert look_up(signing_in, number(3)) is not None
    assert signing_in.call(lambda tx: tx.sign_ins.purge(END)) == 0
    assert signing_in.call(lambda tx: tx.sign_ins.purge(END + 1)) == 1
