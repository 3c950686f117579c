"""Setting an authenticator up: begin, look, Save, Cancel.

The same pending secret is shown after a wrong code, a reload or in a second tab. It counts only
once a right code proved it. Until then an older authenticator stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from twofold.core import keyuri
from twofold.core.attempts import AttemptPurpose, Source
from twofold.core.authenticators import (
    EVERY,
    MAILED_LINK,
    MOST_TOTP,
    AuthenticatorState,
    Totp,
    is_stopped,
)
from twofold.core.enrolment import EnrolmentFact
from twofold.core.enrolment import advance as advance_authenticator
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.notes import Note
from twofold.core.people import Account, Instant, Person
from twofold.core.requirement import may_set_up
from twofold.core.sessions import Caller, HalfCaller, Stage
from twofold.core.signin import SignInFact, advance, state_of
from twofold.core.throttle import Wait
from twofold.core.tokens import Purpose, digest
from twofold.flows import browsers, guard, links, recovery, sessions, wait_stops
from twofold.flows.links import OpenLink
from twofold.flows.outbox import record, write_mail
from twofold.flows.proofs import Accepted, Proof, Standing, Typed
from twofold.flows.sign_in import From, SignedIn, SignInEnded, finish
from twofold.flows.verify import prove_code
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class NeedsProof:
    """Not before the caller has proved themselves again: `"password"` or `"code"`."""

    what: str


@dataclass(frozen=True, slots=True)
class NothingPending:
    """There is no set-up to save: cancelled, or saved in another tab."""


@dataclass(frozen=True, slots=True)
class NoSetUp:
    """This set-up cannot begin, and why."""

    sentence: str


@dataclass(frozen=True, slots=True)
class LinkRefused:
    """The mailed link does not open this person's set-up."""


def needed_proof(now: Instant, caller: Caller) -> NeedsProof | None:
    """What a set-up from a full session asks for first (promise P4): with an authenticator a
    fresh code of it, without one, or where a temporary pass stood in for it, a fresh password.
    """
    if caller.enrolled:
        if caller.session.may_set_up(now):
            return None
        return NeedsProof("password" if caller.session.is_by_pass else "code")
    return None if caller.session.has_fresh_password(now) else NeedsProof("password")


def not_offered(now: Instant, caller: Caller) -> NoSetUp | None:
    """Why somebody without a second factor cannot set one up yet, or None if they can."""
    if may_set_up(caller.account, caller.person, now, enrolled=caller.enrolled):
        return None
    return NoSetUp(f"{caller.account.name} does not use a second step yet.")


def begin(
    tx: Tx,
    now: Instant,
    *,
    person: Person,
    account: Account,
    begun_in: str,
    app: str | None,
    replaces: str | None = EVERY,
) -> Totp | NoSetUp:
    """The person's pending set-up, the one that is there or a new one.

    One that was begun elsewhere, or for something else, is thrown away, not shown: somebody who
    only had the password may have begun it, and would know the secret that is saved now.

    `begun_in` is the session, or `MAILED_LINK` on the road that the policy demands. `app` is the
    person's choice of an app, "" for one that is not in the list; None leaves it as it is.
    `replaces` is that of `Totp`; None goes on with what is pending, and otherwise takes the place
    of the only one there is.
    """
    tx.people.lock(person.id)
    pending = tx.authenticators.pending(person.id)
    active = tx.authenticators.in_force(person.id)
    if (
        pending is not None
        and pending.begun_in == begun_in
        and replaces in (None, pending.replaces)
    ):
        return _with_app(tx, pending, app)
    goal = _goal(active, replaces)
    if isinstance(goal, NoSetUp):
        return goal
    tx.authenticators.discard_pending(person.id)
    taken = [one.label for one in active if one.issuer == account.issuer]
    fresh = Totp(
        id=tx.random.new_id(),
        account_id=account.id,
        person_id=person.id,
        state=AuthenticatorState.PENDING,
        secret=tx.random.secret(),
        issuer=account.issuer,
        label=keyuri.account_label(person.email, account.issuer, taken=taken),
        created_at=now,
        begun_in=begun_in,
        confirmed_at=None,
        disabled_at=None,
        last_step=0,
        drift=0,
        last_offset=0,
        app=app or "",
        replaces=goal,
    )
    tx.authenticators.add(fresh)
    tx.enrolments.mark(person.id, "started", now)
    record(tx, now, EventKind.ENROL_STARTED, person, actor_id=person.id)
    return fresh


def _goal(active: Sequence[Totp], replaces: str | None) -> str | NoSetUp:
    """What a new set-up is for. Beside stopped ones nothing is added: it takes their place."""
    if is_stopped(active):
        return EVERY
    if replaces is None:
        replaces = active[0].id if len(active) == 1 else ""
    if replaces in (EVERY, *(one.id for one in active)):
        return replaces
    if replaces:
        return NoSetUp("That authenticator is not there any more. Look at the list once more.")
    if len(active) >= MOST_TOTP:
        return NoSetUp(f"You have {MOST_TOTP} authenticator apps already. Replace or remove one.")
    return ""


def _with_app(tx: Tx, pending: Totp, app: str | None) -> Totp:
    if app is None or app == pending.app:
        return pending
    tx.authenticators.set_app(pending.id, app)
    return replace(pending, app=app)


def begin_own(
    tx: Tx, now: Instant, *, caller: Caller, app: str | None = None, replaces: str | None = None
) -> Totp | NeedsProof | NoSetUp:
    """Begin, or show again, a voluntary set-up, one more, or a replacement from a full session."""
    return (
        needed_proof(now, caller)
        or not_offered(now, caller)
        or begin(
            tx,
            now,
            person=caller.person,
            account=caller.account,
            begun_in=caller.session.id,
            app=app,
            replaces=replaces,
        )
    )


def begin_demanded(
    tx: Tx, now: Instant, *, half: HalfCaller, token: str, app: str | None = None
) -> Totp | LinkRefused:
    """Begin, or show again, the set-up that policy demands: password proved, mailed link in
    hand. The link is looked at, not used: *Save* uses it.
    """
    if not link_is_theirs(tx, now, half, token):
        return LinkRefused()
    begun = begin(tx, now, person=half.person, account=half.account, begun_in=MAILED_LINK, app=app)
    assert isinstance(begun, Totp), "what replaces all can always begin"
    return begun


def link_is_theirs(tx: Tx, now: Instant, half: HalfCaller, token: str) -> bool:
    """Whether the mailed link opens the set-up of this half-finished sign-in."""
    found = links.look(tx, now, purpose=Purpose.ENROL, token=token)
    return (
        half.sign_in.stage is Stage.ENROL
        and isinstance(found, OpenLink)
        and found.link.person_id == half.person.id
    )


def save_own(
    tx: Tx, now: Instant, *, caller: Caller, typed: str, place: From
) -> SignedIn | NeedsProof | NothingPending | Proof | SignInEnded:
    """*Save* from a full session: prove the pending authenticator and make it count."""
    if (needed := needed_proof(now, caller)) is not None:
        return needed
    proof = prove_pending(
        tx, now, caller.person, caller.account, typed, place.source, caller.session.id
    )
    if not isinstance(proof, Accepted):
        return proof
    token = sessions.renew(tx, now, caller.session, password=False, factor=True)
    if token is None:
        return SignInEnded()
    codes = make_it_count(
        tx, now, caller.person, proof, place.source, keep_session=caller.session.id
    )
    browser_token, _ = browsers.remember(
        tx,
        now,
        caller.person,
        caller.account,
        token=place.browser_token,
        source=place.source,
        trust=False,
    )
    return with_codes(tx, now, SignedIn(token, "/profile", browser_token), codes)


def save_demanded(
    tx: Tx, now: Instant, *, half: HalfCaller, token: str, typed: str, place: From
) -> SignedIn | LinkRefused | NothingPending | Proof | SignInEnded:
    """*Save* of the set-up that policy demands: uses the mailed link and finishes the sign-in."""
    tx.people.lock(half.person.id)  # From here on nobody else uses or ends the link.
    if not link_is_theirs(tx, now, half, token):
        return LinkRefused()
    proof = prove_pending(tx, now, half.person, half.account, typed, place.source, MAILED_LINK)
    if not isinstance(proof, Accepted):
        return proof
    advance(state_of(half.sign_in.stage), SignInFact.SET_UP_PROVED)
    if not tx.sign_ins.finish(half.sign_in.id):
        return SignInEnded()
    used = links.use(tx, now, purpose=Purpose.ENROL, token=token)
    assert isinstance(used, OpenLink), "a set-up link vanished under its lock"
    codes = make_it_count(tx, now, half.person, proof, place.source, keep_session="")
    done = finish(
        tx,
        now,
        half.person,
        half.account,
        half.sign_in.return_to,
        place,
        methods=("pwd", "otp"),
    )
    return with_codes(tx, now, done, codes)


def with_codes(tx: Tx, now: Instant, done: SignedIn, codes: Sequence[str]) -> SignedIn:
    """The end of a set-up of any kind, with the first recovery codes where it made any."""
    if not codes:
        return done
    caller = tx.sessions.by_token(digest(Purpose.SESSION, done.token), now)
    return replace(done, codes=codes, caller=caller, note=Note.STORE_CODES)


def prove_pending(
    tx: Tx,
    now: Instant,
    person: Person,
    account: Account,
    typed: str,
    source: Source,
    begun_in: str,
) -> Proof | NothingPending:
    """Prove the pending set-up that was begun there with a code of it."""
    tx.people.lock(person.id)
    pending = tx.authenticators.pending(person.id)
    if pending is None or pending.begun_in != begun_in:
        return NothingPending()
    advance_authenticator(pending.state, EnrolmentFact.CODE_RIGHT)
    return prove_code(
        tx,
        now,
        person=person,
        account=account,
        authenticators=[pending],
        typed=Typed(typed),
        purpose=AttemptPurpose.ENROL,
        standing=Standing(source),
    )


def make_it_count(
    tx: Tx, now: Instant, person: Person, proof: Accepted, source: Source, *, keep_session: str
) -> Sequence[str]:
    """The proved set-up becomes an authenticator of the person; whatever trusted the old state
    ends (sessions, half-finished sign-ins, links), and the owner is told (promise P8). Recovery
    codes are part of it: the first set comes back, to be shown once.
    """
    bound = tx.authenticators.has_factor(person.id)
    if not tx.authenticators.activate(proof.authenticator_id, at=now):
        raise RuntimeError("a proved set-up vanished inside its own transaction")
    active = {one.id: one for one in tx.authenticators.in_force(person.id)}
    new = active[proof.authenticator_id]
    replaced = new.replaces and tx.authenticators.retire(
        person.id, new.replaces, keep=new.id, at=now
    )
    sessions.end_others(tx, now, person, keep=keep_session)
    wait_stops.saved(tx, now, person)
    tx.enrolments.mark(person.id, "finished", now)
    tx.passes.end_all(person.id, at=now)
    for purpose in (Purpose.ENROL, Purpose.RECOVERY):
        tx.links.end_all(person.id, purpose)
    kind, mail = _news(bound=bound, replaced=bool(replaced))
    record(tx, now, kind, person, actor_id=person.id, authenticator=new.id)
    write_mail(
        tx,
        now,
        person,
        mail,
        entry=keyuri.entry_name(new.issuer, new.label),
        at=now,
        browser=source.browser,
    )
    return recovery.first_set(tx, now, person)


def _news(*, bound: bool, replaced: bool) -> tuple[EventKind, MailKind]:
    """What a saved set-up is to the person: the first factor, a new one for an old, or one more."""
    if replaced:
        return EventKind.REPLACED, MailKind.REPLACED
    if bound:
        return EventKind.AUTHENTICATOR_ADDED, MailKind.AUTHENTICATOR_ADDED
    return EventKind.ENROLLED, MailKind.ENROLLED


def waits_until(tx: Tx, now: Instant, *, person: Person, account: Account) -> Instant | None:
    """Until when a code for the person's set-up has to wait, or None: ten wrong ones in fifteen
    minutes are the limit.
    """
    asked = guard.ask_code(
        tx,
        now,
        person=person,
        account=account,
        browser=None,
        link_open=False,
        enrolling=True,
        authenticators=1,
    )
    return asked.answer.until if isinstance(asked.answer, Wait) else None


def cancel(tx: Tx, now: Instant, *, person: Person) -> None:
    """Discard the pending set-up with its secret. An older authenticator stays as it was."""
    tx.people.lock(person.id)
    if tx.authenticators.discard_pending(person.id):
        record(tx, now, EventKind.ENROL_CANCELLED, person, actor_id=person.id)
