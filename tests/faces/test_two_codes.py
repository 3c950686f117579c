"""The page that asks for two consecutive codes."""

import re

import pytest
from httpx2 import Response

from tests.faces.conftest import PASSWORD, Browser, Site, text_of
from tests.world import GROUNDS
from twofold.core.sessions import FRESH

PAGES = ["/sign-in/code", "/confirm"]


def asked_for_two(site: Site, path: str) -> Browser:
    """The owner in a browser that is new: before the code, or before a confirmation."""
    olga = site.acme.owner
    site.acme.enrol(olga)
    browser = site.browser()
    browser.post("/sign-in", {"email": olga.email, "password": PASSWORD})
    if path == "/confirm":
        site.clock.advance(60)
        codes = {"code": site.acme.code(olga, steps=-1), "next_code": site.acme.code(olga)}
        answer = browser.post("/sign-in/code", codes, form_at="/sign-in/code")
        assert answer.status_code == 303, text_of(answer)
        browser.post("/profile/places/end-all", form_at="/profile/places")
    return browser


def errors_of(page: Response) -> dict[str, str]:
    """The sentence beside each field that has one."""
    beside = re.findall(r'<p class="field-error" id="field-(\w+)-error">(.*?)</p>', page.text)
    return {name: re.sub(r"<[^>]+>|[^\w ,.]", "", said).strip() for name, said in beside}


@pytest.mark.parametrize("path", PAGES)
def test_a_refused_pair_is_refused_as_a_pair(site: Site, path: str) -> None:
    """One half right or none: the same answer, and it is about both codes."""
    browser = asked_for_two(site, path)
    olga = site.acme.owner
    wrong = site.acme.wrong(site.acme.active(olga))
    site.clock.advance(60)
    answers = []
    for first, second in ((site.acme.code(olga, steps=-1), wrong), (wrong, site.acme.code(olga))):
        page = browser.post(path, {"code": first, "next_code": second}, form_at=path)
        assert page.status_code == 422
        answers.append(errors_of(page))
    assert answers[0] == answers[1]
    assert list(answers[0]) == ["next_code"]
    assert answers[0]["next_code"].startswith("Those two codes did not work.")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("code", "next_code", "where"),
    [
        ("123", "123456", "code"),
        ("123456", "123", "next_code"),
        ("123", "123", "code"),
        ("123456", "", "next_code"),
        ("", "123456", "code"),
    ],
)
def test_a_slip_of_the_finger_is_told_beside_its_own_field(
    site: Site, path: str, code: str, next_code: str, where: str
) -> None:
    """What is not six digits is no guess, so the page says which of the two it was."""
    browser = asked_for_two(site, path)
    page = browser.post(path, {"code": code, "next_code": next_code}, form_at=path)
    assert page.status_code == 422
    assert list(errors_of(page)) == [where]


def test_a_form_that_waits_for_a_proof_asks_for_both_codes_at_once(site: Site) -> None:
    """In a new browser the strict page comes at once, and not after a first code in vain."""
    browser = asked_for_two(site, "/confirm")
    site.clock.advance(FRESH + 1)
    ben = site.acme.add("Ben")
    page = browser.post(
        f"/people/{ben.id}/desk/unlock", GROUNDS.data, form_at=f"/people/{ben.id}/desk/unlock"
    )
    for name in ("code", "next_code"):
        assert f'id="field-{name}"' in page.text
    for name, value in GROUNDS.data.items():
        assert f'name="held.{name}" value="{value}"' in page.text
