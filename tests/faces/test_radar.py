"""The radar's page: who may see it, what it says, and what never stands on it."""

import re

import pytest

from tests.faces.conftest import Site, text_of
from tests.trouble import bad_morning, ordinary_month
from tests.world import found
from twofold.core.people import HOUR, Role

RADAR = "/account/radar"
SINCE = re.compile(r"Since [\w ,]*\d\d:\d\d UTC, mostly Microsoft Authenticator on Android")


def struck(site: Site) -> None:
    """A month, and a morning on which one app fails."""
    bad_morning(site.acme, ordinary_month(site.acme))


@pytest.mark.parametrize("role", Role)
def test_help_desk_and_admins_see_it(site: Site, role: Role) -> None:
    """Members do not, neither the page nor the notice at home."""
    struck(site)
    who = site.acme.owner if role is Role.OWNER else site.acme.add("Hedda", role)
    browser = site.signed_in(site.give_password(who))
    page, home = browser.get(RADAR), browser.get("/")
    if role is Role.MEMBER:
        assert page.status_code == 403
        assert "Microsoft" not in page.text + home.text
        assert RADAR not in home.text
        return
    assert page.status_code == 200
    assert SINCE.search(text_of(page))
    assert SINCE.search(text_of(home))
    assert f'href="{RADAR}"' in home.text
    for number in range(1, 60, 2):
        assert f"Person {number:03}" in text_of(page)
    assert "Person 002" not in text_of(page)
    (link, *_) = re.findall(r'href="(/people/[^"]+)"', page.text)
    assert browser.get(link).status_code == 200


def test_it_says_how_many_and_why_and_links_to_each(site: Site) -> None:
    """Beside the usual number, the likely cause, and what to do first."""
    struck(site)
    browser = site.signed_in(site.acme.owner)
    page = browser.get(RADAR)
    words = text_of(page)
    assert "30 of 30 people had a code refused; usually it would be about" in words
    assert "the app computes with other settings" in words
    assert "Compare the version of the app" in words
    assert "30 people who entered a code" not in words
    linked = re.findall(r'href="(/people/[^"]+)"', page.text)
    assert len(set(linked)) == 30
    assert browser.get(linked[0]).status_code == 200


def test_a_quiet_day_is_said_in_three_words(site: Site) -> None:
    """At home in small print, on the page at the top."""
    ordinary_month(site.acme)
    browser = site.signed_in(site.acme.owner)
    assert "Nothing stands out." in text_of(browser.get(RADAR))
    assert "nothing stands out" in text_of(browser.get("/"))
    assert "Many codes are refused" not in text_of(browser.get("/"))
    assert f'href="{RADAR}"' in browser.get("/account").text


def test_an_hour_later_it_is_the_past(site: Site) -> None:
    """The page keeps it for the day, the home page does not."""
    struck(site)
    site.clock.advance(2 * HOUR)
    browser = site.signed_in(site.acme.owner)
    assert re.search(r"From [\w ,]*\d\d:\d\d to \d\d:\d\d UTC, mostly", text_of(browser.get(RADAR)))
    assert "Many codes are refused" not in text_of(browser.get("/"))


def test_nothing_of_another_account_is_shown(site: Site) -> None:
    """Not its people, not its numbers, not its trouble."""
    bolt = found(site.acme.store, site.clock, "Bolt")
    bad_morning(bolt, ordinary_month(bolt))
    browser = site.signed_in(site.acme.owner)
    page = browser.get(RADAR)
    assert "Nobody entered a code in the last 24 hours" in text_of(page)
    assert "Person" not in text_of(page)
    assert bolt.account_id not in page.text
    assert "nothing stands out" in text_of(browser.get("/"))


@pytest.mark.parametrize(
    ("by", "first"),
    [
        ("app", "Microsoft Authenticator on Android"),
        ("device", "On Android"),
        ("browser", "Chrome"),
        ("system", "Android"),
        ("cause", "Other settings in the app"),
        ("nonsense", "Microsoft Authenticator on Android"),
    ],
)
def test_the_table_is_about_what_is_asked_for(site: Site, by: str, first: str) -> None:
    """One dimension at a time; an unknown one is the app."""
    struck(site)
    page = site.signed_in(site.acme.owner).get(f"{RADAR}?by={by}")
    table = page.text[page.text.index('class="table radar') :]
    rows = re.findall(r'<th role="rowheader"[^>]*><bdi>([^<]+)</bdi>', table)
    assert first in rows[:2]
    assert ("Stands out" in table) == (by in ("app", "nonsense"))


def test_the_chart_says_in_words_and_numbers_what_it_draws(site: Site) -> None:
    """A name for the picture, a sentence, and a table; the bars are as high as their numbers."""
    struck(site)
    page = site.signed_in(site.acme.owner).get(RADAR)
    assert re.search(
        r'<svg class="chart-bars"[^>]*role="img"[^>]*aria-label="People with', page.text
    )
    heights = [float(one) for one in re.findall(r'chart-bar[^>]*height="([\d.]+)"', page.text)]
    row = r'data-label="Refused">(\d+)</td><td role="cell" data-label="Entered"'
    refused = [int(number) for number in re.findall(row, page.text) if number != "0"]
    assert max(heights) == 100
    assert sorted(heights) == sorted(round(100 * n / max(refused), 1) for n in refused)
    assert f"Most people at once: {max(refused)}" in text_of(page)
    assert "chart-marked" in page.text
    assert "style=" not in page.text


def test_a_look_that_fails_does_not_shut_the_home_page(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database's reader is away; the page stands without the notice."""
    browser = site.signed_in(site.acme.owner)

    def away(*_: object, **__: object) -> None:
        raise OSError("the reader is away")

    monkeypatch.setattr(site.world.store, "read", away)
    site.clock.advance(60)
    answer = browser.get("/")
    assert answer.status_code == 200
    assert "Hello, Olga" in text_of(answer)
