"""How guessing is slowed: pure arithmetic on (state, event, now), for every factor.

Two stages, two laws.

**Password.** Nobody is ever locked by name, because anybody can type a name. Each known browser
has a budget of its own; all unknown browsers together share one that grows from free tries to
waits of at most fifteen minutes, and after a hundred failures in a day they need a mailed link.

**Code.** Only somebody with the right password gets here, so failures mean more: first waits,
then two consecutive codes (*pair mode*, RFC 4226 section 7.4 knows the idea), which turns a guess
of 3 in a million into one of 3 in a million million, then a mailed link besides, and in the end
the authenticator is disabled (NIST SP 800-63B-4 section 3.2.2).

The caller keeps a `State` per key, charges it *before* the check, and takes the charge back when
the check was right (promise P3). States are values: nothing here reads a clock or a database.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from twofold.core.people import DAY, HOUR, MINUTE, Instant, Profile

MONTH = 30 * DAY
FOR_EVER = 100 * 365 * DAY


@dataclass(frozen=True, slots=True)
class Numbers:
    """The limits. Times in seconds."""

    known_passwords: int = 10
    """Wrong passwords that a known browser may send in `window` before it counts as unknown."""
    window: int = 15 * MINUTE
    fall: int = 15 * MINUTE
    """How long a known browser then counts as unknown; doubles each time, up to `longest_fall`."""
    longest_fall: int = DAY
    free_passwords: int = 5
    """Wrong passwords of all unknown browsers in a day before they have to wait."""
    longest_wait: int = 15 * MINUTE
    link_after_passwords: int = 100
    """Wrong passwords of all unknown browsers in a day before they need a mailed link; with an
    open one as many again."""
    source_burst: int = 20
    """Wrong passwords from one source in five minutes before it waits."""
    source_hour: int = 100
    spray: int = 10
    """Different people whose passwords one source failed in ten minutes before an alarm."""
    site_passwords: int = 1000
    """Wrong passwords anywhere in five minutes before an alarm."""
    code_waits: tuple[int, ...] = (0, 0, 30, 60)
    """Seconds to wait after the first wrong codes of unknown browsers in 30 days."""
    pair_after: int = 5
    """Wrong codes in 30 days before unknown browsers are asked for two consecutive codes."""
    link_after_codes: int = 10
    """The same before they need a mailed link besides, and the password counts as stolen."""
    disable_after: int = 50
    """The same before the authenticator is disabled."""
    disable_in_a_row: int = 100
    """Consecutive wrong codes from anywhere before it is (NIST SP 800-63B-4 3.2.2)."""
    known_codes: int = 10
    """Wrong codes that a known browser may send in a day, and since its last right one, before it
    counts as unknown."""
    known_codes_month: int = 30
    """The same in 30 days, which no right code clears: the cookie may have been copied, and then
    the owner's successes must not buy the guesser new tries."""
    set_up_codes: int = 10
    """Wrong codes for a set-up in `window` before it waits."""
    per_sign_in: int = 5
    """Wrong codes after which a half-finished sign-in ends."""
    repeat: int = 90
    """Seconds within which the same wrong code counts once."""
    site_hour: int = 200
    """Wrong codes of unknown browsers anywhere in an hour before the breaker."""
    site_day: int = 500
    site_month: int = 2000
    site_factor: int = 3
    """Times the median day of the last 28 before the breaker, above `site_floor`."""
    site_floor: int = 30
    breaker: int = DAY


SPARE = 20
"""Failures kept above a limit, so that charges which are taken back never push out counted ones."""

SP800_63B4_LADDER = Numbers()
"""The defaults: the two-stage ladder below the ceiling of NIST SP 800-63B-4 section 3.2.2."""


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered under one key."""

    failures: tuple[Instant, ...] = ()
    """When the failures were, oldest first; only as many as a limit can ask for."""
    until: Instant = 0
    """A known browser counts as unknown, or the breaker is on, before this moment. Under a known
    browser's codes: its last right one, which clears the day but not the month."""
    falls: int = 0
    """How often the browser fell; the next fall is twice as long."""
    marks: tuple[tuple[str, Instant], ...] = ()
    """Keyed hashes with their moment: recent wrong codes, or people whom a source tried."""
    used: tuple[Instant, ...] = ()
    """When right codes came that had been used up: see `as_seen`."""

    def since(self, moment: Instant) -> int:
        """How many failures there were after `moment`."""
        return sum(at > moment for at in self.failures)


NOTHING = State()


@dataclass(frozen=True, slots=True)
class Single:
    """Go on: one password, or one code. `known` says whose budget pays."""

    known: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """Go on with two consecutive codes."""

    known: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Refused unread until then."""

    until: Instant


@dataclass(frozen=True, slots=True)
class NeedsLink:
    """Refused unread until a mailed link was opened in this very browser."""


@dataclass(frozen=True, slots=True)
class Disabled:
    """No code helps any more: the authenticator must be set up anew."""


Answer = Single | Pair | Wait | NeedsLink | Disabled


# ---- changing a state ----------------------------------------------------------------------


def charge(state: State, now: Instant, *, keep: int, window: int) -> State:
    """One failure more. Those outside `window` seconds, and beyond the newest `keep`, are let go.

    A failure from the future (a clock that was set back) counts as now.
    """
    kept = tuple(min(at, now) for at in state.failures if at > now - window)
    return replace(state, failures=(*kept, now)[-keep:])


def take_back(state: State, at: Instant) -> State:
    """The charge made at `at` was no failure after all."""
    if at not in state.failures:
        return state
    position = len(state.failures) - 1 - state.failures[::-1].index(at)
    return replace(state, failures=state.failures[:position] + state.failures[position + 1 :])


def turn_to_used(state: State, at: Instant, *, keep: int) -> State:
    """The charge made at `at` was for a right code that had been used up: see `as_seen`."""
    return replace(take_back(state, at), used=(*state.used, at)[-keep:])


def as_seen(state: State, now: Instant) -> State:
    """The state as whoever asks for the next code sees it.

    A code that was used up costs nothing of what counts in the end: not the mail to the owner,
    not the stolen mark, not the authenticator. But what is asked next must not tell it from a
    wrong one, or whoever has the password and a phished code learns that the code was genuine.
    So for a day it slows its sender down like a failure, and is then gone.
    """
    used = [at for at in state.used if now - DAY < at <= now + DAY]
    if not used:
        return state
    return replace(state, failures=tuple(sorted((*state.failures, *used))))


def marked(state: State, mark: str, now: Instant, *, keep: int, window: int) -> State:
    """Remember a keyed hash for `window` seconds."""
    kept = tuple((m, at) for m, at in state.marks if at > now - window and m != mark)
    return replace(state, marks=(*kept, (mark, now))[-keep:])


def has_mark(state: State, mark: str, now: Instant, *, window: int) -> bool:
    """Whether the hash was remembered within `window` seconds."""
    return any(m == mark and now - window < at for m, at in state.marks)


# ---- the password --------------------------------------------------------------------------


def ask_password(
    now: Instant,
    numbers: Numbers,
    *,
    person: State,
    browser: State | None,
    sources: Iterable[tuple[State, int]],
    link_open: bool,
) -> Single | Wait | NeedsLink:
    """Whether a password is looked at now.

    Args:
        now: UTC seconds.
        numbers: The limits.
        person: All unknown browsers' failures for this person (or unknown address).
        browser: The known browser's own state, or None in an unknown one.
        sources: Per source key its state and how many times the limits it has (a /48 has four).
        link_open: A mailed link was opened in this browser a moment ago.
    """
    if is_known(now, browser, numbers):
        return Single(known=True)
    limit = numbers.link_after_passwords
    if link_open:
        until = _full_until(person, 2 * limit, DAY, now)
    elif person.since(now - DAY) >= limit:
        return NeedsLink()
    else:
        until = max(
            _growing_wait(person, now, numbers),
            *(_source_wait(state, times, now, numbers) for state, times in sources),
            0,
        )
    return Wait(until) if until > now else Single(known=False)


def is_known(now: Instant, browser: State | None, numbers: Numbers) -> bool:
    """Whether a browser's own budget pays: it is known and has not fallen."""
    return browser is not None and not is_on(browser, now, numbers.longest_fall)


def is_on(state: State, now: Instant, longest: int) -> bool:
    """Whether `state.until` lies ahead. Farther than it can be set, it was set by a clock that
    ran ahead and was put right since, and must not hold until that time has come.
    """
    return now < state.until <= now + longest


def charge_browser_password(state: State, now: Instant, numbers: Numbers) -> State:
    """One wrong password in a known browser; the one that empties its budget makes it fall."""
    state = charge(state, now, keep=numbers.known_passwords, window=numbers.window)
    return _fallen(state, now, numbers) if len(state.failures) >= numbers.known_passwords else state


def _fallen(state: State, now: Instant, numbers: Numbers) -> State:
    length = min(numbers.fall << min(state.falls, 16), numbers.longest_fall)
    return replace(state, failures=(), until=now + length, falls=state.falls + 1)


def _growing_wait(person: State, now: Instant, numbers: Numbers) -> Instant:
    """1, 2, 4 … seconds after the last failure, from the end of the free ones on."""
    count = person.since(now - DAY)
    if count < numbers.free_passwords:
        return 0
    exponent = min(count - numbers.free_passwords, 30)
    return _after_last(person, min(1 << exponent, numbers.longest_wait), now)


def _after_last(state: State, wait: int, now: Instant) -> Instant:
    """`wait` seconds after the last failure.

    One from the future counts, but nobody waits for it: the clock was set back, and the wait would
    last until it has caught up. The next failure brings all of them down to now.
    """
    last = state.failures[-1]
    return last + wait if last <= now else 0


def _source_wait(state: State, times: int, now: Instant, numbers: Numbers) -> Instant:
    """Until one of the failures that fill a window has left it."""
    return max(
        _full_until(state, numbers.source_burst * times, 5 * MINUTE, now),
        _full_until(state, numbers.source_hour * times, HOUR, now),
    )


def _full_until(state: State, limit: int, window: int, now: Instant) -> Instant:
    """When the window is free again; nobody waits for failures from the future here either."""
    inside = [at for at in state.failures if at > now - window]
    if len(inside) < limit or inside[-limit] > now:
        return 0
    return inside[-limit] + window


# ---- the code ------------------------------------------------------------------------------


def ask_code(
    now: Instant,
    numbers: Numbers,
    *,
    profile: Profile,
    person: State,
    browser: State | None,
    in_a_row: State,
    breaker: State,
    link_open: bool,
) -> Answer:
    """What is asked of somebody whose password was right.

    Args:
        now: UTC seconds.
        numbers: The limits.
        profile: The person's profile.
        person: All unknown browsers' failures of this person in 30 days, never cleared.
        browser: The known browser's own state, or None in an unknown one.
        in_a_row: Consecutive failures from anywhere.
        breaker: The site's state; while it is on, unknown browsers are asked for pairs.
        link_open: A mailed link was opened in this browser during this sign-in.
    """
    person, in_a_row = as_seen(person, now), as_seen(in_a_row, now)
    browser = as_seen(browser, now) if browser is not None else None
    count = person.since(now - MONTH)
    if disables(person, now, numbers) or len(in_a_row.failures) >= numbers.disable_in_a_row:
        return Disabled()
    if browser is not None and _has_codes_left(browser, now, numbers):
        return Single(known=True)
    if count >= numbers.link_after_codes and not link_open:
        return NeedsLink()
    is_strict = profile is Profile.STRICT or is_on(breaker, now, numbers.breaker)
    if count >= numbers.pair_after or is_strict:
        return Pair()
    wait = numbers.code_waits[count - 1] if 0 < count <= len(numbers.code_waits) else 0
    until = _after_last(person, wait, now) if wait else 0
    return Wait(until) if until > now else Single(known=False)


def disables(person: State, now: Instant, numbers: Numbers) -> bool:
    """Whether the person's 30 days are so full that the authenticator is disabled."""
    return person.since(now - MONTH) >= numbers.disable_after


def _has_codes_left(browser: State, now: Instant, numbers: Numbers) -> bool:
    day = browser.since(max(now - DAY, min(browser.until, now)))
    return day < numbers.known_codes and browser.since(now - MONTH) < numbers.known_codes_month


def code_right_in_known(state: State, now: Instant) -> State:
    """A right code in a known browser fills its day again, where that has any, not its month."""
    return replace(state, until=now) if state.failures or state.used else state


def ask_set_up(now: Instant, numbers: Numbers, *, state: State) -> Single | Wait:
    """Whether a code is looked at that is to prove a set-up: ten tries in fifteen minutes."""
    until = _full_until(state, numbers.set_up_codes, numbers.window, now)
    return Wait(until) if until > now else Single(known=False)


class Step(StrEnum):
    """What a failure at the code sets off, once, when its count is reached."""

    TELL_OWNER = "tell owner"
    PASSWORD_STOLEN = "password stolen"  # noqa: S105
    DISABLE = "disable"


def steps_reached(
    before: State, after: State, in_a_row: State, now: Instant, numbers: Numbers
) -> tuple[Step, ...]:
    """What the failure that made `after` out of `before` sets off."""
    limits = (
        (numbers.pair_after, Step.TELL_OWNER),
        (numbers.link_after_codes, Step.PASSWORD_STOLEN),
        (numbers.disable_after, Step.DISABLE),
    )
    old, new = before.since(now - MONTH), after.since(now - MONTH)
    reached = [step for limit, step in limits if old < limit <= new]
    if len(in_a_row.failures) >= numbers.disable_in_a_row and Step.DISABLE not in reached:
        reached.append(Step.DISABLE)
    return tuple(reached)


# ---- kept as text --------------------------------------------------------------------------


def packed(state: State) -> str:
    """A state as the text that is stored."""
    return json.dumps([state.failures, state.until, state.falls, state.marks, state.used])


def unpacked(text: str | None) -> State:
    """The state in a stored text; no text is no failures. Raises `ValueError` for anything else,
    which the caller lets through as an error: a limit that cannot be read is no permission.
    """
    if text is None:
        return NOTHING
    failures, until, falls, marks, *used = json.loads(text)
    pairs = tuple((str(mark), int(at)) for mark, at in marks)
    return State(tuple(failures), until, falls, pairs, tuple(used[0]) if used else ())
