"""Where one is signed in: the list, and ending what stands in it."""

import pytest

from tests.world import DESK, HERE, Guesser, Organisation
from twofold.core.attempts import Source
from twofold.core.events import EventKind
from twofold.core.people import Person
from twofold.core.sessions import Caller
from twofold.core.throttle import Single
from twofold.flows import sessions
from twofold.flows.sessions import Places
from twofold.flows.sign_in import From, SignedIn

CAFE = From(Source("198.51.100.7", "Safari on iPhone"))


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member, enrolled."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


def places(acme: Organisation, person: Person) -> Places:
    """What the person's own list shows."""
    return acme.store.call(sessions.places, person_id=person.id)


def open_in(acme: Organisation, person: Person, place: From) -> tuple[str, Caller]:
    """A new session there: its token, and who asks with it."""
    signed_in = acme.signed_in(person, place=place)
    caller = acme.caller_of(signed_in.token)
    assert caller is not None
    return signed_in.token, caller


def test_the_list_shows_where_when_and_how(acme: Organisation, ben: Person) -> None:
    """Browser, address, first and last use, methods; the last used first."""
    desk, cafe = open_in(acme, ben, HERE)[1], open_in(acme, ben, CAFE)[1]
    acme.clock.advance(600)
    acme.call(sessions.touch, session_id=desk.session.id)
    shown = places(acme, ben)
    by_id = {session.id: session for session in shown.sessions}
    assert by_id[cafe.session.id].browser == "Safari on iPhone"
    assert by_id[cafe.session.id].address == "198.51.100.7"
    assert by_id[cafe.session.id].methods == ("pwd", "otp")
    assert by_id[desk.session.id].seen_at == acme.now
    assert by_id[desk.session.id].created_at < acme.now
    assert {"Safari on iPhone", DESK.browser} == {browser.name for browser in shown.browsers}
    assert desk.session.browser_id in {browser.id for browser in shown.browsers}


def test_ending_one_session_holds_on_its_next_request(acme: Organisation, ben: Person) -> None:
    """The others go on, and the browser stays known."""
    token, _ = open_in(acme, ben, CAFE)
    mine, caller = open_in(acme, ben, HERE)
    ended = acme.caller_of(token)
    assert ended is not None
    assert acme.call(sessions.end_one, caller=caller, session_id=ended.session.id)
    assert acme.caller_of(token) is None
    assert acme.caller_of(mine) is not None
    assert acme.store.call(lambda tx: tx.sessions.end(ended.session.id)) is False


def test_ending_a_browser_ends_what_is_open_in_it(acme: Organisation, ben: Person) -> None:
    """It is unknown from then on; one's own session goes on wherever it runs."""
    signed_in = acme.signed_in(ben, place=CAFE)
    cafe = From(CAFE.source, browser_token=signed_in.browser_token)
    second = acme.signed_in(ben, place=cafe)
    mine, caller = open_in(acme, ben, HERE)
    ended = acme.caller_of(signed_in.token)
    assert ended is not None
    assert ended.session.browser_id is not None
    assert acme.call(sessions.end_browser, caller=caller, browser_id=ended.session.browser_id)
    assert acme.caller_of(signed_in.token) is acme.caller_of(second.token) is None
    assert acme.caller_of(mine) is not None
    assert Guesser(acme, ben, cafe).asked() == Single(known=False)


def test_ending_everything_leaves_this_session_alone(acme: Organisation, ben: Person) -> None:
    """Other sessions, half-finished sign-ins, known and trusted browsers: all gone."""
    token, _ = open_in(acme, ben, CAFE)
    trusted = acme.known(ben, trust=True)
    mine, caller = open_in(acme, ben, HERE)
    half_token = acme.half_token(ben)
    acme.call(sessions.end_everywhere_else, caller=caller)
    assert acme.caller_of(token) is None
    assert acme.half_of(half_token) is None
    assert acme.caller_of(mine) is not None
    assert acme.sessions(ben) == 1
    assert places(acme, ben).browsers == []
    assert not isinstance(acme.submit_password(ben, place=trusted), SignedIn)


def test_nobody_ends_what_belongs_to_others(
    acme: Organisation, bolt: Organisation, ben: Person
) -> None:
    """Sessions and browsers of a colleague or of another organisation are not there."""
    olga, zoe = acme.caller(acme.owner), bolt.caller(bolt.owner)
    caller = acme.caller(ben)
    before = len(acme.events()), len(bolt.events())
    for other in (olga, zoe):
        session_id, browser_id = other.session.id, other.session.browser_id
        assert browser_id is not None
        assert not acme.call(sessions.end_one, caller=caller, session_id=session_id)
        assert not acme.call(sessions.end_browser, caller=caller, browser_id=browser_id)
        assert not acme.call(sessions.end_browser, caller=caller, browser_id=session_id)
    assert not acme.call(sessions.end_one, caller=caller, session_id="no such session")
    assert (len(acme.events()), len(bolt.events())) == before
    assert acme.sessions(acme.owner) == bolt.sessions(bolt.owner) == 1
    assert len(places(acme, acme.owner).browsers) == len(places(bolt, bolt.owner).browsers) == 1


def test_what_was_ended_is_written_down_once(acme: Organisation, ben: Person) -> None:
    """A second press finds nothing."""
    other, caller = acme.caller(ben), acme.caller(ben)
    browser_id = other.session.browser_id
    assert browser_id is not None
    pressed = [
        acme.call(sessions.end_one, caller=caller, session_id=other.session.id) for _ in range(2)
    ]
    assert pressed == [True, False]
    pressed = [
        acme.call(sessions.end_browser, caller=caller, browser_id=browser_id) for _ in range(2)
    ]
    assert pressed == [True, False]
    assert len(acme.events(EventKind.SESSION_ENDED)) == 1
    assert len(acme.events(EventKind.BROWSER_ENDED)) == 1
