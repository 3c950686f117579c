"""The ladder at the code, climbed on real flows: free, waits, pairs, a link, the end of it."""

import pytest

from tests.world import DESK, HERE, Guesser, Organisation
from twofold.core.attempts import Outcome, Source
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import DAY, MINUTE, GuardPolicy, Person, Profile, Role
from twofold.core.sessions import HalfCaller
from twofold.core.throttle import MONTH, Disabled, NeedsLink, Pair, Single, Wait
from twofold.flows import browsers, step_up, verify
from twofold.flows.second_step import CodeRefused
from twofold.flows.sign_in import From, SignedIn
from twofold.flows.verify import Locked, NeedsPair, Suspended, Typed, Wrong

UNKNOWN, KNOWN = Single(known=False), Single(known=True)


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member, enrolled."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


@pytest.fixture
def thief(acme: Organisation, ben: Person) -> Guesser:
    """Somebody who has Ben's password and a browser that he never used."""
    return Guesser(acme, ben)


def half_with_link(acme: Organisation, person: Person) -> HalfCaller:
    """A half-finished sign-in in which its mailed link was opened."""
    token = acme.half_token(person)
    half = acme.half_of(token)
    assert half is not None
    assert acme.call(browsers.send_code_link, half=half, source=DESK)
    link = acme.token(person, MailKind.CODE_LINK)
    assert acme.call(browsers.open_code_link, half=half, token=link)
    opened = acme.half_of(token)
    assert opened is not None
    return opened


def test_two_misses_are_free_and_then_waits_begin(acme: Organisation, thief: Guesser) -> None:
    """At once, at once, 30 seconds, a minute, and from the fifth two consecutive codes."""
    asked = []
    for wait in (0, 0, 30, 60, 0):
        assert thief.guess() == CodeRefused(1)
        answer = thief.asked()
        asked.append(answer)
        if isinstance(answer, Wait):
            assert answer.until == acme.now + wait
            acme.clock.advance(wait - 1)
            assert isinstance(thief.asked(), Wait)
            acme.clock.advance(1)
    assert [type(answer) for answer in asked] == [Single, Single, Wait, Wait, Pair]


def test_a_try_during_a_wait_is_refused_unread_also_the_right_one(
    acme: Organisation, ben: Person, thief: Guesser
) -> None:
    """It costs nothing, tells nothing, and does not make the wait longer."""
    for _ in range(3):
        thief.guess()
    half, until = acme.half(ben), acme.now + 30
    acme.clock.advance(29)
    assert acme.submit_code(half, acme.code(ben, steps=1)) == Locked(until)
    assert acme.submit_code(half, thief.wrong()) == Locked(until)
    assert acme.outcomes(ben)[-2:] == [Outcome.NOT_CHECKED] * 2
    acme.clock.advance(1)
    assert isinstance(acme.submit_code(half, acme.code(ben)), SignedIn)


def test_at_five_the_owner_is_told_once(acme: Organisation, ben: Person, thief: Guesser) -> None:
    """That somebody has the right password; nobody is told before, nor again at six to nine."""
    thief.climb(4)
    assert acme.mails(ben, MailKind.CODE_FAILURES) == []
    thief.climb(5)
    (mail,) = acme.mails(ben, MailKind.CODE_FAILURES)
    assert (mail.params["address"], mail.params["browser"]) == (DESK.address, DESK.browser)
    (event,) = acme.events(EventKind.PAIR_MODE)
    assert (event.actor_id, event.subject_id) == (None, ben.id)
    assert thief.asked() == Pair()
    assert not acme.person(ben.id).must_change_password


def test_at_ten_a_link_is_needed_and_the_password_counts_as_stolen(
    acme: Organisation, ben: Person, thief: Guesser
) -> None:
    """The owner and the admins are told, once, and nobody of another organisation."""
    eve = acme.add("Eve", Role.ADMIN)
    hal = acme.add("Hal", Role.HELPDESK)
    thief.climb(10)
    assert thief.asked() == NeedsLink()
    assert acme.submit_code(acme.half(ben), acme.code(ben)) == verify.NeedsLink()
    assert acme.outcomes(ben)[-1] is Outcome.NOT_CHECKED
    assert acme.person(ben.id).must_change_password
    assert len(acme.mails(ben, MailKind.PASSWORD_STOLEN)) == 1
    assert len(acme.events(EventKind.PASSWORD_STOLEN)) == 1
    for admin in (acme.owner, eve):
        (alert,) = acme.mails(admin, MailKind.ADMIN_ALERT)
        assert (alert.params["whose"], alert.params["email"]) == (ben.name, ben.email)
    assert acme.mails(ben, MailKind.ADMIN_ALERT) == acme.mails(hal, MailKind.ADMIN_ALERT) == []


def test_an_admin_is_not_alerted_about_themselves(acme: Organisation) -> None:
    """They have the owner's mail already; the other admins have the alert."""
    eve = acme.add("Eve", Role.ADMIN)
    acme.enrol(eve)
    Guesser(acme, eve).climb(10)
    assert acme.mails(eve, MailKind.ADMIN_ALERT) == []
    assert len(acme.mails(acme.owner, MailKind.ADMIN_ALERT)) == 1


def test_the_link_opens_the_sign_in_that_asked_and_still_asks_for_the_pair(
    acme: Organisation, ben: Person, thief: Guesser
) -> None:
    """The owner gets in; a single right code is not enough; no other sign-in is opened by it."""
    thief.climb(10)
    half = half_with_link(acme, ben)
    assert thief.asked() == NeedsLink()
    acme.clock.advance(30)
    assert acme.submit_code(half, acme.code(ben)) == NeedsPair()
    assert isinstance(acme.submit_right(half), SignedIn)
    assert acme.person(ben.id).must_change_password


def test_a_link_opens_a_sign_in_of_its_person_once_and_for_fifteen_minutes(
    acme: Organisation, ben: Person, thief: Guesser
) -> None:
    """For somebody else, the second time, too late: it opens nothing. Whoever of the person's
    browsers asked for it does not matter (promise P9).
    """
    thief.climb(10)
    half, other = acme.half(ben), acme.half(ben)
    eve = acme.add("Eve")
    acme.enrol(eve)
    strangers = acme.half(eve)
    acme.call(browsers.send_code_link, half=half, source=DESK)
    link = acme.token(ben, MailKind.CODE_LINK)
    assert not acme.call(browsers.open_code_link, half=strangers, token=link)
    assert acme.call(browsers.open_code_link, half=other, token=link)
    assert not acme.call(browsers.open_code_link, half=half, token=link)
    late = acme.half(ben)
    acme.call(browsers.send_code_link, half=late, source=DESK)
    link = acme.token(ben, MailKind.CODE_LINK)
    acme.clock.advance(15 * MINUTE)
    assert not acme.call(browsers.open_code_link, half=late, token=link)


def test_links_for_a_code_are_mailed_three_times_in_fifteen_minutes(
    acme: Organisation, ben: Person
) -> None:
    """Whoever has the password cannot fill the mailbox."""
    sent = [acme.call(browsers.send_code_link, half=acme.half(ben), source=DESK) for _ in range(5)]
    assert sent == [True, True, True, False, False]
    assert len(acme.mails(ben, MailKind.CODE_LINK)) == 3
    acme.clock.advance(15 * MINUTE + 1)
    assert acme.call(browsers.send_code_link, half=acme.half(ben), source=DESK)


def reach_fifty(acme: Organisation, thief: Guesser) -> None:
    """With the mailbox as well: four wrong pairs in each sign-in, as slowly as mails are sent."""
    thief.climb(10)
    for _ in range(10):
        half = half_with_link(acme, thief.person)
        for number in range(4):
            assert thief.guess(half) == CodeRefused(number + 1)
        acme.clock.advance(6 * MINUTE)


def test_at_fifty_the_authenticator_is_disabled(
    acme: Organisation, ben: Person, thief: Guesser
) -> None:
    """From then on no code helps, from any browser; the owner and the admins are told once."""
    known = acme.known(ben)
    reach_fifty(acme, thief)
    assert acme.active(ben).disabled_at is not None
    for place in (HERE, known):
        half = acme.half(ben, place=place)
        assert acme.submit_code(half, acme.code(ben), place=place) == Suspended()
    assert len(acme.mails(ben, MailKind.AUTHENTICATOR_DISABLED)) == 1
    assert len(acme.events(EventKind.AUTHENTICATOR_DISABLED)) == 1
    assert len(acme.mails(acme.owner, MailKind.ADMIN_ALERT)) == 2
    acme.clock.advance(MONTH + DAY)
    assert acme.submit_code(acme.half(ben), acme.code(ben)) == Suspended()


def test_a_hundred_in_a_row_disable_it_wherever_they_come_from(
    acme: Organisation, ben: Person
) -> None:
    """Known browsers included (NIST SP 800-63B-4 section 3.2.2)."""
    tried: set[str] = set()
    guessers = [Guesser(acme, ben, acme.known(ben), tried) for _ in range(4)]
    turns = [guesser for _ in range(3) for guesser in guessers]
    for turn, guesser in enumerate(turns[:10]):
        assert acme.active(ben).disabled_at is None
        assert [guesser.guess() for _ in range(10)] == [CodeRefused(1)] * 10
        if turn % 4 == 3:
            acme.clock.advance(DAY + MINUTE)
    assert acme.active(ben).disabled_at == acme.now
    assert guessers[0].asked() == Disabled()
    assert len(acme.mails(ben, MailKind.AUTHENTICATOR_DISABLED)) == 1


def test_a_right_code_ends_the_row_and_leaves_the_thirty_days(
    acme: Organisation, ben: Person, thief: Guesser
) -> None:
    """Otherwise the owner's own sign-ins would feed a guesser new tries (promise P3)."""
    thief.climb(4)
    assert isinstance(acme.submit_right(acme.half(ben)), SignedIn)
    assert thief.asked() == UNKNOWN
    thief.climb(1)
    assert thief.asked() == Pair()
    acme.clock.advance(30)
    assert isinstance(acme.submit_right(acme.half(ben)), SignedIn)
    assert thief.asked() == Pair()


def test_misses_roll_off_after_thirty_days(acme: Organisation, thief: Guesser) -> None:
    """Not a second earlier."""
    first = acme.now
    thief.climb(5)
    acme.clock.moment = first + MONTH - 1
    assert thief.asked() == Pair()
    acme.clock.advance(1)
    assert thief.asked() == UNKNOWN


def test_failures_count_over_sign_ins_and_purposes(acme: Organisation, ben: Person) -> None:
    """Two misses at one and one at the other make the wait of three, at both."""
    caller = acme.caller(ben)
    thief = Guesser(acme, ben)
    thief.guess()
    thief.guess()
    third = Typed(thief.wrong())
    assert acme.call(step_up.prove_factor, caller=caller, typed=third, place=HERE) == Wrong()
    right = Typed(acme.code(ben, steps=1))
    answer = acme.call(step_up.prove_factor, caller=caller, typed=right, place=HERE)
    assert answer == Locked(acme.now + 30)
    assert thief.asked() == Wait(acme.now + 30)


def test_misses_over_many_sign_ins_are_one_budget(acme: Organisation, ben: Person) -> None:
    """A new session, another address, another browser: the person pays (CVE-2024-21500)."""
    for number in range(5):
        place = From(Source(f"198.51.100.{number}", f"Browser {number}"))
        assert Guesser(acme, ben, place, {f"{n:06}" for n in range(number)}).guess()
        acme.clock.advance(61)
    assert Guesser(acme, ben).asked() == Pair()


# ---- profiles, the breaker ------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_staff_are_asked_for_pairs_in_unknown_browsers_at_once(
    acme: Organisation, role: Role
) -> None:
    """Help desk, admins and owners by default; in a known browser one code is enough."""
    eve = acme.add("Eve", role)
    acme.enrol(eve)
    assert Guesser(acme, eve).asked() == (UNKNOWN if role is Role.MEMBER else Pair())
    assert Guesser(acme, eve, acme.known(eve)).asked() == KNOWN


@pytest.mark.parametrize(
    ("guard", "answer"),
    [
        (GuardPolicy(members=Profile.STRICT), Pair()),
        (GuardPolicy(pair_after=1, link_after=3), UNKNOWN),
    ],
)
def test_the_account_chooses_within_its_bounds(
    acme: Organisation, ben: Person, thief: Guesser, guard: GuardPolicy, answer: object
) -> None:
    """The strict profile for everybody; pairs after one miss, the link after three."""
    acme.store.call(lambda tx: tx.accounts.set_guard(acme.account_id, guard))
    assert thief.asked() == answer
    thief.climb(1)
    assert thief.asked() == Pair()
    thief.climb(guard.link_after - 1)
    assert thief.asked() == NeedsLink()


def test_the_breaker_asks_all_unknown_browsers_for_pairs_for_a_day(
    acme: Organisation, bolt: Organisation
) -> None:
    """In every organisation; known browsers notice nothing; the admins are told, once."""
    ben, zoe = acme.add("Ben"), bolt.add("Zoe")
    acme.enrol(ben)
    bolt.enrol(zoe)
    known = bolt.known(zoe)
    victims = [acme.add(f"P{number}") for number in range(8)]
    for victim in victims:
        acme.enrol(victim)
    for misses, victim in zip([4] * 7 + [3], victims, strict=True):
        assert Guesser(acme, ben).asked() == Guesser(bolt, zoe).asked() == UNKNOWN
        Guesser(acme, victim).climb(misses)
    began = acme.now - 61
    assert Guesser(acme, ben).asked() == Guesser(bolt, zoe).asked() == Pair()
    assert Guesser(bolt, zoe, known).asked() == KNOWN
    Guesser(acme, ben).climb(1)
    for organisation in (acme, bolt):
        assert len(organisation.events(EventKind.BREAKER_ON)) == 1
        assert len(organisation.mails(organisation.owner, MailKind.BREAKER_ON)) == 1
    acme.clock.moment = began + DAY
    assert Guesser(bolt, zoe).asked() == UNKNOWN


# ---- what is free ---------------------------------------------------------------------------


def test_the_same_wrong_code_counts_once_within_ninety_seconds(
    acme: Organisation, ben: Person, thief: Guesser
) -> None:
    """A double click, a reload, a second tab; a second later it is a guess again."""
    code = thief.wrong()
    acme.submit_code(acme.half(ben), code)
    for _ in range(3):
        assert acme.submit_code(acme.half(ben), code) == CodeRefused(1)
        acme.clock.advance(22)
    acme.clock.advance(23)
    assert acme.outcomes(ben)[-4:] == [Outcome.WRONG] + [Outcome.REPEATED] * 3
    acme.submit_code(acme.half(ben), code)
    acme.clock.advance(1)
    acme.submit_code(acme.half(ben), code)
    assert acme.outcomes(ben)[-2:] == [Outcome.REPEATED, Outcome.WRONG]


def test_a_code_that_becomes_right_is_not_refused_for_having_been_wrong(
    acme: Organisation, ben: Person
) -> None:
    """Only while it is remembered: somebody whose clock is ahead types it again soon after."""
    early = acme.code(ben, steps=4)
    assert acme.submit_code(acme.half(ben), early) == CodeRefused(1)
    acme.clock.advance(91)
    assert isinstance(acme.submit_code(acme.half(ben), early), SignedIn)
