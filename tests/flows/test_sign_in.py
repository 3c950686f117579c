"""Signing in: password, then code, and everything that ends it in between."""

from collections.abc import Callable

import pytest

from tests.world import DESK, ENCODED, HERE, Organisation
from twofold.core.attempts import Outcome
from twofold.core.authenticators import Totp
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.otp import Malformed
from twofold.core.people import Person, PersonState
from twofold.core.sessions import ENROLLING_LIFETIME, SIGN_IN_LIFETIME, Stage
from twofold.flows import enrol, passwords, people, second_step, sign_in, step_up
from twofold.flows.second_step import CodeRefused
from twofold.flows.sign_in import (
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
        tried=acme.call(step_up.look_up_own_password, caller=caller, place=HERE),
        proved=True,
        encoded=ENCODED,
        place=HERE,
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
    return acme.look_up("nobody@acme.example")


def disabled(acme: Organisation) -> PasswordTry:
    """Somebody who may not sign in."""
    ben = acme.add("Ben")
    disable(acme, ben)
    return acme.look_up(ben.email)


def invited(acme: Organisation) -> PasswordTry:
    """Somebody without a password."""
    return acme.look_up(acme.add("Ben", invited=True).email)


def disabled_meanwhile(acme: Organisation) -> PasswordTry:
    """Somebody who is stopped while the password is being checked."""
    tried = acme.look_up(acme.add("Ben").email)
    assert tried.person_id is not None
    disable(acme, acme.person(tried.person_id))
    return tried


def changed_meanwhile(acme: Organisation) -> PasswordTry:
    """Somebody who gets another password while the old one is being checked."""
    tried = acme.look_up(acme.add("Ben").email)
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
            place=HERE,
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
    """The first half answers alike for unknown and for disabled people: nothing to check, and
    the try is charged to the address.
    """
    for tried in (unknown(acme), disabled(acme)):
        assert (tried.person_id, tried.encoded, tried.password_version) == (None, None, 0)
        assert tried.who.startswith("pw:name:")
        assert tried.charge is not None
        assert tried.charge.keys == ("pw:source:192.0.2.7", tried.who)


def test_the_first_half_never_shows_the_hash(acme: Organisation) -> None:
    """A log line or a traceback with the try in it holds no Argon2 string."""
    tried = acme.look_up("OLGA@acme.example ")
    assert (tried.person_id, tried.encoded) == (acme.owner_id, ENCODED)
    assert "argon2" not in repr(tried)


def test_a_password_under_newer_settings_is_stored_without_a_new_version(
    acme: Organisation,
) -> None:
    """The same password: links and half-finished sign-ins stay alive."""
    tried = acme.look_up(acme.owner.email)
    acme.call(
        sign_in.settle_password,
        tried=tried,
        proved=True,
        rehashed=NEWER,
        return_to="/",
        place=HERE,
    )
    again = acme.look_up(acme.owner.email)
    assert (again.encoded, again.password_version) == (NEWER, tried.password_version)


@pytest.fixture
def mia(acme: Organisation) -> Person:
    """A member, enrolled."""
    mia = acme.add("Mia")
    acme.enrol(mia)
    return mia


def test_password_and_code_make_a_session_with_both_methods(
    acme: Organisation, mia: Person
) -> None:
    """It leads where the person wanted to go, and the half-finished sign-in is used up."""
    token = acme.half_token(mia, return_to="/people")
    half = acme.half_of(token)
    assert half is not None
    answer = acme.submit_code(half, acme.code(mia))
    assert isinstance(answer, SignedIn)
    assert answer.return_to == "/people"
    caller = acme.caller_of(answer.token)
    assert caller is not None
    assert caller.session.methods == ("pwd", "otp")
    assert caller.session.factor_at == acme.now
    assert acme.half_of(token) is None
    event = acme.events(EventKind.SIGN_IN_COMPLETED)[0]
    place = {"address": DESK.address, "browser": DESK.browser}
    assert event.data == {"methods": "pwd otp", "trusted": False, **place}


def test_a_wrong_code_is_counted_in_this_sign_in_too(acme: Organisation, mia: Person) -> None:
    """The page shows more help from the second failure on."""
    half, wrong = acme.half(mia), acme.wrong(acme.active(mia))
    assert acme.submit_code(half, wrong) == CodeRefused(1)
    assert acme.submit_code(half, wrong) == CodeRefused(2)
    assert isinstance(acme.submit_code(half, "12 34"), Malformed)
    assert isinstance(acme.submit_code(half, acme.code(mia)), SignedIn)


def test_a_sign_in_is_finished_once(acme: Organisation, mia: Person) -> None:
    """A second code, however right, finds no sign-in any more."""
    half = acme.half(mia)
    assert isinstance(acme.submit_code(half, acme.code(mia)), SignedIn)
    acme.clock.advance(30)
    assert acme.submit_code(half, acme.code(mia)) == SignInEnded()


def test_a_wrong_code_for_an_ended_sign_in_is_counted(acme: Organisation, mia: Person) -> None:
    """Guesses sent along with a cancelled sign-in cost like all others (promise P3)."""
    half, authenticator = acme.half(mia), acme.active(mia)
    acme.call(sign_in.cancel, half=half)
    guesses = [acme.submit_code(half, acme.wrong(authenticator, n)) for n in range(3)]
    assert guesses == [SignInEnded()] * 3
    assert acme.submit_code(half, acme.wrong(authenticator, 3)) == Locked(acme.now + 30)
    assert acme.outcomes(mia)[-4:] == [Outcome.WRONG] * 3 + [Outcome.NOT_CHECKED]


def test_a_sign_in_of_an_older_password_is_dead(acme: Organisation, mia: Person) -> None:
    """A new password kills what the old one began (promise P4)."""
    token = acme.half_token(mia)
    change_password(acme, mia)
    assert acme.half_of(token) is None


def test_a_new_password_between_page_and_code_ends_the_sign_in(
    acme: Organisation, mia: Person
) -> None:
    """Even a request that was let through before the change makes no session."""
    half = acme.half(mia)
    change_password(acme, mia)
    acme.clock.advance(30)
    assert acme.submit_code(half, acme.code(mia)) == SignInEnded()


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
    acme: Organisation, mia: Person, change: str
) -> None:
    """A second line: had the half-finished sign-in been left behind, it would not help."""
    half = acme.half(mia)
    if change == "password":
        acme.store.call(lambda tx: tx.people.set_password(mia.id, NEWER, expected_version=1))
    else:
        acme.store.call(lambda tx: tx.people.set_state(mia.id, PersonState.DISABLED))
    before = acme.sessions(mia)
    assert acme.submit_code(half, acme.code(mia)) == SignInEnded()
    assert acme.sessions(mia) == before


def test_a_sign_in_runs_out(acme: Organisation, mia: Person) -> None:
    """After fifteen minutes it opens nothing; the page still knows whose it was."""
    token = acme.half_token(mia)
    half = acme.half_of(token)
    assert half is not None
    acme.clock.advance(SIGN_IN_LIFETIME)
    assert acme.half_of(token) is None
    assert acme.store.call(sign_in.whose_expired, token=token) == mia.email
    assert acme.store.call(sign_in.whose_expired, token="another") is None
    assert acme.submit_code(half, acme.code(mia)) == SignInEnded()


def test_a_cancelled_sign_in_is_gone(acme: Organisation, mia: Person) -> None:
    """Cancelling twice is no fault, and written down once."""
    token = acme.half_token(mia)
    half = acme.half_of(token)
    assert half is not None
    acme.call(sign_in.cancel, half=half)
    acme.call(sign_in.cancel, half=half)
    assert acme.half_of(token) is None
    assert len(acme.events(EventKind.SIGN_IN_CANCELLED)) == 1
    assert acme.submit_code(half, acme.code(mia)) == SignInEnded()


def test_somebody_who_must_set_up_first_has_no_code_to_submit(acme: Organisation) -> None:
    """The code page's request is refused at the set-up stage, whatever is typed."""
    ben = acme.add("Ben")
    acme.switch_on()
    half = acme.half(ben)
    assert half.sign_in.stage is Stage.ENROL
    assert acme.submit_code(half, "123456") == CodeRefused(1)


def test_a_code_after_a_set_up_saved_in_another_window_is_refused(acme: Organisation) -> None:
    """The request was on its way when the set-up was saved and ended all other sign-ins: the
    code is right by then, and the stage is not. Refused like any other, and no fault.
    """
    ben = acme.add("Ben")
    acme.switch_on()
    half, here, link = acme.half(ben), acme.half(ben), acme.token(ben, MailKind.SWITCHED_ON)
    pending = acme.call(enrol.begin_demanded, half=here, token=link)
    assert isinstance(pending, Totp)
    saved = acme.call(
        enrol.save_demanded, half=here, token=link, typed=acme.code_of(pending), place=HERE
    )
    assert isinstance(saved, SignedIn)
    acme.clock.advance(30)
    assert acme.submit_code(half, acme.code(ben)) == SignInEnded()
    assert acme.sessions(ben) == 1
    assert acme.outcomes(ben)[-1] is Outcome.WRONG


def test_the_name_of_the_entry_is_a_hint(acme: Organisation, mia: Person) -> None:
    """As it stands in the app."""
    page = acme.call(second_step.code_page, half=acme.half(mia), place=HERE)
    assert page.entries == ["Acme: mia@acme.example"]
