"""Holes that were looked for in the guard: each was open once, or might have been."""

from tests.world import HERE, Organisation
from twofold.core import throttle
from twofold.core.desk import Act
from twofold.core.people import DAY, Person, Role
from twofold.core.sessions import HalfCaller
from twofold.core.throttle import MONTH, NOTHING, NeedsLink, Single, State, Wait
from twofold.flows import enrol, guard, housekeeping
from twofold.flows.second_step import CodeRefused
from twofold.flows.sign_in import From, HalfWay, SignedIn
from twofold.flows.verify import NeedsPair, Suspended


def enrolled(acme: Organisation, name: str = "Mia") -> Person:
    """A member with an authenticator, a minute after its first code."""
    person = acme.add(name)
    acme.enrol(person)
    acme.clock.advance(60)
    return acme.person(person.id)


def put(acme: Organisation, key: str, state: State) -> None:
    """Store a state."""
    acme.store.call(lambda tx: tx.counters.save(key, throttle.packed(state), acme.now))


def got(acme: Organisation, key: str) -> State:
    """The stored state."""
    return acme.store.call(lambda tx: guard.peek(tx, [key])[key])


def miss(acme: Organisation, half: HalfCaller, number: int, place: From = HERE) -> object:
    """One wrong code, another one for each number."""
    return acme.submit_code(half, acme.wrong(acme.active(half.person), number), place=place)


def test_somebody_set_up_anew_after_fifty_failures_gets_in(acme: Organisation) -> None:
    """The 30 days that disabled the old authenticator do not disable the new one."""
    mia = enrolled(acme)
    acme.switch_on()
    put(acme, f"code:person:{mia.id}", State((acme.now,) * 50))
    assert isinstance(acme.submit_right(acme.half(mia)), Suspended)
    acme.help(mia, Act.INVITE, stolen=True)
    acme.set_up_by_invitation(mia)
    assert got(acme, f"code:person:{mia.id}") == NOTHING
    acme.clock.advance(60)
    assert isinstance(acme.submit_right(acme.half(mia)), SignedIn)


def acme_set_up(acme: Organisation, half: HalfCaller) -> None:
    """The demanded set-up, with the newest mailed link."""
    mails = [mail for mail in acme.mails(half.person) if "token" in mail.params]
    token = str(mails[0].params["token"])
    pending = acme.call(enrol.begin_demanded, half=half, token=token)
    code = acme.code_of(pending)  # type: ignore[arg-type]
    saved = acme.call(enrol.save_demanded, half=half, token=token, typed=code, place=HERE)
    assert isinstance(saved, SignedIn)


def test_a_set_up_leaves_the_thirty_days_below_the_limit(acme: Organisation) -> None:
    """An ordinary change of phone gives a guesser no new tries."""
    mia = enrolled(acme)
    put(acme, f"code:person:{mia.id}", State((acme.now,) * 9))
    known = acme.known(mia)
    caller = acme.caller(mia, place=known)
    pending = acme.call(enrol.begin_own, caller=caller)
    code = acme.code_of(pending)  # type: ignore[arg-type]
    saved = acme.call(enrol.save_own, caller=caller, typed=code, place=known)
    assert isinstance(saved, SignedIn)
    assert len(got(acme, f"code:person:{mia.id}").failures) == 9


def test_right_codes_in_a_known_browser_leave_its_month(acme: Organisation) -> None:
    """They fill the day only: with the cookie copied, thirty single codes in 30 days are all."""
    mia = enrolled(acme)
    known = acme.known(mia)
    key = next(
        f"code:browser:{browser.id}"
        for browser in acme.store.call(lambda tx: tx.browsers.of(mia.id))
        if acme.call(guard.known_browser, token=known.browser_token, person_id=mia.id) == browser
    )
    for round_ in range(3):
        for number in range(10):
            half = acme.half(mia, place=known)
            assert isinstance(miss(acme, half, round_ * 10 + number, known), CodeRefused)
        acme.clock.advance(60)
        before = got(acme, key)
        half = acme.half(mia, place=HERE)
        put(acme, key, throttle.code_right_in_known(before, acme.now))
        acme.clock.advance(1)
    half = acme.half(mia, place=known)
    acme.store.call(lambda tx: tx.counters.drop([f"code:row:{mia.id}"]))
    for number in range(5):
        acme.clock.advance(120)
        half = acme.half(mia, place=known)
        miss(acme, half, 40 + number, known)
    assert isinstance(miss(acme, acme.half(mia, place=known), 50, known), NeedsPair)


def test_a_right_code_in_a_known_browser_clears_its_day(acme: Organisation) -> None:
    """Nine wrong ones, a right one, and nine more are all taken there."""
    mia = enrolled(acme)
    known = acme.known(mia)
    acme.clock.advance(60)
    for round_ in range(2):
        for number in range(9):
            half = acme.half(mia, place=known)
            assert isinstance(miss(acme, half, round_ * 10 + number, known), CodeRefused)
        acme.clock.advance(60)
        assert isinstance(acme.submit_right(acme.half(mia, place=known), place=known), SignedIn)
        acme.clock.advance(60)


def test_right_passwords_at_the_gate_do_not_open_it(acme: Organisation) -> None:
    """Charged and taken back with a link at the limit: a hundred stay a hundred."""
    mia = enrolled(acme)
    key = f"pw:person:{mia.id}"
    put(acme, key, State((acme.now,) * 100))

    def try_through_link() -> None:
        answer, charge = acme.call(
            guard.open_password, who=key, browser=None, address="192.0.2.7", link_open=True
        )
        assert isinstance(answer, Single)
        assert charge is not None
        acme.call(guard.password_was_right, charge=charge)

    for _ in range(5):
        acme.clock.advance(1)
        try_through_link()
    assert len(got(acme, key).failures) == 100
    answer, charge = acme.call(
        guard.open_password, who=key, browser=None, address="192.0.2.7", link_open=False
    )
    assert (answer, charge) == (NeedsLink(), None)


def test_a_clock_that_was_put_right_keeps_nobody_waiting(acme: Organisation) -> None:
    """Failures of a clock that ran a day ahead count, but the owner does not wait for that day."""
    mia = enrolled(acme)
    ahead = acme.now + DAY
    put(acme, f"code:person:{mia.id}", State((ahead,) * 4))
    put(acme, f"pw:person:{mia.id}", State((ahead,) * 30))
    put(acme, "pw:source:192.0.2.7", State((ahead,) * 100))
    assert isinstance(acme.submit_right(acme.half(mia)), SignedIn)


def test_the_waits_are_back_after_one_failure_of_the_right_clock(acme: Organisation) -> None:
    """A set-back gives one try and not many."""
    mia = enrolled(acme)
    put(acme, f"code:person:{mia.id}", State((acme.now + DAY,) * 3))
    half = acme.half(mia)
    assert isinstance(miss(acme, half, 0), CodeRefused)
    assert got(acme, f"code:person:{mia.id}").failures == (acme.now,) * 4
    asked = acme.call(
        guard.ask_code,
        person=mia,
        account=acme.account,
        browser=None,
        link_open=False,
        enrolling=False,
        authenticators=1,
    )
    assert asked.answer == Wait(acme.now + 60)


def test_the_budget_is_that_of_thirty_days_to_the_second(acme: Organisation) -> None:
    """A failure counts through its thirtieth day, also after the daily tidying up."""
    mia = enrolled(acme)
    half = acme.half(mia)
    for number in range(2):
        miss(acme, half, number)
    key, first = f"code:person:{mia.id}", acme.now
    acme.clock.moment = first + MONTH - 1
    acme.call(housekeeping.purge)
    assert got(acme, key).since(acme.now - MONTH) == 2
    acme.clock.moment = first + MONTH
    assert got(acme, key).since(acme.now - MONTH) == 0


def test_a_copied_cookie_of_somebody_else_is_an_unknown_browser(acme: Organisation) -> None:
    """Whose cookie it is decides; Ben's helps nobody to Mia's budget."""
    mia, ben = enrolled(acme), enrolled(acme, "Ben")
    bens = acme.known(ben)
    put(acme, f"pw:person:{mia.id}", State((acme.now,) * 100))
    assert not isinstance(acme.submit_password(mia, place=bens), HalfWay)
    acme.clock.advance(60)
    assert isinstance(acme.submit_password(ben, place=bens), HalfWay)


def test_help_desk_unlocks_what_slows_somebody_down(acme: Organisation) -> None:
    """All counters of the person and of their browsers."""
    mia = enrolled(acme)
    known = acme.known(mia)
    assert known.browser_token
    browser = acme.call(guard.known_browser, token=known.browser_token, person_id=mia.id)
    assert browser is not None
    keys = [f"pw:person:{mia.id}", f"code:person:{mia.id}", f"code:row:{mia.id}",
            f"pw:browser:{browser.id}", f"code:browser:{browser.id}"]  # fmt: skip
    for key in keys:
        put(acme, key, State((acme.now,) * 40, until=acme.now + DAY))
    acme.help(mia, Act.UNLOCK)
    assert [got(acme, key) for key in keys] == [NOTHING] * len(keys)
    assert acme.owner.role is Role.OWNER
