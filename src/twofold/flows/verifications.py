"""A code that an application brings: proved like any other, answered with as little as will do.

The application has checked the password itself. The code goes through `verify.prove_code` as at a
sign-in here, in an unknown browser unless the application names one that the person was accepted
in before. What is answered after a refusal follows from what is counted and not from the code, so
a wrong code, a used one and one that was not read look alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core import otp, throttle
from twofold.core.applications import ApiCaller
from twofold.core.attempts import AttemptPurpose, Source
from twofold.core.authenticators import Totp, is_stopped
from twofold.core.browsers import Browser
from twofold.core.people import Instant, Person, PersonState
from twofold.core.tokens import Purpose, digest
from twofold.core.verifications import ANSWERED_AGAIN, Kept, Needed, Verdict, Verification
from twofold.flows import browsers, guard, passes, recovery, stand_ins
from twofold.flows.proofs import Accepted, Standing, Typed, Wrong
from twofold.flows.second_step import takes_passkeys_only
from twofold.flows.verify import prove_code
from twofold.ports import Tx

ACCEPTED = Verification(Verdict.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an application brings."""

    external_id: str
    typed: Typed
    address: str = ""
    """Where the end user's request came from, as far as the application says."""
    browser: str = ""
    """What it calls the end user's browser, or "" for an unknown one."""
    attempt: str = ""
    """The id of the attempt, or "" where a retry may be charged again."""

    def __repr__(self) -> str:
        """Without the code."""
        return f"Asked({self.external_id!r})"


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer, and which attempt it is about, for finding out why (`flows/diagnose.py`)."""

    verification: Verification
    attempt_id: str = ""
    purpose: AttemptPurpose | None = None
    """What kind of code was accepted; None after a refusal."""


@dataclass(frozen=True, slots=True)
class AttemptReused:
    """This id was used for another attempt, or too long ago to be answered again."""


def verify(tx: Tx, now: Instant, caller: ApiCaller, *, asked: Asked) -> Answered | AttemptReused:
    """Accept or refuse a code, once for each attempt: its answer is stored with what it used up."""
    person = tx.people.by_external_id(caller.account.id, asked.external_id)
    if not asked.attempt:
        return _answer(tx, now, caller, person, asked)
    if person is not None:
        tx.people.hold(person.id)  # A retry that overtakes its attempt waits for it here.
    asked_hash = tx.keyed_digest("api-attempt", _spelled(caller, asked))
    kept = tx.verifications.find(caller.application.id, asked.attempt)
    if kept is not None:
        return _again(now, kept, asked_hash)
    answered = _answer(tx, now, caller, person, asked)
    stored = tx.verifications.add(
        Kept(
            caller.application.id,
            asked.attempt,
            person.id if person else None,
            asked_hash,
            answered.verification,
            now,
            answered.purpose,
        )
    )
    assert stored or person is None, "attempts of one person come one after another"
    return answered


def _spelled(caller: ApiCaller, asked: Asked) -> str:
    parts = (asked.external_id, asked.typed.first, asked.typed.second, asked.browser)
    return "\n".join((caller.application.id, *(f"{len(part)}:{part}" for part in parts)))


def _again(now: Instant, kept: Kept, asked_hash: str) -> Answered | AttemptReused:
    if kept.asked_hash != asked_hash or not 0 <= now - kept.answered_at <= ANSWERED_AGAIN:
        return AttemptReused()
    return Answered(kept.answer)


def _answer(
    tx: Tx, now: Instant, caller: ApiCaller, person: Person | None, asked: Asked
) -> Answered:
    """Somebody unknown, disabled, or without a factor is told alike."""
    if person is None or person.state is PersonState.DISABLED:
        return Answered(Verification(Verdict.REFUSED, Needed.ENROLMENT))
    authenticators = tx.authenticators.in_force(person.id)
    if takes_passkeys_only(tx, caller.account, person):
        return Answered(Verification(Verdict.REFUSED, Needed.PASSKEY))
    if not authenticators and not tx.authenticators.has_factor(person.id):
        return Answered(Verification(Verdict.REFUSED, Needed.ENROLMENT))
    token = _browser_token(caller, person, asked.browser)
    browser = tx.browsers.by_token(token, person.id) if token else None
    known = browser if browser is not None and browser.is_known(now) else None
    purpose = _purpose(asked.typed)
    source = Source(asked.address, caller.application.name)
    proof = prove_code(
        tx,
        now,
        person=person,
        account=caller.account,
        authenticators=authenticators if purpose is AttemptPurpose.SIGN_IN else (),
        typed=asked.typed,
        purpose=purpose,
        standing=Standing(source, known),
    )
    if not isinstance(proof, Accepted):
        attempt_id = proof.attempt_id if isinstance(proof, Wrong) else ""
        return Answered(_refusal(tx, now, caller, person, authenticators, known), attempt_id)
    _note(tx, now, person, source, purpose)
    if token and browser is None:
        # From now on it has a budget of its own for the person.
        browsers.add(tx, now, person, source, token)
    return Answered(ACCEPTED, purpose=purpose)


def _purpose(typed: Typed) -> AttemptPurpose:
    """A code of an app, unless it has the form of what stands in for one."""
    if typed.second or isinstance(otp.parse_code(typed.first), str):
        return AttemptPurpose.SIGN_IN
    purpose = stand_ins.purpose_of(typed.first)
    has_form = isinstance(stand_ins.read(purpose, typed.first), str)
    return purpose if has_form else AttemptPurpose.SIGN_IN


def _browser_token(caller: ApiCaller, person: Person, browser: str) -> bytes | None:
    """Bound to the application and the person: no other can bring the same browser."""
    if not browser:
        return None
    return digest(Purpose.API_BROWSER, f"{caller.application.id}:{person.id}:{browser}")


def _refusal(
    tx: Tx,
    now: Instant,
    caller: ApiCaller,
    person: Person,
    authenticators: Sequence[Totp],
    known: Browser | None,
) -> Verification:
    """What is asked for next, whatever the code was."""
    if not authenticators:
        return Verification(Verdict.REFUSED, Needed.PASSKEY)
    if is_stopped(authenticators):
        return Verification(Verdict.REFUSED, Needed.SET_UP)
    asked = guard.ask_code(
        tx,
        now,
        person=person,
        account=caller.account,
        browser=known,
        link_open=False,
        enrolling=False,
        authenticators=len(authenticators),
    )
    match asked.answer:
        case throttle.Wait(until):
            return Verification(Verdict.REFUSED, Needed.NOTHING, until)
        case throttle.Pair():
            return Verification(Verdict.REFUSED, Needed.TWO_CODES)
        case throttle.NeedsLink():
            return Verification(Verdict.REFUSED, Needed.LINK)
        case throttle.Disabled():
            return Verification(Verdict.REFUSED, Needed.SET_UP)
    return Verification(Verdict.REFUSED)


def _note(tx: Tx, now: Instant, person: Person, source: Source, purpose: AttemptPurpose) -> None:
    """The owner hears of whatever stood in for the app (promise P8)."""
    if purpose is AttemptPurpose.RECOVERY:
        recovery.tell_used(tx, now, person=person, source=source)
    elif purpose is AttemptPurpose.PASS:
        passes.tell_used(tx, now, person=person, source=source)
