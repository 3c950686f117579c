"""A morning on which one app fails: in light, dark and narrow windows, and without script."""

import re
import sqlite3
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.product import Product
from tests.journeys.steps import become_first_admin, heading, picture, press
from tests.journeys.test_every_page import AXE, INLINE, RUN_AXE, TAGS

pytestmark = pytest.mark.timeout(300)

NARROW = {"width": 320, "height": 640}
PEOPLE = 80
LONG = "Maximiliane-Friederike von Hohenlohe-Waldenburg-Schillingsfürst"
DAY, HOUR = 86_400, 3600


def let_one_app_fail(product: Product) -> None:
    """Four weeks of codes of eighty people, and forty minutes in which those with Microsoft
    Authenticator on Android are refused.
    """
    now = int(time.time())
    with sqlite3.connect(Path(product.folder, "data/twofold.db"), timeout=30) as database:
        (account,) = database.execute("SELECT id FROM accounts").fetchone()
        for n in range(PEOPLE):
            app = "microsoft-authenticator-android" if n % 2 else ("authy-ios" if n % 4 else "")
            name = LONG if n == 1 else f"Person {n:02}"
            database.execute(
                "INSERT INTO people (id, account_id, name, email, email_key, search_text, role,"
                " state, password_version, created_at) VALUES (?,?,?,?,?,?,'member','active',1,?)",
                (f"p{n:02}", account, name, f"p{n}@acme.example", f"p{n}@acme.example", name, now),
            )
            database.execute(
                "INSERT INTO authenticators (id, account_id, person_id, state, sealed_secret,"
                " issuer, label, created_at, last_step, drift, last_offset, app)"
                " VALUES (?,?,?,'active',x'00','Acme','x',?,0,0,0,?)",
                (f"t{n:02}", account, f"p{n:02}", now, app),
            )
            for day in range(28):
                at = now - day * DAY - 3 * HOUR - (n * 397 + day * 11) % (5 * HOUR)
                _code(database, account, n, at, "no match" if (n + day) % 29 == 0 else "")
            at = now - 2400 + n * 28
            for again in range(3 if n % 2 else 1):
                _code(database, account, n, at + 40 * again, "parameters" if n % 2 else "")


def _code(database: sqlite3.Connection, account: str, n: int, at: int, cause: str) -> None:
    database.execute(
        "INSERT INTO attempts (id, account_id, person_id, purpose, outcome, tried_at,"
        " authenticator_id, address, browser, cause, certain)"
        " VALUES (?,?,?,'sign-in',?,?,?,'192.0.2.1',?,?,1)",
        (f"{n}-{at}", account, f"p{n:02}", "wrong" if cause else "accepted", at, f"t{n:02}",
         ("Chrome on Windows", "Safari on iPhone", "Edge on Windows")[n % 3], cause or None),
    )  # fmt: skip


def clean(page: Page) -> list[str]:
    """What axe-core finds on the page, and whether it is too wide."""
    page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN_AXE, {"type": "tag", "values": TAGS})
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return [*found, f"{width} wide"] if width[0] > width[1] else found


def test_what_stands_out_is_seen_from_the_home_page(product: Product, new_page: NewPage) -> None:
    """A quiet day; then since when, which app, why, and who, in every light and width."""
    page = new_page(reduced_motion="reduce")
    become_first_admin(page, product.first_admin_link)
    expect(page.get_by_role("main")).to_contain_text("Refused codes: nothing stands out.")
    press(page, "Open the incident radar", "link")
    heading(page, "Incident radar")
    expect(page.get_by_role("main")).to_contain_text("Nothing stands out.")
    assert clean(page) == []
    picture(page, "radar-quiet")

    let_one_app_fail(product)
    page.goto("/account/radar")
    main = page.get_by_role("main")
    since = re.compile(r"Since .*\d\d:\d\d UTC, mostly Microsoft Authenticator on Android")
    expect(main).to_contain_text(since)
    expect(main).to_contain_text("40 of 40 people had a code refused")
    expect(main).to_contain_text("the app computes with other settings")
    expect(main.get_by_role("link", name=LONG)).to_be_visible()
    assert page.evaluate(INLINE) == []
    assert clean(page) == []
    picture(page, "radar-light")
    page.emulate_media(color_scheme="dark")
    assert clean(page) == []
    picture(page, "radar-dark")
    page.emulate_media(color_scheme="light", forced_colors="active")
    picture(page, "radar-forced-colours")
    page.emulate_media(forced_colors="none")
    page.set_viewport_size(NARROW)
    page.get_by_text("The same in numbers").click()
    assert clean(page) == []
    picture(page, "radar-narrow")
    press(page, "Cause", "link")
    expect(page.get_by_role("table").last.get_by_role("row").nth(1)).to_contain_text(
        "Other settings in the app"
    )
    expect(page.get_by_role("link", name=LONG)).to_have_attribute("href", "/people/p01")


def test_it_works_without_script(product: Product, new_page: NewPage) -> None:
    """The notice at home, the page, the groups and the numbers."""
    page = new_page(java_script_enabled=False)
    become_first_admin(page, product.first_admin_link)
    let_one_app_fail(product)
    page.goto("/account/radar?by=device")
    rows = page.get_by_role("table").last.get_by_role("row")
    expect(rows.nth(1)).to_contain_text("On Android")
    page.get_by_text("The same in numbers").click()
    expect(page.get_by_role("table", name="People by the hour")).to_be_visible()
