"""What is written down about a code, beside whether it was accepted."""

import base64
from dataclasses import replace

import pyotp
import pytest

from tests.world import DESK, HERE, Organisation
from twofold.core.attempts import AttemptPurpose, Outcome
from twofold.core.authenticators import Totp
from twofold.core.diagnosis import Cause
from twofold.core.events import EventKind
from twofold.core.people import Person
from twofold.flows import recovery
from twofold.flows.recovery import NewCodes
from twofold.flows.second_step import recover
from twofold.flows.sign_in import SignedIn
from twofold.flows.verify import Accepted, Proof, Standing, Typed, Wrong, prove_code


def prove(
    acme: Organisation,
    person: Person,
    typed: str,
    authenticators: list[Totp],
    purpose: AttemptPurpose = AttemptPurpose.SIGN_IN,
) -> Proof:
    """Submit a code for these authenticators."""
    return acme.call(
        prove_code,
        person=person,
        account=acme.account,
        authenticators=authenticators,
        typed=Typed(typed),
        purpose=purpose,
        standing=Standing(DESK),
    )


def attempt_of(proof: Proof) -> str:
    """Which attempt a refusal is about."""
    assert isinstance(proof, Wrong)
    return proof.attempt_id


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member, enrolled."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


def test_a_refusal_names_its_attempt(acme: Organisation, ben: Person) -> None:
    """Wrong, sent again, and used up: each can be explained afterwards."""
    active = [acme.active(ben)]
    wrong, right = acme.wrong(active[0]), acme.code(ben)
    for typed, outcome in ((wrong, Outcome.WRONG), (wrong, Outcome.REPEATED)):
        named = attempt_of(prove(acme, ben, typed, active))
        assert (acme.attempts(ben)[0].id, acme.attempts(ben)[0].outcome) == (named, outcome)
    assert isinstance(prove(acme, ben, right, active), Accepted)
    named = attempt_of(prove(acme, ben, right, [acme.active(ben)]))
    assert (acme.attempts(ben)[0].id, acme.attempts(ben)[0].outcome) == (named, Outcome.USED)


def test_a_refused_recovery_code_names_its_attempt(acme: Organisation, ben: Person) -> None:
    """Also the second time, when it is not charged."""
    made = acme.call(recovery.make, caller=acme.caller(ben), source=DESK)
    assert isinstance(made, NewCodes)
    other = made.codes[0][:-1] + ("A" if made.codes[0][-1] != "A" else "B")
    for outcome in (Outcome.WRONG, Outcome.REPEATED):
        named = attempt_of(prove(acme, ben, other, [], AttemptPurpose.RECOVERY))
        assert (acme.attempts(ben)[0].id, acme.attempts(ben)[0].outcome) == (named, outcome)


def test_an_accepted_recovery_code_is_written_as_accepted(acme: Organisation, ben: Person) -> None:
    """As an attempt, and as an entry that tells of no time step."""
    made = acme.call(recovery.make, caller=acme.caller(ben), source=DESK)
    assert isinstance(made, NewCodes)
    done = acme.call(recover, half=acme.half(ben), typed=made.codes[0], place=HERE)
    assert isinstance(done, SignedIn)
    newest = acme.attempts(ben)[0]
    assert (newest.purpose, newest.outcome) == (AttemptPurpose.RECOVERY, Outcome.ACCEPTED)
    assert acme.events(EventKind.CODE_ACCEPTED)[0].data == {"purpose": "recovery", "offset": 0}


def test_of_several_apps_the_attempt_names_the_one_whose_code_it_was(
    acme: Organisation, ben: Person
) -> None:
    """Accepted, and used up; a wrong one is nobody's."""
    active = acme.active(ben)
    both = [replace(active, id="another", secret=bytes(20)), active]
    right = acme.code(ben)
    assert prove(acme, ben, right, both) == Accepted(active.id, acme.now // 30)
    assert acme.attempts(ben)[0].authenticator_id == active.id
    assert prove(acme, ben, right, both) == Wrong()
    assert acme.attempts(ben)[0].authenticator_id == active.id
    assert prove(acme, ben, acme.wrong(active), both) == Wrong()
    assert acme.attempts(ben)[0].authenticator_id is None


def test_eight_digits_of_the_right_secret_are_known_as_those(
    acme: Organisation, ben: Person
) -> None:
    """It is no guess at six digits, and what the person is told is what to change in the app."""
    active = acme.active(ben)
    eight = totp_of_eight(active, acme.now)
    prove(acme, ben, eight, [active])
    newest = acme.attempts(ben)[0]
    assert (newest.outcome, newest.cause) == (Outcome.MALFORMED, Cause.PARAMETERS)


def totp_of_eight(authenticator: Totp, now: int) -> str:
    """What an app shows that was told to show eight digits, by another implementation."""
    return str(pyotp.TOTP(base64.b32encode(authenticator.secret).decode(), digits=8).at(now))
