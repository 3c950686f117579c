"""Changing how guesses are slowed, and what settings mean for an account."""

from dataclasses import replace

import pytest

from tests.world import Organisation
from twofold.core.events import EventKind
from twofold.core.guessing import Guesses
from twofold.core.people import GuardPolicy, Profile, Role
from twofold.flows import guard_policy, people
from twofold.flows.guard_policy import GuardSet
from twofold.flows.setup import Refused


def test_a_change_is_stored_and_in_the_log_from_what_to_what(acme: Organisation) -> None:
    """Only what changed, old → new."""
    caller = acme.caller(acme.owner)
    guard = GuardPolicy(members=Profile.STRICT, pair_after=3, trust_staff=True)
    assert acme.call(guard_policy.set_guard, caller=caller, guard=guard) == GuardSet(changed=True)
    assert acme.account.guard == guard
    event = acme.events(EventKind.GUARD_CHANGED)[0]
    assert event.actor_id == acme.owner_id
    assert event.data == {
        "members": "standard → strict",
        "pair_after": "5 → 3",
        "trust_staff": "no → yes",
    }


def test_saving_what_is_there_changes_nothing(acme: Organisation) -> None:
    """No event for a press of the button."""
    caller = acme.caller(acme.owner)
    done = acme.call(guard_policy.set_guard, caller=caller, guard=acme.account.guard)
    assert done == GuardSet(changed=False)
    assert acme.events(EventKind.GUARD_CHANGED) == []


@pytest.mark.parametrize(
    ("field", "guard"),
    [
        ("pair_after", GuardPolicy(pair_after=6)),
        ("link_after", GuardPolicy(link_after=11)),
        ("trust_days", GuardPolicy(trust_days=31)),
    ],
)
def test_what_breaks_the_promise_is_refused(
    acme: Organisation, field: str, guard: GuardPolicy
) -> None:
    """With the field and a sentence; nothing is stored (promise P9)."""
    before = acme.account.guard
    done = acme.call(guard_policy.set_guard, caller=acme.caller(acme.owner), guard=guard)
    assert isinstance(done, Refused)
    assert done.field == field
    assert acme.account.guard == before


def test_the_meaning_is_that_of_the_people(acme: Organisation) -> None:
    """Three members and one owner: 15 single codes and 25 pairs, if all passwords are known."""
    for name in ("Ann", "Ben", "Cleo"):
        acme.add(name)
    gone = acme.add("Dora", Role.HELPDESK)
    acme.call(people.set_disabled, actor=acme.owner, person_id=gone.id, disabled=True)
    found = acme.store.call(guard_policy.meaning, account=acme.account)
    assert (found.people, found.staff_count) == (4, 1)
    assert found.member.month == Guesses(5, 5).chance
    assert found.staff.month == Guesses(0, 10).chance
    assert found.everybody.month == Guesses(15, 25).chance
    assert found.everybody.year == Guesses(195, 325).chance
    assert found.member_cookie.month == Guesses(35, 5).chance
    assert found.staff_cookie.year == Guesses(390, 130).chance


def test_settings_can_be_tried_without_saving(acme: Organisation) -> None:
    """The meaning is that of the given settings, the stored ones stay."""
    acme.add("Hana", Role.HELPDESK)
    tried = replace(acme.account, guard=GuardPolicy(staff=Profile.STANDARD, pair_after=1))
    found = acme.store.call(guard_policy.meaning, account=tried)
    assert found.staff_count == 2
    assert found.staff.month == Guesses(1, 9).chance
    assert acme.account.guard == GuardPolicy()
