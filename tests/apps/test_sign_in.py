"""Each program sets somebody up and signs them in, in the browser."""

import pytest
from playwright.sync_api import Page

from tests.apps.names import Name
from tests.apps.programs import PROGRAMS, installed
from tests.apps.record import SIGNED_IN, Table, note
from tests.apps.walk import OWNER, enter, found, photograph, scanned, shows_the_names
from tests.journeys.product import Product
from tests.journeys.steps import enter_code, heading, save

NEXT_STEP = "+30s"
"""Ahead by one step, which counts: the present one was used for the set-up."""


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_sets_up_and_signs_in(product: Product, page: Page, program: str) -> None:
    """It reads the QR code or is told the key; its codes are saved and accepted."""
    address = f"{program}@programs.example"
    name = Name(program, f"Acme {program}", address, f"Acme {program}", address, "")
    found(product, [name])
    enter(page, name)
    photo = photograph(page)
    shows_the_names(page, name)
    with installed(program, [scanned(photo, name)]) as phone:
        save(page, phone.show()[0].code)
        heading(page, "My Profile")
        page.goto("/sign-out")
        page.get_by_role("button", name="Sign out", exact=True).last.click()
        heading(page, "Sign in")
        enter(page, name)
        enter_code(page, phone.show(NEXT_STEP)[0].code)
    heading(page, f"Hello, {OWNER}")
    note(Table.PROGRAMS, program, "signs in", SIGNED_IN)
