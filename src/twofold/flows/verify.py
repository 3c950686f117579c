"""The one place where any code is accepted (promise P1).

Order of things, each for a reason:

1. The text is read. What is not six digits was no guess and costs nothing; it is written down.
2. The person's row is locked, so that a burst of parallel guesses queues up here.
3. The guard is asked (`core/throttle.py`). While it says wait, a code is refused unread: also the
   right one. In pair mode one code alone is not looked at either.
4. The try is charged (promise P3), and what becomes of it is written once, after the comparison.
   If that fails for any reason the charge stays: an error is a no (promise P6).
5. The code is compared; the greatest matching step is claimed by one conditional update, and only
   the caller whose update changed a row has the code accepted (promise P2).
6. What was right, or had been used, is not charged after all; what was wrong may set off what the
   ladder says (`flows/alarms.py`).
"""

from collections.abc import Sequence
from dataclasses import replace

from twofold.core import diagnosis, drift, otp, throttle, wrong_clock
from twofold.core.attempts import Attempt, AttemptPurpose, Outcome
from twofold.core.authenticators import AuthenticatorState, Totp, is_stopped
from twofold.core.diagnosis import Suspect
from twofold.core.errors import IllegalTransition
from twofold.core.events import EventKind
from twofold.core.otp import Malformed, MalformedKind
from twofold.core.people import Account, Instant, Person
from twofold.core.recovery import NotARecoveryCode
from twofold.flows import alarms, guard, stand_ins
from twofold.flows.guard import CodeCharge, CodeState
from twofold.flows.outbox import record
from twofold.flows.proofs import (
    Accepted,
    Locked,
    NeedsLink,
    NeedsPair,
    Proof,
    Standing,
    Suspended,
    Typed,
    Wrong,
)
from twofold.ports import Tx

MOST_ACCEPTED = 100
"""Accepted codes of one authenticator that may lie around a step: each is one step, of 46."""


def prove_code(
    tx: Tx,
    now: Instant,
    *,
    person: Person,
    account: Account,
    authenticators: Sequence[Totp],
    typed: Typed,
    purpose: AttemptPurpose,
    standing: Standing,
) -> Proof:
    """Accept or refuse `typed` as a code of one of `authenticators`, and consume it if it is right.

    `authenticators` are the person's active ones, or the pending one when `purpose` is `ENROL`;
    any other combination raises `IllegalTransition`, so that a pending set-up never authenticates.
    """
    _check_binding(person, authenticators, purpose)
    if purpose in stand_ins.STAND_INS:
        attempt = _attempt(tx, now, person, (), purpose, standing)
        return _stand_in(tx, now, person, account, typed.first, standing, attempt)
    codes = _parsed(typed)
    attempt = _attempt(tx, now, person, authenticators, purpose, standing)
    if isinstance(codes, Malformed):
        _remember_malformed(tx, attempt, authenticators, typed)
        return codes
    tx.people.hold(person.id)
    before = _asked(tx, now, person, account, standing, purpose, len(authenticators))
    unread = _unread(before, codes, authenticators, purpose)
    if unread is not None:
        tx.attempts.add(replace(attempt, outcome=Outcome.NOT_CHECKED))
        return unread
    mark = tx.keyed_digest("code", f"{person.id}:{'-'.join(codes)}")[:16]
    if _is_repeated(tx, now, before, mark, attempt):
        return Wrong(attempt.id)
    return _charged_check(tx, now, person, account, authenticators, codes, attempt, before, mark)


def _is_repeated(tx: Tx, now: Instant, before: CodeState, mark: str, attempt: Attempt) -> bool:
    """Whether the same refused code came a moment ago: then it is written down and not charged."""
    window = throttle.SP800_63B4_LADDER.repeat
    if not throttle.has_mark(before.in_a_row, mark, now, window=window):
        return False
    tx.attempts.add(replace(attempt, outcome=Outcome.REPEATED))
    return True


def _asked(
    tx: Tx,
    now: Instant,
    person: Person,
    account: Account,
    standing: Standing,
    purpose: AttemptPurpose,
    authenticators: int,
) -> CodeState:
    return guard.ask_code(
        tx,
        now,
        person=person,
        account=account,
        browser=standing.browser,
        link_open=standing.link_open,
        enrolling=purpose is AttemptPurpose.ENROL,
        authenticators=authenticators,
    )


def _check_binding(person: Person, authenticators: Sequence[Totp], purpose: AttemptPurpose) -> None:
    """A factor is bound to its person, and a pending one to its own set-up."""
    enrolling = purpose is AttemptPurpose.ENROL
    wanted = AuthenticatorState.PENDING if enrolling else AuthenticatorState.ACTIVE
    if any(one.state is not wanted or one.person_id != person.id for one in authenticators):
        raise IllegalTransition("That authenticator cannot prove this.")


def _parsed(typed: Typed) -> tuple[str, ...] | Malformed:
    """One code or two, each exactly six digits."""
    codes = []
    for text in (typed.first, typed.second) if typed.second.strip() else (typed.first,):
        code = otp.parse_code(text)
        if isinstance(code, Malformed):
            return code
        codes.append(code)
    return tuple(codes)


def _remember_malformed(
    tx: Tx, attempt: Attempt, authenticators: Sequence[Totp], typed: Typed
) -> None:
    """For the person's history; an empty field is none of it. Eight digits may be those of an app
    with other settings, which is looked at here: three comparisons, and no guess at six digits.
    """
    suspects = [Suspect.of(one) for one in authenticators]
    verdict = diagnosis.explain(
        (typed.first, typed.second), subject=None, suspects=suspects, now=attempt.at
    )
    if verdict.detail != MalformedKind.EMPTY:
        tx.attempts.add(replace(attempt, outcome=Outcome.MALFORMED))
        tx.attempts.explain(attempt.id, verdict)


def _attempt(
    tx: Tx,
    now: Instant,
    person: Person,
    authenticators: Sequence[Totp],
    purpose: AttemptPurpose,
    standing: Standing,
) -> Attempt:
    """The row as it is if the check breaks off. Of several authenticators none was asked for; whose
    code it was is told later.
    """
    return Attempt(
        id=tx.random.new_id(),
        account_id=person.account_id,
        person_id=person.id,
        purpose=purpose,
        outcome=Outcome.RESERVED,
        at=now,
        authenticator_id=authenticators[0].id if len(authenticators) == 1 else None,
        offset=None,
        known_browser=standing.browser is not None,
        source=standing.source,
    )


def _unread(
    before: CodeState,
    codes: tuple[str, ...],
    authenticators: Sequence[Totp],
    purpose: AttemptPurpose,
) -> Locked | NeedsLink | Suspended | NeedsPair | None:
    """Why the code is not even looked at, or None."""
    if is_stopped(authenticators):
        return Suspended()
    match before.answer:
        case throttle.Wait(until):
            return Locked(until)
        case throttle.NeedsLink():
            return NeedsLink()
        case throttle.Disabled():
            return Suspended()
        case throttle.Pair() if len(codes) < 2:
            return NeedsPair()
    if purpose is AttemptPurpose.RESYNC and len(codes) < 2:
        return NeedsPair()
    return None


def _charged_check(
    tx: Tx,
    now: Instant,
    person: Person,
    account: Account,
    authenticators: Sequence[Totp],
    codes: tuple[str, ...],
    attempt: Attempt,
    before: CodeState,
    mark: str,
) -> Accepted | Wrong:
    charge = guard.charge_code(now, person=person, before=before, mark=mark)
    matches, outcome = _compare(
        authenticators, codes, now, pair=before.asks_for_pair, purpose=attempt.purpose
    )
    offset: int | None = None
    for authenticator, step in matches:
        outcome, offset = Outcome.USED, step - otp.step_at(now)
        attempt = replace(attempt, authenticator_id=authenticator.id)
        if _claim(tx, now, authenticator, step, attempt.purpose):
            tx.attempts.add(replace(attempt, outcome=Outcome.ACCEPTED, offset=offset))
            guard.code_was_right(tx, now, person=person, charge=charge)
            _record_accepted(tx, now, person, attempt, offset)
            return Accepted(authenticator.id, step)
    return _refused(
        tx, now, person, account, replace(attempt, outcome=outcome, offset=offset), charge
    )


def _refused(
    tx: Tx,
    now: Instant,
    person: Person,
    account: Account,
    attempt: Attempt,
    charge: CodeCharge,
) -> Wrong:
    """A right code that was used up costs nothing; any other costs its try, with what that sets
    off, also one that could not be checked.
    """
    tx.attempts.add(attempt)
    _record_refused(tx, now, person, attempt)
    if attempt.outcome is Outcome.USED:
        guard.code_was_used(tx, now, charge=charge)
        return Wrong(attempt.id)
    steps, breaker = guard.code_was_wrong(tx, now, account=account, charge=charge)
    alarms.after_wrong_code(tx, now, person, attempt.source, steps, breaker=breaker)
    return Wrong(attempt.id)


def _stand_in(
    tx: Tx,
    now: Instant,
    person: Person,
    account: Account,
    typed: str,
    standing: Standing,
    attempt: Attempt,
) -> Accepted | Wrong | NotARecoveryCode:
    """A recovery code or a temporary pass. One that is refused costs what a refused code costs. A
    right one works also during a wait or with a disabled authenticator: nobody guesses 80 bits,
    or 50 within a day, and this is what it is for. It burns the present and the next step, so
    that a code that was seen beside it is worth nothing.
    """
    purpose = attempt.purpose
    code = stand_ins.read(purpose, typed)
    if isinstance(code, NotARecoveryCode):
        return code
    tx.people.hold(person.id)
    before = _asked(tx, now, person, account, standing, purpose, 1)
    digests = stand_ins.digests(tx, purpose, person, code)
    mark = digests[0][-16:]
    if _is_repeated(tx, now, before, mark, attempt):
        return Wrong(attempt.id)
    charge = guard.charge_code(now, person=person, before=before, mark=mark)
    if not stand_ins.use(tx, now, purpose, person, digests):
        spent = stand_ins.is_spent(tx, purpose, person, digests)
        outcome = Outcome.USED if spent else Outcome.WRONG
        return _refused(tx, now, person, account, replace(attempt, outcome=outcome), charge)
    step = otp.step_at(now) + 1
    for active in tx.authenticators.in_force(person.id):
        tx.authenticators.burn(active.id, step + active.drift)
    tx.attempts.add(replace(attempt, outcome=Outcome.ACCEPTED))
    guard.code_was_right(tx, now, person=person, charge=charge)
    _record_accepted(tx, now, person, attempt, 0)
    return Accepted("", step)


def _compare(
    authenticators: Sequence[Totp],
    codes: tuple[str, ...],
    now: Instant,
    *,
    pair: bool,
    purpose: AttemptPurpose,
) -> tuple[Sequence[tuple[Totp, int]], Outcome]:
    """Whose code it is and of which step, and what the attempt is if nothing claims it. Every
    authenticator is compared, whatever the others said.
    """
    try:
        steps = [_step(one, codes, now, pair=pair, purpose=purpose) for one in authenticators]
    except Exception:  # P6: whatever went wrong inside the check, the answer is no.
        return (), Outcome.RESERVED
    found = zip(authenticators, steps, strict=True)
    return [(one, step) for one, step in found if step is not None], Outcome.WRONG


def _step(
    authenticator: Totp,
    codes: tuple[str, ...],
    now: Instant,
    *,
    pair: bool,
    purpose: AttemptPurpose,
) -> int | None:
    secret = authenticator.secret
    if purpose is AttemptPurpose.RESYNC:
        return otp.matching_pair(secret, codes[0], codes[1], now, window=drift.FARTHEST)
    if pair:
        return otp.matching_pair(secret, codes[0], codes[1], now, authenticator.drift)
    return otp.matching_step(secret, codes[0], now, authenticator.drift)


def _claim(tx: Tx, now: Instant, authenticator: Totp, step: int, purpose: AttemptPurpose) -> bool:
    if step <= authenticator.spent_until and _was_used_before(tx, authenticator, step):
        return False
    offset = learnt = step - otp.step_at(now)
    if purpose is not AttemptPurpose.RESYNC:
        learnt = drift.learn(authenticator.drift, authenticator.last_offset, offset)
    return tx.authenticators.claim_step(authenticator.id, step, drift=learnt, offset=offset)


def _was_used_before(tx: Tx, authenticator: Totp, step: int) -> bool:
    """Whether the step was accepted while our clock stood in the future, before the last used
    step was brought back (`flows/clock.py`). Where that never was, the greater-than of
    `claim_step` says it all, and nothing is read.
    """
    around = step * otp.STEP_SECONDS
    span = (drift.FARTHEST + otp.WINDOW + 2) * otp.STEP_SECONDS
    accepted = tx.attempts.accepted(
        authenticator.person_id,
        authenticator.id,
        since=around - span,
        until=around + span,
        limit=MOST_ACCEPTED,
    )
    return wrong_clock.was_used(step, accepted)


def _record_accepted(tx: Tx, now: Instant, person: Person, attempt: Attempt, offset: int) -> None:
    record(
        tx,
        now,
        EventKind.CODE_ACCEPTED,
        person,
        actor_id=person.id,
        purpose=attempt.purpose.value,
        offset=offset,
    )


def _record_refused(tx: Tx, now: Instant, person: Person, attempt: Attempt) -> None:
    record(
        tx,
        now,
        EventKind.CODE_REFUSED,
        person,
        actor_id=None,  # Whoever typed it has not proved to be this person.
        purpose=attempt.purpose.value,
        reason=attempt.outcome.value,
    )
