"""More time for four of those who will be stopped, leave, and exemptions."""

import pytest

from tests.faces.conftest import Browser, Site, text_of
from twofold.core.mail import MailKind
from twofold.core.people import Role
from twofold.flows import rollout

MANY = "/people/more-time"
LATER = "2027-03-01"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The pages; what stands behind them is tested on both databases."""
    return sqlite_url


@pytest.fixture
def olga(site: Site) -> Browser:
    """The owner, who has given everybody two weeks."""
    owner = site.give_password(site.acme.owner)
    caller = site.acme.enrol(owner)
    for number in range(6):
        site.acme.add(f"P{number}")
    site.acme.call(rollout.switch_on, caller=caller, days=14)
    return site.signed_in(owner)


def test_four_of_those_who_will_be_stopped_get_a_week_more(site: Site, olga: Browser) -> None:
    """From the filter to the form, without two of them, to one line for each."""
    assert 'name="act" value="more-time"' in olga.get("/people?only=will-be-stopped").text
    on = olga.get("/people/act?act=more-time&all=1&only=will-be-stopped")
    form = olga.get(on.headers["location"]).text
    assert form.count("@acme.example") == 6
    chosen = "\n".join(f"p{n}@acme.example" for n in range(4))
    answer = olga.post(
        MANY, {"people": chosen, "until": LATER, "reason": "Stocktaking"}, form_at=MANY
    )
    assert answer.status_code == 200
    assert "4 people have more time." in text_of(answer)
    for number in range(6):
        person = site.acme.store.call(lambda tx, n=number: tx.people.by_email(f"p{n}@acme.example"))
        assert person is not None
        told = site.acme.mails(person, MailKind.DEADLINE_MOVED)
        assert len(told) == (number < 4)
        page = text_of(olga.get(f"/people/{person.id}"))
        assert "Two-factor is on: set it up" in page
        assert ("Another deadline" in page) is (number < 4)


def test_each_line_says_why_nothing_was_changed(site: Site, olga: Browser) -> None:
    """Somebody enrolled, somebody of another account, nobody at all."""
    site.acme.enrol(site.acme.add("Eve"))
    people = "eve@acme.example nobody@acme.example"
    answer = olga.post(MANY, {"people": people, "until": LATER, "reason": "Why not"}, form_at=MANY)
    assert "0 people have more time." in text_of(answer)
    assert "Has set it up already" in text_of(answer)
    assert "Nobody here has this address" in text_of(answer)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"people": "", "until": LATER, "reason": "Why not"}, "Name at least one person"),
        ({"people": "p1@acme.example", "until": "", "reason": "Why not"}, "Choose the day"),
        ({"people": "p1@acme.example", "until": LATER, "reason": ""}, "Say why"),
        ({"people": "p1@acme.example", "until": "2020-01-01", "reason": "x y z"}, "after today"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_lost(
    olga: Browser, form: dict[str, str], words: str
) -> None:
    """The form comes back as it was sent."""
    answer = olga.post(MANY, form, form_at=MANY)
    assert answer.status_code == 422
    assert words in text_of(answer)
    if form["people"]:
        assert form["people"] in answer.text


def test_leave_and_exemption_of_one_person(site: Site, olga: Browser) -> None:
    """Given, shown with who approved it, ended."""
    ben = site.acme.add("Ben")
    at = f"/people/{ben.id}/deadline"
    assert "Has until " in text_of(olga.get(at))
    olga.post(f"{at}/extend", {"until": LATER, "reason": "At sea"}, form_at=at)
    assert "1 Mar 2027" in text_of(olga.get(at))
    shorter = olga.post(f"{at}/extend", {"until": "2026-12-01", "reason": "Back"}, form_at=at)
    assert "Has longer than that already" in text_of(shorter)
    olga.post(f"{at}/leave", {"until": "2026-12-01"}, form_at=at)
    assert "Away until" in text_of(olga.get(at))
    olga.post(f"{at}/leave", {"until": ""}, form_at=at)
    assert "Not on leave" in text_of(olga.get(at))
    olga.post(f"{at}/exempt", {"until": "2026-12-01", "reason": "No phone yet"}, form_at=at)
    page = text_of(olga.get(at))
    assert "It ends by itself" in page
    assert "approved by Olga" in page
    olga.post(f"{at}/end-exemption", {}, form_at=at)
    assert "It ends by itself" not in text_of(olga.get(at))


def test_the_help_desk_moves_no_date(site: Site, olga: Browser) -> None:
    """Admins do."""
    assert olga.get(MANY).status_code == 200
    helper = site.give_password(site.acme.add("Hana", Role.HELPDESK))
    ben = site.acme.add("Ben")
    browser = site.signed_in(helper)
    for path in (MANY, f"/people/{ben.id}/deadline"):
        assert browser.get(path).status_code == 403
    assert "Give more time" not in text_of(browser.get("/people"))
