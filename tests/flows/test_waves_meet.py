"""Where rules, changed days and single promises meet: nobody gets less than the strictest asks, and
nobody loses what they were told without a word.
"""

import pytest

from tests.flows.keys import PARTY
from tests.flows.rollout_changes import with_days
from tests.flows.test_waves import HELPDESK, asked_of, due_of, kinds
from tests.world import HERE, Organisation
from twofold.core.authenticators import Totp
from twofold.core.deadlines import due_after
from twofold.core.mail import MailKind, MailState
from twofold.core.people import DAY, HOUR, Person, Role
from twofold.core.requirement import Requirement
from twofold.core.rules import EVERYBODY, Calendar, Start, Target, TargetKind
from twofold.flows import (
    deadlines,
    enrol,
    expansion,
    groups,
    passkeys,
    pauses,
    people,
    progress,
    rollout,
)
from twofold.flows.deadlines import Outcome
from twofold.flows.enrol import NoSetUp
from twofold.flows.passkeys import Offer
from twofold.flows.pauses import TakenBack
from twofold.flows.rollout import Switched
from twofold.flows.setup import Refused


def change(acme: Organisation, days: int) -> None:
    """Give everybody other days."""
    caller = acme.caller(acme.owner)
    done = acme.call(
        pauses.change_days, caller=caller, target=EVERYBODY, days=days, start=Start.SWITCH
    )
    assert isinstance(done, Switched)


@pytest.mark.parametrize(("days", "bites"), [(0, True), (3, False)])
def test_a_stricter_group_is_met_on_entering_it(acme: Organisation, days: int, bites: bool) -> None:
    """Whoever had two weeks has what is asked of the group, from the moment they enter."""
    ben = with_days(acme)
    caller = acme.caller(acme.owner)
    vault = acme.call(groups.create, caller=caller, name="Vault")
    assert not isinstance(vault, Refused)
    target = Target(TargetKind.GROUP, vault.id)
    acme.call(rollout.switch_on, caller=caller, target=target, days=days)
    acme.clock.advance(HOUR)
    caller = acme.caller(acme.owner)
    acme.call(groups.place, caller=caller, person_id=ben.id, group_id=vault.id, inside=True)
    assert due_of(acme, ben) == due_after(acme.now, days, Calendar())
    assert (asked_of(acme, ben) is Requirement.MUST_ENROL) is bites


def test_leaving_a_stricter_group_gives_the_others_date_back(acme: Organisation) -> None:
    """And says so by mail; a role that is taken away likewise."""
    ben = with_days(acme)
    usual = due_of(acme, ben)
    caller = acme.caller(acme.owner)
    vault = acme.call(groups.create, caller=caller, name="Vault")
    assert not isinstance(vault, Refused)
    for target in (Target(TargetKind.GROUP, vault.id), HELPDESK):
        acme.call(rollout.switch_on, caller=caller, target=target, days=3)
    place = {"caller": caller, "person_id": ben.id, "group_id": vault.id}
    acme.call(groups.place, **place, inside=True)
    assert due_of(acme, ben) < usual
    acme.call(groups.place, **place, inside=False)
    assert due_of(acme, ben) == usual
    assert kinds(acme, ben)[MailKind.DEADLINE_MOVED] == 1
    acme.call(people.set_role, actor=acme.owner, person_id=ben.id, role=Role.HELPDESK)
    assert due_of(acme, ben) < usual
    acme.call(people.set_role, actor=acme.owner, person_id=ben.id, role=Role.MEMBER)
    assert due_of(acme, ben) == usual


def test_another_group_shortens_nobodys_extension(acme: Organisation) -> None:
    """Entering one of which nothing more is asked changes no date."""
    ben = with_days(acme)
    until = acme.now + 60 * DAY
    acme.call(deadlines.extend, actor=acme.owner, people=[ben.id], until=until, reason="At sea")
    caller = acme.caller(acme.owner)
    choir = acme.call(groups.create, caller=caller, name="Choir")
    assert not isinstance(choir, Refused)
    acme.call(groups.place, caller=caller, person_id=ben.id, group_id=choir.id, inside=True)
    acme.call(people.set_role, actor=acme.owner, person_id=ben.id, role=Role.HELPDESK)
    assert due_of(acme, ben) == until


def test_shorter_days_open_no_door_that_was_shut(acme: Organisation) -> None:
    """Whose time is over stays asked."""
    ben = with_days(acme)
    acme.clock.advance(due_of(acme, ben) + HOUR - acme.now)
    assert asked_of(acme, ben) is Requirement.MUST_ENROL
    change(acme, 3)
    assert asked_of(acme, ben) is Requirement.MUST_ENROL
    assert kinds(acme, ben)[MailKind.DEADLINE_MOVED] == 0


def test_longer_days_leave_a_longer_promise_and_the_pilots_date(acme: Organisation) -> None:
    """An extension beyond them stays; of two rules the earlier still counts."""
    dora = acme.add("Dora", Role.HELPDESK)
    caller = acme.enrol(acme.owner)
    acme.call(rollout.switch_on, caller=caller, target=HELPDESK, days=5)
    ben = with_days(acme)
    pilot, until = due_of(acme, dora), acme.now + 90 * DAY
    acme.call(deadlines.extend, actor=acme.owner, people=[ben.id], until=until, reason="At sea")
    change(acme, 30)
    assert due_of(acme, ben) == until
    assert due_of(acme, dora) == pilot


def test_taking_a_wave_back_leaves_nobody_untold(acme: Organisation) -> None:
    """The mails of the other wave go out, and whom only the first had told is told by it."""
    dora, ben = acme.add("Dora", Role.HELPDESK), acme.add("Ben")
    caller = acme.enrol(acme.owner)
    acme.call(rollout.switch_on, caller=caller, target=HELPDESK, days=5)
    acme.clock.advance(10)
    acme.call(rollout.switch_on, caller=acme.caller(acme.owner), days=14)
    answer = acme.call(pauses.take_back, caller=acme.caller(acme.owner), target=HELPDESK)
    assert isinstance(answer, TakenBack)
    while acme.call(expansion.step):
        pass
    for person in (dora, ben):
        states = [mail.state for mail in acme.mails(person, MailKind.SWITCHED_ON)]
        assert states.count(MailState.QUEUED) == 1, person.name
        assert due_of(acme, person) == due_after(acme.now - 0, 14, Calendar())


def test_what_is_not_offered_is_not_begun(acme: Organisation) -> None:
    """Neither an app nor a passkey; an admin may, to be able to switch it on (promise P10)."""
    ben = acme.add("Ben")
    caller = acme.caller(acme.owner)
    acme.call(pauses.set_stance, caller=caller, target=EVERYBODY, offered=False)
    own = acme.caller(ben)
    assert isinstance(acme.call(enrol.begin_own, caller=own), NoSetUp)
    offer = acme.call(passkeys.begin, caller=own, party=PARTY, place=HERE)
    assert isinstance(offer, NoSetUp)
    olga = acme.caller(acme.owner)
    assert isinstance(acme.call(enrol.begin_own, caller=olga), Totp)
    assert isinstance(acme.call(passkeys.begin, caller=olga, party=PARTY, place=HERE), Offer)


def test_nobody_gives_themselves_more_time(acme: Organisation) -> None:
    """Another admin does; nor leave."""
    adi = acme.add("Adi", Role.ADMIN)
    with_days(acme)
    until = acme.now + 60 * DAY
    results = acme.call(
        deadlines.extend, actor=adi, people=[adi.id], until=until, reason="I am busy"
    )
    assert not isinstance(results, Refused)
    assert [one.outcome for one in results] == [Outcome.YOURSELF]
    leave = acme.call(deadlines.set_leave, actor=adi, person_id=adi.id, until=until)
    assert isinstance(leave, Refused)


def test_after_the_switch_nobody_is_ahead_of_a_deadline(acme: Organisation) -> None:
    """Switched off, the dates on the rows mean nothing."""
    ben: Person = with_days(acme)
    assert sum(acme.call(progress.look, account_id=acme.account_id).facts.ahead.values()) == 1
    acme.call(rollout.switch_off, caller=acme.caller(acme.owner))
    assert asked_of(acme, ben) is Requirement.NONE
    assert acme.call(progress.look, account_id=acme.account_id).facts.ahead == {}
