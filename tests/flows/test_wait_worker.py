"""The worker and the waits: many at once, mails that do not leave, clocks that jump."""

import pytest

from tests.flows.waiting import Days, begun, enrolled, link_for, set_up_by, standing
from tests.races import rounds
from tests.storage.races import race
from tests.world import Organisation
from twofold.core.events import EventKind
from twofold.core.mail import GIVE_UP_AFTER, MailKind
from twofold.core.people import DAY, HOUR, MINUTE, Person
from twofold.core.waits import StopReason, Wait, WaitState
from twofold.flows import deliver, waits
from twofold.flows.waits import StopPage
from twofold.ports import Delivery


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member with an authenticator, who may wait."""
    return enrolled(acme)


@pytest.fixture
def days(acme: Organisation) -> Days:
    """Days with a worker and a mail server."""
    return Days(acme)


def test_a_clock_far_ahead_neither_ends_it_nor_skips_a_notice(
    acme: Organisation, ben: Person, days: Days
) -> None:
    """Ten days in one leap: one notice, and after that the days that are left, each with its
    own; never the end in the same look as the beginning.
    """
    begun(acme, ben)
    days.work()
    acme.clock.advance(10 * DAY)
    days.work()
    assert len(acme.mails(ben, MailKind.WAIT_NOTICE)) == 2
    assert standing(acme, ben).state is WaitState.WAITING
    days.live(1)
    assert len(acme.mails(ben, MailKind.WAIT_NOTICE)) == 3
    assert standing(acme, ben).state is WaitState.WAITING
    days.live(1)
    assert standing(acme, ben).state is WaitState.OPEN


def test_a_clock_that_was_ahead_and_is_put_right_makes_it_a_day_longer_at_most(
    acme: Organisation, ben: Person, days: Days
) -> None:
    """What was written in the future does not hold it up until that future."""
    begun(acme, ben)
    days.work()
    acme.clock.advance(30 * DAY)
    days.work()
    acme.clock.advance(-30 * DAY + HOUR)
    days.work()
    assert standing(acme, ben).ends_at == acme.now + 2 * DAY
    days.live(2)
    assert standing(acme, ben).state is WaitState.OPEN


def test_while_no_mail_leaves_nothing_counts(acme: Organisation, ben: Person, days: Days) -> None:
    """A mail server that is away for a week: no end, no heap of notices; then a whole interval."""
    begun(acme, ben)
    for _ in range(7 * 4):
        acme.clock.advance(DAY // 4)
        while acme.call(waits.tick):
            pass
    assert len(acme.mails(ben, MailKind.WAIT_NOTICE)) == 1
    days.post()
    acme.clock.advance(DAY - MINUTE)
    days.work()
    assert len(acme.mails(ben, MailKind.WAIT_NOTICE)) == 1
    acme.clock.advance(MINUTE)
    days.work()
    assert len(acme.mails(ben, MailKind.WAIT_NOTICE)) == 2


def test_an_address_that_takes_no_mail_ends_it(acme: Organisation, ben: Person) -> None:
    """Nobody who ought to hear of it could; the others are told."""
    begun(acme, ben)
    for mail in acme.store.call(lambda tx: tx.mails.claim(acme.now, limit=100)):
        refused = Delivery(ok=False, final=mail.person_id == ben.id, detail="No such mailbox.")
        acme.call(deliver.settle, mail=mail, delivery=refused)
    acme.clock.advance(DAY)
    assert acme.call(waits.tick)
    assert standing(acme, ben).stopped_by is StopReason.UNREACHABLE
    assert len(acme.mails(acme.owner, MailKind.WAIT_STOPPED)) == 1
    assert GIVE_UP_AFTER > DAY


def test_a_worker_that_was_away_for_weeks_goes_on_where_it_stood(
    acme: Organisation, ben: Person, days: Days
) -> None:
    """One notice at its return, not one for each day that nobody was there."""
    begun(acme, ben)
    days.post()
    acme.clock.advance(21 * DAY)
    days.work()
    assert len(acme.mails(ben, MailKind.WAIT_NOTICE)) == 2
    days.live(2)
    assert len(acme.mails(ben, MailKind.WAIT_OPEN)) == 1


@pytest.mark.parametrize("fault", ["mail", "event", "move"])
def test_a_step_that_breaks_off_has_done_nothing(
    acme: Organisation, ben: Person, days: Days, fault: str
) -> None:
    """Mails, log and the row are one transaction: whoever dies in it is as if never there, and
    the next look does it once.
    """
    begun(acme, ben)
    days.live(2)
    acme.clock.advance(DAY)
    before = (acme.mails(ben), acme.events(), standing(acme, ben))

    def dies(tx: object, now: int) -> None:
        assert waits.tick(tx, now)  # type: ignore[arg-type]
        raise ConnectionError(fault)

    with pytest.raises(ConnectionError):
        acme.call(dies)
    assert (acme.mails(ben), acme.events(), standing(acme, ben)) == before
    days.work()
    days.work()
    assert len(acme.mails(ben, MailKind.WAIT_OPEN)) == 1


@pytest.mark.parametrize("_round", rounds())
def test_many_at_once_begin_it_once(acme: Organisation, _round: int) -> None:
    """One wait, one notice to each, one event."""
    ben = enrolled(acme, "Many")
    token = link_for(acme, ben)
    answers = race(16, lambda _: acme.call(waits.start, token=token))
    assert sum(isinstance(answer, Wait) for answer in answers) == 1
    assert len(acme.mails(ben, MailKind.WAIT_NOTICE)) == 1
    assert len(acme.events(EventKind.WAIT_STARTED)) == 1


@pytest.mark.parametrize("_round", rounds())
def test_many_workers_at_once_do_each_step_once(
    acme: Organisation, days: Days, _round: int
) -> None:
    """Each notice and the link, however many look at the same moment."""
    ben = enrolled(acme, "Many")
    begun(acme, ben)
    days.post()
    for told in (2, 3):
        acme.clock.advance(DAY)
        race(12, lambda _: acme.call(waits.tick))
        assert len(acme.mails(ben, MailKind.WAIT_NOTICE)) == told
        days.post()
    acme.clock.advance(DAY)
    race(12, lambda _: acme.call(waits.tick))
    assert len(acme.mails(ben, MailKind.WAIT_OPEN)) == 1
    assert len(acme.events(EventKind.WAIT_OPENED)) == 1


@pytest.mark.parametrize("_round", rounds())
def test_many_buttons_at_once_stop_it_once(acme: Organisation, days: Days, _round: int) -> None:
    """From all mails, the staff and a sign-in together: one stop, one mail to each."""
    ben = enrolled(acme, "Many")
    begun(acme, ben)
    days.work()
    tokens = [
        days.tokens(ben, MailKind.WAIT_NOTICE)[0],
        days.tokens(acme.owner, MailKind.WAIT_NOTICE)[0],
    ]

    def press(n: int) -> object:
        if n % 3 == 2:
            return acme.call(waits.stop_of, actor=acme.owner, person_id=ben.id)
        return acme.call(waits.stop_by_link, token=tokens[n % 3])

    answers = race(18, press)
    seen = [answer for answer in answers if isinstance(answer, StopPage)]
    assert seen
    assert not any(answer.wait.is_running for answer in seen)
    assert len(acme.events(EventKind.WAIT_STOPPED)) == 1
    assert len(acme.mails(ben, MailKind.WAIT_STOPPED)) == 1


@pytest.mark.parametrize("_round", rounds())
def test_end_and_stop_at_once_leave_no_link_behind(
    acme: Organisation, days: Days, _round: int
) -> None:
    """Whichever comes first: once it is stopped, the set-up is shut."""
    ben = enrolled(acme, "Many")
    begun(acme, ben)
    days.live(2)
    acme.clock.advance(DAY)
    token = days.tokens(acme.owner, MailKind.WAIT_NOTICE)[0]
    race(
        8,
        lambda n: acme.call(waits.tick) if n % 2 else acme.call(waits.stop_by_link, token=token),
    )
    days.work()
    assert standing(acme, ben).state is WaitState.STOPPED
    for link in days.tokens(ben, MailKind.WAIT_OPEN):
        with pytest.raises(AssertionError):
            set_up_by(acme, ben, link)
