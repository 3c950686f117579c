"""A file as a diff: what changes, what is left out, what is new beside people."""

import pytest

from tests.flows.group_changes import made, put_in
from tests.world import DESK, ENCODED, Organisation
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import GuardPolicy, Person, PersonKind, PersonState, Role
from twofold.core.roster import Roster, parse
from twofold.core.roster_plan import Action, Plan
from twofold.core.rules import at_once
from twofold.core.tokens import Purpose
from twofold.flows import passwords, people
from twofold.flows import roster as rosters
from twofold.flows.links import LinkTrouble
from twofold.flows.setup import Refused
from twofold.flows.sign_in import PasswordRefused

TITLES = "name;email;role;groups;language;time zone;second address;external id;kind"


def file(*lines: str, titles: str = TITLES) -> Roster:
    """A file with these people."""
    read = parse("\n".join([titles, *lines]).encode())
    assert isinstance(read, Roster)
    return read


def bring(
    acme: Organisation, *lines: str, actor: Person | None = None, suspend: bool = False
) -> Plan:
    """The owner, or somebody else, imports."""
    return acme.call(
        rosters.apply,
        account=acme.account,
        actor=actor or acme.owner,
        roster=file(*lines),
        suspend=suspend,
    )


def names(acme: Organisation, person: Person) -> list[str]:
    """The groups that somebody is in, by name."""
    known = acme.store.call(lambda tx: tx.groups.of_account(acme.account_id))
    return [group.name for group in known if group.id in acme.person(person.id).groups]


def of(acme: Organisation, email: str) -> Person:
    """Somebody by their address."""
    found = acme.store.call(lambda tx: tx.people.by_email(email))
    assert found is not None
    return found


def test_a_new_person_comes_with_everything(acme: Organisation) -> None:
    """Groups that there are and new ones, language, zone, id, and a second address to confirm."""
    made(acme, "Sales")
    row = 'Ben;ben@acme.example;;"sales|Berlin";de;Europe/Berlin;ben@home.example;e-1;'
    planned = bring(acme, row)
    assert (planned.added, planned.new_groups) == (1, ("Berlin",))
    ben = of(acme, "ben@acme.example")
    assert (ben.language, ben.zone, ben.external_id) == ("de", "Europe/Berlin", "e-1")
    assert names(acme, ben) == ["Berlin", "Sales"]
    kinds = sorted(mail.kind for mail in acme.mails(ben))
    assert kinds == [MailKind.ADDRESS_ASKED, MailKind.ADDRESS_LINK, MailKind.INVITATION]
    before = len(acme.events())
    again = bring(acme, row)
    assert (again.same, again.added, again.changed, again.new_groups) == (1, 0, 0, ())
    assert of(acme, "ben@acme.example") == ben
    assert len(acme.events()) == before + 1
    assert len(acme.mails(ben)) == 3


def test_every_field_is_changed_and_the_second_time_nothing(acme: Organisation) -> None:
    """The plan says from what to what; a hyphen empties."""
    ben = acme.add("Ben")
    put_in(acme, made(acme, "Sales"), ben)
    row = (
        "Benjamin;ben@acme.example;helpdesk;Berlin|Paris;de;Europe/Paris;b@home.example;e-1;person"
    )
    (planned,) = bring(acme, row).rows
    assert [change.words for change in planned.changes] == [
        "name: Ben → Benjamin",
        "role: member → helpdesk",
        "groups: Sales → Berlin, Paris",
        "language: none → de",
        "time zone: none → Europe/Paris",
        "external id: none → e-1",
        "second address: none → b@home.example, once confirmed",
    ]
    assert names(acme, ben) == ["Berlin", "Paris"]
    assert bring(acme, row).changed == 0
    (planned,) = bring(acme, "Benjamin;ben@acme.example;;-;-;-;-;-;").rows
    assert planned.action is Action.CHANGE
    now = acme.person(ben.id)
    assert (now.groups, now.language, now.zone, now.external_id) == ((), "", "", "")
    assert now.role is Role.HELPDESK


def test_an_address_changes_by_the_external_id_and_both_are_told(acme: Organisation) -> None:
    """Links that were mailed to the old one are dead; the password stays."""
    ben = acme.add("Ben")
    bring(acme, "Ben;ben@acme.example;;;;;;e-1;")
    acme.call(passwords.request_link, email=ben.email)
    token = acme.token(ben, MailKind.PASSWORD_LINK)
    assert bring(acme, "Ben;benny@acme.example;;;;;;e-1;").changed == 1
    moved = acme.person(ben.id)
    assert moved.email == "benny@acme.example"
    assert acme.store.call(lambda tx: tx.people.by_email(ben.email)) is None
    told = [mail for mail in acme.mails(ben) if mail.kind is MailKind.ADDRESS_CHANGED]
    assert {mail.to_address for mail in told} == {ben.email, moved.email}
    used = acme.call(
        passwords.set_by_link, purpose=Purpose.PASSWORD, token=token, encoded=ENCODED, source=DESK
    )
    assert isinstance(used, LinkTrouble)
    assert bring(acme, "Ben;benny@acme.example;;;;;;e-1;").changed == 0
    assert len([m for m in acme.mails(ben) if m.kind is MailKind.ADDRESS_CHANGED]) == 2
    acme.signed_in(moved)


def test_whoever_is_invited_and_moves_is_invited_anew(acme: Organisation) -> None:
    """At the new address."""
    bring(acme, "Ben;ben@acme.example;;;;;;e-1;")
    ben = of(acme, "ben@acme.example")
    bring(acme, "Ben;benny@acme.example;;;;;;e-1;")
    invited = [mail for mail in acme.mails(ben) if mail.kind is MailKind.INVITATION]
    assert {mail.to_address for mail in invited} == {ben.email, "benny@acme.example"}


def test_an_id_and_an_address_of_two_people_are_a_problem(acme: Organisation) -> None:
    """As is an address of somebody in another account, and a second row with one id."""
    acme.add("Eve")
    bring(acme, "Ben;ben@acme.example;;;;;;e-1;")
    planned = bring(acme, "Ben;eve@acme.example;;;;;;e-1;")
    assert planned.problems == 1
    rows = ("Ben;ben@acme.example;;;;;;e-1;", "Eve;eve@acme.example;;;;;;e-1;")
    assert bring(acme, *rows).problems == 1


def test_an_address_moves_to_nobody_elses(acme: Organisation, bolt: Organisation) -> None:
    """Whose it is stays untold."""
    bring(acme, "Ben;ben@acme.example;;;;;;e-1;")
    planned = bring(acme, f"Ben;{bolt.owner.email};;;;;;e-1;")
    assert planned.problems == 1
    assert "Bolt" not in planned.rows[0].note


def test_whoever_is_not_in_the_file_stays_or_is_suspended(acme: Organisation) -> None:
    """As the admin chose; never the acting admin, nobody of a higher role, and no program."""
    ada, ben, eve = acme.add("Ada", Role.ADMIN), acme.add("Ben"), acme.add("Eve")
    bot = acme.call(
        people.add,
        account=acme.account,
        actor=acme.owner,
        name="Backup",
        email="bot@acme.example",
        role=Role.MEMBER,
        kind=PersonKind.SERVICE,
    )
    assert isinstance(bot, Person)
    row = "Ben;ben@acme.example;;;;;;;"
    assert [one.name for one in bring(acme, row, actor=ada).left_out] == ["Eve"]
    assert acme.person(eve.id).state is PersonState.ACTIVE
    bring(acme, row, actor=ada, suspend=True)
    states = {one.name: acme.person(one.id).state for one in (ada, ben, eve, bot)}
    assert states.pop("Eve") is PersonState.DISABLED
    assert set(states.values()) == {PersonState.ACTIVE}
    assert acme.owner.state is PersonState.ACTIVE
    (event,) = acme.events(EventKind.PERSON_DISABLED)
    assert (event.subject_id, event.actor_id) == (eve.id, ada.id)
    bring(acme, row, actor=ada, suspend=True)
    assert len(acme.events(EventKind.PERSON_DISABLED)) == 1


def test_the_command_line_suspends_no_owner(acme: Organisation) -> None:
    """So that one remains (promise P10); nor does it take the role of one."""
    ada, other = acme.add("Ada", Role.ADMIN), acme.add("Otto", Role.OWNER)
    planned = acme.call(
        rosters.apply,
        account=acme.account,
        actor=None,
        roster=file("Ben;ben@acme.example;;;;;;;"),
        suspend=True,
    )
    assert [one.id for one in planned.left_out] == [ada.id]
    assert acme.person(other.id).state is PersonState.ACTIVE
    planned = acme.call(
        rosters.apply,
        account=acme.account,
        actor=None,
        roster=file(f"Otto;{other.email};member;;;;;;"),
    )
    assert planned.problems == 1


def test_nobody_is_changed_beyond_ones_own_role(acme: Organisation) -> None:
    """An owner stays as they are in an admin's file; the own role stays, and a peer's address."""
    ada, kim = acme.add("Ada", Role.ADMIN), acme.add("Kim", Role.ADMIN)
    owner = f"Somebody;{acme.owner.email};;;;;;;"
    planned = bring(acme, owner, actor=ada)
    assert (planned.same, planned.changed, acme.owner.name) == (1, 0, "Olga")
    assert bring(acme, f"Ada;{ada.email};member;;;;;;", actor=ada).problems == 1
    bring(acme, f"Kim;{kim.email};;;;;;k-1;", actor=ada)
    assert bring(acme, "Kim;kim2@acme.example;;;;;;k-1;", actor=ada).problems == 1
    assert bring(acme, "Kim;kim2@acme.example;;;;;;k-1;").changed == 1


def test_the_acting_admin_does_not_shut_themselves_out_by_a_file(acme: Organisation) -> None:
    """A group whose demands would stop them is a problem of their row (promise P10)."""
    group = made(acme, "Keys")
    guard = GuardPolicy(passkeys_groups=(group.id,))
    acme.store.call(lambda tx: tx.accounts.set_guard(acme.account_id, guard))
    planned = bring(acme, f"Olga;{acme.owner.email};;Keys;;;;;", "Ben;ben@acme.example;;Keys;;;;;")
    assert [row.action for row in planned.rows] == [Action.PROBLEM, Action.ADD]
    assert acme.store.call(lambda tx: tx.people.by_email("ben@acme.example")) is None


def test_more_groups_than_there_may_be_are_a_problem(acme: Organisation) -> None:
    """And none of them is made."""
    rows = [f"P{n};p{n}@acme.example;;G{n};;;;;" for n in range(201)]
    assert bring(acme, *rows).problems == 201
    assert acme.store.call(lambda tx: tx.groups.of_account(acme.account_id)) == []


def test_programs_come_by_file_too(acme: Organisation) -> None:
    """Without an invitation; a person does not become one."""
    bring(acme, "Backup;bot@acme.example;;Machines;;;;;service")
    bot = of(acme, "bot@acme.example")
    assert (bot.kind, bot.state, bot.has_password) == (
        PersonKind.SERVICE,
        PersonState.ACTIVE,
        False,
    )
    assert acme.mails(bot) == []
    assert bring(acme, "Backup;bot@acme.example;;Machines;;;;;service").same == 1
    assert bring(acme, f"Olga;{acme.owner.email};;;;;;;service").problems == 1
    assert bring(acme, "Robot;r@acme.example;admin;;;;;;service").problems == 1


@pytest.mark.parametrize("forgot", [True, False])
def test_a_program_never_signs_in_and_gets_no_mail(acme: Organisation, forgot: bool) -> None:
    """Its password is refused like a wrong one, and none can be had by mail. It is asked for no
    factor, is in no count, and no role but member is given to it.
    """
    bot = acme.call(
        people.add,
        account=acme.account,
        actor=acme.owner,
        name="Backup",
        email="bot@acme.example",
        role=Role.MEMBER,
        kind=PersonKind.SERVICE,
    )
    assert isinstance(bot, Person)
    if forgot:
        acme.call(passwords.request_link, email=bot.email)
    tried = acme.look_up(bot.email)
    unknown = acme.look_up("nobody@acme.example")
    assert tried.encoded is unknown.encoded is None
    assert acme.submit_password(bot) == PasswordRefused()
    policy = at_once(acme.now)
    acme.store.call(
        lambda tx: tx.accounts.set_policy(acme.account_id, policy, switched_at=acme.now)
    )
    assert acme.mails(bot) == []
    assert acme.store.call(lambda tx: tx.people.tally(acme.account_id)).people == 1
    for role in (Role.ADMIN, Role.HELPDESK):
        refused = acme.call(people.set_role, actor=acme.owner, person_id=bot.id, role=role)
        assert isinstance(refused, Refused)
    acme.call(people.set_disabled, actor=acme.owner, person_id=bot.id, disabled=True)
    acme.call(people.set_disabled, actor=acme.owner, person_id=bot.id, disabled=False)
    assert acme.person(bot.id).state is PersonState.ACTIVE
