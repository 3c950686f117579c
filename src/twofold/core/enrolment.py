"""The life of an authenticator as a table. A pending one never authenticates."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from twofold.core.authenticators import AuthenticatorState
from twofold.core.errors import IllegalTransition


class EnrolmentFact(StrEnum):
    """What happens to an authenticator."""

    CODE_WRONG = "a wrong code"
    CODE_RIGHT = "a right code and Save"
    NEWER_PROVED = "a newer one was proved"
    REMOVED = "removed"
    USED = "a right code at sign-in"


TRANSITIONS: Mapping[tuple[AuthenticatorState, EnrolmentFact], AuthenticatorState] = (
    MappingProxyType(
        {
            (AuthenticatorState.PENDING, EnrolmentFact.CODE_WRONG): AuthenticatorState.PENDING,
            (AuthenticatorState.PENDING, EnrolmentFact.CODE_RIGHT): AuthenticatorState.ACTIVE,
            (AuthenticatorState.PENDING, EnrolmentFact.REMOVED): AuthenticatorState.REMOVED,
            (AuthenticatorState.ACTIVE, EnrolmentFact.USED): AuthenticatorState.ACTIVE,
            (AuthenticatorState.ACTIVE, EnrolmentFact.NEWER_PROVED): AuthenticatorState.REPLACED,
            (AuthenticatorState.ACTIVE, EnrolmentFact.REMOVED): AuthenticatorState.REMOVED,
        }
    )
)


def advance(state: AuthenticatorState, fact: EnrolmentFact) -> AuthenticatorState:
    """The state after `fact`. Raises `IllegalTransition` for what the table does not hold."""
    try:
        return TRANSITIONS[state, fact]
    except KeyError:
        raise IllegalTransition(f"An authenticator that is {state} cannot meet “{fact}”.") from None
