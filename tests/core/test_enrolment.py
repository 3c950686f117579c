"""The life of an authenticator: its table, and that nothing else is possible."""

from itertools import product

import pytest

from twofold.core.authenticators import AuthenticatorState
from twofold.core.enrolment import TRANSITIONS, EnrolmentFact, advance
from twofold.core.errors import IllegalTransition


@pytest.mark.parametrize(("state", "fact"), list(product(AuthenticatorState, EnrolmentFact)))
def test_what_is_not_in_the_table_is_illegal(
    state: AuthenticatorState, fact: EnrolmentFact
) -> None:
    """Every pair either leads where the table says or raises with both names."""
    if (state, fact) in TRANSITIONS:
        assert advance(state, fact) is TRANSITIONS[state, fact]
        return
    with pytest.raises(IllegalTransition, match="cannot meet") as raised:
        advance(state, fact)
    assert fact.value in str(raised.value)
    assert state.value in str(raised.value)


def test_only_a_proof_activates() -> None:
    """A pending authenticator becomes active by a right code and Save, in no other way."""
    ways = [
        pair
        for pair, after in TRANSITIONS.items()
        if after is AuthenticatorState.ACTIVE and pair[0] is not AuthenticatorState.ACTIVE
    ]
    assert ways == [(AuthenticatorState.PENDING, EnrolmentFact.CODE_RIGHT)]


def test_a_pending_one_is_never_used() -> None:
    """It does not sign in."""
    with pytest.raises(IllegalTransition):
        advance(AuthenticatorState.PENDING, EnrolmentFact.USED)


def test_nothing_comes_back() -> None:
    """Replaced and removed ones stay so."""
    gone = (AuthenticatorState.REPLACED, AuthenticatorState.REMOVED)
    assert not [state for state, _ in TRANSITIONS if state in gone]
