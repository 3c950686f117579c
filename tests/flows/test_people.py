"""People: added, invited, given a role, disabled; and never across accounts."""

from collections.abc import Callable

import pytest

from tests.storage.races import race
from tests.world import Organisation
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import DAY, Person, PersonState, Role
from twofold.core.tokens import Purpose
from twofold.flows import enrol, links, passwords, people, troubleshoot
from twofold.flows.setup import Refused


def add(
    acme: Organisation,
    actor: Person | None,
    *,
    name: str = "Ben",
    email: str = "ben@acme.example",
    role: Role = Role.MEMBER,
) -> Person | Refused:
    """Add somebody by hand."""
    return acme.call(
        people.add, account=acme.account, actor=actor, name=name, email=email, role=role
    )


def set_role(
    acme: Organisation, actor: Person, person: Person, role: Role
) -> Person | Refused | None:
    """Give somebody a role."""
    return acme.call(people.set_role, actor=actor, person_id=person.id, role=role)


def set_disabled(
    acme: Organisation, actor: Person, person: Person, disabled: bool
) -> Person | Refused | None:
    """Disable somebody, or let them again."""
    return acme.call(people.set_disabled, actor=actor, person_id=person.id, disabled=disabled)


def test_somebody_added_is_invited(acme: Organisation) -> None:
    """Stored trimmed, without a password, with a mail that carries a link."""
    ben = add(acme, acme.owner, name=" Ben ", email=" Ben@Acme.example ")
    assert isinstance(ben, Person)
    assert acme.person(ben.id) == ben
    assert (ben.name, ben.email, ben.role) == ("Ben", "Ben@Acme.example", Role.MEMBER)
    assert (ben.state, ben.has_password) == (PersonState.INVITED, False)
    (mail,) = acme.mails(ben)
    assert (mail.kind, mail.to_address) == (MailKind.INVITATION, "Ben@Acme.example")
    assert (mail.params["inviter"], mail.params["requires_factor"]) == ("Olga", 0)
    opened = acme.call(links.look, purpose=Purpose.INVITATION, token=str(mail.params["token"]))
    assert isinstance(opened, links.OpenLink)
    assert opened.person == ben
    assert acme.events(EventKind.PERSON_ADDED)[0].actor_id == acme.owner_id
    assert acme.events(EventKind.PERSON_INVITED)[0].subject_id == ben.id


def test_the_command_line_adds_with_a_password_and_without_a_mail(acme: Organisation) -> None:
    """Such a person is active at once; any role may be given."""
    eve = acme.add("Eve", Role.OWNER)
    assert (eve.state, eve.has_password, eve.password_version) == (PersonState.ACTIVE, True, 1)
    assert acme.mails(eve) == []
    assert acme.events(EventKind.PERSON_ADDED)[0].actor_id is None


def test_an_invitation_from_the_command_line_is_from_the_organisation(acme: Organisation) -> None:
    """There is no person to name."""
    ben = add(acme, None)
    assert isinstance(ben, Person)
    assert acme.mails(ben)[0].params["inviter"] == "Acme"


@pytest.mark.parametrize(
    ("name", "email", "field"),
    [("", "ben@acme.example", "name"), ("Ben", "ben", "email"), ("Ben", "", "email")],
)
def test_what_cannot_be_used_is_refused_by_field(
    acme: Organisation, name: str, email: str, field: str
) -> None:
    """One sentence for the field at fault, and nobody is added."""
    refused = add(acme, acme.owner, name=name, email=email)
    assert isinstance(refused, Refused)
    assert refused.field == field
    assert len(acme.store.call(people.everybody)) == 1


@pytest.mark.parametrize(
    "spelling", ["OLGA@ACME.example", "ｏlga@acme.example", " olga@acme.example"]
)
def test_an_address_is_taken_in_every_spelling(acme: Organisation, spelling: str) -> None:
    """Another case or Unicode form is the same mailbox; the answer names who has it."""
    refused = add(acme, acme.owner, email=spelling)
    assert isinstance(refused, Refused)
    assert refused.field == "email"
    assert "Olga" in refused.sentence


def test_an_address_of_another_account_is_taken_without_a_name(
    acme: Organisation, bolt: Organisation
) -> None:
    """It exists once in a deployment; whose it is stays untold."""
    refused = add(acme, acme.owner, email="OLGA@bolt.example")
    assert isinstance(refused, Refused)
    assert "Olga" not in refused.sentence.replace("OLGA", "")
    assert "Bolt" not in refused.sentence


def test_one_address_added_twice_at_once_is_one_person(acme: Organisation) -> None:
    """Eight presses: one person, seven plain refusals."""
    answers = race(8, lambda _: add(acme, acme.owner))
    assert sum(isinstance(answer, Person) for answer in answers) == 1
    assert sum(isinstance(answer, Refused) for answer in answers) == 7
    assert len(acme.events(EventKind.PERSON_ADDED)) == 2


@pytest.mark.parametrize("actor_role", list(Role))
def test_nobody_gives_a_role_above_their_own(acme: Organisation, actor_role: Role) -> None:
    """Admins up to their own rank; members and the help desk none at all."""
    actor = acme.add("Eve", actor_role)
    for role in Role:
        subject = acme.add(f"Sub{role.rank}")
        allowed = actor_role.is_admin and role.rank <= actor_role.rank
        added = add(acme, actor, name="Kim", email=f"kim{role.rank}@acme.example", role=role)
        given = set_role(acme, actor, subject, role)
        assert isinstance(added, Person) is allowed
        assert isinstance(given, Person) is allowed
        assert acme.person(subject.id).role is (role if allowed else Role.MEMBER)


def test_a_changed_role_is_written_down(acme: Organisation) -> None:
    """Old and new."""
    ben = acme.add("Ben")
    set_role(acme, acme.owner, ben, Role.HELPDESK)
    (event,) = acme.events(EventKind.PERSON_ROLE_CHANGED)
    assert event.data == {"old": "member", "new": "helpdesk"}
    assert (event.actor_id, event.subject_id) == (acme.owner_id, ben.id)


def test_nobody_changes_their_own_role_or_disables_themselves(acme: Organisation) -> None:
    """Otherwise the last owner could lock everybody out (promise P10)."""
    assert isinstance(set_role(acme, acme.owner, acme.owner, Role.MEMBER), Refused)
    assert isinstance(set_disabled(acme, acme.owner, acme.owner, True), Refused)
    assert (acme.owner.role, acme.owner.state) == (Role.OWNER, PersonState.ACTIVE)


def test_somebody_of_higher_rank_is_out_of_reach(acme: Organisation) -> None:
    """An admin changes neither role nor state of an owner, nor invites them anew."""
    eve = acme.add("Eve", Role.ADMIN)
    assert set_role(acme, eve, acme.owner, Role.MEMBER) is None
    assert set_disabled(acme, eve, acme.owner, True) is None
    assert acme.call(people.invite_again, actor=eve, person_id=acme.owner_id) is None


def test_disabling_works_at_once_and_can_be_undone(acme: Organisation) -> None:
    """Sessions, half-finished sign-ins and links open nothing from then on."""
    ben = acme.add("Ben")
    caller = acme.enrol(ben)
    half_token = acme.half_token(ben)
    acme.call(passwords.request_link, email=ben.email)
    link = acme.token(ben, MailKind.PASSWORD_LINK)
    assert isinstance(set_disabled(acme, acme.owner, ben, True), Person)
    assert acme.sessions(ben) == 0
    assert caller.session.person_id == ben.id
    assert acme.half_of(half_token) is None
    assert acme.call(links.look, purpose=Purpose.PASSWORD, token=link) is links.LinkTrouble.UNKNOWN
    assert isinstance(set_disabled(acme, acme.owner, ben, True), Person)
    assert len(acme.events(EventKind.PERSON_DISABLED)) == 1
    set_disabled(acme, acme.owner, ben, False)
    assert acme.person(ben.id).state is PersonState.ACTIVE
    assert len(acme.events(EventKind.PERSON_ENABLED)) == 1
    assert acme.active(ben).person_id == ben.id


def test_somebody_invited_is_invited_still_after_being_disabled(acme: Organisation) -> None:
    """Without a password nobody becomes active."""
    ben = acme.add("Ben", invited=True)
    set_disabled(acme, acme.owner, ben, True)
    set_disabled(acme, acme.owner, ben, False)
    assert acme.person(ben.id).state is PersonState.INVITED


def test_somebody_disabled_meanwhile_manages_nobody(acme: Organisation) -> None:
    """The actor is asked again inside the transaction: a request that was under way is void."""
    eve, ben = acme.add("Eve", Role.OWNER), acme.add("Ben")
    set_disabled(acme, acme.owner, eve, True)
    assert set_disabled(acme, eve, acme.owner, True) is None
    assert set_role(acme, eve, acme.owner, Role.MEMBER) is None
    assert acme.call(people.invite_again, actor=eve, person_id=ben.id) is None
    assert (acme.owner.role, acme.owner.state) == (Role.OWNER, PersonState.ACTIVE)


@pytest.mark.parametrize("act", ["disable", "demote"])
def test_owners_who_act_against_each_other_leave_one(acme: Organisation, act: str) -> None:
    """At the same moment: one is first, and the organisation keeps an owner (promise P10)."""
    olga, eve = acme.owner, acme.add("Eve", Role.OWNER)
    pairs = [(olga, eve), (eve, olga)] * 4

    def strike(number: int) -> object:
        actor, subject = pairs[number]
        if act == "disable":
            return set_disabled(acme, actor, subject, True)
        return set_role(acme, actor, subject, Role.MEMBER)

    race(8, strike)
    assert acme.store.call(lambda tx: tx.people.any_owner()) in (
        acme.person(olga.id),
        acme.person(eve.id),
    )


def test_a_new_invitation_kills_the_old_link(acme: Organisation) -> None:
    """And is limited to ten a day, the first one counted."""
    ben = acme.add("Ben", invited=True)
    first = acme.token(ben, MailKind.INVITATION)
    for _ in range(9):
        assert acme.call(people.invite_again, actor=acme.owner, person_id=ben.id) == ben
    assert len(acme.mails(ben, MailKind.INVITATION)) == 10
    found = acme.call(links.look, purpose=Purpose.INVITATION, token=first)
    assert found is links.LinkTrouble.EXPIRED
    newest = acme.token(ben, MailKind.INVITATION)
    assert isinstance(
        acme.call(links.look, purpose=Purpose.INVITATION, token=newest), links.OpenLink
    )
    refused = acme.call(people.invite_again, actor=acme.owner, person_id=ben.id)
    assert isinstance(refused, Refused)
    acme.clock.advance(DAY + 1)
    assert acme.call(people.invite_again, actor=acme.owner, person_id=ben.id) == ben


def test_parallel_invitations_stay_within_the_limit(acme: Organisation) -> None:
    """Twenty presses at once send nine more."""
    ben = acme.add("Ben", invited=True)
    race(20, lambda _: acme.call(people.invite_again, actor=acme.owner, person_id=ben.id))
    assert len(acme.mails(ben, MailKind.INVITATION)) == 10


def test_whoever_has_a_password_needs_no_invitation(acme: Organisation) -> None:
    """The answer says so by name."""
    refused = acme.call(people.invite_again, actor=acme.owner, person_id=acme.add("Ben").id)
    assert isinstance(refused, Refused)
    assert "Ben" in refused.sentence


def test_a_person_is_shown_with_what_an_admin_sees(acme: Organisation) -> None:
    """Authenticator, mails, and whether the admin may change them."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    seen = acme.call(troubleshoot.look, actor=acme.owner, person_id=ben.id)
    assert seen is not None
    assert seen.case.person == ben
    assert seen.case.active is not None
    assert seen.case.active.id == acme.active(ben).id
    assert [mail.kind for mail in seen.case.mails] == [MailKind.ENROLLED]
    assert seen.may_manage
    eve = acme.add("Eve", Role.ADMIN)
    above = acme.call(troubleshoot.look, actor=eve, person_id=acme.owner_id)
    assert above is not None
    assert not above.may_manage


def test_people_are_listed_in_pages_of_fifty(acme: Organisation) -> None:
    """In the order of addresses, each once, with the tally of all."""
    for number in range(59):
        acme.add(f"P{number:02}", invited=True)
    first = acme.store.call(people.list_people, account_id=acme.account_id)
    rest = acme.store.call(people.list_people, account_id=acme.account_id, after=first.next_after)
    assert (len(first.rows), len(rest.rows), rest.next_after) == (50, 10, "")
    addresses = [row.person.email for row in [*first.rows, *rest.rows]]
    assert addresses == sorted(set(addresses))
    assert first.tally.people == 60
    some = acme.store.call(people.list_people, account_id=acme.account_id, search="p0")
    assert len(some.rows) == 10


def test_everybody_is_one_account_or_all(acme: Organisation, bolt: Organisation) -> None:
    """For the command line."""
    assert len(acme.store.call(people.everybody)) == 2
    (row,) = acme.store.call(people.everybody, account_id=bolt.account_id)
    assert row.person == bolt.owner


FOREIGN: dict[str, Callable[[Organisation, Person], object]] = {
    "look": lambda org, other: org.call(troubleshoot.look, actor=org.owner, person_id=other.id),
    "set_role": lambda org, other: set_role(org, org.owner, other, Role.ADMIN),
    "disable": lambda org, other: set_disabled(org, org.owner, other, True),
    "enable": lambda org, other: set_disabled(org, org.owner, other, False),
    "invite": lambda org, other: org.call(people.invite_again, actor=org.owner, person_id=other.id),
}


@pytest.mark.parametrize("act", FOREIGN)
def test_a_foreign_person_is_nobody(acme: Organisation, bolt: Organisation, act: str) -> None:
    """Every function answers None for an id of another account, as for one that never was."""
    member, guest = bolt.add("Ben"), bolt.add("Gil", invited=True)
    before = (bolt.events(), bolt.mails(guest), bolt.person(member.id), bolt.person(guest.id))
    for other in (bolt.owner, member, guest):
        assert FOREIGN[act](acme, other) is None
    after = (bolt.events(), bolt.mails(guest), bolt.person(member.id), bolt.person(guest.id))
    assert before == after


def test_a_foreign_set_up_link_opens_nothing(acme: Organisation, bolt: Organisation) -> None:
    """A link of another account, in the hands of somebody at the set-up stage."""
    ben, eve = acme.add("Ben"), bolt.add("Eve")
    acme.switch_on()
    bolt.switch_on()
    token = bolt.token(eve, MailKind.SWITCHED_ON)
    answer = acme.call(enrol.begin_demanded, half=acme.half(ben), token=token)
    assert answer == enrol.LinkRefused()
