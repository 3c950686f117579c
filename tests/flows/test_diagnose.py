"""From a refused code to a cause beside it: what is gathered, and that it is written once."""

import pytest

from tests.world import HERE, Guesser, Organisation
from twofold.core import diagnosis
from twofold.core.attempts import Attempt, AttemptPurpose, Outcome
from twofold.core.authenticators import Totp
from twofold.core.diagnosis import Cause, Verdict
from twofold.core.people import Person
from twofold.flows import diagnose, enrol
from twofold.flows.second_step import CodeRefused, resync
from twofold.flows.sign_in import SignedIn
from twofold.flows.verify import NeedsPair, Typed, Wrong


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member, enrolled."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


def explained(acme: Organisation, person: Person, *typed: str) -> Attempt:
    """Look for the reason of the newest refused code as the pages do."""
    attempt_id = acme.attempts(person)[0].id
    found = acme.call(diagnose.gather, attempt_id=attempt_id)
    assert found is not None
    verdict = diagnosis.explain(
        typed,
        subject=found.attempt.authenticator_id,
        suspects=found.suspects,
        now=found.attempt.at,
        earlier=found.earlier,
    )
    acme.call(diagnose.conclude, attempt_id=attempt_id, verdict=verdict)
    return acme.attempts(person)[0]


def refused(acme: Organisation, person: Person, code: str) -> Attempt:
    """Sign in with a code that is refused, and look why."""
    assert isinstance(acme.submit_code(acme.half(person), code), CodeRefused)
    return explained(acme, person, code)


def test_a_slow_phone_is_certain_at_once(acme: Organisation, ben: Person) -> None:
    """Three minutes are near; the second time as well."""
    seen = refused(acme, ben, acme.code(ben, steps=-6))
    assert (seen.cause, seen.certain, seen.offset) == (Cause.CLOCK, True, -6)
    assert seen.authenticator_id == acme.active(ben).id
    assert seen.outcome is Outcome.WRONG


def test_a_wrong_time_zone_is_certain_the_second_time(acme: Organisation, ben: Person) -> None:
    """One match among hundreds may be chance."""
    first = refused(acme, ben, acme.code(ben, steps=-240))
    assert (first.cause, first.certain) == (Cause.TIME_ZONE, False)
    acme.clock.advance(30)
    second = refused(acme, ben, acme.code(ben, steps=-240))
    assert (second.cause, second.certain) == (Cause.TIME_ZONE, True)


def test_the_same_code_again_confirms_nothing(acme: Organisation, ben: Person) -> None:
    """It is the same match, not a second one."""
    far = acme.code(ben, steps=-240)
    assert not refused(acme, ben, far).certain
    again = refused(acme, ben, far)
    assert (again.outcome, again.certain) == (Outcome.REPEATED, False)


def test_an_old_entry_is_told(acme: Organisation, ben: Person) -> None:
    """The set-up was replaced; its secret is kept to explain this."""
    old = acme.active(ben)
    acme.enrol(ben)
    seen = refused(acme, ben, acme.code_of(old))
    assert (seen.cause, seen.authenticator_id) == (Cause.REPLACED, old.id)


def test_a_set_up_that_was_never_saved_is_told(acme: Organisation, ben: Person) -> None:
    """The phone shows the new one, the account still counts the old one."""
    pending = acme.call(enrol.begin_own, caller=acme.caller(ben))
    assert isinstance(pending, Totp)
    acme.clock.advance(60)
    assert refused(acme, ben, acme.code_of(pending)).cause is Cause.UNCONFIRMED


def test_nothing_matches(acme: Organisation, ben: Person) -> None:
    """A typing mistake, or a guess; the history knows which authenticator was asked for."""
    seen = refused(acme, ben, acme.wrong(acme.active(ben)))
    assert seen.cause is Cause.NO_MATCH
    assert seen.authenticator_id == acme.active(ben).id


def test_what_was_accepted_or_refused_unread_is_not_looked_at(
    acme: Organisation, ben: Person
) -> None:
    """There is nothing to find out."""
    assert isinstance(acme.submit_code(acme.half(ben), acme.code(ben)), SignedIn)
    assert acme.call(diagnose.gather, attempt_id=acme.attempts(ben)[0].id) is None
    assert acme.call(diagnose.gather, attempt_id="nobody's") is None


def test_a_verdict_is_written_once(acme: Organisation, ben: Person) -> None:
    """The first one stays, and nothing is gathered for a second."""
    seen = refused(acme, ben, acme.code(ben, steps=-6))
    acme.call(diagnose.conclude, attempt_id=seen.id, verdict=Verdict(Cause.NO_MATCH, False))
    assert acme.attempts(ben)[0] == seen
    assert acme.call(diagnose.gather, attempt_id=seen.id) is None


def test_the_search_accepts_nothing(acme: Organisation, ben: Person) -> None:
    """A found code is as dead as before: no step is claimed, no session made, no budget changed."""
    before = acme.active(ben)
    thief = Guesser(acme, ben)
    refused(acme, ben, acme.code(ben, steps=-6))
    asked, sessions = thief.asked(), acme.sessions(ben)
    assert acme.active(ben) == before
    assert thief.asked() == asked
    assert acme.sessions(ben) == sessions


# ---- two consecutive codes put a clock right -------------------------------------------------


@pytest.mark.parametrize("off", [-20, -6, 2, 20])
def test_two_consecutive_codes_follow_a_clock_that_is_far_off(
    acme: Organisation, ben: Person, off: int
) -> None:
    """They sign in, and from then on the codes of that phone are taken one by one."""
    acme.clock.advance(900)
    assert isinstance(acme.submit_code(acme.half(ben), acme.code(ben, steps=off)), CodeRefused)
    acme.clock.advance(90)
    pair = Typed(acme.code(ben, steps=off - 1), acme.code(ben, steps=off))
    half = acme.half(ben)
    assert isinstance(acme.call(resync, half=half, typed=pair, place=HERE), SignedIn)
    assert acme.active(ben).drift == off
    for later in range(3):
        acme.clock.advance(60)
        code = acme.code(ben, steps=off)
        assert isinstance(acme.submit_code(acme.half(ben), code), SignedIn), later
    acme.clock.advance(60)
    wrong = acme.code(ben, steps=0) if abs(off) > 2 else acme.code(ben, steps=9)
    assert isinstance(acme.submit_code(acme.half(ben), wrong), CodeRefused)


def test_resync_asks_for_two_codes_and_counts_like_any_attempt(
    acme: Organisation, ben: Person
) -> None:
    """One code is not looked at; two wrong ones are a failure; too far is too far."""
    half = acme.half(ben)
    one = acme.call(resync, half=half, typed=Typed(acme.code(ben)), place=HERE)
    assert isinstance(one, NeedsPair)
    far = Typed(acme.code(ben, steps=20), acme.code(ben, steps=21))
    assert isinstance(acme.call(resync, half=acme.half(ben), typed=far, place=HERE), CodeRefused)
    assert acme.attempts(ben)[0].purpose is AttemptPurpose.RESYNC
    assert acme.outcomes(ben)[-1] is Outcome.WRONG
    Guesser(acme, ben).climb(1)
    acme.call(resync, half=acme.half(ben), typed=Typed("000000", "000001"), place=HERE)
    waiting = acme.call(resync, half=acme.half(ben), typed=Typed("1" * 6, "2" * 6), place=HERE)
    assert not isinstance(waiting, CodeRefused | Wrong), "the third failure is a wait"


def test_a_pair_that_was_used_does_not_work_twice(acme: Organisation, ben: Person) -> None:
    """The later step is burnt, and with it all before."""
    acme.clock.advance(300)
    pair = Typed(acme.code(ben, steps=-7), acme.code(ben, steps=-6))
    assert isinstance(acme.call(resync, half=acme.half(ben), typed=pair, place=HERE), SignedIn)
    again = acme.call(resync, half=acme.half(ben), typed=pair, place=HERE)
    assert isinstance(again, CodeRefused)
