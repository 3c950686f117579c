"""The tour, continued: groups, and what their people see."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.journeys.conftest import NewPage
from tests.journeys.product import Product
from tests.journeys.steps import (
    add_person,
    become_first_admin,
    fill,
    go_by_menu,
    press,
    set_up_two_factor,
)
from tests.journeys.tour import CHIEF, MEMBER, ORGANISATION, Look, look_at

GROUP = "Sales, Northern region and the islands"


def groups(product: Product, new_page: NewPage, look: Look) -> None:
    """Made, filled, led, with what can be wrong, and deleted."""
    page = new_page()
    become_first_admin(page, product.first_admin_link, CHIEF, ORGANISATION)
    set_up_two_factor(page)
    add_person(page, MEMBER)
    go_by_menu(page, "Groups", CHIEF.name)
    look(page, "groups-none")
    make_group(page, "")
    look(page, "groups-errors")
    make_group(page)
    look(page, "group-empty")
    press(page, "Put in")
    look(page, "group-errors")
    fill(page, Addresses=f"{MEMBER.email}, {CHIEF.email}")
    press(page, "Put in")
    look(page, "group-filled")
    fill(page, Address_of_the_lead=MEMBER.email)
    press(page, "Save lead")
    look(page, "group")
    look_at(page, look, "/groups", "groups")
    look_at(page, look, "/account/guard", "guard-groups")
    look_at(page, look, f"/people?search={MEMBER.email}", "person-in-group")
    page.goto("/groups")
    press(page, GROUP, "link")
    press(page, "Delete this group", "link")
    look(page, "group-delete")


def make_group(page: Page, name: str = GROUP) -> None:
    """As an admin, on the list of groups."""
    page.goto("/groups")
    fill(page, Name=name)
    press(page, "Make group")


CHAPTERS: dict[str, Callable[[Product, NewPage, Look], None]] = {
    "groups": groups,
}
