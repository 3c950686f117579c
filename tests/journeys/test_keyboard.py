"""The keyboard alone: no mouse in the whole story, and the focus is always to be seen."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.journeys.phones import Phone
from tests.journeys.product import Product
from tests.journeys.steps import ADA, ORGANISATION, become_first_admin, heading

STOPS = 60
"""No page of the story has more places for the focus."""
SEEN = """() => {
  // After the last stop the browser's own frame has its turn: no element is focused.
  if (document.activeElement === document.body) return true;
  const style = getComputedStyle(document.activeElement);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return outlined || style.boxShadow !== "none";
}"""
HAS_FOCUS = "element => element === document.activeElement"
STOPS_OF_THE_PAGE = """() => [...document.querySelectorAll("a[href], button, input, select,"
    + " summary, textarea, [tabindex='0']")]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.disabled
    && e.type !== "hidden").length"""
MARK = """() => {
  const now = document.activeElement;
  if (now === document.body || now.dataset.visited) return false;
  now.dataset.visited = "yes";
  return true;
}"""


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the wanted element has the focus; each stop on the way shows it."""
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        assert page.evaluate(SEEN), f"no visible focus: {focused(page)}"
        if wanted.evaluate(HAS_FOCUS):
            return
    raise AssertionError(f"Tab never reached {wanted}")


def focused(page: Page) -> str:
    """The element that has the focus, as markup."""
    return str(page.evaluate("document.activeElement.outerHTML.slice(0, 80)"))


def enter(page: Page) -> None:
    """Press Enter and wait for the page that follows."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def type_into(page: Page, label: str, text: str) -> None:
    """Tab to a field and type."""
    tab_to(page, page.get_by_label(label, exact=True))
    page.keyboard.type(text)


def use(page: Page, name: str, role: str = "button") -> None:
    """Tab to a button or link of the page's own part and press Enter."""
    main = page.get_by_role("main")
    kind = main.get_by_role("button") if role == "button" else main.get_by_role("link")
    tab_to(page, kind.filter(has_text=re.compile(f"^{name}")).first)
    enter(page)


def choose_in_menu(page: Page, entry: str) -> None:
    """Open the name menu with Enter, go down with the arrows, press Enter."""
    tab_to(page, page.get_by_role("button", name=ADA.name))
    page.keyboard.press("Enter")
    wanted = page.get_by_role("navigation", name="Your pages").get_by_role(
        "link", name=entry, exact=True
    )
    expect(wanted).to_be_visible()
    for _ in range(6):
        page.keyboard.press("ArrowDown")
        assert page.evaluate(SEEN), f"no visible focus: {focused(page)}"
        if wanted.evaluate(HAS_FOCUS):
            enter(page)
            return
    raise AssertionError(f"the arrows never reached {entry}")


def test_the_whole_story_works_with_the_keyboard_alone(product: Product, page: Page) -> None:
    """First admin, own set-up, switch, sign out, both steps: Tab, Enter, Esc and arrows only."""
    page.goto(product.first_admin_link)
    for label, text in (
        ("Name", ADA.name),
        ("Email", ADA.email),
        ("Password", ADA.password),
        ("Organisation", ORGANISATION),
    ):
        type_into(page, label, text)
    enter(page)
    heading(page, f"Hello, {ADA.name}")
    esc_closes_the_menu_and_gives_the_focus_back(page)
    choose_in_menu(page, "My Profile")
    use(page, "Set up")
    phone = Phone.scan(page.screenshot(full_page=True))
    type_into(page, "Code", phone.code())
    use(page, "Save")
    heading(page, "Two-factor authentication is on")
    use(page, "I have stored them")
    heading(page, "My Profile")
    choose_in_menu(page, "Account")
    use(page, "Switch on")
    use(page, "Switch on")
    expect(page.get_by_role("main")).to_contain_text("Two-factor authentication is on.")
    choose_in_menu(page, "Sign out")
    type_into(page, "Email", ADA.email)
    type_into(page, "Password", ADA.password)
    enter(page)
    type_into(page, "Code", phone.code())
    enter(page)
    heading(page, f"Hello, {ADA.name}")


def esc_closes_the_menu_and_gives_the_focus_back(page: Page) -> None:
    """From inside the list, and from the button itself; arrows go round."""
    button = page.get_by_role("button", name=ADA.name)
    links = page.get_by_role("navigation", name="Your pages").get_by_role("link")
    tab_to(page, button)
    page.keyboard.press("Enter")
    expect(links.first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Account", exact=True).first).to_be_hidden()
    expect(button).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(links.last).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(links.first).to_be_hidden()
    expect(button).to_be_focused()


def test_tab_visits_everything_and_is_never_trapped(product: Product, page: Page) -> None:
    """Each stop is visited once before the round begins again, on the busiest pages."""
    become_first_admin(page, product.first_admin_link)
    for path in ("/", "/profile", "/profile/set-up", "/account", "/people/import", "/people/add"):
        page.goto(path)
        visited = 0
        for _ in range(STOPS):
            page.keyboard.press("Tab")
            if not page.evaluate(MARK):
                break
            visited += 1
        assert visited == page.evaluate(STOPS_OF_THE_PAGE), path
    page.goto("/account")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
