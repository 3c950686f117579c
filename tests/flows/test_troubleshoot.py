"""The case of one person, from what really happened to one sentence."""

import pytest

from tests.flows.test_diagnose import refused
from tests.world import HERE, Guesser, Organisation
from twofold.core.authenticators import Totp
from twofold.core.case import Case, Diagnosis, Standing, diagnose
from twofold.core.diagnosis import Cause
from twofold.core.locks import LockKind
from twofold.core.mail import MailKind
from twofold.core.people import DAY, HOUR, Person, Role
from twofold.core.verdict_words import AUTOMATIC_TIME
from twofold.flows import enrol, people, troubleshoot
from twofold.flows.second_step import CodeRefused, resync
from twofold.flows.sign_in import SignedIn
from twofold.flows.verify import Typed


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member, enrolled an hour ago."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    acme.clock.advance(HOUR)
    return ben


def case_of(acme: Organisation, person: Person) -> Case:
    """The case as it stands now."""
    found = acme.call(troubleshoot.case_by_email, email=person.email)
    assert found is not None
    return found


def answer(acme: Organisation, person: Person) -> Diagnosis:
    """What the help desk reads."""
    return diagnose(case_of(acme, person))


def kinds(acme: Organisation, person: Person) -> list[LockKind]:
    """What stands in the way."""
    return [one.kind for one in case_of(acme, person).locks]


def test_a_slow_phone(acme: Organisation, ben: Person) -> None:
    """Size and side, what to say, on which codes it stands."""
    refused(acme, ben, acme.code(ben, steps=-6))
    acme.clock.advance(60)
    refused(acme, ben, acme.code(ben, steps=-6))
    found = answer(acme, ben)
    assert found.standing is Standing.TROUBLE
    assert found.sentence == ("The codes come from a phone whose clock is about 3 minutes behind.")
    assert AUTOMATIC_TIME in found.say
    assert found.support == tuple(one.id for one in acme.attempts(ben)[:2])
    case = case_of(acme, ben)
    assert [one.off for one in case.tried[:2]] == [-175, -175]


def test_a_used_code_says_how_long_ago_it_was_used(acme: Organisation, ben: Person) -> None:
    """Counted from the code of the same step that was accepted."""
    code = acme.code(ben)
    assert isinstance(acme.submit_code(acme.half(ben), code), SignedIn)
    acme.clock.advance(20)
    assert isinstance(acme.submit_code(acme.half(ben), code), CodeRefused)
    assert answer(acme, ben).sentence == (
        "The code had been used already 20 seconds earlier; each works once."
    )


def test_an_old_entry_is_told_with_the_day_and_the_new_name(
    acme: Organisation, ben: Person
) -> None:
    """The day on which it was replaced, and which entry to use."""
    old = acme.active(ben)
    acme.enrol(ben)
    acme.clock.advance(DAY)
    refused(acme, ben, acme.code_of(old))
    found = answer(acme, ben)
    assert "replaced on 10 Sep 2026" in found.sentence
    new = acme.active(ben)
    assert f"{new.issuer}: {new.label}" in found.say
    devices = case_of(acme, ben).devices
    assert [one.state.value for one in devices] == ["active", "replaced"]
    assert devices[1].id == old.id


def test_a_refused_password_is_not_taken_for_the_phone(acme: Organisation, ben: Person) -> None:
    """No code was sent; a right one afterwards, and it is over."""
    for _ in range(3):
        acme.submit_password(ben, proved=False)
        acme.clock.advance(10)
    found = answer(acme, ben)
    assert found.sentence.startswith("The password is refused (3 times, last today ")
    assert found.sentence.endswith("; no code was sent.")
    acme.signed_in(ben)
    assert answer(acme, ben).standing is Standing.WORKS


def test_a_wait_at_the_password_is_named_with_its_end(acme: Organisation, ben: Person) -> None:
    """In the way of new browsers alone."""
    for _ in range(8):
        acme.submit_password(ben, proved=False)
        acme.clock.advance(40)
    acme.clock.advance(-40)
    assert kinds(acme, ben) == [LockKind.PASSWORD_WAIT]
    (lock,) = case_of(acme, ben).locks
    assert lock.until is not None
    assert lock.until > acme.now
    assert "You can try again at" in answer(acme, ben).say


def test_guesses_lead_from_a_wait_to_two_codes_to_a_link(acme: Organisation, ben: Person) -> None:
    """Each with its count and its end, and the lock is the answer where nothing matched."""
    thief = Guesser(acme, ben)
    thief.climb(2)
    thief.guess()
    assert kinds(acme, ben) == [LockKind.CODE_WAIT]
    found = answer(acme, ben)
    assert found.sentence.startswith("Locked until ")
    assert found.sentence.endswith(" after 3 wrong codes.")
    acme.clock.advance(61)
    thief.climb(2)
    assert kinds(acme, ben) == [LockKind.PAIR]
    assert "two codes in a row, after 5 wrong codes" in answer(acme, ben).sentence
    thief.climb(5)
    assert kinds(acme, ben) == [LockKind.CODE_LINK, LockKind.STOLEN]
    (link, stolen) = case_of(acme, ben).locks
    assert link.until == acme.attempts(ben)[9].at + 30 * DAY
    assert link.unlock_helps
    assert not stolen.unlock_helps


def test_a_known_browser_that_used_up_its_tries_is_named(acme: Organisation, ben: Person) -> None:
    """It counts as a new one."""
    owner = Guesser(acme, ben, acme.known(ben))
    owner.climb(10)
    assert kinds(acme, ben) == [LockKind.BROWSER]
    assert case_of(acme, ben).locks[0].where == "Firefox on Linux"


def test_a_disabled_authenticator_and_a_disabled_person(acme: Organisation, ben: Person) -> None:
    """The hardest first."""
    acme.store.call(lambda tx: tx.authenticators.disable(ben.id, at=acme.now))
    found = answer(acme, ben)
    assert found.standing is Standing.SHUT
    assert found.sentence.startswith("The authenticator was stopped on 10 Sep 2026")
    acme.call(people.set_disabled, actor=acme.owner, person_id=ben.id, disabled=True)
    assert answer(acme, ben).sentence == "May not sign in: an admin disabled the person."
    assert kinds(acme, ben) == [LockKind.NO_ENTRY, LockKind.AUTHENTICATOR]


def test_never_set_up_and_the_mail_failed(acme: Organisation) -> None:
    """Invited without a password; asked to set up; begun and not saved."""
    gil = acme.add("Gil", invited=True)
    assert answer(acme, gil).sentence == (
        "Never signed in: no password yet. The mail to gil@acme.example waits to be sent."
    )
    (mail,) = acme.mails(gil, MailKind.INVITATION)
    acme.store.call(lambda tx: tx.mails.fail(mail.id, attempts=1, error="550 no such user."))
    assert answer(acme, gil).sentence == (
        "Never signed in: no password yet. The mail to gil@acme.example failed: 550 no such user."
    )
    mia = acme.add("Mia")
    assert answer(acme, mia).standing is Standing.OPEN
    acme.switch_on()
    (mail,) = acme.mails(mia, MailKind.SWITCHED_ON)
    acme.store.call(lambda tx: tx.mails.sent(mail.id, attempts=1, at=acme.now))
    assert answer(acme, mia).sentence == (
        "Never set up. The mail to mia@acme.example was sent today 00:27 UTC."
    )


def test_a_set_up_that_was_begun_is_told(acme: Organisation) -> None:
    """And the codes of its phone, when they are refused."""
    mia = acme.add("Mia")
    acme.switch_on()
    mailed = acme.token(mia, MailKind.SWITCHED_ON)
    pending = acme.call(enrol.begin_demanded, half=acme.half(mia), token=mailed)
    assert isinstance(pending, Totp)
    assert "A set-up was begun today" in answer(acme, mia).sentence


def test_everything_works(acme: Organisation, ben: Person) -> None:
    """The last sign-in by the clock; sessions and the drift of the phone beside it."""
    acme.signed_in(ben)
    found, case = answer(acme, ben), case_of(acme, ben)
    assert found.standing is Standing.WORKS
    assert found.sentence.startswith("Everything works: last sign-in today ")
    assert case.active is not None
    assert case.active.drift is not None
    assert abs(case.active.drift) <= 15
    assert case.active.used_at is not None
    assert abs(case.active.used_at - acme.now) < 30
    assert (case.sessions, case.seen_at) == (1, acme.now)


def test_a_sign_in_of_a_trusted_browser_counts_when_its_session_is_long_over(
    acme: Organisation, ben: Person
) -> None:
    """It needs no code, so no attempt tells of it; what was refused before it is over."""
    trusted = acme.known(ben, trust=True)
    acme.clock.advance(HOUR)
    refused(acme, ben, acme.code(ben, steps=-6))
    acme.clock.advance(60)
    assert isinstance(acme.submit_password(ben, place=trusted), SignedIn)
    at = acme.now
    acme.clock.advance(2 * HOUR)
    case = case_of(acme, ben)
    assert (case.sessions, case.signed_in_at) == (0, at)
    assert diagnose(case).standing is Standing.WORKS


def test_two_codes_for_a_slow_clock_show_in_the_drift(acme: Organisation, ben: Person) -> None:
    """After it, the phone is known to be behind."""
    pair = Typed(acme.code(ben, steps=-7), acme.code(ben, steps=-6))
    assert isinstance(acme.call(resync, half=acme.half(ben), typed=pair, place=HERE), SignedIn)
    case = case_of(acme, ben)
    assert case.active is not None
    assert case.tried[0].off == -175
    assert case.signed_in_at == acme.now


def test_a_case_is_of_the_own_account_and_says_what_may_be_done(
    acme: Organisation, bolt: Organisation, ben: Person
) -> None:
    """By the role of who looks."""
    hal = acme.add("Hal", Role.HELPDESK)
    seen = acme.call(troubleshoot.look, actor=hal, person_id=ben.id)
    assert seen is not None
    assert (seen.may_manage, seen.may_help) == (False, True)
    above = acme.call(troubleshoot.look, actor=hal, person_id=acme.owner_id)
    assert above is not None
    assert not above.may_help
    assert acme.call(troubleshoot.look, actor=hal, person_id=bolt.owner_id) is None
    assert acme.call(troubleshoot.case_by_email, email="nobody@acme.example") is None


def test_ones_own_history_is_ones_own_and_bounded(acme: Organisation, ben: Person) -> None:
    """The newest fifty, nobody else's."""
    eve = acme.add("Eve")
    acme.enrol(eve)
    for _ in range(52):
        acme.submit_code(acme.half(ben), "12345")
    mine = acme.call(troubleshoot.history, person_id=ben.id)
    assert len(mine) == troubleshoot.LOOKED_AT
    assert {one.attempt.person_id for one in mine} == {ben.id}
    assert mine[0].cause is Cause.MALFORMED
    (one,) = acme.call(troubleshoot.history, person_id=eve.id)
    assert one.accepted


def test_looking_changes_nothing(acme: Organisation, ben: Person) -> None:
    """No counter, no event, no attempt."""
    Guesser(acme, ben).climb(4)
    before = (acme.events(), acme.attempts(ben), acme.active(ben), Guesser(acme, ben).asked())
    case_of(acme, ben)
    after = (acme.events(), acme.attempts(ben), acme.active(ben), Guesser(acme, ben).asked())
    assert (before[1:3], before[3]) == (after[1:3], after[3])
