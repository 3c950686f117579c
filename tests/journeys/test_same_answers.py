"""A refused code tells nothing about why (acceptance check: failures at sign-in are one page)."""

import re
from collections.abc import Callable
from itertools import islice

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewPage
from tests.journeys.mailbox import Mailbox, link_in
from tests.journeys.phones import Phone
from tests.journeys.product import Product
from tests.journeys.steps import (
    BOB,
    add_person,
    become_first_admin,
    becomes_known,
    press,
    sign_in,
    sign_out,
)

pytestmark = pytest.mark.timeout(300)

A_MONTH_AND_A_DAY = 31 * 86_400
FAR = 20
"""Steps of half a minute, far outside of what is taken."""
PLACES = ((0, 2, False), (2, 1, False), (0, 4, True))
"""Wrong codes before, codes of the kind, at home or in a new browser: a page for each code while
one is asked for, the wait that the third in a new browser leads to, and a known browser.
"""
Codes = Callable[[Phone, int], str]
KINDS: dict[str, Codes] = {
    "random": lambda phone, number: next(islice(phone.wrong_codes(), number, None)),
    "old": lambda phone, number: phone.code_at(-FAR - number),
    "future": lambda phone, number: phone.code_at(FAR + number),
}


def failures(page: Page, codes: list[str]) -> list[tuple[int, str, str, str]]:
    """Status, title, visible text and markup of each refusal, without what each page has anew:
    the clock, the form's token and the typed code.
    """
    seen = []
    for code in codes:
        page.get_by_label("Code", exact=True).fill(code)
        with page.expect_navigation() as navigation:
            page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
        assert navigation.value
        markup = navigation.value.body().decode().replace(code, "CODE")
        markup = re.sub(r'(name="csrf" value=")[^"]+', r"\1TOKEN", markup)
        seen.append(
            (
                navigation.value.status,
                page.title(),
                without_clock(page.locator("body").inner_text()),
                without_clock(markup),
            )
        )
    return seen


def without_clock(text: str) -> str:
    """Our time, which may have moved on by a minute."""
    text = re.sub(r"\bin (\d+ seconds?|about a minute|a minute)", "in A WHILE", text)
    return re.sub(r"\d\d:\d\d(:\d\d)?", "TIME", text)


def test_random_old_future_and_used_codes_are_refused_by_the_same_page(
    product: Product, mailbox: Mailbox, new_page: NewPage
) -> None:
    """At the same attempt, in a new browser and at home: same status, title, text and bytes. Also
    where the attempt leads to a wait.
    """
    ada, home = new_page(), new_page()
    become_first_admin(ada, product.first_admin_link)
    add_person(ada, BOB)
    phone = becomes_known(home, link_in(mailbox.wait(BOB.email, "")))
    used = phone.code()
    sign_out(home, BOB)
    sign_in(home, BOB)
    home.get_by_label("Code", exact=True).fill(used)
    press(home, "Sign in")
    seen: dict[str, list[list[tuple[int, str, str, str]]]] = {}
    for kind in ("used", *KINDS):
        seen[kind] = []
        for before, count, at_home in PLACES:
            page = home if at_home else new_page()
            if at_home:
                home.context.clear_cookies(name="twofold")
                home.context.clear_cookies(name="twofold-sign-in")
            sign_in(page, BOB)
            codes = [KINDS["random"](phone, 50 + n) for n in range(before)]
            codes += [KINDS[kind](phone, n) if kind in KINDS else used for n in range(count)]
            seen[kind].append(failures(page, codes))
            product.let_failures_grow_old(A_MONTH_AND_A_DAY)
    for kind in KINDS:
        assert seen[kind] == seen["used"], kind
    single, waiting, _ = seen["used"]
    assert single[0][0] == 422
    assert "Our time is TIME" in single[1][2]
    assert "You can try again at TIME" in waiting[-1][2]
    assert waiting[-1][3] != waiting[1][3], "the third miss in a new browser is a wait"
    ada.goto("/account/activity?group=codes")
    for reason in ("reason: used", "reason: wrong"):
        expect(ada.get_by_role("main")).to_contain_text(reason)
