"""Signing in: the password. Two transactions with the hashing between them (promise P3).

What follows the password is in `second_step.py`; the end of every sign-in is `finish`, here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from twofold.core.attempts import Source
from twofold.core.events import EventKind
from twofold.core.notes import Note, note_of
from twofold.core.paths import sets_up_anew
from twofold.core.people import Account, Instant, Person, PersonState, email_key
from twofold.core.requirement import ruling
from twofold.core.rules import Start
from twofold.core.sessions import (
    ENROLLING_LIFETIME,
    SECOND_FACTORS,
    SIGN_IN_LIFETIME,
    Caller,
    HalfCaller,
    SignIn,
    Stage,
)
from twofold.core.signin import SignInFact, SignInState, advance, state_of
from twofold.core.tokens import Purpose, digest
from twofold.core.waits import StopReason
from twofold.flows import alarms, browsers, exchange, expansion, guard, sessions, wait_stops
from twofold.flows.guard import Charge
from twofold.flows.outbox import record
from twofold.ports import Tx

NOBODY = ""
"""An id that nobody has: reading it takes as long as reading somebody."""


@dataclass(frozen=True, slots=True)
class From:
    """Where a request comes from, with the cookies that it brings."""

    source: Source
    browser_token: str | None = None
    """The cookie of a known browser."""
    link_token: str | None = None
    """The cookie of a browser in which a mailed link was asked for."""


@dataclass(frozen=True, slots=True)
class PasswordTry:
    """What the hasher is to check. Unknown people, and tries that are refused unread, have no
    hash and cost the same work.
    """

    who: str
    """Under what key wrong passwords are counted."""
    charge: Charge | None
    """None: refused unread."""
    person_id: str | None
    encoded: str | None
    password_version: int

    def __repr__(self) -> str:
        """Without the hash."""
        return f"PasswordTry(person_id={self.person_id!r})"


@dataclass(frozen=True, slots=True)
class PasswordRefused:
    """Wrong password, unknown address, a person who may not sign in, or a try during a wait: one
    answer for all.
    """


@dataclass(frozen=True, slots=True)
class HalfWay:
    """The password was right; `token` is the cookie of the half-finished sign-in."""

    token: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Complete; `token` is the session's cookie, `browser_token` that of the known browser."""

    token: str
    return_to: str
    browser_token: str
    codes: Sequence[str] = field(default=(), repr=False)
    """The first recovery codes, to be shown once, where the sign-in ended a first set-up."""
    caller: Caller | None = None
    """Who they are from now on, for the page that shows those."""
    note: Note | None = None
    """What the person is told next, until it is done."""


@dataclass(frozen=True, slots=True)
class SignInEnded:
    """The sign-in is not there any more: finished elsewhere, cancelled, or out of time."""

    attempt_id: str = field(default="", compare=False)
    """The refused code that ended it, if one did."""


def look_up_password(tx: Tx, now: Instant, *, email: str, place: From) -> PasswordTry:
    """First half: whose password is it said to be, and may it be looked at now. The try is
    charged here, before the hashing; a burst cannot outrun it.

    For nobody, and for a try that is refused unread, as many rows are found, read and written as
    for somebody: the time of the answer must not tell who is here.
    """
    person = tx.people.by_email(email)
    if person is not None and person.state is PersonState.DISABLED:
        person = None
    who = guard.name_key(tx, person_id=person.id if person else None, key=email_key(email))
    person_id = person.id if person else NOBODY
    browser = guard.known_browser(tx, now, token=place.browser_token, person_id=person_id)
    link_open = browsers.is_open(tx, now, cookie=place.link_token, person_id=person_id)
    _, charge = guard.open_password(
        tx, now, who=who, browser=browser, address=place.source.address, link_open=link_open
    )
    if person is None:
        tx.people.stand_in()
        return PasswordTry(who, charge, None, None, 0)
    credential = tx.people.credential(person.id)
    if charge is None:
        return PasswordTry(who, charge, person.id, None, 0)
    return PasswordTry(who, charge, person.id, credential.encoded, credential.password_version)


def settle_password(
    tx: Tx,
    now: Instant,
    *,
    tried: PasswordTry,
    proved: bool,
    rehashed: str | None,
    return_to: str,
    place: From,
) -> HalfWay | SignedIn | PasswordRefused:
    """Second half: what a checked password leads to.

    `rehashed` is the same password under newer Argon2 settings, or None. A password that was
    changed while it was being checked is refused: the version must still be the same.
    """
    if tried.person_id is None:
        tx.people.stand_in()
    person = tx.people.lock(tried.person_id) if tried.person_id else None
    if tried.charge is None:
        guard.password_was_not_read(tx, now, address=place.source.address)
        return PasswordRefused()
    right = (
        person is not None
        and proved
        and person.password_version == tried.password_version
        and person.state is PersonState.ACTIVE
    )
    if person is None or not right:
        alarms.after_wrong_password(
            tx,
            now,
            person,
            place.source,
            guard.password_was_wrong(tx, now, who=tried.who, address=place.source.address),
        )
        return PasswordRefused()
    guard.password_was_right(tx, now, tried.charge)
    if rehashed is not None:
        tx.people.rehash(person.id, rehashed, expected_version=tried.password_version)
    return _after_password(tx, now, person, return_to, place)


def _after_password(
    tx: Tx, now: Instant, person: Person, return_to: str, place: From
) -> HalfWay | SignedIn:
    account = tx.accounts.get(person.account_id)
    enrolled = tx.authenticators.has_factor(person.id)
    browser = guard.known_browser(tx, now, token=place.browser_token, person_id=person.id)
    trusted = (
        enrolled
        and not sets_up_anew(return_to)
        and browsers.may_skip_code(tx, now, person, account, browser)
    )
    must = _must_enrol(tx, now, person, account, enrolled=enrolled)
    fact = _password_fact(enrolled=enrolled, trusted=trusted, must=must)
    state = advance(SignInState.START, fact)
    if state is SignInState.DONE:
        return finish(
            tx, now, person, account, return_to, place, methods=("pwd",), skipped_code=trusted
        )
    stage = Stage.CODE if state is SignInState.CODE else Stage.ENROL
    return _begin_half(tx, now, person, stage, return_to, place)


def _begin_half(
    tx: Tx, now: Instant, person: Person, stage: Stage, return_to: str, place: From
) -> HalfWay:
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
            link_open=False,
            created_at=now,
            expires_at=now + lifetime,
        ),
        digest(Purpose.SIGN_IN, token),
    )
    record(
        tx,
        now,
        EventKind.SIGN_IN_STARTED,
        person,
        actor_id=person.id,
        stage=stage.value,
        address=place.source.address,
        browser=place.source.browser,
    )
    return HalfWay(token, stage)


def _must_enrol(tx: Tx, now: Instant, person: Person, account: Account, *, enrolled: bool) -> bool:
    """Whether nothing but the set-up is open. In report-only mode it is noted, and nobody is
    stopped.
    """
    found = ruling(account, person, now)
    if enrolled or not found.is_due(now):
        return False
    if found.report_only:
        tx.enrolments.near_stop(person, now)
        record(tx, now, EventKind.NEAR_STOP, person, actor_id=person.id)
    return found.must_enrol(now)


def _password_fact(*, enrolled: bool, trusted: bool, must: bool) -> SignInFact:
    if enrolled and trusted:
        return SignInFact.PASSWORD_RIGHT_TRUSTED
    if enrolled:
        return SignInFact.PASSWORD_RIGHT_ENROLLED
    if must:
        return SignInFact.PASSWORD_RIGHT_MUST_ENROL
    return SignInFact.PASSWORD_RIGHT_FREE


def finish(
    tx: Tx,
    now: Instant,
    person: Person,
    account: Account,
    return_to: str,
    place: From,
    *,
    methods: tuple[str, ...],
    trust: bool = False,
    skipped_code: bool = False,
    ends_at: Instant | None = None,
) -> SignedIn:
    """The end of every complete sign-in: the browser is known from now on, the session begins,
    and is over at `ends_at` at the latest.
    """
    browser_token, browser = browsers.remember(
        tx,
        now,
        person,
        account,
        token=place.browser_token,
        source=place.source,
        trust=trust,
    )
    token = sessions.begin(
        tx,
        now,
        person,
        methods=methods,
        source=place.source,
        browser_id=browser.id,
        trusted=skipped_code,
        ends_at=ends_at,
    )
    expansion.begin_waiting(tx, now, account, person, Start.SIGN_IN)
    proved = not SECOND_FACTORS.isdisjoint(methods)
    if proved and wait_stops.stop(tx, now, person, StopReason.SIGN_IN, actor_id=person.id):
        return_to = "/"  # The home page says what was stopped.
    elif proved and ends_at is None:
        return_to = exchange.first_page(tx, now, person, return_to)
    if proved and "pwd" in methods:
        tx.waits.prove_password(person.id)
    note = note_of(tx.recovery.standing(person.id), tx.authenticators.in_force(person.id), now)
    return SignedIn(token, return_to, browser_token, note=note)


def cancel(tx: Tx, now: Instant, *, half: HalfCaller) -> None:
    """Give up a half-finished sign-in."""
    advance(state_of(half.sign_in.stage), SignInFact.CANCELLED)
    if tx.sign_ins.finish(half.sign_in.id):
        record(tx, now, EventKind.SIGN_IN_CANCELLED, half.person, actor_id=half.person.id)


def whose_expired(tx: Tx, *, token: str) -> str | None:
    """The address to keep on the page when a half-finished sign-in has run out, or None."""
    return tx.sign_ins.expired_return(digest(Purpose.SIGN_IN, token))
