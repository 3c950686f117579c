"""What journeys stand on: the running product, a mail server, and Debian's Chromium."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.journeys.mailbox import Mailbox, open_mailbox
from tests.journeys.product import Product, deployment
from tests.journeys.watch import Watch

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
TIMEOUT = 30_000
"""Milliseconds within which a page has to do what is expected of it."""

NewPage = Callable[..., Page]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all journeys of a worker.

    Of the package and not of the session: while it is open, its event loop counts as running on
    this thread, and tests of other parts start loops of their own.
    """
    flags = FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield opened
        opened.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server that receives everything."""
    with open_mailbox() as opened:
        yield opened


@pytest.fixture
def product(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Product]:
    """A fresh deployment; it sends mail if the test has a mailbox. Its log must stay quiet."""
    names = request.fixturenames
    smtp_url = request.getfixturevalue("mailbox").url if "mailbox" in names else ""
    with deployment(tmp_path / "product", smtp_url) as running:
        yield running
    for word in ("Traceback", "failed", "error"):
        assert word not in running.log(), f"the log speaks of {word!r}"


@pytest.fixture
def watch(product: Product) -> Iterator[Watch]:
    """What the test's browsers asked for; at the end nothing may have been odd."""
    watching = Watch(product.url)
    yield watching
    assert watching.odd == []


@pytest.fixture
def new_page(browser: Browser, product: Product, watch: Watch) -> Iterator[NewPage]:
    """Opens a browser with nothing in it, of any make: `new_page(color_scheme="dark")`."""
    contexts: list[BrowserContext] = []

    def opened(**make: Any) -> Page:
        make.setdefault("viewport", {"width": 1000, "height": 760})
        context = browser.new_context(base_url=product.url, locale="en-GB", **make)
        context.set_default_timeout(TIMEOUT)
        watch.follow(context)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A browser of the usual make."""
    return new_page()
