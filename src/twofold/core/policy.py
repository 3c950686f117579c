"""Who may do what. Pure questions with worded answers. Who must have a second factor is in
`requirement.py`.
"""

from dataclasses import replace
from functools import lru_cache

from twofold.core.deadlines import LONGEST
from twofold.core.desk import Act
from twofold.core.people import (
    DAY,
    HOUR,
    Account,
    GuardPolicy,
    Instant,
    Person,
    PersonKind,
    Profile,
    Role,
)
from twofold.core.requirement import ruling
from twofold.core.sessions import PASSKEYS, SECOND_STEPS
from twofold.core.throttle import SP800_63B4_LADDER, Numbers

MAX_SINGLE_CODES, MAX_BEFORE_LINK, MAX_TRUST_DAYS = 5, 10, 30
"""The bounds of what an admin may choose: five single guesses of 3e-6 are the 1.5e-5 of P9."""
FARTHEST = 366 * DAY
"""Seconds by which a switch, a deadline or an exemption may be planned ahead."""
MAX_PAUSE_HOURS = 7 * 24
"""Hours that a pause may last: it is for a bad day, not a way to switch off unnoticed."""


def why_no_switch(*, requires_factor: bool, actor_enrolled: bool) -> str | None:
    """Why the acting admin cannot switch two-factor authentication on, or None if they can.

    An admin without a factor of their own would lock themselves out with everybody else
    (promise P10).
    """
    if requires_factor:
        return "Two-factor authentication is on already."
    if not actor_enrolled:
        return (
            "Set up your own two-factor authentication first. "
            "Otherwise the switch would stop you too."
        )
    return None


def why_no_wave(now: Instant, *, since: Instant | None, days: int) -> str | None:
    """Why the switch cannot be moved with this date and these days, or None if it can."""
    if not 0 <= days <= LONGEST:
        return f"Choose 0 to {LONGEST} days; 0 is at once."
    if since is not None and not now - HOUR <= since <= now + FARTHEST:
        return "Choose a date from today on, within the next year."
    return None


def why_not_until(now: Instant, until: Instant) -> tuple[str, str] | None:
    """The field and the sentence for a date that nothing can last until, or None."""
    if now < until <= now + FARTHEST:
        return None
    return "until", "Choose a date after today, within the next year."


def demands_passkey(account: Account, person: Person) -> bool:
    """Whether the account takes nothing but passkeys from somebody: for their role, or because of
    a group that they are in.
    """
    is_person = person.kind is PersonKind.PERSON
    return is_person and _takes_passkeys_only(account.guard, person)


def _takes_passkeys_only(guard: GuardPolicy, person: Person) -> bool:
    return guard.passkeys_from.covers(person.role) or not set(guard.passkeys_groups).isdisjoint(
        person.groups
    )


def lacks_passkey(account: Account, person: Person, methods: tuple[str, ...]) -> bool:
    """Whether an open session opens nothing yet but the way to a passkey."""
    return demands_passkey(account, person) and PASSKEYS.isdisjoint(methods)


def why_no_demand(guard: GuardPolicy, actor: Person, *, actor_has_passkey: bool) -> str | None:
    """Why the acting admin cannot ask for passkeys like this, or None if they can: they would shut
    themselves out (promise P10).
    """
    if actor_has_passkey or not _takes_passkeys_only(guard, actor):
        return None
    return "Set up a passkey of your own first. Otherwise this would stop you too."


def why_not_enter(
    account: Account, person: Person, now: Instant, *, enrolled: bool, has_passkey: bool
) -> str | None:
    """Why the acting admin cannot put themselves into a group, or None if they can: what is asked
    of it would stop them (promise P10). `person` is the admin with that group.
    """
    if ruling(account, person, now).must_enrol(now) and not enrolled:
        return (
            "Set up your own two-factor authentication first. "
            "What is asked of this group would stop you too."
        )
    if demands_passkey(account, person) and not has_passkey:
        return "Set up a passkey of your own first. What is asked of this group would stop you too."
    return None


def may_give_role(actor: Role, role: Role) -> bool:
    """Whether `actor` may make somebody `role`: admins up to their own rank, nobody else."""
    return actor.is_admin and role.rank <= actor.rank


def may_manage(actor: Person, subject: Person) -> bool:
    """Whether `actor` may change `subject`: an admin, one's own account, nobody of higher rank."""
    return (
        actor.role.is_admin
        and actor.account_id == subject.account_id
        and subject.role.rank <= actor.role.rank
    )


def may_help(actor: Person, subject: Person) -> bool:
    """Whether `actor` may unlock `subject`, give them a temporary pass, invite them to set up
    again or end their sessions: the help desk and admins, for people of lower rank only.

    Nobody helps themselves or their peers: one captured account must not be able to open the
    next one's (CVE-2026-64866).
    """
    is_person = subject.kind is PersonKind.PERSON
    return is_person and actor.role.is_staff and _is_below(subject, actor)


def needs_second_admin(act: Act, subject: Person) -> bool:
    """Whether the act waits until another admin confirms it: what helps somebody past the second
    step, where that somebody is an admin.
    """
    return act.stands_in_for_a_factor and subject.role.is_admin


def may_confirm(decider: Person, *, asked_by: str, subject: Person) -> bool:
    """Whether `decider` may confirm what `asked_by` (an id) asked for: an admin who is neither
    of the two.
    """
    return (
        decider.role.is_admin
        and decider.account_id == subject.account_id
        and decider.id not in (asked_by, subject.id)
    )


def may_refuse(decider: Person, subject: Person) -> bool:
    """Whether `decider` may refuse it: every admin, also the two whom it concerns. Whoever asked
    may have been deceived, and whoever it is about may never have called.
    """
    return decider.role.is_admin and decider.account_id == subject.account_id


def why_not_remove(
    account: Account,
    person: Person,
    now: Instant,
    *,
    others: int,
    other_admins_enrolled: int,
    other_passkeys: int | None = None,
) -> str | None:
    """Why somebody cannot give up one of their own second factors, or None if they can.

    Args:
        account: The person's account.
        person: Whose factor it is.
        now: The moment, UTC seconds.
        others: How many second factors of any kind they would still have.
        other_admins_enrolled: Admins and owners of the account, without them, who have one.
        other_passkeys: How many passkeys they would still have; None if no passkey is removed.
    """
    if other_passkeys == 0 and demands_passkey(account, person):
        return (
            f"{account.name} takes passkeys only from you, and this is your only one. "
            "Set up another one first, then remove this one."
        )
    if others:
        return None
    if ruling(account, person, now).required:
        return (
            f"{account.name} asks you for a second step, and this is your only one. "
            "Set up another one first, then remove this one."
        )
    if person.role.is_admin and not other_admins_enrolled:
        return (
            "You are the only admin with a second step, and this is your only one. "
            "Set up another one first, then remove this one."
        )
    return None


def _is_below(subject: Person, actor: Person) -> bool:
    return actor.account_id == subject.account_id and subject.role.rank < actor.role.rank


def session_suffices(
    account: Account,
    person: Person,
    now: Instant,
    *,
    enrolled: bool,
    methods: tuple[str, ...],
    trusted: bool,
) -> bool:
    """Whether an open session is enough for this account's pages.

    Whoever has an authenticator, or must have one by now, needs a session that a factor opened. A
    session from before that change opens nothing any more, on the very next request.
    """
    if enrolled and trusted and trust_seconds(account, person) > 0:
        return True
    if not SECOND_STEPS.isdisjoint(methods):
        return True
    return not enrolled and not ruling(account, person, now).must_enrol(now)


def who_unlocks(role: Role) -> str:
    """Whom somebody of this role asks: the least who `may_help`."""
    return {
        Role.MEMBER: "the help desk or an admin",
        Role.HELPDESK: "an admin",
        Role.ADMIN: "an owner",
        Role.OWNER: "the operator of this server",
    }[role]


def profile_of(account: Account, role: Role) -> Profile:
    """The profile under which somebody's codes are slowed."""
    return account.guard.staff if role.is_staff else account.guard.members


def numbers_of(account: Account, *, authenticators: int = 1) -> Numbers:
    """The limits of an account: the ladder with what its admins chose.

    Each guess is compared with every authenticator of the person, so single guesses are divided
    among them: more phones must not mean a better chance (promise P9).
    """
    return _numbers(account.guard.pair_after, account.guard.link_after, max(authenticators, 1))


@lru_cache(maxsize=256)
def _numbers(pair_after: int, link_after: int, share: int) -> Numbers:
    """Made at each code, and the same for nearly all."""
    return replace(
        SP800_63B4_LADDER,
        pair_after=pair_after // share,
        known_codes_month=SP800_63B4_LADDER.known_codes_month // share,
        link_after_codes=link_after,
    )


def trust_seconds(account: Account, person: Person) -> int:
    """For how many seconds somebody may trust a browser; 0 for not at all. Where passkeys alone
    are taken, a browser is no proof of one.
    """
    if demands_passkey(account, person):
        return 0
    if person.role.is_staff and not account.guard.trust_staff:
        return 0
    return account.guard.trust_days * DAY


def guard_problem(guard: GuardPolicy) -> tuple[str, str] | None:
    """The field and the sentence for a choice that breaks promise P9, or None."""
    if not 1 <= guard.pair_after <= MAX_SINGLE_CODES:
        return "pair_after", f"Choose 1 to {MAX_SINGLE_CODES}: each single code can be guessed."
    if not guard.pair_after <= guard.link_after <= MAX_BEFORE_LINK:
        return (
            "link_after",
            f"Choose {guard.pair_after} to {MAX_BEFORE_LINK}: not before the two codes, "
            "and not so late that nobody is told.",
        )
    if not 0 <= guard.trust_days <= MAX_TRUST_DAYS:
        return "trust_days", f"Choose 0 to {MAX_TRUST_DAYS} days; 0 is never."
    return None
