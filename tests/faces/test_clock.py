"""What the pages say about clocks: to an admin about ours, to everybody about their own phone's."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.faces.conftest import PASSWORD, Site, text_of
from twofold.core.people import DAY, Person, Role
from twofold.ports import Store
from twofold.web.clock_watch import KEPT, ClockWatch


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The picture itself is tested on both databases, with the flows."""
    return sqlite_url


def refused(site: Site, person: Person, steps: int) -> None:
    """Type what a phone shows that is some steps off, and let the reason be found."""
    browser = site.browser()
    browser.post("/sign-in", {"email": person.email, "password": PASSWORD})
    code = site.acme.code(person, steps=steps)
    assert browser.post("/sign-in/code", {"code": code}, form_at="/sign-in/code").status_code == 422


def crowd(site: Site, *, steps: int, count: int = 6) -> list[Person]:
    """Enrolled members whose phones are all off by so many steps: then it is us."""
    people = [site.give_password(site.acme.add(f"P{number}")) for number in range(count)]
    for person in people:
        site.acme.enrol(person)
    site.clock.advance(2 * DAY)
    for person in people:
        refused(site, person, steps)
    return people


def things_to_do(said: str) -> int:
    """The number in the headline of the home page."""
    found = re.search(r"(\d+) things to do", said)
    return int(found[1]) if found else 0


def test_an_admin_is_told_on_home_and_account_and_a_member_is_not(site: Site) -> None:
    """With side and size, what follows from it, and what to do."""
    people = crowd(site, steps=4)
    owner = site.signed_in(site.acme.owner)
    for path in ("/", "/account"):
        said = text_of(owner.get(path))
        assert "This server's clock is about 2 minutes behind most people's phones." in said, path
        assert "twofold doctor" in said, path
    with_alarm = things_to_do(text_of(owner.get("/")))
    site.clock.advance(DAY + KEPT)
    owner = site.signed_in(site.acme.owner)
    assert things_to_do(text_of(owner.get("/"))) == with_alarm - 1
    desk = site.give_password(site.acme.add("Dora", Role.HELPDESK))
    assert "server's clock" not in text_of(site.signed_in(desk).get("/"))
    assert people


def test_while_the_clock_is_right_nothing_is_said(site: Site) -> None:
    """No banner, and the probe says one word."""
    owner = site.signed_in(site.acme.owner)
    for path in ("/", "/account"):
        page = owner.get(path)
        assert page.status_code == 200
        assert "clock-alarm" not in page.text
    assert site.browser().get("/readyz").text == "ready\n"


def test_the_probe_is_loud_and_shuts_no_door(site: Site) -> None:
    """200 whatever the clock is; the word, and no size that would help an attacker."""
    crowd(site, steps=-4)
    answer = site.browser().get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ready, clock-suspect\n")
    site.clock.advance(2 * DAY)
    answer = site.browser().get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ready\n")


class Counting:
    """A store that counts how often it is asked, and may be broken."""

    def __init__(self, inner: Store, *, broken: bool = False) -> None:
        self.inner, self.broken, self.asked = inner, broken, 0

    def read(self, flow: Any, *args: Any, **kwargs: Any) -> Any:
        self.asked += 1
        if self.broken:
            raise RuntimeError("planted")
        return self.inner.read(flow, *args, **kwargs)


def looks(watch: ClockWatch, *moments: int) -> list[bool]:
    """Whether an alarm is seen at each moment."""

    async def all_of_them() -> list[bool]:
        return [(await watch.look(now)).is_off for now in moments]

    return asyncio.run(all_of_them())


def test_one_look_serves_for_half_a_minute(site: Site) -> None:
    """However often the probe is called; also after the clock went back."""
    crowd(site, steps=-4)
    now = site.clock.now()
    store = Counting(site.world.store)
    watch = ClockWatch(replace(site.world, store=store))  # type: ignore[arg-type]
    assert looks(watch, now, now + 1, now + KEPT - 1) == [True, True, True]
    assert store.asked == 1
    assert looks(watch, now + KEPT, now - DAY) == [True, False]
    assert store.asked == 3


def test_a_look_that_fails_says_nothing_and_raises_nothing(site: Site) -> None:
    """The pages stand without it, and the probe goes on saying that we are ready."""
    crowd(site, steps=-4)
    now = site.clock.now()
    store = Counting(site.world.store)
    watch = ClockWatch(replace(site.world, store=store))  # type: ignore[arg-type]
    assert looks(watch, now) == [True]
    store.broken = True
    with capture_logs() as logs:
        assert looks(watch, now + KEPT) == [False]
    assert [line["event"] for line in logs] == ["the clock was not looked at"]


def test_my_profile_shows_the_clock_of_the_phone(site: Site) -> None:
    """In seconds, with its trend once that is known."""
    mia = site.give_password(site.acme.add("Mia"))
    site.acme.enrol(mia)
    for _ in range(10):
        site.clock.advance(DAY + 7)
        browser = site.browser()
        browser.post("/sign-in", {"email": mia.email, "password": PASSWORD})
        typed = {"code": site.acme.code(mia, steps=-1)}
        answer = browser.post("/sign-in/code", typed, form_at="/sign-in/code")
        assert answer.status_code == 303
    said = text_of(browser.get("/profile"))
    assert "Clock The clock of your phone is about 20 seconds behind" in said


def test_without_an_authenticator_there_is_no_clock(site: Site) -> None:
    """The page does not speak of it."""
    said = text_of(site.signed_in(site.acme.owner).get("/profile"))
    assert "clock of your phone" not in said
