"""The page of the guard's settings: what they mean, trying them, saving them."""

import pytest

from tests.faces.conftest import Site, text_of
from twofold.core.events import EventKind
from twofold.core.people import GuardPolicy, Profile, Role

PAGE = "/account/guard"
STORED = {
    "members": "standard",
    "staff": "strict",
    "pair_after": "5",
    "link_after": "10",
    "trust_days": "30",
    "trust_staff": "no",
}


def asked(**changed: str) -> str:
    """The page with settings in its address."""
    return PAGE + "?" + "&".join(f"{name}={text}" for name, text in {**STORED, **changed}.items())


def test_the_page_says_what_the_settings_in_force_mean(site: Site) -> None:
    """In words and in digits, for one person and for all."""
    for name in ("Ann", "Ben"):
        site.acme.add(name)
    page = site.signed_in(site.acme.owner).get(PAGE)
    said = text_of(page)
    assert page.status_code == 200
    assert "These settings are in force." in said
    assert "One member Standard. The password is known. 1 in 66,000 1.5 × 10⁻⁵ 1 in 5,100" in said
    assert "1 in 33 thousand million 3.0 × 10⁻¹¹" in said
    assert "All passwords of 3 people are known. 1 in 33,000 3.0 × 10⁻⁵" in said
    assert "Somebody without any password" in said


def test_settings_are_tried_by_their_address_and_nothing_is_saved(site: Site) -> None:
    """The numbers are those of the tried settings, and the page says so."""
    browser = site.signed_in(site.acme.owner)
    said = text_of(browser.get(asked(members="strict")))
    assert "You are trying these settings. They are not saved." in said
    assert "One member Strict. The password is known. 1 in 33 thousand million" in said
    said = text_of(browser.get(asked(pair_after="1")))
    assert "1 in 330,000 3.0 × 10⁻⁶" in said
    assert site.acme.account.guard == GuardPolicy()
    assert site.acme.events(EventKind.GUARD_CHANGED) == []


def test_without_script_a_button_shows_what_settings_mean(site: Site) -> None:
    """By POST, so that the token of the form is in no address."""
    browser = site.signed_in(site.acme.owner)
    tried = browser.post(f"{PAGE}/try", {**STORED, "members": "strict"}, form_at=PAGE)
    assert tried.status_code == 200
    assert "You are trying these settings." in text_of(tried)
    assert '<option value="strict" selected>' in tried.text
    assert site.acme.account.guard == GuardPolicy()


def test_saving_changes_the_policy_at_once(site: Site) -> None:
    """And leads back to the page, which says that it is in force."""
    browser = site.signed_in(site.acme.owner)
    new = {**STORED, "members": "strict", "link_after": "7", "trust_staff": "yes"}
    answer = browser.post(PAGE, new, form_at=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    assert site.acme.account.guard == GuardPolicy(
        members=Profile.STRICT, link_after=7, trust_staff=True
    )
    assert "These settings are in force." in text_of(browser.get(PAGE))


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("pair_after", "6", "Choose 1 to 5"),
        ("pair_after", "0", "Choose 1 to 5"),
        ("pair_after", "-1", "Enter a whole number."),
        ("pair_after", "", "Enter a whole number."),
        ("pair_after", "٣", "Enter a whole number."),
        ("pair_after", "9" * 60, "Enter a whole number."),
        ("link_after", "4", "Choose 5 to 10"),
        ("link_after", "11", "Choose 5 to 10"),
        ("trust_days", "31", "Choose 0 to 30 days"),
        ("members", "none", "Choose one of the two profiles."),
        ("staff", "", "Choose one of the two profiles."),
    ],
)
def test_what_breaks_the_promise_is_refused_in_words(
    site: Site, field: str, text: str, says: str
) -> None:
    """Tried or saved: a sentence beside the field, and nothing changes (promise P9)."""
    browser = site.signed_in(site.acme.owner)
    saved = browser.post(PAGE, {**STORED, field: text}, form_at=PAGE)
    tried = browser.get(asked(**{field: text}))
    for page, status in ((saved, 422), (tried, 200)):
        assert page.status_code == status
        assert says in text_of(page)
        assert f'href="#field-{field}"' in page.text
        assert "Not possible:" in text_of(page)
    assert site.acme.account.guard == GuardPolicy()


def test_saving_needs_a_fresh_proof_and_looking_does_not(site: Site) -> None:
    """Six minutes after the sign-in the form is held until the proof; then it is saved."""
    browser = site.signed_in(site.acme.owner)
    site.clock.advance(6 * 60)
    assert browser.get(PAGE).status_code == 200
    held = browser.post(PAGE, {**STORED, "members": "strict"}, form_at=PAGE)
    assert site.acme.account.guard == GuardPolicy()
    assert 'value="strict"' in held.text


def test_members_and_help_desk_cannot_open_it(site: Site) -> None:
    """Admins only."""
    for name, role in (("Mia", Role.MEMBER), ("Hana", Role.HELPDESK)):
        browser = site.signed_in(site.give_password(site.acme.add(name, role)))
        assert browser.get(PAGE).status_code == 403
        assert browser.get(asked(members="strict")).status_code == 403


def test_the_page_may_fetch_from_its_own_site_only(site: Site) -> None:
    """The script that renews the numbers needs that, and nothing more."""
    policy = site.browser().get("/sign-in").headers["content-security-policy"]
    assert "connect-src 'self';" in policy
    assert "default-src 'none';" in policy


def test_the_account_page_leads_to_it(site: Site) -> None:
    """Where an admin looks for it."""
    assert 'href="/account/guard"' in site.signed_in(site.acme.owner).get("/account").text


def test_groups_are_chosen_by_boxes_and_stay_where_a_form_does_not_say(site: Site) -> None:
    """One box for each group; a form without them, as of an older page, leaves them alone."""
    browser = site.signed_in(site.acme.owner)
    assert "And from these groups" not in text_of(browser.get(PAGE))
    at = browser.post("/groups", {"name": "Sales"}, form_at="/groups").headers["location"]
    group_id = at.rsplit("/", 1)[1]
    assert "And from these groups" in text_of(browser.get(PAGE))
    ticked = {**STORED, "groups": "yes", f"group-{group_id}": "yes"}
    said = text_of(browser.get(asked(**{"groups": "yes", f"group-{group_id}": "yes"})))
    assert "You are trying these settings." in said
    assert browser.post(PAGE, ticked, form_at=PAGE).status_code == 303
    assert site.acme.account.guard.passkeys_groups == (group_id,)
    assert f'name="group-{group_id}" value="yes" checked' in browser.get(PAGE).text
    browser.post(PAGE, STORED, form_at=PAGE)
    assert site.acme.account.guard.passkeys_groups == (group_id,)
    unknown = {**STORED, "groups": "yes", "group-none": "yes"}
    assert browser.post(PAGE, unknown, form_at=PAGE).status_code == 422
    browser.post(PAGE, {**STORED, "groups": "yes"}, form_at=PAGE)
    assert site.acme.account.guard.passkeys_groups == ()
