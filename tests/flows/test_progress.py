"""The progress page counts what stands in the rows, at every hour of a rollout."""

from random import Random

from tests.flows.rollout_changes import with_days
from tests.simulation.rollouts import crowd, moments
from tests.world import Organisation
from twofold.core.mail import MailKind
from twofold.core.people import DAY, HOUR, Person
from twofold.core.rollout import START as FIRST
from twofold.core.tokens import Purpose
from twofold.flows import people, progress, reminders, rollout


def counted(acme: Organisation) -> tuple[int, int]:
    """People and enrolled people, one row after the other."""
    rows = [
        row
        for row in acme.store.call(people.everybody, account_id=acme.account_id)
        if row.person.state.value != "disabled"
    ]
    return len(rows), sum(row.enrolled for row in rows)


def test_every_number_is_a_count_over_the_rows_at_every_step(acme: Organisation) -> None:
    """A crowd acts, some are disabled, some remove what they had; the page follows."""
    random = Random(7)
    crew = [acme.add(f"P{number}") for number in range(14)]
    caller = acme.enrol(acme.owner)
    acme.call(rollout.switch_on, caller=caller, days=14)
    one = crowd(random)
    acting = iter(crew)
    for at in moments(one, random)[:10]:
        acme.clock.advance(HOUR + at % DAY)
        while acme.call(reminders.tick):
            pass
        acme.enrol(next(acting))
        if at % 3 == 0:
            acme.call(people.set_disabled, actor=acme.owner, person_id=crew[-1].id, disabled=True)
        _holds(acme)


def _holds(acme: Organisation) -> None:
    seen = acme.call(progress.look, account_id=acme.account_id)
    facts = seen.facts
    assert (facts.people, facts.enrolled) == counted(acme)
    rows = [
        acme.store.call(lambda tx, id_=row.person.id: tx.enrolments.of(id_))
        for row in acme.store.call(people.everybody, account_id=acme.account_id)
        if row.person.state.value != "disabled"
    ]
    road = [row for row in rows if row is not None]
    assert facts.funnel.asked == len(road)
    assert facts.funnel.told == sum(row.told_at is not None for row in road)
    assert facts.funnel.finished == sum(row.finished_at is not None for row in road)
    assert sum(mark.number for mark in facts.marks if mark.kind == FIRST) == 15
    assert sum(facts.ahead.values()) in (0, facts.people - facts.enrolled)
    assert len(facts.durations) == facts.funnel.finished
    if seen.forecast is not None:
        assert facts.enrolled <= seen.forecast.low <= seen.forecast.high <= facts.people


def test_an_opened_link_and_a_begun_set_up_are_steps_of_the_funnel(acme: Organisation) -> None:
    """Each once, and only by the person's own link."""
    ben = with_days(acme)
    token = acme.token(ben, MailKind.SWITCHED_ON)
    for bad in ("nonsense", token[:-1]):
        acme.call(progress.opened, purpose=Purpose.ENROL, token=bad)
    assert funnel(acme, ben) == (1, 0, 0)
    acme.clock.advance(HOUR)
    for _ in range(2):
        acme.call(progress.opened, purpose=Purpose.ENROL, token=token)
    assert funnel(acme, ben) == (1, 1, 0)
    acme.enrol(ben)
    assert funnel(acme, ben) == (1, 1, 1)
    row = acme.store.call(lambda tx: tx.enrolments.of(ben.id))
    assert row is not None
    assert row.started_at is not None


def funnel(acme: Organisation, ben: Person) -> tuple[int, int, int]:
    """Told, opened, finished, of those on the road."""
    del ben
    found = acme.call(progress.look, account_id=acme.account_id).facts.funnel
    return found.told, found.opened, found.finished


def test_nothing_of_another_account_is_counted(acme: Organisation, bolt: Organisation) -> None:
    """Two organisations in one deployment."""
    with_days(acme)
    facts = bolt.call(progress.look, account_id=bolt.account_id).facts
    assert (facts.people, facts.enrolled, facts.funnel.asked) == (1, 0, 0)
    assert list(facts.marks) == []
    assert facts.ahead == {}
