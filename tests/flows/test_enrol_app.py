"""The app that somebody says they set up: kept with the set-up, and no condition of it."""

from tests.world import HERE, Organisation
from twofold.core.authenticators import Totp
from twofold.core.mail import MailKind
from twofold.core.people import Person
from twofold.core.sessions import Caller
from twofold.flows import enrol
from twofold.flows.sign_in import SignedIn

AUTHY, MICROSOFT = "authy-ios", "microsoft-authenticator-android"


def begin(acme: Organisation, caller: Caller, app: str | None = None) -> Totp:
    """Begin, or show again, the caller's set-up, with a choice or without."""
    pending = acme.call(enrol.begin_own, caller=caller, app=app)
    assert isinstance(pending, Totp)
    return pending


def set_up(acme: Organisation, person: Person, app: str | None) -> Totp:
    """The whole set-up; the authenticator that counts then."""
    caller = acme.caller(person)
    typed = acme.code_of(begin(acme, caller, app))
    saved = acme.call(enrol.save_own, caller=caller, typed=typed, place=HERE)
    assert isinstance(saved, SignedIn)
    return acme.active(person)


def test_a_choice_stays_with_the_set_up_and_changes_nothing_else(acme: Organisation) -> None:
    """A reload forgets nothing, another choice replaces it, none takes it back."""
    caller = acme.caller(acme.add("Ben"))
    first = begin(acme, caller)
    assert first.app == ""
    chosen = begin(acme, caller, AUTHY)
    assert (chosen.app, chosen.id, chosen.secret) == (AUTHY, first.id, first.secret)
    assert begin(acme, caller).app == AUTHY
    assert begin(acme, caller, MICROSOFT).app == MICROSOFT
    assert begin(acme, caller, "").app == ""


def test_the_app_is_the_authenticators_from_then_on(acme: Organisation) -> None:
    """Chosen before the set-up was begun, or while it was open; nobody has to say."""
    assert set_up(acme, acme.add("Ben"), AUTHY).app == AUTHY
    assert set_up(acme, acme.add("Mia"), None).app == ""


def test_a_choice_for_a_new_set_up_leaves_the_old_one_as_it_is(acme: Organisation) -> None:
    """The authenticator that counts is not renamed by the one that is being set up."""
    ben = acme.add("Ben")
    begin(acme, acme.enrol(ben), AUTHY)
    assert acme.active(ben).app == ""


def test_the_choice_works_on_the_road_that_policy_demands(acme: Organisation) -> None:
    """With the mailed link in hand."""
    ben = acme.add("Ben")
    acme.switch_on()
    half = acme.half(ben)
    token = acme.token(ben, MailKind.SWITCHED_ON)
    for app, kept in ((AUTHY, AUTHY), (None, AUTHY), ("", "")):
        pending = acme.call(enrol.begin_demanded, half=half, token=token, app=app)
        assert isinstance(pending, Totp)
        assert pending.app == kept
