"""The guard: loads what is counted, asks `core/throttle.py`, charges before the check.

Whatever is compared was charged before, and the charge is taken back when the comparison was
right. So a burst of parallel guesses can never have more of them looked at than the budget holds,
and a check that breaks in the middle has cost its try (promises P3, P6).

A password is hashed outside of any transaction, so its charge is committed first. A code is
compared inside the one transaction that also charges it, with the person's row locked: there the
charge is made on the values, and what is left of it is written once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from twofold.core import breaker, throttle
from twofold.core.browsers import Browser
from twofold.core.people import DAY, HOUR, Account, Instant, Person
from twofold.core.policy import numbers_of, profile_of
from twofold.core.sources import source_keys
from twofold.core.throttle import NOTHING, SP800_63B4_LADDER, Answer, Pair, Single, State, Step
from twofold.core.tokens import Purpose, digest
from twofold.ports import Tx

SITE_PASSWORDS, SITE_CODES = "pw:site", "code:site"


@dataclass(frozen=True, slots=True)
class Charge:
    """What one password was charged to, so that it can be taken back."""

    at: Instant
    keys: tuple[str, ...]
    clears: str
    """The key of a known browser's own budget, which its own success fills again, or ""."""


# ---- browsers ------------------------------------------------------------------------------


def known_browser(tx: Tx, now: Instant, *, token: str | None, person_id: str) -> Browser | None:
    """The person's browser that carries this cookie. Somebody else's counts as unknown."""
    if token is None:
        return None
    browser = tx.browsers.by_token(digest(Purpose.BROWSER, token), person_id)
    return browser if browser is not None and browser.is_known(now) else None


# ---- the password --------------------------------------------------------------------------


def name_key(tx: Tx, *, person_id: str | None, key: str) -> str:
    """Under what wrong passwords are counted: the person, or the address that nobody has.

    An address of nobody is counted just as one of somebody, under a keyed hash, so that waiting
    tells nothing about who exists.
    """
    return f"pw:person:{person_id}" if person_id else f"pw:name:{tx.keyed_digest('name', key)}"


def open_password(
    tx: Tx, now: Instant, *, who: str, browser: Browser | None, address: str, link_open: bool
) -> tuple[Answer, Charge | None]:
    """Whether a password is looked at now; if so, it is charged already."""
    sources = [(f"pw:source:{key}", times) for key, times in source_keys(address)]
    own = f"pw:browser:{browser.id}" if browser else ""
    keys = [who, *(key for key, _ in sources), *([own] if own else [])]
    states = load(tx, keys)
    answer = throttle.ask_password(
        now,
        SP800_63B4_LADDER,
        person=states[who],
        browser=states[own] if own else None,
        sources=[(states[key], times) for key, times in sources],
        link_open=link_open,
    )
    if not isinstance(answer, Single):
        _write_unchanged(tx, now, states, [key for key, _ in sources], len(sources) + 1)
        return answer, None
    if answer.known:
        state = throttle.charge_browser_password(states[own], now, SP800_63B4_LADDER)
        tx.counters.save(own, throttle.packed(state), now)
        return answer, Charge(now, (own,), own)
    numbers = SP800_63B4_LADDER
    spare = throttle.SPARE
    limits = {key: (numbers.source_hour * times + spare, HOUR) for key, times in sources}
    limits[who] = (2 * numbers.link_after_passwords + spare, DAY)
    for key, (keep, window) in limits.items():
        state = throttle.charge(states[key], now, keep=keep, window=window)
        tx.counters.save(key, throttle.packed(state), now)
    return answer, Charge(now, tuple(limits), "")


def password_was_right(tx: Tx, now: Instant, charge: Charge) -> None:
    """Take the charge back; a known browser's own budget is full again."""
    _take_back(tx, now, charge)


def password_was_wrong(tx: Tx, now: Instant, *, who: str, address: str) -> Sequence[str]:
    """The charge stays. Returns the alarms that this failure sets off, "site" or "spray"."""
    alarms = []
    keys = [f"pw:source:{key}" for key, _ in source_keys(address)]
    states = load(tx, [*keys, SITE_PASSWORDS])
    for key in keys:
        state, is_spray = breaker.mark_spray(states[key], who, now, SP800_63B4_LADDER)
        tx.counters.save(key, throttle.packed(state), now)
        alarms += ["spray"] * is_spray
    state, is_flood = breaker.count_site_passwords(states[SITE_PASSWORDS], now, SP800_63B4_LADDER)
    tx.counters.save(SITE_PASSWORDS, throttle.packed(state), now)
    return alarms + ["site"] * is_flood


def password_was_not_read(tx: Tx, now: Instant, *, address: str) -> None:
    """The work of `password_was_wrong` and of an entry in the log, which changes nothing."""
    keys = [f"pw:source:{key}" for key, _ in source_keys(address)]
    states = load(tx, [*keys, SITE_PASSWORDS])
    _write_unchanged(tx, now, states, keys, len(keys) + 1)
    log_nothing(tx, now, address=address)


def log_nothing(tx: Tx, now: Instant, *, address: str) -> None:
    """The work of an entry in the log, one row read and two written, where there is nobody whose
    log it could stand in.
    """
    keys = [f"pw:source:{key}" for key, _ in source_keys(address)]
    _write_unchanged(tx, now, peek(tx, keys), keys, 2)


def _write_unchanged(
    tx: Tx, now: Instant, states: Mapping[str, State], keys: Sequence[str], times: int
) -> None:
    """Write these states as they are. Whether a try was read, and whether its person is here,
    must not show in the time of the answer, nor in whether the disk was waited for.
    """
    for key in islice(cycle(keys), times):
        tx.counters.save(key, throttle.packed(states[key]), now)


# ---- the code ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CodeState:
    """What decides about a code, as it was when the code came."""

    answer: Answer
    paid_by: str
    """The key of the budget that pays: the person's, a known browser's, or the set-up's."""
    paying: State
    in_a_row: State

    @property
    def asks_for_pair(self) -> bool:
        """Whether two consecutive codes are compared."""
        return isinstance(self.answer, Pair)

    @property
    def is_by_person(self) -> bool:
        """Whether the person's budget for all unknown browsers pays."""
        return self.paid_by.startswith("code:person:")

    @property
    def is_set_up(self) -> bool:
        """Whether the set-up's budget pays."""
        return self.paid_by.startswith("code:enrol:")


def ask_code(
    tx: Tx,
    now: Instant,
    *,
    person: Person,
    account: Account,
    browser: Browser | None,
    link_open: bool,
    enrolling: bool,
    authenticators: int,
) -> CodeState:
    """What is asked of somebody at the code. The person's row is locked by the caller.

    `authenticators` is with how many a code is compared.

    A set-up has a budget of its own: whoever sees its page sees the secret too, so nothing can be
    guessed there, and a phone with a wrong clock must not make a password count as stolen.
    """
    row = f"code:row:{person.id}"
    if enrolling:
        key = f"code:enrol:{person.id}"
        states = peek(tx, [key, row])
        asked = throttle.ask_set_up(now, SP800_63B4_LADDER, state=states[key])
        return CodeState(asked, key, states[key], states[row])
    key, own = f"code:person:{person.id}", f"code:browser:{browser.id}" if browser else ""
    states = peek(tx, [key, row, SITE_CODES, *([own] if own else [])])
    answer = throttle.ask_code(
        now,
        numbers_of(account, authenticators=authenticators),
        profile=profile_of(account, person.role),
        person=states[key],
        browser=states[own] if own else None,
        in_a_row=states[row],
        breaker=states[SITE_CODES],
        link_open=link_open,
    )
    paid_by = own if own and isinstance(answer, Single) and answer.known else key
    return CodeState(answer, paid_by, states[paid_by], states[row])


@dataclass(frozen=True, slots=True)
class CodeCharge:
    """One code, charged before it is compared; written by whichever of the three it was."""

    at: Instant
    row_key: str
    before: CodeState
    paying: State
    in_a_row: State


def charge_code(now: Instant, *, person: Person, before: CodeState, mark: str) -> CodeCharge:
    """Charge one code before it is compared. The person's row is locked, so that the states in
    `before` are still those that are stored when the charge is.
    """
    numbers = SP800_63B4_LADDER
    paying = throttle.charge(before.paying, now, keep=numbers.disable_after, window=throttle.MONTH)
    row = throttle.marked(before.in_a_row, mark, now, keep=16, window=numbers.repeat)
    if not before.is_set_up:
        row = throttle.charge(row, now, keep=numbers.disable_in_a_row, window=throttle.FOR_EVER)
    return CodeCharge(now, f"code:row:{person.id}", before, paying, row)


def code_was_right(tx: Tx, now: Instant, *, person: Person, charge: CodeCharge) -> None:
    """Nothing is charged. A success ends the row of failures, and fills a known browser's day;
    the 30 days of browser and person it leaves as they are.

    Only a set-up that replaces an authenticator which those 30 days have disabled begins anew:
    otherwise its owner would be shut out with the new one as well.
    """
    before = charge.before
    if before.in_a_row != NOTHING:
        tx.counters.save(charge.row_key, throttle.packed(NOTHING), now)
    if before.is_by_person:
        return
    left = NOTHING if before.is_set_up else throttle.code_right_in_known(before.paying, now)
    if left != before.paying:
        tx.counters.save(before.paid_by, throttle.packed(left), now)
    if before.is_set_up:
        key = f"code:person:{person.id}"
        if throttle.disables(peek(tx, [key])[key], now, SP800_63B4_LADDER):
            tx.counters.save(key, throttle.packed(NOTHING), now)


def code_was_used(tx: Tx, now: Instant, *, charge: CodeCharge) -> None:
    """A code that was right and is used up costs nothing, and clears nothing. Only what is asked
    next is for a day what it would be after a wrong one (`throttle.as_seen`).
    """
    keep = SP800_63B4_LADDER.disable_after
    charged = {charge.before.paid_by: charge.paying, charge.row_key: charge.in_a_row}
    for key, state in charged.items():
        left = throttle.turn_to_used(state, charge.at, keep=keep)
        tx.counters.save(key, throttle.packed(left), now)


def code_was_wrong(
    tx: Tx, now: Instant, *, account: Account, charge: CodeCharge
) -> tuple[tuple[Step, ...], bool]:
    """The charge stays: what it sets off, and whether it switched the site's breaker on."""
    before = charge.before
    tx.counters.save(before.paid_by, throttle.packed(charge.paying), now)
    tx.counters.save(charge.row_key, throttle.packed(charge.in_a_row), now)
    if before.is_set_up:
        return (), False
    by_person = before.is_by_person
    old, new = (before.paying, charge.paying) if by_person else (NOTHING, NOTHING)
    steps = throttle.steps_reached(old, new, charge.in_a_row, now, numbers_of(account))
    if not by_person:
        return steps, False
    site = load(tx, [SITE_CODES])[SITE_CODES]
    after = breaker.charge_site(site, now, SP800_63B4_LADDER)
    tx.counters.save(SITE_CODES, throttle.packed(after), now)
    return steps, after.until != site.until


# ---- the rows ------------------------------------------------------------------------------


def load(tx: Tx, keys: Sequence[str]) -> Mapping[str, State]:
    """The states under these keys, locked until the transaction ends."""
    found = tx.counters.load(sorted(set(keys)))
    return {key: throttle.unpacked(found.get(key)) for key in keys}


def peek(tx: Tx, keys: Sequence[str]) -> Mapping[str, State]:
    """The same without a lock."""
    found = tx.counters.peek(keys)
    return {key: throttle.unpacked(found.get(key)) for key in keys}


def _take_back(tx: Tx, now: Instant, charge: Charge) -> None:
    states = load(tx, charge.keys)
    for key, state in states.items():
        left = NOTHING if key == charge.clears else throttle.take_back(state, charge.at)
        tx.counters.save(key, throttle.packed(left), now)
