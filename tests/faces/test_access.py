"""Who gets through the gate: the real route table walked by everybody who must not pass."""

import pytest

from tests.faces.conftest import PASSWORD, Browser, Site, text_of
from tests.world import found
from twofold.core.people import Role
from twofold.core.tokens import Purpose
from twofold.flows import people
from twofold.web.access import Needs, Page
from twofold.web.app import ALL_PAGES

PUBLIC = {
    "/help",
    "/healthz",
    "/readyz",
    "/sign-in",
    "/first-admin/{token}",
    "/invitation/{token}",
    "/password/{token}",
    "/forgot-password",
    "/enrol/{token}",
}
HALF = {
    "/sign-in/code",
    "/sign-in/cancel",
    "/set-up",
    "/set-up/send-link",
    "/set-up/cancel",
    "/enrol/{token}",
}
DOORS = ("/sign-in", "/set-up")


def path_of(page: Page) -> str:
    """A page's path with something in its parameters."""
    return page.path.replace("{token}", "x" * 43).replace("{id}", "no-such-id")


def walk(browser: Browser, pages: list[Page]) -> list[tuple[str, str, int, str]]:
    """Every page by every method that it takes: (method, path, status, where it leads)."""
    found = []
    for page in pages:
        for method, handler in (("GET", page.get), ("POST", page.post)):
            if handler is not None:
                answer = browser.client.request(method, path_of(page))
                found.append(
                    (method, page.path, answer.status_code, answer.headers.get("location", ""))
                )
    return found


def is_refusal(status: int, location: str) -> bool:
    """Led to a door, or told no."""
    return status in (401, 403) or (status == 303 and location.startswith(DOORS))


def protected() -> list[Page]:
    """Every page that needs a session."""
    return [page for page in ALL_PAGES if page.needs is Needs.SESSION]


def test_the_lists_of_what_needs_no_session_are_these() -> None:
    """A page can only be opened without a session if somebody wrote it down here too."""
    assert {page.path for page in ALL_PAGES if page.needs is Needs.PUBLIC} == PUBLIC
    half = {p.path for p in ALL_PAGES if p.needs in (Needs.HALF, Needs.HALF_CODE, Needs.HALF_ENROL)}
    assert half == HALF
    assert len(half) <= 12


def test_an_anonymous_browser_is_refused_everywhere(site: Site) -> None:
    """Without cookies every protected page leads to the sign-in."""
    for method, path, status, location in walk(site.browser(), protected()):
        assert is_refusal(status, location), (method, path, status, location)


def test_a_right_password_alone_opens_nothing(site: Site) -> None:
    """Between password and code every protected page leads back to the code (promise P1)."""
    owner = site.acme.owner
    site.acme.enrol(owner)
    browser = site.browser()
    browser.post("/sign-in", {"email": owner.email, "password": PASSWORD})
    for method, path, status, location in walk(browser, protected()):
        assert is_refusal(status, location), (method, path, status, location)
        if status == 303:
            assert location == "/sign-in/code"


def test_somebody_who_must_enrol_reaches_only_the_set_up(site: Site) -> None:
    """While two-factor is on, the un-enrolled are led to the set-up whatever they ask for."""
    mia = site.give_password(site.acme.add("Mia"))
    site.acme.switch_on()
    browser = site.browser()
    answer = browser.post("/sign-in", {"email": mia.email, "password": PASSWORD})
    assert answer.headers["location"] == "/set-up"
    for method, path, status, location in walk(browser, protected()):
        assert is_refusal(status, location), (method, path, status, location)
        if status == 303:
            assert location == "/set-up"


def test_the_cookies_handed_out_before_the_code_open_nothing(site: Site) -> None:
    """The token of a half-finished sign-in is no session token, in whichever cookie it comes."""
    owner = site.acme.owner
    site.acme.enrol(owner)
    browser = site.browser()
    browser.post("/sign-in", {"email": owner.email, "password": PASSWORD})
    token = browser.client.cookies["twofold-sign-in"]
    thief = site.browser()
    thief.client.cookies.set("twofold", token)
    for method, path, status, location in walk(thief, protected()):
        assert is_refusal(status, location), (method, path, status, location)


def test_a_disabled_person_is_out_on_the_next_request(site: Site) -> None:
    """Disabling somebody ends what they have open, everywhere."""
    ben = site.give_password(site.acme.add("Ben", Role.ADMIN))
    browser = site.signed_in(ben)
    assert browser.get("/account").status_code == 200
    site.acme.call(people.set_disabled, actor=site.acme.owner, person_id=ben.id, disabled=True)
    for method, path, status, location in walk(browser, protected()):
        assert is_refusal(status, location), (method, path, status, location)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.HELPDESK])
def test_a_lower_role_does_not_open_admin_pages(site: Site, role: Role) -> None:
    """Members and the help desk see none of Account, People and Mail."""
    eve = site.give_password(site.acme.add("Eve", role))
    browser = site.signed_in(eve)
    pages = [page for page in protected() if page.role.rank > role.rank]
    assert {page.path for page in pages} >= {"/account", "/people", "/mail"}
    for method, path, status, _ in walk(browser, pages):
        assert status == 403, (method, path, status)


def test_a_session_from_before_the_switch_is_dead(site: Site) -> None:
    """Whoever was signed in by password alone when the switch moved signs in again."""
    mia = site.give_password(site.acme.add("Mia"))
    browser = site.signed_in(mia)
    site.acme.switch_on()
    for method, path, status, location in walk(browser, protected()):
        assert is_refusal(status, location), (method, path, status, location)


def test_other_peoples_ids_do_not_exist(site: Site) -> None:
    """An owner of one account finds nothing of another one, by any id (promise of accounts)."""
    bolt = found(site.acme.store, site.clock, "Bolt")
    stranger = bolt.add("Zoe", invited=True)
    mail_id = bolt.mails(stranger)[0].id
    browser = site.signed_in(site.acme.owner)
    assert browser.get(f"/people/{stranger.id}").status_code == 404
    assert browser.get(f"/mail/{mail_id}").status_code == 404
    for act in ("invite", "role", "disable", "enable"):
        answer = browser.post(
            f"/people/{stranger.id}/{act}", {"role": "member"}, form_at="/people/add"
        )
        assert answer.status_code == 404, act
    assert "Zoe" not in text_of(browser.get("/people"))
    assert "Zoe" not in text_of(browser.get("/mail"))
    assert bolt.person(stranger.id) == stranger


def test_the_kinds_of_one_time_links_are_not_interchangeable(site: Site) -> None:
    """A token opens the door of its own purpose and no other."""
    mia = site.acme.add("Mia")
    doors = {
        Purpose.INVITATION: "/invitation/",
        Purpose.PASSWORD: "/password/",
        Purpose.ENROL: "/enrol/",
    }
    for purpose, own in doors.items():
        token = site.link(mia, purpose)
        for door in (*doors.values(), "/first-admin/"):
            status = site.browser().get(door + token).status_code
            assert status == (200 if door == own else 404), (purpose, door)
