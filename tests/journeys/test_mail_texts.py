"""From an admin's words to a mailbox, and from a mail server's report to the admin's page."""

import subprocess
import sys

from playwright.sync_api import expect

from tests.journeys.conftest import NewPage
from tests.journeys.mailbox import Mailbox, html, link_in, plain
from tests.journeys.product import Product
from tests.journeys.steps import (
    ADA,
    BOB,
    add_person,
    become_first_admin,
    choose_password,
    fill,
    press,
    set_up_two_factor,
    switch_on,
)
from tests.mail.reports import postfix

BODY = "Hallo {name},\n\nbitte jetzt.\n\n{link}\n\nIhre IT von {organisation}"


def test_an_admin_writes_a_mail_tries_it_and_everybody_gets_it(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """In the language of the organisation; the test's link opens nothing, the real one works."""
    ada, bob = new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    set_up_two_factor(ada)
    add_person(ada, BOB)
    choose_password(bob, link_in(mailbox.wait(BOB.email, "")), BOB)
    ada.goto("/account/mails")
    ada.get_by_label("Of whoever has chosen none").select_option(label="Deutsch")
    press(ada, "Save")
    ada.goto("/account/mails/switched-on.de")
    fill(ada, Subject="Los, {name}", Text=BODY)
    press(ada, "Send me a test")
    test = mailbox.wait(ADA.email, "Los")
    assert f"Hallo {ADA.name}," in plain(test)
    bob.goto(link_in(test))
    expect(bob.get_by_label("Code")).to_have_count(0)
    press(ada, "Save")
    expect(ada.get_by_text("You have written 1 text of your own.")).to_be_visible()
    switch_on(ada)
    mail = mailbox.wait(BOB.email, f"Los, {BOB.name}")
    assert "Ihre IT von Acme Corp" in plain(mail)
    assert "Wir fragen Sie nie per E-Mail" in html(mail)
    assert link_in(mail) in html(mail)


def test_a_mail_that_comes_back_is_seen_by_the_admin(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """A mail server pipes its report into the command, beside the running service."""
    ada = new_page()
    become_first_admin(ada, product.first_admin_link)
    add_person(ada, BOB)
    mail = mailbox.wait(BOB.email, "")
    ada.goto("/mail")
    expect(ada.get_by_role("cell", name="Sent")).to_be_visible()
    done = subprocess.run(
        (sys.executable, "-m", "twofold", "mail", "reports", "-"),
        cwd=product.folder,
        env=product.environment,
        input=postfix(str(mail["message-id"]), recipient=BOB.email),
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"bounced 1\n"
    ada.goto("/mail")
    expect(ada.get_by_role("cell", name="Came back")).to_contain_text("550 5.1.1")
    ada.goto("/people?only=failed-mail")
    expect(ada.get_by_role("main")).to_contain_text(BOB.name)
