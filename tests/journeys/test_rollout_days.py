"""A rollout with days: planned, taken back, begun, paused, and the morning on which it bites."""

from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.mailbox import Mailbox, link_in, plain
from tests.journeys.product import Product
from tests.journeys.steps import (
    BOB,
    Person,
    add_person,
    become_first_admin,
    choose_password,
    fill,
    go_by_menu,
    heading,
    path_of,
    picture,
    press,
    saved,
    scan,
    set_up_two_factor,
    sign_in,
)
from tests.journeys.watch import Watch

CAT = Person("Cat Late", "cat@acme.example", "the third wheel of the cart")


def test_days_are_given_and_bite_on_their_morning(
    product: Product, mailbox: Mailbox, new_page: NewPage, watch: Watch
) -> None:
    """Nobody is stopped before, everybody is after, and the asked-for page follows the set-up."""
    ada, bob, cat = new_page(), new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    set_up_two_factor(ada)
    for who, page in ((BOB, bob), (CAT, cat)):
        add_person(ada, who)
        choose_password(page, link_in(mailbox.wait(who.email, "")), who)
    takes_a_switch_back(ada)
    switches_on_with_days(ada)
    product.let_held_mails_go()
    mail = mailbox.wait(BOB.email, "Set up two-factor")
    assert "You have until " in " ".join(plain(mail).split())
    posts = len(watch.posts)
    sets_it_up_from_the_mail(bob, link_in(mail))
    assert len(watch.posts) - posts == 3  # The password, Save, and that the codes are stored.
    works_on_until_the_deadline(cat)
    sees_the_progress(ada)
    pauses(ada)
    product.let_deadlines_pass()
    cat.goto("/profile")
    heading(cat, "My Profile")
    ada.get_by_role("button", name="End the pause").click()
    is_led_to_the_set_up(cat, link_in(mailbox.wait(CAT.email, "Set up two-factor")))
    ada.goto("/account/progress")
    expect(ada.get_by_role("main")).to_contain_text("100 %: 3 of 3.")


def takes_a_switch_back(page: Page) -> None:
    """Before its first mail has left, as if it had not been."""
    go_by_menu(page, "Account")
    press(page, "Switch on")
    main = page.get_by_role("main")
    expect(main).to_contain_text("to be set up by")
    expect(main).to_contain_text("3 people get a mail.")
    press(page, "Switch on")
    expect(main).to_contain_text("Two-factor authentication is on.")
    press(page, "Take it back")
    expect(page.get_by_role("main")).to_contain_text("Nothing is asked of anybody yet.")


def switches_on_with_days(page: Page) -> None:
    """A month for everybody."""
    press(page, "Plan the first wave", "link")
    page.get_by_label("Time to set it up").select_option("30")
    press(page, "Show what this means")
    press(page, "Switch on")
    expect(page.get_by_role("main")).to_contain_text("Everybody has 30 days to set it up")


def sets_it_up_from_the_mail(page: Page, mailed: str) -> None:
    """Open, password, scan, type, Save: within the days, and with the page of codes at the end."""
    page.goto(mailed)
    sign_in(page, BOB)
    phone = scan(page)
    saved(page, phone.code())
    heading(page, "My Profile")


def works_on_until_the_deadline(page: Page) -> None:
    """Every page says until when."""
    page.goto("/sign-in")
    sign_in(page, CAT)
    heading(page, f"Hello, {CAT.name}")
    expect(page.get_by_role("main")).to_contain_text("days left")
    picture(page, "home-days-left")


def sees_the_progress(page: Page) -> None:
    """One sentence, the picture, and the one who is left."""
    page.goto("/account/progress")
    main = page.get_by_role("main")
    expect(main).to_contain_text("66 %: 2 of 3.")
    expect(main).to_contain_text(f"{CAT.name} has not set it up.")
    expect(page.get_by_role("img", name="Enrolled people from")).to_be_visible()
    picture(page, "progress-two-thirds")


def pauses(page: Page) -> None:
    """For two hours, with a reason that people read."""
    page.goto("/account/waves")
    fill(page, Hours="2", Why="The mail server moves")
    press(page, "Pause")
    expect(page.get_by_role("main")).to_contain_text("Paused for everybody until")


def is_led_to_the_set_up(page: Page, mailed: str) -> None:
    """The next click asks for the password, which leads to the set-up and to nothing else."""
    page.goto("/profile/places?from=work")
    heading(page, "Sign in")
    sign_in(page, CAT)
    for path in ("/", "/people", "/profile"):
        page.goto(path)
        assert path_of(page) == "/set-up", path
    page.goto(mailed)
    phone = scan(page)
    saved(page, phone.code())
    assert path_of(page) == "/profile/places?from=work"
