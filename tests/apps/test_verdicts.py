"""A phone that is not as it should be: the set-up page says what is wrong with it."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.apps.names import somebody
from tests.apps.programs import Entry, installed
from tests.apps.record import CLOCKS, SAYS, SETTINGS, TWICE, Table, note
from tests.apps.walk import enter, photograph, scanned
from tests.journeys.steps import heading, save, saved

STEP = 30
LATE_IN_A_STEP, EARLY_IN_A_STEP = range(21, 27), range(6)
"""Seconds into a step at which a clock that is 40 s off is two steps off, and so refused."""
AS_GOOD_AS = 20
"""Seconds by which the size that the page names may be off: half a step, and some for typing."""
SIZE = re.compile(
    r"the clock of your phone was (?:about )?(\d+) (second|minute|hour)s? (ahead|behind)", re.I
)
UNITS = {"second": 1, "minute": 60, "hour": 3600}
HOUR = 3600


def entry_of(page: Page, what: str) -> Entry:
    """Somebody on their set-up page, and what their phone has taken from it."""
    name = somebody(what)
    enter(page, name)
    return scanned(photograph(page), name)


@pytest.mark.parametrize("clock", CLOCKS)
def test_the_page_names_by_how_much_a_clock_is_off(page: Page, clock: str) -> None:
    """The sign and the size; and with the clock set right the same entry is saved."""
    seconds = CLOCKS[clock].seconds
    entry = entry_of(page, clock)
    with installed(CLOCKS[clock].program, [entry]) as phone:
        if abs(seconds) < 2 * STEP:
            wait_until(LATE_IN_A_STEP if seconds > 0 else EARLY_IN_A_STEP)
        save(page, phone.show(f"{seconds:+d}s")[0].code)
        told = page.get_by_role("region", name="The code was not accepted")
        expect(told).to_contain_text("The clock of your phone was", ignore_case=True)
        named = seconds_named(told.inner_text())
        about_right = abs(named - seconds) <= AS_GOOD_AS
        note(Table.CLOCKS, clock, SAYS, clock if about_right else f"{named} seconds")
        saved(page, phone.show()[0].code)
    heading(page, "My Profile")


def wait_until(seconds_into_a_step: range) -> None:
    """Wait for a moment of a step: a clock that is 40 s off is off by one step or by two."""
    while int(time.time()) % STEP not in seconds_into_a_step:
        time.sleep(0.2)


def seconds_named(words: str) -> int:
    """By how much the clock is off according to the page, negative when it is behind."""
    number, unit, side = SIZE.findall(words)[0]
    return int(number) * UNITS[unit.lower()] * (1 if side == "ahead" else -1)


def test_a_second_code_makes_sure(page: Page) -> None:
    """One code an hour away may be chance, and the page says "probably"; two are none."""
    entry = entry_of(page, TWICE)
    told = page.get_by_role("region", name="The code was not accepted")
    with installed("oathtool", [entry]) as phone:
        save(page, phone.show(f"+{HOUR}s")[0].code)
        once = told.inner_text()
        saved(page, phone.show(f"+{HOUR + STEP}s")[0].code)
        twice = told.inner_text()
    assert seconds_named(once) == seconds_named(twice) == HOUR
    assert ("Probably" in once, "Probably" in twice) == (True, False)


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_page_names_the_setting_that_an_app_has_otherwise(page: Page, setting: str) -> None:
    """Somebody changed it by hand in their app; scanned anew, the entry is saved."""
    entry = entry_of(page, setting)
    wanted = SETTINGS[setting]
    changed = re.sub(wanted.instead_of, wanted.parameter, entry.uri)
    assert changed != entry.uri
    with installed(wanted.program, [Entry(changed, "", "", "")]) as phone:
        saved(page, phone.show()[0].code)
    told = page.get_by_role("region", name="The code was not accepted").inner_text()
    note(Table.SETTINGS, setting, SAYS, wanted.said if wanted.said in told else told)
    with installed(wanted.program, [entry]) as phone:
        saved(page, phone.show()[0].code)
    heading(page, "My Profile")
