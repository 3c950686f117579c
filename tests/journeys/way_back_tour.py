"""A tour through the roads back in: the second address, the page without the phone, the wait.

Chapters like those of `tour.py`.
"""

from collections.abc import Callable

from tests.journeys.conftest import NewPage
from tests.journeys.product import Product
from tests.journeys.steps import (
    add_person,
    become_first_admin,
    becomes_known,
    fill,
    link_from_outbox,
    press,
)
from tests.journeys.tour import CHIEF, MEMBER, ORGANISATION, Look, look_at

SECOND = "abdelrahman.ibn.abdelaziz.ibn.mohammed.al.saud@a-private-mailbox.example"


def addresses(product: Product, new_page: NewPage, look: Look) -> None:
    """A second address: entered wrongly, entered, confirmed, seen by an admin, removed."""
    admin, page = new_page(), new_page()
    become_first_admin(admin, product.first_admin_link, CHIEF, ORGANISATION)
    add_person(admin, MEMBER)
    becomes_known(page, link_from_outbox(admin), MEMBER)
    look_at(page, look, "/profile/addresses", "addresses-none")
    press(page, "Send the link")
    look(page, "addresses-errors")
    fill(page, Second_address=SECOND)
    press(page, "Send the link")
    look(page, "addresses-waiting")
    mailed = link_from_outbox(admin, "Link to confirm a second address")
    look_at(page, look, mailed, "address-link")
    press(page, "Confirm")
    look(page, "address-confirmed")
    look_at(page, look, mailed, "address-link-used")
    look_at(page, look, "/profile/addresses", "addresses-two")
    look_at(page, look, "/profile", "profile-two-addresses")
    look_at(admin, look, f"/people?search={MEMBER.email}", "person-two-addresses")
    look_at(admin, look, "/mail", "outbox-two-addresses")


CHAPTERS: dict[str, Callable[[Product, NewPage, Look], None]] = {
    "addresses": addresses,
}
