"""Our own clock as the phones see it, and putting right what a wrong one left behind."""

import pytest

from tests.world import HERE, Guesser, Organisation
from twofold.core import crowd, diagnosis
from twofold.core.attempts import Outcome
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.otp import step_at
from twofold.core.people import DAY, HOUR, Person
from twofold.flows import clock, diagnose
from twofold.flows.outbox import write_mail
from twofold.flows.second_step import CodeRefused, resync
from twofold.flows.sign_in import SignedIn
from twofold.flows.verify import Typed

YEAR = 365 * DAY


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member, enrolled."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


def staff(acme: Organisation, count: int = 7) -> list[Person]:
    """Enrolled people."""
    people = [acme.add(f"P{number}") for number in range(count)]
    for person in people:
        acme.enrol(person)
    return people


def sign_in(acme: Organisation, person: Person, off: int) -> bool:
    """A sign-in with what a phone shows that is `off` seconds from our clock; whether it works.
    Whatever is refused is explained, as the pages do after their answer.
    """
    steps = step_at(acme.now + off) - step_at(acme.now)
    code = acme.code(person, steps=steps)
    answer = acme.submit_code(acme.half(person), code)
    if isinstance(answer, SignedIn):
        return True
    attempt_id = acme.attempts(person)[0].id
    found = acme.call(diagnose.gather, attempt_id=attempt_id)
    if found is not None:
        verdict = diagnosis.explain(
            (code,),
            subject=found.attempt.authenticator_id,
            suspects=found.suspects,
            now=found.attempt.at,
            earlier=found.earlier,
        )
        acme.call(diagnose.conclude, attempt_id=attempt_id, verdict=verdict)
    return False


# ---- the picture -----------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [70, -70])
def test_a_server_clock_that_was_moved_is_known_from_the_phones(
    acme: Organisation, ahead: int
) -> None:
    """All codes are refused then, and every one of them tells it."""
    people = staff(acme)
    acme.clock.advance(DAY)
    for person in people:
        acme.clock.advance(47)
        assert sign_in(acme, person, off=0)
    assert not acme.call(clock.look).is_off
    acme.clock.advance(HOUR)
    for person in people:
        acme.clock.advance(47)
        assert not sign_in(acme, person, off=-ahead)
    seen = acme.call(clock.look)
    assert seen.is_off
    # Seven phones on a grid of half minutes, and nobody needs time to type here.
    assert abs(seen.ahead - ahead) <= crowd.TYPING + 12
    assert seen.people == 7


def test_codes_of_yesterday_and_of_the_future_take_no_part(acme: Organisation) -> None:
    """A day later nothing is said any more; nor by what a clock wrote that ran ahead."""
    for person in staff(acme):
        assert not sign_in(acme, person, off=-90)
    assert acme.call(clock.look).is_off
    acme.clock.advance(-HOUR)
    assert acme.call(clock.look).people == 0
    acme.clock.advance(HOUR + crowd.SEEN_WITHIN + 300)
    assert acme.call(clock.look).people == 0


def test_codes_that_match_nothing_or_far_away_take_no_part(acme: Organisation) -> None:
    """A guess says nothing, and neither does a phone in another time zone."""
    people = staff(acme)
    acme.clock.advance(2 * DAY)
    for person in people:
        assert not sign_in(acme, person, off=-5 * HOUR)
        acme.submit_code(acme.half(person), acme.wrong(acme.active(person)))
    assert acme.call(clock.look).people == 0


def test_an_hour_off_is_seen_although_it_looks_like_a_time_zone(acme: Organisation) -> None:
    """Summer time set by hand on the server."""
    people = staff(acme)
    acme.clock.advance(DAY)
    for person in people:
        assert not sign_in(acme, person, off=-HOUR)
    seen = acme.call(clock.look)
    assert seen.is_off
    assert abs(seen.ahead - HOUR) <= 40


# ---- one device ------------------------------------------------------------------------------


def test_the_clock_of_one_device_is_learnt_from_what_was_accepted(
    acme: Organisation, ben: Person
) -> None:
    """Not from other authenticators of the person, and not from refused codes."""
    for _ in range(12):
        acme.clock.advance(DAY + 7)
        assert sign_in(acme, ben, off=-25)
    drift = acme.call(clock.of_authenticator, authenticator=acme.active(ben))
    assert drift is not None
    assert drift.readings == 13
    assert abs(drift.seconds + 25 - 8) <= 10, "nobody needs time to type here"
    assert acme.call(clock.of_authenticator, authenticator=acme.active(ben)) == drift
    acme.enrol(ben)
    fresh = acme.call(clock.of_authenticator, authenticator=acme.active(ben))
    assert fresh is not None
    assert fresh.readings == 1


# ---- a clock that stood in the future --------------------------------------------------------


def shut_out(acme: Organisation, person: Person, years: int = 1) -> None:
    """Server and phone stood in the future together, then both were put right."""
    acme.clock.advance(years * YEAR)
    assert sign_in(acme, person, off=0)
    acme.clock.advance(-years * YEAR + 120)
    assert not sign_in(acme, person, off=0)


def test_one_command_lets_somebody_in_whose_step_lies_in_the_future(
    acme: Organisation, ben: Person
) -> None:
    """At once, with the next code; and the log says so."""
    shut_out(acme, ben)
    acme.clock.advance(60)
    repaired = acme.call(clock.repair)
    (one,) = repaired.authenticators
    assert (one.person.id, one.account.id) == (ben.id, acme.account_id)
    assert abs(one.ahead - YEAR) <= 300
    (event,) = acme.events(EventKind.CLOCK_REPAIRED)
    assert (event.subject_id, event.actor_id) == (ben.id, None)
    acme.clock.advance(30)
    assert sign_in(acme, ben, off=0)


def test_looking_changes_nothing(acme: Organisation, ben: Person) -> None:
    """The list is the same, and so is everything stored."""
    shut_out(acme, ben)
    before = acme.active(ben)
    looked = acme.call(clock.repair, only_look=True)
    assert [one.person.id for one in looked.authenticators] == [ben.id]
    assert acme.active(ben) == before
    assert acme.events(EventKind.CLOCK_REPAIRED) == []
    assert len(acme.call(clock.repair).authenticators) == 1


def test_a_clock_that_was_right_leaves_nothing_to_repair(acme: Organisation, ben: Person) -> None:
    """Neither a fast phone nor one that was just used is touched; a second run does nothing."""
    acme.clock.advance(DAY)
    pair = Typed(acme.code(ben, steps=19), acme.code(ben, steps=20))
    assert isinstance(acme.call(resync, half=acme.half(ben), typed=pair, place=HERE), SignedIn)
    before = acme.active(ben)
    assert before.drift == 20
    repaired = acme.call(clock.repair)
    assert (repaired.authenticators, repaired.counters, repaired.mails) == ([], 0, 0)
    assert acme.active(ben) == before
    eve = acme.add("Eve")
    acme.enrol(eve)
    shut_out(acme, eve)
    assert len(acme.call(clock.repair).authenticators) == 1
    assert acme.call(clock.repair).authenticators == []


def test_what_was_shown_before_the_repair_stays_dead(acme: Organisation, ben: Person) -> None:
    """The code of this very step and the one before: somebody may have seen them."""
    shut_out(acme, ben)
    acme.clock.advance(90)
    acme.call(clock.repair)
    for steps in (0, -1):
        shown = acme.code(ben, steps=steps)
        assert isinstance(acme.submit_code(acme.half(ben), shown), CodeRefused), steps
    acme.clock.advance(31)
    assert sign_in(acme, ben, off=0)


def test_a_code_that_was_used_in_the_future_is_not_used_twice(
    acme: Organisation, ben: Person
) -> None:
    """Once its time has come it is refused, and so is the one before it (promise P2)."""
    acme.clock.advance(3 * DAY)
    used = acme.now
    assert sign_in(acme, ben, off=0)
    acme.clock.advance(-3 * DAY + 60)
    assert len(acme.call(clock.repair).authenticators) == 1
    acme.clock.advance(60)
    assert sign_in(acme, ben, off=0), "before that time everything works"
    acme.clock.moment = used - 30
    assert not sign_in(acme, ben, off=0)
    acme.clock.moment = used + 5
    assert not sign_in(acme, ben, off=0)
    assert acme.outcomes(ben)[-1] is Outcome.USED
    acme.clock.moment = used + 61
    assert sign_in(acme, ben, off=0), "and after it as well"


def test_a_phone_that_is_fast_is_brought_back_to_its_own_time(
    acme: Organisation, ben: Person
) -> None:
    """Five steps ahead: what it shows next works, what it showed does not."""
    acme.clock.advance(DAY)
    pair = Typed(acme.code(ben, steps=4), acme.code(ben, steps=5))
    assert isinstance(acme.call(resync, half=acme.half(ben), typed=pair, place=HERE), SignedIn)
    acme.clock.advance(DAY)
    assert isinstance(acme.submit_code(acme.half(ben), acme.code(ben, steps=5)), SignedIn)
    acme.clock.advance(-DAY + 600)
    assert len(acme.call(clock.repair).authenticators) == 1
    shown = acme.code(ben, steps=5)
    assert isinstance(acme.submit_code(acme.half(ben), shown), CodeRefused)
    acme.clock.advance(90)
    assert isinstance(acme.submit_code(acme.half(ben), acme.code(ben, steps=5)), SignedIn)


def test_failures_of_the_future_count_from_now_on(acme: Organisation, ben: Person) -> None:
    """Without the command they would ask for two codes, or a link, until that time has come."""
    acme.clock.advance(YEAR)
    Guesser(acme, ben).climb(6)
    acme.clock.advance(-YEAR)
    asked = Guesser(acme, ben).asked()
    repaired = acme.call(clock.repair)
    assert repaired.counters >= 2
    assert Guesser(acme, ben).asked() == asked, "nothing is forgiven at once"
    acme.clock.advance(31 * DAY)
    assert Guesser(acme, ben).asked() != asked, "and it runs out as ever"
    assert acme.call(clock.repair).counters == 0


def test_mails_of_the_future_leave_now(acme: Organisation, ben: Person) -> None:
    """One that was written then waits no longer; one that is to be tried again in an hour does."""
    acme.clock.advance(YEAR)
    mail_id = acme.call(write_mail, ben, MailKind.CONSOLE_LINK, at=acme.now)
    acme.clock.advance(-YEAR)
    later = acme.call(write_mail, ben, MailKind.CONSOLE_LINK, at=acme.now)
    acme.store.call(
        lambda tx: tx.mails.retry(later, attempts=5, next_at=acme.now + HOUR, error="busy")
    )

    def due() -> set[str]:
        return {mail.id for mail in acme.store.call(lambda tx: tx.mails.claim(acme.now, limit=99))}

    assert mail_id not in due()
    assert acme.call(clock.repair).mails == 1
    assert due() == {mail_id}
