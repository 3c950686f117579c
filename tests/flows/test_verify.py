"""The one place where any code is accepted: the order of its questions, counting, once.

The ladder of waits, pairs, links and the end of it is in `test_ladder.py`.
"""

from dataclasses import replace

import pytest

from tests.world import DESK, HERE, Organisation
from twofold.core.attempts import AttemptPurpose, Outcome
from twofold.core.authenticators import Totp
from twofold.core.diagnosis import Cause
from twofold.core.errors import IllegalTransition
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.otp import Malformed
from twofold.core.people import Person
from twofold.flows import enrol, second_step, sign_in, step_up
from twofold.flows.verify import Accepted, Locked, Proof, Standing, Typed, Wrong, prove_code
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
        account=acme.account,
        authenticators=[authenticator or acme.active(person)],
        typed=Typed(typed),
        purpose=purpose,
        standing=Standing(DESK),
    )


def miss(acme: Organisation, person: Person, times: int) -> list[Proof]:
    """Submit different wrong codes."""
    authenticator = acme.active(person)
    return [prove(acme, person, acme.wrong(authenticator, number)) for number in range(times)]


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member, enrolled."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


def test_a_right_code_is_accepted_and_written_down(acme: Organisation, ben: Person) -> None:
    """The attempt, its offset and the event stand in the same transaction."""
    proof = prove(acme, ben, acme.code(ben))
    assert proof == Accepted(acme.active(ben).id, acme.now // 30)
    newest = acme.attempts(ben)[0]
    assert (newest.outcome, newest.offset, newest.source) == (Outcome.ACCEPTED, 0, DESK)
    assert not newest.known_browser
    event = acme.events(EventKind.CODE_ACCEPTED)[0]
    assert event.data == {"purpose": "sign-in", "offset": 0}


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_one_step_either_side_is_accepted(acme: Organisation, ben: Person, steps: int) -> None:
    """A phone that is up to a step off works."""
    acme.clock.advance(30)
    assert isinstance(prove(acme, ben, acme.code(ben, steps=steps)), Accepted)


@pytest.mark.parametrize("steps", [-2, 2])
def test_two_steps_away_is_refused(acme: Organisation, ben: Person, steps: int) -> None:
    """The window is three steps wide."""
    acme.clock.advance(60)
    assert prove(acme, ben, acme.code(ben, steps=steps)) == Wrong()


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "x" * 65])
def test_what_is_not_a_code_costs_nothing(acme: Organisation, ben: Person, typed: str) -> None:
    """Text that is not six digits was no guess: no event, no charge, but a line in the history,
    which holds what was wrong about it and nothing of the text.
    """
    before = (acme.outcomes(ben), acme.events())
    assert isinstance(malformed := prove(acme, ben, typed), Malformed)
    noted = [Outcome.MALFORMED] * bool(typed)
    assert (acme.outcomes(ben), acme.events()) == (before[0] + noted, before[1])
    for attempt in acme.attempts(ben)[: len(noted)]:
        assert (attempt.cause, attempt.detail) == (Cause.MALFORMED, malformed.kind.value)
    for _ in range(9):
        prove(acme, ben, typed)
    assert isinstance(prove(acme, ben, acme.code(ben)), Accepted)


def test_text_is_read_before_the_guard_is_asked(acme: Organisation, ben: Person) -> None:
    """A typing mistake during a wait is still told as one, and not counted."""
    miss(acme, ben, 3)
    before = acme.outcomes(ben)
    assert isinstance(prove(acme, ben, "12345"), Malformed)
    assert acme.outcomes(ben) == [*before, Outcome.MALFORMED]
    assert isinstance(prove(acme, ben, acme.code(ben)), Locked)


def test_failures_of_one_person_are_not_counted_on_another(acme: Organisation, ben: Person) -> None:
    """A wait is one person's."""
    eve = acme.add("Eve")
    acme.enrol(eve)
    miss(acme, eve, 3)
    assert isinstance(prove(acme, eve, acme.code(eve)), Locked)
    assert isinstance(prove(acme, ben, acme.code(ben)), Accepted)


def test_the_count_stands_or_falls_with_its_transaction(acme: Organisation, ben: Person) -> None:
    """Where it is rolled back nothing is left of charge, attempt, event and mail (promise P8)."""
    for number in range(4):
        prove(acme, ben, acme.wrong(acme.active(ben), number))
        acme.clock.advance(60)
    wrong, authenticator, account = acme.wrong(acme.active(ben), 9), acme.active(ben), acme.account
    before = (acme.attempts(ben), acme.events(), acme.mails(ben))

    def fail_after(tx: Tx) -> None:
        proof = prove_code(
            tx,
            acme.now,
            person=ben,
            account=account,
            authenticators=[authenticator],
            typed=Typed(wrong),
            purpose=SIGN_IN,
            standing=Standing(DESK),
        )
        assert proof == Wrong()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        acme.store.call(fail_after)
    assert (acme.attempts(ben), acme.events(), acme.mails(ben)) == before
    assert isinstance(prove(acme, ben, acme.code(ben)), Accepted)


def test_a_used_step_is_refused_again_for_every_purpose(acme: Organisation, ben: Person) -> None:
    """One code, one use: what signed in neither steps up nor saves a set-up, and is not a guess."""
    caller = acme.caller(ben)
    code = acme.code(ben)
    stepped = acme.call(step_up.prove_factor, caller=caller, typed=Typed(code), place=HERE)
    assert stepped == Wrong()
    assert isinstance(acme.submit_code(acme.half(ben), code), second_step.CodeRefused)
    pending = acme.call(enrol.begin_own, caller=caller)
    assert isinstance(pending, Totp)
    fresh = acme.code_of(pending)
    saved = acme.call(enrol.save_own, caller=caller, typed=fresh, place=HERE)
    assert isinstance(saved, sign_in.SignedIn)
    assert isinstance(acme.submit_code(acme.half(ben), fresh), second_step.CodeRefused)
    assert acme.outcomes(ben)[-1] is Outcome.USED
    assert Outcome.WRONG not in acme.outcomes(ben)


def test_a_used_code_costs_nothing_and_reads_like_a_wrong_one(
    acme: Organisation, ben: Person
) -> None:
    """However often it comes, no wait follows, nobody is told, and the answer is the same."""
    code = acme.code(ben)
    prove(acme, ben, code)
    used = [prove(acme, ben, code) for _ in range(12)]
    assert used == [Wrong()] * 12
    assert prove(acme, ben, acme.wrong(acme.active(ben))) == used[0]
    assert acme.mails(ben, MailKind.CODE_FAILURES) == []
    acme.clock.advance(30)
    assert isinstance(prove(acme, ben, acme.code(ben)), Accepted)


def test_the_step_before_a_used_one_is_dead(acme: Organisation, ben: Person) -> None:
    """Only a greater step than the last one counts (RFC 6238 section 5.2)."""
    acme.clock.advance(30)
    assert isinstance(prove(acme, ben, acme.code(ben, steps=1)), Accepted)
    assert prove(acme, ben, acme.code(ben)) == Wrong()
    assert prove(acme, ben, acme.code(ben, steps=-1)) == Wrong()
    acme.clock.advance(60)
    assert isinstance(prove(acme, ben, acme.code(ben)), Accepted)


def test_the_drift_is_learnt_from_accepted_codes_only(acme: Organisation, ben: Person) -> None:
    """Two codes in a row a step ahead move the centre there; refused ones move nothing."""
    for _ in range(2):
        acme.clock.advance(60)
        prove(acme, ben, acme.code(ben, steps=1))
    assert acme.active(ben).drift == 1
    miss(acme, ben, 1)
    assert acme.active(ben).drift == 1
    acme.clock.advance(60)
    assert isinstance(prove(acme, ben, acme.code(ben, steps=2)), Accepted)


def test_a_pending_set_up_never_authenticates(acme: Organisation) -> None:
    """Not for a sign-in, not for a step-up, whatever the code; and nothing is written."""
    pending = acme.call(enrol.begin_own, caller=acme.caller(acme.owner))
    assert isinstance(pending, Totp)
    before = acme.events()
    for purpose in (AttemptPurpose.SIGN_IN, AttemptPurpose.STEP_UP):
        with pytest.raises(IllegalTransition, match=r"^That authenticator cannot prove this\.$"):
            prove(acme, acme.owner, acme.code_of(pending), authenticator=pending, purpose=purpose)
    assert (acme.events(), acme.attempts(acme.owner)) == (before, [])


def test_an_active_authenticator_proves_no_set_up(acme: Organisation, ben: Person) -> None:
    """A set-up is proved by its own secret."""
    with pytest.raises(IllegalTransition, match=r"^That authenticator cannot prove this\.$"):
        prove(acme, ben, acme.code(ben), purpose=AttemptPurpose.ENROL)


def test_the_authenticator_of_another_person_proves_nothing(
    acme: Organisation, ben: Person
) -> None:
    """A factor is bound to its person: a right code of somebody else's app raises."""
    eve = acme.add("Eve")
    acme.enrol(eve)
    with pytest.raises(IllegalTransition, match=r"^That authenticator cannot prove this\.$"):
        prove(acme, ben, acme.code(eve), authenticator=acme.active(eve))
    assert acme.attempts(ben)[0].outcome is Outcome.ACCEPTED


def test_without_an_authenticator_every_code_is_wrong(acme: Organisation) -> None:
    """Somebody who has none is refused like anybody else, and it counts."""
    eve = acme.add("Eve")
    answer = acme.call(
        prove_code,
        person=eve,
        account=acme.account,
        authenticators=[],
        typed=Typed("123456"),
        purpose=SIGN_IN,
        standing=Standing(DESK),
    )
    assert answer == Wrong()
    assert acme.outcomes(eve) == [Outcome.WRONG]


def test_an_error_inside_the_comparison_is_a_no_and_stays_counted(
    acme: Organisation, ben: Person
) -> None:
    """A secret that breaks the arithmetic: refused, the reservation stands (promises P3, P6)."""
    broken = replace(acme.active(ben), secret=None)  # type: ignore[arg-type]
    codes = [acme.code(ben, steps=steps) for steps in (-1, 0, 1)]
    answers = [prove(acme, ben, code, authenticator=broken) for code in codes]
    assert answers == [Wrong()] * 3
    assert acme.outcomes(ben)[-3:] == [Outcome.RESERVED] * 3
    assert acme.events(EventKind.CODE_REFUSED)[0].data["reason"] == "reserved"
    assert prove(acme, ben, acme.code(ben)) == Locked(acme.now + 30)


def test_a_replaced_authenticator_is_not_claimed(acme: Organisation, ben: Person) -> None:
    """A request that read it just before it was replaced gets a no from the database."""
    old = acme.active(ben)
    caller = acme.caller(ben)
    pending = acme.call(enrol.begin_own, caller=caller)
    assert isinstance(pending, Totp)
    acme.call(enrol.save_own, caller=caller, typed=acme.code_of(pending), place=HERE)
    acme.clock.advance(30)
    assert prove(acme, ben, acme.code_of(old), authenticator=old) == Wrong()
