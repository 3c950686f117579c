"""Setting an authenticator up from one's own profile: begin, Save, Cancel."""

import base64
import json

import pytest

from tests.storage.races import race
from tests.world import DESK, ENCODED, HERE, Organisation
from twofold.core.attempts import Outcome
from twofold.core.authenticators import Totp
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.otp import Malformed
from twofold.core.people import MINUTE, Person
from twofold.core.sessions import FRESH, Caller
from twofold.core.tokens import Purpose
from twofold.flows import authenticators, enrol, links, sessions, sign_in, step_up
from twofold.flows.enrol import NeedsProof, NothingPending
from twofold.flows.second_step import CodeRefused
from twofold.flows.sign_in import SignedIn, SignInEnded
from twofold.flows.verify import Accepted, Locked, Typed, Wrong


def begin(acme: Organisation, caller: Caller) -> Totp:
    """Begin, or show again, the caller's set-up."""
    pending = acme.call(enrol.begin_own, caller=caller)
    assert isinstance(pending, Totp)
    return pending


def save(acme: Organisation, caller: Caller, typed: str) -> object:
    """Press *Save*."""
    return acme.call(enrol.save_own, caller=caller, typed=typed, place=HERE)


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member who is not enrolled."""
    return acme.add("Ben")


def test_the_same_set_up_is_shown_until_saved_or_cancelled(acme: Organisation, ben: Person) -> None:
    """After a reload, in a second tab and after a wrong code: the same secret, begun once."""
    caller = acme.caller(ben)
    first = begin(acme, caller)
    assert (len(first.secret), first.issuer, first.label) == (20, "Acme", "ben@acme.example")
    assert begin(acme, caller) == first
    assert save(acme, caller, acme.wrong(first)) == Wrong()
    assert isinstance(save(acme, caller, "12 34"), Malformed)
    assert begin(acme, caller) == first
    assert len(acme.events(EventKind.ENROL_STARTED)) == 1


def test_a_set_up_begun_in_an_earlier_session_is_not_shown(acme: Organisation, ben: Person) -> None:
    """Somebody who knew the password may have begun it and read its secret. After the person has
    signed in anew, say with another password, they get a secret that nobody has seen.
    """
    seen = begin(acme, acme.caller(ben))
    acme.clock.advance(1)
    pending = begin(acme, acme.caller(ben))
    assert pending.secret != seen.secret
    assert acme.pending(ben) == pending


def test_parallel_begins_make_one_set_up(acme: Organisation, ben: Person) -> None:
    """Twenty tabs at once show one secret."""
    caller = acme.caller(ben)
    assert len({begun.id for begun in race(20, lambda _: begin(acme, caller))}) == 1


def test_saving_makes_it_count(acme: Organisation, ben: Person) -> None:
    """The pending one is active, under the same id, and the caller's session has a new token."""
    token = acme.submit_password(ben)
    assert isinstance(token, SignedIn)
    caller = acme.caller_of(token.token)
    assert caller is not None
    pending = begin(acme, caller)
    answer = save(acme, caller, acme.code_of(pending))
    assert isinstance(answer, SignedIn)
    assert answer.return_to == "/profile"
    active = acme.active(ben)
    assert (active.id, active.secret, active.confirmed_at) == (pending.id, pending.secret, acme.now)
    assert acme.pending(ben) is None
    assert acme.caller_of(token.token) is None
    renewed = acme.caller_of(answer.token)
    assert renewed is not None
    assert (renewed.session.id, renewed.session.methods) == (caller.session.id, ("pwd", "otp"))
    assert (renewed.session.factor_at, renewed.enrolled) == (acme.now, True)


def test_saving_tells_the_owner_by_mail_and_event(acme: Organisation, ben: Person) -> None:
    """Which entry, when, from which browser (promise P8)."""
    acme.enrol(ben)
    (mail,) = acme.mails(ben, MailKind.ENROLLED)
    at = acme.now - 30
    entry = "Acme: ben@acme.example"
    assert mail.params == {"entry": entry, "at": at, "browser": DESK.browser}
    (event,) = acme.events(EventKind.ENROLLED)
    assert (event.actor_id, event.subject_id) == (ben.id, ben.id)
    assert event.data == {"authenticator": acme.active(ben).id}


def test_the_saving_code_does_not_sign_in(acme: Organisation, ben: Person) -> None:
    """Its step is used up (promise P2); the next one works."""
    caller = acme.caller(ben)
    pending = begin(acme, caller)
    code = acme.code_of(pending)
    assert isinstance(save(acme, caller, code), SignedIn)
    assert acme.submit_code(acme.half(ben), code) == CodeRefused(1)
    assert acme.outcomes(ben)[-1] is Outcome.USED
    acme.clock.advance(30)
    assert isinstance(acme.submit_code(acme.half(ben), acme.code(ben)), SignedIn)


def test_saving_ends_what_trusted_the_password_alone(acme: Organisation, ben: Person) -> None:
    """Other sessions end, and so do half-finished sign-ins and set-up links."""
    other, caller = acme.caller(ben), acme.caller(ben)
    link, _ = acme.call(links.mint, Purpose.ENROL, ben)
    pending = begin(acme, caller)
    save(acme, caller, acme.code_of(pending))
    remaining = acme.store.call(lambda tx: tx.sessions.of(ben.id))
    assert [session.id for session in remaining] == [caller.session.id]
    assert other.session.id != caller.session.id
    found = acme.call(links.look, purpose=Purpose.ENROL, token=link)
    assert found is links.LinkTrouble.EXPIRED
    assert acme.events(EventKind.SESSIONS_ENDED)[0].data == {"count": 1}


def test_saving_a_new_one_ends_half_finished_sign_ins(acme: Organisation, ben: Person) -> None:
    """A sign-in that waited for the old app's code starts again."""
    caller = acme.enrol(ben)
    token = acme.half_token(ben)
    save(acme, caller, acme.code_of(begin(acme, caller)))
    assert acme.half_of(token) is None


def test_a_first_set_up_needs_a_fresh_password(acme: Organisation, ben: Person) -> None:
    """Five minutes after it was given, neither the secret is shown nor Save pressed."""
    caller = acme.caller(ben)
    pending = begin(acme, caller)
    acme.clock.advance(FRESH)
    assert begin(acme, caller) == pending
    acme.clock.advance(1)
    assert acme.call(enrol.begin_own, caller=caller) == NeedsProof("password")
    assert save(acme, caller, acme.code_of(pending)) == NeedsProof("password")
    assert acme.pending(ben) == pending


def test_a_replacement_needs_a_fresh_code_of_the_old_one(acme: Organisation, ben: Person) -> None:
    """A fresh password is not enough for somebody who has a factor (promise P4)."""
    caller = acme.enrol(ben)
    acme.clock.advance(FRESH)
    tried = acme.call(step_up.look_up_own_password, caller=caller, place=HERE)
    proved = acme.call(
        step_up.settle_own_password, caller=caller, tried=tried, proved=True, place=HERE
    )
    assert isinstance(proved, step_up.Proved)
    fresh = acme.caller_of(proved.token)
    assert fresh is not None
    assert fresh.session.has_fresh_password(acme.now)
    assert acme.call(enrol.begin_own, caller=fresh) == NeedsProof("code")
    assert save(acme, fresh, "123456") == NeedsProof("code")
    assert acme.pending(ben) is None
    stepped = acme.call(step_up.prove_factor, caller=fresh, typed=Typed(acme.code(ben)), place=HERE)
    assert isinstance(stepped, step_up.Proved)
    again = acme.caller_of(stepped.token)
    assert again is not None
    begin(acme, again)


def test_a_replacement_keeps_the_old_one_until_the_new_one_is_proved(
    acme: Organisation, ben: Person
) -> None:
    """Begun or cancelled, the old app signs in; saved, only the new one does."""
    caller = acme.enrol(ben)
    old = acme.active(ben)
    pending = begin(acme, caller)
    assert isinstance(acme.submit_code(acme.half(ben), acme.code_of(old)), SignedIn)
    assert save(acme, caller, acme.wrong(pending)) == Wrong()
    assert acme.active(ben).id == old.id
    assert isinstance(save(acme, caller, acme.code_of(pending)), SignedIn)
    acme.clock.advance(30)
    assert acme.active(ben).id == pending.id
    assert acme.submit_code(acme.half(ben), acme.code_of(old)) == CodeRefused(1)
    assert isinstance(acme.submit_code(acme.half(ben), acme.code_of(pending)), SignedIn)
    assert len(acme.mails(ben, MailKind.REPLACED)) == 1
    assert len(acme.events(EventKind.REPLACED)) == 1


def test_the_pending_replacement_does_not_sign_in(acme: Organisation, ben: Person) -> None:
    """Its code is a wrong one until it was saved."""
    pending = begin(acme, acme.enrol(ben))
    assert acme.submit_code(acme.half(ben), acme.code_of(pending)) == CodeRefused(1)


def test_cancel_discards_the_set_up_and_leaves_the_old_one(acme: Organisation, ben: Person) -> None:
    """Cancelling nothing is no fault and leaves no trace; the next set-up has another secret."""
    caller = acme.enrol(ben)
    old, pending = acme.active(ben), begin(acme, caller)
    acme.call(enrol.cancel, person=ben)
    acme.call(enrol.cancel, person=ben)
    assert len(acme.events(EventKind.ENROL_CANCELLED)) == 1
    assert acme.store.call(authenticators.own, person_id=ben.id) == [old]
    assert save(acme, caller, acme.code_of(pending)) == NothingPending()
    assert begin(acme, caller).secret != pending.secret


def test_parallel_saves_make_one_active_authenticator(acme: Organisation, ben: Person) -> None:
    """Twenty presses with one right code: one is told that it is done."""
    caller = acme.caller(ben)
    code = acme.code_of(begin(acme, caller))
    answers = race(20, lambda _: save(acme, caller, code))
    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert answers.count(NothingPending()) == 19
    assert len(acme.events(EventKind.ENROLLED)) == 1
    assert len(acme.mails(ben, MailKind.ENROLLED)) == 1


def test_wrong_codes_at_a_set_up_make_it_wait(acme: Organisation, ben: Person) -> None:
    """Ten in fifteen minutes, on a budget of its own: nothing can be guessed there, so the ladder
    of the sign-in does not move.
    """
    caller = acme.caller(ben)
    pending = begin(acme, caller)
    answers = [save(acme, caller, acme.wrong(pending, n)) for n in range(10)]
    assert answers == [Wrong()] * 10
    until = acme.now + 15 * MINUTE
    assert save(acme, caller, acme.code_of(pending)) == Locked(until)
    assert acme.mails(ben) == []
    acme.clock.advance(15 * MINUTE)
    again = acme.caller(ben)
    pending = begin(acme, again)
    assert isinstance(save(acme, again, acme.code_of(pending)), SignedIn)
    acme.clock.advance(30)
    assert isinstance(acme.submit_code(acme.half(ben), acme.code(ben)), SignedIn)


def test_a_session_that_has_ended_saves_nothing(acme: Organisation, ben: Person) -> None:
    """A request under way when its session was ended must not leave its authenticator behind."""
    caller = acme.caller(ben)
    pending = begin(acme, caller)
    acme.call(sessions.end, caller=caller)
    assert save(acme, caller, acme.code_of(pending)) == SignInEnded()
    assert acme.store.call(authenticators.own, person_id=ben.id) == []
    assert acme.mails(ben, MailKind.ENROLLED) == []
    assert acme.events(EventKind.ENROLLED) == []


def test_what_is_not_pending_never_counts(acme: Organisation, ben: Person) -> None:
    """Without a pending row to activate everything is undone: the old one stays, nobody is told."""
    acme.enrol(ben)
    before = (acme.active(ben), acme.sessions(ben), acme.mails(ben), acme.events())
    proof = Accepted("no such authenticator", 1)
    with pytest.raises(RuntimeError):
        acme.call(enrol.make_it_count, ben, proof, DESK, keep_session="")
    assert (acme.active(ben), acme.sessions(ben), acme.mails(ben), acme.events()) == before


def test_the_set_up_never_shows_its_secret_elsewhere(acme: Organisation, ben: Person) -> None:
    """No event, no mail and no printed object holds it in any form (promise P5)."""
    caller = acme.caller(ben)
    pending = begin(acme, caller)
    save(acme, caller, acme.wrong(pending))
    save(acme, caller, acme.code_of(pending))
    written = json.dumps(
        [
            [dict(event.data) for event in acme.events()],
            [dict(mail.params) for mail in acme.mails(ben)],
            repr(pending),
            repr(acme.attempts(ben)),
        ]
    )
    for shown in (
        base64.b32encode(pending.secret).decode(),
        base64.b64encode(pending.secret).decode(),
        pending.secret.hex(),
        repr(pending.secret)[2:-1],
    ):
        assert shown.lower() not in written.lower()
    assert ENCODED not in written
    assert sign_in.PasswordTry.__name__ not in written
