"""Signing in: password, then code, and everything that ends it in between."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.storage.races import race
from tests.world import DESK, ENCODED, Organisation
from twofold.core.attempts import Outcome
from twofold.core.events import EventKind
from twofold.core.otp import Malformed
from twofold.core.people import Person, PersonState
from twofold.core.sessions import ENROLLING_LIFETIME, SIGN_IN_LIFETIME, Stage
from twofold.flows import passwords, people, sign_in
from twofold.flows.sign_in import (
    CodeRefused,
    HalfWay,
    PasswordRefused,
    PasswordTry,
    SignedIn,
    SignInEnded,
)
from twofold.flows.verify import Locked

NEWER = ENCODED.replace("m=8", "m=16")


def change_password(acme: Organisation, person: Person) -> None:
    """The person chooses a new password from a session of theirs."""
    caller = acme.caller(person)
    changed = acme.call(
        passwords.change,
        caller=caller,
        tried=acme.store.call(sign_in.look_up_password, email=person.email),
        proved=True,
        encoded=ENCODED,
        source=DESK,
    )
    assert isinstance(changed, passwords.PasswordChanged)


def disable(acme: Organisation, person: Person) -> None:
    """The owner stops somebody from signing in."""
    acme.call(people.set_disabled, actor=acme.owner, person_id=person.id, disabled=True)


@pytest.mark.parametrize("required", [False, True])
@pytest.mark.parametrize("enrolled", [False, True])
def test_a_right_password_leads_on_by_policy_and_factor(
    acme: Organisation, required: bool, enrolled: bool
) -> None:
    """Enrolled: the code, always. Not enrolled: the set-up if demanded, else a session."""
    ben = acme.add("Ben")
    if enrolled:
        acme.enrol(ben)
    if required:
        acme.switch_on()
    answer = acme.submit_password(ben, return_to="/account")
    if not enrolled and not required:
        assert isinstance(answer, SignedIn)
        assert answer.return_to == "/account"
        caller = acme.caller_of(answer.token)
        assert caller is not None
        assert (caller.session.methods, caller.session.factor_at) == (("pwd",), None)
        return
    assert isinstance(answer, HalfWay)
    assert answer.stage is (Stage.CODE if enrolled else Stage.ENROL)
    assert acme.caller_of(answer.token) is None
    half = acme.half_of(answer.token)
    assert half is not None
    lifetime = SIGN_IN_LIFETIME if enrolled else ENROLLING_LIFETIME
    assert half.sign_in.expires_at == acme.now + lifetime


def unknown(acme: Organisation) -> PasswordTry:
    """Nobody has this address."""
    return acme.store.call(sign_in.look_up_password, email="nobody@acme.example")


def disabled(acme: Organisation) -> PasswordTry:
    """Somebody who may not sign in."""
    ben = acme.add("Ben")
    disable(acme, ben)
    return acme.store.call(sign_in.look_up_password, email=ben.email)


def invited(acme: Organisation) -> PasswordTry:
    """Somebody without a password."""
    return acme.store.call(sign_in.look_up_password, email=acme.add("Ben", invited=True).email)


def disabled_meanwhile(acme: Organisation) -> PasswordTry:
    """Somebody who is stopped while the password is being checked."""
    tried = acme.store.call(sign_in.look_up_password, email=acme.add("Ben").email)
    assert tried.person_id is not None
    disable(acme, acme.person(tried.person_id))
    return tried


def changed_meanwhile(acme: Organisation) -> PasswordTry:
    """Somebody who gets another password while the old one is being checked."""
    tried = acme.store.call(sign_in.look_up_password, email=acme.add("Ben").email)
    assert tried.person_id is not None
    change_password(acme, acme.person(tried.person_id))
    return tried


@pytest.mark.parametrize(
    "look_up", [unknown, disabled, invited, disabled_meanwhile, changed_meanwhile]
)
def test_whoever_may_not_sign_in_gets_the_same_answer(
    acme: Organisation, look_up: Callable[[Organisation], PasswordTry]
) -> None:
    """Unknown, disabled, invited, changed meanwhile: one answer, even if the hash agreed."""
    tried = look_up(acme)
    before = len(acme.events(EventKind.SIGN_IN_COMPLETED))
    for proved in (False, True):
        answer = acme.call(
            sign_in.settle_password,
            tried=tried,
            proved=proved,
            rehashed=None,
            return_to="/",
            source=DESK,
        )
        assert answer == PasswordRefused()
    assert len(acme.events(EventKind.SIGN_IN_COMPLETED)) == before
    assert acme.events(EventKind.SIGN_IN_STARTED) == []


def test_a_wrong_password_is_refused_and_written_down(acme: Organisation) -> None:
    """The event names the source and nobody as the actor."""
    assert acme.submit_password(acme.owner, proved=False) == PasswordRefused()
    (event,) = acme.events(EventKind.PASSWORD_WRONG)
    assert (event.actor_id, event.subject_id) == (None, acme.owner_id)
    assert event.data == {"address": DESK.address, "browser": DESK.browser}


def test_an_unknown_address_costs_the_hasher_the_same_work(acme: Organisation) -> None:
    """The first half answers alike for unknown and for disabled people: nothing to check."""
    assert unknown(acme) == PasswordTry(None, None, None, 0) == disabled(acme)


def test_the_first_half_never_shows_the_hash(acme: Organisation) -> None:
    """A log line or a traceback with the try in it holds no Argon2 string."""
    tried = acme.store.call(sign_in.look_up_password, email="OLGA@acme.example ")
    assert (tried.person_id, tried.encoded) == (acme.owner_id, ENCODED)
    assert "argon2" not in repr(tried)


def test_a_password_under_newer_settings_is_stored_without_a_new_version(
    acme: Organisation,
) -> None:
    """The same password: links and half-finished sign-ins stay alive."""
    tried = acme.store.call(sign_in.look_up_password, email=acme.owner.email)
    acme.call(
        sign_in.settle_password,
        tried=tried,
        proved=True,
        rehashed=NEWER,
        return_to="/",
        source=DESK,
    )
    again = acme.store.call(sign_in.look_up_password, email=acme.owner.email)
    assert again == replace(tried, encoded=NEWER)


@pytest.fixture
def olga(acme: Organisation) -> Person:
    """The owner, enrolled."""
    acme.enrol(acme.owner)
    return acme.owner


def test_password_and_code_make_a_session_with_both_methods(
    acme: Organisation, olga: Person
) -> None:
    """It leads where the person wanted to go, and the half-finished sign-in is used up."""
    token = acme.half_token(olga, return_to="/people")
    half = acme.half_of(token)
    assert half is not None
    answer = acme.submit_code(half, acme.code(olga))
    assert isinstance(answer, SignedIn)
    assert answer.return_to == "/people"
    caller = acme.caller_of(answer.token)
    assert caller is not None
    assert caller.session.methods == ("pwd", "otp")
    assert caller.session.factor_at == acme.now
    assert acme.half_of(token) is None
    assert acme.events(EventKind.SIGN_IN_COMPLETED)[0].data == {"methods": "pwd otp"}


def test_a_wrong_code_is_counted_in_this_sign_in_too(acme: Organisation, olga: Person) -> None:
    """The page shows more help from the second failure on."""
    half, wrong = acme.half(olga), acme.wrong(acme.active(olga))
    assert acme.submit_code(half, wrong) == CodeRefused(1)
    assert acme.submit_code(half, wrong) == CodeRefused(2)
    assert isinstance(acme.submit_code(half, "12 34"), Malformed)
    assert isinstance(acme.submit_code(half, acme.code(olga)), SignedIn)


def test_a_lock_is_shown_on_the_page_of_the_second_step(acme: Organisation, olga: Person) -> None:
    """The page can say until when before anything is typed."""
    half, wrong = acme.half(olga), acme.wrong(acme.active(olga))
    assert acme.store.call(sign_in.locked_until_for, acme.now, half=half) is None
    answers = [acme.submit_code(half, wrong) for _ in range(10)]
    assert isinstance(answers[-1], Locked)
    until = acme.store.call(sign_in.locked_until_for, acme.now, half=half)
    assert until == answers[-1].until


def test_a_sign_in_is_finished_once(acme: Organisation, olga: Person) -> None:
    """A second code, however right, finds no sign-in any more."""
    half = acme.half(olga)
    assert isinstance(acme.submit_code(half, acme.code(olga)), SignedIn)
    acme.clock.advance(30)
    assert acme.submit_code(half, acme.code(olga)) == SignInEnded()


def test_a_wrong_code_for_an_ended_sign_in_is_counted(acme: Organisation, olga: Person) -> None:
    """Guesses sent along with a cancelled sign-in cost like all others (promise P3)."""
    half, wrong = acme.half(olga), acme.wrong(acme.active(olga))
    acme.call(sign_in.cancel, half=half)
    assert [acme.submit_code(half, wrong) for _ in range(9)] == [SignInEnded()] * 9
    assert isinstance(acme.submit_code(half, wrong), Locked)
    assert acme.outcomes(olga)[-10:] == [Outcome.WRONG] * 10


def test_a_sign_in_of_an_older_password_is_dead(acme: Organisation, olga: Person) -> None:
    """A new password kills what the old one began (promise P4)."""
    token = acme.half_token(olga)
    change_password(acme, olga)
    assert acme.half_of(token) is None


def test_a_new_password_between_page_and_code_ends_the_sign_in(
    acme: Organisation, olga: Person
) -> None:
    """Even a request that was let through before the change makes no session."""
    half = acme.half(olga)
    change_password(acme, olga)
    acme.clock.advance(30)
    assert acme.submit_code(half, acme.code(olga)) == SignInEnded()


def test_somebody_disabled_between_page_and_code_gets_no_session(acme: Organisation) -> None:
    """The person is asked again inside the transaction."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    half = acme.half(ben)
    disable(acme, ben)
    assert acme.submit_code(half, acme.code(ben)) == SignInEnded()
    assert acme.sessions(ben) == 0


@pytest.mark.parametrize("change", ["password", "state"])
def test_the_person_is_asked_again_whatever_became_of_the_sign_in(
    acme: Organisation, olga: Person, change: str
) -> None:
    """A second line: had the half-finished sign-in been left behind, it would not help."""
    half = acme.half(olga)
    if change == "password":
        acme.store.call(lambda tx: tx.people.set_password(olga.id, NEWER, expected_version=1))
    else:
        acme.store.call(lambda tx: tx.people.set_state(olga.id, PersonState.DISABLED))
    before = acme.sessions(olga)
    assert acme.submit_code(half, acme.code(olga)) == SignInEnded()
    assert acme.sessions(olga) == before


def test_a_sign_in_runs_out(acme: Organisation, olga: Person) -> None:
    """After fifteen minutes it opens nothing; the page still knows whose it was."""
    token = acme.half_token(olga)
    half = acme.half_of(token)
    assert half is not None
    acme.clock.advance(SIGN_IN_LIFETIME)
    assert acme.half_of(token) is None
    assert acme.store.call(sign_in.whose_expired, token=token) == olga.email
    assert acme.store.call(sign_in.whose_expired, token="another") is None
    assert acme.submit_code(half, acme.code(olga)) == SignInEnded()


def test_a_cancelled_sign_in_is_gone(acme: Organisation, olga: Person) -> None:
    """Cancelling twice is no fault, and written down once."""
    token = acme.half_token(olga)
    half = acme.half_of(token)
    assert half is not None
    acme.call(sign_in.cancel, half=half)
    acme.call(sign_in.cancel, half=half)
    assert acme.half_of(token) is None
    assert len(acme.events(EventKind.SIGN_IN_CANCELLED)) == 1
    assert acme.submit_code(half, acme.code(olga)) == SignInEnded()


def test_somebody_who_must_set_up_first_has_no_code_to_submit(acme: Organisation) -> None:
    """The code page's request is refused at the set-up stage, whatever is typed."""
    ben = acme.add("Ben")
    acme.switch_on()
    half = acme.half(ben)
    assert half.sign_in.stage is Stage.ENROL
    assert acme.submit_code(half, "123456") == CodeRefused(1)


def test_the_name_of_the_entry_is_a_hint(acme: Organisation) -> None:
    """As it stands in the app; empty for somebody without an authenticator."""
    assert acme.store.call(sign_in.entry_of, person_id=acme.owner_id) == ""
    acme.enrol(acme.owner)
    entry = acme.store.call(sign_in.entry_of, person_id=acme.owner_id)
    assert entry == "Acme: olga@acme.example"


@pytest.mark.parametrize("round_number", range(3))
def test_parallel_submits_of_one_right_code_make_one_session(
    acme: Organisation, olga: Person, round_number: int
) -> None:
    """100 at once, through two sign-ins (promise P2)."""
    acme.clock.advance(30 * round_number)
    halves = [acme.half(olga), acme.half(olga)]
    before, code = acme.sessions(olga), acme.code(olga)
    answers = race(50, lambda n: [acme.submit_code(halves[n % 2], code) for _ in range(2)])
    won = [one for many in answers for one in many if isinstance(one, SignedIn)]
    assert len(won) == 1
    assert acme.sessions(olga) == before + 1
    assert acme.outcomes(olga).count(Outcome.ACCEPTED) == 2  # the set-up's and this one
