"""What somebody is told after signing in, one thing at a time."""

from dataclasses import replace

import pytest

from twofold.core.authenticators import AuthenticatorState, Totp, is_stopped
from twofold.core.notes import CHECK_UP_FROM, Note, check_up_due, note_of
from twofold.core.otp import STEP_SECONDS, step_at
from twofold.core.recovery import RecoveryStanding

NOW = 1_789_000_000
SET_UP_AT = NOW - CHECK_UP_FROM
PHONE = Totp(
    id="t1",
    account_id="acme",
    person_id="ann",
    state=AuthenticatorState.ACTIVE,
    secret=bytes(20),
    issuer="Acme",
    label="ann@acme.example",
    created_at=SET_UP_AT,
    begun_in="s1",
    confirmed_at=SET_UP_AT,
    disabled_at=None,
    last_step=step_at(SET_UP_AT),
    drift=0,
    last_offset=0,
)
STORED = RecoveryStanding(10, SET_UP_AT, SET_UP_AT)


def test_a_set_up_that_nobody_used_since_is_asked_about_after_a_week() -> None:
    """Not before, and within the 28 days in which it costs a minute to put right."""
    assert check_up_due([PHONE], NOW)
    assert not check_up_due([PHONE], NOW - 1)
    assert CHECK_UP_FROM < 28 * 86400
    assert not check_up_due([], NOW)


@pytest.mark.parametrize(
    "phone",
    [
        replace(PHONE, last_step=step_at(SET_UP_AT) + 1),
        replace(PHONE, asked_at=NOW - 5),
        replace(PHONE, disabled_at=NOW - 5),
        replace(PHONE, confirmed_at=None),
    ],
    ids=["used since", "asked already", "stopped", "pending"],
)
def test_and_only_then(phone: Totp) -> None:
    """One real second step ends it, as does an answer."""
    assert not check_up_due([phone], NOW)


def test_the_code_that_saved_a_fast_phone_is_no_use_of_it() -> None:
    """Its step lies ahead of our clock by the phone's own error."""
    saved = replace(PHONE, last_step=step_at(SET_UP_AT) + 4, last_offset=4, drift=4)
    assert not saved.was_used
    used = replace(saved, last_step=saved.last_step + 1)
    assert used.was_used
    assert (used.last_step - used.last_offset) * STEP_SECONDS > SET_UP_AT


def test_the_most_pressing_comes_first() -> None:
    """Few codes, then codes that are not stored, then the check-up; else nothing."""
    few = RecoveryStanding(3, SET_UP_AT, None)
    assert note_of(few, [PHONE], NOW) is Note.FEW_CODES
    assert note_of(replace(few, left=4), [PHONE], NOW) is Note.STORE_CODES
    assert note_of(STORED, [PHONE], NOW) is Note.CHECK_UP
    assert note_of(STORED, [PHONE], NOW - 1) is None
    assert note_of(None, [], NOW) is None


def test_stopped_is_somebody_who_has_authenticators_and_none_that_works() -> None:
    """Nobody without any is stopped; one that works is enough."""
    dead = replace(PHONE, disabled_at=NOW)
    assert is_stopped([dead, dead])
    assert not is_stopped([dead, PHONE])
    assert not is_stopped([])
