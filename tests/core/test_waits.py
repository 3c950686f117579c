"""The rules of delayed recovery: the table, the lengths, and what follows what."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.core.errors import IllegalTransition
from twofold.core.mail import MailState
from twofold.core.people import DAY, HOUR, Account, GuardPolicy, Role
from twofold.core.waits import (
    JUMP,
    LONGEST,
    LOOK_AGAIN,
    REST,
    RUNNING,
    SHORTEST,
    TRANSITIONS,
    Step,
    StopReason,
    Told,
    Wait,
    WaitFact,
    WaitState,
    advance,
    is_offered,
    length_problem,
    next_step,
    rests,
)

NOW = 1_789_000_000
WAIT = Wait(
    id="w", account_id="acme", person_id="ann", state=WaitState.WAITING, length=3 * DAY,
    password_version=1, notices=1, mail_id="m", started_at=NOW, stepped_at=NOW, next_at=NOW + DAY,
)  # fmt: skip
SENT = Told(MailState.SENT, NOW)


def test_the_table_is_this() -> None:
    """Whatever is not in it is illegal; what is over stays over."""
    assert {state for state, _ in TRANSITIONS} == set(RUNNING)
    legal = 0
    for state in WaitState:
        for fact in WaitFact:
            if (state, fact) in TRANSITIONS:
                assert advance(state, fact) is TRANSITIONS[state, fact]
                legal += 1
            else:
                with pytest.raises(IllegalTransition, match=state):
                    advance(state, fact)
    assert legal == 6


@pytest.mark.parametrize("hours", [0, SHORTEST, 72, LONGEST])
def test_a_length_in_its_bounds_is_no_problem(hours: int) -> None:
    """A day to two weeks, or off."""
    assert length_problem(hours) is None


@pytest.mark.parametrize("hours", [-24, 1, SHORTEST - 1, LONGEST + 1])
def test_a_length_out_of_bounds_is_said(hours: int) -> None:
    """With the bounds."""
    assert "24 to 336 hours" in (length_problem(hours) or "")


@pytest.mark.parametrize("role", list(Role))
def test_it_is_offered_to_members_where_the_account_allows_it(role: Role) -> None:
    """Never to whoever opens doors for others."""
    account = Account("acme", "Acme", "Acme", True, NOW, GuardPolicy(), NOW)
    assert not is_offered(account, role)
    assert is_offered(replace(account, wait_hours=72), role) is (role is Role.MEMBER)


def test_every_reason_has_words_of_its_own_and_says_whether_somebody_meant_it() -> None:
    """They are mailed to everybody."""
    assert len({reason.words for reason in StopReason}) == len(StopReason)
    assert {reason for reason in StopReason if reason.is_by_hand} == {
        StopReason.LINK,
        StopReason.PERSON,
        StopReason.STAFF,
    }


@pytest.mark.parametrize("reason", [*StopReason, None])
def test_a_week_of_rest_follows_what_somebody_stopped(reason: StopReason | None) -> None:
    """To the second."""
    ended = replace(WAIT, state=WaitState.STOPPED, ended_at=NOW, stopped_by=reason)
    by_hand = reason is not None and reason.is_by_hand
    assert rests(ended, NOW + REST - 1) is by_hand
    assert not rests(ended, NOW + REST)
    assert not rests(None, NOW)


def test_each_step_is_due_a_day_after_the_one_before_and_the_last_at_the_end() -> None:
    """36 hours: told, told after a day, and twelve hours later the link."""
    wait = replace(WAIT, length=36 * HOUR)
    assert next_step(wait, NOW + DAY - 1, SENT) == (Step.HOLD, NOW + DAY)
    assert next_step(wait, NOW + DAY, SENT)[0] is Step.NOTICE
    second = replace(wait, notices=2, stepped_at=NOW + DAY)
    told = Told(MailState.SENT, NOW + DAY)
    assert second.is_told
    assert second.ends_at == NOW + 36 * HOUR
    assert next_step(second, NOW + 36 * HOUR - 1, told) == (Step.HOLD, NOW + 36 * HOUR)
    assert next_step(second, NOW + 36 * HOUR, told)[0] is Step.OPEN


def test_no_day_counts_on_which_the_notice_did_not_leave() -> None:
    """It waits with the mail, and the interval begins when that was sent."""
    for state in (MailState.QUEUED, MailState.SENDING):
        later = NOW + 9 * DAY
        assert next_step(WAIT, later, Told(state, None)) == (Step.HOLD, later + LOOK_AGAIN)
    late = Told(MailState.SENT, NOW + 20 * HOUR)
    assert next_step(WAIT, NOW + DAY, late) == (Step.HOLD, NOW + 20 * HOUR + DAY)


@pytest.mark.parametrize("told", [None, Told(MailState.FAILED, None), Told(MailState.BOUNCED, NOW)])
def test_somebody_who_cannot_be_told_does_not_wait(told: Told | None) -> None:
    """Nor could the link reach them."""
    assert next_step(WAIT, NOW + 1, told)[0] is Step.UNREACHABLE


def test_a_clock_that_was_put_back_begins_the_interval_anew() -> None:
    """What was written in the future is no later than now; an hour is the work of any clock."""
    assert next_step(WAIT, NOW - JUMP, SENT)[0] is Step.HOLD
    assert next_step(WAIT, NOW - JUMP - 1, SENT) == (Step.RESTART, NOW - JUMP - 1 + DAY)
    ahead = Told(MailState.SENT, NOW + 40 * DAY)
    assert next_step(WAIT, NOW + DAY, ahead)[0] is Step.NOTICE


def test_an_open_one_ends_with_its_link() -> None:
    """Or when the clock was put back, because the link would then live too long."""
    until = NOW + DAY + HOUR
    opened = replace(WAIT, state=WaitState.OPEN, open_until=until)
    assert next_step(opened, until - 1, SENT) == (Step.HOLD, until)
    assert next_step(opened, until, None)[0] is Step.EXPIRE
    assert next_step(opened, NOW - JUMP - 1, SENT)[0] is Step.EXPIRE


@given(
    hours=st.integers(SHORTEST, LONGEST),
    jumps=st.lists(st.integers(-30 * DAY, 30 * DAY), max_size=4),
    at=st.lists(st.integers(0, 400), min_size=4, max_size=4),
)
def test_a_jump_of_the_clock_shortens_one_interval_at_most(
    hours: int, jumps: list[int], at: list[int]
) -> None:
    """Whatever the clock says, of the notices that are owed each was written and left before the
    end, and in real time at most one interval per jump is missing.
    """
    wait, told, error, real = replace(WAIT, length=hours * HOUR), SENT, 0, 0
    written = [0]
    for tick in range(24 * 400):
        real = tick * HOUR
        error += sum(jump for jump, when in zip(jumps, at, strict=False) if when == tick)
        now = NOW + real + error
        step, _ = next_step(wait, now, told)
        if step is Step.RESTART:
            wait = replace(wait, stepped_at=now)
        elif step is Step.NOTICE:
            wait = replace(wait, notices=wait.notices + 1, stepped_at=now)
            told = Told(MailState.SENT, now)
            written.append(real)
        elif step is Step.OPEN:
            break
    else:
        raise AssertionError("it never ended")
    assert len(written) == -(-hours // 24)
    assert real >= hours * HOUR - len(jumps) * DAY
