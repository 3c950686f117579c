"""One act on many people of the table: foreseen, confirmed, and a line for each."""

import csv
import io
import re

import pytest

from tests.faces.conftest import Browser, Site, text_of, token_in
from twofold.core.mail import MailKind
from twofold.core.people import DAY, Person, Role
from twofold.core.rules import Target, TargetKind
from twofold.flows import bulk, deadlines, pauses, people, rollout

ACT = "/people/act"


@pytest.fixture
def olga(site: Site) -> Browser:
    """The owner, who has given everybody two weeks."""
    owner = site.give_password(site.acme.owner)
    caller = site.acme.enrol(owner)
    for number in range(6):
        site.acme.add(f"P{number}")
    site.acme.call(rollout.switch_on, caller=caller, days=14)
    return site.signed_in(owner)


def fields_in(page: str) -> dict[str, str]:
    """The hidden fields of the form that confirms."""
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))


def of(site: Site, name: str) -> Person:
    """Somebody of Acme by the name."""
    found = site.acme.store.call(lambda tx: tx.people.by_email(f"{name.lower()}@acme.example"))
    assert found is not None
    return found


def reminders_of(site: Site, name: str) -> int:
    """How many mails of a reminder somebody has had."""
    mails = site.acme.mails(of(site, name), MailKind.INVITATION)
    return len(mails) + len(site.acme.mails(of(site, name), MailKind.REMINDER))


def lock_out(site: Site, name: str) -> None:
    """So many wrong passwords that no more is read."""
    for _ in range(12):
        site.acme.submit_password(of(site, name), proved=False)


def lines_of(page: str) -> dict[str, str]:
    """What the table of a page says of each, by name."""
    rows = re.findall(r"<tr role=\"row\">\s*<th.*?<bdi>(.*?)</bdi>.*?</th>(.*?)</tr>", page, re.S)
    return {name: " ".join(re.sub(r"<[^>]+>", " ", rest).split())[2:] for name, rest in rows}


def test_all_that_a_filter_finds_are_reminded_and_nobody_else(site: Site, olga: Browser) -> None:
    """Two presses from the filter; whoever has set up, is exempt or disabled is left out, and
    each line says so before and after.
    """
    acme = site.acme
    acme.enrol(of(site, "P0"))
    until = acme.now + 60 * DAY
    acme.call(
        deadlines.exempt,
        actor=acme.owner, person_id=of(site, "P1").id, until=until, reason="No phone",
    )  # fmt: skip
    acme.call(people.set_disabled, actor=acme.owner, person_id=of(site, "P2").id, disabled=True)
    before = {name: reminders_of(site, name) for name in ("P0", "P1", "P2", "P3", "P4", "P5")}
    page = olga.get(f"{ACT}?act=remind&all=1&role=member")
    assert lines_of(page.text) == {
        "P0": "Has set it up already",
        "P1": "Exempt at present",
        "P2": "May not sign in at present",
        **dict.fromkeys(("P3", "P4", "P5"), "Will be reminded"),
    }
    assert "Remind 3 people" in text_of(page)
    assert before == {name: reminders_of(site, name) for name in before}
    late = acme.add("P6")  # Came after the page was shown.
    done = olga.post(ACT, fields_in(page.text))
    assert done.status_code == 200
    assert "3 reminders are on the way." in text_of(done)
    assert lines_of(done.text) == {
        **lines_of(page.text), **dict.fromkeys(("P3", "P4", "P5"), "Reminded")
    }  # fmt: skip
    after = {name: reminders_of(site, name) for name in before}
    assert after == {name: n + (name in ("P3", "P4", "P5")) for name, n in before.items()}
    assert acme.mails(late, MailKind.REMINDER) == []
    again = olga.post(ACT, fields_in(page.text))
    assert "0 reminders are on the way." in text_of(again)
    assert lines_of(again.text)["P4"] == "Was reminded by hand today"
    assert after == {name: reminders_of(site, name) for name in before}


def test_whoever_sets_up_between_page_and_button_is_not_reminded(site: Site, olga: Browser) -> None:
    """The button looks again."""
    ticked = f"{ACT}?act=remind&who={of(site, 'P1').id}&who={of(site, 'P2').id}"
    page = olga.get(ticked)
    assert lines_of(page.text).keys() == {"P1", "P2"}
    site.acme.enrol(of(site, "P1"))
    count = reminders_of(site, "P1")
    done = olga.post(ACT, fields_in(page.text))
    assert lines_of(done.text) == {"P1": "Has set it up already", "P2": "Reminded"}
    assert reminders_of(site, "P1") == count


def test_a_pause_and_a_lost_mail_are_said(site: Site, olga: Browser) -> None:
    """Nobody is reminded of what rests."""
    acme = site.acme
    ids = "&".join(f"who={of(site, name).id}" for name in ("P1", "P2"))
    assert "did not arrive" not in text_of(olga.get(f"{ACT}?act=remind&{ids}"))
    last = acme.mails(of(site, "P2"))[0].id
    acme.store.call(lambda tx: tx.mails.fail(last, attempts=5, error="no such mailbox"))
    said = lines_of(olga.get(f"{ACT}?act=remind&{ids}").text)
    assert said["P2"] == "Will be reminded The last mail to them did not arrive."
    assert said["P1"] == "Will be reminded"
    acme.call(
        pauses.pause,
        caller=acme.caller(acme.owner), target=Target(TargetKind.ROLE, "member"), hours=2,
        reason="Stocktaking",
    )  # fmt: skip
    page = olga.get(f"{ACT}?act=remind&{ids}")
    assert set(lines_of(page.text).values()) == {"Paused at present"}
    assert "Nobody will be reached." in text_of(page)
    assert '<button class="button primary"' not in page.text


def test_one_act_takes_a_part_and_leads_on_to_the_next(
    site: Site, olga: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never more than the cap, which the page says, until all were reached once."""
    monkeypatch.setattr(bulk, "MOST", 4)
    monkeypatch.setattr(bulk, "AT_ONCE", 3)
    assert "All 6 that this filter finds, 4 at a time" in text_of(olga.get("/people?role=member"))
    page = olga.get(f"{ACT}?act=remind&all=1&role=member")
    assert "One act takes 4 people." in text_of(page)
    done = olga.post(ACT, fields_in(page.text))
    first = lines_of(done.text)
    assert len(first) == 4
    following = re.search(r'href="(/people/act[^"]+)">The next 4', done.text)
    assert following is not None
    rest = olga.get(following[1].replace("&amp;", "&"))
    done = olga.post(ACT, fields_in(rest.text))
    assert first | lines_of(done.text) == {f"P{n}": "Reminded" for n in range(6)}
    assert "The next" not in text_of(done)


def test_a_form_that_waits_for_a_fresh_proof_is_sent_on(site: Site, olga: Browser) -> None:
    """With everybody in it."""
    acme = site.acme
    page = olga.get(f"{ACT}?act=remind&all=1&only=not-enrolled")
    assert len(lines_of(page.text)) == 6
    site.clock.advance(10 * 60)
    asked = olga.post(ACT, fields_in(page.text))
    assert "Confirm that it is you" in text_of(asked)
    assert reminders_of(site, "P1") == 0
    form = fields_in(asked.text) | {"csrf": token_in(asked), "code": acme.code(acme.owner)}
    done = olga.post("/confirm", form)
    assert "6 reminders are on the way." in text_of(done)


def test_the_locked_are_unlocked_on_grounds_and_admins_are_not(site: Site, olga: Browser) -> None:
    """Proof, ticket and reason as for one; what is missing is said and nothing is lost."""
    acme = site.acme
    acme.add("Ada", Role.ADMIN)
    lock_out(site, "P1")
    ids = "&".join(f"who={of(site, name).id}" for name in ("P1", "P2", "Ada"))
    page = olga.get(f"{ACT}?act=unlock&{ids}")
    assert lines_of(page.text)["P1"] == "Will be unlocked, and told by mail"
    assert lines_of(page.text)["P2"] == "Nothing shuts them out"
    assert len(lines_of(page.text)) == 3
    refused = olga.post(ACT, fields_in(page.text) | {"ticket": "HD-1"})
    assert refused.status_code == 422
    assert "Choose how the caller proved who they are." in text_of(refused)
    assert lines_of(refused.text) == lines_of(page.text)
    grounds = {"proof": "Manager confirmed", "ticket": "HD-1", "reason": "A wave of guessing"}
    done = olga.post(ACT, fields_in(refused.text) | grounds)
    assert lines_of(done.text)["P1"] == "Unlocked, and told by mail"
    assert len(acme.mails(of(site, "P1"), MailKind.UNLOCKED)) == 1
    assert acme.mails(of(site, "P2"), MailKind.UNLOCKED) == []
    again = olga.get(f"{ACT}?act=unlock&{ids}")
    assert lines_of(again.text)["P1"] == "Nothing shuts them out"


def test_members_are_asked_to_set_up_again_and_admins_wait_for_a_second_admin(
    site: Site, olga: Browser
) -> None:
    """Only who has something to replace."""
    acme = site.acme
    acme.enrol(of(site, "P1"))
    acme.enrol(acme.add("Ada", Role.ADMIN))
    ids = "&".join(f"who={of(site, name).id}" for name in ("P1", "P2", "Ada", "Olga"))
    page = olga.get(f"{ACT}?act=set-up-again&{ids}")
    assert lines_of(page.text) == {
        "P1": "Will get the link by mail",
        "P2": "Has nothing set up yet",
        "Ada": "An admin: a second admin confirms it, on their own page",
        "Olga": "Not of a lower role than your own",
    }
    grounds = {"proof": "Manager confirmed", "ticket": "HD-2", "reason": "New phones for sales"}
    every = fields_in(page.text)
    every["people"] += f" {of(site, 'Ada').id} nobody"
    done = olga.post(ACT, every | grounds)
    assert lines_of(done.text)["P1"] == "The link is on its way by mail"
    assert len(acme.mails(of(site, "P1"), MailKind.SET_UP_AGAIN)) == 1
    assert acme.mails(of(site, "Ada"), MailKind.SET_UP_AGAIN) == []
    assert lines_of(done.text)["Nobody"] == "Not there, or above your own role"


def test_the_ticked_are_taken_along_as_a_file(site: Site, olga: Browser) -> None:
    """These and no others, and the log says how many."""
    ids = "&".join(f"who={of(site, name).id}" for name in ("P1", "P4"))
    page = olga.get(f"{ACT}?act=export&{ids}")
    fields = fields_in(page.text)
    answer = olga.post("/people.csv", fields)
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["name"] for row in rows] == ["P1", "P4"]
    assert site.acme.events()[0].data["filter"] == "2 ticked"
    every = olga.get(f"{ACT}?act=export&all=1&role=member")
    answer = olga.post("/people.json", fields_in(every.text))
    assert len(answer.json()) == 6


def test_nobody_ticked_is_said_and_what_is_not_offered_is_not_there(olga: Browser) -> None:
    """For each act."""
    for act in ("remind", "unlock", "set-up-again", "export"):
        assert "Nobody is chosen" in text_of(olga.get(f"{ACT}?act={act}"))
    assert olga.get(f"{ACT}?act=delete").status_code == 404
    assert olga.post(ACT, {"act": "delete"}, form_at="/people").status_code == 404


def test_the_help_desk_acts_on_one_at_a_time(site: Site, olga: Browser) -> None:
    """And sees no boxes."""
    assert 'name="who"' in olga.get("/people").text
    helper = site.give_password(site.acme.add("Hana", Role.HELPDESK))
    browser = site.signed_in(helper)
    assert browser.get(f"{ACT}?act=remind&all=1").status_code == 403
    assert 'name="who"' not in browser.get("/people").text
