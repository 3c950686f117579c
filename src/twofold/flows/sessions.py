"""Sessions: begun, renewed at each change of assurance, ended."""

from twofold.core.attempts import Source
from twofold.core.events import EventKind
from twofold.core.people import Instant, Person
from twofold.core.sessions import Caller, Session
from twofold.core.tokens import Purpose, digest
from twofold.flows.outbox import record
from twofold.ports import Tx


def begin(tx: Tx, now: Instant, person: Person, *, methods: tuple[str, ...], source: Source) -> str:
    """A new session; its token, for the cookie. Called only at the end of a sign-in."""
    token = tx.random.token()
    session = Session(
        id=tx.random.new_id(),
        account_id=person.account_id,
        person_id=person.id,
        methods=methods,
        password_at=now,
        factor_at=now if "otp" in methods else None,
        created_at=now,
        seen_at=now,
        browser=source.browser,
        address=source.address,
    )
    tx.sessions.add(session, digest(Purpose.SESSION, token))
    record(
        tx, now, EventKind.SIGN_IN_COMPLETED, person, actor_id=person.id, methods=" ".join(methods)
    )
    return token


def renew(tx: Tx, now: Instant, session: Session, *, password: bool, factor: bool) -> str | None:
    """A new token for a session whose owner has just proved something; None if it has ended."""
    token = tx.random.token()
    methods = session.methods
    if factor and "otp" not in methods:
        methods = (*methods, "otp")
    renewed = tx.sessions.renew(
        session.id,
        digest(Purpose.SESSION, token),
        methods=methods,
        password_at=now if password else session.password_at,
        factor_at=now if factor else session.factor_at,
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
    """End all sessions but `keep` and every half-finished sign-in, after a change of factors."""
    ended = tx.sessions.end_all(person.id, keep=keep)
    tx.sign_ins.end_all(person.id)
    if ended:
        record(tx, now, EventKind.SESSIONS_ENDED, person, actor_id=person.id, count=ended)
