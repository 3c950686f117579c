"""One's own authenticators: named, removed where nobody is shut out by it, tried out."""

import pytest

from tests.storage.races import race
from tests.world import DESK, HERE, Organisation
from twofold.core.attempts import AttemptPurpose, Outcome
from twofold.core.authenticators import Totp
from twofold.core.mail import MailKind
from twofold.core.notes import CHECK_UP_FROM, Note
from twofold.core.people import Person, Role
from twofold.core.sessions import Caller
from twofold.flows import authenticators, enrol, recovery, second_step, step_up
from twofold.flows.authenticators import Practised
from twofold.flows.proofs import Locked, NeedsPair, Suspended, Wrong
from twofold.flows.setup import Refused
from twofold.flows.sign_in import SignedIn
from twofold.flows.step_up import Proved
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


def add(acme: Organisation, caller: Caller) -> None:
    """One more, set up and saved."""
    begun = acme.call(enrol.begin_own, caller=caller, replaces="")
    assert isinstance(begun, Totp)
    saved = acme.call(enrol.save_own, caller=caller, typed=acme.code_of(begun), place=HERE)
    assert isinstance(saved, SignedIn)


def remove(acme: Organisation, caller: Caller, id_: str) -> Totp | Refused | None:
    """End one."""
    return acme.call(authenticators.remove, caller=caller, authenticator_id=id_, source=DESK)


def practise(acme: Organisation, caller: Caller, code: str, second: str = "") -> object:
    """Try a code out."""
    typed = Typed(code, second)
    return acme.call(authenticators.practise, caller=caller, typed=typed, place=HERE)


# ---- names -----------------------------------------------------------------------------------


def test_a_name_is_kept_and_may_be_taken_back(acme: Organisation, ben: Person) -> None:
    """Blanks are put in order; an empty one leads back to the name of the app."""
    caller, phone = acme.caller(ben), acme.active(ben)
    for typed, kept in (("  My   phone ", "My phone"), ("", ""), ("هاتفي", "هاتفي")):
        done = acme.call(
            authenticators.rename, caller=caller, authenticator_id=phone.id, name=typed
        )
        assert isinstance(done, Totp)
        assert acme.active(ben).name == kept


@pytest.mark.parametrize("name", ["x" * 41, "a\x00b", "a\u202eb"])
def test_a_name_that_cannot_be_shown_is_refused_in_words(
    acme: Organisation, ben: Person, name: str
) -> None:
    """Too long, or with signs that nobody sees; the one before stays."""
    caller, phone = acme.caller(ben), acme.active(ben)
    done = acme.call(authenticators.rename, caller=caller, authenticator_id=phone.id, name=name)
    assert isinstance(done, Refused)
    assert acme.active(ben).name == ""


def test_somebody_elses_is_not_there(acme: Organisation, ben: Person) -> None:
    """Neither renamed nor removed nor replaced (mechanism 60)."""
    eve = acme.add("Eve")
    acme.enrol(eve)
    caller, hers = acme.caller(ben), acme.active(eve)
    assert (
        acme.call(authenticators.rename, caller=caller, authenticator_id=hers.id, name="mine")
        is None
    )
    assert remove(acme, caller, hers.id) is None
    assert not isinstance(acme.call(enrol.begin_own, caller=caller, replaces=hers.id), Totp)
    assert acme.active(eve) == hers


# ---- removing --------------------------------------------------------------------------------


def test_one_of_two_is_removed_at_once(acme: Organisation, ben: Person) -> None:
    """Its codes are dead, the other phone goes on; other sessions end and the owner is told."""
    caller = acme.caller(ben)
    add(acme, caller)
    elsewhere = acme.caller(ben)
    first, second = own(acme, ben)
    acme.clock.advance(30)
    code = acme.code_of(first)
    assert isinstance(remove(acme, caller, first.id), Totp)
    assert own(acme, ben) == [second]
    open_now = {one.id for one in acme.store.call(lambda tx: tx.sessions.of(ben.id))}
    assert caller.session.id in open_now
    assert elsewhere.session.id not in open_now
    assert not isinstance(acme.submit_code(acme.half(ben), code), SignedIn)
    (mail,) = acme.mails(ben, MailKind.AUTHENTICATOR_REMOVED)
    assert str(mail.params["entry"]).endswith(first.label)


def test_the_last_one_stays_while_it_is_demanded(acme: Organisation, ben: Person) -> None:
    """Of two, one may go; the last one not, and the recovery codes stay with it."""
    acme.switch_on()
    caller = acme.caller(ben)
    add(acme, caller)
    first, second = own(acme, ben)
    assert isinstance(remove(acme, caller, first.id), Totp)
    refused = remove(acme, caller, second.id)
    assert isinstance(refused, Refused)
    assert "only one" in refused.sentence
    assert acme.store.call(recovery.own, person_id=ben.id) is not None


def test_where_nobody_demands_it_the_last_one_may_go(acme: Organisation, ben: Person) -> None:
    """The recovery codes go with it: they stand in for something that is not there any more."""
    caller = acme.caller(ben)
    assert isinstance(remove(acme, caller, acme.active(ben).id), Totp)
    assert acme.store.call(recovery.own, person_id=ben.id) is None
    again = acme.submit_password(ben)
    assert isinstance(again, SignedIn)


def test_the_last_enrolled_admin_keeps_theirs(acme: Organisation) -> None:
    """Also where nobody demands it; with another enrolled admin it may go."""
    acme.enrol(acme.owner)
    caller = acme.caller(acme.owner)
    phone = acme.active(acme.owner)
    refused = remove(acme, caller, phone.id)
    assert isinstance(refused, Refused)
    assert "only admin" in refused.sentence
    ada = acme.add("Ada", Role.ADMIN)
    acme.enrol(ada)
    assert isinstance(remove(acme, caller, phone.id), Totp)


def test_of_two_admins_who_remove_at_once_one_remains(acme: Organisation) -> None:
    """The account's row is locked: the second one sees what the first one did."""
    ada = acme.add("Ada", Role.ADMIN)
    pair = [acme.owner, ada]
    for one in pair:
        acme.enrol(one)
    callers = [acme.caller(one) for one in pair]
    ids = [acme.active(one).id for one in pair]
    answers = race(2, lambda n: remove(acme, callers[n], ids[n]))
    assert sorted(type(answer).__name__ for answer in answers) == ["Refused", "Totp"]


# ---- trying out ------------------------------------------------------------------------------


def test_a_right_code_proves_it_and_opens_nothing(acme: Organisation, ben: Person) -> None:
    """The session is what it was; the code is used up, like any other."""
    caller = acme.caller(ben)
    acme.clock.advance(600)
    code = acme.code(ben)
    done = practise(acme, caller, code)
    assert isinstance(done, Practised)
    assert done.authenticator.id == acme.active(ben).id
    assert caller.session in acme.store.call(lambda tx: tx.sessions.of(ben.id))
    assert not isinstance(acme.submit_code(acme.half(ben), code), SignedIn)
    tried = acme.attempts(ben)
    assert AttemptPurpose.PRACTICE in {one.purpose for one in tried}


def test_a_wrong_one_costs_what_it_costs_at_the_door(acme: Organisation, ben: Person) -> None:
    """Otherwise a stolen session were a place to guess at for free (promise P3)."""
    caller, phone = acme.caller(ben), acme.active(ben)
    for number in range(5):
        assert isinstance(practise(acme, caller, acme.wrong(phone, number)), Wrong | Locked)
        acme.clock.advance(60)
    assert practise(acme, caller, acme.code(ben)) == NeedsPair()
    pair = practise(acme, caller, acme.code(ben, steps=-1), acme.code(ben))
    assert isinstance(pair, Practised)
    assert acme.outcomes(ben).count(Outcome.WRONG) == 5


def test_nothing_is_tried_out_with_a_stopped_one(acme: Organisation, ben: Person) -> None:
    """As at the door."""
    caller = acme.caller(ben)
    acme.store.call(lambda tx: tx.authenticators.disable(ben.id, at=acme.now))
    assert practise(acme, caller, acme.code(ben)) == Suspended()


def with_an_unused_phone(acme: Organisation, person: Person) -> None:
    """A second phone that was set up, put away, and not needed for a week."""
    add(acme, acme.caller(person))
    acme.store.call(lambda tx: tx.recovery.stored(person.id, at=acme.now))
    acme.clock.advance(CHECK_UP_FROM)


def sign_in(acme: Organisation, person: Person, phone: Totp) -> SignedIn:
    """With a code of one of several phones."""
    acme.clock.advance(30)
    done = acme.submit_code(acme.half(person), acme.code_of(phone))
    assert isinstance(done, SignedIn)
    return done


def test_who_used_theirs_is_not_asked_whether_it_works(acme: Organisation, ben: Person) -> None:
    """The first real second step ends the check-up."""
    acme.store.call(lambda tx: tx.recovery.stored(ben.id, at=acme.now))
    acme.clock.advance(CHECK_UP_FROM)
    assert acme.signed_in(ben).note is None


def test_the_check_up_ends_with_a_right_code(acme: Organisation, ben: Person) -> None:
    """A week after a set-up from which no code was needed; in practice is enough."""
    with_an_unused_phone(acme, ben)
    first, second = own(acme, ben)
    done = sign_in(acme, ben, first)
    assert done.note is Note.CHECK_UP
    caller = acme.caller_of(done.token)
    assert caller is not None
    assert isinstance(practise(acme, caller, acme.code_of(second)), Practised)
    assert sign_in(acme, ben, first).note is None


def test_the_check_up_is_asked_once(acme: Organisation, ben: Person) -> None:
    """*Not now* ends it too, for what was set up until then."""
    with_an_unused_phone(acme, ben)
    first = own(acme, ben)[0]
    caller = acme.caller_of(sign_in(acme, ben, first).token)
    assert caller is not None
    assert acme.call(authenticators.is_check_up_due, person_id=ben.id)
    acme.call(authenticators.check_up_later, caller=caller)
    assert not acme.call(authenticators.is_check_up_due, person_id=ben.id)
    assert sign_in(acme, ben, first).note is None


def test_few_and_unstored_codes_are_said_after_each_sign_in(
    acme: Organisation, ben: Person
) -> None:
    """Until it is done."""
    assert acme.signed_in(ben).note is Note.STORE_CODES
    made = acme.call(recovery.make, caller=acme.caller(ben), source=DESK)
    assert isinstance(made, recovery.NewCodes)
    acme.store.call(lambda tx: tx.recovery.stored(ben.id, at=acme.now))
    assert acme.signed_in(ben).note is None
    notes = [
        acme.call(second_step.recover, half=acme.half(ben), typed=code, place=HERE)
        for code in made.codes[:7]
    ]
    assert all(isinstance(done, SignedIn) for done in notes)
    acme.clock.advance(60)
    assert acme.signed_in(ben).note is Note.FEW_CODES


# ---- a recovery code as a fresh proof ----------------------------------------------------------


def test_a_recovery_code_proves_the_factor_in_a_session(acme: Organisation, ben: Person) -> None:
    """The phone is gone and the session is there: it may set up anew. Used up, mailed, logged."""
    caller = acme.caller(ben)
    made = acme.call(recovery.make, caller=caller, source=DESK)
    assert isinstance(made, recovery.NewCodes)
    acme.clock.advance(600)
    assert not isinstance(acme.call(enrol.begin_own, caller=caller), Totp)
    proved = acme.call(
        step_up.prove_with_recovery_code, caller=caller, typed=made.codes[0], place=HERE
    )
    assert isinstance(proved, Proved)
    renewed = acme.caller_of(proved.token)
    assert renewed is not None
    assert renewed.session.methods[-1] == "recovery"
    assert isinstance(acme.call(enrol.begin_own, caller=renewed), Totp)
    assert len(acme.mails(ben, MailKind.RECOVERY_USED)) == 1
    again = acme.call(
        step_up.prove_with_recovery_code, caller=renewed, typed=made.codes[0], place=HERE
    )
    assert isinstance(again, Wrong)
