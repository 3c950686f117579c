"""What the two steps of a sign-in store and show, to the last field."""

import pytest

from tests.world import DESK, ENCODED, HERE, Organisation
from twofold.core.attempts import Outcome, Source
from twofold.core.events import EventKind
from twofold.core.people import MINUTE, GuardPolicy, Person, Role
from twofold.core.sessions import ENROLLING_LIFETIME, SIGN_IN_LIFETIME, SignIn, Stage
from twofold.core.throttle import Pair, Single
from twofold.flows import browsers, guard, second_step, sign_in
from twofold.flows.second_step import CodePage, CodeRefused
from twofold.flows.sign_in import From, PasswordRefused, PasswordTry, SignedIn, SignInEnded
from twofold.flows.verify import NeedsPair

ELSEWHERE = Source("198.51.100.9", "Safari on iOS")


@pytest.fixture
def mia(acme: Organisation) -> Person:
    """A member, enrolled."""
    mia = acme.add("Mia")
    acme.enrol(mia)
    return mia


# ---- the password --------------------------------------------------------------------------


def test_a_try_names_what_the_hasher_needs_and_who_pays(acme: Organisation, mia: Person) -> None:
    """In an unknown browser the person and the address, in a known one that browser alone."""
    tried = acme.look_up(mia.email)
    who, source = f"pw:person:{mia.id}", "pw:source:192.0.2.7"
    assert tried.charge == guard.Charge(acme.now, (source, who), "")
    assert tried == PasswordTry(who, tried.charge, mia.id, ENCODED, 1)
    assert repr(tried) == f"PasswordTry(person_id={mia.id!r})"
    known = acme.known(mia)
    browser = acme.call(guard.known_browser, token=known.browser_token, person_id=mia.id)
    assert browser is not None
    own = f"pw:browser:{browser.id}"
    assert acme.look_up(mia.email, place=known).charge == guard.Charge(acme.now, (own,), own)


def test_a_try_during_a_wait_gives_the_hasher_nothing(acme: Organisation, mia: Person) -> None:
    """Not even the hash: the answer is no whatever it would say."""
    for _ in range(5):
        acme.submit_password(mia, proved=False)
    tried = acme.look_up(mia.email)
    assert tried == PasswordTry(f"pw:person:{mia.id}", None, mia.id, None, 0)
    before = acme.events()
    answer = acme.call(
        sign_in.settle_password,
        tried=tried,
        proved=True,
        rehashed=None,
        return_to="/",
        place=HERE,
    )
    assert (answer, acme.events()) == (PasswordRefused(), before)


@pytest.mark.parametrize("email", ["nobody@acme.example", "Mia@acme.example", "nobody@b.example"])
def test_wrong_passwords_are_counted_under_the_name_that_was_typed(
    acme: Organisation, mia: Person, email: str
) -> None:
    """Of a person in whatever case, of nobody as nobody: two addresses have two counters."""
    keys = {acme.look_up(typed).who for typed in (email, email.upper(), f" {email} ")}
    assert len(keys) == 1
    assert (keys == {f"pw:person:{mia.id}"}) == email.startswith("Mia")
    assert acme.look_up("somebody@else.example").who not in keys


def test_a_link_opens_only_the_browser_of_its_own_person(acme: Organisation, mia: Person) -> None:
    """After nine failures both people wait; the opened browser of that very person does not."""
    eve = acme.add("Eve")
    for _ in range(9):
        acme.clock.advance(MINUTE)
        for person in (mia, eve):
            acme.submit_password(person, proved=False)
    cookie = "a cookie of its own"
    acme.call(browsers.ask_for_link, email=mia.email, source=DESK)
    token = str(acme.mails(mia)[0].params["token"])
    assert acme.call(browsers.open_link, token=token, cookie=cookie) == mia
    opened = From(DESK, link_token=cookie)
    assert acme.look_up(mia.email).charge is None
    assert acme.look_up(eve.email, place=opened).charge is None
    assert acme.look_up(mia.email, place=opened).charge is not None


@pytest.mark.parametrize("stage", list(Stage))
def test_a_half_finished_sign_in_is_a_whole_row(
    acme: Organisation, mia: Person, stage: Stage
) -> None:
    """Whose, of which password, for how long, where it leads; and the event says its stage."""
    person = mia
    if stage is Stage.ENROL:
        acme.switch_on()
        person = acme.add("Ben")
    half = acme.half(person, return_to="/people?page=2")
    lifetime = SIGN_IN_LIFETIME if stage is Stage.CODE else ENROLLING_LIFETIME
    assert half.sign_in == SignIn(
        id=half.sign_in.id,
        account_id=acme.account_id,
        person_id=person.id,
        stage=stage,
        password_version=1,
        return_to="/people?page=2",
        failures=0,
        link_open=False,
        created_at=acme.now,
        expires_at=acme.now + lifetime,
    )
    event = acme.events(EventKind.SIGN_IN_STARTED)[0]
    assert (event.actor_id, event.subject_id) == (person.id, person.id)
    assert event.data == {
        "stage": stage.value,
        "address": DESK.address,
        "browser": DESK.browser,
    }


@pytest.mark.parametrize("methods", [("pwd",), ("pwd", "otp")])
def test_a_session_and_its_browser_say_where_they_began(
    acme: Organisation, mia: Person, methods: tuple[str, ...]
) -> None:
    """Address and name, the browser that is known from then on, and that nothing was skipped."""
    person = mia if "otp" in methods else acme.add("Ben")
    place = From(ELSEWHERE)
    if "otp" in methods:
        half = acme.half(person, return_to="/people", place=place)
        answer = acme.submit_code(half, acme.code(person), place=place)
    else:
        answer = acme.submit_password(person, return_to="/people", place=place)  # type: ignore[assignment]
    assert isinstance(answer, SignedIn)
    assert answer.return_to == "/people"
    caller = acme.caller_of(answer.token)
    assert caller is not None
    browser = acme.call(guard.known_browser, token=answer.browser_token, person_id=person.id)
    assert browser is not None
    session = caller.session
    assert (session.browser_id, session.trusted, session.methods) == (browser.id, False, methods)
    assert (session.address, session.browser) == (ELSEWHERE.address, ELSEWHERE.browser)
    assert (browser.address, browser.name) == (ELSEWHERE.address, ELSEWHERE.browser)
    assert browser.trusted_until is None
    again = From(ELSEWHERE, browser_token=answer.browser_token)
    assert acme.signed_in(person, place=again).browser_token == answer.browser_token


def test_a_cancelled_sign_in_is_written_down_with_its_person(
    acme: Organisation, mia: Person
) -> None:
    """By themselves, or by the fifth wrong code, which nobody did."""
    acme.call(sign_in.cancel, half=acme.half(mia))
    event = acme.events(EventKind.SIGN_IN_CANCELLED)[0]
    assert (event.actor_id, event.subject_id, event.data) == (mia.id, mia.id, {})
    known = acme.known(mia)
    token = acme.half_token(mia, place=known)
    half = acme.half_of(token)
    assert half is not None
    wrong = [acme.wrong(acme.active(mia), number) for number in range(5)]
    answers = [acme.submit_code(half, code, place=known) for code in wrong]
    assert answers == [*(CodeRefused(n) for n in (1, 2, 3, 4)), SignInEnded()]
    assert acme.half_of(token) is None
    event = acme.events(EventKind.SIGN_IN_CANCELLED)[0]
    assert (event.actor_id, event.subject_id, event.data) == (None, mia.id, {"failures": 5})
    assert acme.events(EventKind.CODE_REFUSED)[0].data == {"purpose": "sign-in", "reason": "wrong"}


# ---- the code ------------------------------------------------------------------------------


def test_the_code_page_shows_what_is_so(acme: Organisation, mia: Person) -> None:
    """What is asked here and now, the entry's name, whether this browser may be trusted."""
    page = acme.call(second_step.code_page, half=acme.half(mia), place=HERE)
    assert page == CodePage(Single(known=False), ["Acme: mia@acme.example"], False, True, True)
    known = acme.known(mia)
    page = acme.call(second_step.code_page, half=acme.half(mia), place=known)
    assert page == CodePage(Single(known=True), ["Acme: mia@acme.example"], False, True, True)
    hal = acme.add("Hal", Role.HELPDESK)
    acme.enrol(hal)
    page = acme.call(second_step.code_page, half=acme.half(hal), place=known)
    assert page == CodePage(Pair(), ["Acme: hal@acme.example"], False, True, False)


def test_the_code_page_knows_a_disabled_authenticator_and_none(
    acme: Organisation, mia: Person
) -> None:
    """Disabled is told as such; somebody who must set one up first has no entry."""
    acme.store.call(lambda tx: tx.authenticators.disable(mia.id, at=acme.now))
    page = acme.call(second_step.code_page, half=acme.half(mia), place=HERE)
    assert (page.entries, page.disabled) == (["Acme: mia@acme.example"], True)
    acme.switch_on()
    page = acme.call(second_step.code_page, half=acme.half(acme.add("Ben")), place=HERE)
    assert (page.entries, page.disabled) == ([], False)


def test_the_code_is_asked_under_the_accounts_own_policy(acme: Organisation, mia: Person) -> None:
    """Page and check agree: pairs after one miss where the account says so."""
    policy = GuardPolicy(pair_after=1, link_after=3)
    acme.store.call(lambda tx: tx.accounts.set_guard(acme.account_id, policy))
    acme.submit_code(acme.half(mia), acme.wrong(acme.active(mia)))
    half = acme.half(mia)
    assert acme.call(second_step.code_page, half=half, place=HERE).answer == Pair()
    assert acme.submit_code(half, acme.code(mia)) == NeedsPair()


def test_a_known_browser_pays_for_its_codes_and_is_noted(acme: Organisation, mia: Person) -> None:
    """The cookie that came with the code decides, not the one of the password."""
    known = acme.known(mia)
    half, wrong = acme.half(mia), acme.wrong(acme.active(mia))
    assert acme.submit_code(half, wrong, place=known) == CodeRefused(1)
    attempt = acme.attempts(mia)[0]
    assert (attempt.known_browser, attempt.outcome) == (True, Outcome.WRONG)
    states = acme.store.call(lambda tx: guard.peek(tx, [f"code:person:{mia.id}"]))
    assert states[f"code:person:{mia.id}"].failures == ()
