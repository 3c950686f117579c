"""What is counted after a code, read where it is kept."""

import pytest

from tests.world import HERE, Guesser, Organisation
from twofold.core import throttle
from twofold.core.authenticators import Totp
from twofold.core.events import EventKind
from twofold.core.people import Person
from twofold.core.throttle import NOTHING, Pair, Single, State
from twofold.flows import enrol, guard
from twofold.flows.sign_in import SignedIn


def kept(acme: Organisation, key: str) -> State:
    """What is counted under this key."""
    found = acme.store.call(lambda tx: tx.counters.peek([key]))
    return throttle.unpacked(found.get(key))


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member, enrolled."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


def test_a_right_code_ends_the_row_of_failures(acme: Organisation, ben: Person) -> None:
    """The hundred in a row that disable an authenticator begin anew; the thirty days stay."""
    Guesser(acme, ben).climb(4)
    assert len(kept(acme, f"code:row:{ben.id}").failures) == 4
    assert isinstance(acme.submit_right(acme.half(ben)), SignedIn)
    assert kept(acme, f"code:row:{ben.id}") == NOTHING
    assert len(kept(acme, f"code:person:{ben.id}").failures) == 4


def test_a_saved_set_up_leaves_nothing_of_its_own_budget(acme: Organisation) -> None:
    """The next one has its ten tries."""
    mia = acme.add("Mia")
    caller = acme.caller(mia)
    pending = acme.call(enrol.begin_own, caller=caller)
    assert isinstance(pending, Totp)
    for number in range(3):
        wrong = acme.wrong(pending, number)
        acme.call(enrol.save_own, caller=caller, typed=wrong, place=HERE)
    assert len(kept(acme, f"code:enrol:{mia.id}").failures) == 3
    code = acme.code_of(pending)
    assert isinstance(acme.call(enrol.save_own, caller=caller, typed=code, place=HERE), SignedIn)
    assert kept(acme, f"code:enrol:{mia.id}") == NOTHING


def test_wrong_codes_of_a_set_up_or_of_a_known_browser_are_no_alarm_of_the_site(
    acme: Organisation, ben: Person
) -> None:
    """The breaker counts what unknown browsers send; nobody hears of it while it is off."""
    mia = acme.add("Mia")
    caller = acme.caller(mia)
    pending = acme.call(enrol.begin_own, caller=caller)
    assert isinstance(pending, Totp)
    acme.call(enrol.save_own, caller=caller, typed=acme.wrong(pending), place=HERE)
    Guesser(acme, ben, acme.known(ben)).guess()
    assert kept(acme, "code:site") == NOTHING
    assert acme.events(EventKind.BREAKER_ON) == []


@pytest.mark.parametrize(("apps", "asked"), [(1, Single), (2, Pair)])
def test_single_guesses_are_divided_among_the_apps(
    acme: Organisation, ben: Person, apps: int, asked: type
) -> None:
    """Each guess is compared with every app of the person: more of them give no better chance."""
    Guesser(acme, ben).climb(3)
    state = acme.call(
        guard.ask_code,
        person=ben,
        account=acme.account,
        browser=None,
        link_open=False,
        enrolling=False,
        authenticators=apps,
    )
    assert isinstance(state.answer, asked)
