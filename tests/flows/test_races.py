"""Many at once: one right code makes one session, and a burst of guesses never passes a budget."""

from collections.abc import Callable
from functools import partial
from itertools import count

import pytest

from tests.races import rounds
from tests.storage.races import race
from tests.world import DESK, HERE, Guesser, Organisation
from twofold.core.attempts import Outcome, Source
from twofold.core.mail import MailKind
from twofold.core.people import DAY, Person
from twofold.core.sessions import Caller, HalfCaller
from twofold.core.throttle import Pair
from twofold.flows import browsers, second_step, step_up
from twofold.flows.sign_in import From, PasswordRefused, SignedIn, settle_password
from twofold.flows.verify import Typed

THREADS = 50


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member, enrolled."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


def winners(acme: Organisation, person: Person, *typed: str) -> int:
    """100 submits of one code or pair at once, through two sign-ins: how many got a session."""
    halves = [acme.half(person), acme.half(person)]
    answers = race(THREADS, lambda n: [acme.submit_code(halves[n % 2], *typed) for _ in range(2)])
    return sum(isinstance(answer, SignedIn) for many in answers for answer in many)


def test_parallel_submits_of_one_right_code_make_one_session(
    acme: Organisation, ben: Person
) -> None:
    """100 at once, each round (promise P2); and none of them counts as a failure."""
    for _ in rounds():
        acme.clock.advance(DAY)  # A used code slows its sender for a day.
        before = acme.sessions(ben)
        assert winners(acme, ben, acme.code(ben)) == 1
        assert acme.sessions(ben) == before + 1
    assert Outcome.WRONG not in acme.outcomes(ben)
    assert acme.mails(ben, MailKind.CODE_FAILURES) == []


def test_one_right_pair_makes_one_session(acme: Organisation) -> None:
    """Of somebody of whom pairs are asked."""
    acme.enrol(acme.owner)
    assert Guesser(acme, acme.owner).asked() == Pair()
    for _ in rounds():
        acme.clock.advance(DAY)
        before = acme.sessions(acme.owner)
        pair = [acme.code(acme.owner, steps=n) for n in (-1, 0)]
        assert winners(acme, acme.owner, *pair) == 1
        assert acme.sessions(acme.owner) == before + 1


def test_one_code_for_different_ends_is_used_for_one(acme: Organisation, ben: Person) -> None:
    """A sign-in and a step-up race for the same code."""
    for _ in rounds():
        acme.clock.advance(DAY)
        caller = acme.caller(ben)
        acme.clock.advance(30)
        half, code = acme.half(ben), acme.code(ben)

        answers = race(20, partial(use_code, acme, half, caller, code))
        assert sum(isinstance(a, SignedIn | step_up.Proved) for a in answers) == 1


def test_one_temporary_pass_signs_in_once(acme: Organisation, ben: Person) -> None:
    """Twenty at once through two sign-ins, each round one session."""
    for number in rounds():
        acme.clock.advance(60)
        code = acme.temporary_pass(ben)
        halves = [acme.half(ben), acme.half(ben)]
        use = partial(acme.call, second_step.recover, typed=code, place=HERE)
        answers = race(20, partial(use_in_turn, use, halves))
        assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
        assert len(acme.mails(ben, MailKind.PASS_USED)) == number + 1


def use_in_turn(use: Callable[..., object], halves: list[HalfCaller], n: int) -> object:
    """Every second runner through the other sign-in."""
    return use(half=halves[n % 2])


def use_code(acme: Organisation, half: HalfCaller, caller: Caller, code: str, n: int) -> object:
    """Every second runner signs in with it, the others step up."""
    if n % 2:
        return acme.submit_code(half, code)
    return acme.call(step_up.prove_factor, caller=caller, typed=Typed(code), place=HERE)


def test_one_mailed_link_opens_one_sign_in_once(acme: Organisation, ben: Person) -> None:
    """Fifty presses of one link for the code."""
    for _ in rounds():
        half = acme.half(ben)
        assert acme.call(browsers.send_code_link, half=half, source=DESK)
        token = acme.token(ben, MailKind.CODE_LINK)
        press = partial(acme.call, browsers.open_code_link, half=half, token=token)
        assert press_at_once(press).count(True) == 1
        acme.clock.advance(DAY)


def test_one_browser_link_is_used_once(acme: Organisation, ben: Person) -> None:
    """Fifty presses of one link for the password."""
    for number, _ in enumerate(rounds()):
        acme.call(browsers.ask_for_link, email=ben.email, source=DESK)
        token = acme.token(ben, MailKind.BROWSER_LINK)
        press = partial(acme.call, browsers.open_link, token=token, cookie=f"cookie {number}")
        assert sum(person is not None for person in press_at_once(press)) == 1
        acme.clock.advance(DAY)


def press_at_once(press: Callable[[], object]) -> list[object]:
    """Fifty presses of one button."""
    return race(THREADS, lambda _: press())


# ---- bursts ---------------------------------------------------------------------------------


def compared(acme: Organisation, person: Person) -> int:
    """How many wrong codes were really compared."""
    attempts = acme.attempts(person)
    return sum(one.outcome in (Outcome.WRONG, Outcome.RESERVED) for one in attempts)


def burst(acme: Organisation, person: Person, place: From, *, pairs: bool = False) -> None:
    """500 different wrong codes at once, through ten sign-ins."""
    halves = [acme.half(person, place=place) for _ in range(10)]
    thief = Guesser(acme, person)
    codes = [[thief.wrong(), thief.wrong()] for _ in range(500)]

    def act(n: int) -> None:
        for number in range(n, 500, THREADS):
            typed = codes[number] if pairs else codes[number][:1]
            acme.submit_code(halves[number % 10], *typed, place=place)

    race(THREADS, act)


def test_a_burst_of_codes_is_compared_three_times(acme: Organisation, ben: Person) -> None:
    """From an unknown browser: the third miss begins a wait, in which nothing is read."""
    burst(acme, ben, HERE)
    assert compared(acme, ben) == 3
    assert Outcome.NOT_CHECKED in acme.outcomes(ben)


def test_a_burst_from_a_known_browser_has_its_ten_and_then_the_three(
    acme: Organisation, ben: Person
) -> None:
    """Its own day, and what is left for unknown ones."""
    burst(acme, ben, acme.known(ben))
    assert compared(acme, ben) == 13


def test_a_burst_of_pairs_is_compared_ten_times(acme: Organisation) -> None:
    """Then a mailed link is needed, the password counts as stolen, and it is told once."""
    acme.enrol(acme.owner)
    burst(acme, acme.owner, HERE, pairs=True)
    assert compared(acme, acme.owner) == 10
    assert acme.owner.must_change_password
    assert len(acme.mails(acme.owner, MailKind.CODE_FAILURES)) == 1
    assert len(acme.mails(acme.owner, MailKind.PASSWORD_STOLEN)) == 1


def test_a_burst_over_sign_in_and_step_up_has_one_budget(acme: Organisation, ben: Person) -> None:
    """Both doors at once: three are compared in all."""
    caller, half, thief = acme.caller(ben), acme.half(ben), Guesser(acme, ben)
    codes = [thief.wrong() for _ in range(100)]

    def act(n: int) -> None:
        if n % 2:
            acme.submit_code(half, codes[n])
            return
        acme.call(step_up.prove_factor, caller=caller, typed=Typed(codes[n]), place=HERE)

    race(100, act)
    assert compared(acme, ben) == 3


def guess_passwords(acme: Organisation, person: Person, place: From | None) -> int:
    """500 wrong passwords at once: how many hashes went to the hasher. Each from an address of its
    own, unless a browser is given.
    """
    numbers = count()

    def act(_: int) -> int:
        sent = 0
        for _ in range(10):
            here = place or From(Source(f"10.9.{next(numbers) // 250}.{next(numbers) % 250}", ""))
            tried = acme.look_up(person.email, place=here)
            sent += tried.encoded is not None
            answer = acme.call(
                settle_password,
                tried=tried,
                proved=False,
                rehashed=None,
                return_to="/",
                place=here,
            )
            assert answer == PasswordRefused()
        return sent

    return sum(race(THREADS, act))


def test_a_burst_of_passwords_is_hashed_five_times(acme: Organisation, ben: Person) -> None:
    """From many addresses: the free ones, and then a wait in which no hash is looked up."""
    assert guess_passwords(acme, ben, None) == 5


def test_a_burst_of_passwords_from_a_known_browser_has_its_ten_and_then_the_five(
    acme: Organisation, ben: Person
) -> None:
    """It falls to the unknown ones."""
    assert guess_passwords(acme, ben, acme.known(ben)) == 15
