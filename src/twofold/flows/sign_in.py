"""Signing in: password, then code. Two transactions with the hashing between them (promise P3)."""

from dataclasses import dataclass

from twofold.core.attempts import AttemptPurpose, Source
from twofold.core.errors import NotFound
from twofold.core.events import EventKind
from twofold.core.otp import Malformed
from twofold.core.people import Account, Instant, Person, PersonState
from twofold.core.policy import Requirement, requirement
from twofold.core.sessions import (
    ENROLLING_LIFETIME,
    SIGN_IN_LIFETIME,
    HalfCaller,
    SignIn,
    Stage,
)
from twofold.core.signin import SignInFact, SignInState, advance, state_of
from twofold.core.tokens import Purpose, digest
from twofold.flows import sessions
from twofold.flows.outbox import record
from twofold.flows.verify import Accepted, Locked, Wrong, locked_until, prove_code
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class PasswordTry:
    """What the hasher is to check. Unknown people have no hash and cost the same work."""

    person_id: str | None
    account_id: str | None
    encoded: str | None
    password_version: int

    def __repr__(self) -> str:
        """Without the hash."""
        return f"PasswordTry(person_id={self.person_id!r})"


@dataclass(frozen=True, slots=True)
class PasswordRefused:
    """Wrong password, unknown address or a person who may not sign in: one answer for all."""


@dataclass(frozen=True, slots=True)
class HalfWay:
    """The password was right; `token` is the cookie of the half-finished sign-in."""

    token: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Complete; `token` is the session's cookie."""

    token: str
    return_to: str


@dataclass(frozen=True, slots=True)
class CodeRefused:
    """The code did not count; `failures` is how many were wrong in this sign-in."""

    failures: int


@dataclass(frozen=True, slots=True)
class SignInEnded:
    """The sign-in is not there any more: finished elsewhere, cancelled, or out of time."""


def look_up_password(tx: Tx, *, email: str) -> PasswordTry:
    """First half: whose password is it said to be."""
    person = tx.people.by_email(email)
    if person is None or person.state is PersonState.DISABLED:
        return PasswordTry(None, None, None, 0)
    credential = tx.people.credential(person.id)
    return PasswordTry(
        person.id, person.account_id, credential.encoded, credential.password_version
    )


def settle_password(
    tx: Tx,
    now: Instant,
    *,
    tried: PasswordTry,
    proved: bool,
    rehashed: str | None,
    return_to: str,
    source: Source,
) -> HalfWay | SignedIn | PasswordRefused:
    """Second half: what a checked password leads to.

    `rehashed` is the same password under newer Argon2 settings, or None. A password that was
    changed while it was being checked is refused: the version must still be the same.
    """
    if tried.person_id is None or tried.account_id is None:
        return PasswordRefused()
    person = tx.people.lock(tried.person_id)
    stale = person.password_version != tried.password_version
    if not proved or stale or person.state is not PersonState.ACTIVE:
        record(
            tx,
            now,
            EventKind.PASSWORD_WRONG,
            person,
            actor_id=None,
            address=source.address,
            browser=source.browser,
        )
        return PasswordRefused()
    if rehashed is not None:
        tx.people.rehash(person.id, rehashed, expected_version=tried.password_version)
    return _after_password(tx, now, person, return_to, source)


def _after_password(
    tx: Tx, now: Instant, person: Person, return_to: str, source: Source
) -> HalfWay | SignedIn:
    account = tx.accounts.get(person.account_id)
    enrolled = tx.authenticators.active(person.id) is not None
    state = advance(SignInState.START, _password_fact(account, enrolled=enrolled))
    if state is SignInState.DONE:
        token = sessions.begin(tx, now, person, methods=("pwd",), source=source)
        return SignedIn(token, return_to)
    stage = Stage.CODE if state is SignInState.CODE else Stage.ENROL
    token = tx.random.token()
    lifetime = SIGN_IN_LIFETIME if stage is Stage.CODE else ENROLLING_LIFETIME
    tx.sign_ins.add(
        SignIn(
            id=tx.random.new_id(),
            account_id=person.account_id,
            person_id=person.id,
            stage=stage,
            password_version=person.password_version,
            return_to=return_to,
            failures=0,
            created_at=now,
            expires_at=now + lifetime,
        ),
        digest(Purpose.SIGN_IN, token),
    )
    record(tx, now, EventKind.SIGN_IN_STARTED, person, actor_id=person.id, stage=stage.value)
    return HalfWay(token, stage)


def _password_fact(account: Account, *, enrolled: bool) -> SignInFact:
    if enrolled:
        return SignInFact.PASSWORD_RIGHT_ENROLLED
    if requirement(account, enrolled=enrolled) is Requirement.MUST_ENROL:
        return SignInFact.PASSWORD_RIGHT_MUST_ENROL
    return SignInFact.PASSWORD_RIGHT_FREE


def submit_code(
    tx: Tx, now: Instant, *, half: HalfCaller, typed: str, source: Source
) -> SignedIn | CodeRefused | Malformed | Locked | SignInEnded:
    """The second step: the code is consumed and the session made in one transaction, so that
    100 parallel submits of one right code make one session.
    """
    state = state_of(half.sign_in.stage)
    authenticator = tx.authenticators.active(half.person.id)
    proof = prove_code(
        tx,
        now,
        person=half.person,
        authenticator=authenticator if state is SignInState.CODE else None,
        typed=typed,
        purpose=AttemptPurpose.SIGN_IN,
        source=source,
    )
    if isinstance(proof, Malformed | Locked):
        return proof
    if isinstance(proof, Wrong):
        advance(state, SignInFact.CODE_REFUSED)
        return _count_refusal(tx, half)
    return _complete(tx, now, half, proof, source)


def _count_refusal(tx: Tx, half: HalfCaller) -> CodeRefused | SignInEnded:
    """Count it in the sign-in too. If that is over it must not raise: the person's own count of
    this guess would be rolled back with it (promise P3).
    """
    try:
        return CodeRefused(tx.sign_ins.add_failure(half.sign_in.id))
    except NotFound:
        return SignInEnded()


def _complete(
    tx: Tx, now: Instant, half: HalfCaller, proof: Accepted, source: Source
) -> SignedIn | SignInEnded:
    """A session for the one who holds an accepted proof and finishes the sign-in."""
    advance(state_of(half.sign_in.stage), SignInFact.CODE_ACCEPTED)
    person = tx.people.lock(half.person.id)
    alive = (
        person.state is PersonState.ACTIVE
        and person.password_version == half.sign_in.password_version
        and now < half.sign_in.expires_at
    )
    if not tx.sign_ins.finish(half.sign_in.id) or not alive:
        return SignInEnded()
    token = sessions.begin(tx, now, person, methods=("pwd", "otp"), source=source)
    return SignedIn(token, half.sign_in.return_to)


def cancel(tx: Tx, now: Instant, *, half: HalfCaller) -> None:
    """Give up a half-finished sign-in."""
    advance(state_of(half.sign_in.stage), SignInFact.CANCELLED)
    if tx.sign_ins.finish(half.sign_in.id):
        record(tx, now, EventKind.SIGN_IN_CANCELLED, half.person, actor_id=half.person.id)


def whose_expired(tx: Tx, *, token: str) -> str | None:
    """The address to keep on the page when a half-finished sign-in has run out, or None."""
    return tx.sign_ins.expired_return(digest(Purpose.SIGN_IN, token))


def locked_until_for(tx: Tx, now: Instant, *, half: HalfCaller) -> Instant | None:
    """Until when this person's codes are refused unread, for showing the page."""
    return locked_until(tx, now, half.person.id)


def entry_of(tx: Tx, *, person_id: str) -> str:
    """The name of the person's entry in their app, as a hint; empty without an authenticator."""
    authenticator = tx.authenticators.active(person_id)
    return f"{authenticator.issuer}: {authenticator.label}" if authenticator else ""
