"""When a mail is tried again, and when no more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.core.mail import (
    GIVE_UP_AFTER,
    LEASE,
    RETRY_AFTER,
    MailKind,
    MailState,
    Urgency,
    next_try,
    urgency,
)

NOW = 1_789_000_000
HOUR, DAY = 3600, 86400


@pytest.mark.parametrize(
    ("attempts", "wait"),
    [(1, 60), (2, 300), (3, 900), (4, 1800), (5, HOUR), (6, HOUR), (90, HOUR)],
)
def test_the_wait_grows_from_a_minute_to_an_hour(attempts: int, wait: int) -> None:
    """1, 5, 15 and 30 minutes, then hourly."""
    assert next_try(attempts, NOW, NOW) == NOW + wait


def test_greylisting_is_answered_in_time() -> None:
    """A mail server that says "come back in five minutes" sees it again before fifteen passed."""
    after_first = next_try(1, NOW, NOW)
    assert after_first is not None
    after_second = next_try(2, NOW, after_first)
    assert after_second is not None
    assert 300 <= after_second - NOW <= 900


def test_after_four_days_a_mail_is_given_up() -> None:
    """RFC 5321 section 4.5.4.1: four to five days."""
    assert next_try(100, NOW, NOW + 4 * DAY - 1) == NOW + 4 * DAY - 1 + HOUR
    assert next_try(100, NOW, NOW + 4 * DAY) is None
    assert next_try(1, NOW, NOW + 5 * DAY) is None


@given(st.integers(1, 10_000), st.integers(0, GIVE_UP_AFTER - 1))
def test_the_next_try_is_always_later_and_never_more_than_an_hour_away(
    attempts: int, age: int
) -> None:
    """No storm and no silence."""
    at = next_try(attempts, NOW, NOW + age)
    assert at is not None
    assert RETRY_AFTER[0] <= at - (NOW + age) <= HOUR


def test_a_mail_is_tried_about_a_hundred_times_before_it_is_given_up() -> None:
    """The sum of the waits fits the four days."""
    at, attempts = NOW, 0
    while (later := next_try(attempts + 1, NOW, at)) is not None:
        at, attempts = later, attempts + 1
    assert 95 <= attempts <= 105
    assert 4 * DAY <= at - NOW <= 4 * DAY + HOUR


def test_a_lease_is_shorter_than_the_first_waits_together() -> None:
    """A mail whose worker died is taken up again about as soon as one that failed."""
    assert LEASE == 300


def test_the_words_for_kinds_and_states_are_those_of_the_stored_rows() -> None:
    """They are in databases and on pages: a renamed one needs a migration."""
    assert {state.value for state in MailState} == {
        "queued",
        "sending",
        "sent",
        "failed",
        "bounced",
    }
    assert {kind.value for kind in MailKind} == {
        "invitation",
        "mail-text-test",
        "switched-on",
        "switched-on-enrolled",
        "switched-off",
        "reminder",
        "deadline-moved",
        "exemption-ends",
        "group-digest",
        "enrol-link",
        "enrolled",
        "replaced",
        "exchange-set",
        "passkey-added",
        "passkey-renamed",
        "passkey-removed",
        "passkey-copied",
        "authenticator-added",
        "authenticator-removed",
        "resynced",
        "recovery-set-up",
        "recovery-used",
        "recovery-made",
        "recovery-ended",
        "code-failures",
        "password-stolen",
        "authenticator-disabled",
        "admin-alert",
        "breaker-on",
        "application-changed",
        "browser-link",
        "code-link",
        "unlocked",
        "set-up-again",
        "authenticator-stopped",
        "temporary-pass-made",
        "temporary-pass-used",
        "signed-out",
        "help-asked",
        "help-waits",
        "help-refused",
        "password-link",
        "password-changed",
        "recovery-link",
        "address-link",
        "address-asked",
        "address-added",
        "address-removed",
        "address-changed",
        "wait-link",
        "wait-notice",
        "wait-open",
        "wait-over",
        "wait-stopped",
    }


def test_what_goes_to_many_comes_after_what_somebody_waits_for() -> None:
    """Every alarm and every link of one person is urgent."""
    in_turn = {kind.value for kind in MailKind if urgency(kind) is Urgency.IN_TURN}
    assert in_turn == {
        "invitation",
        "switched-on",
        "switched-on-enrolled",
        "switched-off",
        "reminder",
        "deadline-moved",
        "group-digest",
    }
