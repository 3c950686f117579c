"""Two consecutive codes: which pairs count, and what each leaves behind."""

import pytest

from tests.world import HERE, Guesser, Organisation
from twofold.core.attempts import Outcome
from twofold.core.otp import Malformed
from twofold.core.people import Person
from twofold.core.throttle import Pair
from twofold.flows import guard, step_up
from twofold.flows.second_step import CodeRefused
from twofold.flows.sign_in import SignedIn
from twofold.flows.verify import NeedsPair, Typed


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member of whom pairs are asked: five codes were wrong."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    thief = Guesser(acme, ben)
    thief.climb(5)
    assert thief.asked() == Pair()
    acme.clock.advance(300)
    return ben


def submit(acme: Organisation, person: Person, first: str, second: str) -> object:
    """A pair in a new sign-in."""
    return acme.submit_code(acme.half(person), first, second)


@pytest.mark.parametrize("later", [-1, 0, 1])
def test_two_consecutive_codes_sign_in(acme: Organisation, ben: Person, later: int) -> None:
    """The later one may be a step off either way."""
    first, second = (acme.code(ben, steps=later + n) for n in (-1, 0))
    assert isinstance(submit(acme, ben, first, second), SignedIn)
    assert acme.active(ben).last_step == acme.now // 30 + later


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (None, 0),  # the first is wrong
        (-1, None),  # the second is wrong
        (0, -1),  # swapped
        (0, 0),  # the same twice
        (-2, 0),  # not consecutive
        (-1, 1),
        (-3, -2),  # too old
        (1, 2),  # too early
    ],
)
def test_anything_else_is_one_no(
    acme: Organisation, ben: Person, first: int | None, second: int | None
) -> None:
    """The same answer whichever half failed; it costs one try and uses no step up."""
    wrong = Guesser(acme, ben).wrong()
    typed = [wrong if n is None else acme.code(ben, steps=n) for n in (first, second)]
    before = acme.active(ben).last_step
    assert submit(acme, ben, *typed) == CodeRefused(1)
    assert acme.outcomes(ben)[-1] is Outcome.WRONG
    assert acme.active(ben).last_step == before
    assert isinstance(acme.submit_right(acme.half(ben)), SignedIn)


@pytest.mark.parametrize(("later", "accepted"), [(1, False), (2, True), (4, True), (5, False)])
def test_pairs_are_looked_for_where_the_phone_is_known_to_be(
    acme: Organisation, ben: Person, later: int, accepted: bool
) -> None:
    """A phone whose clock is three steps ahead: the window moves with it, as for one code."""
    active = acme.active(ben)
    acme.store.call(
        lambda tx: tx.authenticators.claim_step(active.id, active.last_step + 1, drift=3, offset=3)
    )
    first, second = (acme.code(ben, steps=later + n) for n in (-1, 0))
    answer = submit(acme, ben, first, second)
    assert isinstance(answer, SignedIn) if accepted else answer == CodeRefused(1)


def test_one_code_alone_is_not_looked_at(acme: Organisation, ben: Person) -> None:
    """Right or wrong: nothing is told, charged or used up, however often."""
    before, wrong = acme.active(ben).last_step, Guesser(acme, ben).wrong()
    for typed in (acme.code(ben), wrong) * 6:
        assert acme.submit_code(acme.half(ben), typed) == NeedsPair()
        assert acme.submit_code(acme.half(ben), typed, "  ") == NeedsPair()
    assert set(acme.outcomes(ben)[-24:]) == {Outcome.NOT_CHECKED}
    assert acme.active(ben).last_step == before
    assert Guesser(acme, ben).asked() == Pair()


@pytest.mark.parametrize("typed", [("12345", "123456"), ("123456", "12345"), ("12345", "")])
def test_a_half_that_is_no_code_is_told_as_such(
    acme: Organisation, ben: Person, typed: tuple[str, str]
) -> None:
    """It was no guess and costs nothing; the person's history keeps it as what it was."""
    key = f"code:person:{ben.id}"
    before = acme.outcomes(ben), acme.store.call(lambda tx: guard.peek(tx, [key]))
    assert isinstance(submit(acme, ben, *typed), Malformed)
    after = acme.outcomes(ben), acme.store.call(lambda tx: guard.peek(tx, [key]))
    assert after == ([*before[0], Outcome.MALFORMED], before[1])


def test_a_pair_is_used_once(acme: Organisation, ben: Person) -> None:
    """The later step is burnt: the same pair, and one that ends with it, read like wrong ones."""
    pair = [acme.code(ben, steps=n) for n in (-1, 0)]
    assert isinstance(submit(acme, ben, *pair), SignedIn)
    assert submit(acme, ben, *pair) == CodeRefused(1)
    assert acme.outcomes(ben)[-1] is Outcome.USED
    older = [acme.code(ben, steps=n) for n in (-2, -1)]
    assert submit(acme, ben, *older) == CodeRefused(1)
    assert acme.outcomes(ben)[-1] is Outcome.USED
    acme.clock.advance(30)
    assert isinstance(acme.submit_right(acme.half(ben)), SignedIn)


def test_the_later_step_of_a_pair_is_dead_as_a_single_code(acme: Organisation, ben: Person) -> None:
    """In a known browser, where one code is enough, it is used up all the same."""
    known = acme.known(ben)
    code = acme.code(ben)
    half = acme.half(ben, place=known)
    assert acme.submit_code(half, code, place=known) == CodeRefused(1)
    assert acme.outcomes(ben)[-1] is Outcome.USED


def test_an_old_pair_is_refused(acme: Organisation, ben: Person) -> None:
    """Read over a shoulder and used a few minutes later: too late."""
    pair = [acme.code(ben, steps=n) for n in (-1, 0)]
    acme.clock.advance(90)
    assert submit(acme, ben, *pair) == CodeRefused(1)
    assert acme.outcomes(ben)[-1] is Outcome.WRONG


def test_the_same_wrong_pair_counts_once(acme: Organisation, ben: Person) -> None:
    """As a single code does; with one half changed it is a new guess."""
    thief = Guesser(acme, ben)
    first, second, other = thief.wrong(), thief.wrong(), thief.wrong()
    for pair in ((first, second), (first, second), (first, other)):
        submit(acme, ben, *pair)
    assert acme.outcomes(ben)[-3:] == [Outcome.WRONG, Outcome.REPEATED, Outcome.WRONG]


def test_a_step_up_asks_for_the_pair_too(acme: Organisation, ben: Person) -> None:
    """One budget, one ladder: not a way around it."""
    caller = acme.caller(ben)
    acme.clock.advance(60)
    single, pair = Typed(acme.code(ben)), Typed(acme.code(ben, steps=-1), acme.code(ben))
    asked = acme.call(step_up.prove_factor, caller=caller, typed=single, place=HERE)
    assert asked == NeedsPair()
    proved = acme.call(step_up.prove_factor, caller=caller, typed=pair, place=HERE)
    assert isinstance(proved, step_up.Proved)


def test_a_second_code_where_one_is_asked_for_proves_nothing_more(acme: Organisation) -> None:
    """Only the first is compared, and it is charged once."""
    eve = acme.add("Eve")
    acme.enrol(eve)
    wrong = acme.wrong(acme.active(eve))
    assert submit(acme, eve, wrong, acme.code(eve)) == CodeRefused(1)
    assert isinstance(submit(acme, eve, acme.code(eve), wrong), SignedIn)
