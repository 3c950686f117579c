"""The person page for whoever helps: from a name to the cause, no further than the role goes."""

import pytest

from tests.faces.conftest import PASSWORD, Browser, Site, text_of
from tests.world import GROUNDS, Guesser, found
from twofold.core.desk import Act
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Person, Role

SLOW = "The codes come from a phone whose clock is about 3 minutes behind."


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The pages; what stands behind them is tested on both databases."""
    return sqlite_url


@pytest.fixture
def ben(site: Site) -> Person:
    """A member whose phone is three minutes slow, refused once."""
    ben = site.give_password(site.acme.add("Ben"))
    site.acme.enrol(ben)
    site.clock.advance(1200)
    browser = site.browser()
    browser.post("/sign-in", {"email": ben.email, "password": PASSWORD})
    typed = {"code": site.acme.code(ben, steps=-6)}
    assert browser.post("/sign-in/code", typed, form_at="/sign-in/code").status_code == 422
    return ben


@pytest.fixture
def hana(site: Site) -> Browser:
    """The help desk, signed in."""
    return site.signed_in(site.give_password(site.acme.add("Hana", Role.HELPDESK)))


def test_from_a_name_to_the_cause(site: Site, ben: Person, hana: Browser) -> None:
    """The home page has the box; a search that means one person leads to the page with the answer:
    sentence, evidence with time, size and browser, what to say, what not to do.
    """
    assert 'action="/people"' in hana.get("/").text
    for typed in ("ben", "Ben", ben.email, ben.email.upper()):
        found = hana.get(f"/people?search={typed}")
        assert (found.status_code, found.headers.get("location")) == (303, f"/people/{ben.id}")
    said = text_of(hana.get(f"/people/{ben.id}"))
    assert said.index(SLOW) < said.index("What to tell the caller")
    assert "Turn on automatic date and time in the settings of the phone" in said
    assert "Do not set them up anew" in said
    assert "s behind" in said
    assert "Firefox on Linux , new" in said
    assert "UTC" in said
    assert "SHA-1, 6 digits, 30 seconds" in said


def test_a_search_that_means_several_or_nobody_shows_the_table(
    site: Site, ben: Person, hana: Browser
) -> None:
    """And an exact address is meant, even where it is part of another."""
    site.acme.add("Bennet", email="big-ben@acme.example")
    assert hana.get("/people?search=ben").status_code == 200
    assert hana.get("/people?search=nobody").status_code == 200
    assert hana.get(f"/people?search={ben.email}").headers["location"] == f"/people/{ben.id}"
    assert hana.get("/people?search=bennet&only=enrolled").status_code == 200


def test_the_help_desk_unlocks_a_member_with_a_reason(
    site: Site, ben: Person, hana: Browser
) -> None:
    """Mailed to the owner and in the log; without a reason nothing happens."""
    at, page = f"/people/{ben.id}/desk/unlock", f"/people/{ben.id}"
    assert f'href="{at}"' in hana.get(page).text
    refused = hana.post(at, {"ticket": "HD-1"}, form_at=at)
    assert refused.status_code == 422
    for said in ("Say why", "Choose how the caller proved who they are"):
        assert said in text_of(refused)
    assert 'value="HD-1"' in refused.text
    Guesser(site.acme, ben).climb(4)
    assert "after 5 wrong codes" in text_of(hana.get(page))
    site.clock.advance(-240)
    done = hana.post(at, GROUNDS.data, form_at=at)
    assert done.status_code == 200
    assert "What to tell Ben “Try again now" in text_of(done)
    assert "In the way now" not in text_of(hana.get(page))
    (mail,) = site.acme.mails(ben, MailKind.UNLOCKED)
    (event,) = site.acme.events(EventKind.UNLOCKED)
    assert mail.params["admin"] == "Hana"
    assert GROUNDS.data.items() <= event.data.items()


@pytest.mark.parametrize("role", [Role.HELPDESK, Role.ADMIN, Role.OWNER])
def test_the_help_desk_unlocks_nobody_of_its_rank_or_above(
    site: Site, hana: Browser, role: Role
) -> None:
    """The form is not there, and sending it all the same is refused."""
    eve = site.acme.add("Eve", role)
    page = hana.get(f"/people/{eve.id}")
    assert page.status_code == 200
    assert "/desk/" not in page.text
    before = site.acme.events()
    for act in Act:
        at = f"/people/{eve.id}/desk/{act.value}"
        for answer in (hana.get(at), hana.post(at, GROUNDS.data, form_at="/profile")):
            assert answer.status_code == 403
            assert "lower role than your own" in text_of(answer)
    assert site.acme.events() == before


def test_the_help_desk_sees_no_more_than_it_may_do(site: Site, ben: Person, hana: Browser) -> None:
    """No other form, no link into mails, no button to add; the menu says what is open."""
    page = hana.get(f"/people/{ben.id}").text
    for act in ("/role", "/disable", "/invite"):
        assert f'action="/people/{ben.id}{act}"' not in page
        answer = hana.post(f"/people/{ben.id}{act}", {"role": "admin"}, form_at="/profile")
        assert answer.status_code == 403, act
    assert 'href="/mail' not in page
    assert 'href="/account' not in page
    assert 'href="/people"' in page
    table = hana.get("/people").text
    assert "/people/add" not in table
    assert "/people/import" not in table
    assert "Only admins can open this page." in text_of(hana.get("/people/add"))


def test_a_member_sees_neither_box_nor_page(site: Site, ben: Person) -> None:
    """And is told who may."""
    mia = site.signed_in(site.give_password(site.acme.add("Mia")))
    assert 'action="/people"' not in mia.get("/").text
    for path in ("/people", f"/people/{ben.id}", f"/people/{ben.id}/compare"):
        answer = mia.get(path)
        assert answer.status_code == 403
        assert "Only the help desk and admins can open this page." in text_of(answer)
    answer = mia.post(f"/people/{ben.id}/desk/unlock", GROUNDS.data, form_at="/profile")
    assert answer.status_code == 403


def test_nobody_of_another_account_is_there(site: Site, hana: Browser) -> None:
    """By no path, and as nobody's other half."""
    bolt = found(site.acme.store, site.clock, "Bolt")
    zoe, ben = bolt.add("Zoe"), site.acme.add("Ben")
    for path in (
        f"/people/{zoe.id}", f"/people/{zoe.id}/compare", f"/people/{ben.id}/compare?with={zoe.id}",
    ):  # fmt: skip
        assert hana.get(path).status_code == 404, path
    answer = hana.post(f"/people/{zoe.id}/desk/unlock", GROUNDS.data, form_at="/profile")
    assert answer.status_code == 404
    assert hana.get(f"/people?search={zoe.email}").status_code == 200


def test_ones_own_history_says_why_and_what_to_do(site: Site, ben: Person) -> None:
    """Oneself, after the sign-in; empty at first."""
    mia = site.signed_in(site.give_password(site.acme.add("Mia")))
    assert "Nothing here yet" in text_of(mia.get("/profile/history"))
    site.clock.advance(60)
    browser = site.signed_in(ben)
    assert 'href="/profile/history"' in browser.get("/profile").text
    said = text_of(browser.get("/profile/history"))
    assert "Your newest code was accepted." in said
    assert "The clock of your phone was about 3 minutes behind." in said
    assert "Turn on automatic date and time" in said
    assert "The codes come from a phone" not in said
