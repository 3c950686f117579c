"""The audit log: read, exported, checked; on both databases."""

import pytest
from sqlalchemy import create_engine, text

from tests.world import Organisation
from twofold.core.events import EventKind, Group, Seal
from twofold.core.people import Person
from twofold.flows import audit
from twofold.flows.audit import ActivityPage, BrokenLink, Checked, Filter
from twofold.flows.setup import Refused
from twofold.storage.engine import is_sqlite, parse_url, sqlite_driver


def listed(
    acme: Organisation, only: Filter | None = None, *, before: int = 0, size: int = audit.PAGE
) -> ActivityPage:
    """A page of Acme's log."""
    return acme.store.call(
        audit.list_entries,
        account_id=acme.account_id,
        only=only or Filter(),
        before=before,
        size=size,
    )


def test_pages_follow_one_another_without_gap_or_repeat(acme: Organisation) -> None:
    """From the newest to the first, by number, whatever is added meanwhile."""
    for number in range(5):
        acme.add(f"P{number}")
    total = len(acme.events())
    seen, before = [], 0
    while True:
        page = listed(acme, before=before, size=3)
        seen += [entry.event.seq for entry in page.entries]
        acme.add(f"Q{len(seen)}")
        before = page.next_before
        if not before:
            break
    assert seen == list(range(total, 0, -1))


def test_names_are_resolved_within_the_account_only(acme: Organisation, bolt: Organisation) -> None:
    """An id of another account stays an id."""
    ben = acme.add("Ben")
    acme.store.call(
        lambda tx: tx.events.add(
            acme.account_id,
            EventKind.UNLOCKED,
            acme.now,
            actor_id=bolt.owner_id,
            subject_id=ben.id,
            data={},
        )
    )
    (entry, *_) = listed(acme).entries
    assert (entry.actor, entry.subject) == (None, ben)
    plain = audit.plain(entry)
    assert (plain["actor_id"], plain["actor"]) == (bolt.owner_id, None)
    assert (plain["subject"], plain["subject_email"]) == ("Ben", "ben@acme.example")


def test_an_account_sees_nothing_of_another(acme: Organisation, bolt: Organisation) -> None:
    """Neither entries nor people."""
    bolt.add("Zoe")
    assert {entry.event.account_id for entry in listed(acme).entries} == {acme.account_id}
    found = acme.store.call(audit.whom, account_id=acme.account_id, typed="zoe@bolt.example")
    assert isinstance(found, Refused)


@pytest.mark.parametrize("group", Group)
def test_a_group_shows_its_kinds_and_no_others(acme: Organisation, group: Group) -> None:
    """All entries of the group, newest first."""
    acme.switch_on()
    acme.add("Ben", invited=True)
    expected = [event.seq for event in acme.events() if event.kind in group.kinds]
    found = listed(acme, Filter(group=group)).entries
    assert [entry.event.seq for entry in found] == expected


def test_a_filter_by_person_and_time(acme: Organisation) -> None:
    """Who did it or to whom it was done; from a moment on, and before another."""
    ben = acme.add("Ben")
    acme.clock.advance(100)
    acme.add("Mia")
    found = listed(acme, Filter(person_id=ben.id)).entries
    assert found
    assert {entry.event.subject_id for entry in found} == {ben.id}
    late = listed(acme, Filter(since=acme.now)).entries
    early = listed(acme, Filter(until=acme.now)).entries
    assert {entry.event.at for entry in late} == {acme.now}
    assert {entry.event.at for entry in early} == {acme.now - 100}
    assert len(late) + len(early) == len(acme.events())


def test_somebody_is_found_by_address_or_by_a_name_that_is_theirs_alone(acme: Organisation) -> None:
    """The whole address always wins; what fits several people is no answer."""
    ann, joann = acme.add("Ann"), acme.add("Joann")

    def whom(typed: str) -> Person | Refused:
        return acme.store.call(audit.whom, account_id=acme.account_id, typed=typed)

    assert whom("ann@acme.example") == ann
    assert whom("ANN@acme.example") == ann
    assert whom("Joa") == joann
    assert isinstance(whom("Ann"), Refused)
    assert isinstance(whom("nobody"), Refused)


def test_an_export_notes_who_took_what_and_begins_before_its_own_entry(acme: Organisation) -> None:
    """The number that comes back is that of the entry about the export."""
    caller = acme.caller(acme.owner)
    only = Filter(group=Group.PEOPLE, person_id=acme.owner_id, since=acme.now, until=acme.now + 60)
    before = acme.call(audit.begin_export, caller=caller, only=only, form="csv")
    newest = acme.events()[0]
    assert (newest.seq, newest.kind, newest.actor_id) == (
        before,
        EventKind.EXPORTED,
        acme.owner_id,
    )
    assert newest.subject_id == acme.owner_id
    assert newest.data == {
        "form": "csv",
        "group": "people",
        "since": "2026-09-10T00:26:40Z",
        "until": "2026-09-10T00:27:40Z",
    }


def test_every_account_is_checked_on_its_own(acme: Organisation, bolt: Organisation) -> None:
    """A whole chain says how many entries it has."""
    accounts = acme.store.call(audit.accounts)
    assert [account.id for account in accounts] == [acme.account_id, bolt.account_id]
    checked = [acme.store.call(audit.verify, account=account) for account in accounts]
    assert checked == [
        Checked(accounts[0], len(acme.events()), None, Seal.WHOLE),
        Checked(accounts[1], len(bolt.events()), None, Seal.WHOLE),
    ]


def test_a_broken_link_is_named_with_its_time(
    acme: Organisation, bolt: Organisation, database_url: str
) -> None:
    """An entry that is there with the time that it says; a missing one without."""
    forge(database_url, "UPDATE events SET subject_id = 'eve' WHERE seq = 2")
    assert acme.store.call(audit.verify, account=acme.account).broken == BrokenLink(2, acme.now)
    forge(database_url, "DELETE FROM events WHERE seq = 2")
    assert bolt.store.call(audit.verify, account=bolt.account).broken == BrokenLink(2, None)


def forge(database_url: str, statement: str) -> None:
    """Change the database behind the store's back, with the driver that the store uses: two
    SQLite libraries in one process do not see each other's locks.
    """
    url = parse_url(database_url)
    engine = create_engine(url, module=sqlite_driver()) if is_sqlite(url) else create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
