"""The pages of the switch and of the waves: what an admin sees before, during and after."""

import re

import pytest

from tests.faces.conftest import Browser, Site, text_of
from twofold.core.applications import Scope
from twofold.core.mail import MailKind
from twofold.core.people import DAY, Role
from twofold.core.rules import EVERYBODY, Calendar, Stance, Target, TargetKind
from twofold.flows import applications

PAGE, ON = "/account/waves", "/account/switch-on"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The pages; what stands behind them is tested on both databases."""
    return sqlite_url


@pytest.fixture
def olga(site: Site) -> Browser:
    """The owner with a second factor, signed in."""
    owner = site.give_password(site.acme.owner)
    site.acme.enrol(owner)
    return site.signed_in(owner)


def switched(olga: Browser, **chosen: str) -> str:
    """Where the switch led to with this choice."""
    answer = olga.post(ON, {"whom": "everybody", "days": "14", **chosen}, form_at=ON)
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["location"]


def test_the_switch_shows_its_date_and_its_people_before_it_moves(
    site: Site, olga: Browser
) -> None:
    """The query chooses; looking changes nothing."""
    site.acme.add("Ben")
    shown = text_of(olga.get(f"{ON}?days=14"))
    assert "to be set up by" in shown
    assert "2 people get a mail" in shown
    at_once = text_of(olga.get(f"{ON}?days=0"))
    assert "Would be stopped at once" in at_once
    assert site.acme.account.policy.rules == ()


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"days": "many"}, "Choose how much time people have"),
        ({"days": "181"}, "Choose 0 to 180 days"),
        ({"since": "tomorrow"}, "Write the date as 2026-12-01"),
        ({"since": "2020-01-01"}, "Choose a date from today on"),
        ({"whom": "group:none"}, "Choose whom it is asked of"),
        ({"whom": "everybody:x"}, "Choose whom it is asked of"),
        ({"start": "never"}, "Choose what begins"),
    ],
)
def test_a_choice_that_cannot_be_is_said_beside_its_field(
    site: Site, olga: Browser, chosen: dict[str, str], words: str
) -> None:
    """The form comes back with what was typed, and nothing has moved."""
    answer = olga.post(ON, {"whom": "everybody", "days": "14", **chosen}, form_at=ON)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert site.acme.account.policy.rules == ()


def test_a_wave_is_begun_paused_resumed_and_taken_back(site: Site, olga: Browser) -> None:
    """Each by its own form; the page says how it stands."""
    assert switched(olga, days="30") == "/account"
    assert "Everybody has 30 days" in text_of(olga.get("/account"))
    page = text_of(olga.get(PAGE))
    assert "30 days" in page
    assert "No mail has left yet" in page
    form = {"pause_whom": "everybody", "hours": "2", "reason": "Fire alarm"}
    olga.post(f"{PAGE}/pause", form, form_at=PAGE)
    assert "Fire alarm" in text_of(olga.get(PAGE))
    olga.post(f"{PAGE}/resume", {"whom": "everybody"}, form_at=PAGE)
    assert "Fire alarm" not in text_of(olga.get(PAGE))
    olga.post(f"{PAGE}/days", {"whom": "everybody", "days": "45"}, form_at=PAGE)
    assert site.acme.account.policy.rules[0].days == 45
    olga.post(f"{PAGE}/take-back", {"whom": "everybody"}, form_at=PAGE)
    assert site.acme.account.policy.rules == ()
    assert "Nothing is asked of anybody yet" in text_of(olga.get(PAGE))


def test_a_role_is_asked_first_and_switched_off_alone(site: Site, olga: Browser) -> None:
    """The pilot; the page of switching off names it."""
    site.acme.add("Dora", Role.HELPDESK)
    switched(olga, whom="role:helpdesk", days="7")
    (rule,) = site.acme.account.policy.rules
    assert rule.target == Target(TargetKind.ROLE, "helpdesk")
    assert "The help desk" in text_of(olga.get(PAGE))
    off = "/account/switch-off?whom=role:helpdesk"
    assert "The help desk" in text_of(olga.get(off))
    olga.post("/account/switch-off", {"whom": "role:helpdesk"}, form_at=off)
    assert site.acme.account.policy.rules == ()


def test_calendar_offer_and_report_only_are_kept(site: Site, olga: Browser) -> None:
    """And a calendar that cannot be kept to comes back with what was typed."""
    form = {"zone": "Europe/Berlin", "quiet_days": "2026-12-24\n2026-12-25", "day-0": "yes"}
    olga.post(f"{PAGE}/calendar", form, form_at=PAGE)
    kept = Calendar("Europe/Berlin", (0,), ("2026-12-24", "2026-12-25"))
    assert site.acme.account.policy.calendar == kept
    wrong = olga.post(f"{PAGE}/calendar", {**form, "zone": "Berlin"}, form_at=PAGE)
    assert wrong.status_code == 422
    assert "Choose a zone by its name" in text_of(wrong)
    assert 'value="Berlin"' in wrong.text
    olga.post(f"{PAGE}/offer", {"offer_whom": "everybody", "offered": "no"}, form_at=PAGE)
    rule = site.acme.account.policy.rule_for(EVERYBODY)
    assert rule is not None
    assert rule.stance is Stance.OFF
    olga.post(f"{PAGE}/report-only", {"on": "yes"}, form_at=PAGE)
    assert site.acme.account.policy.report_only


@pytest.mark.parametrize(
    ("act", "form", "words"),
    [
        ("pause", {"pause_whom": "everybody", "hours": "0", "reason": "Why not"}, "1 to 168"),
        ("pause", {"pause_whom": "everybody", "hours": "x", "reason": "Why not"}, "whole number"),
        ("pause", {"pause_whom": "everybody", "hours": "4", "reason": ""}, "Say why"),
        ("pause", {"pause_whom": "group:none", "hours": "4", "reason": "x y z"}, "Choose whom"),
        ("days", {"whom": "everybody", "days": "5"}, "Nothing is asked of these people"),
        ("days", {"whom": "everybody", "days": "-1"}, "whole number"),
        ("offer", {"offer_whom": "role:none", "offered": "no"}, "Choose whom"),
        ("take-back", {"whom": "everybody"}, "nothing to take back"),
    ],
)
def test_what_is_refused_says_why(
    olga: Browser, act: str, form: dict[str, str], words: str
) -> None:
    """One sentence, and what was typed stays."""
    answer = olga.post(f"{PAGE}/{act}", form, form_at=PAGE)
    assert answer.status_code == 422
    assert words in text_of(answer)


def test_whoever_has_days_left_reads_so_on_every_page(site: Site, olga: Browser) -> None:
    """Until the set-up is done."""
    ben = site.give_password(site.acme.add("Ben"))
    switched(olga, days="14")
    browser = site.signed_in(ben)
    for path in ("/", "/profile", "/help"):
        assert "14 days left" in text_of(browser.get(path)) or "15 days left" in text_of(
            browser.get(path)
        ), path
    assert "days left" not in text_of(olga.get("/"))


def test_what_is_not_offered_stands_on_no_page(site: Site, olga: Browser) -> None:
    """No button, and the address of the set-up says why; an admin keeps theirs."""
    ben = site.give_password(site.acme.add("Ben"))
    form = {"offer_whom": "everybody", "offered": "no"}
    olga.post(f"{PAGE}/offer", form, form_at=PAGE)
    browser = site.signed_in(ben)
    page = browser.get("/profile")
    assert "does not use a second step yet" in text_of(page)
    assert "/profile/set-up" not in page.text
    assert "/profile/passkeys/add" not in page.text
    assert "Not used here yet" in text_of(browser.get("/"))
    for path in ("/profile/set-up", "/profile/passkeys/add"):
        refused = browser.get(path)
        assert refused.status_code == 409
        assert "does not use a second step yet" in text_of(refused)
    assert "/profile/set-up" in olga.get("/profile").text


def test_the_rehearsal_names_who_sleeps_and_which_applications_ask(site: Site) -> None:
    """Whoever has not signed in for 90 days, and every application with a key that works."""
    acme = site.acme
    ben = acme.add("Ben")
    acme.add("Eve")
    acme.signed_in(ben)
    acme.clock.advance(90 * DAY)
    owner = site.give_password(acme.owner)
    acme.enrol(owner)
    shop = acme.call(
        applications.make, account=acme.account, actor=owner, name="Shop", scopes=(Scope.VERIFY,)
    )
    assert isinstance(shop, applications.NewKey)
    olga = site.signed_in(owner)
    page = re.search(r"Not signed in for 90 days</dt><dd>(.*?)</dd>", olga.get(ON).text, re.S)
    assert page is not None
    assert "Ben" in page[1]
    assert "Eve" not in page[1]
    asking = re.search(r"API keys</dt><dd>(.*?)</dd>", olga.get(ON).text, re.S)
    assert asking is not None
    assert "Shop" in asking[1]
    acme.call(
        applications.end, account=acme.account, actor=owner, application_id=shop.application.id
    )
    assert "None in use" in text_of(olga.get(ON))


def test_a_test_mail_says_on_the_page_what_became_of_it(site: Site) -> None:
    """Waiting, then sent or failed with the server's words; the choices stay."""
    owner = site.give_password(site.acme.owner)
    site.acme.enrol(owner)
    olga = site.signed_in(owner)
    assert "Your test" not in text_of(olga.get(ON))
    chosen = {"whom": "everybody", "days": "30"}
    sent = olga.post(f"{ON}/test", chosen, form_at=ON)
    back = sent.headers["location"].partition("#")[0]
    assert "days=30" in back
    assert f"Your test to {owner.email}" in text_of(olga.get(back))
    assert "Waiting" in text_of(olga.get(back))
    (mail,) = site.acme.mails(owner, MailKind.TEXT_TEST)
    site.acme.store.call(lambda tx: tx.mails.fail(mail.id, attempts=5, error="550 no such user"))
    page = text_of(olga.get(back))
    assert "Failed" in page
    assert "550 no such user" in page
    for _ in range(9):
        olga.post(f"{ON}/test", chosen, form_at=ON)
    refused = olga.post(f"{ON}/test", chosen, form_at=ON)
    assert refused.status_code == 422
    assert "Send the next one later" in text_of(refused)
