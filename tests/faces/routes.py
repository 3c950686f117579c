"""The real route table as the tests walk it."""

from collections.abc import Iterator, Sequence

from httpx2 import Response

from tests.faces.conftest import Browser
from twofold.web.access import Page
from twofold.web.app import ALL_PAGES


def path_of(page: Page) -> str:
    """A page's path with something in its parameters."""
    return page.path.replace("{token}", "x" * 43).replace("{id}", "no-such-id")


def send(
    browser: Browser,
    page: Page,
    fields: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Send a page's form with these fields, as a file upload where the page takes one."""
    fields, headers = fields or {}, headers or {}
    if page.upload:
        files = {"file": ("list.csv", b"name,email\n", "text/csv")}
        return browser.client.post(path_of(page), data=fields, files=files, headers=headers)
    return browser.client.post(path_of(page), data=fields, headers=headers)


def every_answer(
    browser: Browser, pages: Sequence[Page] = ALL_PAGES
) -> Iterator[tuple[str, str, Response]]:
    """Every page by every method that it takes: method, path and answer."""
    for page in pages:
        if page.get is not None:
            yield "GET", page.path, browser.client.get(path_of(page))
        if page.post is not None:
            yield "POST", page.path, send(browser, page)
