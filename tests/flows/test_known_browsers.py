"""Known browsers at the code: a budget of their own, beside the ladder of the unknown ones."""

import pytest

from tests.world import HERE, Guesser, Organisation
from twofold.core.attempts import Outcome
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import DAY, Person
from twofold.core.throttle import Single
from twofold.flows.second_step import CodeRefused
from twofold.flows.sign_in import SignedIn, SignInEnded

UNKNOWN, KNOWN = Single(known=False), Single(known=True)


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member, enrolled."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


@pytest.fixture
def thief(acme: Organisation, ben: Person) -> Guesser:
    """Somebody who has Ben's password and a browser that he never used."""
    return Guesser(acme, ben)


def test_a_known_browser_has_ten_tries_a_day_of_its_own(acme: Organisation, ben: Person) -> None:
    """Without waits; then it counts as an unknown one, and a day later as known again."""
    first = acme.now + 30
    owner = Guesser(acme, ben, acme.known(ben))
    for _ in range(10):
        assert owner.asked() == KNOWN
        assert owner.guess() == CodeRefused(1)
    assert owner.asked() == UNKNOWN
    assert acme.mails(ben, MailKind.CODE_FAILURES) == []
    acme.clock.moment = first + DAY
    assert owner.asked() == KNOWN


def test_its_own_success_fills_a_known_browsers_day(acme: Organisation, ben: Person) -> None:
    """Nine misses, a right code, nine misses: still known."""
    known = acme.known(ben)
    owner = Guesser(acme, ben, known)
    for _ in range(2):
        for _ in range(9):
            assert owner.guess() == CodeRefused(1)
        acme.clock.advance(30)
        assert isinstance(acme.submit_right(acme.half(ben, place=known), place=known), SignedIn)
    assert owner.asked() == KNOWN


def test_a_guesser_elsewhere_does_not_touch_a_known_browser(
    acme: Organisation, ben: Person, thief: Guesser
) -> None:
    """In pair mode and behind the link the owner signs in at once where he did before."""
    known = acme.known(ben)
    for misses in (5, 5):
        thief.climb(misses)
        half = acme.half(ben, place=known)
        assert isinstance(acme.submit_code(half, acme.code(ben), place=known), SignedIn)


def test_misses_in_a_known_browser_are_not_charged_to_unknown_ones(
    acme: Organisation, ben: Person
) -> None:
    """Each budget is its own."""
    owner = Guesser(acme, ben, acme.known(ben))
    for _ in range(5):
        owner.guess()
    assert Guesser(acme, ben).asked() == UNKNOWN


def test_five_misses_end_a_sign_in(acme: Organisation, ben: Person) -> None:
    """Back to the password; a used code counts here like a wrong one, or it would be told."""
    known = acme.known(ben)
    owner = Guesser(acme, ben, known)
    half = acme.half(ben, place=known)
    answers = [owner.guess(half) for _ in range(4)]
    assert answers == [CodeRefused(number) for number in (1, 2, 3, 4)]
    assert acme.submit_code(half, acme.code(ben), place=known) == SignInEnded()
    assert acme.outcomes(ben)[-1] is Outcome.USED
    acme.clock.advance(30)
    assert acme.submit_code(half, acme.code(ben), place=known) == SignInEnded()
    assert acme.events(EventKind.SIGN_IN_CANCELLED)[0].data == {"failures": 5}


def test_thirty_misses_in_a_month_make_it_unknown_whatever_it_gets_right(
    acme: Organisation, ben: Person
) -> None:
    """A copied cookie does not live on the owner's own successes."""
    known = acme.known(ben)
    owner = Guesser(acme, ben, known)
    for _ in range(3):
        assert owner.asked() == KNOWN
        assert [owner.guess() for _ in range(10)] == [CodeRefused(1)] * 10
        acme.clock.advance(DAY + 60)
        place = known if owner.asked() == KNOWN else HERE
        assert isinstance(acme.submit_right(acme.half(ben, place=place), place=place), SignedIn)
    assert owner.asked() == UNKNOWN
    assert acme.mails(ben, MailKind.CODE_FAILURES) == []
