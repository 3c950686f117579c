"""The road to everybody enrolled: days, waves, reminders, pauses, and what takes them back."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.flows.rollout_changes import with_days
from tests.storage.races import race
from tests.world import Organisation
from twofold.core.deadlines import due_after
from twofold.core.events import EventKind
from twofold.core.mail import MailKind, MailState
from twofold.core.people import DAY, HOUR, MINUTE, Person, PersonKind, Role
from twofold.core.requirement import Requirement, requirement, ruling
from twofold.core.rollout import BATCH, FIRST_BATCH, HOLD, ExpansionState
from twofold.core.rules import EVERYBODY, Calendar, Start, Target, TargetKind
from twofold.flows import deadlines, expansion, pauses, people, reminders, rollout
from twofold.flows.deadlines import Outcome
from twofold.flows.deliver import claim, settle
from twofold.flows.pauses import TakenBack
from twofold.flows.rollout import Switched, SwitchRefused
from twofold.flows.setup import Refused
from twofold.flows.sign_in import HalfWay, SignedIn
from twofold.ports import Delivery

ADMINS = Target(TargetKind.ROLE, "admin")
HELPDESK = Target(TargetKind.ROLE, "helpdesk")


def asked_of(acme: Organisation, person: Person) -> Requirement:
    """What is asked of somebody now, by what stands in the rows."""
    stored = acme.person(person.id)
    enrolled = acme.store.call(lambda tx: tx.authenticators.has_factor(person.id))
    return requirement(acme.account, stored, acme.now, enrolled=enrolled)


def due_of(acme: Organisation, person: Person) -> int:
    """When somebody's time is over."""
    found = ruling(acme.account, acme.person(person.id), acme.now).due_at
    assert found is not None
    return found


def remind(acme: Organisation) -> None:
    """What the worker does."""
    while acme.call(reminders.tick):
        pass


def go_to(acme: Organisation, at: int) -> None:
    """Let time pass, looking at the reminders every hour as the worker does all the time."""
    while acme.now < at:
        acme.clock.advance(min(HOUR, at - acme.now))
        remind(acme)


def kinds(acme: Organisation, person: Person) -> Counter[MailKind]:
    """How many mails of each kind somebody was written."""
    return Counter(mail.kind for mail in acme.mails(person))


def test_with_days_nobody_is_stopped_before_their_deadline(acme: Organisation) -> None:
    """The password goes on opening a session until that very second, and the set-up after it."""
    ben = with_days(acme)
    due = due_of(acme, ben)
    assert due == due_after(acme.now, 14, acme.account.policy.calendar)
    assert isinstance(acme.submit_password(ben), SignedIn)
    session = acme.caller(ben)
    acme.clock.advance(due - acme.now - 1)
    assert asked_of(acme, ben) is Requirement.REMIND
    acme.clock.advance(1)
    assert asked_of(acme, ben) is Requirement.MUST_ENROL
    assert isinstance(acme.submit_password(ben), HalfWay)
    assert not session.enrolled


def test_the_mail_says_until_when_in_the_persons_own_zone(acme: Organisation) -> None:
    """And waits a minute, in which the switch can be taken back."""
    ben = with_days(acme)
    (mail,) = acme.mails(ben, MailKind.SWITCHED_ON)
    assert str(mail.params["deadline"]).endswith("09:00 UTC")
    assert mail.next_at == acme.now + HOLD
    row = acme.store.call(lambda tx: tx.enrolments.of(ben.id))
    assert row is not None
    assert (row.told_at, row.finished_at) == (acme.now + HOLD, None)


def test_each_reminder_is_written_once_and_none_after_the_set_up(acme: Organisation) -> None:
    """Two days after, then the countdown; whoever is done hears nothing more."""
    ben = with_days(acme)
    eve = acme.add("Eve")
    go_to(acme, due_of(acme, ben) - 2 * DAY)
    assert kinds(acme, ben)[MailKind.REMINDER] == 3
    acme.enrol(eve)
    before = kinds(acme, eve)
    go_to(acme, due_of(acme, ben) + DAY)
    assert kinds(acme, ben)[MailKind.REMINDER] == 5
    assert kinds(acme, eve) == before
    lefts = [mail.params["days_left"] for mail in acme.mails(ben, MailKind.REMINDER)]
    assert sorted(lefts) == [0, 1, 3, 7, 12]
    row = acme.store.call(lambda tx: tx.enrolments.of(eve.id))
    assert row is not None
    assert row.finished_at is not None
    assert row.next_at is None


def test_after_a_standstill_one_reminder_is_sent_and_not_five(acme: Organisation) -> None:
    """The latest that is due."""
    ben = with_days(acme)
    acme.clock.advance(due_of(acme, ben) - DAY + HOUR - acme.now)
    remind(acme)
    assert [mail.params["days_left"] for mail in acme.mails(ben, MailKind.REMINDER)] == [1]


def test_workers_beside_each_other_remind_once(acme: Organisation) -> None:
    """Six at the same moment."""
    ben = with_days(acme)
    acme.clock.advance(2 * DAY + 10 * HOUR)
    race(6, lambda _: acme.call(reminders.tick))
    assert kinds(acme, ben)[MailKind.REMINDER] == 1


def test_a_planned_wave_begins_on_its_day(acme: Organisation) -> None:
    """Nothing is asked before, nobody is told before; then its days begin."""
    ben = acme.add("Ben")
    since = acme.now + 7 * DAY
    caller = acme.enrol(acme.owner)
    assert acme.call(rollout.switch_on, caller=caller, since=since, days=14) == Switched(0)
    assert asked_of(acme, ben) is Requirement.NONE
    assert acme.mails(ben) == []
    assert not acme.call(expansion.step)
    acme.clock.advance(7 * DAY)
    assert acme.call(expansion.step)
    assert due_of(acme, ben) == due_after(since, 14, acme.account.policy.calendar)
    assert kinds(acme, ben) == {MailKind.SWITCHED_ON: 1}
    assert not acme.call(expansion.step)


def test_two_waves_write_somebody_once_and_the_earlier_deadline_counts(
    acme: Organisation,
) -> None:
    """The help desk is the pilot; then everybody."""
    dora = acme.add("Dora", Role.HELPDESK)
    caller = acme.enrol(acme.owner)
    assert acme.call(rollout.switch_on, caller=caller, target=HELPDESK, days=20) == Switched(1)
    first = due_of(acme, dora)
    acme.clock.advance(DAY)
    caller = acme.caller(acme.owner)
    acme.call(rollout.switch_on, caller=caller, days=7)
    assert due_of(acme, dora) == due_after(acme.now, 7, Calendar()) < first
    assert kinds(acme, dora)[MailKind.SWITCHED_ON] == 1


@pytest.mark.parametrize("start", [Start.DELIVERED, Start.SIGN_IN])
def test_time_begins_with_what_the_rule_says(acme: Organisation, start: Start) -> None:
    """The mail that a server took, or the first sign-in; nobody is stopped before."""
    ben = acme.add("Ben")
    acme.call(rollout.switch_on, caller=acme.enrol(acme.owner), days=14, start=start)
    assert ruling(acme.account, acme.person(ben.id), acme.now).due_at is None
    acme.clock.advance(10 * DAY)
    assert asked_of(acme, ben) is Requirement.REMIND
    if start is Start.SIGN_IN:
        assert isinstance(acme.submit_password(ben), SignedIn)
    else:
        for letter in acme.call(claim, 50).letters:
            acme.call(settle, letter.mail, Delivery(ok=True, final=True, detail=""))
    assert due_of(acme, ben) == due_after(acme.now, 14, Calendar())


def test_whoever_comes_later_gets_the_same_days(acme: Organisation) -> None:
    """From their own first day on, told by the invitation."""
    with_days(acme)
    acme.clock.advance(100 * DAY)
    gil = acme.add("Gil", invited=True)
    assert due_of(acme, gil) == due_after(acme.now, 14, Calendar())
    (mail,) = acme.mails(gil)
    assert mail.params["requires_factor"] == 1
    assert mail.params["deadline"]


def test_somebody_with_a_new_role_gets_its_days(acme: Organisation) -> None:
    """Asked of admins only; made admin, they have two weeks."""
    ben = acme.add("Ben")
    acme.call(rollout.switch_on, caller=acme.enrol(acme.owner), target=ADMINS, days=14)
    acme.clock.advance(50 * DAY)
    assert asked_of(acme, ben) is Requirement.NONE
    acme.call(people.set_role, actor=acme.owner, person_id=ben.id, role=Role.ADMIN)
    assert due_of(acme, ben) == due_after(acme.now, 14, Calendar())
    assert kinds(acme, ben) == {MailKind.SWITCHED_ON: 1}


def test_a_switch_is_taken_back_until_its_first_mail_has_left(acme: Organisation) -> None:
    """As if it had not been; the next one writes everybody again."""
    ben = with_days(acme)
    caller = acme.caller(acme.owner)
    answer = acme.call(pauses.take_back, caller=caller, target=EVERYBODY)
    assert answer == TakenBack(2)
    assert not acme.account.requires_factor
    assert {mail.state for mail in acme.mails(ben)} == {MailState.FAILED}
    acme.call(rollout.switch_on, caller=caller, days=7)
    assert due_of(acme, ben) == due_after(acme.now, 7, Calendar())
    assert kinds(acme, ben)[MailKind.SWITCHED_ON] == 2
    acme.clock.advance(HOLD)
    acme.call(claim, 50)
    refused = acme.call(pauses.take_back, caller=caller, target=EVERYBODY)
    assert isinstance(refused, SwitchRefused)
    assert "has left" in refused.sentence
    assert acme.account.requires_factor


def test_taking_one_wave_back_leaves_the_other_as_it_was(acme: Organisation) -> None:
    """With the date that it gave."""
    dora = acme.add("Dora", Role.HELPDESK)
    caller = acme.enrol(acme.owner)
    acme.call(rollout.switch_on, caller=caller, target=HELPDESK, days=20)
    first = due_of(acme, dora)
    acme.clock.advance(DAY)
    caller = acme.caller(acme.owner)
    acme.call(rollout.switch_on, caller=caller, days=7)
    acme.call(pauses.take_back, caller=caller, target=EVERYBODY)
    assert due_of(acme, dora) == first
    assert asked_of(acme, acme.owner) is Requirement.NONE


def test_a_large_organisation_is_reached_in_batches(acme: Organisation) -> None:
    """The first within the switch, the rest by workers, each person once."""
    crowd = [acme.add(f"P{number:04}") for number in range(BATCH + 20)]
    caller = acme.enrol(acme.owner)
    answer = acme.call(rollout.switch_on, caller=caller, days=14)
    assert answer == Switched(FIRST_BATCH)
    race(4, lambda _: acme.call(expansion.step))
    while acme.call(expansion.step):
        pass
    (work,) = acme.store.call(lambda tx: tx.expansions.of_account(acme.account_id, limit=9))
    assert (work.state, work.total, work.done, work.mails) == (
        ExpansionState.DONE,
        BATCH + 21,
        BATCH + 21,
        BATCH + 21,
    )
    assert all(kinds(acme, one)[MailKind.SWITCHED_ON] == 1 for one in crowd[::17])


def test_a_pause_stops_nobody_until_it_ends_by_itself(acme: Organisation) -> None:
    """And reminds nobody."""
    ben = with_days(acme)
    caller = acme.caller(acme.owner)
    due = due_of(acme, ben)
    acme.clock.advance(due - acme.now - HOUR)
    acme.call(pauses.pause, caller=caller, target=EVERYBODY, hours=2, reason="Fire alarm")
    acme.clock.advance(HOUR + MINUTE)
    remind(acme)
    assert kinds(acme, ben)[MailKind.REMINDER] == 0
    assert asked_of(acme, ben) is Requirement.REMIND
    acme.clock.advance(HOUR)
    assert asked_of(acme, ben) is Requirement.MUST_ENROL


def test_report_only_stops_nobody_and_counts(acme: Organisation) -> None:
    """Each sign-in that would have been stopped."""
    ben = acme.add("Ben")
    caller = acme.enrol(acme.owner)
    acme.call(pauses.set_report_only, caller=caller, on=True)
    acme.call(rollout.switch_on, caller=caller)
    for _ in range(2):
        assert isinstance(acme.submit_password(ben), SignedIn)
    assert len(acme.events(EventKind.NEAR_STOP)) == 2
    acme.call(pauses.set_report_only, caller=caller, on=False)
    assert isinstance(acme.submit_password(ben), HalfWay)


def test_four_get_a_week_more_and_the_others_say_why_not(acme: Organisation) -> None:
    """One line for each; nobody's time is made shorter this way."""
    ben = with_days(acme)
    eve, gone = acme.add("Eve"), acme.add("Gone")
    acme.enrol(eve)
    acme.call(people.set_disabled, actor=acme.owner, person_id=gone.id, disabled=True)
    until = due_of(acme, ben) + 7 * DAY
    ids = [ben.id, eve.id, gone.id, "nobody"]
    results = acme.call(
        deadlines.extend, actor=acme.owner, people=ids, until=until, reason="At sea"
    )
    assert not isinstance(results, Refused)
    assert {one.person_id: one.outcome for one in results} == {
        ben.id: Outcome.DONE,
        eve.id: Outcome.ENROLLED,
        gone.id: Outcome.NOT_ASKED,
        "nobody": Outcome.NOT_YOURS,
    }
    assert due_of(acme, ben) == until
    (mail,) = acme.mails(ben, MailKind.DEADLINE_MOVED)
    assert mail.params["reason"] == "At sea"
    again = acme.call(
        deadlines.extend, actor=acme.owner, people=[ben.id], until=until - DAY, reason="No more"
    )
    assert not isinstance(again, Refused)
    assert [one.outcome for one in again] == [Outcome.LATER]
    refused = acme.call(deadlines.extend, actor=acme.owner, people=[], until=until, reason="")
    assert refused == Refused("reason", "Say why, in a few words: it is kept in the log.")


def test_other_days_move_everybodys_date_and_never_into_the_same_day(
    acme: Organisation,
) -> None:
    """Shorter bites for everybody, and not before tomorrow; each is told."""
    ben = with_days(acme)
    acme.clock.advance(10 * DAY)
    caller = acme.caller(acme.owner)
    answer = acme.call(
        pauses.change_days, caller=caller, target=EVERYBODY, days=3, start=Start.SWITCH
    )
    assert answer == Switched(1)
    assert due_of(acme, ben) == due_after(acme.now, 1, Calendar())
    assert kinds(acme, ben)[MailKind.DEADLINE_MOVED] == 1
    refused = acme.call(
        pauses.change_days, caller=caller, target=EVERYBODY, days=0, start=Start.SWITCH
    )
    assert isinstance(refused, SwitchRefused)


def test_whoever_is_on_leave_gets_their_days_when_back(acme: Organisation) -> None:
    """Told of the new date; not moved where nothing is required."""
    ben = with_days(acme)
    back = acme.now + 40 * DAY
    acme.call(deadlines.set_leave, actor=acme.owner, person_id=ben.id, until=back)
    assert due_of(acme, ben) == due_after(back, 14, Calendar())
    assert kinds(acme, ben)[MailKind.DEADLINE_MOVED] == 1


def test_an_exemption_warns_ends_and_asks_again(acme: Organisation) -> None:
    """A week before, to both; then by itself, once."""
    ben = with_days(acme)
    until = acme.now + 30 * DAY
    given = acme.call(
        deadlines.exempt, actor=acme.owner, person_id=ben.id, until=until, reason="No phone"
    )
    assert not isinstance(given, Refused)
    acme.clock.advance(20 * DAY)
    assert asked_of(acme, ben) is Requirement.NONE
    assert not acme.call(deadlines.tick)
    acme.clock.advance(4 * DAY)
    assert acme.call(deadlines.tick)
    assert not acme.call(deadlines.tick)
    assert len(acme.mails(ben, MailKind.EXEMPTION_ENDS)) == 1
    assert len(acme.mails(acme.owner, MailKind.EXEMPTION_ENDS)) == 1
    acme.clock.advance(6 * DAY)
    race(4, lambda _: acme.call(deadlines.tick))
    assert len(acme.events(EventKind.EXEMPTION_ENDED)) == 1
    assert asked_of(acme, ben) is Requirement.MUST_ENROL


def test_nobody_approves_their_own_exemption(acme: Organisation) -> None:
    """Another admin does."""
    refused = acme.call(
        deadlines.exempt,
        actor=acme.owner,
        person_id=acme.owner_id,
        until=acme.now + DAY,
        reason="Because",
    )
    assert isinstance(refused, Refused)


def test_a_service_account_is_asked_and_told_nothing(acme: Organisation) -> None:
    """It is a program."""
    robot = acme.add("Robot")
    acme.store.call(
        lambda tx: tx.people.add(
            replace(robot, id="robot", email="r@acme.example", kind=PersonKind.SERVICE),
            password=None,
        )
    )
    acme.switch_on()
    assert acme.mails(acme.person("robot")) == []


def test_nothing_reaches_into_another_account(acme: Organisation, bolt: Organisation) -> None:
    """Not by an id, and not by a rule."""
    ben, stranger = with_days(acme), bolt.add("Eve")
    until = acme.now + 60 * DAY
    results = acme.call(
        deadlines.extend, actor=bolt.owner, people=[ben.id], until=until, reason="Mine"
    )
    assert not isinstance(results, Refused)
    assert [one.outcome for one in results] == [Outcome.NOT_YOURS]
    for act in (deadlines.set_leave, deadlines.end_exemption):
        arguments = {"until": until} if act is deadlines.set_leave else {}
        assert acme.call(act, actor=bolt.owner, person_id=ben.id, **arguments) is None  # type: ignore[arg-type]
    assert bolt.mails(stranger) == []
    assert asked_of(bolt, stranger) is Requirement.NONE
