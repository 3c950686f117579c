"""Proving oneself again inside a session."""

import pytest

from tests.world import DESK, HERE, Organisation
from twofold.core.attempts import AttemptPurpose, Outcome
from twofold.core.events import EventKind
from twofold.core.otp import Malformed
from twofold.core.people import Person
from twofold.core.sessions import FRESH, Caller
from twofold.flows import sessions, step_up
from twofold.flows.sign_in import PasswordRefused, SignedIn, SignInEnded
from twofold.flows.step_up import OwnPasswordTry, Proved
from twofold.flows.verify import Locked, Typed, Wrong


def prove_factor(acme: Organisation, caller: Caller, typed: str) -> object:
    """Submit a code."""
    return acme.call(step_up.prove_factor, caller=caller, typed=Typed(typed), place=HERE)


def tried(acme: Organisation, caller: Caller) -> OwnPasswordTry:
    """What the hasher would check."""
    return acme.call(step_up.look_up_own_password, caller=caller, place=HERE)


def prove_password(
    acme: Organisation, caller: Caller, asked: OwnPasswordTry, proved: bool
) -> object:
    """Submit the password."""
    return acme.call(
        step_up.settle_own_password, caller=caller, tried=asked, proved=proved, place=HERE
    )


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member who is enrolled."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


def test_a_right_code_makes_the_factor_fresh_under_a_new_token(
    acme: Organisation, ben: Person
) -> None:
    """The old token is dead; the password is as old as it was."""
    answer = acme.submit_code(acme.half(ben), acme.code(ben))
    assert isinstance(answer, SignedIn)
    caller = acme.caller_of(answer.token)
    assert caller is not None
    acme.clock.advance(FRESH + 30)
    assert not caller.session.has_fresh_factor(acme.now)
    proved = prove_factor(acme, caller, acme.code(ben))
    assert isinstance(proved, Proved)
    assert acme.caller_of(answer.token) is None
    renewed = acme.caller_of(proved.token)
    assert renewed is not None
    assert renewed.session.id == caller.session.id
    assert renewed.session.has_fresh_factor(acme.now)
    assert renewed.session.password_at == caller.session.password_at
    assert acme.attempts(ben)[0].purpose is AttemptPurpose.STEP_UP


def test_codes_are_refused_here_as_anywhere(acme: Organisation, ben: Person) -> None:
    """Malformed, wrong, locked; nothing of it makes the factor fresh."""
    caller = acme.caller(ben)
    assert isinstance(prove_factor(acme, caller, "1 2 3"), Malformed)
    wrong = [acme.wrong(acme.active(ben), n) for n in range(4)]
    answers = [prove_factor(acme, caller, code) for code in wrong]
    assert answers == [Wrong()] * 3 + [Locked(acme.now + 30)]
    assert acme.sessions(ben) == 2


def test_somebody_without_a_factor_proves_none(acme: Organisation) -> None:
    """Every code is wrong."""
    assert prove_factor(acme, acme.caller(acme.add("Eve")), "123456") == Wrong()


def test_an_ended_session_is_not_revived(acme: Organisation, ben: Person) -> None:
    """By a code: it is used up. By the password: nothing happens."""
    caller = acme.caller(ben)
    acme.clock.advance(30)
    asked = tried(acme, caller)
    acme.call(sessions.end, caller=caller)
    assert prove_factor(acme, caller, acme.code(ben)) == SignInEnded()
    assert acme.outcomes(ben)[-1] is Outcome.ACCEPTED
    assert prove_password(acme, caller, asked, True) == SignInEnded()
    assert acme.events(EventKind.PASSWORD_PROVED) == []


def test_a_right_password_makes_it_fresh_under_a_new_token(acme: Organisation) -> None:
    """And adds no method to the session."""
    caller = acme.caller(acme.owner)
    acme.clock.advance(FRESH + 1)
    answer = prove_password(acme, caller, tried(acme, caller), True)
    assert isinstance(answer, Proved)
    renewed = acme.caller_of(answer.token)
    assert renewed is not None
    assert renewed.session.has_fresh_password(acme.now)
    assert (renewed.session.methods, renewed.session.factor_at) == (("pwd",), None)
    assert len(acme.events(EventKind.PASSWORD_PROVED)) == 1


def test_a_wrong_or_changed_password_is_refused(acme: Organisation) -> None:
    """The version that was checked must still be the person's."""
    caller = acme.caller(acme.owner)
    asked = tried(acme, caller)
    assert prove_password(acme, caller, asked, False) == PasswordRefused()
    acme.store.call(lambda tx: tx.people.set_password(acme.owner_id, "$new", expected_version=1))
    assert prove_password(acme, caller, asked, True) == PasswordRefused()
    events = acme.events(EventKind.PASSWORD_WRONG)
    assert [event.actor_id for event in events] == [acme.owner_id] * 2
    assert events[0].data == {"address": DESK.address, "browser": DESK.browser}
