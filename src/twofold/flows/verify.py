"""The one place where any code is accepted (promise P1).

Order of things, each for a reason:

1. The text is read. What is not six digits was no guess and costs nothing; it is written down.
2. The person's row is locked, so that a burst of parallel guesses queues up here.
3. The guard is asked (`core/throttle.py`). While it says wait, a code is refused unread: also the
   right one. In pair mode one code alone is not looked at either.
4. The try is charged and written as *reserved* (promise P3). If the check fails for any reason
   the charge stays: an error is a no (promise P6).
5. The code is compared; the greatest matching step is claimed by one conditional update, and only
   the caller whose update changed a row has the code accepted (promise P2).
6. What was right, or had been used, is taken back from the account of failures; what was wrong
   may set off what the ladder says (`flows/alarms.py`).
"""

from dataclasses import dataclass, field, replace

from twofold.core import diagnosis, drift, otp, recovery, throttle, wrong_clock
from twofold.core.attempts import Attempt, AttemptPurpose, Outcome, Source
from twofold.core.authenticators import AuthenticatorState, Totp
from twofold.core.browsers import Browser
from twofold.core.diagnosis import Suspect
from twofold.core.errors import IllegalTransition
from twofold.core.events import EventKind
from twofold.core.otp import Malformed, MalformedKind
from twofold.core.people import Account, Instant, Person
from twofold.core.recovery import NotARecoveryCode
from twofold.flows import alarms, guard
from twofold.flows.guard import CodeState
from twofold.flows.outbox import record
from twofold.ports import Tx

MOST_ACCEPTED = 100
"""Accepted codes of one authenticator that may lie around a step: each is one step, of 46."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed: one code, or two consecutive ones."""

    first: str
    second: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """From where a code comes, as far as the guard cares."""

    source: Source
    browser: Browser | None = None
    """The person's known browser, or None in an unknown one."""
    link_open: bool = False
    """A mailed link was opened in this browser during this sign-in."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The code was right and is consumed. Only `prove_code` makes one."""

    authenticator_id: str
    """"" for a recovery code."""
    step: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """The code, or the pair, was checked, or could not be, and the answer is no."""

    attempt_id: str = field(default="", compare=False)
    """The row that tells why, once somebody has looked (`flows/diagnose.py`)."""


@dataclass(frozen=True, slots=True)
class NeedsPair:
    """Not looked at: two consecutive codes are asked for."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Refused unread: too many failures. Open again at `until`."""

    until: Instant


@dataclass(frozen=True, slots=True)
class NeedsLink:
    """Refused unread: a mailed link must be opened in this browser first."""


@dataclass(frozen=True, slots=True)
class Suspended:
    """Refused unread: the authenticator is disabled and must be set up anew."""


Proof = Accepted | Malformed | NotARecoveryCode | Wrong | NeedsPair | Locked | NeedsLink | Suspended


def prove_code(
    tx: Tx,
    now: Instant,
    *,
    person: Person,
    account: Account,
    authenticator: Totp | None,
    typed: Typed,
    purpose: AttemptPurpose,
    standing: Standing,
) -> Proof:
    """Accept or refuse `typed` as a code of `authenticator`, and consume it if it is right.

    `authenticator` is the person's active one, or the pending one when `purpose` is `ENROL`; any
    other combination raises `IllegalTransition`, so that a pending set-up never authenticates.
    """
    _check_binding(person, authenticator, purpose)
    if purpose is AttemptPurpose.RECOVERY:
        attempt = _attempt(tx, now, person, None, purpose, standing)
        return _recovery(tx, now, person, account, typed.first, standing, attempt)
    codes = _parsed(typed)
    attempt = _attempt(tx, now, person, authenticator, purpose, standing)
    if isinstance(codes, Malformed):
        _remember_malformed(tx, attempt, authenticator, typed)
        return codes
    tx.people.lock(person.id)
    before = _asked(tx, now, person, account, standing, purpose)
    unread = _unread(before, codes, authenticator, purpose)
    if unread is not None:
        tx.attempts.reserve(attempt)
        _settle(tx, attempt, Outcome.NOT_CHECKED, None)
        return unread
    mark = tx.keyed_digest("code", f"{person.id}:{'-'.join(codes)}")[:16]
    if throttle.has_mark(before.in_a_row, mark, now, window=throttle.SP800_63B4_LADDER.repeat):
        tx.attempts.reserve(attempt)
        _settle(tx, attempt, Outcome.REPEATED, None)
        return Wrong(attempt.id)
    return _charged_check(tx, now, person, account, authenticator, codes, attempt, before, mark)


def _asked(
    tx: Tx,
    now: Instant,
    person: Person,
    account: Account,
    standing: Standing,
    purpose: AttemptPurpose,
) -> CodeState:
    return guard.ask_code(
        tx,
        now,
        person=person,
        account=account,
        browser=standing.browser,
        link_open=standing.link_open,
        enrolling=purpose is AttemptPurpose.ENROL,
    )


def _check_binding(person: Person, authenticator: Totp | None, purpose: AttemptPurpose) -> None:
    """A factor is bound to its person, and a pending one to its own set-up."""
    if authenticator is None:
        return
    enrolling = purpose is AttemptPurpose.ENROL
    wanted = AuthenticatorState.PENDING if enrolling else AuthenticatorState.ACTIVE
    if authenticator.state is not wanted or authenticator.person_id != person.id:
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


def _remember_malformed(tx: Tx, attempt: Attempt, authenticator: Totp | None, typed: Typed) -> None:
    """For the person's history; an empty field is none of it. Eight digits may be those of an app
    with other settings, which is looked at here: three comparisons, and no guess at six digits.
    """
    suspects = [Suspect.of(authenticator)] if authenticator else []
    verdict = diagnosis.explain(
        (typed.first, typed.second), subject=None, suspects=suspects, now=attempt.at
    )
    if verdict.detail != MalformedKind.EMPTY:
        tx.attempts.reserve(replace(attempt, outcome=Outcome.MALFORMED))
        tx.attempts.explain(attempt.id, verdict)


def _attempt(
    tx: Tx,
    now: Instant,
    person: Person,
    authenticator: Totp | None,
    purpose: AttemptPurpose,
    standing: Standing,
) -> Attempt:
    return Attempt(
        id=tx.random.new_id(),
        account_id=person.account_id,
        person_id=person.id,
        purpose=purpose,
        outcome=Outcome.RESERVED,
        at=now,
        authenticator_id=authenticator.id if authenticator else None,
        offset=None,
        known_browser=standing.browser is not None,
        source=standing.source,
    )


def _unread(
    before: CodeState,
    codes: tuple[str, ...],
    authenticator: Totp | None,
    purpose: AttemptPurpose,
) -> Locked | NeedsLink | Suspended | NeedsPair | None:
    """Why the code is not even looked at, or None."""
    if authenticator is not None and authenticator.disabled_at is not None:
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
    authenticator: Totp | None,
    codes: tuple[str, ...],
    attempt: Attempt,
    before: CodeState,
    mark: str,
) -> Accepted | Wrong:
    tx.attempts.reserve(attempt)
    charge, paying, in_a_row = guard.charge_code(tx, now, person=person, before=before, mark=mark)
    step, outcome = _compare(
        authenticator, codes, now, pair=before.asks_for_pair, purpose=attempt.purpose
    )
    if step is not None and authenticator is not None:
        if _claim(tx, now, authenticator, step, attempt.purpose):
            _settle(tx, attempt, Outcome.ACCEPTED, step - otp.step_at(now))
            guard.code_was_right(tx, now, person=person, charge=charge)
            _record_accepted(tx, now, person, attempt, step - otp.step_at(now))
            return Accepted(authenticator.id, step)
        outcome = Outcome.USED
        guard.code_was_used(tx, now, person=person, charge=charge)
    if outcome is not Outcome.RESERVED:
        _settle(tx, attempt, outcome, None if step is None else step - otp.step_at(now))
    _record_refused(tx, now, person, attempt, outcome)
    if outcome is not Outcome.USED:
        steps, breaker = guard.code_was_wrong(
            tx, now, account=account, before=before, paying=paying, in_a_row=in_a_row
        )
        alarms.after_wrong_code(tx, now, person, attempt.source, steps, breaker=breaker)
    return Wrong(attempt.id)


def _recovery(
    tx: Tx,
    now: Instant,
    person: Person,
    account: Account,
    typed: str,
    standing: Standing,
    attempt: Attempt,
) -> Accepted | Wrong | NotARecoveryCode:
    """A recovery code. A wrong one costs what a wrong code costs. A right one works also during a
    wait or with a disabled authenticator: nobody guesses 80 bits, and this is what it is for. It
    burns the present and the next step, so that a code that was seen beside it is worth nothing.
    """
    code = recovery.parse(typed)
    if isinstance(code, NotARecoveryCode):
        return code
    tx.people.lock(person.id)
    before = _asked(tx, now, person, account, standing, AttemptPurpose.RECOVERY)
    digest = tx.keyed_digest("recovery", f"{person.id}:{code}")
    tx.attempts.reserve(attempt)
    charge, paying, in_a_row = guard.charge_code(
        tx, now, person=person, before=before, mark=digest[:16]
    )
    if tx.recovery.use(person.id, digest, at=now):
        step = otp.step_at(now) + 1
        if active := tx.authenticators.active(person.id):
            tx.authenticators.burn(person.id, step + active.drift)
        _settle(tx, attempt, Outcome.ACCEPTED, None)
        guard.code_was_right(tx, now, person=person, charge=charge)
        _record_accepted(tx, now, person, attempt, 0)
        return Accepted("", step)
    _settle(tx, attempt, Outcome.WRONG, None)
    _record_refused(tx, now, person, attempt, Outcome.WRONG)
    steps, breaker = guard.code_was_wrong(
        tx, now, account=account, before=before, paying=paying, in_a_row=in_a_row
    )
    alarms.after_wrong_code(tx, now, person, attempt.source, steps, breaker=breaker)
    return Wrong()


def _compare(
    authenticator: Totp | None,
    codes: tuple[str, ...],
    now: Instant,
    *,
    pair: bool,
    purpose: AttemptPurpose,
) -> tuple[int | None, Outcome]:
    """The matched step, and what the attempt is if nothing claims it."""
    if authenticator is None:
        return None, Outcome.WRONG
    try:
        if purpose is AttemptPurpose.RESYNC:
            step = otp.matching_pair(
                authenticator.secret, codes[0], codes[1], now, window=drift.FARTHEST
            )
        elif pair:
            step = otp.matching_pair(
                authenticator.secret, codes[0], codes[1], now, authenticator.drift
            )
        else:
            step = otp.matching_step(authenticator.secret, codes[0], now, authenticator.drift)
    except Exception:  # P6: whatever went wrong inside the check, the answer is no.
        return None, Outcome.RESERVED
    return step, Outcome.WRONG


def _claim(tx: Tx, now: Instant, authenticator: Totp, step: int, purpose: AttemptPurpose) -> bool:
    if _was_used_before(tx, authenticator, step):
        return False
    offset = learnt = step - otp.step_at(now)
    if purpose is not AttemptPurpose.RESYNC:
        learnt = drift.learn(authenticator.drift, authenticator.last_offset, offset)
    return tx.authenticators.claim_step(authenticator.id, step, drift=learnt, offset=offset)


def _was_used_before(tx: Tx, authenticator: Totp, step: int) -> bool:
    """Whether the step was accepted while our clock stood in the future, before the last used
    step was brought back (`flows/clock.py`). Else the greater-than of `claim_step` says it all.
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


def _settle(tx: Tx, attempt: Attempt, outcome: Outcome, offset: int | None) -> None:
    tx.attempts.settle(
        attempt.id, outcome, authenticator_id=attempt.authenticator_id, offset=offset
    )


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


def _record_refused(
    tx: Tx, now: Instant, person: Person, attempt: Attempt, outcome: Outcome
) -> None:
    record(
        tx,
        now,
        EventKind.CODE_REFUSED,
        person,
        actor_id=None,  # Whoever typed it has not proved to be this person.
        purpose=attempt.purpose.value,
        reason=outcome.value,
    )
