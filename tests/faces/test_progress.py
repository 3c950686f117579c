"""The progress page: what it says, and its pictures."""

import itertools
import re

import pytest

from tests.faces.conftest import Browser, Site, text_of
from twofold.core.people import DAY, Role
from twofold.flows import rollout
from twofold.web import charts
from twofold.web.charts import Bar, Flag

PAGE = "/account/progress"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The page; its numbers are tested on both databases."""
    return sqlite_url


@pytest.fixture
def olga(site: Site) -> Browser:
    """The owner with a second factor, signed in."""
    owner = site.give_password(site.acme.owner)
    site.acme.enrol(owner)
    return site.signed_in(owner)


def test_the_page_says_how_it_stands_and_where_it_leads(site: Site, olga: Browser) -> None:
    """Before a switch without a forecast, after it with one and with the names that are left."""
    site.acme.add("Ben")
    before = text_of(olga.get(PAGE))
    assert "50 %: 1 of 2." in before
    assert "At this pace" not in before
    site.acme.call(rollout.switch_on, caller=site.acme.caller(site.acme.owner), days=14)
    after = olga.get(PAGE)
    assert "At this pace" in text_of(after)
    assert "Ben" in text_of(after)
    assert "has until then" in text_of(after)
    site.acme.enrol(site.acme.person(find(site, "Ben")))
    assert "100 %: 2 of 2." in text_of(olga.get(PAGE))


def find(site: Site, name: str) -> str:
    """Somebody's id."""
    found = site.acme.store.call(lambda tx: tx.people.by_email(f"{name.lower()}@acme.example"))
    assert found is not None
    return found.id


def test_every_picture_has_its_table(site: Site, olga: Browser) -> None:
    """The line ends at the number that the sentence names."""
    site.clock.advance(3 * DAY)
    page = site.signed_in(site.acme.owner).get(PAGE).text
    assert page.count('<svg class="graph"') == page.count('<figure class="graph-frame">')
    last = re.findall(r'data-label="Enrolled">(\d+)<', page)[-1]
    assert last == "1"


def test_admins_only(site: Site) -> None:
    """The help desk sees people one by one."""
    helper = site.give_password(site.acme.add("Hana", Role.HELPDESK))
    assert site.signed_in(helper).get(PAGE).status_code == 403


def test_words_in_a_picture_are_only_ever_text() -> None:
    """Whoever names a cause or a kind cannot add a tag."""
    bad = '<script>"&'
    drawn = [
        charts.bars([Bar(bad, 1, bad)], label=bad),
        charts.columns([Bar(bad, 1, bad)], label=bad),
        charts.steps(
            [(0, 0), (1, 1)], label=bad, until=2, top=1, ticks=[(0, bad)], flags=[Flag(1, "", bad)]
        ),
    ]
    assert all("<script" not in picture and '""' not in picture for picture in drawn)


def test_a_picture_of_nothing_is_drawn() -> None:
    """No division by zero, no coordinate that is not a number."""
    empty = [
        charts.bars([], label="x"),
        charts.columns([Bar("a", 0)], label="x"),
        charts.steps([(0, 0)], label="x", until=0, top=0, ticks=[]),
    ]
    assert all(
        "nan" not in picture and "inf" not in picture.replace("info", "") for picture in empty
    )


@pytest.mark.parametrize("words", ["3 Mar", "30 September", "+30 s"])
def test_words_under_columns_never_run_into_each_other(words: str) -> None:
    """Every column, or every so many, as far as there is room; the first always."""
    chart = charts.columns([Bar(words, 1)] * 14, label="x")
    places = [float(at) for at in re.findall(r'<text x="([\d.]+)" y="244"', chart)]
    assert places
    assert all(later - at >= 7 * len(words) for at, later in itertools.pairwise(places))
