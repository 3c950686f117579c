"""From `twofold demo` somebody who has never seen it finds who will be stopped at the deadline,
gives four of them a week more, and says what each of them got by mail and when. Names, dates and
mails are held against the database.
"""

import contextlib
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import TIMEOUT
from tests.journeys.product import ROOT
from tests.journeys.steps import button, fill, heading, picture, press
from tests.journeys.test_every_page import (
    AXE,
    COLOUR_RULES,
    CUT_OFF,
    INLINE,
    NARROW,
    RUN_AXE,
    TAGS,
)
from tests.journeys.watch import Watch

pytestmark = pytest.mark.timeout(300)  # 240 people are made first, and the machine may be busy
ZONE = ZoneInfo("Europe/Berlin")
PEOPLE = 240
LEFT = """
SELECT id, name, email, due_at FROM people AS one
WHERE kind = 'person' AND state != 'disabled' AND due_at > ?
  AND (exempt_until IS NULL OR exempt_until <= ?)
  AND NOT EXISTS (SELECT 1 FROM authenticators
                  WHERE person_id = one.id AND state = 'active')
  AND NOT EXISTS (SELECT 1 FROM passkeys WHERE person_id = one.id)
"""
"""Whoever will be stopped, in words of our own: what the page shows comes from another query."""
KINDS = {
    "invitation": "Invitation",
    "switched-on": "Two-factor is on: set it up",
    "reminder": "Reminder to set up",
    "deadline-moved": "Another deadline",
    "password-changed": "Password changed",
}
STATES = {"queued": "Waiting", "sent": "Sent", "bounced": "Came back", "failed": "Failed"}
Look = Callable[[Page, str], None]


@dataclass
class Demonstration:
    """The running demonstration, what it printed, and its database."""

    url: str
    printed: str
    database: Path

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What stands in the database now."""
        uri = f"file:{self.database}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as database:
            return database.execute(statement, values).fetchall()

    def left(self, now: int) -> dict[str, tuple[str, str, int]]:
        """Id, name and deadline of whoever will be stopped, by address."""
        return {email: (one, name, due) for one, name, email, due in self.rows(LEFT, now, now)}

    def mails(self, person_id: str) -> list[tuple[str, str, int]]:
        """Kind, state and moment of every mail to somebody, the newest first."""
        return self.rows(
            "SELECT kind, state, created_at FROM mails WHERE person_id = ? ORDER BY id DESC",
            person_id,
        )


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """As somebody starts it, with as many people as it makes by itself; its folder is kept, so
    that the test can look into it.
    """
    folder = tmp_path_factory.mktemp("demo")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    with (folder / "stderr").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "twofold", "demo", "--port", "0", "--seed", "11",
             "--data", str(folder / "data")],
            cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
        try:
            printed = ""
            assert process.stdout is not None
            for line in process.stdout:
                printed += line
                if "locked out" in line:
                    break
            found = re.search(r"^address: (\S+)/demo$", printed, re.MULTILINE)
            assert found, printed + (folder / "stderr").read_text()
            yield Demonstration(found[1], printed, folder / "data/twofold.db")
        finally:
            process.terminate()
            process.wait(TIMEOUT / 1000)
    assert (folder / "stderr").read_text() == ""


@pytest.fixture
def opened(browser: Browser, demonstration: Demonstration) -> Iterator[Callable[..., Page]]:
    """Opens a browser of any make; nothing in it may be odd at the end."""
    watch = Watch(demonstration.url)
    with contextlib.ExitStack() as stack:

        def new(**make: Any) -> Page:
            context = browser.new_context(base_url=demonstration.url, locale="en-GB", **make)
            stack.callback(context.close)
            context.set_default_timeout(TIMEOUT)
            watch.follow(context)
            return context.new_page()

        yield new
    assert watch.odd == []


def enters(page: Page, what: str, look: Look) -> None:
    """From the printed address into a session, as somebody does who reads what stands there."""
    page.goto("/demo")
    heading(page, "Demonstration")
    look(page, "demo")
    person = page.get_by_role("listitem").filter(has_text=what)
    with page.expect_navigation():
        person.get_by_role("button", name=re.compile("^Sign in as")).click()
    look(page, "demo-code")
    with page.expect_navigation():
        page.get_by_role("link", name=re.compile("^Phone of")).click()
    look(page, "demo-phone")
    while page.get_by_text("It was used already").is_visible():
        page.wait_for_timeout(500)  # Each code works once; somebody signed in a moment ago.
        press(page, "Look for the next code", "link")
    press(page, "Type it for me")


def seen_on_all_pages(page: Page) -> dict[str, str]:
    """Address and what stands under two-factor, of everybody in the table, page by page."""
    found: dict[str, str] = {}
    while True:
        for row in page.get_by_role("table").get_by_role("row").all()[1:]:
            email = row.locator(".who-mail").inner_text()
            found[email] = row.locator("[data-label='Two-factor']").inner_text()
        if not page.get_by_role("link", name="Next page").is_visible():
            return found
        press(page, "Next page", "link")


def when_due(moment: int) -> str:
    """A deadline as the page says it."""
    return datetime.fromtimestamp(moment, ZONE).strftime("%a %-d %b %Y, %H:%M %Z")


def test_who_will_be_stopped_gets_a_week_more_and_their_mails_are_told(
    demonstration: Demonstration, opened: Callable[..., Page]
) -> None:
    """With nothing but what stands on the pages; the one address that is typed was printed."""
    page = opened(viewport={"width": 1000, "height": 760})
    tour(demonstration, page, picture)


def tour(demonstration: Demonstration, page: Page, look: Look) -> None:
    """The whole of it. Each tour takes four others: those of an earlier one have more time."""
    now = int(datetime.now(UTC).timestamp())
    expected = demonstration.left(now)
    assert len(expected) > 20
    enters(page, "An admin", look)
    heading(page, "Hello")
    expect(page.get_by_text(f"{PEOPLE} people who do not exist")).to_be_visible()
    look(page, "demo-home")
    press(page, "See everybody", "link")
    look(page, "demo-people")
    press(page, "To call before the deadline", "link")
    look(page, "demo-will-be-stopped")
    shown = seen_on_all_pages(page)
    assert shown.keys() == expected.keys()
    for email, words in shown.items():
        assert when_due(expected[email][2]) in words
    first_due = min(due for _, _, due in expected.values())
    four = [email for email in shown if expected[email][2] == first_due][:4]
    assert len(four) == 4
    week_later = datetime.fromtimestamp(first_due, ZONE) + timedelta(days=7)
    gives_more_time(page, four, week_later, look)
    after = demonstration.left(now)
    pages = {
        one.inner_text(): one.get_attribute("href") or ""
        for one in page.locator("dl.facts dt").get_by_role("link").all()
    }
    assert pages.keys() == {expected[email][1] for email in four}
    for email in four:
        assert after[email][2] == round(week_later.timestamp())
        page.goto(pages[expected[email][1]])
        tells_mails(demonstration, page, expected[email], look if email == four[0] else _nothing)
    moved = {email for email in after if after[email][2] != expected[email][2]}
    assert moved == set(four)


def _nothing(_page: Page, _name: str) -> None:
    """No picture."""


def gives_more_time(page: Page, four: list[str], until: datetime, look: Look) -> None:
    """Four of the filter, ticked, and the form behind them."""
    press(page, "To call before the deadline", "link")
    for email in four:
        row = page.get_by_role("row").filter(has=page.get_by_text(email, exact=True))
        row.get_by_role("checkbox").check()
    look(page, "demo-ticked")
    press(page, "Give more time")
    heading(page, "More time")
    assert set(page.get_by_label("Their addresses").input_value().split()) == set(four)
    fill(page, Until=until.strftime("%Y-%m-%d"), Why="The new phones come next week")
    look(page, "demo-more-time")
    press(page, "Give them more time")
    heading(page, "More time")
    expect(page.get_by_text("4 people have more time.")).to_be_visible()
    expect(page.get_by_text("Has until then, and was told by mail")).to_have_count(4)
    look(page, "demo-more-time-given")


def tells_mails(
    demonstration: Demonstration, page: Page, person: tuple[str, str, int], look: Look
) -> None:
    """Every mail of the person's page is one of the database, with its moment, and the other way
    round; the newest says the new date.
    """
    person_id, name, _ = person
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    look(page, "demo-person")
    items = page.locator(".timeline li").all()
    told = [
        (
            one.locator(".timeline-title").inner_text(),
            one.locator("time").get_attribute("datetime"),
        )
        for one in items
    ]
    written = demonstration.mails(person_id)
    assert written[0][:2] == ("deadline-moved", "queued")
    assert len(told) == len(written)
    for (title, moment), (kind, state, at) in zip(told, written, strict=True):
        assert title.startswith(KINDS[kind]), title
        assert STATES[state] in title
        assert moment == datetime.fromtimestamp(at, UTC).isoformat()
    with page.expect_navigation():
        page.get_by_role("link", name="Another deadline").click()
    text = page.get_by_role("article", name="Text of the mail")
    expect(text).to_contain_text("The new phones come next week")
    look(page, "demo-mail")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_of_the_tour_has_an_accessibility_violation(
    demonstration: Demonstration, opened: Callable[..., Page], scheme: str
) -> None:
    """axe-core finds nothing; in the dark colours alone are asked."""
    found: dict[str, Any] = {}

    def look(page: Page, name: str) -> None:
        page.evaluate(AXE)
        picture(page, f"{name}-{scheme}")
        rules = {"type": "rule", "values": COLOUR_RULES}
        wanted = {"type": "tag", "values": TAGS} if scheme == "light" else rules
        if violations := page.evaluate(RUN_AXE, wanted):
            found[name] = violations

    make = partial(opened, reduced_motion="reduce", color_scheme=scheme)
    page = make(viewport={"width": 1000, "height": 760})
    tour(demonstration, page, look)
    assert found == {}


def test_every_page_of_the_tour_fits_a_small_window(
    demonstration: Demonstration, opened: Callable[..., Page]
) -> None:
    """320 CSS pixels wide, without a sideways scroll and with nothing inline."""
    wide: dict[str, Any] = {}

    def look(page: Page, name: str) -> None:
        assert page.evaluate(INLINE) == [], name
        picture(page, f"{name}-narrow")
        if page.evaluate("document.documentElement.scrollWidth") > NARROW["width"]:
            wide[name] = page.evaluate(CUT_OFF)

    tour(demonstration, opened(viewport=NARROW), look)
    assert wide == {}


def test_it_works_without_script(demonstration: Demonstration, opened: Callable[..., Page]) -> None:
    """The phone too: a page that is asked for again shows the next code."""
    page = opened(java_script_enabled=False)
    enters(page, "The help desk", _nothing)
    heading(page, "Hello")
    assert button(page, "Search").is_visible()
