"""Guessing passwords: free tries, growing waits, a mailed link; never a lock by name."""

from dataclasses import replace

import pytest

from tests.world import DESK, ENCODED, HERE, Organisation
from twofold.core.attempts import Source
from twofold.core.desk import Act
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import DAY, MINUTE, Person, Role
from twofold.flows import browsers, passwords, people, step_up
from twofold.flows.sign_in import (
    From,
    HalfWay,
    PasswordRefused,
    PasswordTry,
    SignedIn,
    settle_password,
)
from twofold.flows.step_up import Proved


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member with a password, not enrolled."""
    return acme.add("Ben")


class Vandal:
    """Somebody with many addresses who knows names and no password."""

    def __init__(self, acme: Organisation) -> None:
        """No address was used yet."""
        self.acme = acme
        self.number = 0

    def place(self) -> From:
        """An address of its own for each try, so that no source is slowed."""
        self.number += 1
        return From(Source(f"10.0.{self.number // 250}.{self.number % 250}", "curl"))

    def fail(self, person: Person, times: int) -> None:
        """So many wrong passwords that are looked at, each after the wait before it."""
        for _ in range(times):
            while (tried := self.acme.look_up(person.email, place=self.place())).charge is None:
                self.acme.clock.advance(15 * MINUTE if self.number > 20 else 1)
            assert tried.encoded is not None
            self.settle(tried)

    def settle(self, tried: PasswordTry) -> None:
        """The password was wrong."""
        answer = settle(self.acme, tried, proved=False)
        assert answer == PasswordRefused()


def settle(acme: Organisation, tried: PasswordTry, *, proved: bool, place: From = HERE) -> object:
    """What a checked password leads to."""
    return acme.call(
        settle_password,
        tried=tried,
        proved=proved,
        rehashed=None,
        return_to="/",
        place=place,
    )


def is_read(acme: Organisation, person: Person, place: From = HERE) -> bool:
    """Whether a password would be looked at now; the try is taken back."""
    tried = acme.look_up(person.email, place=place)
    if tried.charge is None:
        return False
    return not isinstance(settle(acme, tried, proved=True, place=place), PasswordRefused)


def test_five_tries_are_free_and_then_waits_grow(acme: Organisation, ben: Person) -> None:
    """1, 2, 4 … seconds after the last failure, at most fifteen minutes."""
    vandal = Vandal(acme)
    vandal.fail(ben, 4)
    assert is_read(acme, ben)
    vandal.fail(ben, 1)
    for wait in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900):
        acme.clock.advance(wait - 1)
        assert not is_read(acme, ben, vandal.place())
        acme.clock.advance(1)
        assert is_read(acme, ben, vandal.place())
        vandal.fail(ben, 1)


def test_a_right_password_during_the_wait_is_refused_and_not_compared(
    acme: Organisation, ben: Person
) -> None:
    """The real hash does not even leave the database; a second later it works."""
    for _ in range(5):
        assert acme.submit_password(ben, proved=False) == PasswordRefused()
    tried = acme.look_up(ben.email)
    assert (tried.charge, tried.encoded) == (None, None)
    assert settle(acme, tried, proved=True) == PasswordRefused()
    assert acme.sessions(ben) == 0
    acme.clock.advance(1)
    assert isinstance(acme.submit_password(ben), SignedIn)


def test_tries_during_the_wait_do_not_make_it_longer(acme: Organisation, ben: Person) -> None:
    """Whoever hammers on a name does not keep its owner out for longer (promise P9)."""
    for _ in range(5):
        acme.submit_password(ben, proved=False)
    for _ in range(50):
        assert acme.submit_password(ben, proved=False) == PasswordRefused()
    assert len(acme.events(EventKind.PASSWORD_WRONG)) == 5
    acme.clock.advance(1)
    assert isinstance(acme.submit_password(ben), SignedIn)


def test_a_known_browser_signs_in_at_once_whatever_goes_on_elsewhere(
    acme: Organisation, ben: Person
) -> None:
    """During waits and behind the link; somebody else's cookie is no known browser."""
    eve = acme.add("Eve")
    known, strangers = acme.known(ben), acme.known(eve)
    vandal = Vandal(acme)
    vandal.fail(ben, 60)
    assert acme.look_up(ben.email, place=vandal.place()).charge is None
    assert acme.look_up(ben.email, place=strangers).charge is None
    assert isinstance(acme.submit_password(ben, place=known), SignedIn)
    vandal.fail(ben, 40)
    assert isinstance(acme.submit_password(ben, place=known), SignedIn)


def test_a_known_browser_falls_after_ten_misses_and_comes_back(
    acme: Organisation, ben: Person
) -> None:
    """For fifteen minutes it counts as unknown, the next time for thirty."""
    known = acme.known(ben)
    for length in (15, 30):
        for _ in range(10):
            tried = acme.look_up(ben.email, place=known)
            assert tried.charge is not None
            assert tried.charge.clears
            settle(acme, tried, proved=False, place=known)
        tried = acme.look_up(ben.email, place=known)
        assert tried.charge is not None
        assert tried.who in tried.charge.keys
        settle(acme, tried, proved=False, place=known)
        acme.clock.advance(length * MINUTE - 1)
        tried = acme.look_up(ben.email, place=known)
        assert tried.charge is None or tried.who in tried.charge.keys
        acme.clock.advance(1)


def test_its_own_success_fills_a_known_browser_and_no_unknown_one(
    acme: Organisation, ben: Person
) -> None:
    """The owner's sign-in elsewhere does not give a guesser new free tries."""
    known = acme.known(ben)
    for _ in range(2):
        for _ in range(9):
            acme.submit_password(ben, proved=False, place=known)
        assert isinstance(acme.submit_password(ben, place=known), SignedIn)
    vandal = Vandal(acme)
    vandal.fail(ben, 5)
    assert isinstance(acme.submit_password(ben, place=known), SignedIn)
    assert acme.look_up(ben.email, place=vandal.place()).charge is None


# ---- unknown addresses ----------------------------------------------------------------------


def walk_of(acme: Organisation, email: str) -> list[PasswordTry]:
    """Eight tries with waits between some of them: what the hasher is asked each time."""
    tries = []
    for number in range(8):
        tried = acme.look_up(email)
        settle(acme, tried, proved=False)
        tries.append(replace(tried, who="", person_id=None, encoded=None, password_version=0))
        if tried.charge is not None:
            keys = tuple(key for key in tried.charge.keys if key != tried.who)
            tries[-1] = replace(tries[-1], charge=replace(tried.charge, keys=keys))
        acme.clock.advance(number % 3)
    return tries


def test_an_address_of_nobody_waits_like_one_of_somebody(acme: Organisation, ben: Person) -> None:
    """Known, unknown, disabled, invited: the same tries are read and the same ones refused."""
    eve, gil = acme.add("Eve"), acme.add("Gil", invited=True)
    acme.call(people.set_disabled, actor=acme.owner, person_id=eve.id, disabled=True)
    began = acme.now
    walks = []
    for email in (ben.email, "nobody@acme.example", eve.email, gil.email):
        acme.clock.moment = began
        walks.append(walk_of(acme, email))
        acme.store.call(lambda tx: tx.counters.drop(["pw:source:192.0.2.7"]))
    assert walks[0] == walks[1] == walks[2] == walks[3]
    assert {tried.charge is None for tried in walks[0]} == {True, False}


def test_spellings_of_an_address_share_their_count(acme: Organisation, ben: Person) -> None:
    """Case, blanks, full-width letters: one person, one budget; likewise for nobody's address."""
    for email in (ben.email, "nobody@acme.example"):
        spellings = {
            acme.look_up(text).who
            for text in (email, email.upper(), f"  {email} ", email.replace("@", "\uff20"))
        }
        assert len(spellings) == 1
        acme.clock.advance(DAY + 1)


def test_a_count_of_nobody_names_no_address(acme: Organisation) -> None:
    """What somebody typed by mistake is not kept: it may have been a password."""
    who = acme.look_up("my secret pass phrase").who
    assert who.startswith("pw:name:")
    assert "secret" not in who
    assert len(who) == len("pw:name:") + 64


# ---- the mailed link ------------------------------------------------------------------------


@pytest.fixture
def gated(acme: Organisation, ben: Person) -> Person:
    """Ben, after a hundred wrong passwords today."""
    Vandal(acme).fail(ben, 100)
    return ben


def ask(acme: Organisation, person: Person) -> tuple[str, str]:
    """Ask for a link: the cookie that the opening browser will get, the token in the mail."""
    acme.call(browsers.ask_for_link, email=person.email, source=DESK)
    return acme.store.call(lambda tx: tx.random.token()), acme.token(person, MailKind.BROWSER_LINK)


def test_after_a_hundred_a_day_unknown_browsers_need_a_link(
    acme: Organisation, gated: Person
) -> None:
    """No wait is offered any more; the link opens the browser that opens it, and no other."""
    acme.clock.advance(15 * MINUTE)
    assert not is_read(acme, gated)
    cookie, token = ask(acme, gated)
    assert acme.call(browsers.open_link, token=token, cookie=cookie) == gated
    opened = From(DESK, link_token=cookie)
    assert isinstance(acme.submit_password(gated, place=opened), SignedIn)
    assert not is_read(acme, gated)
    acme.clock.advance(15 * MINUTE)
    assert not is_read(acme, gated, opened)


def test_a_link_opens_the_browser_for_its_own_person_only(
    acme: Organisation, gated: Person
) -> None:
    """With somebody else's link, and with no cookie at all, the browser waits as before."""
    cookie, token = ask(acme, gated)
    eve = acme.add("Eve")
    other, others_token = ask(acme, eve)
    assert acme.call(browsers.open_link, token=others_token, cookie=other) == eve
    assert not is_read(acme, gated, From(DESK, link_token=other))
    assert acme.call(browsers.look_at_link, token=token) == gated
    assert acme.call(browsers.open_link, token=token, cookie=cookie) == gated
    for wrong in (other, "x" * 43, None):
        assert not is_read(acme, gated, From(DESK, link_token=wrong))
    assert is_read(acme, gated, From(DESK, link_token=cookie))


def test_links_that_a_stranger_asked_for_help_the_owner(acme: Organisation, gated: Person) -> None:
    """Whoever keeps asking in the owner's name fills the mailbox with links that work (P9)."""
    for _ in range(9):
        acme.call(browsers.ask_for_link, email=gated.email, source=DESK)
    cookie, token = ask(acme, gated)
    assert len(acme.mails(gated, MailKind.BROWSER_LINK)) == 3
    assert acme.call(browsers.open_link, token=token, cookie=cookie) == gated
    assert is_read(acme, gated, From(DESK, link_token=cookie))


def test_a_link_works_once_and_for_fifteen_minutes(acme: Organisation, gated: Person) -> None:
    """The second press and the late one open nothing."""
    cookie, token = ask(acme, gated)
    assert acme.call(browsers.open_link, token=token, cookie=cookie) == gated
    assert acme.call(browsers.open_link, token=token, cookie=cookie) is None
    late, token = ask(acme, gated)
    acme.clock.advance(15 * MINUTE)
    assert acme.call(browsers.look_at_link, token=token) is None
    assert acme.call(browsers.open_link, token=token, cookie=late) is None


def test_an_opened_browser_pays_on_the_same_budget(acme: Organisation, gated: Person) -> None:
    """As many again, and then it waits as well: a mailbox is no endless oracle."""
    cookie, token = ask(acme, gated)
    acme.call(browsers.open_link, token=token, cookie=cookie)
    opened = From(DESK, link_token=cookie)
    read = 0
    while (tried := acme.look_up(gated.email, place=opened)).charge is not None:
        settle(acme, tried, proved=False, place=opened)
        read += 1
    assert read == 100


def test_asking_for_a_link_tells_nothing(acme: Organisation, ben: Person) -> None:
    """Known, unknown, disabled, invited: one answer, and a mail for the known one alone."""
    eve, gil = acme.add("Eve"), acme.add("Gil", invited=True)
    acme.call(people.set_disabled, actor=acme.owner, person_id=eve.id, disabled=True)
    emails = (ben.email, "nobody@acme.example", eve.email, gil.email)
    for email in emails:
        acme.call(browsers.ask_for_link, email=email, source=DESK)
    assert len(acme.mails(ben, MailKind.BROWSER_LINK)) == 1
    assert acme.mails(eve, MailKind.BROWSER_LINK) == acme.mails(gil, MailKind.BROWSER_LINK) == []


def test_links_for_a_browser_are_mailed_three_times_in_fifteen_minutes(
    acme: Organisation, ben: Person
) -> None:
    """More presses send nothing, and the answer is the same."""
    for _ in range(5):
        acme.call(browsers.ask_for_link, email=ben.email, source=DESK)
    assert len(acme.mails(ben, MailKind.BROWSER_LINK)) == 3


# ---- the own password, again ----------------------------------------------------------------


def test_a_session_is_no_oracle_for_the_password(acme: Organisation, ben: Person) -> None:
    """Proving it again and changing it are charged like a sign-in (CVE-2026-43914)."""
    caller = acme.caller(ben)
    for number in range(5):
        tried = acme.call(step_up.look_up_own_password, caller=caller, place=HERE)
        assert tried.encoded == ENCODED
        answer: object
        if number % 2 == 0:
            answer = acme.call(
                step_up.settle_own_password, caller=caller, tried=tried, proved=False, place=HERE
            )
        else:
            answer = acme.call(
                passwords.change,
                caller=caller,
                tried=tried,
                proved=False,
                encoded=ENCODED,
                place=HERE,
            )
        assert answer == PasswordRefused()
    tried = acme.call(step_up.look_up_own_password, caller=caller, place=HERE)
    assert (tried.charge, tried.encoded) == (None, None)
    refused = acme.call(
        step_up.settle_own_password, caller=caller, tried=tried, proved=True, place=HERE
    )
    assert refused == PasswordRefused()
    assert not is_read(acme, ben)
    acme.clock.advance(1)
    tried = acme.call(step_up.look_up_own_password, caller=caller, place=HERE)
    proved = acme.call(
        step_up.settle_own_password, caller=caller, tried=tried, proved=True, place=HERE
    )
    assert isinstance(proved, Proved)


def test_a_right_password_of_somebody_enrolled_clears_nothing_at_the_code(
    acme: Organisation, ben: Person
) -> None:
    """Each stage counts for itself."""
    acme.enrol(ben)
    half = acme.half(ben)
    for number in range(4):
        acme.submit_code(half, acme.wrong(acme.active(ben), number))
    acme.clock.advance(31)
    assert isinstance(acme.submit_password(ben), HalfWay)
    assert len([a for a in acme.attempts(ben) if a.outcome.value == "wrong"]) == 3


def test_an_admin_can_end_the_waits(acme: Organisation, gated: Person) -> None:
    """Unlocked, an unknown browser is read again at once."""
    admin = acme.add("Eve", Role.ADMIN)
    acme.help(gated, Act.UNLOCK, actor=admin)
    assert is_read(acme, gated)
