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
    sign_in,
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


def delayed(product: Product, new_page: NewPage, look: Look) -> None:
    """The wait: allowed, asked for, begun, seen by everybody, stopped, and a second one used."""
    admin, member, page = new_page(), new_page(), new_page()
    become_first_admin(admin, product.first_admin_link, CHIEF, ORGANISATION)
    add_person(admin, MEMBER)
    becomes_known(member, link_from_outbox(admin), MEMBER)
    sign_in(page, MEMBER)
    look_at(page, look, "/sign-in/code/no-phone", "no-phone-without-wait")
    look_at(admin, look, "/account/recovery", "wait-policy-off")
    admin.get_by_label("Members may recover by waiting").select_option(label="Yes")
    fill(admin, Hours="1")
    press(admin, "Save")
    look(admin, "wait-policy-errors")
    fill(admin, Hours="24")
    press(admin, "Save")
    look_at(page, look, "/sign-in/code/no-phone", "no-phone")
    press(page, "Mail me the link")
    look(page, "wait-asked")
    begin = link_from_outbox(admin, "Link to begin a recovery")
    look_at(page, look, begin, "wait-start")
    press(page, "Begin the wait")
    look(page, "wait-begun")
    look_at(page, look, begin, "wait-start-used")
    look_at(member, look, "/", "home-own-wait")
    look_at(admin, look, "/", "home-waiting")
    look_at(admin, look, "/account/recovery", "wait-policy-running")
    look_at(admin, look, "/account", "account-wait")
    look_at(admin, look, f"/people?search={MEMBER.email}", "person-waits")
    stop = link_from_outbox(admin, "Recovery is running")
    look_at(new_page(), look, stop, "wait-stop")
    press(member, "Stop this")
    look_at(page, look, stop, "wait-stopped")
    look_at(page, look, stop[:-3], "wait-stop-unknown")


CHAPTERS: dict[str, Callable[[Product, NewPage, Look], None]] = {
    "addresses": addresses,
    "delayed": delayed,
}
