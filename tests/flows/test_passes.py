"""Temporary passes: used once or until they end, counted like any code, and what they open."""

import pytest

from tests.world import DESK, HERE, Guesser, Organisation
from twofold.core import passes
from twofold.core.attempts import AttemptPurpose, Outcome
from twofold.core.authenticators import Totp
from twofold.core.desk import PASS_HOURS, Act
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import DAY, HOUR, MINUTE, Person
from twofold.core.sessions import Caller
from twofold.core.throttle import NeedsLink
from twofold.flows import enrol, people, recovery, rollout, second_step, sessions, step_up
from twofold.flows.enrol import NeedsProof
from twofold.flows.second_step import CodeRefused
from twofold.flows.sign_in import SignedIn, SignInEnded
from twofold.flows.verify import Typed


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member, enrolled."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


def use(acme: Organisation, person: Person, code: str) -> object:
    """Sign in with a temporary pass."""
    return acme.call(second_step.recover, half=acme.half(person), typed=code, place=HERE)


def in_by_pass(acme: Organisation, person: Person, code: str) -> Caller:
    """A session that the pass opened."""
    done = use(acme, person, code)
    assert isinstance(done, SignedIn), done
    caller = acme.caller_of(done.token)
    assert caller is not None
    return caller


def test_one_pass_signs_in_once_and_says_so(acme: Organisation, ben: Person) -> None:
    """Session, mail, log and history know that it was a pass; two-factor stays on."""
    code = acme.temporary_pass(ben, hours=1)
    active = acme.active(ben)
    caller = in_by_pass(acme, ben, code.lower().replace("-", " "))
    until = acme.now + HOUR
    assert (caller.session.methods, caller.session.ends_at) == (("pwd", "pass"), until)
    assert caller.enrolled
    assert acme.attempts(ben)[0].purpose is AttemptPurpose.PASS
    (mail,) = acme.mails(ben, MailKind.PASS_USED)
    assert (mail.params["expires_at"], mail.params["once"]) == (until, 1)
    (event,) = acme.events(EventKind.PASS_USED)
    assert (event.actor_id, event.subject_id) == (ben.id, ben.id)
    assert use(acme, ben, code) == CodeRefused(1)
    assert acme.outcomes(ben)[-1] is Outcome.USED
    assert acme.active(ben).secret == active.secret
    acme.clock.advance(60)
    assert isinstance(acme.submit_right(acme.half(ben)), SignedIn)


@pytest.mark.parametrize("hours", PASS_HOURS)
def test_a_pass_for_a_while_works_until_its_second(
    acme: Organisation, ben: Person, hours: int
) -> None:
    """As often as needed, at most a day; not one second longer."""
    code = acme.temporary_pass(ben, once=False, hours=hours)
    end = acme.now + hours * HOUR
    assert end - acme.now <= DAY
    for _ in range(2):
        in_by_pass(acme, ben, code)
    acme.clock.advance(end - acme.now - 1)
    in_by_pass(acme, ben, code)
    acme.clock.advance(1)
    assert use(acme, ben, code) == CodeRefused(1)


def test_the_session_ends_with_the_pass(acme: Organisation, ben: Person) -> None:
    """Also one that is used all the time."""
    code = acme.temporary_pass(ben, hours=1)
    done = use(acme, ben, code)
    assert isinstance(done, SignedIn)
    for _ in range(59):
        acme.clock.advance(MINUTE)
        caller = acme.caller_of(done.token)
        assert caller is not None
        acme.call(sessions.touch, session_id=caller.session.id)
    acme.clock.advance(MINUTE - 1)
    assert caller.session.is_alive(acme.now)
    assert acme.caller_of(done.token) is not None
    acme.clock.advance(1)
    assert not caller.session.is_alive(acme.now)
    assert acme.caller_of(done.token) is None


@pytest.mark.parametrize("once", [True, False])
def test_a_new_pass_ends_the_older_one_and_what_it_opened(
    acme: Organisation, ben: Person, once: bool
) -> None:
    """One that was read out to the wrong person is worth nothing after that."""
    older = acme.temporary_pass(ben, once=False)
    done = use(acme, ben, older)
    assert isinstance(done, SignedIn)
    newer = acme.temporary_pass(ben, once=once)
    assert acme.caller_of(done.token) is None
    assert use(acme, ben, older) == CodeRefused(1)
    in_by_pass(acme, ben, newer)


def test_what_ends_a_pass(acme: Organisation, ben: Person) -> None:
    """A proved set-up, a phone said to be stolen, signing out everywhere, being disabled."""

    def set_up(code: str) -> None:
        caller = in_by_pass(acme, ben, code)
        pending = acme.call(enrol.begin_own, caller=caller)
        assert isinstance(pending, Totp)
        typed = acme.code_of(pending)
        saved = acme.call(enrol.save_own, caller=caller, typed=typed, place=HERE)
        assert isinstance(saved, SignedIn)
        acme.clock.advance(60)

    def stolen(_code: str) -> None:
        acme.help(ben, Act.INVITE, stolen=True)
        acme.set_up_by_invitation(ben)

    def signed_out(_code: str) -> None:
        acme.help(ben, Act.SIGN_OUT)

    def by_oneself(_code: str) -> None:
        acme.clock.advance(60)
        acme.call(sessions.end_everywhere_else, caller=acme.caller(ben))

    def disabled(_code: str) -> None:
        for state in (True, False):
            acme.call(people.set_disabled, actor=acme.owner, person_id=ben.id, disabled=state)

    for end in (set_up, stolen, signed_out, by_oneself, disabled):
        code = acme.temporary_pass(ben, once=False)
        end(code)
        assert use(acme, ben, code) == CodeRefused(1), end.__name__


def test_a_wrong_one_costs_what_a_wrong_code_costs(acme: Organisation, ben: Person) -> None:
    """The fifth ends the sign-in; what was one once costs nothing; a malformed one is no try."""
    code = acme.temporary_pass(ben)
    half = acme.half(ben)
    for number, sign in enumerate("ABCDE"):
        typed = sign * 5 + "-" + code[-5:]
        answer = acme.call(second_step.recover, half=half, typed=typed, place=HERE)
        assert answer == (CodeRefused(number + 1) if number < 4 else SignInEnded())
    assert acme.outcomes(ben).count(Outcome.WRONG) == 5
    assert len(acme.mails(ben, MailKind.CODE_FAILURES)) == 1
    in_by_pass(acme, ben, code)


def test_a_right_one_works_during_a_wait_and_past_a_stopped_authenticator(
    acme: Organisation, ben: Person
) -> None:
    """This is what it is for; nobody guesses 50 bits within a day."""
    code = acme.temporary_pass(ben, once=False)
    thief = Guesser(acme, ben)
    thief.climb(10)
    assert thief.asked() == NeedsLink()
    in_by_pass(acme, ben, code)
    acme.store.call(lambda tx: tx.authenticators.disable(ben.id, at=acme.now))
    done = use(acme, ben, code)
    assert isinstance(done, SignedIn)
    assert done.return_to == "/profile/set-up"


def test_a_pass_is_of_its_person_alone(acme: Organisation, ben: Person) -> None:
    """And a recovery code is no pass."""
    eve = acme.add("Eve")
    acme.enrol(eve)
    code = acme.temporary_pass(ben)
    made = acme.call(recovery.make, caller=acme.caller(eve), source=DESK)
    assert isinstance(made, recovery.NewCodes)
    assert use(acme, eve, code) == CodeRefused(1)
    assert use(acme, ben, made.codes[0]) == CodeRefused(1)
    in_by_pass(acme, ben, code)


def test_its_session_may_set_up_and_prove_nothing_else(acme: Organisation, ben: Person) -> None:
    """A set-up for five minutes after the password; no fresh factor, whatever is proved besides.
    Once the new one is saved it is a session like any other.
    """
    caller = in_by_pass(acme, ben, acme.temporary_pass(ben, hours=1))
    assert not caller.session.has_fresh_factor(acme.now)
    assert caller.session.may_set_up(acme.now)
    assert acme.call(rollout.switch_off, caller=caller) == rollout.NeedsFactor()
    acme.clock.advance(5 * MINUTE + 1)
    assert acme.call(enrol.begin_own, caller=caller) == NeedsProof("password")
    tried = acme.call(step_up.look_up_own_password, caller=caller, place=HERE)
    proved = acme.call(
        step_up.settle_own_password, caller=caller, tried=tried, proved=True, place=HERE
    )
    assert isinstance(proved, step_up.Proved)
    renewed = acme.caller_of(proved.token)
    assert renewed is not None
    assert renewed.session.is_by_pass
    assert not renewed.session.has_fresh_factor(acme.now)
    pending = acme.call(enrol.begin_own, caller=renewed)
    assert isinstance(pending, Totp)
    typed = acme.code_of(pending)
    saved = acme.call(enrol.save_own, caller=renewed, typed=typed, place=HERE)
    assert isinstance(saved, SignedIn)
    after = acme.caller_of(saved.token)
    assert after is not None
    assert (after.session.ends_at, after.session.has_fresh_factor(acme.now)) == (None, True)


def test_a_phone_that_turns_up_makes_it_a_session_like_any_other(
    acme: Organisation, ben: Person
) -> None:
    """A code of the authenticator proves the factor."""
    caller = in_by_pass(acme, ben, acme.temporary_pass(ben, hours=1))
    acme.clock.advance(90)
    typed = Typed(acme.code(ben))
    proved = acme.call(step_up.prove_factor, caller=caller, typed=typed, place=HERE)
    assert isinstance(proved, step_up.Proved)
    after = acme.caller_of(proved.token)
    assert after is not None
    assert after.session.ends_at is None
    assert after.session.has_fresh_factor(acme.now)


def test_it_is_kept_as_a_keyed_hash_alone(acme: Organisation, ben: Person) -> None:
    """In no mail, no event, no text that is printed."""
    done = acme.help(ben, Act.PASS)
    code = done.new_pass.code
    for text in (repr(done), str(acme.events()), str(acme.mails(ben)), str(acme.attempts(ben))):
        assert code not in text
        assert code.replace("-", "") not in text
    bare = code.replace("-", "")
    digests = [
        acme.store.call(lambda tx: tx.keyed_digest("pass", f"{id_}:{bare}"))  # noqa: B023
        for id_ in (ben.id, acme.owner_id)
    ]
    assert digests[0] != digests[1]
    assert passes.parse(code) == bare
