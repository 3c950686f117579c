"""The one place where any code is accepted: order, counting, the lock, once."""

from dataclasses import replace

import pytest

from tests.storage.races import race
from tests.world import DESK, Organisation
from twofold.core import throttle
from twofold.core.attempts import AttemptPurpose, Outcome
from twofold.core.authenticators import Totp
from twofold.core.errors import IllegalTransition
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.otp import Malformed
from twofold.core.people import Person
from twofold.flows import enrol, sign_in, step_up
from twofold.flows.verify import Accepted, Locked, Proof, Wrong, locked_until, prove_code
from twofold.ports import Tx

SIGN_IN = AttemptPurpose.SIGN_IN


def prove(
    acme: Organisation,
    person: Person,
    typed: str,
    *,
    authenticator: Totp | None = None,
    purpose: AttemptPurpose = SIGN_IN,
) -> Proof:
    """Submit a code for the person's active authenticator, or for another one."""
    return acme.call(
        prove_code,
        person=person,
        authenticator=authenticator or acme.active(person),
        typed=typed,
        purpose=purpose,
        source=DESK,
    )


def miss(acme: Organisation, person: Person, times: int) -> list[Proof]:
    """Submit wrong codes."""
    return [prove(acme, person, acme.wrong(acme.active(person))) for _ in range(times)]


@pytest.fixture
def olga(acme: Organisation) -> Person:
    """The owner, enrolled."""
    acme.enrol(acme.owner)
    return acme.owner


def test_a_right_code_is_accepted_and_written_down(acme: Organisation, olga: Person) -> None:
    """The attempt, its offset and the event stand in the same transaction."""
    proof = prove(acme, olga, acme.code(olga))
    assert proof == Accepted(acme.active(olga).id, acme.now // 30)
    newest = acme.attempts(olga)[0]
    assert (newest.outcome, newest.offset, newest.source) == (Outcome.ACCEPTED, 0, DESK)
    event = acme.events(EventKind.CODE_ACCEPTED)[0]
    assert event.data == {"purpose": "sign-in", "offset": 0}


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_one_step_either_side_is_accepted(acme: Organisation, olga: Person, steps: int) -> None:
    """A phone that is up to a step off works."""
    acme.clock.advance(30)
    assert isinstance(prove(acme, olga, acme.code(olga, steps=steps)), Accepted)


@pytest.mark.parametrize("steps", [-2, 2])
def test_two_steps_away_is_refused(acme: Organisation, olga: Person, steps: int) -> None:
    """The window is three steps wide."""
    acme.clock.advance(60)
    assert prove(acme, olga, acme.code(olga, steps=steps)) == Wrong()


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "x" * 65])
def test_what_is_not_a_code_costs_nothing(acme: Organisation, olga: Person, typed: str) -> None:
    """Text that is not six digits was no guess: no attempt, no event."""
    before = (acme.attempts(olga), acme.events())
    assert isinstance(prove(acme, olga, typed), Malformed)
    assert (acme.attempts(olga), acme.events()) == before


def test_text_is_read_before_the_lock_is_asked(acme: Organisation, olga: Person) -> None:
    """A typing mistake during a lock is still told as one, and not counted."""
    miss(acme, olga, 10)
    before = acme.attempts(olga)
    assert isinstance(prove(acme, olga, "12345"), Malformed)
    assert acme.attempts(olga) == before


def test_ten_wrong_codes_lock_and_nine_do_not(acme: Organisation, olga: Person) -> None:
    """The tenth failure within the window starts the wait and says until when."""
    answers = miss(acme, olga, 10)
    assert answers[:9] == [Wrong()] * 9
    assert answers[9] == Locked(acme.now + throttle.WAIT)
    assert acme.store.call(locked_until, acme.now, olga.id) == acme.now + throttle.WAIT


def test_the_right_code_is_refused_unread_during_the_lock(acme: Organisation, olga: Person) -> None:
    """No code tells anything while the lock holds, and its step is not used up."""
    miss(acme, olga, 10)
    until = acme.now + throttle.WAIT
    acme.clock.advance(throttle.WAIT - 30)
    assert prove(acme, olga, acme.code(olga, steps=1)) == Locked(until)
    assert acme.attempts(olga)[0].outcome is Outcome.NOT_CHECKED
    acme.clock.advance(30)
    assert isinstance(prove(acme, olga, acme.code(olga)), Accepted)


def test_what_was_refused_unread_does_not_make_the_lock_longer(
    acme: Organisation, olga: Person
) -> None:
    """Whoever tries on during the lock cannot keep the person out (promise P9)."""
    until = acme.now + throttle.WAIT
    miss(acme, olga, 10)
    acme.clock.advance(600)
    assert set(miss(acme, olga, 12)) == {Locked(until)}
    acme.clock.advance(300)
    assert isinstance(prove(acme, olga, acme.code(olga)), Accepted)


def test_the_lock_arms_again(acme: Organisation, olga: Person) -> None:
    """After the wait there are ten new tries, and the tenth wrong one locks again."""
    miss(acme, olga, 10)
    acme.clock.advance(throttle.WAIT)
    answers = miss(acme, olga, 10)
    assert answers[:9] == [Wrong()] * 9
    assert answers[9] == Locked(acme.now + throttle.WAIT)
    assert len(acme.mails(olga, MailKind.LOCKED)) == 2


def test_failures_further_apart_than_the_window_do_not_lock(
    acme: Organisation, olga: Person
) -> None:
    """Ten mistakes over a long day are not an attack."""
    for _ in range(10):
        assert miss(acme, olga, 1) == [Wrong()]
        acme.clock.advance(throttle.WINDOW // 9)


def test_the_lock_is_told_by_mail_and_event_once(acme: Organisation, olga: Person) -> None:
    """The owner learns when, until when and from where, in the transaction that locked."""
    miss(acme, olga, 12)
    (mail,) = acme.mails(olga, MailKind.LOCKED)
    assert mail.params == {
        "until": acme.now + throttle.WAIT,
        "at": acme.now,
        "browser": DESK.browser,
        "address": DESK.address,
    }
    (event,) = acme.events(EventKind.LOCKED)
    assert (event.actor_id, event.subject_id) == (None, olga.id)
    assert event.data == {"until": acme.now + throttle.WAIT}


def test_lock_mail_and_event_stand_or_fall_with_the_attempt(
    acme: Organisation, olga: Person
) -> None:
    """One transaction: where it is rolled back, nothing of the three is left (promise P8)."""
    miss(acme, olga, 9)
    wrong, authenticator = acme.wrong(acme.active(olga)), acme.active(olga)
    before = (acme.attempts(olga), acme.events(), acme.mails(olga))

    def fail_after(tx: Tx) -> None:
        proof = prove_code(
            tx,
            acme.now,
            person=olga,
            authenticator=authenticator,
            typed=wrong,
            purpose=SIGN_IN,
            source=DESK,
        )
        assert isinstance(proof, Locked)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        acme.store.call(fail_after)
    assert (acme.attempts(olga), acme.events(), acme.mails(olga)) == before


def test_a_right_code_does_not_reset_the_count(acme: Organisation, olga: Person) -> None:
    """Otherwise the owner's own sign-ins would feed a guesser new tries (promise P3)."""
    miss(acme, olga, 9)
    assert isinstance(prove(acme, olga, acme.code(olga)), Accepted)
    assert isinstance(miss(acme, olga, 1)[0], Locked)


def test_failures_count_over_sign_ins_and_purposes(acme: Organisation, olga: Person) -> None:
    """The budget is the person's: a new sign-in, a right password, another purpose share it."""
    caller = acme.caller(olga)
    wrong = acme.wrong(acme.active(olga))
    for _ in range(4):
        assert isinstance(acme.submit_code(acme.half(olga), wrong), sign_in.CodeRefused)
    for _ in range(3):
        acme.call(step_up.prove_factor, caller=caller, typed=wrong, source=DESK)
    pending = acme.call(enrol.begin_own, caller=caller)
    assert isinstance(pending, Totp)
    for _ in range(2):
        acme.call(enrol.save_own, caller=caller, typed=acme.wrong(pending), source=DESK)
    answer = acme.submit_code(acme.half(olga), acme.wrong(acme.active(olga)))
    assert isinstance(answer, Locked)


def test_failures_of_one_person_are_not_counted_on_another(
    acme: Organisation, olga: Person
) -> None:
    """A lock is one person's."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    miss(acme, ben, 10)
    assert isinstance(prove(acme, olga, acme.code(olga)), Accepted)


def test_a_used_step_is_refused_again_for_every_purpose(acme: Organisation, olga: Person) -> None:
    """One code, one use: what signed in neither steps up nor saves a set-up, and is not a guess."""
    caller = acme.caller(olga)
    code = acme.code(olga)
    assert acme.call(step_up.prove_factor, caller=caller, typed=code, source=DESK) == Wrong()
    assert isinstance(acme.submit_code(acme.half(olga), code), sign_in.CodeRefused)
    pending = acme.call(enrol.begin_own, caller=caller)
    assert isinstance(pending, Totp)
    fresh = acme.code_of(pending)
    saved = acme.call(enrol.save_own, caller=caller, typed=fresh, source=DESK)
    assert isinstance(saved, sign_in.SignedIn)
    assert isinstance(acme.submit_code(acme.half(olga), fresh), sign_in.CodeRefused)
    assert acme.outcomes(olga)[-1] is Outcome.USED
    assert Outcome.WRONG not in acme.outcomes(olga)


def test_used_codes_never_lock(acme: Organisation, olga: Person) -> None:
    """A code that counted once costs nothing when it comes again."""
    code = acme.code(olga)
    prove(acme, olga, code)
    assert [prove(acme, olga, code) for _ in range(12)] == [Wrong()] * 12
    assert acme.mails(olga, MailKind.LOCKED) == []


def test_the_step_before_a_used_one_is_dead(acme: Organisation, olga: Person) -> None:
    """Only a greater step than the last one counts (RFC 6238 section 5.2)."""
    acme.clock.advance(30)
    assert isinstance(prove(acme, olga, acme.code(olga, steps=1)), Accepted)
    assert prove(acme, olga, acme.code(olga)) == Wrong()
    assert prove(acme, olga, acme.code(olga, steps=-1)) == Wrong()
    acme.clock.advance(60)
    assert isinstance(prove(acme, olga, acme.code(olga)), Accepted)


def test_the_drift_is_learnt_from_accepted_codes_only(acme: Organisation, olga: Person) -> None:
    """Two codes in a row a step ahead move the centre there; refused ones move nothing."""
    for _ in range(2):
        acme.clock.advance(60)
        prove(acme, olga, acme.code(olga, steps=1))
    assert acme.active(olga).drift == 1
    miss(acme, olga, 1)
    assert acme.active(olga).drift == 1
    acme.clock.advance(60)
    assert isinstance(prove(acme, olga, acme.code(olga, steps=2)), Accepted)


def test_a_pending_set_up_never_authenticates(acme: Organisation) -> None:
    """Not for a sign-in, not for a step-up, whatever the code; and nothing is written."""
    pending = acme.call(enrol.begin_own, caller=acme.caller(acme.owner))
    assert isinstance(pending, Totp)
    before = acme.events()
    for purpose in (AttemptPurpose.SIGN_IN, AttemptPurpose.STEP_UP):
        with pytest.raises(IllegalTransition):
            prove(acme, acme.owner, acme.code_of(pending), authenticator=pending, purpose=purpose)
    assert (acme.events(), acme.attempts(acme.owner)) == (before, [])


def test_an_active_authenticator_proves_no_set_up(acme: Organisation, olga: Person) -> None:
    """A set-up is proved by its own secret."""
    with pytest.raises(IllegalTransition):
        prove(acme, olga, acme.code(olga), purpose=AttemptPurpose.ENROL)


def test_the_authenticator_of_another_person_proves_nothing(
    acme: Organisation, olga: Person
) -> None:
    """A factor is bound to its person: a right code of somebody else's app raises."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    with pytest.raises(IllegalTransition):
        prove(acme, olga, acme.code(ben), authenticator=acme.active(ben))
    assert acme.attempts(olga)[0].outcome is Outcome.ACCEPTED


def test_without_an_authenticator_every_code_is_wrong(acme: Organisation) -> None:
    """Somebody who has none is refused like anybody else, and it counts."""
    answer = acme.call(
        prove_code,
        person=acme.owner,
        authenticator=None,
        typed="123456",
        purpose=SIGN_IN,
        source=DESK,
    )
    assert answer == Wrong()
    assert acme.outcomes(acme.owner) == [Outcome.WRONG]


def test_an_error_inside_the_comparison_is_a_no_and_stays_counted(
    acme: Organisation, olga: Person
) -> None:
    """A secret that breaks the arithmetic: refused, the reservation stands (promises P3, P6)."""
    broken = replace(acme.active(olga), secret=None)  # type: ignore[arg-type]
    code = acme.code(olga)
    answers = [prove(acme, olga, code, authenticator=broken) for _ in range(10)]
    assert answers == [Wrong()] * 9 + [Locked(acme.now + throttle.WAIT)]
    assert acme.outcomes(olga)[-10:] == [Outcome.RESERVED] * 10
    assert acme.events(EventKind.CODE_REFUSED)[0].data["reason"] == "reserved"


def test_a_replaced_authenticator_is_not_claimed(acme: Organisation, olga: Person) -> None:
    """A request that read it just before it was replaced gets a no from the database."""
    old = acme.active(olga)
    caller = acme.caller(olga)
    pending = acme.call(enrol.begin_own, caller=caller)
    assert isinstance(pending, Totp)
    acme.call(enrol.save_own, caller=caller, typed=acme.code_of(pending), source=DESK)
    acme.clock.advance(30)
    assert prove(acme, olga, acme.code_of(old), authenticator=old) == Wrong()


def test_parallel_wrong_codes_are_compared_ten_times_at_most(
    acme: Organisation, olga: Person
) -> None:
    """200 guesses at once: ten are checked, 190 are refused unread, one lock is told."""
    half, wrong = acme.half(olga), acme.wrong(acme.active(olga))
    before = len(acme.attempts(olga))
    answers = race(50, lambda _: [acme.submit_code(half, wrong) for _ in range(4)])
    outcomes = acme.outcomes(olga)[before:]
    checked = [outcome for outcome in outcomes if outcome is not Outcome.NOT_CHECKED]
    assert len(outcomes) == 200
    assert checked == [Outcome.WRONG] * 10
    assert sum(isinstance(one, Locked) for many in answers for one in many) == 191
    assert len(acme.mails(olga, MailKind.LOCKED)) == 1
