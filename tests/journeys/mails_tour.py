"""A tour through the texts of mails, and through what an admin sees of a mail that came back."""

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


def texts(product: Product, new_page: NewPage, look: Look) -> None:
    """Ours, a draft, a mistake, a test, one of their own, and in another language."""
    page = new_page()
    become_first_admin(page, product.first_admin_link, CHIEF, ORGANISATION)
    set_up_two_factor(page)
    look_at(page, look, "/account/mails", "mail-texts-ours")
    look_at(page, look, "/account/mails/switched-on-enrolled.en", "mail-text-without-a-link")
    look_at(page, look, "/account/mails/reminder.de", "mail-text-ours")
    fill(page, Subject="Noch {days left}, {vorname}", Text="Hallo {name}, es eilt.")
    press(page, "Save")
    look(page, "mail-text-errors")
    fill(page, Subject="Noch {days left}", Text="Hallo {name}, es eilt.\n\n{link}\n\nIhre IT")
    press(page, "Show the mail")
    look(page, "mail-text-draft")
    press(page, "Send me a test")
    look(page, "mail-text-tested")
    press(page, "Save")
    look(page, "mail-texts-own")
    look_at(page, look, "/account/mails/reminder.de", "mail-text-own")
    page.goto("/account/mails")
    page.get_by_label("Of whoever has chosen none").select_option(label="Deutsch")
    press(page, "Save")
    look_at(page, look, "/account/switch-on", "switch-on-german")
    look_at(page, look, "/account/mails/nothing.de", "mail-text-unknown")
    look_at_what_came_back(product, page, look)


def look_at_what_came_back(product: Product, page: Page, look: Look) -> None:
    """The outbox, the person and the list of people once a server has reported a failure."""
    add_person(page, MEMBER)
    product.let_mails_come_back(
        "550 5.1.1 <abdelrahman@acme.example>: Recipient address rejected: User unknown in local"
        " recipient table"
    )
    look_at(page, look, "/mail", "outbox-came-back")
    page.get_by_role("table").get_by_role("link").first.click()
    page.get_by_role("article", name="Text of the mail").wait_for()
    look(page, "outbox-mail-came-back")
    look_at(page, look, "/people?only=failed-mail", "people-came-back")
    look_at(page, look, "/account", "account-came-back")


CHAPTERS: dict[str, Callable[[Product, NewPage, Look], None]] = {"mail-texts": texts}
