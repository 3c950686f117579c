"""People from a file: previewed, applied as a whole, repeatable."""

from tests.storage.races import race
from tests.world import Organisation
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Person, PersonState, Role
from twofold.core.roster import Roster, parse
from twofold.core.roster_plan import Action, Plan
from twofold.flows import roster as rosters


def roster(*lines: str) -> Roster:
    """A file with these people."""
    read = parse("\n".join(["name,email,role", *lines]).encode())
    assert isinstance(read, Roster)
    return read


THREE = roster(
    "Ben,ben@acme.example,member", "Eve,eve@acme.example,helpdesk", "Gil,gil@acme.example,admin"
)


def apply(acme: Organisation, actor: Person | None, rows: Roster) -> Plan:
    """Press *Import*."""
    return acme.call(rosters.apply, account=acme.account, actor=actor, roster=rows)


def count(acme: Organisation) -> int:
    """How many people there are."""
    return acme.store.call(lambda tx: tx.people.tally(acme.account_id)).people


def test_everybody_in_the_file_is_added_and_invited(acme: Organisation) -> None:
    """With their roles, a mail each, and one entry for the import."""
    planned = apply(acme, acme.owner, THREE)
    assert (planned.added, planned.problems) == (3, 0)
    keys = acme.store.call(lambda tx: tx.people.keys(acme.account_id))
    for email, role in (
        ("ben@acme.example", Role.MEMBER),
        ("eve@acme.example", Role.HELPDESK),
        ("gil@acme.example", Role.ADMIN),
    ):
        person = keys[email]
        assert (person.role, person.state) == (role, PersonState.INVITED)
        assert [mail.kind for mail in acme.mails(person)] == [MailKind.INVITATION]
        added = [one for one in acme.events(EventKind.PERSON_ADDED) if one.subject_id == person.id]
        assert [(one.actor_id, one.data) for one in added] == [
            (acme.owner_id, {"role": role.value})
        ]
    (event,) = acme.events(EventKind.PEOPLE_IMPORTED)
    assert event.data == {"added": 3, "changed": 0, "there already": 0, "suspended": 0}
    assert len(acme.events(EventKind.PERSON_INVITED)) == 3


def test_the_same_file_twice_adds_nobody(acme: Organisation) -> None:
    """Also at once, and with addresses spelt otherwise."""
    plans = race(6, lambda _: apply(acme, acme.owner, THREE))
    assert sorted(planned.added for planned in plans) == [0, 0, 0, 0, 0, 3]
    again = apply(acme, acme.owner, roster("Ben,BEN@ACME.example,member"))
    assert (again.added, again.same) == (0, 1)
    assert count(acme) == 4
    assert len(acme.events(EventKind.PERSON_INVITED)) == 3


def test_somebody_who_is_there_becomes_what_the_file_says(acme: Organisation) -> None:
    """Name and role, each with an entry; an empty cell leaves as it is what is there."""
    ben = acme.add("Ben", Role.HELPDESK)
    planned = apply(acme, acme.owner, roster("Benjamin,ben@acme.example,admin"))
    assert (planned.changed, planned.added) == (1, 0)
    now = acme.person(ben.id)
    assert (now.name, now.role) == ("Benjamin", Role.ADMIN)
    assert acme.events(EventKind.PERSON_CHANGED)[0].data == {"name": "Ben → Benjamin"}
    assert len(acme.events(EventKind.PERSON_ROLE_CHANGED)) == 1
    apply(acme, acme.owner, roster("Benjamin,ben@acme.example,"))
    assert acme.person(ben.id) == now
    found = acme.store.call(
        lambda tx: tx.people.page(acme.account_id, search="jamin\nben@", after="", limit=9, only="")
    )
    assert [row.person.id for row in found] == [ben.id]


def test_one_problem_stops_the_whole_import(acme: Organisation) -> None:
    """All or nothing: the plan that comes back says which row."""
    planned = apply(acme, acme.owner, roster("Ben,ben@acme.example,", "Eve,eve,member"))
    assert planned.problems == 1
    assert planned.rows[1].action is Action.PROBLEM
    assert planned.rows[1].row.line == 3
    assert count(acme) == 1
    assert acme.events(EventKind.PEOPLE_IMPORTED) == []


def test_a_role_above_ones_own_is_a_problem(acme: Organisation) -> None:
    """An admin imports no owner; the command line does."""
    eve = acme.add("Eve", Role.ADMIN)
    rows = roster("Kim,kim@acme.example,owner")
    assert apply(acme, eve, rows).problems == 1
    assert apply(acme, None, rows).added == 1


def test_an_address_of_another_account_is_a_problem(acme: Organisation, bolt: Organisation) -> None:
    """In any spelling; whose it is stays untold."""
    planned = apply(acme, acme.owner, roster("Kim,OLGA@bolt.example,member"))
    assert planned.problems == 1
    assert bolt.account.name not in planned.rows[0].note


def test_the_preview_says_what_the_import_does_and_changes_nothing(acme: Organisation) -> None:
    """Before and after."""
    before = acme.events()
    shown = acme.store.call(
        rosters.preview, acme.now, account=acme.account, actor=acme.owner, roster=THREE
    )
    assert (acme.events(), count(acme)) == (before, 1)
    assert apply(acme, acme.owner, THREE) == shown


def test_a_file_is_kept_between_preview_and_import(acme: Organisation, bolt: Organisation) -> None:
    """For the one who uploaded it: no other admin, no other account; gone after the import."""
    eve = acme.add("Eve", Role.ADMIN)
    content = b"name,email\nBen,ben@acme.example\n"
    read = parse(content)
    assert isinstance(read, Roster)
    kept = acme.call(
        rosters.keep, account=acme.account, actor=acme.owner, content=content, roster=read
    )
    assert kept.plan.added == 1
    upload = kept.upload_id
    for other in (eve, bolt.owner):
        assert acme.store.call(rosters.kept, actor=other, upload_id=upload) is None
        acme.store.call(rosters.drop, actor=other, upload_id=upload)
    for _ in range(2):
        assert acme.store.call(rosters.kept, actor=acme.owner, upload_id=upload) == content
    acme.store.call(rosters.drop, actor=acme.owner, upload_id=upload)
    assert acme.store.call(rosters.kept, actor=acme.owner, upload_id=upload) is None
