"""A code that was used up reads like a wrong one at every rung of the ladder, and costs nothing."""

import pytest

from tests.world import DESK, HERE, Guesser, Organisation
from twofold.core.attempts import Outcome
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import DAY, MINUTE, Person
from twofold.core.throttle import Disabled, NeedsLink, Pair, Single
from twofold.flows.sign_in import From, SignedIn

LATER = (0, 29, 31, 59, 61, 10 * MINUTE)
"""Seconds after the code at which its sender looks again."""


def what_follows(acme: Organisation, name: str, misses: int, *, used: bool, known: bool) -> object:
    """All that a thief sees who sends one code after `misses`: the answer, and what is asked then.

    The code is one that the owner used a moment ago, or any wrong one.
    """
    person = acme.add(name)
    acme.enrol(person)
    home = acme.known(person)
    thief = Guesser(acme, person, home if known else HERE)
    thief.climb(misses)
    acme.clock.advance(10 * MINUTE)
    codes = acme.code(person, steps=-1), acme.code(person)
    if known:  # What the thief has is a copy of the cookie, and no success has filled its day.
        claim(acme, person)
    else:
        assert isinstance(acme.submit_right(acme.half(person), place=home), SignedIn)
    pair = isinstance(thief.asked(), Pair)
    if not used:
        codes = thief.wrong(), thief.wrong()
    typed = codes if pair else (codes[1], "")
    answer = acme.submit_code(acme.half(person, place=thief.place), *typed, place=thief.place)
    assert acme.outcomes(person)[-1] is (Outcome.USED if used else Outcome.WRONG)
    start, seen = acme.now, []
    for seconds in LATER:
        acme.clock.moment = start + seconds
        asked = thief.asked()
        until = getattr(asked, "until", None)
        seen.append((type(asked), until and until - start))
    acme.clock.moment = start
    return answer, seen


def claim(acme: Organisation, person: Person) -> None:
    """The owner uses the present code somewhere where it counts nowhere."""
    active = acme.active(person)
    step = acme.now // 30
    acme.store.call(lambda tx: tx.authenticators.claim_step(active.id, step, drift=0, offset=0))


@pytest.mark.parametrize("known", [False, True], ids=["unknown", "known"])
@pytest.mark.parametrize("misses", [1, 2, 3, 4, 9])
def test_a_used_code_is_followed_by_what_follows_a_wrong_one(
    acme: Organisation, misses: int, known: bool
) -> None:
    """Whoever has the password and a phished code does not learn that it was genuine."""
    used = what_follows(acme, "Ben", misses, used=True, known=known)
    assert used == what_follows(acme, "Eve", misses, used=False, known=known)


def test_it_costs_nothing_that_lasts(acme: Organisation) -> None:
    """No mail, no stolen mark, and after a day the next wrong code is the first again."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    thief = Guesser(acme, ben)
    thief.climb(9)
    acme.clock.advance(10 * MINUTE)
    codes = acme.code(ben, steps=-1), acme.code(ben)
    claim(acme, ben)
    acme.submit_code(acme.half(ben), *codes)
    assert acme.outcomes(ben)[-1] is Outcome.USED
    assert thief.asked() == NeedsLink()
    assert not acme.person(ben.id).must_change_password
    assert acme.mails(ben, MailKind.PASSWORD_STOLEN) == []
    assert acme.events(EventKind.PASSWORD_STOLEN) == []
    acme.clock.advance(DAY)
    assert thief.asked() == Pair()


def test_the_owner_at_a_second_browser_is_slowed_by_nothing(acme: Organisation) -> None:
    """The code that opened the first browser is refused in the second; the next one works."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    code = acme.code(ben)
    assert isinstance(acme.submit_code(acme.half(ben), code), SignedIn)
    tablet = From(DESK)
    half = acme.half(ben, place=tablet)
    assert not isinstance(acme.submit_code(half, code, place=tablet), SignedIn)
    acme.clock.advance(30)
    assert isinstance(acme.submit_code(half, acme.code(ben), place=tablet), SignedIn)
    thief = Guesser(acme, ben)
    acme.clock.advance(DAY)
    thief.climb(2)
    assert thief.asked() == Single(known=False)


def test_used_codes_disable_no_authenticator(acme: Organisation) -> None:
    """Fifty of them in a row stop their sender, and only for a day."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    home = acme.known(ben)
    for _ in range(60):
        acme.clock.advance(91)
        claim(acme, ben)
        acme.submit_code(acme.half(ben, place=home), acme.code(ben), place=home)
    assert acme.active(ben).disabled_at is None
    acme.clock.advance(DAY)
    assert not isinstance(Guesser(acme, ben, home).asked(), Disabled)
    assert isinstance(acme.submit_right(acme.half(ben, place=home), place=home), SignedIn)
