"""The strip over every page, who is who, and the phones."""

import html
import re
import sqlite3
import time

import pytest

from tests.demo.conftest import Stage, press, signs_in
from tests.faces.conftest import Browser, text_of
from tests.faces.routes import every_answer
from twofold.core.errors import StorageUnavailable
from twofold.core.people import Role
from twofold.demo.cast import FEWEST, Part
from twofold.demo.pages import Heads, showcase
from twofold.flows import people
from twofold.web.app import ALL_PAGES, build_app

SAYS = re.compile(r"Demonstration with (\d+) people who do not exist\. Nothing is mailed out\.")


def strips(browser: Browser) -> dict[str, int]:
    """For every page with markup that this browser gets, how often the strip is on it."""
    return {
        f"{method} {path} {answer.status_code}": len(SAYS.findall(text_of(answer)))
        for method, path, answer in every_answer(browser)
        if answer.headers.get("content-type", "").startswith("text/html") and answer.text
    }


def test_the_strip_is_on_every_page(stage: Stage) -> None:
    """For strangers, for a half-finished sign-in, for an admin; on errors too."""
    half = stage.browser()
    admin = stage.holder(Part.ADMIN)
    assert press(half, f"/demo?search={admin.email}", f"Sign in as {admin.name}") == "/sign-in/code"
    whole = stage.browser()
    assert signs_in(whole, stage.holder(Part.TWICE)) == "/"
    for browser in (stage.browser(), half, whole):
        found = strips(browser)
        assert len(found) > 20
        assert {page for page, count in found.items() if count != 1} == set()
    assert SAYS.search(text_of(stage.browser().get("/no/such/page")))
    refused = stage.browser().client.get("/", headers={"host": "elsewhere.example"})
    assert refused.status_code == 400
    assert SAYS.search(text_of(refused))


def test_the_strip_counts_the_people_who_are_there(stage: Stage) -> None:
    """Also whoever was added a moment ago, and not the program."""

    def shown() -> int:
        said = SAYS.search(text_of(stage.browser().get("/sign-in")))
        assert said
        return int(said[1])

    assert shown() == FEWEST
    store = stage.world.store
    account = store.call(lambda tx: tx.accounts.get(stage.built.account_id))
    added = store.call(
        people.add,
        stage.world.clock.now(),
        account=account,
        actor=None,
        name="Nova New",
        email="nova@harbour.example",
        role=Role.MEMBER,
    )
    assert shown() == FEWEST + 1
    store.call(lambda tx: tx.people.set_email(added.id, "nova.new@harbour.example"))
    assert shown() == FEWEST + 1


def test_the_strip_goes_on_with_the_last_number_while_the_database_is_away(stage: Stage) -> None:
    """An error page must not fail over its own strip."""
    heads = Heads(stage.world.store, stage.built.account_id)
    known = heads.count()
    heads.store = Away()
    assert heads.count() == known


class Away:
    """A store that does not answer."""

    def read(self, *_: object, **__: object) -> object:
        raise StorageUnavailable


def test_the_first_page_names_five_people_with_their_passwords(stage: Stage) -> None:
    """The same that the start prints, and no code."""
    page = stage.browser().get("/demo")
    text = text_of(page)
    assert len(showcase(stage.built)) == 5
    for _, what, holder in showcase(stage.built):
        assert what in text
        assert holder.name in text
        assert holder.password in text
        for entry in holder.entries:
            assert entry.code(int(time.time())) not in text


@pytest.mark.parametrize(
    ("part", "leads"),
    [
        (Part.ADMIN, "/"),
        (Part.OWNER, "/"),
        (Part.HELPDESK, "/"),
        (Part.TWO_APPS, "/"),
        (Part.DRIFTING, "/"),
        (Part.WILL_BE_STOPPED, "/"),
        (Part.OPENED, "/"),
        (Part.MUST_NOW, "/set-up"),
    ],
)
def test_a_code_of_the_phone_really_signs_in(stage: Stage, part: Part, leads: str) -> None:
    """One code, or two where two are asked for; nobody is let in who has to set up first."""
    browser, holder = stage.browser(), stage.holder(part)
    assert signs_in(browser, holder) == leads
    if leads == "/":
        profile = browser.get("/profile")
        assert profile.status_code == 200
        assert holder.name in text_of(profile)


def test_the_code_that_the_page_shows_is_the_one_that_counts(stage: Stage) -> None:
    """Read off the page and typed into the form, as with a phone in the hand."""
    browser, holder = stage.browser(), stage.holder(Part.RECOVERED)
    press(browser, f"/demo?search={holder.email}", f"Sign in as {holder.name}")
    shown = text_of(browser.get("/demo/phone"))
    code = re.search(r"Code now (\d{6}) for (\d+) seconds? more", shown)
    assert code
    assert 1 <= int(code[2]) <= 30
    answer = browser.post("/sign-in/code", {"code": code[1]}, form_at="/sign-in/code")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_somebody_with_a_temporary_pass_finds_it_on_their_page(stage: Stage) -> None:
    """It was read out to them; it works where there is no phone."""
    browser, holder = stage.browser(), stage.holder(Part.PASS)
    press(browser, f"/demo?search={holder.email}", f"Sign in as {holder.name}")
    assert holder.told
    assert holder.told in html.unescape(browser.get("/demo/phone").text)
    answer = browser.post(
        "/sign-in/code/recovery", {"recovery_code": holder.told}, form_at="/sign-in/code/recovery"
    )
    assert answer.status_code == 303


def test_somebody_without_a_phone_sets_up_with_the_one_of_the_demonstration(stage: Stage) -> None:
    """The key of the set-up page is typed into it, and its code makes the set-up count."""
    browser, holder = stage.browser(), stage.holder(Part.AWAY)
    assert signs_in(browser, holder) == "/"
    page = browser.get("/profile/set-up")
    found = re.search(r'id="setup-key">(.*?)</code>', page.text)
    assert found
    key = " ".join(re.findall(r"[A-Z2-7]{4}", found[1]))
    for typed, status in (("AB CD", 422), (key.lower(), 303)):
        answer = browser.post(
            "/demo/phone", {"who": holder.email, "key": typed}, form_at="/demo/phone"
        )
        assert answer.status_code == status
    shown = re.search(r"Code now (\d{6})", text_of(browser.get("/demo/phone")))
    assert shown
    saved = browser.post("/profile/set-up/save", {"code": shown[1]}, form_at="/profile/set-up")
    assert saved.status_code == 200
    assert "recovery codes" in text_of(saved).lower()


def test_whoever_is_locked_out_does_not_get_in(stage: Stage) -> None:
    """With the right password and the right phone in the hand."""
    browser, holder = stage.browser(), stage.holder(Part.LOCKED)
    led = press(browser, f"/demo?search={holder.email}", f"Sign in as {holder.name}")
    assert led == "/sign-in/code"
    assert "Type it for me" not in browser.get("/demo/phone").text
    code = holder.entries[-1].code(int(time.time()))
    answer = browser.post("/sign-in/code", {"code": code}, form_at="/sign-in/code")
    assert answer.headers.get("location") != "/"
    assert browser.get("/profile").status_code == 303


def test_a_phone_without_a_person_leads_to_who_is_who(stage: Stage) -> None:
    """Nobody of that address, or nobody signed in."""
    for path in ("/demo/phone", "/demo/phone?who=nobody@harbour.example"):
        answer = stage.browser().get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/demo")


def test_the_search_finds_by_name_and_address_and_says_when_it_does_not(stage: Stage) -> None:
    """Whoever was made with the demonstration."""
    holder = stage.holder(Part.DORMANT)
    for words in (holder.name.lower(), holder.email.upper()):
        assert holder.password in text_of(stage.browser().get(f"/demo?search={words}"))
    assert "Nobody of that name" in text_of(stage.browser().get("/demo?search=xyzzy"))


def test_no_other_application_has_these_pages(stage: Stage) -> None:
    """Neither in its list nor by address, and no strip over the ones that it has."""
    assert [page.path for page in ALL_PAGES if page.path.startswith("/demo")] == []
    plain = Stage(stage.world, stage.built, build_app(stage.world)).browser()
    for path in ("/demo", "/demo/phone", f"/demo/phone?who={stage.holder(Part.ADMIN).email}"):
        answer = plain.get(path)
        assert answer.status_code == 404
        assert "Demonstration" not in text_of(answer)
    assert not any(strips(plain).values())


def test_secrets_and_passwords_of_the_people_are_in_memory_alone(stage: Stage) -> None:
    """Nothing of the phones is readable in the database, and a holder shows nothing of itself."""
    path = stage.world.store._engine.url.database  # type: ignore[attr-defined]
    with sqlite3.connect(path) as database:
        content = "\n".join(database.iterdump())
    for holder in stage.built.phones:
        assert holder.password not in content
        assert holder.password not in repr(holder)
        for entry in holder.entries:
            assert entry.secret.hex() not in content.lower()
            assert repr(entry.secret) not in repr(holder)
