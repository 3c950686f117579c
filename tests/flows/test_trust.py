"""Trusted browsers: when the code may be skipped, and everything that ends it."""

import pytest

from tests.world import DESK, ENCODED, HERE, Guesser, Organisation
from twofold.core.authenticators import Totp
from twofold.core.browsers import KNOWN_FOR
from twofold.core.desk import Act
from twofold.core.events import EventKind
from twofold.core.people import DAY, GuardPolicy, Person, Role
from twofold.core.policy import session_suffices
from twofold.core.sessions import Caller
from twofold.core.throttle import Single
from twofold.flows import enrol, passwords, people, second_step, sessions, step_up
from twofold.flows.sign_in import From, HalfWay, SignedIn
from twofold.flows.verify import Typed


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member, enrolled."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


def skips(acme: Organisation, person: Person, place: From) -> bool:
    """Whether the password alone opens a session there."""
    return isinstance(acme.submit_password(person, place=place), SignedIn)


def opened_by_trust(acme: Organisation, person: Person, place: From) -> Caller:
    """A session for which the code was skipped."""
    answer = acme.submit_password(person, place=place)
    assert isinstance(answer, SignedIn)
    caller = acme.caller_of(answer.token)
    assert caller is not None
    return caller


def test_a_browser_is_trusted_only_if_the_box_was_ticked(acme: Organisation, ben: Person) -> None:
    """By default it is known and no more."""
    assert not skips(acme, ben, acme.known(ben))
    assert acme.events(EventKind.BROWSER_TRUSTED) == []
    assert skips(acme, ben, acme.known(ben, trust=True))
    (event,) = acme.events(EventKind.BROWSER_TRUSTED)
    assert (event.actor_id, event.subject_id) == (ben.id, ben.id)


def test_a_wrong_code_with_the_box_ticked_trusts_nothing(acme: Organisation, ben: Person) -> None:
    """Only a complete sign-in hands out the cookie (CVE-2026-76207)."""
    half = acme.half(ben)
    before = acme.store.call(lambda tx: tx.browsers.of(ben.id))
    acme.submit_code(half, acme.wrong(acme.active(ben)), trust=True)
    assert acme.store.call(lambda tx: tx.browsers.of(ben.id)) == before
    assert acme.events(EventKind.BROWSER_TRUSTED) == []


def test_somebody_without_a_factor_trusts_nothing(acme: Organisation) -> None:
    """There is no code to skip, and a later set-up must not find trust from before it."""
    eve = acme.add("Eve")
    signed_in = acme.signed_in(eve, trust=True)
    place = From(DESK, browser_token=signed_in.browser_token)
    acme.enrol(eve)
    assert not skips(acme, eve, place)


def test_a_session_that_skipped_the_code_says_so(acme: Organisation, ben: Person) -> None:
    """Its methods are the password alone, and it has proved no factor (RFC 8176)."""
    caller = opened_by_trust(acme, ben, acme.known(ben, trust=True))
    assert caller.session.methods == ("pwd",)
    assert caller.session.trusted
    assert not caller.session.has_fresh_factor(acme.now)
    assert acme.events(EventKind.SIGN_IN_COMPLETED)[0].data == {
        "methods": "pwd",
        "trusted": True,
        "address": DESK.address,
        "browser": DESK.browser,
    }


def test_it_must_prove_the_factor_before_anything_sensitive(
    acme: Organisation, ben: Person
) -> None:
    """The set-up asks for a code; proved, the session says that it was."""
    place = acme.known(ben, trust=True)
    caller = opened_by_trust(acme, ben, place)
    assert acme.call(enrol.begin_own, caller=caller) == enrol.NeedsProof("code")
    acme.clock.advance(30)
    typed = Typed(acme.code(ben))
    proved = acme.call(step_up.prove_factor, caller=caller, typed=typed, place=place)
    assert isinstance(proved, step_up.Proved)
    renewed = acme.caller_of(proved.token)
    assert renewed is not None
    assert renewed.session.methods == ("pwd", "otp")
    assert isinstance(acme.call(enrol.begin_own, caller=renewed), Totp)


def test_a_wrong_password_opens_nothing_in_a_trusted_browser(
    acme: Organisation, ben: Person
) -> None:
    """Trust skips the code, never the password."""
    place = acme.known(ben, trust=True)
    before = acme.sessions(ben)
    assert not isinstance(acme.submit_password(ben, proved=False, place=place), SignedIn)
    assert acme.sessions(ben) == before


def test_somebody_elses_trusted_browser_means_nothing(acme: Organisation, ben: Person) -> None:
    """Neither trust nor the budget of a known browser goes over to another person."""
    eve = acme.add("Eve")
    acme.enrol(eve)
    place = acme.known(ben, trust=True)
    assert not skips(acme, eve, place)
    assert Guesser(acme, eve, place).asked() == Single(known=False)


def test_two_people_share_a_browser_each_with_their_own_trust(
    acme: Organisation, ben: Person
) -> None:
    """The second sign-in gets a cookie of its own and leaves the first one's trust alone."""
    eve = acme.add("Eve")
    acme.enrol(eve)
    place = acme.known(ben, trust=True)
    signed_in = acme.signed_in(eve, place=place)
    assert signed_in.browser_token != place.browser_token
    both = From(DESK, browser_token=signed_in.browser_token)
    assert not skips(acme, eve, both)
    assert skips(acme, ben, place)


@pytest.mark.parametrize("role", [Role.HELPDESK, Role.ADMIN, Role.OWNER])
def test_staff_do_not_trust_browsers_unless_the_account_lets_them(
    acme: Organisation, role: Role
) -> None:
    """The box is not offered, and a ticked one that is sent all the same does nothing."""
    eve = acme.add("Eve", role)
    acme.enrol(eve)
    page = acme.call(second_step.code_page, half=acme.half(eve), place=HERE)
    assert not page.may_trust
    assert not skips(acme, eve, acme.known(eve, trust=True))
    guard = GuardPolicy(trust_staff=True)
    acme.store.call(lambda tx: tx.accounts.set_guard(acme.account_id, guard))
    assert skips(acme, eve, acme.known(eve, trust=True))


def test_trust_ends_after_thirty_days_however_often_it_is_used(
    acme: Organisation, ben: Person
) -> None:
    """Absolute: being used does not carry it on; then the code is asked for again."""
    place = acme.known(ben, trust=True)
    began = acme.now
    for day in (10, 20, 29):
        acme.clock.moment = began + day * DAY
        assert skips(acme, ben, place)
    acme.clock.moment = began + 30 * DAY - 1
    assert skips(acme, ben, place)
    acme.clock.advance(1)
    assert not skips(acme, ben, place)


def test_the_account_may_choose_fewer_days(acme: Organisation, ben: Person) -> None:
    """From the next box on."""
    guard = GuardPolicy(trust_days=7)
    acme.store.call(lambda tx: tx.accounts.set_guard(acme.account_id, guard))
    place = acme.known(ben, trust=True)
    acme.clock.advance(7 * DAY - 1)
    assert skips(acme, ben, place)
    acme.clock.advance(1)
    assert not skips(acme, ben, place)


def test_a_browser_is_known_for_180_days_however_often_it_is_seen(
    acme: Organisation, ben: Person
) -> None:
    """Absolute as well."""
    place = acme.known(ben)
    began = acme.now
    acme.clock.moment = began + KNOWN_FOR - 60
    assert Guesser(acme, ben, place).asked() == Single(known=True)
    assert isinstance(acme.submit_right(acme.half(ben, place=place), place=place), SignedIn)
    acme.clock.advance(60)
    assert Guesser(acme, ben, place).asked() == Single(known=False)


# ---- what ends it ---------------------------------------------------------------------------


def password_changed(acme: Organisation, ben: Person) -> None:
    """From the profile."""
    caller = acme.caller(ben)
    tried = acme.call(step_up.look_up_own_password, caller=caller, place=HERE)
    changed = acme.call(
        passwords.change, caller=caller, tried=tried, proved=True, encoded=ENCODED, place=HERE
    )
    assert isinstance(changed, passwords.PasswordChanged)


def authenticator_replaced(acme: Organisation, ben: Person) -> None:
    """With a new app."""
    caller = acme.caller(ben)
    pending = acme.call(enrol.begin_own, caller=caller)
    assert isinstance(pending, Totp)
    code = acme.code_of(pending)
    saved = acme.call(enrol.save_own, caller=caller, typed=code, place=HERE)
    assert isinstance(saved, SignedIn)


def browser_revoked(acme: Organisation, ben: Person) -> None:
    """From another session's list."""
    caller = acme.caller(ben)
    for browser in acme.call(lambda tx, now: sessions.places(tx, person_id=ben.id)).browsers:
        if browser.trusted_until is not None:
            assert acme.call(sessions.end_browser, caller=caller, browser_id=browser.id)


def everything_ended(acme: Organisation, ben: Person) -> None:
    """By the button for all at once."""
    acme.call(sessions.end_everywhere_else, caller=acme.caller(ben))


def trust_switched_off(acme: Organisation, ben: Person) -> None:
    """The account's policy."""
    acme.store.call(lambda tx: tx.accounts.set_guard(acme.account_id, GuardPolicy(trust_days=0)))


def made_an_admin(acme: Organisation, ben: Person) -> None:
    """Of another role, whose browsers are not trusted."""
    acme.call(people.set_role, actor=acme.owner, person_id=ben.id, role=Role.ADMIN)


def disabled_and_enabled(acme: Organisation, ben: Person) -> None:
    """Out and in again."""
    for disabled in (True, False):
        acme.call(people.set_disabled, actor=acme.owner, person_id=ben.id, disabled=disabled)


@pytest.mark.parametrize(
    "change",
    [
        password_changed,
        authenticator_replaced,
        browser_revoked,
        everything_ended,
        trust_switched_off,
        made_an_admin,
        disabled_and_enabled,
    ],
)
def test_trust_ends_with(acme: Organisation, ben: Person, change: object) -> None:
    """The next sign-in there asks for the code, and what trust had opened is shut."""
    assert callable(change)
    place = acme.known(ben, trust=True)
    answer = acme.submit_password(ben, place=place)
    assert isinstance(answer, SignedIn)
    change(acme, ben)
    caller = acme.caller_of(answer.token)
    assert caller is None or not session_suffices(
        caller.account,
        caller.person,
        acme.now,
        enrolled=caller.enrolled,
        methods=caller.session.methods,
        trusted=caller.session.trusted,
    )
    assert isinstance(acme.submit_password(acme.person(ben.id), place=place), HalfWay)


def test_trust_ends_with_an_authenticator_that_is_disabled(acme: Organisation, ben: Person) -> None:
    """After too many wrong codes: what proves nothing any more holds up no trust."""
    place = acme.known(ben, trust=True)
    acme.store.call(lambda tx: tx.authenticators.disable(ben.id, at=acme.now))
    assert not skips(acme, ben, place)


def test_trust_ends_with_a_set_up_that_an_admin_made_anew(acme: Organisation, ben: Person) -> None:
    """No session stays, and the browser is not even known after it."""
    place = acme.known(ben, trust=True)
    opened_by_trust(acme, ben, place)
    acme.help(ben, Act.INVITE, stolen=True)
    assert acme.sessions(ben) == 0
    assert acme.store.call(lambda tx: tx.browsers.of(ben.id)) == []
    acme.set_up_by_invitation(ben)
    assert not skips(acme, ben, place)


def test_a_trusted_browser_asks_for_the_code_while_the_password_counts_as_stolen(
    acme: Organisation, ben: Person
) -> None:
    """Otherwise the session could never replace the password: that needs a code as well."""
    place = acme.known(ben, trust=True)
    Guesser(acme, ben).climb(10)
    assert not skips(acme, ben, place)
    caller = acme.caller(ben, place=place)
    assert caller.person.must_change_password
    changed = acme.call(passwords.replace_stolen, caller=caller, encoded=ENCODED, place=place)
    assert isinstance(changed, passwords.PasswordChanged)
    assert not acme.person(ben.id).must_change_password
