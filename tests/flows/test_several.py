"""Several authenticators of one person: each is told apart, and together they weaken nothing."""

import pytest

from tests.storage.races import race
from tests.world import DESK, HERE, Organisation
from twofold.core import diagnosis
from twofold.core.attempts import Outcome
from twofold.core.authenticators import EVERY, MOST_TOTP, Totp
from twofold.core.desk import Act
from twofold.core.diagnosis import Cause
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.otp import code_at, step_at
from twofold.core.people import Person
from twofold.core.policy import numbers_of
from twofold.core.throttle import Pair, Single
from twofold.flows import authenticators, diagnose, enrol, recovery, second_step
from twofold.flows.enrol import NoSetUp
from twofold.flows.proofs import Suspended
from twofold.flows.second_step import CodeRefused
from twofold.flows.sign_in import SignedIn
from twofold.flows.verify import Typed


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member with one authenticator."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


def own(acme: Organisation, person: Person) -> list[Totp]:
    """The person's active authenticators, the oldest first."""
    return list(acme.store.call(authenticators.own, person_id=person.id))


def begin(acme: Organisation, person: Person, replaces: str | None) -> Totp:
    """A set-up begun from a session with a fresh code."""
    begun = acme.call(enrol.begin_own, caller=acme.caller(person), replaces=replaces)
    assert isinstance(begun, Totp)
    return begun


def add(acme: Organisation, person: Person, replaces: str = "") -> Totp:
    """One more, or one in place of another, set up and saved."""
    caller = acme.caller(person)
    begun = acme.call(enrol.begin_own, caller=caller, replaces=replaces)
    assert isinstance(begun, Totp)
    saved = acme.call(enrol.save_own, caller=caller, typed=acme.code_of(begun), place=HERE)
    assert isinstance(saved, SignedIn)
    acme.clock.advance(30)
    return begun


def test_one_more_beside_the_first(acme: Organisation, ben: Person) -> None:
    """Both sign in, each code once; the owner is told, other sessions end."""
    elsewhere = acme.caller(ben)
    second = add(acme, ben)
    first, other = own(acme, ben)
    assert other.id == second.id
    assert acme.store.call(lambda tx: tx.sessions.of(ben.id)) != []
    assert elsewhere.session.id not in {
        one.id for one in acme.store.call(lambda tx: tx.sessions.of(ben.id))
    }
    for phone in (first, other):
        code = acme.code_of(phone)
        assert isinstance(acme.submit_code(acme.half(ben), code), SignedIn)
        assert isinstance(acme.submit_code(acme.half(ben), code), CodeRefused)
        acme.clock.advance(30)
    assert len(acme.mails(ben, MailKind.AUTHENTICATOR_ADDED)) == 1
    assert len(acme.events(EventKind.AUTHENTICATOR_ADDED)) == 1


def test_no_app_overwrites_the_entry_of_another(acme: Organisation, ben: Person) -> None:
    """Each has a label of its own, also the one that takes an older one's place: the older one
    works until *Save*.
    """
    add(acme, ben)
    add(acme, ben)
    assert len({one.label for one in own(acme, ben)}) == MOST_TOTP
    replacing = begin(acme, ben, own(acme, ben)[0].id)
    assert replacing.label not in {one.label for one in own(acme, ben)}


def test_a_fourth_is_refused_in_words(acme: Organisation, ben: Person) -> None:
    """Each is one more that a guess may hit."""
    add(acme, ben)
    add(acme, ben)
    caller = acme.caller(ben)
    assert isinstance(acme.call(enrol.begin_own, caller=caller, replaces=""), NoSetUp)
    assert isinstance(acme.call(enrol.begin_own, caller=caller, replaces="nobody's"), NoSetUp)
    assert isinstance(acme.call(enrol.begin_own, caller=caller, replaces=None), NoSetUp)
    assert acme.pending(ben) is None


def test_replacing_ends_that_one_alone(acme: Organisation, ben: Person) -> None:
    """The other phone goes on."""
    add(acme, ben)
    first, second = own(acme, ben)
    new = add(acme, ben, replaces=first.id)
    assert [one.id for one in own(acme, ben)] == [second.id, new.id]
    old = acme.code_of(first)
    assert isinstance(acme.submit_code(acme.half(ben), old), CodeRefused)
    assert isinstance(acme.submit_code(acme.half(ben), acme.code_of(second)), SignedIn)
    assert len(acme.mails(ben, MailKind.REPLACED)) == 1


def test_the_old_one_works_until_save(acme: Organisation, ben: Person) -> None:
    """Begun and given up changes nothing (mechanism 58)."""
    first = acme.active(ben)
    begin(acme, ben, first.id)
    acme.clock.advance(30)
    assert isinstance(acme.submit_code(acme.half(ben), acme.code_of(first)), SignedIn)
    acme.call(enrol.cancel, person=ben)
    assert own(acme, ben)[0].id == first.id


def test_what_was_begun_for_something_else_is_begun_anew(acme: Organisation, ben: Person) -> None:
    """With another secret; asked for without a word it goes on as it was begun."""
    caller, first = acme.caller(ben), acme.active(ben)
    added = acme.call(enrol.begin_own, caller=caller, replaces="")
    assert isinstance(added, Totp)
    assert acme.call(enrol.begin_own, caller=caller) == added
    other = acme.call(enrol.begin_own, caller=caller, replaces=first.id)
    assert isinstance(other, Totp)
    assert (other.secret != added.secret, other.replaces) == (True, first.id)


def test_the_one_to_be_replaced_may_have_gone_meanwhile(acme: Organisation, ben: Person) -> None:
    """Removed in another tab between begin and *Save*: the new one counts all the same."""
    add(acme, ben)
    first, second = own(acme, ben)
    caller = acme.caller(ben)
    begun = acme.call(enrol.begin_own, caller=caller, replaces=first.id)
    assert isinstance(begun, Totp)
    acme.call(authenticators.remove, caller=caller, authenticator_id=first.id, source=DESK)
    saved = acme.call(enrol.save_own, caller=caller, typed=acme.code_of(begun), place=HERE)
    assert isinstance(saved, SignedIn)
    assert [one.id for one in own(acme, ben)] == [second.id, begun.id]


def test_beside_stopped_ones_nothing_is_added(acme: Organisation, ben: Person) -> None:
    """It takes their place, so that nothing that counts no more stands beside what does."""
    add(acme, ben)
    caller = acme.caller(ben)
    acme.store.call(lambda tx: tx.authenticators.disable(ben.id, at=acme.now))
    begun = acme.call(enrol.begin_own, caller=caller, replaces="")
    assert isinstance(begun, Totp)
    assert begun.replaces == EVERY
    saved = acme.call(enrol.save_own, caller=caller, typed=acme.code_of(begun), place=HERE)
    assert isinstance(saved, SignedIn)
    assert [one.id for one in own(acme, ben)] == [begun.id]


def test_single_guesses_are_divided_among_them(acme: Organisation, ben: Person) -> None:
    """More phones are no better chance for whoever has the password (promise P9)."""
    for phones in range(1, MOST_TOTP + 1):
        numbers = numbers_of(acme.account, authenticators=phones)
        assert numbers.pair_after * phones <= acme.account.guard.pair_after
        assert numbers.known_codes_month * phones <= 30
    asked = []
    for phones in range(1, MOST_TOTP + 1):
        half = acme.half(ben)
        asked.append(acme.call(second_step.code_page, half=half, place=HERE).answer)
        if phones < MOST_TOTP:
            add(acme, ben)
    assert asked == [Single(known=False)] * MOST_TOTP
    for number, answer in enumerate((Pair(), Pair())):
        acme.submit_code(acme.half(ben), acme.wrong(acme.active(ben), number))
        page = acme.call(second_step.code_page, half=acme.half(ben), place=HERE)
        assert page.answer == answer
    assert len(page.entries) == MOST_TOTP


def test_two_codes_of_two_phones_are_no_pair(acme: Organisation, ben: Person) -> None:
    """Pair mode asks for two consecutive codes of one secret."""
    add(acme, ben)
    first, second = own(acme, ben)
    for number in range(2):
        acme.submit_code(acme.half(ben), acme.wrong(first, number))
    step = step_at(acme.now)
    mixed = Typed(code_at(first.secret, step - 1), code_at(second.secret, step))
    half = acme.half(ben)
    refused = acme.submit_code(half, mixed.first, mixed.second)
    assert isinstance(refused, CodeRefused)
    alike = Typed(code_at(second.secret, step - 1), code_at(second.secret, step))
    assert isinstance(acme.submit_code(half, alike.first, alike.second), SignedIn)


def test_the_history_says_which_phone_it_was(acme: Organisation, ben: Person) -> None:
    """A right code by its secret; a late one of either by the search afterwards."""
    add(acme, ben)
    first, second = own(acme, ben)
    assert isinstance(acme.submit_code(acme.half(ben), acme.code_of(second)), SignedIn)
    assert acme.attempts(ben)[0].authenticator_id == second.id
    acme.clock.advance(600)
    refused = acme.submit_code(acme.half(ben), acme.code_of(first, steps=-9))
    assert isinstance(refused, CodeRefused)
    assert acme.attempts(ben)[0].outcome is Outcome.WRONG
    found = acme.call(diagnose.gather, attempt_id=refused.attempt_id)
    assert found is not None
    assert found.attempt.authenticator_id is None
    verdict = diagnosis.explain(
        [acme.code_of(first, steps=-9)],
        subject=found.attempt.authenticator_id,
        suspects=found.suspects,
        now=found.attempt.at,
    )
    assert (verdict.cause, verdict.authenticator_id) == (Cause.CLOCK, first.id)


def test_a_recovery_code_burns_the_codes_of_every_phone(acme: Organisation, ben: Person) -> None:
    """What was seen beside it is worth nothing, on either."""
    add(acme, ben)
    made = acme.call(recovery.make, caller=acme.caller(ben), source=DESK)
    assert isinstance(made, recovery.NewCodes)
    seen = [acme.code_of(one, steps=1) for one in own(acme, ben)]
    half = acme.half(ben)
    used = acme.call(second_step.recover, half=half, typed=made.codes[0], place=HERE)
    assert isinstance(used, SignedIn)
    for code in seen:
        assert isinstance(acme.submit_code(acme.half(ben), code), CodeRefused)


def test_too_many_wrong_codes_stop_all_of_them(acme: Organisation, ben: Person) -> None:
    """They share one budget, so they share its end; what is set up anew takes the place of all."""
    add(acme, ben)
    acme.store.call(lambda tx: tx.authenticators.disable(ben.id, at=acme.now))
    before = own(acme, ben)
    for one in before:
        assert acme.submit_code(acme.half(ben), acme.code_of(one)) == Suspended()
    acme.help(ben, Act.INVITE)
    acme.set_up_by_invitation(ben)
    assert {one.id for one in own(acme, ben)}.isdisjoint({one.id for one in before})
    assert len(own(acme, ben)) == 1


def test_one_code_of_each_phone_at_once_makes_one_session_each(
    acme: Organisation, ben: Person
) -> None:
    """In parallel: what is claimed is the step of one authenticator, never of both."""
    add(acme, ben)
    codes = [acme.code_of(one) for one in own(acme, ben)] * 4
    halves = [acme.half(ben) for _ in codes]
    answers = race(len(codes), lambda n: acme.submit_code(halves[n], codes[n]))
    assert sum(isinstance(answer, SignedIn) for answer in answers) == 2
