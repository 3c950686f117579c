"""The one place where any code is accepted (promise P1).

Order of things, each for a reason:

1. The text is read. What is not six digits was no guess and costs nothing.
2. The person's row is locked, so that a burst of parallel guesses queues up here.
3. The lock is asked. While it holds, a code is refused unread: also the right one.
4. The attempt is written as *reserved*, which counts like a failure (promise P3). If the check
   fails for any reason the reservation stays: an error is a no (promise P6).
5. The code is compared; the greatest matching step is claimed by one conditional update, and only
   the caller whose update changed a row has the code accepted (promise P2).
"""

from dataclasses import dataclass

from twofold.core import drift, otp, throttle
from twofold.core.attempts import Attempt, AttemptPurpose, Outcome, Source
from twofold.core.authenticators import AuthenticatorState, Totp
from twofold.core.errors import IllegalTransition
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.otp import Malformed
from twofold.core.people import Instant, Person
from twofold.flows.outbox import record, write_mail
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class Accepted:
    """The code was right and is consumed. Only `prove_code` makes one."""

    authenticator_id: str
    step: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """The code was checked, or could not be, and the answer is no."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Refused unread: too many failures. Open again at `until`."""

    until: Instant


Proof = Accepted | Malformed | Wrong | Locked


def prove_code(
    tx: Tx,
    now: Instant,
    *,
    person: Person,
    authenticator: Totp | None,
    typed: str,
    purpose: AttemptPurpose,
    source: Source,
) -> Proof:
    """Accept or refuse `typed` as a code of `authenticator`, and consume it if it is right.

    `authenticator` is the person's active one, or the pending one when `purpose` is `ENROL`; any
    other combination raises `IllegalTransition`, so that a pending set-up never authenticates.
    """
    _check_binding(person, authenticator, purpose)
    code = otp.parse_code(typed)
    if isinstance(code, Malformed):
        return code
    tx.people.lock(person.id)
    attempt = Attempt(
        id=tx.random.new_id(),
        account_id=person.account_id,
        person_id=person.id,
        purpose=purpose,
        outcome=Outcome.RESERVED,
        at=now,
        authenticator_id=authenticator.id if authenticator else None,
        offset=None,
        source=source,
    )
    until = locked_until(tx, now, person.id)
    tx.attempts.reserve(attempt)
    if until is not None:
        tx.attempts.settle(
            attempt.id,
            Outcome.NOT_CHECKED,
            authenticator_id=attempt.authenticator_id,
            offset=None,
        )
        return Locked(until)
    return _check(tx, now, person, authenticator, code, attempt)


def locked_until(tx: Tx, now: Instant, person_id: str) -> Instant | None:
    """Until when the person's codes are refused unread, or None."""
    failures = tx.attempts.failures(person_id, limit=throttle.LIMIT)
    return throttle.wait_until(failures, now)


def _check_binding(person: Person, authenticator: Totp | None, purpose: AttemptPurpose) -> None:
    """A factor is bound to its person, and a pending one to its own set-up."""
    if authenticator is None:
        return
    wanted = (
        AuthenticatorState.PENDING if purpose is AttemptPurpose.ENROL else AuthenticatorState.ACTIVE
    )
    if authenticator.state is not wanted or authenticator.person_id != person.id:
        raise IllegalTransition("That authenticator cannot prove this.")


def _check(
    tx: Tx, now: Instant, person: Person, authenticator: Totp | None, code: str, attempt: Attempt
) -> Proof:
    if authenticator is None:
        return _refuse(tx, now, person, attempt, Outcome.WRONG, None)
    try:
        step = otp.matching_step(authenticator.secret, code, now, authenticator.drift)
    except Exception:  # noqa: BLE001 - P6: whatever went wrong inside the check, the answer is no
        return _refuse(tx, now, person, attempt, Outcome.RESERVED, None)
    if step is None:
        return _refuse(tx, now, person, attempt, Outcome.WRONG, None)
    offset = step - otp.step_at(now)
    learnt = drift.learn(authenticator.drift, authenticator.last_offset, offset)
    if not tx.authenticators.claim_step(authenticator.id, step, drift=learnt, offset=offset):
        return _refuse(tx, now, person, attempt, Outcome.USED, offset)
    tx.attempts.settle(
        attempt.id, Outcome.ACCEPTED, authenticator_id=authenticator.id, offset=offset
    )
    record(
        tx,
        now,
        EventKind.CODE_ACCEPTED,
        person,
        actor_id=person.id,
        purpose=attempt.purpose.value,
        offset=offset,
    )
    return Accepted(authenticator.id, step)


def _refuse(
    tx: Tx, now: Instant, person: Person, attempt: Attempt, outcome: Outcome, offset: int | None
) -> Wrong | Locked:
    """Settle a refusal; when it was the one that starts a lock, tell the owner (promise P8)."""
    if outcome is not Outcome.RESERVED:
        tx.attempts.settle(
            attempt.id, outcome, authenticator_id=attempt.authenticator_id, offset=offset
        )
    record(
        tx,
        now,
        EventKind.CODE_REFUSED,
        person,
        actor_id=person.id,
        purpose=attempt.purpose.value,
        reason=outcome.value,
    )
    failures = tx.attempts.failures(person.id, limit=throttle.LIMIT)
    until = throttle.wait_until(failures, now)
    if until is None:
        return Wrong()
    record(tx, now, EventKind.LOCKED, person, actor_id=None, until=until)
    write_mail(
        tx,
        now,
        person,
        MailKind.LOCKED,
        until=until,
        at=now,
        browser=attempt.source.browser,
        address=attempt.source.address,
    )
    return Locked(until)
