"""Sessions, on both databases, inside a flow and by the look-up beside it."""

import asyncio
from dataclasses import replace

import pytest

from tests.storage.samples import NOW, TOKEN, account, number, person, session, totp, with_ann
from twofold.core.authenticators import AuthenticatorState
from twofold.core.people import PersonState
from twofold.core.sessions import SESSION_IDLE, SESSION_LIFETIME, Caller
from twofold.ports import Store


@pytest.fixture
def signed_in(store: Store) -> Store:
    """Ann has a session."""
    with_ann(store)
    store.call(lambda tx: tx.sessions.add(session(), TOKEN))
    return store


def look_up(store: Store, token: bytes = TOKEN, now: int = NOW) -> Caller | None:
    """Both ways to find a session, which must agree."""
    inline = asyncio.run(store.caller(token, now))
    assert store.call(lambda tx: tx.sessions.by_token(token, now)) == inline
    return inline


def test_a_session_is_found_with_person_account_and_enrolment(signed_in: Store) -> None:
    """One read brings everything that a page needs; a pending set-up is no enrolment."""
    signed_in.call(lambda tx: tx.authenticators.add(totp("t1")))
    assert look_up(signed_in) == Caller(session(), person(), account(), enrolled=False)
    signed_in.call(lambda tx: tx.authenticators.add(totp("t2", state=AuthenticatorState.ACTIVE)))
    assert look_up(signed_in) == Caller(session(), person(), account(), enrolled=True)
    assert look_up(signed_in, number(7)) is None


def test_a_session_ends_when_idle(signed_in: Store) -> None:
    """Being used keeps it alive; a late note of an earlier use does not turn it back."""
    assert look_up(signed_in, now=NOW + SESSION_IDLE - 1) is not None
    assert look_up(signed_in, now=NOW + SESSION_IDLE) is None
    signed_in.call(lambda tx: tx.sessions.touch("s1", NOW + 600))
    signed_in.call(lambda tx: tx.sessions.touch("s1", NOW + 300))
    assert look_up(signed_in, now=NOW + 600 + SESSION_IDLE - 1) is not None
    assert look_up(signed_in, now=NOW + 600 + SESSION_IDLE) is None


def test_a_session_ends_for_good_whatever_happens(signed_in: Store) -> None:
    """Use does not carry it past the absolute limit."""
    signed_in.call(lambda tx: tx.sessions.touch("s1", NOW + SESSION_LIFETIME - 1))
    assert look_up(signed_in, now=NOW + SESSION_LIFETIME - 1) is not None
    assert look_up(signed_in, now=NOW + SESSION_LIFETIME) is None


@pytest.mark.parametrize("offset", [0, SESSION_IDLE - 1, SESSION_IDLE, SESSION_LIFETIME])
def test_the_look_up_agrees_with_the_core(signed_in: Store, offset: int) -> None:
    """The limits are said in `core.sessions`; the statement only repeats them."""
    alive = look_up(signed_in, now=NOW + offset) is not None
    assert alive is session().is_alive(NOW + offset)


@pytest.mark.parametrize("state", [PersonState.DISABLED, PersonState.INVITED])
def test_a_person_who_is_not_active_has_no_session(signed_in: Store, state: PersonState) -> None:
    """From the moment of the change, without waiting for the session to end."""
    signed_in.call(lambda tx: tx.people.set_state("ann", state))
    assert look_up(signed_in) is None


def test_a_renewed_session_has_another_token(signed_in: Store) -> None:
    """The old token is dead, the rest is what was proved."""
    renewed = signed_in.call(
        lambda tx: tx.sessions.renew(
            "s1",
            number(2),
            methods=("pwd", "otp"),
            password_at=NOW + 5,
            factor_at=NOW + 6,
            ends_at=None,
        )
    )
    assert renewed is True
    assert look_up(signed_in) is None
    found = look_up(signed_in, number(2))
    assert found is not None
    assert found.session == replace(session(), password_at=NOW + 5, factor_at=NOW + 6)
    assert not signed_in.call(
        lambda tx: tx.sessions.renew(
            "s9", number(9), methods=("pwd",), password_at=NOW, factor_at=None, ends_at=None
        )
    )


def test_sessions_are_listed_and_ended(signed_in: Store) -> None:
    """One, all but one, all."""
    for value in (2, 3, 4):
        other = replace(session(f"s{value}"), seen_at=NOW + value)
        signed_in.call(lambda tx, one=other, value=value: tx.sessions.add(one, number(value)))

    def ids() -> list[str]:
        return [found.id for found in signed_in.call(lambda tx: tx.sessions.of("ann"))]

    assert ids() == ["s4", "s3", "s2", "s1"]
    assert signed_in.call(lambda tx: tx.sessions.end("s2")) is True
    assert signed_in.call(lambda tx: tx.sessions.end("s2")) is False
    assert signed_in.call(lambda tx: tx.sessions.end_all("ann", keep="s3")) == 2
    assert ids() == ["s3"]
    assert signed_in.call(lambda tx: tx.sessions.end_all("ann")) == 1
    assert ids() == []


def test_sessions_without_a_second_factor_end_together(signed_in: Store) -> None:
    """Only those of the account, and only those that no factor opened."""
    signed_in.call(lambda tx: tx.accounts.add(account("bolt")))
    signed_in.call(lambda tx: tx.people.add(person("zoe", "bolt"), password="$z"))
    bare = session("s2", factor_at=None)
    foreign = replace(session("s3", "zoe", factor_at=None), account_id="bolt")
    signed_in.call(lambda tx: tx.sessions.add(bare, number(2)))
    signed_in.call(lambda tx: tx.sessions.add(foreign, number(3)))
    assert signed_in.call(lambda tx: tx.sessions.end_unproven("acme")) == 1
    assert look_up(signed_in) is not None
    assert look_up(signed_in, number(3)) is not None


def test_old_and_idle_sessions_are_purged(signed_in: Store) -> None:
    """Either limit is enough."""
    idle = replace(session("s2"), created_at=NOW + 100, seen_at=NOW + 100)
    old = replace(session("s3"), seen_at=NOW + 900)
    signed_in.call(lambda tx: tx.sessions.add(idle, number(2)))
    signed_in.call(lambda tx: tx.sessions.add(old, number(3)))
    assert signed_in.call(lambda tx: tx.sessions.purge(NOW, NOW)) == 0
    assert signed_in.call(lambda tx: tx.sessions.purge(NOW, NOW + 101)) == 2
    assert signed_in.call(lambda tx: tx.sessions.purge(NOW + 1, NOW)) == 1


def test_a_session_of_a_pass_is_dead_from_its_last_second_on(signed_in: Store) -> None:
    """Whatever the other limits say; and all such sessions of a person end at once."""
    for value, ends_at in ((2, NOW + 60), (3, NOW + 120)):
        one = replace(session(f"s{value}"), methods=("pwd", "pass"), ends_at=ends_at)
        signed_in.call(lambda tx, one=one, value=value: tx.sessions.add(one, number(value)))
    found = signed_in.call(lambda tx: tx.sessions.by_token(number(2), NOW + 59))
    assert found is not None
    assert found.session.ends_at == NOW + 60
    assert signed_in.call(lambda tx: tx.sessions.by_token(number(2), NOW + 60)) is None
    assert signed_in.call(lambda tx: tx.sessions.end_by_pass("ann")) == 2
    assert signed_in.call(lambda tx: tx.sessions.by_token(number(3), NOW)) is None
    assert look_up(signed_in) is not None
