"""Somebody beside somebody else, and beside those for whom it works."""

import pytest

from tests.flows.test_diagnose import refused
from tests.world import HERE, Guesser, Organisation
from twofold.core.authenticators import Totp
from twofold.core.compare import Row
from twofold.core.people import DAY, Person, Role
from twofold.core.verdict_words import AUTOMATIC_TIME
from twofold.data import load_apps
from twofold.flows import compare, enrol
from twofold.flows.compare import Comparison
from twofold.flows.sign_in import SignedIn

APPS = load_apps()


@pytest.fixture
def ben(acme: Organisation) -> Person:
    """A member, enrolled, whose phone will be slow."""
    ben = acme.add("Ben")
    acme.enrol(ben)
    return ben


def signed_in(acme: Organisation, *names: str) -> list[Person]:
    """Enrolled members who signed in with a code."""
    people = [acme.add(name) for name in names]
    for person in people:
        acme.enrol(person)
        acme.signed_in(person)
    return people


def beside(acme: Organisation, person: Person, other: Person | None = None) -> Comparison:
    """What the page shows."""
    found = (
        acme.call(compare.with_others, actor=acme.owner, person_id=person.id, apps=APPS)
        if other is None
        else acme.call(
            compare.with_person, actor=acme.owner, person_id=person.id, other_id=other.id, apps=APPS
        )
    )
    assert found is not None
    return found


def differing(found: Comparison) -> dict[str, Row]:
    """The rows that stand out."""
    return {row.aspect: row for row in found.rows if row.differs}


def test_a_slow_phone_stands_out_beside_the_others(acme: Organisation, ben: Person) -> None:
    """With its own distance, the middle and the spread of theirs, and what to do."""
    signed_in(acme, "Carla", "Dev", "Emil")
    for _ in range(2):
        refused(acme, ben, acme.code(ben, steps=-6))
        acme.clock.advance(90)
    found = beside(acme, ben)
    assert (found.other, found.people, found.bounded) == (None, 3, False)
    rows = differing(found)
    assert set(rows) == {"Clock of the phone", "Refused codes in seven days"}
    clock = rows["Clock of the phone"]
    assert clock.own.endswith("s behind")
    assert clock.other == "in step"
    assert clock.remedy == AUTOMATIC_TIME
    assert rows["Refused codes in seven days"].own == "2"


def test_nothing_stands_out_where_all_is_well(acme: Organisation) -> None:
    """Beside the others, and beside one of them."""
    ann, eve = signed_in(acme, "Ann", "Eve")
    assert differing(beside(acme, ann)) == {}
    assert differing(beside(acme, ann, eve)) == {}
    assert beside(acme, ann, eve).other == eve


def test_beside_one_person(acme: Organisation, ben: Person) -> None:
    """Set up three times, slowed, and asked for two codes: each with its remedy."""
    (eve,) = signed_in(acme, "Eve")
    for _ in range(2):
        acme.enrol(ben)
    Guesser(acme, ben).climb(5)
    rows = differing(beside(acme, ben, eve))
    assert rows["Set-ups so far"].own == "3"
    assert "delete the others" in rows["Set-ups so far"].remedy
    assert rows["In the way"].remedy == "Unlock."
    assert rows["In the way"].other == "nothing"


def test_staff_are_asked_for_two_codes_and_members_are_not(acme: Organisation) -> None:
    """The policy of the role stands out."""
    signed_in(acme, "Eve", "Fay")
    hal = acme.add("Hal", Role.HELPDESK)
    acme.enrol(hal)
    acme.signed_in(hal)
    row = differing(beside(acme, hal))["A new browser is asked for"]
    assert (row.own, row.other) == ("two codes in a row", "one code")


def test_reuse_and_a_failed_mail_stand_out(acme: Organisation, ben: Person) -> None:
    """Whoever sends each code twice, and whom no mail reaches."""
    signed_in(acme, "Eve")
    for _ in range(2):
        acme.clock.advance(30)
        code = acme.code(ben)
        for _ in range(2):
            acme.submit_code(acme.half(ben), code)
    newest = acme.mails(ben)[0]
    acme.store.call(lambda tx: tx.mails.fail(newest.id, attempts=1, error="550 unknown"))
    rows = differing(beside(acme, ben))
    assert rows["Codes used twice in seven days"].own == "2"
    assert "press Sign in once" in rows["Codes used twice in seven days"].remedy
    assert rows["Last mail"].own == "failed: 550 unknown"
    assert rows["Last mail"].other == "failed for nobody"


def test_when_all_clocks_are_off_ours_is_suspected(acme: Organisation, ben: Person) -> None:
    """Their middle is far from ours."""
    people = signed_in(acme, "Eve", "Fay", "Gus")
    for steps in (1, 1, 2, 2, 3, 3, 3, 3):
        acme.clock.advance(120)
        for person in people:
            code = acme.code(person, steps=steps)
            assert isinstance(acme.submit_code(acme.half(person), code), SignedIn)
    row = differing(beside(acme, ben))["Clock of the phone"]
    assert row.other.endswith(" s ahead")
    assert row.remedy.startswith("Both are off: check the clock of this server")
    row = differing(beside(acme, people[0]))["Clock of the phone"]
    assert row.remedy.startswith("The others are off in the same way")


def names_app(acme: Organisation, person: Person, app: str) -> None:
    """The person sets up again and says with which app."""
    caller = acme.caller(person)
    pending = acme.call(enrol.begin_own, caller=caller)
    assert isinstance(pending, Totp)
    acme.store.call(lambda tx: tx.authenticators.set_app(pending.id, app))
    code = acme.code_of(pending)
    assert isinstance(acme.call(enrol.save_own, caller=caller, typed=code, place=HERE), SignedIn)
    acme.clock.advance(60)


def test_an_app_that_nobody_else_uses_stands_out(acme: Organisation, ben: Person) -> None:
    """Once three of the others named theirs; before that it is only said."""
    google, other = (app for app in APPS.apps[:2])
    names_app(acme, ben, other.id)
    for number, person in enumerate(signed_in(acme, "Eve", "Fay", "Gus", "Ida")):
        row = next(row for row in beside(acme, ben).rows if row.aspect == "App")
        assert (row.own, row.differs) == (other.title, number >= 3)
        names_app(acme, person, google.id)
        acme.signed_in(person)
    row = differing(beside(acme, ben))["App"]
    assert row.other == f"{google.title}: 4"
    assert "named this app" in row.remedy
    assert "App" not in differing(beside(acme, person))


def test_nobody_signed_in_lately(acme: Organisation, ben: Person) -> None:
    """Eight days later there is nobody to compare with, and the page can say so."""
    signed_in(acme, "Eve")
    acme.clock.advance(8 * DAY)
    found = beside(acme, ben)
    assert (found.people, list(found.rows)) == (0, [])


def test_more_people_than_are_looked_at_are_said(
    acme: Organisation, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who signed in last are taken; the person is not one of them."""
    signed_in(acme, "Eve", "Fay", "Gus")
    acme.signed_in(ben)
    monkeypatch.setattr(compare, "MOST_PEOPLE", 2)
    found = beside(acme, ben)
    assert (found.people, found.bounded) == (2, True)


def test_people_of_other_accounts_are_neither_side(
    acme: Organisation, bolt: Organisation, ben: Person
) -> None:
    """As the one, as the other, or as one of the crowd."""
    zoe = bolt.add("Zoe")
    bolt.enrol(zoe)
    bolt.signed_in(zoe)
    assert beside(acme, ben).people == 0
    actor = acme.owner
    assert acme.call(compare.with_others, actor=actor, person_id=zoe.id, apps=APPS) is None
    for one, other in ((ben.id, zoe.id), (zoe.id, ben.id)):
        found = acme.call(
            compare.with_person, actor=actor, person_id=one, other_id=other, apps=APPS
        )
        assert found is None
