"""Sessions: begun, renewed at each change of assurance, ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core.attempts import Source
from twofold.core.browsers import Browser
from twofold.core.events import EventKind
from twofold.core.people import Instant, Person
from twofold.core.sessions import SECOND_FACTORS, Caller, Session
from twofold.core.tokens import Purpose, digest
from twofold.flows.outbox import record
from twofold.ports import Tx


def begin(
    tx: Tx,
    now: Instant,
    person: Person,
    *,
    methods: tuple[str, ...],
    source: Source,
    browser_id: str | None = None,
    trusted: bool = False,
    ends_at: Instant | None = None,
) -> str:
    """A new session; its token, for the cookie. Called only at the end of a sign-in."""
    token = tx.random.token()
    session = Session(
        id=tx.random.new_id(),
        account_id=person.account_id,
        person_id=person.id,
        methods=methods,
        password_at=now if "pwd" in methods else 0,
        factor_at=None if SECOND_FACTORS.isdisjoint(methods) else now,
        created_at=now,
        seen_at=now,
        trusted=trusted,
        browser_id=browser_id,
        browser=source.browser,
        address=source.address,
        ends_at=ends_at,
    )
    tx.sessions.add(session, digest(Purpose.SESSION, token))
    tx.people.seen(person.id, now)
    record(
        tx,
        now,
        EventKind.SIGN_IN_COMPLETED,
        person,
        actor_id=person.id,
        methods=" ".join(methods),
        trusted=trusted,
        address=source.address,
        browser=source.browser,
    )
    return token


def renew(
    tx: Tx, now: Instant, session: Session, *, password: bool, factor: bool, method: str = "otp"
) -> str | None:
    """A new token for a session whose owner has just proved something; None if it has ended.
    `method` is how the factor was proved, where one was.
    """
    token = tx.random.token()
    methods = session.methods
    if factor and method not in methods:
        methods = (*methods, method)
    renewed = tx.sessions.renew(
        session.id,
        digest(Purpose.SESSION, token),
        methods=methods,
        password_at=now if password else session.password_at,
        factor_at=now if factor else session.factor_at,
        ends_at=None if factor else session.ends_at,
    )
    return token if renewed else None


def touch(tx: Tx, now: Instant, *, session_id: str) -> None:
    """Remember that the session was used, for the idle limit."""
    tx.sessions.touch(session_id, now)


def end(tx: Tx, now: Instant, *, caller: Caller) -> None:
    """Sign out: the session is dead on the next request."""
    if tx.sessions.end(caller.session.id):
        record(tx, now, EventKind.SESSION_ENDED, caller.person, actor_id=caller.person.id)


def end_others(tx: Tx, now: Instant, person: Person, *, keep: str = "") -> None:
    """End all sessions but `keep`, all trust and every half-finished sign-in, after a change of
    password or factors.
    """
    ended = tx.sessions.end_all(person.id, keep=keep)
    tx.sign_ins.end_all(person.id)
    tx.browsers.end_trust(person.id)
    tx.challenges.end_all(person.id)
    if ended:
        record(tx, now, EventKind.SESSIONS_ENDED, person, actor_id=person.id, count=ended)


@dataclass(frozen=True, slots=True)
class Places:
    """Where somebody is signed in, and which browsers are known."""

    sessions: Sequence[Session]
    browsers: Sequence[Browser]


def places(tx: Tx, *, person_id: str) -> Places:
    """One's own sessions and known browsers, the last used first."""
    return Places(tx.sessions.of(person_id), tx.browsers.of(person_id))


def end_one(tx: Tx, now: Instant, *, caller: Caller, session_id: str) -> bool:
    """End one of one's own sessions, on its very next request; false if it is not one's own."""
    if session_id not in {session.id for session in tx.sessions.of(caller.person.id)}:
        return False
    tx.sessions.end(session_id)
    record(tx, now, EventKind.SESSION_ENDED, caller.person, actor_id=caller.person.id)
    return True


def end_browser(tx: Tx, now: Instant, *, caller: Caller, browser_id: str) -> bool:
    """Forget one of one's own browsers, and end what is open in it."""
    if not tx.browsers.end(caller.person.id, browser_id):
        return False
    for session in tx.sessions.of(caller.person.id):
        if session.browser_id == browser_id and session.id != caller.session.id:
            tx.sessions.end(session.id)
    record(tx, now, EventKind.BROWSER_ENDED, caller.person, actor_id=caller.person.id)
    return True


def end_everywhere_else(tx: Tx, now: Instant, *, caller: Caller) -> None:
    """End all other sessions and temporary passes, and forget every known browser."""
    end_others(tx, now, caller.person, keep=caller.session.id)
    tx.passes.end_all(caller.person.id, at=now)
    if tx.browsers.end_all(caller.person.id):
        record(tx, now, EventKind.BROWSER_ENDED, caller.person, actor_id=caller.person.id)
