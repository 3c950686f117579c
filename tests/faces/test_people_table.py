"""The people table: filters, columns, filters with a name, and the same as a file."""

import csv
import io
import re

import pytest

from tests.faces.conftest import Site, text_of
from tests.flows.rollout_changes import with_days
from twofold.core.desk import Act
from twofold.core.listing import Asked, Only
from twofold.core.people import DAY, PersonKind, Role
from twofold.core.requirement import Requirement, requirement
from twofold.core.rollout import DORMANT
from twofold.flows import deadlines, listing, people, reminders
from twofold.flows.deadlines import Outcome


def whom(site: Site, only: Only, **other: str) -> set[str]:
    """The names that a filter finds."""
    acme = site.acme
    asked = Asked(only=only, **other)
    found = acme.call(listing.show, account=acme.account, asked=asked)
    return {line.person.name for line in found.lines}


def test_a_filter_says_of_many_what_the_core_says_of_one(site: Site) -> None:
    """Who has a deadline ahead, who must set up now, who is left out of both."""
    acme = site.acme
    with_days(acme)
    eve, gil, may = acme.add("Eve"), acme.add("Gil"), acme.add("May", Role.HELPDESK)
    until = acme.now + 60 * DAY
    acme.call(deadlines.extend, actor=acme.owner, people=[eve.id], until=until, reason="Away")
    acme.call(deadlines.exempt, actor=acme.owner, person_id=gil.id, until=until, reason="No phone")
    assert whom(site, Only.AHEAD) == {"Ben", "Eve", "May"}
    assert whom(site, Only.EXEMPT) == {"Gil"}
    for _ in range(3):
        acme.clock.advance(12 * DAY)
        said = {
            person.name
            for person in map(acme.person, (eve.id, gil.id, may.id, acme.owner_id))
            if requirement(acme.account, person, acme.now, enrolled=person.id == acme.owner_id)
            is Requirement.MUST_ENROL
        }
        assert whom(site, Only.MUST_NOW) - {"Ben"} == said
    assert "Ben" in whom(site, Only.MUST_NOW)
    assert whom(site, Only.ENROLLED) == {"Olga"}
    assert whom(site, Only.ADMINS_WITHOUT) == set()


@pytest.mark.parametrize("only", Only)
def test_every_filter_can_be_asked_for(site: Site, only: Only) -> None:
    """By an address, and one that nobody offers shows everybody."""
    browser = site.signed_in(site.acme.owner)
    assert browser.get(f"/people?only={only}").status_code == 200
    assert browser.get(f"/people?only={only}x&role=king&group=%00").status_code == 200


def test_the_file_holds_the_rows_and_columns_that_are_shown(site: Site) -> None:
    """A name that a spreadsheet would compute is text, and the log notes the export."""
    site.acme.add("=HYPERLINK(1)", email="evil@acme.example")
    browser = site.signed_in(site.acme.owner)
    page = browser.get("/people?only=not-enrolled&columns=role&columns=seen")
    shown = re.findall(r'class="who"><a href="/people/[^"]+"><bdi>([^<]+)', page.text)
    fields = {"only": "not-enrolled", "columns": "role seen"}
    answer = browser.post("/people.csv", fields, form_at="/people")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["name"].removeprefix("'") for row in rows] == shown
    assert rows[0].keys() == {"name", "role", "seen"}
    assert rows[0]["name"] == "'=HYPERLINK(1)"
    assert rows[1]["seen"].endswith("Z")
    assert site.acme.events()[0].kind.value == "people:exported"
    assert "Last sign-in" in browser.get("/people").text  # The columns are remembered.


def test_a_filter_is_kept_under_a_name(site: Site) -> None:
    """For everybody of this account, until somebody deletes it."""
    browser = site.signed_in(site.acme.owner)
    fields = {"name": "Help desk, not yet", "only": "not-enrolled", "role": "helpdesk"}
    assert browser.post("/account/filters", fields, form_at="/people").status_code == 303
    page = browser.get("/people")
    assert "Help desk, not yet" in text_of(page)
    row = re.search(r'name="row" value="([^"]+)"', page.text)
    assert row is not None
    browser.post("/account/filters/delete", {"row": row[1]}, form_at="/people")
    assert "Help desk, not yet" not in text_of(browser.get("/people"))
    assert browser.post("/account/filters", {"name": "x"}, form_at="/people").status_code == 422


def test_a_reminder_by_hand_is_written_once_a_day_to_whoever_has_to_act(site: Site) -> None:
    """Not to the enrolled, not twice, and to nobody of another account."""
    acme = site.acme
    ben = with_days(acme)
    people = [ben.id, acme.owner_id, "nobody"]

    def outcomes() -> dict[str, Outcome]:
        done = acme.call(reminders.remind_by_hand, actor=acme.owner, people=people)
        return {result.person_id: result.outcome for result in done}

    others = {acme.owner_id: Outcome.ENROLLED, "nobody": Outcome.NOT_YOURS}
    assert outcomes() == {ben.id: Outcome.DONE, **others}
    assert outcomes() == {ben.id: Outcome.TODAY, **others}
    acme.clock.advance(DAY)
    assert outcomes() == {ben.id: Outcome.DONE, **others}


def test_the_locked_are_those_whom_nothing_lets_in_now(site: Site) -> None:
    """Until the wait is over; a disabled person is not among them."""
    acme = site.acme
    ben, gil = acme.add("Ben"), acme.add("Gil")
    acme.add("May")
    assert whom(site, Only.LOCKED) == set()
    for person in (ben, gil):
        for _ in range(12):
            acme.submit_password(person, proved=False)
    acme.submit_password(acme.add("Eve"), proved=False)
    assert whom(site, Only.LOCKED) == {"Ben", "Gil"}
    assert whom(site, Only.LOCKED, search="gil") == {"Gil"}
    acme.call(people.set_disabled, actor=acme.owner, person_id=gil.id, disabled=True)
    assert whom(site, Only.LOCKED) == {"Ben"}
    acme.help(ben, Act.UNLOCK)
    assert whom(site, Only.LOCKED) == set()


def test_whoever_never_signed_in_is_found_until_they_do(site: Site) -> None:
    """Not a program, and nobody disabled."""
    acme = site.acme
    ben, gil = acme.add("Ben"), acme.add("Gil")
    acme.call(
        people.add,
        account=acme.account, actor=acme.owner, name="Robot", email="robot@acme.example",
        role=Role.MEMBER, kind=PersonKind.SERVICE,
    )  # fmt: skip
    assert whom(site, Only.NEVER) >= {"Ben", "Gil"}
    assert "Robot" not in whom(site, Only.NEVER)
    acme.signed_in(ben)
    acme.call(people.set_disabled, actor=acme.owner, person_id=gil.id, disabled=True)
    assert whom(site, Only.NEVER) & {"Ben", "Gil"} == set()


def test_the_dormant_are_those_whose_last_sign_in_is_ninety_days_old(site: Site) -> None:
    """To the second; one sign-in ends it, and whoever never came is no sleeper."""
    acme = site.acme
    ben, gil = acme.add("Ben"), acme.add("Gil")
    acme.add("May")
    acme.signed_in(ben)
    acme.clock.advance(1)
    acme.signed_in(gil)
    acme.clock.advance(DORMANT - 1)
    assert whom(site, Only.DORMANT) & {"Ben", "Gil", "May"} == {"Ben"}
    acme.clock.advance(1)
    assert whom(site, Only.DORMANT) & {"Ben", "Gil", "May"} == {"Ben", "Gil"}
    acme.signed_in(ben)
    assert whom(site, Only.DORMANT) & {"Ben", "Gil", "May"} == {"Gil"}
