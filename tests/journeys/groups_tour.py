"""The tour, continued: groups, and what their people see."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page

from tests.journeys.conftest import NewPage
from tests.journeys.product import Product
from tests.journeys.steps import (
    add_person,
    become_first_admin,
    becomes_known,
    enter_code,
    fill,
    go_by_menu,
    link_from_outbox,
    press,
    set_up_two_factor,
    sign_in,
)
from tests.journeys.tour import CHIEF, MEMBER, ORGANISATION, Look, look_at
from twofold.core.people import DAY

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
    imported(page, look)


def make_group(page: Page, name: str = GROUP) -> None:
    """As an admin, on the list of groups."""
    page.goto("/groups")
    fill(page, Name=name)
    press(page, "Make group")


DIFF = f"""name;email;role;groups;language;external id;kind
{MEMBER.name} the younger;{MEMBER.email};helpdesk;Berlin|{GROUP};de;e-1;
Backup of the archive;backup@acme.example;;Berlin;;;service
"""
WRONG = f"""name;email;groups;time zone;kind
{MEMBER.name};{MEMBER.email};a|=b;;
Nobody;nobody@acme.example;;Berlin;robot
"""


def imported(page: Page, look: Look) -> None:
    """A file as a diff: with problems, with changes, with people who are not in it."""
    for pasted, name in (
        (WRONG, "import-diff-problems"),
        (DIFF, "import-diff"),
        (DIFF.splitlines()[0] + "\n" + DIFF.splitlines()[2], "import-left-out"),
    ):
        page.goto("/people/import")
        page.get_by_label("Paste the list").fill(pasted)
        press(page, "Show the rows")
        look(page, name)
    page.get_by_label("Is suspended").check()
    press(page, "Add 1 person")
    look(page, "people-program")
    press(page, "Backup of the archive", "link")
    look(page, "person-program")
    page.goto("/people/add")
    page.get_by_label("A program, not a person").check()
    page.get_by_label("Role").select_option(label="Admin")
    fill(page, Name="Robot", Email="robot@acme.example")
    press(page, "Add person")
    look(page, "program-errors")


def days() -> tuple[str, str]:
    """Today and tomorrow, as the product counts days."""
    now = datetime.now(UTC)
    return now.date().isoformat(), (now + timedelta(days=1)).date().isoformat()


def exchange(product: Product, new_page: NewPage, look: Look) -> None:
    """Days for new phones: wrong, set, and the question at the next sign-in."""
    page, member = new_page(), new_page()
    become_first_admin(page, product.first_admin_link, CHIEF, ORGANISATION)
    add_person(page, MEMBER)
    phone = becomes_known(member, link_from_outbox(page), MEMBER)
    make_group(page)
    fill(page, Addresses=MEMBER.email)
    press(page, "Put in")
    press(page, "Save days")
    today, tomorrow = days()
    product.let_set_ups_grow_old(2 * DAY)
    fill(page, First_day=today, Last_day="2001-01-01")
    press(page, "Save days")
    look(page, "group-days-errors")
    fill(page, First_day=today, Last_day=tomorrow)
    press(page, "Save days")
    look(page, "group-days")
    member.goto("/sign-out")
    press(member, "Sign out")
    sign_in(member, MEMBER)
    enter_code(member, phone.code())
    look(member, "new-phone")
    press(member, "Not now", "link")
    look(member, "home-not-now")
    look_at(member, look, "/profile", "profile-new-phone")
    look_at(page, look, "/groups", "groups-planned")
    look_at(page, look, "/account/activity", "activity-groups")
    look_at(page, look, "/mail", "outbox-new-phones")


CHAPTERS: dict[str, Callable[[Product, NewPage, Look], None]] = {
    "groups": groups,
    "exchange": exchange,
}
