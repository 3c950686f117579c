"""The sign-in machine: its table, and that nothing else is possible."""

from itertools import product

import pytest

from twofold.core.errors import IllegalTransition
from twofold.core.sessions import Stage
from twofold.core.signin import TRANSITIONS, SignInFact, SignInState, advance, state_of

EVERY = list(product(SignInState, SignInFact))
PROOFS = {
    (SignInState.START, SignInFact.PASSWORD_RIGHT_FREE),
    (SignInState.START, SignInFact.PASSWORD_RIGHT_TRUSTED),
    (SignInState.START, SignInFact.PASSKEY_VERIFIED),
    (SignInState.CODE, SignInFact.CODE_ACCEPTED),
    (SignInState.ENROL, SignInFact.SET_UP_PROVED),
}


@pytest.mark.parametrize(("state", "fact"), EVERY)
def test_what_is_not_in_the_table_is_illegal(state: SignInState, fact: SignInFact) -> None:
    """Every pair either leads where the table says or raises with both names."""
    if (state, fact) in TRANSITIONS:
        assert advance(state, fact) is TRANSITIONS[state, fact]
        return
    with pytest.raises(IllegalTransition, match="cannot meet") as raised:
        advance(state, fact)
    assert fact.value in str(raised.value)


def test_only_a_proof_leads_to_a_session() -> None:
    """Five ways, and no other, are done."""
    done = {pair for pair, after in TRANSITIONS.items() if after is SignInState.DONE}
    assert done == PROOFS


def test_the_end_is_the_end() -> None:
    """Nothing follows a session or an ended sign-in."""
    assert not [s for s, _ in TRANSITIONS if s in (SignInState.DONE, SignInState.ENDED)]


def test_whoever_waits_may_always_give_up_or_run_out() -> None:
    """Cancel and expiry end every half-finished sign-in."""
    for state, fact in product(
        (SignInState.CODE, SignInState.ENROL), (SignInFact.CANCELLED, SignInFact.EXPIRED)
    ):
        assert advance(state, fact) is SignInState.ENDED


def test_the_table_cannot_be_changed() -> None:
    """Nobody adds a way at run time."""
    with pytest.raises(TypeError):
        TRANSITIONS[SignInState.CODE, SignInFact.CANCELLED] = SignInState.DONE  # type: ignore[index]


def test_each_stage_is_a_state() -> None:
    """What a stored sign-in waits for, as the machine calls it."""
    assert [state_of(stage) for stage in Stage] == [SignInState.CODE, SignInState.ENROL]
