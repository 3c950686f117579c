"""Proving oneself again inside a session, before something sensitive (promise P4)."""

from dataclasses import dataclass

from twofold.core.attempts import AttemptPurpose, Source
from twofold.core.events import EventKind
from twofold.core.otp import Malformed
from twofold.core.people import Instant
from twofold.core.sessions import Caller
from twofold.flows import sessions
from twofold.flows.outbox import record
from twofold.flows.sign_in import PasswordRefused, PasswordTry, SignInEnded
from twofold.flows.verify import Accepted, Locked, Wrong, prove_code
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class Proved:
    """The session has a new id; `token` is its cookie."""

    token: str


def prove_factor(
    tx: Tx, now: Instant, *, caller: Caller, typed: str, source: Source
) -> Proved | Malformed | Wrong | Locked | SignInEnded:
    """Prove the second factor again with a code of the active authenticator."""
    proof = prove_code(
        tx,
        now,
        person=caller.person,
        authenticator=tx.authenticators.active(caller.person.id),
        typed=typed,
        purpose=AttemptPurpose.STEP_UP,
        source=source,
    )
    if not isinstance(proof, Accepted):
        return proof
    token = sessions.renew(tx, now, caller.session, password=False, factor=True)
    return Proved(token) if token else SignInEnded()


def look_up_own_password(tx: Tx, *, caller: Caller) -> PasswordTry:
    """What the hasher is to check when somebody proves their own password again."""
    credential = tx.people.credential(caller.person.id)
    return PasswordTry(
        caller.person.id,
        caller.person.account_id,
        credential.encoded,
        credential.password_version,
    )


def settle_own_password(
    tx: Tx, now: Instant, *, caller: Caller, tried: PasswordTry, proved: bool, source: Source
) -> Proved | PasswordRefused | SignInEnded:
    """The session counts as freshly proved by password, under a new id."""
    person = tx.people.lock(caller.person.id)
    if not proved or person.password_version != tried.password_version:
        record(
            tx,
            now,
            EventKind.PASSWORD_WRONG,
            person,
            actor_id=person.id,
            address=source.address,
            browser=source.browser,
        )
        return PasswordRefused()
    token = sessions.renew(tx, now, caller.session, password=True, factor=False)
    if token is None:
        return SignInEnded()
    record(tx, now, EventKind.PASSWORD_PROVED, person, actor_id=person.id)
    return Proved(token)
