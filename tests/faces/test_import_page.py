"""The page that shows an imported list before anything happens."""

import re

import pytest
from httpx2 import Response

from tests.faces.conftest import PASSWORD, Browser, Site, text_of, token_in
from twofold.core.people import PersonState

LIST = (
    b"name,email,role\nBo,bo@acme.example,helpdesk\nCy,cy@acme.example,king\nDi,di@acme.example,\n"
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is stored is tested with the flows, on both databases."""
    return sqlite_url


def test_roles_stand_in_the_words_of_the_other_pages(site: Site) -> None:
    """Only one that there is not stands as in the file, so that it can be found there."""
    browser = site.signed_in(site.acme.owner)
    csrf = token_in(browser.get("/people/import"))
    page = browser.client.post(
        "/people/import",
        data={"csrf": csrf},
        files={"file": ("list.csv", LIST, "text/csv")},
    )
    assert page.status_code == 200
    roles = re.findall(r'data-label="Role">([^<]*)</td>', page.text)
    assert sorted(roles) == ["Help desk", "Member", "king"]


def shown(site: Site, text: bytes) -> tuple[Browser, Response]:
    """The owner uploads a list and sees the preview."""
    browser = site.signed_in(site.give_password(site.acme.owner))
    csrf = token_in(browser.get("/people/import"))
    page = browser.client.post(
        "/people/import", data={"csrf": csrf}, files={"file": ("list.csv", text, "text/csv")}
    )
    assert page.status_code == 200
    return browser, page


def test_the_preview_is_a_diff_and_nothing_happens_by_it(site: Site) -> None:
    """From what to what, what groups are new, and who is not on the list."""
    ben, eve = site.acme.add("Ben"), site.acme.add("Eve")
    text = f"name,email,groups\nBenjamin,{ben.email},Sales\n".encode()
    browser, page = shown(site, text)
    said = text_of(page)
    assert "1 person will be changed." in said
    assert "name: Ben → Benjamin" in said
    assert "groups: none → Sales" in said
    assert "Made with the import: Sales" in said
    assert said.index("Here, and not on the list") < said.index(eve.email)
    assert site.acme.person(ben.id) == ben
    action = re.search(r'action="(/people/import/[^"]+)"', page.text)
    assert action is not None
    fields = {"csrf": token_in(page), "out": "suspend"}
    done = browser.client.post(action.group(1), data=fields)
    assert (done.status_code, done.headers["location"]) == (303, "/people")
    assert site.acme.person(ben.id).name == "Benjamin"
    assert site.acme.person(eve.id).state is PersonState.DISABLED


def test_whoever_is_not_on_the_list_stays_unless_it_was_chosen(site: Site) -> None:
    """Also where the form says something else."""
    eve = site.acme.add("Eve")
    browser, page = shown(site, b"name,email\nBen,ben@acme.example\n")
    action = re.search(r'action="(/people/import/[^"]+)"', page.text)
    assert action is not None
    browser.client.post(action.group(1), data={"csrf": token_in(page), "out": "everybody"})
    assert site.acme.person(eve.id).state is PersonState.ACTIVE


def test_a_program_is_added_on_the_page_and_stands_in_the_table(site: Site) -> None:
    """It is refused at the sign-in with the words of a wrong password, and told apart on its page;
    nobody helps it back in.
    """
    browser = site.signed_in(site.give_password(site.acme.owner))
    fields = {"name": "Backup", "email": "bot@acme.example", "kind": "service"}
    done = browser.post("/people/add", fields, form_at="/people/add")
    assert done.status_code == 303
    page = text_of(browser.get(done.headers["location"]))
    assert "A program. It never signs in on pages." in page
    assert "Send the invitation again" not in page
    assert "0 of 1 person uses two-factor authentication" in text_of(browser.get("/people"))
    assert "A program" in text_of(browser.get("/people"))
    site.acme.add("Ben")
    answers = [
        site.browser().post("/sign-in", {"email": email, "password": PASSWORD})
        for email in ("bot@acme.example", "ben@acme.example")
    ]
    assert [one.status_code for one in answers] == [422, 422]
    words = [text_of(one) for one in answers]
    assert words[0] == words[1]
    refused = browser.post(
        "/people/add",
        {**fields, "email": "b2@acme.example", "role": "admin"},
        form_at="/people/add",
    )
    assert refused.status_code == 422
