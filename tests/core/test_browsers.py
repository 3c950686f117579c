"""Known and trusted browsers: until when, and under which factors."""

from dataclasses import replace

import pytest

from twofold.core.authenticators import AuthenticatorState, Totp
from twofold.core.browsers import KNOWN_FOR, TRUSTED_FOR, Browser, factors_of
from twofold.core.people import DAY, Person, PersonState, Role

NOW = 1_789_000_000
MIA = Person(
    id="mia",
    account_id="acme",
    name="Mia",
    email="mia@acme.example",
    role=Role.MEMBER,
    state=PersonState.ACTIVE,
    has_password=True,
    password_version=3,
    must_change_password=False,
    created_at=NOW,
)
BROWSER = Browser(
    id="b",
    account_id="acme",
    person_id="mia",
    name="Firefox on Linux",
    address="192.0.2.7",
    created_at=NOW,
    seen_at=NOW,
    trusted_until=NOW + TRUSTED_FOR,
    factors="these",
)


def test_a_browser_is_known_for_180_days_from_its_first_sign_in() -> None:
    """Absolute: a later sign-in makes it no longer."""
    assert KNOWN_FOR == 180 * DAY
    seen = replace(BROWSER, seen_at=NOW + 100 * DAY)
    assert seen.is_known(NOW + 180 * DAY - 1)
    assert not seen.is_known(NOW + 180 * DAY)


def test_trust_ends_after_its_time() -> None:
    """To the second."""
    assert TRUSTED_FOR == 30 * DAY
    assert BROWSER.is_trusted(NOW + TRUSTED_FOR - 1, "these")
    assert not BROWSER.is_trusted(NOW + TRUSTED_FOR, "these")


def test_a_known_browser_is_not_trusted_by_itself() -> None:
    """Its owner ticked no box."""
    assert not replace(BROWSER, trusted_until=None).is_trusted(NOW, "these")


def test_trust_ends_with_any_change_of_factors() -> None:
    """Whatever the row says about time."""
    assert not BROWSER.is_trusted(NOW, "others")
    assert not BROWSER.is_trusted(NOW, "")


def test_trust_cannot_outlive_being_known() -> None:
    """Should a row say so all the same."""
    strange = replace(BROWSER, trusted_until=NOW + 900 * DAY)
    assert not strange.is_trusted(NOW + KNOWN_FOR, "these")


def authenticator(id_: str) -> Totp:
    """Some authenticator with this id."""
    return Totp(
        id=id_,
        account_id="acme",
        person_id="mia",
        state=AuthenticatorState.ACTIVE,
        secret=bytes(20),
        issuer="Acme",
        label="mia",
        created_at=NOW,
        begun_in="",
        confirmed_at=NOW,
        disabled_at=None,
        last_step=0,
        drift=0,
        last_offset=0,
    )


def test_any_other_authenticator_is_another_set_of_factors() -> None:
    """One more, one less, another one: each is another fingerprint; the order is none."""
    one, two = authenticator("1"), authenticator("2")
    sets = [[], [one], [two], [one, two]]
    assert len({factors_of(MIA, each) for each in sets}) == len(sets)
    assert factors_of(MIA, [one, two]) == factors_of(MIA, [two, one])


def test_what_a_sign_in_changes_is_no_other_set_of_factors() -> None:
    """The last step, the drift and the name of a person do not end trust."""
    later = replace(authenticator("1"), last_step=9, drift=1, last_offset=1)
    assert factors_of(replace(MIA, name="M."), [later]) == factors_of(MIA, [authenticator("1")])


@pytest.mark.parametrize("version", [0, 2, 4])
def test_a_new_password_is_another_set_of_factors(version: int) -> None:
    """Trust given under the old one is over."""
    assert factors_of(replace(MIA, password_version=version), []) != factors_of(MIA, [])
