"""Who gets through the gate: the real route table walked by everybody who must not pass."""

import pytest

from tests.faces.conftest import PASSWORD, Browser, Site, text_of, token_in
from tests.faces.routes import every_answer, send
from tests.world import Guesser, found
from twofold.core.errors import StartError
from twofold.core.people import GuardPolicy, Role
from twofold.core.tokens import Purpose
from twofold.flows import people
from twofold.web.access import Ctx, Needs, Page
from twofold.web.app import ALL_PAGES, build_app

PUBLIC = {
    "/help",
    "/healthz",
    "/readyz",
    "/sign-in",
    "/sign-in/link",
    "/sign-in/passkey",
    "/sign-in/passkey/options",
    "/sign-in/link/{token}",
    "/first-admin/{token}",
    "/invitation/{token}",
    "/password/{token}",
    "/forgot-password",
    "/enrol/{token}",
    "/recover/{token}",
    "/address/{token}",
    "/wait/{token}",
    "/wait/stop/{token}",
    "/hooks/mail-reports",
}
HALF = {
    "/sign-in/code",
    "/sign-in/code/refused",
    "/sign-in/code/recovery",
    "/sign-in/code/no-phone",
    "/recover/{token}",
    "/sign-in/code/send-link",
    "/sign-in/code/link/{token}",
    "/sign-in/cancel",
    "/set-up",
    "/set-up/send-link",
    "/set-up/cancel",
    "/enrol/{token}",
}
OPEN_WHILE_STOLEN = {"/new-password", "/sign-out"}
DOORS = ("/sign-in", "/set-up")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The gate asks the store through one look-up, which is tested on both databases."""
    return sqlite_url


def walk(browser: Browser, pages: list[Page]) -> list[tuple[str, str, int, str]]:
    """Every page by every method that it takes: (method, path, status, where it leads)."""
    return [
        (method, path, answer.status_code, answer.headers.get("location", ""))
        for method, path, answer in every_answer(browser, pages)
    ]


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
    stolen = {page.path for page in ALL_PAGES if page.open_while_stolen}
    assert stolen == OPEN_WHILE_STOLEN


async def answer_nobody(ctx: Ctx) -> object:
    """A handler that is never reached."""
    raise AssertionError(ctx)


def test_a_page_without_needs_cannot_be_built() -> None:
    """There is no default that somebody could forget to change."""
    with pytest.raises(TypeError, match="needs"):
        Page("/somewhere", get=answer_nobody)  # type: ignore[call-arg, arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        [Page("/somewhere", Needs.SESSION)],
        [Page("/somewhere", None, get=answer_nobody)],  # type: ignore[arg-type]
        [
            Page("/somewhere", Needs.SESSION, get=answer_nobody),  # type: ignore[arg-type]
            Page("/somewhere", Needs.PUBLIC, get=answer_nobody, post=answer_nobody),  # type: ignore[arg-type]
        ],
        [Page("/sign-in", Needs.SESSION, post=answer_nobody)],  # type: ignore[arg-type]
    ],
    ids=["no handler", "no needs", "twice", "beside a real one"],
)
def test_an_undeclared_or_doubled_page_stops_the_start(site: Site, wrong: list[Page]) -> None:
    """Before anything is served (promise P1)."""
    with pytest.raises(StartError, match=wrong[0].path):
        build_app(site.world, (*ALL_PAGES, *wrong))
    build_app(site.world, ALL_PAGES)


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
    """Neither sees Account and Mail, and only the help desk sees People."""
    eve = site.give_password(site.acme.add("Eve", role))
    browser = site.signed_in(eve)
    pages = [page for page in protected() if page.role.rank > role.rank]
    shut = {"/account", "/people/add", "/people/{id}/role", "/mail"}
    assert {page.path for page in pages} >= shut | ({"/people"} if role is Role.MEMBER else set())
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


# ---- a password that counts as stolen -------------------------------------------------------


def test_while_the_password_counts_as_stolen_only_a_new_one_is_open(site: Site) -> None:
    """After a complete sign-in, whatever is asked for, by whatever method (promise P9)."""
    owner = site.acme.owner
    site.acme.enrol(owner)
    browser = site.signed_in(owner)
    assert browser.get("/account").status_code == 200
    site.world.store.call(lambda tx: tx.people.mark_stolen(owner.id, site.clock.now()))
    before = len(site.acme.events())
    for method, path, status, location in walk(browser, protected()):
        if path in OPEN_WHILE_STOLEN:
            assert (method, status) in {("GET", 200), ("POST", 403)}, (method, path, status)
        else:
            assert (status, location) == (303, "/new-password"), (method, path, status, location)
    assert len(site.acme.events()) == before


# ---- a browser that skipped the code --------------------------------------------------------


def trusted_owner(site: Site) -> Browser:
    """The owner, let in by a trusted browser without a code."""
    owner = site.acme.owner
    guard = GuardPolicy(trust_staff=True)
    site.world.store.call(lambda tx: tx.accounts.set_guard(site.acme.account_id, guard))
    site.acme.enrol(owner)
    browser = site.browser()
    browser.post("/sign-in", {"email": owner.email, "password": PASSWORD})
    site.clock.advance(60)
    typed = {**site.codes(browser, owner), "trust": "yes"}
    assert browser.post("/sign-in/code", typed, form_at="/sign-in/code").status_code == 303
    browser.post("/sign-out", form_at="/sign-out")
    again = browser.post("/sign-in", {"email": owner.email, "password": PASSWORD})
    assert again.headers["location"] == "/"
    return browser


def test_a_session_that_skipped_the_code_changes_nothing_sensitive(site: Site) -> None:
    """Every form that asks for a fresh proof leads to the confirmation, and does nothing."""
    browser = trusted_owner(site)
    csrf = token_in(browser.get("/profile"))
    before = site.acme.events()
    fresh = [page for page in ALL_PAGES if page.fresh]
    assert len(fresh) >= 10
    for page in fresh:
        answer = send(browser, page, {"csrf": csrf})
        assert answer.status_code == 200, page.path
        assert "Confirm that it is you" in answer.text, page.path
    assert site.acme.events() == before


def test_a_session_that_skipped_the_code_sees_no_secret(site: Site) -> None:
    """A set-up is neither begun nor shown nor saved before the code was proved."""
    browser = trusted_owner(site)
    csrf = token_in(browser.get("/profile"))
    for page in (page for page in ALL_PAGES if page.path.startswith("/profile/set-up")):
        if page.path.endswith("/cancel"):
            continue
        for answer in (browser.get(page.path), send(browser, page, {"csrf": csrf, "code": "1"})):
            assert "otpauth" not in answer.text, page.path
    assert site.acme.pending(site.acme.owner) is None


def test_somebody_who_is_guessed_at_and_trusted_must_type_the_code(site: Site) -> None:
    """While the password counts as stolen a trusted browser skips nothing."""
    mia = site.give_password(site.acme.add("Mia"))
    site.acme.enrol(mia)
    browser = site.browser()
    browser.post("/sign-in", {"email": mia.email, "password": PASSWORD})
    typed = {"code": site.acme.code(mia), "trust": "yes"}
    assert browser.post("/sign-in/code", typed, form_at="/sign-in/code").status_code == 303
    browser.post("/sign-out", form_at="/sign-out")
    Guesser(site.acme, mia).climb(10)
    answer = browser.post("/sign-in", {"email": mia.email, "password": PASSWORD})
    assert answer.headers["location"] == "/sign-in/code"
