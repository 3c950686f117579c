"""What the tests of the demonstration stand on: one small organisation that was really played."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from tests.faces.conftest import Browser
from twofold import demonstration
from twofold.demo.build import Built
from twofold.demo.cast import FEWEST, Part
from twofold.demo.pages import DemoPages, Heads, over
from twofold.demo.phones import Holder
from twofold.ports import World
from twofold.web.app import ALL_PAGES, build_app

PORT = 8123


@dataclass
class Stage:
    """A demonstration as it is served, without a network."""

    world: World
    built: Built
    app: ASGIApp

    def browser(self) -> Browser:
        """A browser without cookies."""
        return Browser(
            TestClient(
                self.app,
                base_url=f"http://localhost:{PORT}",
                follow_redirects=False,
                raise_server_exceptions=False,
            )
        )

    def holder(self, part: Part) -> Holder:
        """Somebody of this part."""
        return next(one for one in self.built.members if one.part is part).holder


def press(browser: Browser, path: str, words: str) -> str:
    """Press the button of these words on the page at `path`; where it leads."""
    page = browser.get(path)
    assert page.status_code == 200, page.status_code
    forms = re.findall(r"<form[^>]*?action=\"([^\"]+)\"[^>]*>(.*?)</form>", page.text, re.S)
    action, body = next(
        (action, body)
        for action, body in forms
        if words in re.sub(r"<[^>]+>", "", "".join(re.findall(r"<button.*?</button>", body, re.S)))
    )
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', body)
    answer = browser.post(action, {name: html.unescape(value) for name, value in fields})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def signs_in(browser: Browser, holder: Holder) -> str:
    """From the page of who is who to where the sign-in leads, by way of the phone if it must be."""
    led = press(browser, f"/demo?search={holder.email}", f"Sign in as {holder.name}")
    return press(browser, "/demo/phone", "Type it for me") if led == "/sign-in/code" else led


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The smallest one that there is."""
    folder: Path = tmp_path_factory.mktemp("demo")
    with demonstration.open_world(folder / "data", PORT) as world:
        built = demonstration.make(world, people=FEWEST, seed=7)
        pages = DemoPages(built, kept=False).pages
        strip = over(Heads(world.store, built.account_id))
        yield Stage(world, built, build_app(world, (*pages, *ALL_PAGES), over=strip))
