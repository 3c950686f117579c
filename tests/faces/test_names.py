"""Names that would break an authenticator app: refused where they are set, with the reason."""

import html

import pytest

from tests.faces.conftest import Browser, Site, text_of
from twofold.core.keyuri import issuer_problem
from twofold.flows import setup

ODD = [":", "?", "&", "%", "#", "+", "/", "\\"]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is stored is tested with the flows, on both databases."""
    return sqlite_url


@pytest.fixture
def admin(site: Site) -> Browser:
    """The owner, signed in just now."""
    return site.signed_in(site.acme.owner)


@pytest.mark.parametrize("issuer", [*(f"A{odd}B" for odd in ODD), "A" * 31, " Acme", "A\u202eB"])
def test_a_name_that_some_app_misreads_is_refused_beside_its_field(
    site: Site, admin: Browser, issuer: str
) -> None:
    """What was typed stays, the reason stands beside it, and nothing is stored."""
    page = admin.post("/account/name", {"name": "Acme", "issuer": issuer}, form_at="/account")
    assert page.status_code == 422
    reason = issuer_problem(issuer)
    assert reason is not None
    assert text_of(page).count(reason) == 2, "at the top, and beside the field"
    assert 'id="field-issuer-error"' in page.text
    assert f'value="{html.escape(issuer)}"' in page.text
    assert site.acme.account.issuer == "Acme"


def test_an_organisation_may_be_called_what_it_is_called(site: Site, admin: Browser) -> None:
    """Its own name holds anything; the page says why it cannot stand in apps."""
    assert 'id="issuer-reason"' not in admin.get("/account").text
    names = {"name": "Müller & Co. KG", "issuer": "Müller Co. KG"}
    assert admin.post("/account/name", names, form_at="/account").status_code == 303
    assert (site.acme.account.name, site.acme.account.issuer) == tuple(names.values())
    said = text_of(admin.get("/account"))
    assert "itself cannot stand there. Leave out &:" in said


def test_a_chosen_short_name_needs_no_reason(admin: Browser) -> None:
    """Where the organisation's own name would do, nothing is explained."""
    names = {"name": "Acme Corporation", "issuer": "Acme"}
    assert admin.post("/account/name", names, form_at="/account").status_code == 303
    assert 'id="issuer-reason"' not in admin.get("/account").text


def test_whoever_names_the_organisation_is_told_what_apps_cannot_read(site: Site) -> None:
    """Beside the name, before it is typed."""
    link = site.world.store.call(lambda tx: setup.first_admin_link(tx, site.clock.now()))
    page = site.browser().get(f"/first-admin/{link.token}")
    assert page.status_code == 200
    assert all(odd in text_of(page).split("without")[1].split("in it")[0] for odd in ODD)


def test_an_address_with_such_a_character_makes_an_entry_that_works(site: Site) -> None:
    """People cannot choose their address for the sake of an app: a hyphen stands for it there."""
    rd = site.give_password(site.acme.add("Rd", email="r&d+x@acme.example"))
    said = text_of(site.signed_in(rd).get("/profile/set-up"))
    assert "r-d+x@acme.example" in said
    assert "r&d+x@acme.example" not in said
