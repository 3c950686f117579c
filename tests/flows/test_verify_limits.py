"""What every submitted code leaves behind, to the last field: in the history, in the audit log."""

from dataclasses import replace

import pytest

from tests.world import DESK, HERE, Organisation
from twofold.core.attempts import Attempt, AttemptPurpose, Outcome
from twofold.core.authenticators import Totp
from twofold.core.events import Event, EventKind
from twofold.core.people import Person
from twofold.flows import enrol, guard, step_up
from twofold.flows.verify import Standing, Typed, Wrong, prove_code


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member, enrolled."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


def newest_event(acme: Organisation, kind: EventKind) -> Event:
    """The last one of its kind."""
    return acme.events(kind)[0]


def expected(acme: Organisation, ben: Person, outcome: Outcome) -> Attempt:
    """An attempt at a sign-in from an unknown browser, now."""
    return Attempt(
        id=acme.attempts(ben)[0].id,
        account_id=acme.account_id,
        person_id=ben.id,
        purpose=AttemptPurpose.SIGN_IN,
        outcome=outcome,
        at=acme.now,
        authenticator_id=acme.active(ben).id,
        offset=None,
        known_browser=False,
        source=DESK,
    )


def test_every_outcome_is_a_whole_row(acme: Organisation, ben: Person) -> None:
    """Who, what for, when, which authenticator, from where; the offset where the code matched."""
    half = acme.half(ben)
    wrong = [acme.wrong(acme.active(ben), number) for number in range(3)]
    acme.submit_code(half, wrong[0])
    assert acme.attempts(ben)[0] == expected(acme, ben, Outcome.WRONG)
    acme.submit_code(half, wrong[0])
    assert acme.attempts(ben)[0] == expected(acme, ben, Outcome.REPEATED)
    acme.submit_code(acme.half(ben), acme.code(ben, steps=1))
    assert acme.attempts(ben)[0] == replace(expected(acme, ben, Outcome.ACCEPTED), offset=1)
    acme.submit_code(acme.half(ben), acme.code(ben, steps=-1))
    assert acme.attempts(ben)[0] == replace(expected(acme, ben, Outcome.USED), offset=-1)
    for code in wrong[1:]:
        acme.submit_code(acme.half(ben), code)
    acme.submit_code(acme.half(ben), acme.code(ben))
    assert acme.attempts(ben)[0] == expected(acme, ben, Outcome.NOT_CHECKED)


def test_a_row_says_whether_the_browser_was_known_and_whether_there_was_an_app(
    acme: Organisation, ben: Person
) -> None:
    """A known browser is told from an unknown one; somebody without an app has none named."""
    known = acme.known(ben)
    acme.submit_code(acme.half(ben, place=known), acme.wrong(acme.active(ben)), place=known)
    row = expected(acme, ben, Outcome.WRONG)
    assert acme.attempts(ben)[0] == replace(row, known_browser=True)
    eve = acme.add("Eve")
    acme.switch_on()
    acme.submit_code(acme.half(eve), "123456")
    assert acme.attempts(eve)[0].authenticator_id is None


@pytest.mark.parametrize(
    ("steps", "kind", "reason"),
    [
        (1, EventKind.CODE_ACCEPTED, {"offset": 1}),
        (0, EventKind.CODE_REFUSED, {"reason": "used"}),
        (3, EventKind.CODE_REFUSED, {"reason": "wrong"}),
    ],
)
def test_the_audit_log_says_who_what_for_and_why(
    acme: Organisation, ben: Person, steps: int, kind: EventKind, reason: dict[str, object]
) -> None:
    """For a code in a step-up. Only a right one shows who typed it; others may be a thief's."""
    caller = acme.caller(ben)
    typed = Typed(acme.code(ben, steps=steps))
    acme.call(step_up.prove_factor, caller=caller, typed=typed, place=HERE)
    event = newest_event(acme, kind)
    actor_id = ben.id if kind is EventKind.CODE_ACCEPTED else None
    assert (event.at, event.actor_id, event.subject_id) == (acme.now, actor_id, ben.id)
    assert event.data == {"purpose": "step-up", **reason}


def test_what_was_not_looked_at_writes_no_event(acme: Organisation, ben: Person) -> None:
    """Neither a repetition nor a code during a wait: nothing happened."""
    half = acme.half(ben)
    for number in (0, 0, 1, 2):
        acme.submit_code(half, acme.wrong(acme.active(ben), number))
    before = acme.events()
    acme.submit_code(half, acme.wrong(acme.active(ben), 2))
    acme.submit_code(half, acme.code(ben))
    assert acme.events() == before
    reasons = [event.data["reason"] for event in acme.events(EventKind.CODE_REFUSED)]
    assert reasons == ["wrong"] * 3


def test_the_same_wrong_code_counts_again_after_ninety_seconds(
    acme: Organisation, ben: Person
) -> None:
    """And somebody else's wrong code is somebody else's."""
    eve = acme.add("Eve")
    acme.enrol(eve)
    both = {acme.code_of(acme.active(who), steps=n) for who in (ben, eve) for n in range(-9, 10)}
    code = next(code for code in map("{:06}".format, range(99)) if code not in both)
    first = acme.now
    for who in (ben, eve):
        acme.submit_code(acme.half(who), code)
    acme.clock.moment = first + 89
    acme.submit_code(acme.half(ben), code)
    acme.clock.moment = first + 90
    acme.submit_code(acme.half(ben), code)
    assert acme.outcomes(ben)[-3:] == [Outcome.WRONG, Outcome.REPEATED, Outcome.WRONG]
    assert acme.outcomes(eve)[-1:] == [Outcome.WRONG]


def test_no_code_is_kept_only_a_short_keyed_mark(acme: Organisation, ben: Person) -> None:
    """Sixteen characters under the deployment's key: with the database alone nobody reads it."""
    wrong = acme.wrong(acme.active(ben))
    acme.submit_code(acme.half(ben), wrong)
    key = f"code:row:{ben.id}"
    ((mark, at),) = acme.store.call(lambda tx: guard.peek(tx, [key])[key]).marks
    digest = acme.store.call(lambda tx: tx.keyed_digest("code", f"{ben.id}:{wrong}"))
    assert (mark, at) == (digest[:16], acme.now)


def test_a_check_asks_the_guard_in_the_name_of_its_standing(
    acme: Organisation, ben: Person
) -> None:
    """An open link is what lets a pair through at ten misses; without it nothing is read."""
    for number in range(10):
        acme.submit_code(acme.half(ben), acme.wrong(acme.active(ben), number), "000999")
        acme.clock.advance(61)
    pair = Typed(acme.code(ben, steps=-1), acme.code(ben))
    for link_open in (False, True):
        acme.call(
            prove_code,
            person=ben,
            account=acme.account,
            authenticators=[acme.active(ben)],
            typed=pair,
            purpose=AttemptPurpose.SIGN_IN,
            standing=Standing(DESK, link_open=link_open),
        )
    assert acme.outcomes(ben)[-2:] == [Outcome.NOT_CHECKED, Outcome.ACCEPTED]


def test_wrong_codes_of_a_set_up_are_counted_for_the_set_up_alone(
    acme: Organisation, ben: Person
) -> None:
    """Whoever sees its page sees the secret: they are no guesses, and neither the person's month
    nor the row that ends in a disabled authenticator grows.
    """
    caller = acme.caller(ben)
    pending = acme.call(enrol.begin_own, caller=caller)
    assert isinstance(pending, Totp)
    keys = [f"code:{what}:{ben.id}" for what in ("enrol", "row", "person")]
    for number in range(3):
        typed = acme.wrong(pending, number)
        assert acme.call(enrol.save_own, caller=caller, typed=typed, place=HERE) == Wrong()
    states = acme.store.call(lambda tx: guard.peek(tx, keys))
    assert [len(states[key].failures) for key in keys] == [3, 0, 0]
