"""Setting an authenticator up: begin, look, Save, Cancel.

The same pending secret is shown after a wrong code, a reload or in a second tab. It counts only
once a right code proved it. Until then an older authenticator stays as it is.
"""

from dataclasses import dataclass, replace

from twofold.core import keyuri
from twofold.core.attempts import AttemptPurpose, Source
from twofold.core.authenticators import MAILED_LINK, AuthenticatorState, Totp
from twofold.core.enrolment import EnrolmentFact
from twofold.core.enrolment import advance as advance_authenticator
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import MINUTE, Account, Instant, Person
from twofold.core.sessions import Caller, HalfCaller, Stage
from twofold.core.signin import SignInFact, advance, state_of
from twofold.core.throttle import Wait
from twofold.core.tokens import Purpose
from twofold.flows import browsers, guard, links, sessions
from twofold.flows.links import OpenLink
from twofold.flows.outbox import may_be_asked_for, record, write_mail
from twofold.flows.proofs import Accepted, Proof, Standing, Typed
from twofold.flows.sign_in import From, SignedIn, SignInEnded, finish
from twofold.flows.verify import prove_code
from twofold.ports import Tx

RESEND_WINDOW = 15 * MINUTE
"""Seconds in which the page counts the links that were asked for."""

LINK_MAILS = (MailKind.SWITCHED_ON, MailKind.ENROL_LINK)
"""The mails that carry a set-up link."""


@dataclass(frozen=True, slots=True)
class NeedsProof:
    """Not before the caller has proved themselves again: `"password"` or `"code"`."""

    what: str


@dataclass(frozen=True, slots=True)
class NothingPending:
    """There is no set-up to save: cancelled, or saved in another tab."""


@dataclass(frozen=True, slots=True)
class LinkRefused:
    """The mailed link does not open this person's set-up."""


def needed_proof(now: Instant, caller: Caller) -> NeedsProof | None:
    """What a set-up from a full session asks for first (promise P4): with an authenticator a
    fresh code of it, without one a fresh password.
    """
    if caller.enrolled:
        return None if caller.session.has_fresh_factor(now) else NeedsProof("code")
    return None if caller.session.has_fresh_password(now) else NeedsProof("password")


def begin(
    tx: Tx, now: Instant, *, person: Person, account: Account, begun_in: str, app: str | None
) -> Totp:
    """The person's pending set-up, the one that is there or a new one.

    One that was begun elsewhere is thrown away, not shown: somebody who only had the password may
    have begun it, and would know the secret that is saved now. `begun_in` is the session, or
    `MAILED_LINK` on the road that the policy demands. `app` is the person's choice of an app, ""
    for one that is not in the list; None leaves it as it is.
    """
    tx.people.lock(person.id)
    pending = tx.authenticators.pending(person.id)
    if pending is not None and pending.begun_in == begun_in:
        return _with_app(tx, pending, app)
    tx.authenticators.discard_pending(person.id)
    fresh = Totp(
        id=tx.random.new_id(),
        account_id=account.id,
        person_id=person.id,
        state=AuthenticatorState.PENDING,
        secret=tx.random.secret(),
        issuer=account.issuer,
        label=keyuri.account_label(person.email, account.issuer),
        created_at=now,
        begun_in=begun_in,
        confirmed_at=None,
        disabled_at=None,
        last_step=0,
        drift=0,
        last_offset=0,
        app=app or "",
    )
    tx.authenticators.add(fresh)
    record(tx, now, EventKind.ENROL_STARTED, person, actor_id=person.id)
    return fresh


def _with_app(tx: Tx, pending: Totp, app: str | None) -> Totp:
    if app is None or app == pending.app:
        return pending
    tx.authenticators.set_app(pending.id, app)
    return replace(pending, app=app)


def begin_own(tx: Tx, now: Instant, *, caller: Caller, app: str | None = None) -> Totp | NeedsProof:
    """Begin, or show again, a voluntary set-up or a replacement from a full session."""
    return needed_proof(now, caller) or begin(
        tx,
        now,
        person=caller.person,
        account=caller.account,
        begun_in=caller.session.id,
        app=app,
    )


def begin_demanded(
    tx: Tx, now: Instant, *, half: HalfCaller, token: str, app: str | None = None
) -> Totp | LinkRefused:
    """Begin, or show again, the set-up that policy demands: password proved, mailed link in
    hand. The link is looked at, not used: *Save* uses it.
    """
    if not link_is_theirs(tx, now, half, token):
        return LinkRefused()
    return begin(tx, now, person=half.person, account=half.account, begun_in=MAILED_LINK, app=app)


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
    proof = _prove_pending(
        tx, now, caller.person, caller.account, typed, place.source, caller.session.id
    )
    if not isinstance(proof, Accepted):
        return proof
    token = sessions.renew(tx, now, caller.session, password=False, factor=True)
    if token is None:
        return SignInEnded()
    _make_it_count(tx, now, caller.person, proof, place.source, keep_session=caller.session.id)
    browser_token, _ = browsers.remember(
        tx,
        now,
        caller.person,
        caller.account,
        token=place.browser_token,
        source=place.source,
        trust=False,
    )
    return SignedIn(token, "/profile", browser_token)


def save_demanded(
    tx: Tx, now: Instant, *, half: HalfCaller, token: str, typed: str, place: From
) -> SignedIn | LinkRefused | NothingPending | Proof | SignInEnded:
    """*Save* of the set-up that policy demands: uses the mailed link and finishes the sign-in."""
    tx.people.lock(half.person.id)  # From here on nobody else uses or ends the link.
    if not link_is_theirs(tx, now, half, token):
        return LinkRefused()
    proof = _prove_pending(tx, now, half.person, half.account, typed, place.source, MAILED_LINK)
    if not isinstance(proof, Accepted):
        return proof
    advance(state_of(half.sign_in.stage), SignInFact.SET_UP_PROVED)
    if not tx.sign_ins.finish(half.sign_in.id):
        return SignInEnded()
    used = links.use(tx, now, purpose=Purpose.ENROL, token=token)
    assert isinstance(used, OpenLink), "a set-up link vanished under its lock"
    _make_it_count(tx, now, half.person, proof, place.source, keep_session="")
    return finish(
        tx,
        now,
        half.person,
        half.account,
        half.sign_in.return_to,
        place,
        methods=("pwd", "otp"),
    )


def _prove_pending(
    tx: Tx,
    now: Instant,
    person: Person,
    account: Account,
    typed: str,
    source: Source,
    begun_in: str,
) -> Proof | NothingPending:
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
        authenticator=pending,
        typed=Typed(typed),
        purpose=AttemptPurpose.ENROL,
        standing=Standing(source),
    )


def _make_it_count(
    tx: Tx, now: Instant, person: Person, proof: Accepted, source: Source, *, keep_session: str
) -> None:
    """The proved set-up becomes the person's authenticator; whatever trusted the old state ends
    (sessions, half-finished sign-ins, links), and the owner is told (promise P8).
    """
    if not tx.authenticators.activate(proof.authenticator_id, at=now):
        raise RuntimeError("a proved set-up vanished inside its own transaction")
    replaced = tx.authenticators.retire(person.id, keep=proof.authenticator_id, at=now)
    sessions.end_others(tx, now, person, keep=keep_session)
    for purpose in (Purpose.ENROL, Purpose.RECOVERY):
        tx.links.end_all(person.id, purpose)
    kind = EventKind.REPLACED if replaced else EventKind.ENROLLED
    record(tx, now, kind, person, actor_id=person.id, authenticator=proof.authenticator_id)
    active = tx.authenticators.active(person.id)
    write_mail(
        tx,
        now,
        person,
        MailKind.REPLACED if replaced else MailKind.ENROLLED,
        entry=keyuri.entry_name(active.issuer, active.label) if active else "",
        at=now,
        browser=source.browser,
    )


def waits_until(tx: Tx, now: Instant, *, person: Person, account: Account) -> Instant | None:
    """Until when a code for the person's set-up has to wait, or None: ten wrong ones in fifteen
    minutes are the limit.
    """
    asked = guard.ask_code(
        tx, now, person=person, account=account, browser=None, link_open=False, enrolling=True
    )
    return asked.answer.until if isinstance(asked.answer, Wait) else None


def cancel(tx: Tx, now: Instant, *, person: Person) -> None:
    """Discard the pending set-up with its secret. An older authenticator stays as it was."""
    tx.people.lock(person.id)
    if tx.authenticators.discard_pending(person.id):
        record(tx, now, EventKind.ENROL_CANCELLED, person, actor_id=person.id)


@dataclass(frozen=True, slots=True)
class SetUpWait:
    """What the page says to somebody who must set up and has not opened the mailed link."""

    sent_recently: int
    can_send: bool
    sent_at: Instant | None
    """When the latest link was written, or None."""


def wait_for_link(tx: Tx, now: Instant, *, half: HalfCaller) -> SetUpWait:
    """How often a link was sent lately and whether one more may be asked for."""
    sent = tx.mails.recent(half.person.id, (MailKind.ENROL_LINK,), now - RESEND_WINDOW)
    latest = next(
        (
            mail.created_at
            for mail in tx.mails.of(half.person.id, limit=20)
            if mail.kind in LINK_MAILS
        ),
        None,
    )
    can_send = may_be_asked_for(tx, now, half.person.id, MailKind.ENROL_LINK)
    return SetUpWait(sent, can_send, latest)


def send_link(tx: Tx, now: Instant, *, half: HalfCaller) -> SetUpWait:
    """Mail a new set-up link, as often as `outbox.ASKED_FOR` allows."""
    tx.people.lock(half.person.id)
    state = wait_for_link(tx, now, half=half)
    if not state.can_send or half.sign_in.stage is not Stage.ENROL:
        return state
    token, expires_at = links.mint(tx, now, Purpose.ENROL, half.person, replace=False)
    write_mail(tx, now, half.person, MailKind.ENROL_LINK, token=token, expires_at=expires_at)
    record(tx, now, EventKind.ENROL_LINK_SENT, half.person, actor_id=half.person.id)
    return wait_for_link(tx, now, half=half)


def own(tx: Tx, *, person_id: str) -> Totp | None:
    """The person's active authenticator, for their own profile."""
    return tx.authenticators.active(person_id)
