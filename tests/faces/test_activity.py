"""The page Activity and its files: filters, paging, names, formulas, secrets."""

import csv
import io
import json
import re
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from httpx2 import Response

from tests.faces.conftest import PASSWORD, Browser, Site, text_of, token_in
from tests.world import ENCODED, found
from twofold.core.events import EventKind, Group, words_of
from twofold.core.mail import MailKind
from twofold.core.people import DAY, Role
from twofold.core.tokens import Purpose
from twofold.flows import audit

ACTIVITY = "/account/activity"
DAYS = ("2026-09-10", "2026-09-11")
"""The day on which the tests begin, and the next."""


def seqs(page: str) -> list[int]:
    """The numbers of the entries on a page."""
    return [int(number) for number in re.findall(r"Entry (\d+)</span>", page)]


def export(browser: Browser, form: str, query: str = "") -> Response:
    """What the button for this kind of file answers, under the filter of `query`."""
    fields = dict(parse_qsl(query.removeprefix("?")))
    return browser.post(f"{ACTIVITY}.{form}", fields, form_at=ACTIVITY)


def as_rows(browser: Browser, query: str = "") -> list[dict[str, str]]:
    """The CSV file of the same filter."""
    answer = export(browser, "csv", query)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="activity.csv"'
    assert answer.headers["cache-control"] == "no-store"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8"), newline="")))


def as_objects(browser: Browser, query: str = "") -> list[dict[str, object]]:
    """The JSON file of the same filter."""
    answer = export(browser, "json", query)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["content-disposition"] == 'attachment; filename="activity.json"'
    objects: list[dict[str, object]] = json.loads(answer.content)
    return objects


def write(site: Site, number: int, **data: str | int | bool) -> None:
    """Entries about the owner, made directly."""
    acme = site.acme
    site.world.store.call(
        lambda tx: [
            tx.events.add(
                acme.account_id,
                EventKind.UNLOCKED,
                acme.now,
                actor_id=acme.owner_id,
                subject_id=acme.owner_id,
                data=data,
            )
            for _ in range(number)
        ]
    )


def test_an_admin_reads_what_happened_in_words(site: Site) -> None:
    """Newest first, with who did it and to whom, and details; reached from Account."""
    ben = site.acme.add("Ben", Role.ADMIN)
    site.give_password(ben)
    site.browser().post("/sign-in", {"email": ben.email, "password": "wrong"})
    browser = site.signed_in(ben)
    assert f'href="{ACTIVITY}"' in browser.get("/account").text
    page = browser.get(ACTIVITY)
    assert seqs(page.text) == [event.seq for event in site.acme.events()]
    said = text_of(page)
    for kind in (EventKind.SIGN_IN_COMPLETED, EventKind.PASSWORD_WRONG, EventKind.PERSON_ADDED):
        assert words_of(kind) in said
    assert f'<a href="/people/{ben.id}"><bdi>Ben</bdi></a>' in page.text
    assert "browser: Firefox on Linux" in said
    assert "Nobody signed in" in said


@pytest.mark.parametrize("role", [Role.MEMBER, Role.HELPDESK])
def test_nobody_below_admin_reads_it(site: Site, role: Role) -> None:
    """Neither the page nor the files, and the try to take them is no export."""
    eve = site.give_password(site.acme.add("Eve", role))
    browser = site.signed_in(eve)
    assert browser.get(ACTIVITY).status_code == 403
    csrf = token_in(browser.get("/profile"))
    for form in ("csv", "json"):
        assert browser.post(f"{ACTIVITY}.{form}", {"csrf": csrf}).status_code == 403
    assert site.acme.events(EventKind.EXPORTED) == []


def test_paging_by_number_reaches_every_entry(site: Site) -> None:
    """Fifty on a page; the link to older ones keeps the filter."""
    write(site, 2 * audit.PAGE)
    browser = site.signed_in(site.acme.owner)
    expected = [event.seq for event in site.acme.events()]
    path, seen = ACTIVITY, []
    while path:
        page = browser.get(path).text
        seen.append(seqs(page))
        older = re.search(r'href="([^"]+)" rel="next"', page)
        path = older[1].replace("&amp;", "&") if older else ""
    assert [number for numbers in seen for number in numbers] == expected
    assert [len(numbers) for numbers in seen[:-1]] == [audit.PAGE] * (len(seen) - 1)
    filtered = browser.get(ACTIVITY + "?group=desk&person=olga%40acme.example").text
    assert "group=desk&amp;person=olga%40acme.example&amp;before=" in filtered


@pytest.mark.parametrize("before", ["", "0", "-1", "x", "1e3", "９", "9" * 40, "2&before=3"])
def test_an_odd_page_number_is_the_first_page_or_an_empty_one(site: Site, before: str) -> None:
    """Never an error."""
    browser = site.signed_in(site.acme.owner)
    assert browser.get(f"{ACTIVITY}?before={before}").status_code == 200
    assert browser.get(f"{ACTIVITY}?before={2**62}").status_code == 200


def test_the_files_hold_exactly_what_the_filter_shows(site: Site) -> None:
    """All pages of it, in the same order; both files the same."""
    ben = site.acme.add("Ben", invited=True)
    site.clock.advance(DAY)
    write(site, audit.STRETCH + 5)
    browser = site.signed_in(site.acme.owner)
    for query, wanted in (
        ("", lambda event: True),
        ("?group=people", lambda event: event.kind in Group.PEOPLE.kinds),
        ("?person=ben%40acme.example", lambda event: ben.id in (event.actor_id, event.subject_id)),
        (f"?from={DAYS[1]}", lambda event: event.at == site.clock.now()),
        (f"?to={DAYS[0]}", lambda event: event.at < site.clock.now()),
        (f"?from={DAYS[0]}&to={DAYS[1]}&person=Ben&group=people", lambda event: ben.id in
         (event.actor_id, event.subject_id) and event.kind in Group.PEOPLE.kinds),
        ("?from=2031-01-01", lambda event: False),
    ):  # fmt: skip
        expected = [event.seq for event in site.acme.events() if wanted(event)]
        assert seqs(browser.get(ACTIVITY + query).text) == expected[: audit.PAGE], query
        assert [int(row["seq"]) for row in as_rows(browser, query)] == expected, query
        expected = [event.seq for event in site.acme.events() if wanted(event)]
        objects = as_objects(browser, query)
        assert [entry["seq"] for entry in objects] == expected, query


def test_an_export_is_in_the_log_with_what_was_asked(site: Site) -> None:
    """Who, which form and which filter; one entry for each file."""
    browser = site.signed_in(site.acme.owner)
    as_rows(browser, f"?group=people&to={DAYS[0]}&person=olga%40acme.example")
    as_objects(browser)
    later, first = site.acme.events(EventKind.EXPORTED)
    assert (first.actor_id, first.subject_id) == (site.acme.owner_id, site.acme.owner_id)
    assert first.data == {"form": "csv", "group": "people", "until": f"{DAYS[1]}T00:00:00Z"}
    assert later.data == {"form": "json"}


def test_an_export_needs_the_form_of_the_page(site: Site) -> None:
    """No link and no form of another page takes one: it is an entry in the admin's name."""
    browser = site.signed_in(site.acme.owner)
    for form in ("csv", "json"):
        path = f"{ACTIVITY}.{form}"
        assert browser.get(path).status_code == 405
        assert browser.post(path).status_code == 403
        assert browser.post(path, {"csrf": "x" * 64}).status_code == 403
    assert site.acme.events(EventKind.EXPORTED) == []


SIGNED_IN = {
    "methods": "pwd",
    "trusted": False,
    "address": "testclient",
    "browser": "Firefox on Linux",
}


def test_the_files_hold_times_in_utc_and_names(site: Site) -> None:
    """ISO 8601, with the people of the account behind the ids; details as JSON."""
    browser = site.signed_in(site.acme.owner)
    newest, objects = as_rows(browser)[0], as_objects(browser)
    assert newest["at"] == "2026-09-10T00:26:40Z"
    assert (newest["actor"], newest["actor_email"]) == ("Olga", "olga@acme.example")
    assert json.loads(newest["data"]) == SIGNED_IN
    assert objects[1] == {
        **newest,
        "seq": int(newest["seq"]),
        "data": SIGNED_IN,
    }
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(e["at"])) for e in objects)


FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0", "＝1", "＋1",
    "－1", "＠x", '=HYPERLINK("https://evil.example")',
]  # fmt: skip


@pytest.mark.parametrize("name", FORMULAS)
def test_no_cell_is_a_formula(site: Site, name: str) -> None:
    """A name that a spreadsheet would compute is written with an apostrophe before it."""
    evil = replace(site.acme.owner, id="p-evil", name=name, email=f"{name[:1]}evil@x.example")
    site.world.store.call(lambda tx: tx.people.add(evil, password=ENCODED))
    site.world.store.call(
        lambda tx: tx.events.add(
            site.acme.account_id,
            EventKind.UNLOCKED,
            site.acme.now,
            actor_id="p-evil",
            subject_id=name,
            data={},
        )
    )
    browser = site.signed_in(site.acme.owner)
    rows = as_rows(browser)
    row = next(row for row in rows if row["actor_id"] == "p-evil")
    assert row["actor"] == "'" + name
    assert row["subject_id"] == "'" + name
    for one in rows:
        for cell in one.values():
            assert not cell.startswith(tuple("=+-@\t\r\n＝＋－＠")), cell
    entry = next(entry for entry in as_objects(browser) if entry["actor_id"] == "p-evil")
    assert entry["actor"] == name


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("person=nobody-at-all", "Nobody here has this name or address."),
        ("person=e", "Several people have this in their name."),
        ("person=%00", "Nobody here has this name or address."),
        ("from=yesterday", "Enter a day as year, month and day: 2026-11-24."),
        ("from=2026-02-30", "Enter a day as year, month and day: 2026-11-24."),
        ("to=20260101", "Enter a day as year, month and day: 2026-11-24."),
        ("to=２０２６-01-01", "Enter a day as year, month and day: 2026-11-24."),
        ("from=2026-09-11&to=2026-09-10", "The last day is before the first."),
    ],
)
def test_a_filter_that_means_nothing_is_explained(site: Site, query: str, sentence: str) -> None:
    """On the page and instead of a file; nothing is exported, and nothing is shown as if it were
    the answer.
    """
    site.acme.add("Pete")
    site.acme.add("Eve")
    browser = site.signed_in(site.acme.owner)
    pages = [browser.get(f"{ACTIVITY}?{query}")]
    if "%00" not in query:  # No form carries this character.
        pages += [export(browser, form, query) for form in ("csv", "json")]
    for page in pages:
        assert page.status_code == 422
        assert sentence in text_of(page)
        assert seqs(page.text) == []
    assert site.acme.events(EventKind.EXPORTED) == []


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_there_is(site: Site, day: str) -> None:
    """No filter is too early or too late for the calendar."""
    browser = site.signed_in(site.acme.owner)
    for name in ("from", "to"):
        assert browser.get(f"{ACTIVITY}?{name}={day}").status_code == 200
        as_rows(browser, f"?{name}={day}")


def test_nothing_of_another_account_is_found(site: Site) -> None:
    """By no filter, and in no file."""
    bolt = found(site.acme.store, site.clock, "Bolt")
    bolt.add("Zoe", invited=True)
    browser = site.signed_in(site.acme.owner)
    assert browser.get(f"{ACTIVITY}?person=zoe%40bolt.example").status_code == 422
    shown = browser.get(ACTIVITY).text + export(browser, "json").text
    assert "Zoe" not in shown
    assert bolt.account_id not in shown


def test_no_secret_is_in_the_log(site: Site) -> None:
    """After sign-ins, codes, links and set-ups: neither password, code, token nor key."""
    owner = site.acme.owner
    site.acme.enrol(owner)
    secrets = [site.acme.active(owner).secret.hex(), PASSWORD, "planted-password"]
    site.browser().post("/sign-in", {"email": owner.email, "password": "planted-password"})
    site.browser().post("/forgot-password", {"email": owner.email})
    secrets.append(site.mailed(owner, MailKind.PASSWORD_LINK))
    secrets.append(site.link(owner, Purpose.ENROL))
    browser = site.signed_in(owner)
    secrets += [site.acme.code(owner, steps=step) for step in (-1, 0)]
    secrets += list(browser.client.cookies.values())
    told = browser.get(ACTIVITY).text + export(browser, "csv").text
    told += json.dumps([dict(event.data) for event in site.acme.events()])
    assert [secret for secret in secrets if secret in told] == []
