"""When a session is alive, and what in it is fresh."""

from dataclasses import replace

import pytest

from twofold.core.sessions import FRESH, SESSION_IDLE, SESSION_LIFETIME, Session

NOW = 1_789_000_000
SESSION = Session(
    "s1", "a1", "p1", ("pwd", "otp"), NOW, NOW, NOW, NOW, False, None, "Firefox", "192.0.2.1"
)


@pytest.mark.parametrize(
    ("idle", "alive"), [(0, True), (SESSION_IDLE - 1, True), (SESSION_IDLE, False)]
)
def test_an_idle_session_ends(idle: int, alive: bool) -> None:
    """After an hour without a request."""
    assert SESSION.is_alive(NOW + idle) is alive


@pytest.mark.parametrize(
    ("age", "alive"), [(SESSION_LIFETIME - 1, True), (SESSION_LIFETIME, False)]
)
def test_a_busy_session_ends(age: int, alive: bool) -> None:
    """After a day, however lately it was used."""
    assert replace(SESSION, seen_at=NOW + age).is_alive(NOW + age) is alive


@pytest.mark.parametrize(
    ("age", "fresh"), [(-1, False), (0, True), (FRESH, True), (FRESH + 1, False)]
)
def test_a_proof_is_fresh_for_five_minutes(age: int, fresh: bool) -> None:
    """A proof from the future, after a clock was set back, is none (promise P6)."""
    assert SESSION.has_fresh_password(NOW + age) is fresh
    assert SESSION.has_fresh_factor(NOW + age) is fresh


def test_what_was_never_proved_is_not_fresh() -> None:
    """A session without a factor."""
    assert not replace(SESSION, methods=("pwd",), factor_at=None).has_fresh_factor(NOW)


def test_a_session_of_a_pass_ends_with_it_and_may_set_up_after_a_fresh_password() -> None:
    """It proves no factor; with a fresh password it may set up, and no other session without a
    factor may.
    """
    by_pass = replace(
        SESSION, methods=("pwd", "pass"), factor_at=None, password_at=1000, created_at=1000,
        seen_at=1000, ends_at=1600,
    )  # fmt: skip
    assert by_pass.is_by_pass
    assert by_pass.is_alive(1599)
    assert not by_pass.is_alive(1600)
    assert not by_pass.has_fresh_factor(1000)
    assert by_pass.may_set_up(1000 + FRESH)
    assert not by_pass.may_set_up(1001 + FRESH)
    assert not replace(by_pass, ends_at=None).may_set_up(1000)
    assert replace(by_pass, ends_at=None, factor_at=1000).may_set_up(1000)
