"""Signing in: the code, or two of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from twofold.core import keyuri
from twofold.core.attempts import AttemptPurpose
from twofold.core.authenticators import is_stopped
from twofold.core.clocks import about, side
from twofold.core.errors import NotFound
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.otp import STEP_SECONDS, Malformed, step_at
from twofold.core.people import Account, Instant, Person, PersonState
from twofold.core.policy import demands_passkey
from twofold.core.recovery import NotARecoveryCode
from twofold.core.sessions import PASS, HalfCaller
from twofold.core.signin import SignInFact, SignInState, advance, state_of
from twofold.core.throttle import SP800_63B4_LADDER, Answer
from twofold.flows import browsers, guard, passes, recovery, stand_ins
from twofold.flows.outbox import record, write_mail
from twofold.flows.proofs import (
    Accepted,
    Locked,
    NeedsLink,
    NeedsPair,
    Standing,
    Suspended,
    Typed,
    Wrong,
)
from twofold.flows.sign_in import From, SignedIn, SignInEnded, finish
from twofold.flows.verify import prove_code
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class CodeRefused:
    """The code did not count; `failures` is how many were wrong in this sign-in."""

    failures: int
    attempt_id: str = field(default="", compare=False)


CodeAnswer = (
    SignedIn | CodeRefused | Malformed | NeedsPair | Locked | NeedsLink | Suspended | SignInEnded
)


def submit_code(
    tx: Tx, now: Instant, *, half: HalfCaller, typed: Typed, trust: bool, place: From
) -> CodeAnswer:
    """The second step: the code is consumed and the session made in one transaction, so that
    100 parallel submits of one right code make one session.
    """
    return _submit(tx, now, half, typed, AttemptPurpose.SIGN_IN, trust=trust, place=place)


def resync(tx: Tx, now: Instant, *, half: HalfCaller, typed: Typed, place: From) -> CodeAnswer:
    """The second step with two consecutive codes of a phone whose clock is off by up to
    `drift.FARTHEST` steps (RFC 6238 section 6, RFC 4226 section 7.4). Counts like any attempt;
    from then on the window follows that clock, and the owner is told.
    """
    return _submit(tx, now, half, typed, AttemptPurpose.RESYNC, trust=False, place=place)


def _submit(
    tx: Tx,
    now: Instant,
    half: HalfCaller,
    typed: Typed,
    purpose: AttemptPurpose,
    *,
    trust: bool,
    place: From,
) -> CodeAnswer:
    state = state_of(half.sign_in.stage)
    if takes_passkeys_only(tx, half.account, half.person):
        return Suspended()
    authenticators = tx.authenticators.in_force(half.person.id)
    proof = prove_code(
        tx,
        now,
        person=half.person,
        account=half.account,
        authenticators=authenticators if state is SignInState.CODE else (),
        typed=typed,
        purpose=purpose,
        standing=_standing(tx, now, half, place),
    )
    if isinstance(proof, Accepted):
        done = complete(tx, now, half, trust=trust, place=place)
        if isinstance(done, SignedIn) and purpose is AttemptPurpose.RESYNC:
            _tell_resynced(tx, now, half, proof, place)
        return done
    if isinstance(proof, Wrong):
        advance(state, SignInFact.CODE_REFUSED)
        return _count_refusal(tx, now, half, proof.attempt_id)
    assert not isinstance(proof, NotARecoveryCode), "codes of the app are asked for here"
    return proof


def recover(
    tx: Tx, now: Instant, *, half: HalfCaller, typed: str, place: From
) -> SignedIn | CodeRefused | NotARecoveryCode | SignInEnded:
    """The second step with a recovery code, or with a temporary pass. Where the authenticator was
    disabled the way on is a new set-up.
    """
    purpose, state = stand_ins.purpose_of(typed), state_of(half.sign_in.stage)
    proof = prove_code(
        tx,
        now,
        person=half.person,
        account=half.account,
        authenticators=(),
        typed=Typed(typed),
        purpose=purpose,
        standing=_standing(tx, now, half, place),
    )
    if isinstance(proof, NotARecoveryCode):
        return proof
    if not isinstance(proof, Accepted):
        advance(state, SignInFact.CODE_REFUSED)
        return _count_refusal(tx, now, half, "")
    disabled = is_stopped(tx.authenticators.in_force(half.person.id))
    lead_to = "/profile/set-up" if disabled else ""
    if purpose is AttemptPurpose.PASS:
        return _by_pass(tx, now, half, place, lead_to)
    done = complete(tx, now, half, trust=False, place=place, method="recovery", lead_to=lead_to)
    if isinstance(done, SignedIn):
        recovery.tell_used(tx, now, person=half.person, source=place.source)
    return done


def takes_passkeys_only(tx: Tx, account: Account, person: Person) -> bool:
    """Whether no code of an app is taken from the person: the account asks for passkeys, and they
    have one. Without one they sign in as before, and are led to set one up.
    """
    return demands_passkey(account, person) and tx.passkeys.count(person.id) > 0


def _by_pass(
    tx: Tx, now: Instant, half: HalfCaller, place: From, lead_to: str
) -> SignedIn | SignInEnded:
    """A session that ends with the pass at the latest; its owner hears of it (promise P8)."""
    given = tx.passes.newest(half.person.id)
    assert given is not None, "a temporary pass vanished inside its own transaction"
    until = given.expires_at
    done = complete(
        tx, now, half, trust=False, place=place, method=PASS, lead_to=lead_to, ends_at=until
    )
    if isinstance(done, SignedIn):
        passes.tell_used(tx, now, person=half.person, source=place.source)
    return done


def _tell_resynced(tx: Tx, now: Instant, half: HalfCaller, proof: Accepted, place: From) -> None:
    """The owner hears of it (promise P8): from now on codes of another time are taken."""
    offset = proof.step - step_at(now)
    record(
        tx,
        now,
        EventKind.RESYNCED,
        half.person,
        actor_id=half.person.id,
        authenticator=proof.authenticator_id,
        offset=offset,
    )
    write_mail(
        tx,
        now,
        half.person,
        MailKind.RESYNCED,
        off=f"{about(offset * STEP_SECONDS)} {side(offset)}",
        at=now,
        browser=place.source.browser,
    )


def _standing(tx: Tx, now: Instant, half: HalfCaller, place: From) -> Standing:
    return Standing(
        place.source,
        guard.known_browser(tx, now, token=place.browser_token, person_id=half.person.id),
        half.sign_in.link_open,
    )


def _count_refusal(
    tx: Tx, now: Instant, half: HalfCaller, attempt_id: str
) -> CodeRefused | SignInEnded:
    """Count it in the sign-in too; the fifth ends it, back to the password. If it is over already
    that must not raise: the person's own count of this guess would be rolled back with it
    (promise P3).
    """
    try:
        failures = tx.sign_ins.add_failure(half.sign_in.id)
    except NotFound:
        return SignInEnded(attempt_id)
    if failures < SP800_63B4_LADDER.per_sign_in:
        return CodeRefused(failures, attempt_id)
    tx.sign_ins.finish(half.sign_in.id)
    record(tx, now, EventKind.SIGN_IN_CANCELLED, half.person, actor_id=None, failures=failures)
    return SignInEnded(attempt_id)


def complete(
    tx: Tx,
    now: Instant,
    half: HalfCaller,
    *,
    trust: bool,
    place: From,
    method: str = "otp",
    lead_to: str = "",
    ends_at: Instant | None = None,
) -> SignedIn | SignInEnded:
    """A session for the one whose code was accepted and who finishes the sign-in."""
    advance(state_of(half.sign_in.stage), SignInFact.CODE_ACCEPTED)
    person = tx.people.lock(half.person.id)
    alive = (
        person.state is PersonState.ACTIVE
        and person.password_version == half.sign_in.password_version
        and now < half.sign_in.expires_at
    )
    if not tx.sign_ins.finish(half.sign_in.id) or not alive:
        return SignInEnded()
    return finish(
        tx,
        now,
        person,
        half.account,
        lead_to or half.sign_in.return_to,
        place,
        methods=("pwd", method),
        trust=trust,
        ends_at=ends_at,
    )


@dataclass(frozen=True, slots=True)
class CodePage:
    """What the page of the second step shows."""

    answer: Answer
    """What is asked: one code, two, a wait, a link."""
    entries: Sequence[str]
    """The names of the person's entries in their apps, as a hint."""
    disabled: bool
    has_codes: bool
    """Whether an app of the person's makes codes at all."""
    may_trust: bool
    """Whether the box for trusting this browser is offered."""


def code_page(tx: Tx, now: Instant, *, half: HalfCaller, place: From) -> CodePage:
    """What is asked of this half-finished sign-in now; changes nothing."""
    browser = guard.known_browser(tx, now, token=place.browser_token, person_id=half.person.id)
    active = tx.authenticators.in_force(half.person.id)
    asked = guard.ask_code(
        tx,
        now,
        person=half.person,
        account=half.account,
        browser=browser,
        link_open=half.sign_in.link_open,
        enrolling=False,
        authenticators=len(active),
    )
    return CodePage(
        answer=asked.answer,
        entries=[keyuri.entry_name(one.issuer, one.label) for one in active],
        disabled=is_stopped(active),
        has_codes=bool(active) and not takes_passkeys_only(tx, half.account, half.person),
        may_trust=browsers.may_offer_trust(half.account, half.person),
    )
