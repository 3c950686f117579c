"""The sign-in as a machine: a table of what may follow what. What is not in it is illegal.

    START --password right--> (code | enrol | done) --proof--> done
    START --passkey that knows its owner--> done

The machine knows nothing of how a fact came about. `flows/sign_in.py` and `flows/enrol.py` find
the facts out and ask `advance` what they mean; nothing else may make a session.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from twofold.core.errors import IllegalTransition
from twofold.core.sessions import Stage


class SignInState(StrEnum):
    """Where a sign-in stands."""

    START = "start"
    CODE = "code"
    """The password was right; a code of the person's authenticator is awaited."""
    ENROL = "enrol"
    """The password was right; policy demands a set-up before anything else."""
    DONE = "done"
    """A session exists."""
    ENDED = "ended"


class SignInFact(StrEnum):
    """What was found out."""

    PASSWORD_WRONG = "password wrong"  # noqa: S105
    PASSWORD_RIGHT_ENROLLED = "password right, enrolled"  # noqa: S105
    PASSWORD_RIGHT_TRUSTED = "password right, enrolled, trusted browser"  # noqa: S105
    PASSWORD_RIGHT_MUST_ENROL = "password right, must enrol"  # noqa: S105
    PASSWORD_RIGHT_FREE = "password right, nothing more asked"  # noqa: S105
    CODE_ACCEPTED = "code or passkey accepted"
    PASSKEY_VERIFIED = "passkey that knows its owner"
    CODE_REFUSED = "code refused"
    RECOVERY_LINK = "link to set up anew"
    SET_UP_PROVED = "set-up proved"
    EXPIRED = "time ran out"
    CANCELLED = "cancelled"


TRANSITIONS: Mapping[tuple[SignInState, SignInFact], SignInState] = MappingProxyType(
    {
        (SignInState.START, SignInFact.PASSWORD_WRONG): SignInState.START,
        (SignInState.START, SignInFact.PASSWORD_RIGHT_ENROLLED): SignInState.CODE,
        (SignInState.START, SignInFact.PASSWORD_RIGHT_TRUSTED): SignInState.DONE,
        (SignInState.START, SignInFact.PASSWORD_RIGHT_MUST_ENROL): SignInState.ENROL,
        (SignInState.START, SignInFact.PASSWORD_RIGHT_FREE): SignInState.DONE,
        (SignInState.START, SignInFact.PASSKEY_VERIFIED): SignInState.DONE,
        (SignInState.CODE, SignInFact.CODE_ACCEPTED): SignInState.DONE,
        (SignInState.CODE, SignInFact.CODE_REFUSED): SignInState.CODE,
        (SignInState.CODE, SignInFact.RECOVERY_LINK): SignInState.ENROL,
        (SignInState.CODE, SignInFact.EXPIRED): SignInState.ENDED,
        (SignInState.CODE, SignInFact.CANCELLED): SignInState.ENDED,
        (SignInState.ENROL, SignInFact.SET_UP_PROVED): SignInState.DONE,
        (SignInState.ENROL, SignInFact.CODE_REFUSED): SignInState.ENROL,
        (SignInState.ENROL, SignInFact.EXPIRED): SignInState.ENDED,
        (SignInState.ENROL, SignInFact.CANCELLED): SignInState.ENDED,
    }
)


def advance(state: SignInState, fact: SignInFact) -> SignInState:
    """The state after `fact`. Raises `IllegalTransition` for what the table does not hold."""
    try:
        return TRANSITIONS[state, fact]
    except KeyError:
        raise IllegalTransition(f"A sign-in at “{state}” cannot meet “{fact}”.") from None


def state_of(stage: Stage) -> SignInState:
    """The machine's state of a half-finished sign-in."""
    return SignInState.CODE if stage is Stage.CODE else SignInState.ENROL
