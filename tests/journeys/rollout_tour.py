"""The tour, continued: the switch with days, waves and pauses."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.journeys.conftest import NewPage
from tests.journeys.product import Product
from tests.journeys.steps import (
    add_person,
    become_first_admin,
    fill,
    press,
    set_up_two_factor,
)
from tests.journeys.tour import CHIEF, MEMBER, ORGANISATION, Look, look_at


def waves(product: Product, new_page: NewPage, look: Look) -> None:
    """Planned, begun, paused, only reported, with what can be wrong."""
    page = new_page()
    become_first_admin(page, product.first_admin_link, CHIEF, ORGANISATION)
    set_up_two_factor(page)
    add_person(page, MEMBER)
    look_at(page, look, "/account/waves", "waves-none")
    look_at(page, look, "/account/switch-on?days=14&whom=role:helpdesk", "switch-on-wave")
    press(page, "Send me a test")
    look(page, "switch-on-tested")
    look_at(page, look, "/account/switch-on?since=2020-01-01", "switch-on-wave-errors")
    page.goto("/account/switch-on?days=30")
    press(page, "Switch on")
    look(page, "account-days")
    look_at(page, look, "/account/progress", "progress")
    look_at(page, look, "/people/more-time?only=will-be-stopped", "more-time")
    press(page, "Give them more time")
    look(page, "more-time-errors")
    page.goto("/people?only=will-be-stopped")
    look(page, "people-ticks")
    bulk(page, look)
    page.goto("/people?only=will-be-stopped")
    page.get_by_role("table").get_by_role("link").first.click()
    press(page, "Deadline, leave, exemption", "link")
    look(page, "deadline")
    fill(page, Away_until="2027-03-01")
    press(page, "Save leave")
    look(page, "deadline-away")
    look_at(page, look, "/account/waves", "waves")
    pause(page, "0")
    look(page, "waves-errors")
    pause(page, "4")
    look(page, "waves-paused")
    press(page, "Only report")
    look(page, "waves-report-only")


def bulk(page: Page, look: Look) -> None:
    """From a filter to reminded in three presses, with the keyboard alone."""
    page.get_by_label("All 1 that this filter finds").focus()
    page.keyboard.press("Space")
    for words, name in (("Remind", "bulk-remind"), ("Remind 1 person", "bulk-reminded")):
        page.get_by_role("button", name=words, exact=True).focus()
        with page.expect_navigation():
            page.keyboard.press("Enter")
        look(page, name)
    page.goto("/people")
    page.get_by_role("table").get_by_role("checkbox").last.check()
    press(page, "Ask to set up again")
    look(page, "bulk-again")
    page.goto("/people")
    page.get_by_role("table").get_by_role("checkbox").last.check()
    press(page, "Take along as a file")
    look(page, "bulk-export")
    look_at(page, look, "/people/act?act=unlock", "bulk-nobody")


def pause(page: Page, hours: str) -> None:
    """As an admin on the page of waves."""
    fill(page, Hours=hours, Why="The mail server moves")
    press(page, "Pause")


CHAPTERS: dict[str, Callable[[Product, NewPage, Look], None]] = {"waves": waves}
