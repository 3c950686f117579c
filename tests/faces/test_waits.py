"""The pages of the wait, and of somebody without a phone."""

import re

import pytest

from tests.faces.conftest import PASSWORD, Browser, Site, text_of
from twofold.core.mail import MailKind
from twofold.core.people import Person, Role
from twofold.flows import waits

NO_PHONE = "/sign-in/code/no-phone"
POLICY = "/account/recovery"


@pytest.fixture
def ben(site: Site) -> Person:
    """A member with an authenticator, where waiting is allowed."""
    ben = site.give_password(site.acme.add("Ben"))
    site.acme.enrol(ben)
    site.clock.advance(60)
    site.acme.call(waits.set_length, caller=site.acme.caller(site.acme.owner), hours=72)
    return site.acme.person(ben.id)


def half(site: Site, person: Person) -> Browser:
    """A browser in which the password was right."""
    browser = site.browser()
    answer = browser.post("/sign-in", {"email": person.email, "password": PASSWORD})
    assert answer.headers["location"] == "/sign-in/code"
    return browser


def bare(browser: Browser, text: str) -> str:
    """A page without what is of its own session."""
    return re.sub(r'name="csrf" value="[^"]+"', "", text)


def begun(site: Site, person: Person) -> None:
    """The whole road to a running wait."""
    browser = half(site, person)
    assert browser.post(NO_PHONE, form_at=NO_PHONE).status_code == 200
    link = f"/wait/{site.mailed(person, MailKind.WAIT_LINK)}"
    assert "has begun" in text_of(site.browser().post(link))


def test_the_ways_are_the_same_for_whoever_has_them_or_not(site: Site, ben: Person) -> None:
    """The password alone must not tell whether there are recovery codes or a running wait."""
    eve = site.give_password(site.acme.add("Eve"))
    site.acme.enrol(eve)
    site.signed_in(eve).post("/profile/recovery-codes", form_at="/profile/recovery-codes")
    site.clock.advance(60)
    begun(site, eve)
    pages = []
    for person in (ben, eve):
        browser = half(site, person)
        page = bare(browser, browser.get(NO_PHONE).text)
        pages.append(page.replace(person.name, "NAME"))
    assert pages[0] == pages[1]
    assert "Wait 72 hours" in pages[0]
    assert "Enter a recovery code" in pages[0]


def test_the_answer_is_the_same_whether_or_not_a_link_is_mailed(site: Site, ben: Person) -> None:
    """Mailed, too often, running already, or with a password out of the mailbox."""
    eve = site.give_password(site.acme.add("Eve"))
    site.acme.enrol(eve)
    site.clock.advance(60)
    begun(site, eve)
    browser, answers = half(site, ben), []
    for _ in range(5):
        answers.append(browser.post(NO_PHONE, form_at=NO_PHONE))
    assert len(site.acme.mails(ben, MailKind.WAIT_LINK)) == 3
    running = half(site, eve)
    answers.append(running.post(NO_PHONE, form_at=NO_PHONE))
    assert len(site.acme.mails(eve, MailKind.WAIT_LINK)) == 1
    told = {(a.status_code, bare(browser, a.text).replace("Eve", "Ben")) for a in answers}
    assert len(told) == 1


@pytest.mark.parametrize("role", [Role.HELPDESK, Role.ADMIN, Role.OWNER])
def test_it_is_not_offered_to_staff(site: Site, ben: Person, role: Role) -> None:
    """Nor done when the form is sent all the same; the page says whom to ask instead."""
    hal = site.give_password(site.acme.add("Hal", role))
    site.acme.enrol(hal)
    site.clock.advance(60)
    browser = half(site, hal)
    page = text_of(browser.get(NO_PHONE))
    assert "Mail me the link" not in page
    assert ("operator of this server" in page) is (role is Role.OWNER)
    assert browser.post(NO_PHONE, form_at=NO_PHONE).headers["location"] == NO_PHONE
    assert site.acme.mails(hal, MailKind.WAIT_LINK) == []


def test_every_page_of_the_second_step_leads_there(site: Site, ben: Person) -> None:
    """The code, a wait after wrong ones, the recovery code, the stop."""
    browser = half(site, ben)
    assert f'href="{NO_PHONE}"' in browser.get("/sign-in/code").text
    assert f'href="{NO_PHONE}"' in browser.get("/sign-in/code/recovery").text
    for number in range(3):
        wrong = site.acme.wrong(site.acme.active(ben), number)
        page = browser.post("/sign-in/code", {"code": wrong}, form_at="/sign-in/code")
    assert page.status_code == 429
    assert f'href="{NO_PHONE}"' in page.text
    site.world.store.call(lambda tx: tx.authenticators.disable(ben.id, at=site.clock.now()))
    assert f'href="{NO_PHONE}"' in browser.get("/sign-in/code").text


def test_a_link_is_looked_at_by_get_and_used_by_its_button(site: Site, ben: Person) -> None:
    """Both that which begins and that which stops; in any browser, without a sign-in."""
    browser = half(site, ben)
    browser.post(NO_PHONE, form_at=NO_PHONE)
    link = f"/wait/{site.mailed(ben, MailKind.WAIT_LINK)}"
    other = site.browser()
    for _ in range(2):
        assert "It takes 72 hours" in text_of(other.get(link))
    assert site.acme.mails(ben, MailKind.WAIT_NOTICE) == []
    assert "The wait has begun" in text_of(other.post(link))
    assert other.post(link).status_code == 410
    stop = f"/wait/stop/{site.mailed(ben, MailKind.WAIT_NOTICE)}"
    for _ in range(2):
        assert "Stop this recovery" in text_of(other.get(stop))
    for _ in range(2):
        assert "This recovery is stopped" in text_of(other.post(stop))
    assert not other.client.cookies
    assert site.browser().get("/wait/stop/short").status_code == 404
    assert site.browser().post("/wait/short").status_code == 404


def test_admins_see_what_runs_and_stop_it(site: Site, ben: Person) -> None:
    """On the home page, the person's page and the policy's page; members see nothing of it."""
    begun(site, ben)
    hal = site.give_password(site.acme.add("Hal", Role.HELPDESK))
    browser = site.signed_in(hal)
    assert "1 person waits" in text_of(browser.get("/"))
    assert "A recovery is running" in text_of(browser.get(f"/people/{ben.id}"))
    assert browser.get(POLICY).status_code == 403
    owner = site.signed_in(site.acme.owner)
    assert "Running now" in text_of(owner.get(POLICY))
    mia = site.give_password(site.acme.add("Mia"))
    member = site.signed_in(mia)
    assert "waits" not in text_of(member.get("/"))
    path = f"/people/{ben.id}/stop-recovery"
    assert member.post(path, form_at="/profile").status_code == 403
    assert browser.post("/people/nobody/stop-recovery", form_at="/profile").status_code == 404
    assert browser.post(path, form_at=f"/people/{ben.id}").status_code == 303
    assert "A recovery is running" not in text_of(browser.get(f"/people/{ben.id}"))
    (mail,) = site.acme.mails(ben, MailKind.WAIT_STOPPED)
    assert mail.params["how"] == "By the help desk or an admin"


def test_ones_own_home_page_says_so_and_stops_it(site: Site, ben: Person) -> None:
    """For whoever has the phone and a session, before any mail is read."""
    browser = site.signed_in(ben)
    begun(site, ben)
    assert "Somebody recovers your sign-in" in text_of(browser.get("/"))
    assert browser.post("/profile/stop-recovery", form_at="/").status_code == 303
    assert "Somebody recovers your sign-in" not in text_of(browser.get("/"))


def test_the_sign_in_that_stopped_it_says_so_as_long_as_its_session_lasts(
    site: Site, ben: Person
) -> None:
    """And no other session does."""
    begun(site, ben)
    browser = site.signed_in(ben)
    assert "has stopped a recovery" in text_of(browser.get("/"))
    site.clock.advance(60)
    assert "has stopped a recovery" in text_of(browser.get("/"))
    assert "has stopped a recovery" not in text_of(site.signed_in(ben).get("/"))


@pytest.mark.parametrize("typed", ["", "0", "23", "337", "-5", "3 days", "٧٢", "9" * 30])
def test_a_length_that_cannot_be_is_said_beside_the_field(site: Site, typed: str) -> None:
    """And nothing is switched on."""
    owner = site.signed_in(site.acme.owner)
    page = owner.post(POLICY, {"allowed": "yes", "hours": typed}, form_at=POLICY)
    assert page.status_code == 422
    assert site.acme.account.wait_hours == 0


def test_an_admin_switches_it_on_and_off(site: Site, ben: Person) -> None:
    """Off stops what runs."""
    begun(site, ben)
    owner = site.signed_in(site.acme.owner)
    assert owner.post(POLICY, {"allowed": "yes", "hours": "48"}, form_at=POLICY).status_code == 303
    assert site.acme.account.wait_hours == 48
    assert "may wait 48 hours" in text_of(owner.get(POLICY))
    assert "may wait 48 hours for a link" in text_of(owner.get("/account"))
    assert owner.post(POLICY, {"allowed": "no", "hours": "48"}, form_at=POLICY).status_code == 303
    assert site.acme.account.wait_hours == 0
    (mail,) = site.acme.mails(ben, MailKind.WAIT_STOPPED)
    assert mail.params["how"] == "Delayed recovery was switched off"


def test_a_link_is_worth_nothing_once_its_ground_is_gone(site: Site, ben: Person) -> None:
    """Switched off between mail and button: the page says whom to ask."""
    browser = half(site, ben)
    browser.post(NO_PHONE, form_at=NO_PHONE)
    link = f"/wait/{site.mailed(ben, MailKind.WAIT_LINK)}"
    site.acme.call(waits.set_length, caller=site.acme.caller(site.acme.owner), hours=0)
    page = site.browser().post(link)
    assert page.status_code == 410
    assert "not possible now" in text_of(page)
    assert "Ask an admin" in text_of(page)
