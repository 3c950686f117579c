"""The pages of groups: what an admin does, and what others may not."""

import pytest

from tests.faces.conftest import Browser, Site, text_of
from twofold.core.people import Person, Role


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The pages; what stands behind them is tested on both databases."""
    return sqlite_url


@pytest.fixture
def olga(site: Site) -> Browser:
    """The owner, signed in."""
    return site.signed_in(site.give_password(site.acme.owner))


@pytest.fixture
def ben(site: Site) -> Person:
    """A member."""
    return site.acme.add("Ben")


def made(olga: Browser, name: str = "Sales") -> str:
    """The path of a group's page."""
    answer = olga.post("/groups", {"name": name}, form_at="/groups")
    assert answer.status_code == 303
    return answer.headers["location"]


def test_a_group_is_made_filled_led_renamed_and_deleted(
    site: Site, olga: Browser, ben: Person
) -> None:
    """Each by its own form on one page; the list shows what became of it."""
    assert "No groups yet" in text_of(olga.get("/groups"))
    at = made(olga)
    assert "Nobody is in this group yet" in text_of(olga.get(at))
    put = olga.post(f"{at}/people", {"people": ben.email}, form_at=at)
    assert "1 person was put in." in text_of(put)
    again = olga.post(
        f"{at}/people", {"people": f"{ben.email} {site.acme.owner.email}"}, form_at=at
    )
    assert "1 person was put in. 1 was in it already." in text_of(again)
    olga.post(f"{at}/lead", {"lead": ben.email}, form_at=at)
    olga.post(f"{at}/name", {"name": "Sales North"}, form_at=at)
    listed = text_of(olga.get("/groups"))
    assert "Sales North" in listed
    assert "0 of 2" in listed
    assert "Ben" in listed
    olga.post(f"{at}/leave", {"row": ben.id}, form_at=at)
    assert "Leads the group" not in text_of(olga.get(at))
    assert "1 person is no longer in this group" in text_of(olga.get(f"{at}/delete"))
    assert olga.post(f"{at}/delete", form_at=f"{at}/delete").headers["location"] == "/groups"
    assert "No groups yet" in text_of(olga.get("/groups"))


def test_what_is_refused_keeps_what_was_typed(olga: Browser, ben: Person) -> None:
    """With the sentence at the field, status 422, and nothing changed."""
    at = made(olga)
    refused = olga.post(f"{at}/people", {"people": f"{ben.email}, no@acme.example"}, form_at=at)
    assert refused.status_code == 422
    assert "no@acme.example" in refused.text.split("<textarea")[1]
    assert "Nobody was put into the group" in text_of(refused)
    for field, path in (("lead", "lead"), ("name", "name")):
        refused = olga.post(f"{at}/{path}", {field: "|"}, form_at=at)
        assert refused.status_code == 422
        assert 'value="|"' in refused.text
    refused = olga.post("/groups", {"name": "sales"}, form_at="/groups")
    assert refused.status_code == 422
    assert "There is a group" in text_of(refused)


def test_somebodys_groups_stand_on_their_page(olga: Browser, ben: Person) -> None:
    """With what takes them out and what puts them into another."""
    at, page = made(olga), f"/people/{ben.id}"
    assert "In no group" in text_of(olga.get(page))
    group_id = at.rsplit("/", 1)[1]
    assert olga.post(f"{page}/enter", {"group": group_id}, form_at=page).status_code == 303
    assert f'href="{at}"' in olga.get(page).text
    assert olga.post(f"{page}/leave", {"row": group_id}, form_at=page).status_code == 303
    assert "In no group" in text_of(olga.get(page))
    assert olga.post(f"{page}/enter", {"group": "none"}, form_at=page).status_code == 404


def test_groups_are_for_admins(site: Site, olga: Browser, ben: Person) -> None:
    """The help desk sees neither the pages nor the groups of a person."""
    at = made(olga)
    hana = site.signed_in(site.give_password(site.acme.add("Hana", Role.HELPDESK)))
    for path in ("/groups", at, f"{at}/delete"):
        assert hana.get(path).status_code == 403
    assert "Groups" not in text_of(hana.get(f"/people/{ben.id}"))
    assert 'href="/groups"' not in hana.get("/").text
    assert 'href="/groups"' in olga.get("/").text


def test_what_is_gone_is_said_so(olga: Browser) -> None:
    """By every address of a group that is not there."""
    for path in ("/groups/none", "/groups/none/delete"):
        assert olga.get(path).status_code == 404
    for act in ("name", "lead", "people", "leave", "delete"):
        fields = {"name": "New", "people": "a@b.example", "row": "x"}
        assert olga.post(f"/groups/none/{act}", fields, form_at="/groups").status_code == 404
