"""Each program sets somebody up and signs them in, in the browser."""

import pytest
from playwright.sync_api import Page

from tests.apps.names import PASSWORD, somebody
from tests.apps.programs import PROGRAMS, installed
from tests.apps.record import SIGNED_IN, Table, note
from tests.apps.walk import OWNER, enter, photograph, scanned, shows_the_names
from tests.journeys.steps import Person, enter_code, heading, saved, sign_in, sign_out

NEXT_STEP = "+30s"
"""Ahead by one step, which counts: the present one was used for the set-up."""


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_sets_up_and_signs_in(page: Page, program: str) -> None:
    """It reads the QR code or is told the key; its codes are saved and accepted."""
    name = somebody(program)
    enter(page, name)
    photo = photograph(page)
    shows_the_names(page, name)
    with installed(program, [scanned(photo, name)]) as phone:
        saved(page, phone.show()[0].code)
        heading(page, "My Profile")
        person = Person(OWNER, name.email, PASSWORD)
        sign_out(page, person)
        sign_in(page, person)
        enter_code(page, phone.show(NEXT_STEP)[0].code)
    heading(page, f"Hello, {OWNER}")
    note(Table.PROGRAMS, program, "signs in", SIGNED_IN)
