"""Recovery codes: made once, used once, counted like any code, and open where a code is not."""

import pytest

from tests.races import rounds
from tests.storage.races import race
from tests.world import DESK, HERE, Guesser, Organisation
from twofold.core import recovery as codes
from twofold.core.attempts import AttemptPurpose, Outcome
from twofold.core.desk import Act
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import DAY, Person
from twofold.core.sessions import HalfCaller
from twofold.core.throttle import NeedsLink, Pair, Single
from twofold.flows import enrol, recovery
from twofold.flows.recovery import NewCodes
from twofold.flows.second_step import CodeRefused, recover, resync
from twofold.flows.sign_in import SignedIn, SignInEnded
from twofold.flows.verify import Suspended, Typed


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member, enrolled."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


def made(acme: Organisation, person: Person) -> list[str]:
    """A new set for somebody."""
    done = acme.call(recovery.make, caller=acme.caller(person), source=DESK)
    assert isinstance(done, NewCodes)
    return list(done.codes)


def use(acme: Organisation, person: Person, code: str, half: HalfCaller | None = None) -> object:
    """Sign in with a recovery code."""
    return acme.call(recover, half=half or acme.half(person), typed=code, place=HERE)


def left(acme: Organisation, person: Person) -> int:
    """How many codes are left."""
    standing = acme.call(lambda tx, _now: recovery.own(tx, person_id=person.id))
    assert standing is not None
    return standing.left


def test_ten_codes_of_which_each_signs_in_once(acme: Organisation, ben: Person) -> None:
    """The session says by what it was opened; owner and log are told."""
    ten = made(acme, ben)
    assert len(set(ten)) == codes.COUNT
    done = use(acme, ben, ten[3].lower())
    assert isinstance(done, SignedIn)
    caller = acme.caller_of(done.token)
    assert caller is not None
    assert caller.session.methods == ("pwd", "recovery")
    assert caller.session.has_fresh_factor(acme.now)
    assert left(acme, ben) == 9
    assert isinstance(use(acme, ben, ten[3]), CodeRefused)
    assert left(acme, ben) == 9
    (mail,) = acme.mails(ben, MailKind.RECOVERY_USED)
    assert mail.params["left"] == 9
    (event,) = acme.events(EventKind.RECOVERY_USED)
    assert event.data == {"left": 9}
    assert acme.attempts(ben)[-1].purpose is not AttemptPurpose.RECOVERY
    assert Outcome.ACCEPTED in acme.outcomes(ben)


def test_new_codes_end_the_old_ones(acme: Organisation, ben: Person) -> None:
    """The owner hears of it; the first set, made at *Save*, needs no mail."""
    assert left(acme, ben) == 10
    assert acme.mails(ben, MailKind.RECOVERY_MADE) == []
    old = made(acme, ben)
    assert len(acme.mails(ben, MailKind.RECOVERY_MADE)) == 1
    new = made(acme, ben)
    assert len(acme.mails(ben, MailKind.RECOVERY_MADE)) == 2
    assert isinstance(use(acme, ben, old[0]), CodeRefused)
    assert isinstance(use(acme, ben, new[0]), SignedIn)


def test_a_code_of_somebody_else_is_wrong(acme: Organisation, ben: Person) -> None:
    """Looked up by person and hash; the other one's stays unused."""
    eve = acme.add("Eve")
    acme.enrol(eve)
    hers = made(acme, eve)
    made(acme, ben)
    assert isinstance(use(acme, ben, hers[0]), CodeRefused)
    assert left(acme, eve) == 10
    assert isinstance(use(acme, eve, hers[0]), SignedIn)


def test_a_wrong_one_costs_what_a_wrong_code_costs(acme: Organisation, ben: Person) -> None:
    """Five of them lead to pairs, ten to the link and a stolen password; the form is told first."""
    made(acme, ben)
    for number in range(10):
        half = acme.half(ben)
        assert use(acme, ben, "not a code", half) == codes.parse("not a code")
        assert isinstance(use(acme, ben, codes.code_of(bytes([number] * 10)), half), CodeRefused)
        acme.clock.advance(61)
        if number == 4:
            assert Guesser(acme, ben).asked() == Pair()
    assert Guesser(acme, ben).asked() == NeedsLink()
    assert acme.person(ben.id).must_change_password


def test_a_used_one_costs_nothing_and_a_repeated_one_counts_once(
    acme: Organisation, ben: Person
) -> None:
    """A double click, or a sheet on which nothing was crossed out, leads to no stolen password."""
    ten = made(acme, ben)
    assert isinstance(use(acme, ben, ten[0]), SignedIn)
    for _ in range(12):
        assert isinstance(use(acme, ben, ten[0]), CodeRefused)
        acme.clock.advance(91)
    assert set(acme.outcomes(ben)[-12:]) == {Outcome.USED}
    assert not acme.person(ben.id).must_change_password
    acme.clock.advance(DAY)
    wrong = codes.code_of(bytes(10))
    for _ in range(12):
        assert isinstance(use(acme, ben, wrong), CodeRefused)
    assert acme.outcomes(ben)[-12:] == [Outcome.WRONG, *[Outcome.REPEATED] * 11]
    assert Guesser(acme, ben).asked() == Single(known=False)


def test_five_wrong_ones_end_the_sign_in(acme: Organisation, ben: Person) -> None:
    """Back to the password."""
    half = acme.half(ben)
    for number in range(4):
        assert isinstance(use(acme, ben, codes.code_of(bytes([number] * 10)), half), CodeRefused)
    assert isinstance(use(acme, ben, codes.code_of(bytes([9] * 10)), half), SignInEnded)


def test_a_right_one_works_during_a_lock(acme: Organisation, ben: Person) -> None:
    """While a right code of the app is refused unread."""
    ten = made(acme, ben)
    Guesser(acme, ben).climb(10)
    assert Guesser(acme, ben).asked() == NeedsLink()
    assert isinstance(use(acme, ben, ten[0]), SignedIn)


def test_a_disabled_authenticator_is_set_up_anew(acme: Organisation, ben: Person) -> None:
    """The way on is the set-up, and the new one works."""
    ten = made(acme, ben)
    acme.store.call(lambda tx: tx.authenticators.disable(ben.id, at=acme.now))
    assert isinstance(acme.submit_code(acme.half(ben), acme.code(ben)), Suspended)
    done = use(acme, ben, ten[0])
    assert isinstance(done, SignedIn)
    assert done.return_to == "/profile/set-up"
    caller = acme.caller_of(done.token)
    assert caller is not None
    pending = acme.call(enrol.begin_own, caller=caller)
    assert not isinstance(pending, enrol.NeedsProof)
    saved = acme.call(enrol.save_own, caller=caller, typed=acme.code_of(pending), place=HERE)
    assert isinstance(saved, SignedIn)
    acme.clock.advance(60)
    assert isinstance(acme.submit_code(acme.half(ben), acme.code(ben)), SignedIn)


def test_it_burns_the_present_and_the_next_code(acme: Organisation, ben: Person) -> None:
    """Mechanism 22: what was seen on the phone beside it is worth nothing afterwards."""
    ten = made(acme, ben)
    acme.clock.advance(60)
    seen = [acme.code(ben, steps=n) for n in (-1, 0, 1)]
    assert isinstance(use(acme, ben, ten[0]), SignedIn)
    for code in seen:
        assert not isinstance(acme.submit_code(acme.half(ben), code), SignedIn)
    acme.clock.advance(90)
    assert isinstance(acme.submit_code(acme.half(ben), acme.code(ben)), SignedIn)


def test_it_burns_the_codes_of_a_phone_whose_clock_is_off(acme: Organisation, ben: Person) -> None:
    """Mechanism 22 for a phone three minutes ahead: its present and its next code, by its clock."""
    ten = made(acme, ben)
    for _ in range(2):
        acme.clock.advance(900)
        pair = Typed(acme.code(ben, steps=5), acme.code(ben, steps=6))
        assert isinstance(acme.call(resync, half=acme.half(ben), typed=pair, place=HERE), SignedIn)
    acme.clock.advance(300)
    seen = [acme.code(ben, steps=n) for n in (6, 7)]
    assert isinstance(use(acme, ben, ten[0]), SignedIn)
    for code in seen:
        assert not isinstance(acme.submit_code(acme.half(ben), code), SignedIn)
    acme.clock.advance(60)
    assert isinstance(acme.submit_code(acme.half(ben), acme.code(ben, steps=6)), SignedIn)


def test_one_code_sent_by_many_at_once_signs_in_once(acme: Organisation, ben: Person) -> None:
    """Mechanism 31: fifty at once through two sign-ins, each round one session."""
    ten = made(acme, ben)
    for number, _ in enumerate(rounds()):
        acme.clock.advance(90)
        if number and number % 10 == 0:
            ten = made(acme, ben)
        halves = [acme.half(ben), acme.half(ben)]
        code = ten[number % 10]
        answers = race(20, lambda n: use(acme, ben, code, halves[n % 2]))  # noqa: B023
        assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
        acme.store.call(lambda tx: tx.counters.drop([f"code:person:{ben.id}"]))


def test_they_are_stored_as_keyed_hashes(acme: Organisation, ben: Person) -> None:
    """Another person's same code has another hash; no value that is kept shows a code."""
    ten = made(acme, ben)
    assert repr(NewCodes(ten)) == "NewCodes()"
    for event in acme.events():
        assert not any(code in str(event.data) for code in ten)


def test_stored_is_said_once(acme: Organisation, ben: Person) -> None:
    """And undone by new ones."""
    made(acme, ben)
    caller = acme.caller(ben)
    for _ in range(2):
        acme.call(recovery.stored, caller=caller)
    assert len(acme.events(EventKind.RECOVERY_STORED)) == 1
    made(acme, ben)
    standing = acme.call(lambda tx, _now: recovery.own(tx, person_id=ben.id))
    assert standing is not None
    assert standing.stored_at is None


def test_nobody_without_an_authenticator_has_any(acme: Organisation) -> None:
    """They stand in for one."""
    eve = acme.add("Eve")
    assert acme.call(recovery.make, caller=acme.caller(eve), source=DESK) == recovery.NotEnrolled()
    assert acme.call(lambda tx, _now: recovery.own(tx, person_id=eve.id)) is None


def test_a_reset_by_an_admin_ends_them(acme: Organisation, ben: Person) -> None:
    """Whoever found the sheet has nothing."""
    made(acme, ben)
    acme.help(ben, Act.INVITE, stolen=True)
    assert acme.call(lambda tx, _now: recovery.own(tx, person_id=ben.id)) is None
