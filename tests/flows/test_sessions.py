"""Sessions: begun, used, ended."""

from tests.world import DESK, Organisation
from twofold.core.events import EventKind
from twofold.core.sessions import SESSION_IDLE, SESSION_LIFETIME
from twofold.core.tokens import Purpose, digest
from twofold.flows import sessions
from twofold.flows.sign_in import SignedIn


def signed_in(acme: Organisation) -> str:
    """The token of a session of the owner's."""
    answer = acme.submit_password(acme.owner)
    assert isinstance(answer, SignedIn)
    return answer.token


def test_a_session_remembers_where_it_began(acme: Organisation) -> None:
    """Browser and address, for the person's own list."""
    caller = acme.caller_of(signed_in(acme))
    assert caller is not None
    assert (caller.session.browser, caller.session.address) == (DESK.browser, DESK.address)
    assert (caller.person, caller.account) == (acme.owner, acme.account)


def test_a_session_idles_out_unless_it_is_used(acme: Organisation) -> None:
    """An hour without a request ends it; a request at the last second does not."""
    token = signed_in(acme)
    acme.clock.advance(SESSION_IDLE - 1)
    caller = acme.caller_of(token)
    assert caller is not None
    acme.call(sessions.touch, session_id=caller.session.id)
    acme.clock.advance(SESSION_IDLE - 1)
    assert acme.caller_of(token) is not None
    acme.clock.advance(1)
    assert acme.caller_of(token) is None


def test_a_session_ends_after_a_day_however_busy(acme: Organisation) -> None:
    """The absolute limit (NIST SP 800-63B-4 section 2.2.3)."""
    token = signed_in(acme)
    caller = acme.caller_of(token)
    assert caller is not None
    for _ in range(47):
        acme.clock.advance(SESSION_LIFETIME // 48)
        acme.call(sessions.touch, session_id=caller.session.id)
    assert acme.caller_of(token) is not None
    acme.clock.advance(SESSION_LIFETIME // 48)
    assert acme.caller_of(token) is None


def test_signing_out_is_at_once_and_written_once(acme: Organisation) -> None:
    """A second press finds nothing to end."""
    token = signed_in(acme)
    caller = acme.caller_of(token)
    assert caller is not None
    acme.call(sessions.end, caller=caller)
    acme.call(sessions.end, caller=caller)
    assert acme.caller_of(token) is None
    assert len(acme.events(EventKind.SESSION_ENDED)) == 1


def test_ending_others_is_silent_when_there_are_none(acme: Organisation) -> None:
    """No entry says that nothing happened."""
    caller = acme.caller_of(signed_in(acme))
    assert caller is not None
    acme.call(sessions.end_others, acme.owner, keep=caller.session.id)
    assert acme.events(EventKind.SESSIONS_ENDED) == []
    acme.call(sessions.end_others, acme.owner)
    assert acme.events(EventKind.SESSIONS_ENDED)[0].data == {"count": 1}


def test_an_ended_session_cannot_be_renewed(acme: Organisation) -> None:
    """There is no token for it any more."""
    caller = acme.caller_of(signed_in(acme))
    assert caller is not None
    acme.call(sessions.end, caller=caller)
    assert acme.call(sessions.renew, caller.session, password=True, factor=True) is None


def test_the_token_of_a_sign_in_is_no_session(acme: Organisation) -> None:
    """Two kinds, two tables: one never stands in for the other (promise P4)."""
    acme.enrol(acme.owner)
    half_token = acme.half_token(acme.owner)
    assert acme.caller_of(half_token) is None
    crossed = acme.store.call(
        lambda tx: tx.sessions.by_token(digest(Purpose.SIGN_IN, half_token), acme.now)
    )
    assert crossed is None
