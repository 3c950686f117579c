"""What must not be found, and what a start prints."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.mailbox import Mailbox, link_in
from tests.journeys.product import Product, deployment, running
from tests.journeys.steps import (
    ADA,
    BOB,
    add_person,
    become_first_admin,
    choose_password,
    enter_code,
    heading,
    saved,
    scan,
    set_up_two_factor,
    sign_in,
    sign_out,
    switch_on,
)
from tests.journeys.watch import Watch


def test_the_secret_is_on_the_set_up_page_and_nowhere_else(
    product: Product, mailbox: Mailbox, new_page: NewPage, watch: Watch
) -> None:
    """No address, title, referrer, mail, log or outbox page holds it, nor any later page."""
    ada, bob = new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    set_up_two_factor(ada)
    add_person(ada, BOB)
    choose_password(bob, link_in(mailbox.wait(BOB.email, "")), BOB)
    switch_on(ada)
    bob.goto(link_in(mailbox.wait(BOB.email, "Set up two-factor")))
    sign_in(bob, BOB)
    phone = scan(bob)
    code = phone.code()
    shown = [bob.title(), bob.url]
    saved(bob, code)
    mailbox.wait(BOB.email, "set up")
    for page, path in ((bob, "/profile"), (bob, "/"), (ada, "/mail"), (ada, "/people")):
        page.goto(path)
        shown.append(page.content())
    for address in every_mail(ada):
        ada.goto(address)
        shown.append(ada.content())
    mails = [mail.as_string() for mail in mailbox.all()]
    written = [product.log(), product.printed()]
    assert phone.secret not in "\n".join(shown + mails + written + watch.asked + watch.referrers)
    assert "otpauth" not in "\n".join(shown + mails + written)
    assert code not in "\n".join(written + watch.asked + watch.referrers)


def every_mail(admin: Page) -> list[str]:
    """The addresses of all mails in the outbox."""
    admin.goto("/mail")
    links = admin.get_by_role("table").get_by_role("link").all()
    return [link.get_attribute("href") or "" for link in links]


def test_back_after_signing_out_shows_nothing(product: Product, page: Page) -> None:
    """Whoever sits down next sees the sign-in page."""
    become_first_admin(page, product.first_admin_link)
    set_up_two_factor(page)
    page.goto("/people")
    expect(page.get_by_role("main")).to_contain_text(ADA.email)
    sign_out(page)
    page.go_back()
    heading(page, "Sign in")
    expect(page.get_by_role("main")).not_to_contain_text(ADA.email)


def test_the_printed_link_works_once(product: Product, new_page: NewPage) -> None:
    """The second to open it is told so, and whom to ask."""
    become_first_admin(new_page(), product.first_admin_link)
    second = new_page()
    answer = second.goto(product.first_admin_link)
    assert answer
    assert answer.status == 410
    heading(second, "This link has been used")
    expect(second.get_by_role("main")).to_contain_text("twofold admin-link")
    expect(second.get_by_role("textbox")).to_have_count(0)


def test_a_start_prints_little_and_the_second_one_no_link(tmp_path: Path, browser: Browser) -> None:
    """At most eight lines; what was set up is there again after a restart."""
    with deployment(tmp_path / "product") as product:
        assert len(product.printed().splitlines()) <= 8
        page = browser.new_page(base_url=product.url)
        become_first_admin(page, product.first_admin_link)
        phone = set_up_two_factor(page)
    with running(product) as seconds:
        print(f"second start to the printed address: {seconds:.2f} s")
        assert len(product.printed().splitlines()) <= 8
        assert "first-admin" not in product.printed()
        page.goto(f"{product.url}/profile")
        heading(page, "My Profile")
        sign_out(page)
        sign_in(page, ADA)
        enter_code(page, phone.code())
        heading(page, f"Hello, {ADA.name}")
    page.close()
