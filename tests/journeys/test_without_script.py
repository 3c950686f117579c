"""Script off: everything works, with one page more here and there."""

from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.mailbox import Mailbox, link_in
from tests.journeys.product import Product
from tests.journeys.steps import (
    ADA,
    BOB,
    become_first_admin,
    button,
    choose_password,
    enter_code,
    go_by_menu,
    heading,
    link,
    open_menu,
    press,
    saved,
    scan,
    sign_in,
    switch_on,
)

LIST = (
    b"name,email,role\r\nBob Brown,bob@acme.example,member\r\nCem Demir,cem@acme.example,admin\r\n"
)


def test_the_whole_story_works_without_script(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """From the first admin to the second step of somebody who came by an imported list."""
    ada, bob = new_page(java_script_enabled=False), new_page(java_script_enabled=False)
    become_first_admin(ada, product.first_admin_link)
    the_menu_leads_everywhere(ada)
    go_by_menu(ada, "My Profile")
    press(ada, "Set up")
    phone = scan(ada)
    saved(ada, phone.code())
    imports_a_list(ada)
    filters_and_searches(ada)
    choose_password(bob, link_in(mailbox.wait(BOB.email, "")), BOB)
    switch_on(ada)
    signs_out_by_the_page(ada)
    sign_in(ada, ADA)
    enter_code(ada, phone.code())
    heading(ada, f"Hello, {ADA.name}")
    bob.goto(link_in(mailbox.wait(BOB.email, "Set up two-factor")))
    sign_in(bob, BOB)
    bobs = scan(bob)
    saved(bob, bobs.code())
    heading(bob, f"Hello, {BOB.name}")


def the_menu_leads_everywhere(page: Page) -> None:
    """The button under the name opens it, Esc closes it; the link to the open page says so."""
    name = page.get_by_role("button", name=ADA.name, exact=True)
    first = page.get_by_role("navigation", name="Your pages").get_by_role("link").first
    expect(first).to_be_hidden()
    name.press("Enter")
    expect(first).to_be_visible()
    page.keyboard.press("Tab")
    expect(first).to_be_focused()
    page.keyboard.press("Escape")
    expect(first).to_be_hidden()
    expect(name).to_be_focused()
    for entry in ("My Profile", "Account", "People", "Mail"):
        go_by_menu(page, entry)
        heading(page, entry)
        menu = open_menu(page)
        current = menu.get_by_role("link", name=entry, exact=True)
        expect(current).to_have_attribute("aria-current", "page")
    press(page, "Help with codes", "link")
    heading(page, "Help with codes")


def imports_a_list(page: Page) -> None:
    """A file, its rows, the button; again, and nobody is there twice."""
    for people in ("2 people", "0 people"):
        page.goto("/people/import")
        chosen = {"name": "people.csv", "mimeType": "text/csv", "buffer": LIST}
        page.get_by_label("Or choose a CSV file").set_input_files(chosen)
        press(page, "Show the rows")
        heading(page, "Check the list")
        expect(page.get_by_role("main")).to_contain_text(f"{people} to add")
        if people == "2 people":
            press(page, "Add 2 people")
            heading(page, "People")
    expect(button(page, "Add 0 people")).to_be_disabled()


def filters_and_searches(page: Page) -> None:
    """Filters are links, the search is a form; both show in the address."""
    page.goto("/people")
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(4)
    press(page, "Use it 1", "link")
    expect(rows).to_have_count(2)
    page.goto("/people")
    page.get_by_role("searchbox").fill("acme.example")
    press(page, "Search")
    expect(rows).to_have_count(4)
    expect(link(page, "Cem Demir")).to_be_visible()
    page.get_by_role("searchbox").fill("cem@")
    press(page, "Search")  # The only one found is led to straight away.
    heading(page, "Cem Demir")


def signs_out_by_the_page(page: Page) -> None:
    """The link asks first, because a link alone must not sign anybody out."""
    menu = open_menu(page)
    with page.expect_navigation():
        menu.get_by_role("link", name="Sign out").click()
    heading(page, "Sign out?")
    press(page, "Stay signed in", "link")
    page.goto("/sign-out")
    press(page, "Sign out")
    heading(page, "Sign in")
