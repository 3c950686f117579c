"""Too many passwords at once: who is turned away has not paid for it."""

import contextlib
from collections.abc import Iterator

import pytest

from tests.faces.conftest import PASSWORD, Site
from twofold.core.errors import Overloaded


@contextlib.contextmanager
def all_seats_taken(site: Site) -> Iterator[None]:
    """No place is left in the hasher."""
    with contextlib.ExitStack() as seats:
        with contextlib.suppress(Overloaded):
            while True:
                seats.enter_context(site.hasher.seat())
        yield


@pytest.mark.parametrize("email", ["olga@acme.example", "nobody@acme.example"])
def test_a_sign_in_that_is_turned_away_costs_nobody_a_try(site: Site, email: str) -> None:
    """A hundred answers of 503, and the right password is still looked at at once."""
    with all_seats_taken(site):
        for _ in range(100):
            answer = site.browser().post("/sign-in", {"email": email, "password": PASSWORD})
            assert answer.status_code == 503
            assert answer.headers["retry-after"].isdigit()
    olga = site.acme.owner
    answer = site.browser().post("/sign-in", {"email": olga.email, "password": PASSWORD})
    assert answer.status_code == 303


def test_a_proof_that_is_turned_away_costs_nobody_a_try(site: Site) -> None:
    """The same on the page that asks for the own password again."""
    browser = site.signed_in(site.acme.owner)
    with all_seats_taken(site):
        for _ in range(30):
            answer = browser.post("/confirm", {"password": PASSWORD}, form_at="/confirm")
            assert answer.status_code == 503
    answer = browser.post("/confirm", {"password": PASSWORD}, form_at="/confirm")
    assert answer.status_code == 303
