"""The set-up that policy demands: password, mailed link, code."""

from dataclasses import replace

import pytest

from tests.storage.races import race
from tests.world import DESK, ENCODED, HERE, Organisation
from twofold.core.authenticators import Totp
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.otp import Malformed
from twofold.core.people import DAY, MINUTE, Person
from twofold.core.rules import at_once
from twofold.core.sessions import HalfCaller, Stage
from twofold.core.tokens import Purpose
from twofold.flows import authenticators, enrol, enrol_link, links, passwords, rollout
from twofold.flows.enrol import LinkRefused, NothingPending
from twofold.flows.links import LinkTrouble, OpenLink
from twofold.flows.sign_in import SignedIn, SignInEnded
from twofold.flows.verify import Locked, Wrong


def begin(acme: Organisation, half: HalfCaller, token: str) -> Totp | LinkRefused:
    """Open the mailed link."""
    return acme.call(enrol.begin_demanded, half=half, token=token)


def save(acme: Organisation, half: HalfCaller, token: str, typed: str) -> object:
    """Press *Save*."""
    return acme.call(enrol.save_demanded, half=half, token=token, typed=typed, place=HERE)


def state_of_link(acme: Organisation, token: str) -> object:
    """What the link would open."""
    return acme.call(links.look, purpose=Purpose.ENROL, token=token)


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member who must set up: the switch was moved after he came."""
    ben = acme.add("Ben")
    acme.switch_on()
    return ben


@pytest.fixture
def token(acme: Organisation, ben: Person) -> str:
    """The set-up link in the mail of the switch."""
    return acme.token(ben, MailKind.SWITCHED_ON)


def test_password_link_and_code_lead_to_a_session(
    acme: Organisation, ben: Person, token: str
) -> None:
    """The link is used, the sign-in finished, and the person goes where they wanted to."""
    half_token = acme.half_token(ben, return_to="/account")
    half = acme.half_of(half_token)
    assert half is not None
    pending = begin(acme, half, token)
    assert isinstance(pending, Totp)
    answer = save(acme, half, token, acme.code_of(pending))
    assert isinstance(answer, SignedIn)
    assert answer.return_to == "/account"
    caller = acme.caller_of(answer.token)
    assert caller is not None
    assert (caller.session.methods, caller.enrolled) == (("pwd", "otp"), True)
    assert acme.half_of(half_token) is None
    assert state_of_link(acme, token) is LinkTrouble.USED
    assert len(acme.mails(ben, MailKind.ENROLLED)) == 1


def test_saving_kills_the_links_of_all_other_mails(
    acme: Organisation, ben: Person, token: str
) -> None:
    """Whichever mail was opened, none of them opens a set-up afterwards."""
    half = acme.half(ben)
    acme.call(enrol_link.send_link, half=half)
    second = acme.token(ben, MailKind.ENROL_LINK)
    pending = begin(acme, half, token)
    assert isinstance(pending, Totp)
    assert begin(acme, half, second) == pending
    assert isinstance(save(acme, half, second, acme.code_of(pending)), SignedIn)
    assert state_of_link(acme, second) is LinkTrouble.USED
    assert state_of_link(acme, token) is LinkTrouble.EXPIRED


def test_the_link_is_used_by_saving_alone(acme: Organisation, ben: Person, token: str) -> None:
    """Looking, a wrong code, a typing mistake and Cancel leave it as it was."""
    half = acme.half(ben)
    pending = begin(acme, half, token)
    assert isinstance(pending, Totp)
    assert begin(acme, half, token) == pending
    assert save(acme, half, token, acme.wrong(pending)) == Wrong()
    assert isinstance(save(acme, half, token, "12"), Malformed)
    acme.call(enrol.cancel, person=ben)
    assert save(acme, half, token, acme.code_of(pending)) == NothingPending()
    assert isinstance(state_of_link(acme, token), OpenLink)


def test_the_password_alone_is_refused(acme: Organisation, ben: Person) -> None:
    """Without the link there is nothing to see and nothing to save (promise P4)."""
    half = acme.half(ben)
    assert begin(acme, half, "") == LinkRefused()
    assert save(acme, half, "A" * 43, "123456") == LinkRefused()
    assert acme.pending(ben) is None
    assert acme.attempts(ben) == []


def test_the_link_of_somebody_else_is_refused(acme: Organisation, ben: Person, token: str) -> None:
    """A link opens the set-up of the person to whom it was mailed, and no other."""
    eve = acme.add("Eve")
    half = acme.half(eve)
    assert begin(acme, half, token) == LinkRefused()
    assert save(acme, half, token, "123456") == LinkRefused()
    assert isinstance(state_of_link(acme, token), OpenLink)


def test_a_link_of_another_purpose_is_refused(acme: Organisation, ben: Person) -> None:
    """Purposes are hashed in: a password link is no set-up link."""
    acme.call(passwords.request_link, email=ben.email)
    token = acme.token(ben, MailKind.PASSWORD_LINK)
    assert begin(acme, acme.half(ben), token) == LinkRefused()


def test_an_expired_link_is_refused(acme: Organisation, ben: Person, token: str) -> None:
    """After fourteen days it opens nothing, also for a page that was open."""
    acme.clock.advance(14 * DAY - 1)
    half = acme.half(ben)
    pending = begin(acme, half, token)
    assert isinstance(pending, Totp)
    acme.clock.advance(1)
    assert begin(acme, half, token) == LinkRefused()
    assert save(acme, half, token, acme.code_of(pending)) == LinkRefused()


def test_a_used_link_is_refused(acme: Organisation, ben: Person, token: str) -> None:
    """Also in a sign-in that began before."""
    half, other = acme.half(ben), acme.half(ben)
    pending = begin(acme, half, token)
    assert isinstance(pending, Totp)
    save(acme, half, token, acme.code_of(pending))
    assert begin(acme, other, token) == LinkRefused()
    assert save(acme, other, token, acme.code_of(pending)) == LinkRefused()


def test_somebody_at_the_code_stage_cannot_set_up(acme: Organisation, ben: Person) -> None:
    """Whoever has a factor replaces it from a session, never with a link and a password."""
    acme.call(rollout.switch_off, caller=acme.caller(acme.owner))
    acme.enrol(ben)
    link, _ = acme.call(links.mint, Purpose.ENROL, ben)
    half = acme.half(ben)
    assert half.sign_in.stage is Stage.CODE
    assert begin(acme, half, link) == LinkRefused()
    assert save(acme, half, link, "123456") == LinkRefused()


def test_a_new_password_kills_the_set_up_link(acme: Organisation, ben: Person, token: str) -> None:
    """It was made under another password version."""
    acme.call(passwords.request_link, email=ben.email)
    acme.call(
        passwords.set_by_link,
        purpose=Purpose.PASSWORD,
        token=acme.token(ben, MailKind.PASSWORD_LINK),
        encoded=ENCODED,
        source=DESK,
    )
    assert begin(acme, acme.half(ben), token) == LinkRefused()


def test_a_sign_in_that_is_gone_saves_nothing(acme: Organisation, ben: Person, token: str) -> None:
    """Finished or ended elsewhere: the set-up stays pending, the link stays unused."""
    half = acme.half(ben)
    pending = begin(acme, half, token)
    assert isinstance(pending, Totp)
    acme.store.call(lambda tx: tx.sign_ins.finish(half.sign_in.id))
    assert save(acme, half, token, acme.code_of(pending)) == SignInEnded()
    assert acme.store.call(authenticators.own, person_id=ben.id) == []
    assert isinstance(state_of_link(acme, token), OpenLink)


def test_parallel_saves_make_one_session(acme: Organisation, ben: Person, token: str) -> None:
    """Twenty presses with one right code: one factor, one session, one mail."""
    half = acme.half(ben)
    pending = begin(acme, half, token)
    assert isinstance(pending, Totp)
    code = acme.code_of(pending)
    answers = race(20, lambda _: save(acme, half, token, code))
    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert acme.sessions(ben) == 1
    assert len(acme.mails(ben, MailKind.ENROLLED)) == 1


@pytest.mark.parametrize("round_number", range(2))
def test_saving_beside_a_new_link_is_no_fault(
    acme: Organisation, ben: Person, token: str, round_number: int
) -> None:
    """Whichever comes first: one Save counts, the others read that the link is used."""
    half = acme.half(ben)
    pending = begin(acme, half, token)
    assert isinstance(pending, Totp)
    code = acme.code_of(pending)

    def act(number: int) -> object:
        if number % 2 == round_number:
            return save(acme, half, token, code)
        return acme.call(enrol_link.send_link, half=half)

    saved = [a for a in race(8, act) if not isinstance(a, enrol_link.SetUpWait)]
    assert len(saved) == 4
    assert sum(isinstance(a, SignedIn) for a in saved) == 1
    assert all(isinstance(a, SignedIn | LinkRefused) for a in saved)


def test_wrong_codes_lock_here_too(acme: Organisation, ben: Person, token: str) -> None:
    """The link and the password do not buy more than ten guesses."""
    half = acme.half(ben)
    pending = begin(acme, half, token)
    assert isinstance(pending, Totp)
    answers = [save(acme, half, token, acme.wrong(pending, n)) for n in range(10)]
    assert answers == [Wrong()] * 10
    assert isinstance(save(acme, half, token, acme.code_of(pending)), Locked)


def test_a_set_up_begun_before_the_switch_is_not_shown_after_it(acme: Organisation) -> None:
    """Somebody who only knows the password could have begun it and read its secret: what the
    mailed link then shows must be new, or they would hold a copy of the person's key.
    """
    ben = acme.add("Ben")
    seen = acme.call(enrol.begin_own, caller=acme.caller(ben))
    assert isinstance(seen, Totp)
    acme.switch_on()
    pending = begin(acme, acme.half(ben), acme.token(ben, MailKind.SWITCHED_ON))
    assert isinstance(pending, Totp)
    assert pending.secret != seen.secret


def test_the_set_up_stays_the_same_over_sign_ins(
    acme: Organisation, ben: Person, token: str
) -> None:
    """Whoever comes back with the link the next day finds the entry that they scanned."""
    pending = begin(acme, acme.half(ben), token)
    acme.clock.advance(DAY)
    assert begin(acme, acme.half(ben), token) == pending


def test_a_link_is_sent_again_three_times_in_fifteen_minutes(
    acme: Organisation, ben: Person, token: str
) -> None:
    """Each of the mails works; a fourth is not sent until the first is old enough."""
    half = acme.half(ben)
    wait = acme.call(enrol_link.wait_for_link, half=half)
    assert (wait.sent_recently, wait.can_send, wait.sent_at) == (0, True, acme.now)
    acme.clock.advance(MINUTE)
    tokens = [token]
    for number in (1, 2, 3):
        wait = acme.call(enrol_link.send_link, half=half)
        assert (wait.sent_recently, wait.can_send) == (number, number < 3)
        assert wait.sent_at == acme.now
        tokens.append(acme.token(ben, MailKind.ENROL_LINK))
    assert acme.call(enrol_link.send_link, half=half) == wait
    assert len(acme.mails(ben, MailKind.ENROL_LINK)) == 3
    assert len(acme.events(EventKind.ENROL_LINK_SENT)) == 3
    assert all(isinstance(state_of_link(acme, one), OpenLink) for one in tokens)
    acme.clock.advance(15 * MINUTE + 1)
    assert acme.call(enrol_link.wait_for_link, half=half).can_send
    assert acme.call(enrol_link.send_link, half=half).sent_recently == 1


def test_parallel_presses_send_three_links(acme: Organisation, ben: Person) -> None:
    """The limit holds against twelve presses at once."""
    half = acme.half(ben)
    race(12, lambda _: acme.call(enrol_link.send_link, half=half))
    assert len(acme.mails(ben, MailKind.ENROL_LINK)) == 3


def test_no_link_is_sent_at_the_code_stage(acme: Organisation, ben: Person) -> None:
    """There a code is awaited, not a set-up."""
    half = acme.half(ben)
    at_code = replace(half, sign_in=replace(half.sign_in, stage=Stage.CODE))
    acme.call(enrol_link.send_link, half=at_code)
    assert acme.mails(ben, MailKind.ENROL_LINK) == []


def test_without_a_mail_the_page_knows_of_none(acme: Organisation) -> None:
    """Somebody who came by another road is told of no link."""
    eve = acme.add("Eve")
    acme.store.call(
        lambda tx: tx.accounts.set_policy(acme.account_id, at_once(acme.now), switched_at=acme.now)
    )
    wait = acme.call(enrol_link.wait_for_link, half=acme.half(eve))
    assert (wait.sent_recently, wait.can_send, wait.sent_at) == (0, True, None)


def test_somebody_who_comes_after_the_switch_is_told_too(acme: Organisation) -> None:
    """With a link, as everybody was who had been there."""
    acme.switch_on()
    eve = acme.add("Eve")
    wait = acme.call(enrol_link.wait_for_link, half=acme.half(eve))
    assert (wait.sent_recently, wait.can_send, wait.sent_at) == (0, True, acme.now)
    assert len(acme.mails(eve, MailKind.SWITCHED_ON)) == 1
