"""Groups: made, renamed, deleted; who is in them; and never across accounts."""

from dataclasses import replace

import pytest

from tests.flows.group_changes import made, put_in
from tests.storage.races import race
from tests.world import Organisation
from twofold.core.events import EventKind
from twofold.core.groups import MAX_GROUPS, Group
from twofold.core.mail import MailKind
from twofold.core.people import DAY, GuardPolicy, PasskeysFrom, Person
from twofold.core.rules import FactorPolicy, Pause, Rule, Stance, Target, TargetKind
from twofold.flows import groups
from twofold.flows.groups import Entered, View
from twofold.flows.setup import Refused


def look(acme: Organisation, group: Group) -> View:
    """A group as its page shows it."""
    view = acme.store.call(groups.look, account_id=acme.account_id, group_id=group.id)
    assert view is not None
    return view


def enter(acme: Organisation, group: Group, text: str) -> Entered | Refused | None:
    """The owner puts in whoever stands in a text."""
    return acme.call(groups.enter, caller=acme.caller(acme.owner), group_id=group.id, text=text)


def place(acme: Organisation, group: Group, person: Person, *, inside: bool) -> object:
    """The owner puts somebody in, or takes them out."""
    return acme.call(
        groups.place,
        caller=acme.caller(acme.owner),
        person_id=person.id,
        group_id=group.id,
        inside=inside,
    )


def ask(acme: Organisation, policy: FactorPolicy) -> None:
    """Store what the account asks."""
    acme.store.call(
        lambda tx: tx.accounts.set_policy(acme.account_id, policy, switched_at=acme.now)
    )


def required(group: Group) -> Rule:
    """A rule that asks the group for a second factor at once."""
    return Rule("r", Target(TargetKind.GROUP, group.id), Stance.REQUIRED, group.created_at)


def test_a_name_exists_once_in_every_spelling(acme: Organisation, bolt: Organisation) -> None:
    """Blanks and case do not make another group; another account may have the same name."""
    caller = acme.caller(acme.owner)
    sales = acme.call(groups.create, caller=caller, name="  Sales  North ")
    assert isinstance(sales, Group)
    assert sales.name == "Sales North"
    for again in ("sales north", "ＳＡＬＥＳ North"):
        refused = acme.call(groups.create, caller=caller, name=again)
        assert isinstance(refused, Refused)
        assert refused.field == "name"
    other = made(acme, "Service")
    refused = acme.call(groups.rename, caller=caller, group_id=other.id, name="SALES NORTH")
    assert isinstance(refused, Refused)
    renamed = acme.call(groups.rename, caller=caller, group_id=sales.id, name="Sales NORTH")
    assert isinstance(renamed, Group)
    assert made(bolt, "Sales North").account_id == bolt.account_id
    listed = acme.store.call(groups.of_account, account_id=acme.account_id)
    assert [one.name for one in listed] == ["Sales NORTH", "Service"]


@pytest.mark.parametrize("name", ["", " ", "a|b", "a;b", "x" * 121, "two\u202elines"])
def test_a_name_that_cannot_be_used_is_refused(acme: Organisation, name: str) -> None:
    """With the field at fault, when it is made and when it is renamed."""
    caller, group = acme.caller(acme.owner), made(acme)
    for done in (
        acme.call(groups.create, caller=caller, name=name),
        acme.call(groups.rename, caller=caller, group_id=group.id, name=name),
    ):
        assert isinstance(done, Refused)
        assert done.field == "name"


def test_there_are_not_more_groups_than_an_admin_can_read(acme: Organisation) -> None:
    """The one above the bound is refused."""
    for number in range(MAX_GROUPS):
        group = Group(f"g{number}", acme.account_id, f"G{number}", None, acme.now)
        acme.store.call(lambda tx, one=group: tx.groups.add(one))
    refused = acme.call(groups.create, caller=acme.caller(acme.owner), name="One more")
    assert isinstance(refused, Refused)


def test_people_are_put_in_by_a_list_of_addresses(acme: Organisation) -> None:
    """As it is pasted from a mail; whoever is in already is counted, and stays once."""
    group, ben, eve = made(acme), acme.add("Ben"), acme.add("Eve", invited=True)
    text = f'"Ben" <BEN@acme.example>, eve@acme.example;\n{eve.email}'
    assert enter(acme, group, text) == Entered(added=2, already=0)
    assert enter(acme, group, text) == Entered(added=0, already=2)
    assert acme.person(ben.id).groups == acme.person(eve.id).groups == (group.id,)
    assert {event.subject_id for event in acme.events(EventKind.GROUP_ENTERED)} == {ben.id, eve.id}
    assert len(acme.events(EventKind.GROUP_ENTERED)) == 2
    view = look(acme, group)
    assert (view.row.people, view.row.enrolled) == (2, 0)
    assert [person.name for person, _ in view.people] == ["Ben", "Eve"]
    acme.enrol(ben)
    assert look(acme, group).row.enrolled == 1


def test_nobody_of_another_account_is_ever_put_in(acme: Organisation, bolt: Organisation) -> None:
    """Neither by address nor by id, and neither into a group of another account; the answer is
    that for an address that nobody has.
    """
    group, ben, zoe = made(acme), acme.add("Ben"), bolt.add("Zoe")
    refused = enter(acme, group, f"{ben.email}, {zoe.email}")
    assert isinstance(refused, Refused)
    nobody = enter(acme, group, f"{ben.email}, nobody@bolt.example")
    assert isinstance(nobody, Refused)
    assert refused.sentence.replace(zoe.email, "nobody@bolt.example") == nobody.sentence
    assert acme.person(ben.id).groups == ()
    assert place(acme, group, zoe, inside=True) is None
    assert place(bolt, group, zoe, inside=True) is None
    assert enter(bolt, group, zoe.email) is None
    assert bolt.person(zoe.id).groups == ()
    lead = acme.call(
        groups.set_lead, caller=acme.caller(acme.owner), group_id=group.id, email=zoe.email
    )
    assert isinstance(lead, Refused)
    caller = bolt.caller(bolt.owner)
    assert bolt.call(groups.delete, caller=caller, group_id=group.id) is None
    assert bolt.call(groups.rename, caller=caller, group_id=group.id, name="X") is None
    assert bolt.call(groups.set_lead, caller=caller, group_id=group.id, email="") is None
    assert bolt.store.call(groups.look, account_id=bolt.account_id, group_id=group.id) is None


@pytest.mark.parametrize("text", ["", "Ben", " ".join(f"a{n}@b.example" for n in range(1001))])
def test_a_list_without_addresses_or_with_too_many_is_refused(
    acme: Organisation, text: str
) -> None:
    """With a sentence at the field."""
    refused = enter(acme, made(acme), text)
    assert isinstance(refused, Refused)
    assert refused.field == "people"


def test_what_stands_with_the_person_is_always_what_the_memberships_say(
    acme: Organisation,
) -> None:
    """In and out of several, and after a group is deleted."""
    one, two, ben = made(acme, "One"), made(acme, "Two"), acme.add("Ben")
    for group in (one, two):
        assert place(acme, group, ben, inside=True) is not None
        assert place(acme, group, ben, inside=True) is not None
    assert acme.person(ben.id).groups == tuple(sorted((one.id, two.id)))
    place(acme, one, ben, inside=False)
    assert acme.person(ben.id).groups == (two.id,)
    assert look(acme, one).people == []
    caller = acme.caller(acme.owner)
    assert acme.call(groups.delete, caller=caller, group_id=two.id) == two
    assert acme.person(ben.id).groups == ()
    assert acme.events(EventKind.GROUP_DELETED)[0].data == {"group": "Two", "people": 1}
    assert acme.call(groups.delete, caller=caller, group_id=two.id) is None


def test_a_group_that_something_is_asked_of_stays(acme: Organisation) -> None:
    """While a rule or a pause is about it; the sentence says what to do first."""
    group, caller = made(acme), acme.caller(acme.owner)
    pause = Pause(Target(TargetKind.GROUP, group.id), acme.now, acme.now + 60, "Inventory", "Olga")
    for policy, word in (
        (FactorPolicy(rules=(required(group),)), "rule"),
        (FactorPolicy(pauses=(pause,)), "pause"),
    ):
        ask(acme, policy)
        refused = acme.call(groups.delete, caller=caller, group_id=group.id)
        assert isinstance(refused, Refused)
        assert word in refused.sentence
        assert word in look(acme, group).why_not_delete
    ask(acme, FactorPolicy())
    assert isinstance(acme.call(groups.delete, caller=caller, group_id=group.id), Group)


def test_a_lead_is_named_once_and_taken_back(acme: Organisation) -> None:
    """The same lead again is no change; nobody is one too."""
    group, ben, caller = made(acme), acme.add("Ben"), acme.caller(acme.owner)
    for email in (ben.email, ben.email.upper()):
        acme.call(groups.set_lead, caller=caller, group_id=group.id, email=email)
    assert len(acme.events(EventKind.GROUP_LEAD_SET)) == 1
    assert look(acme, group).lead == acme.person(ben.id)
    acme.call(groups.set_lead, caller=caller, group_id=group.id, email=" ")
    assert look(acme, group).lead is None
    assert acme.store.call(groups.list_groups, account_id=acme.account_id)[0].lead == ""


def test_an_admin_does_not_shut_themselves_out_by_a_group(acme: Organisation) -> None:
    """Neither where it must set up, nor where passkeys alone are taken (promise P10)."""
    group = made(acme)
    ask(acme, FactorPolicy(rules=(required(group),), round=1))
    refused = place(acme, group, acme.owner, inside=True)
    assert isinstance(refused, Refused)
    assert isinstance(enter(acme, group, acme.owner.email), Refused)
    acme.enrol(acme.owner)
    assert place(acme, group, acme.owner, inside=True) is not None
    assert acme.owner.groups == (group.id,)
    guard = replace(GuardPolicy(), passkeys_from=PasskeysFrom.ADMINS)
    caller = acme.caller(acme.owner)
    other = made(acme, "Other")
    acme.store.call(lambda tx: tx.accounts.set_guard(acme.account_id, guard))
    refused = acme.call(
        groups.place,
        caller=caller,
        person_id=acme.owner_id,
        group_id=other.id,
        inside=True,
    )
    assert isinstance(refused, Refused)
    assert "passkey" in refused.sentence


def test_people_put_in_and_a_group_deleted_at_once_leave_no_trace_of_it(
    acme: Organisation,
) -> None:
    """Whoever is last finds it gone, or takes everybody out again."""
    group, people = made(acme), [acme.add(f"P{n}") for n in range(6)]
    caller = acme.caller(acme.owner)

    def act(number: int) -> object:
        if number == 3:
            return acme.call(groups.delete, caller=caller, group_id=group.id)
        return acme.call(
            groups.place,
            caller=caller,
            person_id=people[number % 6].id,
            group_id=group.id,
            inside=True,
        )

    race(8, act)
    assert all(acme.person(one.id).groups == () for one in people)
    assert acme.store.call(groups.of_account, account_id=acme.account_id) == []


def test_a_long_group_is_shown_in_pages(acme: Organisation) -> None:
    """Fifty at a time, in the order of their addresses, everybody once."""
    group = made(acme)
    people = [acme.add(f"P{n:03}", invited=True) for n in range(51)]
    put_in(acme, group, *people)
    first = look(acme, group)
    assert len(first.people) == 50
    second = acme.store.call(
        groups.look, account_id=acme.account_id, group_id=group.id, after=first.next_after
    )
    assert second is not None
    assert [one.name for one, _ in second.people] == ["P050"]
    assert second.next_after == ""


def test_what_is_asked_of_a_group_begins_for_whoever_enters_it(acme: Organisation) -> None:
    """With the days of the rule, a mail, and nothing again when they enter once more."""
    acme.enrol(acme.owner)
    group, ben = made(acme), acme.add("Ben")
    rule = replace(required(group), days=14)
    ask(acme, FactorPolicy(rules=(rule,), round=1))
    acme.clock.advance(DAY)
    for inside in (True, False, True):
        place(acme, group, ben, inside=inside)
    due = acme.person(ben.id).duty.due_at
    assert due is not None
    assert due >= acme.now + 14 * DAY - DAY
    assert [mail.kind for mail in acme.mails(ben)] == [MailKind.SWITCHED_ON]
