"""Signing in with a passkey, and proving oneself again with one. What makes an answer right is in
`ceremonies.py`.
"""

from twofold.core.passkeys import (
    MULTI_FACTOR,
    PRESENT,
    Ceremony,
    RelyingParty,
    Trouble,
)
from twofold.core.people import Instant, PersonState
from twofold.core.sessions import Caller, HalfCaller, Stage
from twofold.core.signin import SignInFact, SignInState, advance
from twofold.flows import ceremonies, second_step, sessions
from twofold.flows.ceremonies import PasskeyRefused
from twofold.flows.sign_in import From, SignedIn, SignInEnded, finish
from twofold.flows.step_up import Proved
from twofold.ports import Tx


def ask_whole(tx: Tx, now: Instant, *, party: RelyingParty, cookie: str, place: From) -> str | None:
    """Options for a whole sign-in in the browser with this cookie; None while its source has too
    many of them. The same for everybody: nobody has said who they are.
    """
    return ceremonies.ask(
        tx,
        now,
        ceremony=Ceremony.WHOLE,
        party=party,
        bound=ceremonies.of_cookie(cookie),
        person=None,
        place=place,
    )


def sign_in(
    tx: Tx,
    now: Instant,
    *,
    party: RelyingParty,
    cookie: str,
    sent: str,
    return_to: str,
    place: From,
) -> SignedIn | PasskeyRefused:
    """A whole sign-in: the device has the key, and had its owner prove themselves to it. The
    password is not proved by that, and the session says so.
    """
    proof = ceremonies.prove(
        tx,
        now,
        ceremony=Ceremony.WHOLE,
        party=party,
        bound=ceremonies.of_cookie(cookie),
        person=None,
        sent=sent,
        place=place,
    )
    if isinstance(proof, PasskeyRefused):
        return proof
    if proof.person.state is not PersonState.ACTIVE:
        return PasskeyRefused(Trouble.NO_ENTRY)
    advance(SignInState.START, SignInFact.PASSKEY_VERIFIED)
    return finish(
        tx,
        now,
        proof.person,
        tx.accounts.get(proof.person.account_id),
        return_to,
        place,
        methods=(proof.passkey.method, PRESENT, MULTI_FACTOR),
    )


def ask_second_step(
    tx: Tx, now: Instant, *, half: HalfCaller, party: RelyingParty, place: From
) -> str | None:
    """Options for the second step; None for somebody without a passkey."""
    return ceremonies.ask(
        tx,
        now,
        ceremony=Ceremony.SECOND_STEP,
        party=party,
        bound=ceremonies.of_half(half),
        person=half.person,
        place=place,
    )


def submit_second_step(
    tx: Tx,
    now: Instant,
    *,
    half: HalfCaller,
    party: RelyingParty,
    sent: str,
    trust: bool,
    place: From,
) -> SignedIn | PasskeyRefused | SignInEnded:
    """The second step, at any level of the lock: nobody guesses a signature."""
    if half.sign_in.stage is not Stage.CODE:
        return PasskeyRefused(Trouble.CHALLENGE)
    proof = ceremonies.prove(
        tx,
        now,
        ceremony=Ceremony.SECOND_STEP,
        party=party,
        bound=ceremonies.of_half(half),
        person=half.person,
        sent=sent,
        place=place,
    )
    if isinstance(proof, PasskeyRefused):
        return proof
    return second_step.complete(
        tx, now, half, trust=trust, place=place, method=proof.passkey.method
    )


def ask_fresh(
    tx: Tx, now: Instant, *, caller: Caller, party: RelyingParty, place: From
) -> str | None:
    """Options for a fresh proof within a session; None for somebody without a passkey."""
    return ceremonies.ask(
        tx,
        now,
        ceremony=Ceremony.FRESH,
        party=party,
        bound=ceremonies.of_session(caller.session),
        person=caller.person,
        place=place,
    )


def prove_fresh(
    tx: Tx, now: Instant, *, caller: Caller, party: RelyingParty, sent: str, place: From
) -> Proved | PasskeyRefused | SignInEnded:
    """The session counts as freshly proved, under a new id."""
    proof = ceremonies.prove(
        tx,
        now,
        ceremony=Ceremony.FRESH,
        party=party,
        bound=ceremonies.of_session(caller.session),
        person=caller.person,
        sent=sent,
        place=place,
    )
    if isinstance(proof, PasskeyRefused):
        return proof
    token = sessions.renew(
        tx, now, caller.session, password=False, factor=True, method=proof.passkey.method
    )
    return Proved(token) if token else SignInEnded()
