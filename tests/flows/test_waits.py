"""Delayed recovery: begun with password and mailbox, told daily, and at its end one link."""

from dataclasses import replace

import pytest

from tests.flows.waiting import (
    Days,
    allow,
    at_set_up,
    begun,
    enrolled,
    half_of,
    link_for,
    set_up_by,
    standing,
)
from tests.flows.way_back_changes import SECOND, two_addresses
from tests.world import DESK, ENCODED, HERE, Guesser, Organisation
from twofold.core.authenticators import Totp
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import DAY, HOUR, MINUTE, Person, Role
from twofold.core.tokens import Purpose
from twofold.core.waits import REST, StopReason, Wait, WaitState
from twofold.flows import enrol, links, passwords, people, recovery_link, sign_in, waits
from twofold.flows.enrol import LinkRefused
from twofold.flows.links import LinkTrouble
from twofold.flows.setup import Refused
from twofold.flows.sign_in import SignedIn
from twofold.flows.waits import Asked, NotOffered, Runs, StopPage


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member with an authenticator, who may wait."""
    return enrolled(acme)


@pytest.fixture
def days(acme: Organisation) -> Days:
    """Days with a worker and a mail server."""
    return Days(acme)


def addresses_of(acme: Organisation, person: Person, kind: MailKind) -> list[str]:
    """To which addresses mails of one kind were written, oldest first."""
    return [mail.to_address for mail in reversed(acme.mails(person, kind))]


# ---- the road ------------------------------------------------------------------------------


def test_three_quiet_days_lead_to_one_link_that_sets_up_anew(
    acme: Organisation, ben: Person, days: Days
) -> None:
    """Told at once, after a day and after two; the link on the third; the old phone until Save."""
    old = acme.active(ben)
    wait = begun(acme, ben)
    assert wait.ends_at == acme.now + 3 * DAY
    days.live(4)
    told = [mail.created_at for mail in reversed(acme.mails(ben, MailKind.WAIT_NOTICE))]
    assert [at - told[0] for at in told] == [0, DAY, 2 * DAY]
    (mail,) = acme.mails(ben, MailKind.WAIT_OPEN)
    assert mail.created_at - told[0] == 3 * DAY
    assert len(acme.mails(acme.owner, MailKind.WAIT_OVER)) == 1
    assert standing(acme, ben).state is WaitState.OPEN
    assert acme.active(ben) == old


def test_the_link_works_once_and_the_wait_is_used(
    acme: Organisation, ben: Person, days: Days
) -> None:
    """With the password; afterwards the new phone counts and the wait is over."""
    begun(acme, ben)
    days.live(3)
    (token,) = days.tokens(ben, MailKind.WAIT_OPEN)
    old = acme.active(ben)
    set_up_by(acme, ben, token)
    assert acme.active(ben).id != old.id
    assert standing(acme, ben).state is WaitState.USED
    assert len(acme.events(EventKind.WAIT_USED)) == 1
    assert acme.call(recovery_link.look, token=token) is LinkTrouble.USED
    days.live(2)
    assert len(acme.mails(ben, MailKind.WAIT_OPEN)) == 1


def test_the_link_goes_to_the_first_address_alone_and_the_news_to_all(
    acme: Organisation, ben: Person, days: Days
) -> None:
    """What opens something goes one way, what stops it every way."""
    two_addresses(acme, ben)
    begun(acme, ben)
    days.live(3)
    assert addresses_of(acme, ben, MailKind.WAIT_LINK) == [ben.email]
    assert addresses_of(acme, ben, MailKind.WAIT_OPEN) == [ben.email]
    assert addresses_of(acme, ben, MailKind.WAIT_NOTICE) == [SECOND, ben.email] * 3
    assert addresses_of(acme, ben, MailKind.WAIT_OVER) == [SECOND, ben.email]


def test_everybody_who_can_stop_it_is_told_each_with_a_link_of_their_own(
    acme: Organisation, ben: Person, days: Days
) -> None:
    """The person and all admins; not the help desk, not other members."""
    ada, hal, mia = acme.add("Ada", Role.ADMIN), acme.add("Hal", Role.HELPDESK), acme.add("Mia")
    begun(acme, ben)
    for admin in (ada, acme.owner):
        (mail,) = acme.mails(admin, MailKind.WAIT_NOTICE)
        assert (mail.params["whose"], mail.params["mine"]) == (ben.name, 0)
    assert [acme.mails(one, MailKind.WAIT_NOTICE) for one in (hal, mia)] == [[], []]
    days.live(1)
    tokens = [token for one in (ben, ada, acme.owner)
              for token in days.tokens(one, MailKind.WAIT_NOTICE)]  # fmt: skip
    assert len(tokens) == len(set(tokens)) == 6


@pytest.mark.parametrize("hours", [24, 36, 72, 14 * 24])
def test_it_takes_as_long_as_the_account_says(acme: Organisation, days: Days, hours: int) -> None:
    """With a notice at once and after each whole day before the end."""
    ben = enrolled(acme)
    allow(acme, hours)
    begun(acme, ben)
    days.live(hours // 24 + 1, every=DAY // 2)
    notices = acme.mails(ben, MailKind.WAIT_NOTICE)
    assert len(notices) == -(-hours // 24)
    (end,) = acme.mails(ben, MailKind.WAIT_OPEN)
    assert end.created_at - notices[-1].created_at == hours * HOUR


def test_a_link_that_nobody_uses_ends(acme: Organisation, ben: Person, days: Days) -> None:
    """After a day, and the hour that a set-up may take."""
    begun(acme, ben)
    days.live(3)
    (token,) = days.tokens(ben, MailKind.WAIT_OPEN)
    acme.clock.advance(DAY)
    assert acme.call(recovery_link.look, token=token) is LinkTrouble.EXPIRED
    days.work()
    assert standing(acme, ben).state is WaitState.OPEN
    acme.clock.advance(HOUR)
    days.work()
    assert standing(acme, ben).state is WaitState.EXPIRED
    assert len(acme.events(EventKind.WAIT_EXPIRED)) == 1
    begun(acme, ben)


# ---- stopping ------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["first", "latest", "admin's"])
def test_the_link_in_each_mail_stops_it(
    acme: Organisation, ben: Person, days: Days, which: str
) -> None:
    """As long as it runs; everybody is told; pressed again, here or elsewhere, it says so."""
    begun(acme, ben)
    days.live(1)
    own = days.tokens(ben, MailKind.WAIT_NOTICE)
    all_of_them = {
        "first": own[0],
        "latest": own[-1],
        "admin's": days.tokens(acme.owner, MailKind.WAIT_NOTICE)[0],
    }
    looked = acme.call(waits.look_stop, token=all_of_them[which])
    assert isinstance(looked, StopPage)
    assert looked.can_stop
    assert standing(acme, ben).is_running
    for token in (all_of_them[which], *all_of_them.values()):
        seen = acme.call(waits.stop_by_link, token=token)
        assert isinstance(seen, StopPage)
        assert (seen.wait.state, seen.wait.stopped_by) == (WaitState.STOPPED, StopReason.LINK)
        assert not seen.can_stop
    for one in (ben, acme.owner):
        assert len(acme.mails(one, MailKind.WAIT_STOPPED)) == 1
    assert len(acme.events(EventKind.WAIT_STOPPED)) == 1
    days.live(4)
    assert acme.mails(ben, MailKind.WAIT_OPEN) == []


def test_a_link_of_an_earlier_wait_does_not_stop_a_later_one(
    acme: Organisation, ben: Person, days: Days
) -> None:
    """Nor does it show a button."""
    begun(acme, ben)
    days.work()
    (token,) = days.tokens(ben, MailKind.WAIT_NOTICE)
    acme.signed_in(ben)
    begun(acme, ben)
    seen = acme.call(waits.stop_by_link, token=token)
    assert isinstance(seen, StopPage)
    assert not seen.can_stop
    assert standing(acme, ben).state is WaitState.WAITING


def test_a_link_that_nobody_sent_stops_nothing(acme: Organisation, ben: Person) -> None:
    """Nor does the link that begins it, or somebody else's session."""
    token = link_for(acme, ben)
    acme.call(waits.start, token=token)
    for odd in ("x" * 43, token):
        assert acme.call(waits.stop_by_link, token=odd) is LinkTrouble.UNKNOWN
    mia = acme.add("Mia")
    assert not acme.call(waits.stop_own, caller=acme.caller(mia))
    assert standing(acme, ben).is_running


def test_a_complete_sign_in_stops_it_and_leads_to_the_page_that_says_so(
    acme: Organisation, ben: Person
) -> None:
    """The phone is not lost. With the password alone nothing stops."""
    begun(acme, ben)
    half = acme.half(ben, return_to="/profile")
    assert standing(acme, ben).is_running
    acme.clock.advance(30)
    done = acme.submit_right(half)
    assert isinstance(done, SignedIn)
    assert done.return_to == "/"
    stopped = standing(acme, ben)
    assert (stopped.stopped_by, stopped.ended_at) == (StopReason.SIGN_IN, acme.now)
    assert len(acme.mails(ben, MailKind.WAIT_STOPPED)) == 1
    acme.clock.advance(30)
    half = acme.half(ben, return_to="/profile")
    done = acme.submit_right(half)
    assert isinstance(done, SignedIn)
    assert done.return_to == "/profile"


def test_a_trusted_browser_that_skips_the_code_does_not_stop_it(
    acme: Organisation, ben: Person
) -> None:
    """It proves the password alone, which whoever waits has too."""
    trusted = acme.known(ben, trust=True)
    begun(acme, ben)
    assert isinstance(acme.submit_password(ben, place=trusted), SignedIn)
    assert standing(acme, ben).is_running


def test_what_takes_the_ground_from_under_it_stops_it(acme: Organisation, days: Days) -> None:
    """A new password, a disabled person, a role that opens doors, the policy, the person or the
    staff themselves, a new authenticator, a password that counts as stolen.
    """
    owner = acme.owner

    def new_password(person: Person) -> None:
        acme.call(passwords.request_link, email=person.email)
        token = acme.token(person, MailKind.PASSWORD_LINK)
        acme.call(
            passwords.set_by_link,
            purpose=Purpose.PASSWORD,
            token=token,
            encoded=ENCODED,
            source=DESK,
        )

    def disabled(person: Person) -> None:
        acme.call(people.set_disabled, actor=owner, person_id=person.id, disabled=True)

    def promoted(person: Person) -> None:
        acme.call(people.set_role, actor=owner, person_id=person.id, role=Role.HELPDESK)

    def stopped_by_staff(person: Person) -> None:
        assert acme.call(waits.stop_of, actor=owner, person_id=person.id) == person

    acts = {
        StopReason.PASSWORD: new_password,
        StopReason.DISABLED: disabled,
        StopReason.ROLE: promoted,
        StopReason.STAFF: stopped_by_staff,
    }
    for reason, act in acts.items():
        person = enrolled(acme, f"P{reason.value.title()}")
        begun(acme, person)
        act(person)
        assert standing(acme, person).stopped_by is reason
        assert len(acme.mails(person, MailKind.WAIT_STOPPED)) == 1
    last = enrolled(acme, "Last")
    begun(acme, last)
    allow(acme, 0)
    assert standing(acme, last).stopped_by is StopReason.POLICY
    days.live(4)
    assert EventKind.WAIT_OPENED not in {event.kind for event in acme.events()}


def test_ones_own_session_stops_it_and_so_does_a_new_authenticator(acme: Organisation) -> None:
    """A session from before the wait is still somebody who has the phone."""
    for reason in (StopReason.PERSON, StopReason.SET_UP):
        person = enrolled(acme, f"P{reason.value.title()}")
        acme.clock.advance(30)
        caller = acme.caller(person)
        begun(acme, person)
        if reason is StopReason.PERSON:
            assert acme.call(waits.stop_own, caller=caller)
        else:
            pending = acme.call(enrol.begin_own, caller=caller)
            assert isinstance(pending, Totp)
            code = acme.code_of(pending)
            acme.call(enrol.save_own, caller=caller, typed=code, place=HERE)
        assert standing(acme, person).stopped_by is reason


def test_what_a_flow_forgot_to_stop_the_worker_stops(acme: Organisation, days: Days) -> None:
    """It looks again at each step: state, role, policy, password, factor."""
    setters = {
        StopReason.ROLE: lambda tx, who: tx.people.set_role(who.id, Role.ADMIN),
        StopReason.PASSWORD: lambda tx, who: tx.people.set_password(
            who.id, ENCODED, expected_version=who.password_version
        ),
        StopReason.STOLEN: lambda tx, who: tx.people.mark_stolen(who.id, acme.now),
        StopReason.NO_FACTOR: lambda tx, who: tx.authenticators.remove(
            who.id, tx.authenticators.in_force(who.id)[0].id, at=acme.now
        ),
    }
    for reason, setter in setters.items():
        person = enrolled(acme, f"P{reason.value.title()}")
        begun(acme, person)
        acme.store.call(lambda tx, set_=setter, who=person: set_(tx, who))
        days.live(1)
        assert standing(acme, person).stopped_by is reason
    ben = enrolled(acme)
    begun(acme, ben)
    acme.store.call(lambda tx: tx.accounts.set_wait_hours(acme.account_id, 0))
    days.live(1)
    assert standing(acme, ben).stopped_by is StopReason.POLICY


def test_wrong_codes_stop_it_once_the_password_counts_as_stolen(
    acme: Organisation, ben: Person
) -> None:
    """Then nothing but the mailbox is left, and none is begun before a new password is proved."""
    begun(acme, ben)
    Guesser(acme, ben).climb(10)
    assert acme.person(ben.id).must_change_password
    assert standing(acme, ben).stopped_by is StopReason.STOLEN
    assert acme.call(waits.ask, half=acme.half(ben), source=DESK) == Asked()
    assert len(acme.mails(ben, MailKind.WAIT_LINK)) == 1


def test_until_a_new_authenticator_is_saved_it_can_be_stopped(
    acme: Organisation, ben: Person, days: Days
) -> None:
    """Also when the mailed link was used and the set-up stands open: its Save saves nothing."""
    begun(acme, ben)
    days.live(3)
    (token,) = days.tokens(ben, MailKind.WAIT_OPEN)
    cookie, way = at_set_up(acme, ben, token)
    half = half_of(acme, cookie)
    pending = acme.call(enrol.begin_demanded, half=half, token=way)
    assert isinstance(pending, Totp)
    old = acme.active(ben)
    stop = days.tokens(acme.owner, MailKind.WAIT_OVER)[0]
    seen = acme.call(waits.stop_by_link, token=stop)
    assert isinstance(seen, StopPage)
    assert seen.wait.state is WaitState.STOPPED
    assert acme.half_of(cookie) is None
    assert acme.pending(ben) is None
    code = acme.code_of(pending)
    refused = acme.call(enrol.save_demanded, half=half, token=way, typed=code, place=HERE)
    assert isinstance(refused, LinkRefused)
    assert acme.active(ben) == old
    assert acme.call(recovery_link.look, token=token) is LinkTrouble.USED


def test_a_wait_that_is_stopped_while_open_takes_its_unused_link_along(
    acme: Organisation, ben: Person, days: Days
) -> None:
    """A sign-in with the code is enough."""
    begun(acme, ben)
    days.live(3)
    (token,) = days.tokens(ben, MailKind.WAIT_OPEN)
    acme.signed_in(ben)
    assert acme.call(recovery_link.look, token=token) is LinkTrouble.EXPIRED


# ---- who may begin one ---------------------------------------------------------------------


def test_it_is_off_until_an_admin_switches_it_on(acme: Organisation) -> None:
    """And then as long as they chose, in bounds; each change is in the log."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    assert isinstance(acme.call(waits.ask, half=acme.half(ben), source=DESK), NotOffered)
    caller = acme.caller(acme.owner)
    for hours in (-1, 1, 23, 14 * 24 + 1):
        assert isinstance(acme.call(waits.set_length, caller=caller, hours=hours), Refused)
    for hours, changes in ((24, True), (24, False), (14 * 24, True), (72, True)):
        assert acme.call(waits.set_length, caller=caller, hours=hours) is changes
    newest = acme.events(EventKind.WAIT_POLICY_SET)[0]
    assert newest.data == {"hours": "336 → 72"}
    assert isinstance(acme.call(waits.ask, half=acme.half(ben), source=DESK), Asked)


@pytest.mark.parametrize("role", [Role.HELPDESK, Role.ADMIN, Role.OWNER])
def test_staff_never_recover_by_waiting(acme: Organisation, ben: Person, role: Role) -> None:
    """Neither by asking, nor with a link from before they became staff."""
    token = link_for(acme, ben)
    acme.store.call(lambda tx: tx.people.set_role(ben.id, role))
    assert isinstance(acme.call(waits.ask, half=acme.half(ben), source=DESK), NotOffered)
    assert isinstance(acme.call(waits.start, token=token), NotOffered)
    assert acme.store.call(lambda tx: tx.waits.latest(ben.id)) is None


def test_the_link_that_begins_it_lives_fifteen_minutes_and_works_once(
    acme: Organisation, ben: Person
) -> None:
    """A newer one ends an older one; a new password ends both."""
    older, newer = link_for(acme, ben), link_for(acme, ben)
    assert acme.call(waits.start, token=older) is LinkTrouble.EXPIRED
    acme.clock.advance(15 * MINUTE)
    assert acme.call(waits.start, token=newer) is LinkTrouble.EXPIRED
    token = link_for(acme, ben)
    assert isinstance(acme.call(waits.start, token=token), Wait)
    assert acme.call(waits.start, token=token) is LinkTrouble.USED


def test_links_that_begin_it_are_few(acme: Organisation, ben: Person) -> None:
    """The answer is the same when none is mailed."""
    answers = [acme.call(waits.ask, half=acme.half(ben), source=DESK) for _ in range(5)]
    assert answers == [Asked()] * 5
    assert len(acme.mails(ben, MailKind.WAIT_LINK)) == 3


def test_nobody_waits_twice_at_once(acme: Organisation, ben: Person) -> None:
    """While one runs no link is mailed, and one from before changes nothing."""
    first = link_for(acme, ben)
    acme.call(waits.start, token=first)
    acme.call(waits.ask, half=acme.half(ben), source=DESK)
    assert len(acme.mails(ben, MailKind.WAIT_LINK)) == 1
    wait = standing(acme, ben)
    acme.clock.advance(HOUR)
    spare, _ = acme.call(links.mint, Purpose.WAIT, ben)
    again = acme.call(waits.start, token=spare)
    assert again == Runs(wait)
    assert standing(acme, ben) == wait


def test_a_wait_that_somebody_stopped_is_not_begun_again_for_a_week(
    acme: Organisation, ben: Person
) -> None:
    """Where two disagree people decide, and nobody is worn down. A sign-in was no disagreement."""
    begun(acme, ben)
    acme.call(waits.stop_of, actor=acme.owner, person_id=ben.id)
    acme.clock.advance(REST - 1)
    acme.call(waits.ask, half=acme.half(ben), source=DESK)
    assert len(acme.mails(ben, MailKind.WAIT_LINK)) == 1
    acme.clock.advance(1)
    begun(acme, ben)
    acme.signed_in(ben)
    acme.clock.advance(DAY)
    begun(acme, ben)


def test_a_password_out_of_the_mailbox_begins_nothing(acme: Organisation, ben: Person) -> None:
    """Whoever has the mailbox alone sets a password by a mailed link; the wait must not add up
    to a way in. Once somebody has signed in with it and the phone it counts like any other.
    """
    acme.call(passwords.request_link, email=ben.email)
    token = acme.token(ben, MailKind.PASSWORD_LINK)
    acme.call(
        passwords.set_by_link, purpose=Purpose.PASSWORD, token=token, encoded=ENCODED, source=DESK
    )
    ben = acme.person(ben.id)
    acme.clock.advance(365 * DAY)
    assert acme.call(waits.ask, half=acme.half(ben), source=DESK) == Asked()
    assert acme.mails(ben, MailKind.WAIT_LINK) == []
    acme.signed_in(ben)
    begun(acme, ben)


def test_somebody_of_another_account_stops_nothing_here(acme: Organisation, ben: Person) -> None:
    """Nor sees it."""
    begun(acme, ben)
    foreign = replace(acme.owner, account_id="bolt")
    assert acme.call(waits.stop_of, actor=foreign, person_id=ben.id) is None
    assert standing(acme, ben).is_running
    assert acme.store.call(lambda tx: waits.running(tx, account_id="bolt")) == []
    ((wait, person),) = acme.store.call(lambda tx: waits.running(tx, account_id=acme.account_id))
    assert (wait, person) == (standing(acme, ben), ben)


def test_a_passkey_alone_proves_no_password(acme: Organisation, ben: Person) -> None:
    """Its owner signs in without the password, and so says nothing about who has set it."""
    acme.call(passwords.request_link, email=ben.email)
    token = acme.token(ben, MailKind.PASSWORD_LINK)
    acme.call(
        passwords.set_by_link, purpose=Purpose.PASSWORD, token=token, encoded=ENCODED, source=DESK
    )
    ben = acme.person(ben.id)
    acme.call(sign_in.finish, ben, acme.account, "/", HERE, methods=("hwk", "user"))
    acme.call(waits.ask, half=acme.half(ben), source=DESK)
    assert acme.mails(ben, MailKind.WAIT_LINK) == []


def test_the_password_of_an_invitation_counts(acme: Organisation) -> None:
    """It was set before there was a factor, so whoever set the factor up had it."""
    gil = acme.add("Gil", invited=True)
    token = acme.token(gil, MailKind.INVITATION)
    acme.call(
        passwords.set_by_link, purpose=Purpose.INVITATION, token=token, encoded=ENCODED, source=DESK
    )
    gil = acme.person(gil.id)
    acme.enrol(gil)
    allow(acme)
    assert begun(acme, gil).is_running
