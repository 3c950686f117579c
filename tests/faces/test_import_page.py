"""The page that shows an imported list before anything happens."""

import re

import pytest

from tests.faces.conftest import Site, token_in

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
