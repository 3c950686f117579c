"""How guesses are slowed down: what the settings mean, and changing them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from twofold.core import guessing, policy
from twofold.core.events import EventKind
from twofold.core.guessing import YEAR, Guesses
from twofold.core.people import Account, GuardPolicy, Instant, PasskeysFrom, Profile, Role
from twofold.core.sessions import Caller
from twofold.core.throttle import MONTH
from twofold.flows.outbox import record
from twofold.flows.setup import Refused
from twofold.ports import Tx


@dataclass(frozen=True, slots=True)
class Odds:
    """The chance that somebody who has the password gets in, 0 to 1."""

    month: float
    """Within 30 days."""
    year: float
    """Within 365 days."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What settings mean for an account."""

    member: Odds
    staff: Odds
    everybody: Odds
    """That one person at least is got at, if the passwords of all were known."""
    member_cookie: Odds
    """Where the cookie of a known browser was copied as well."""
    staff_cookie: Odds
    people: int
    staff_count: int


@dataclass(frozen=True, slots=True)
class GuardSet:
    """Saved; whether anything changed."""

    changed: bool


def set_guard(tx: Tx, now: Instant, *, caller: Caller, guard: GuardPolicy) -> GuardSet | Refused:
    """Slow guesses down by these settings from now on; each change is in the log, old → new.

    Refused outside the bounds that keep promise P9.
    """
    problem = policy.guard_problem(guard)
    if problem is not None:
        return Refused(*problem)
    account = tx.accounts.lock(caller.account.id)
    names = {group.id: group.name for group in tx.groups.of_account(account.id)}
    refused = _refused_passkeys(tx, caller, account, guard, names)
    if refused is not None:
        return refused
    changes = {
        one.name: f"{_word(account.guard, one.name, names)} → {_word(guard, one.name, names)}"
        for one in fields(GuardPolicy)
        if getattr(account.guard, one.name) != getattr(guard, one.name)
    }
    if not changes:
        return GuardSet(changed=False)
    tx.accounts.set_guard(account.id, guard)
    person = caller.person
    record(tx, now, EventKind.GUARD_CHANGED, person, actor_id=person.id, **changes)
    return GuardSet(changed=True)


def _refused_passkeys(
    tx: Tx, caller: Caller, account: Account, guard: GuardPolicy, names: Mapping[str, str]
) -> Refused | None:
    """Why nothing but passkeys cannot be taken from these people, or None. `names` are those of
    the account's groups.
    """
    if not names.keys() >= set(guard.passkeys_groups):
        return Refused("passkeys_groups", "One of the groups is gone. Choose among those here.")
    changed = (guard.passkeys_from, guard.passkeys_groups) != (
        account.guard.passkeys_from,
        account.guard.passkeys_groups,
    )
    actor = tx.people.find(account.id, caller.person.id)
    if not changed or actor is None:
        return None
    why = policy.why_no_demand(guard, actor, actor_has_passkey=tx.passkeys.count(actor.id) > 0)
    if why is None:
        return None
    by_role = guard.passkeys_from.covers(actor.role)
    return Refused("passkeys_from" if by_role else "passkeys_groups", why)


def _word(guard: GuardPolicy, name: str, groups: Mapping[str, str]) -> str:
    value = getattr(guard, name)
    if isinstance(value, tuple):
        return ", ".join(groups.get(one, one) for one in value) or "none"
    if isinstance(value, Profile | PasskeysFrom):
        return value.value
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def meaning(tx: Tx, *, account: Account) -> Meaning:
    """What the settings in `account.guard` mean for its people; changes nothing.

    The settings need not be those that are stored, so that they can be tried.
    """
    roles = tx.people.roles(account.id)
    people = sum(roles.values())
    staff = sum(number for role, number in roles.items() if role.is_staff)
    return Meaning(
        member=_odds(account, members=1),
        staff=_odds(account, staff=1),
        everybody=_odds(account, members=people - staff, staff=staff),
        member_cookie=_cookie_odds(account, Role.MEMBER),
        staff_cookie=_cookie_odds(account, Role.ADMIN),
        people=people,
        staff_count=staff,
    )


def _odds(account: Account, *, members: int = 0, staff: int = 0) -> Odds:
    """Of so many members and staff together, with the breaker of the whole site."""

    def chance(seconds: int) -> float:
        each = Guesses(0, 0)
        for role, count in ((Role.MEMBER, members), (Role.ADMIN, staff)):
            profile = policy.profile_of(account, role)
            each += guessing.of_person(policy.numbers_of(account), profile, seconds).times(count)
        return guessing.of_site(policy.numbers_of(account), each, seconds).chance

    return Odds(chance(MONTH), chance(YEAR))


def _cookie_odds(account: Account, role: Role) -> Odds:
    numbers, profile = policy.numbers_of(account), policy.profile_of(account, role)
    month, year = (guessing.with_cookie(numbers, profile, time).chance for time in (MONTH, YEAR))
    return Odds(month, year)
