"""The lead of a group reads once a week how far the group is, and no more when it is done."""

from tests.flows.group_changes import made, put_in
from tests.storage.races import race
from tests.world import Organisation
from twofold.core.digests import next_digest, unpacked
from twofold.core.groups import Group
from twofold.core.mail import MailKind
from twofold.core.people import DAY, HOUR, Person
from twofold.core.rules import EVERYBODY, Target, TargetKind
from twofold.flows import deadlines, digests, groups, pauses, people, rollout


def led(acme: Organisation) -> tuple[Group, Person, list[Person]]:
    """A group of two with a lead beside it."""
    lia, ben, eve = acme.add("Lia"), acme.add("Ben"), acme.add("Eve")
    acme.add("Zoe")  # Nobody of the group.
    group = made(acme)
    put_in(acme, group, ben, eve)
    name_lead(acme, group, lia)
    return group, lia, [ben, eve]


def name_lead(acme: Organisation, group: Group, lead: Person | None) -> None:
    """By the owner."""
    email = lead.email if lead else ""
    caller = acme.caller(acme.owner)
    done = acme.call(groups.set_lead, caller=caller, group_id=group.id, email=email)
    assert isinstance(done, Group)


def work(acme: Organisation) -> None:
    """What the worker does when it looks."""
    while acme.call(digests.tick):
        pass


def monday(acme: Organisation, zone: str = "UTC") -> None:
    """On to the next Monday, 09:00."""
    acme.clock.advance(next_digest(acme.now, zone) - acme.now)
    work(acme)


def told(acme: Organisation, lead: Person) -> list[list[str]]:
    """Whom each mail to the lead names, oldest first."""
    return [
        [name for name, _ in unpacked(str(mail.params["people"]))]
        for mail in reversed(acme.mails(lead, MailKind.DIGEST))
    ]


def test_the_lead_reads_of_the_own_group_until_all_are_done(acme: Organisation) -> None:
    """Only the names of the group, each Monday, and nothing after the last one."""
    group, lia, (ben, eve) = led(acme)
    monday(acme)
    assert told(acme, lia) == []  # Nothing is asked of anybody.
    acme.call(rollout.switch_on, caller=acme.enrol(acme.owner), days=30)
    work(acme)
    assert told(acme, lia) == []
    monday(acme)
    assert told(acme, lia) == [["Ben", "Eve"]]
    params = acme.mails(lia, MailKind.DIGEST)[0].params
    assert (params["group"], params["enrolled"], params["total"]) == (group.name, 0, 2)
    assert all(until.endswith("09:00 UTC") for _, until in unpacked(str(params["people"])))
    acme.enrol(ben)
    acme.clock.advance(DAY)
    work(acme)
    monday(acme)
    assert told(acme, lia) == [["Ben", "Eve"], ["Eve"]]
    acme.enrol(eve)
    for _ in range(3):
        monday(acme)
    assert told(acme, lia) == [["Ben", "Eve"], ["Eve"]]


def test_it_comes_in_the_morning_of_the_lead(acme: Organisation) -> None:
    """In the lead's own zone, and the deadlines too."""
    group, lia, _ = led(acme)
    zone = "Asia/Kolkata"
    acme.store.call(
        lambda tx: tx.people.set_details(
            lia.id, name=lia.name, language="de", zone=zone, external_id=""
        )
    )
    name_lead(acme, group, None)
    name_lead(acme, group, acme.person(lia.id))
    acme.call(rollout.switch_on, caller=acme.enrol(acme.owner), days=30)
    monday(acme, "Asia/Kolkata")
    (mail,) = acme.mails(lia, MailKind.DIGEST)
    assert all(until.endswith("IST") for _, until in unpacked(str(mail.params["people"])))


def test_after_a_standstill_it_comes_once_and_in_a_morning(acme: Organisation) -> None:
    """Not three at night."""
    _, lia, _ = led(acme)
    acme.call(rollout.switch_on, caller=acme.enrol(acme.owner), days=60)
    acme.clock.advance(next_digest(acme.now, "UTC") - acme.now + 15 * DAY + 14 * HOUR)
    work(acme)
    assert told(acme, lia) == []
    acme.clock.advance(10 * HOUR)
    work(acme)
    assert len(told(acme, lia)) == 1
    monday(acme)
    assert len(told(acme, lia)) == 2


def test_workers_beside_each_other_write_once(acme: Organisation) -> None:
    """One mail for each lead, group and week, whatever starts again."""
    group, lia, _ = led(acme)
    acme.call(rollout.switch_on, caller=acme.enrol(acme.owner), days=30)
    acme.clock.advance(next_digest(acme.now, "UTC") - acme.now)
    race(6, lambda _: acme.call(digests.tick))
    assert len(told(acme, lia)) == 1
    # The same group is due again in the same week, as after a restored backup.
    acme.store.call(lambda tx: tx.groups.set_digest(group.id, acme.now))
    work(acme)
    assert len(told(acme, lia)) == 1


def test_who_is_exempt_or_not_asked_is_not_named(acme: Organisation) -> None:
    """And where nobody is asked, nothing is written; a disabled lead reads nothing."""
    group, lia, (ben, eve) = led(acme)
    caller = acme.enrol(acme.owner)
    acme.call(rollout.switch_on, caller=caller, days=30)
    until = acme.now + 90 * DAY
    acme.call(deadlines.exempt, actor=acme.owner, person_id=ben.id, until=until, reason="At sea")
    monday(acme)
    assert told(acme, lia) == [["Eve"]]
    acme.call(people.set_disabled, actor=acme.owner, person_id=lia.id, disabled=True)
    monday(acme)
    acme.call(people.set_disabled, actor=acme.owner, person_id=lia.id, disabled=False)
    acme.call(people.set_disabled, actor=acme.owner, person_id=eve.id, disabled=True)
    monday(acme)
    assert told(acme, lia) == [["Eve"]]


def test_a_rule_about_another_group_says_nothing(acme: Organisation) -> None:
    """Only a rollout that covers the group is told of."""
    _, lia, _ = led(acme)
    other = made(acme, "Service")
    put_in(acme, other, acme.add("Max"))
    target = Target(TargetKind.GROUP, other.id)
    acme.call(rollout.switch_on, caller=acme.enrol(acme.owner), target=target, days=30)
    monday(acme)
    assert told(acme, lia) == []


def test_what_is_paused_has_no_moment(acme: Organisation) -> None:
    """Whose time is over reads as now; in a pause none stands fixed."""
    _, lia, _ = led(acme)
    caller = acme.enrol(acme.owner)
    acme.call(rollout.switch_on, caller=caller)
    monday(acme)
    acme.clock.advance(6 * DAY + 23 * HOUR)
    acme.call(
        pauses.pause, caller=acme.caller(acme.owner), target=EVERYBODY, hours=24, reason="Moving"
    )
    monday(acme)
    last, first = (
        {until for _, until in unpacked(str(mail.params["people"]))}
        for mail in acme.mails(lia, MailKind.DIGEST)
    )
    assert (first, last) == ({""}, {"-"})


def test_a_group_without_a_lead_is_never_due(acme: Organisation) -> None:
    """Nor one whose lead was taken away."""
    group, lia, _ = led(acme)
    acme.call(rollout.switch_on, caller=acme.enrol(acme.owner), days=30)
    name_lead(acme, group, None)
    acme.clock.advance(30 * DAY)
    assert acme.call(digests.tick) is False
    assert told(acme, lia) == []
    acme.store.call(lambda tx: tx.groups.set_digest(group.id, acme.now))
    assert acme.call(digests.tick) is True
    assert acme.call(digests.tick) is False
