"""Proving oneself again inside a session, before something sensitive (promise P4)."""

from dataclasses import dataclass

from twofold.core.attempts import AttemptPurpose
from twofold.core.authenticators import is_stopped
from twofold.core.events import EventKind
from twofold.core.people import Instant
from twofold.core.sessions import Caller
from twofold.core.throttle import Answer, Disabled
from twofold.flows import alarms, guard, recovery, sessions
from twofold.flows.guard import Charge
from twofold.flows.outbox import record
from twofold.flows.proofs import Accepted, Proof, Standing, Suspended, Typed
from twofold.flows.second_step import takes_passkeys_only
from twofold.flows.sign_in import From, PasswordRefused, SignInEnded
from twofold.flows.verify import prove_code
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class Proved:
    """The session has a new id; `token` is its cookie."""

    token: str


def prove_factor(
    tx: Tx, now: Instant, *, caller: Caller, typed: Typed, place: From
) -> Proved | Proof | SignInEnded:
    """Prove the second factor again with a code of the active authenticator."""
    if takes_passkeys_only(tx, caller.account, caller.person):
        return Suspended()
    proof = prove_code(
        tx,
        now,
        person=caller.person,
        account=caller.account,
        authenticators=tx.authenticators.in_force(caller.person.id),
        typed=typed,
        purpose=AttemptPurpose.STEP_UP,
        standing=_standing(tx, now, caller, place),
    )
    if not isinstance(proof, Accepted):
        return proof
    token = sessions.renew(tx, now, caller.session, password=False, factor=True)
    return Proved(token) if token else SignInEnded()


def prove_with_recovery_code(
    tx: Tx, now: Instant, *, caller: Caller, typed: str, place: From
) -> Proved | Proof | SignInEnded:
    """Prove the second factor again with a recovery code, when the phone is gone but the session
    is still there: it is used up, and the owner hears of it.
    """
    proof = prove_code(
        tx,
        now,
        person=caller.person,
        account=caller.account,
        authenticators=(),
        typed=Typed(typed),
        purpose=AttemptPurpose.RECOVERY,
        standing=_standing(tx, now, caller, place),
    )
    if not isinstance(proof, Accepted):
        return proof
    token = sessions.renew(tx, now, caller.session, password=False, factor=True, method="recovery")
    if token is None:
        return SignInEnded()
    recovery.tell_used(tx, now, person=caller.person, source=place.source)
    return Proved(token)


def _standing(tx: Tx, now: Instant, caller: Caller, place: From) -> Standing:
    token, person_id = place.browser_token, caller.person.id
    return Standing(place.source, guard.known_browser(tx, now, token=token, person_id=person_id))


@dataclass(frozen=True, slots=True)
class NoCodes:
    """No code is taken: the person has passkeys alone, or the account takes nothing else."""


def code_answer(tx: Tx, now: Instant, *, caller: Caller, place: From) -> Answer | NoCodes:
    """What the confirm page asks for: one code, two, a wait; or that no code helps here."""
    active = tx.authenticators.in_force(caller.person.id)
    if not active or takes_passkeys_only(tx, caller.account, caller.person):
        return NoCodes()
    if is_stopped(active):
        return Disabled()
    standing = _standing(tx, now, caller, place)
    return guard.ask_code(
        tx,
        now,
        person=caller.person,
        account=caller.account,
        browser=standing.browser,
        link_open=standing.link_open,
        enrolling=False,
        authenticators=len(active),
    ).answer


@dataclass(frozen=True, slots=True)
class OwnPasswordTry:
    """What the hasher is to check when somebody proves their own password again."""

    who: str
    charge: Charge | None
    """None: refused unread."""
    encoded: str | None
    password_version: int

    def __repr__(self) -> str:
        """Without the hash."""
        return "OwnPasswordTry()"


def look_up_own_password(tx: Tx, now: Instant, *, caller: Caller, place: From) -> OwnPasswordTry:
    """Charge the try on the same budget as at the sign-in.

    Otherwise a stolen session would be an endless oracle for the password (CVE-2026-43914).
    """
    who = guard.name_key(tx, person_id=caller.person.id, key="")
    browser = _standing(tx, now, caller, place).browser
    _, charge = guard.open_password(
        tx, now, who=who, browser=browser, address=place.source.address, link_open=False
    )
    if charge is None:
        return OwnPasswordTry(who, None, None, 0)
    credential = tx.people.credential(caller.person.id)
    return OwnPasswordTry(who, charge, credential.encoded, credential.password_version)


def own_password_is_right(
    tx: Tx, now: Instant, *, caller: Caller, tried: OwnPasswordTry, proved: bool, place: From
) -> bool:
    """Settle such a try; whether the password was right and is still the same."""
    if tried.charge is None:
        return False
    person = tx.people.lock(caller.person.id)
    if proved and person.password_version == tried.password_version:
        guard.password_was_right(tx, now, tried.charge)
        return True
    found = guard.password_was_wrong(tx, now, who=tried.who, address=place.source.address)
    alarms.after_wrong_password(tx, now, person, place.source, found, actor_id=person.id)
    return False


def settle_own_password(
    tx: Tx, now: Instant, *, caller: Caller, tried: OwnPasswordTry, proved: bool, place: From
) -> Proved | PasswordRefused | SignInEnded:
    """The session counts as freshly proved by password, under a new id."""
    if not own_password_is_right(tx, now, caller=caller, tried=tried, proved=proved, place=place):
        return PasswordRefused()
    token = sessions.renew(tx, now, caller.session, password=True, factor=False)
    if token is None:
        return SignInEnded()
    record(tx, now, EventKind.PASSWORD_PROVED, caller.person, actor_id=caller.person.id)
    return Proved(token)
