"""What a ruling says in words: to the person, and about the person."""

from twofold.core.moments import day_in, when_in
from twofold.core.people import Account, Instant, Person, PersonKind, Role
from twofold.core.policy import demands_passkey
from twofold.core.requirement import Ruling, coming, ruling
from twofold.core.rules import Rule, Stance, TargetKind

WHO = {
    Role.MEMBER.value: "every member",
    Role.HELPDESK.value: "the help desk",
    Role.ADMIN.value: "every admin",
    Role.OWNER.value: "every owner",
}


def zone_of(account: Account, person: Person) -> str:
    """The zone in which a person is told the time."""
    return person.zone or account.policy.calendar.zone


def whom(rule: Rule, groups: dict[str, str] | None = None) -> str:
    """The people of a rule: “everybody”, “every admin”, “the group Sales”."""
    if rule.target.kind is TargetKind.EVERYBODY:
        return "everybody"
    if rule.target.kind is TargetKind.ROLE:
        return WHO[rule.target.value]
    name = (groups or {}).get(rule.target.value)
    return f"the group {name}" if name else "your group"


def to_person(account: Account, person: Person, now: Instant, *, enrolled: bool) -> str:
    """What applies to a person, from when and why, for their own profile."""
    name = account.name
    if demands_passkey(account, person):
        return f"{name} takes passkeys only from you: no code of an app is enough."
    found = ruling(account, person, now)
    if found.rule is None or found.stance is Stance.OPTIONAL:
        ahead = coming(account, person, now)
        if ahead is not None and not enrolled:
            since = when_in(ahead.since, zone_of(account, person))
            return f"{name} asks {whom(ahead)} for a second step from {since} on."
        return f"{name} does not ask for a second step. You may use one all the same."
    if found.stance is Stance.OFF:
        return f"{name} does not use a second step yet."
    asks = f"{name} asks {whom(found.rule)} for a second step"
    if enrolled:
        return f"{asks}, and yours is set up."
    return f"{asks}. {_what_now(account, person, found, now)}"


def banner(account: Account, person: Person, now: Instant, *, enrolled: bool) -> str:
    """What every page says to somebody who still has to set up, "" to everybody else."""
    found = ruling(account, person, now)
    if enrolled or not found.required or found.due_at is None:
        return ""
    if found.pause is None and not found.is_due(now):
        left = days_left(found.due_at, now, zone_of(account, person))
        near = {0: "today", 1: "tomorrow"}.get(left, f"{left} days left")
        due = when_in(found.due_at, zone_of(account, person))
        return f"Set up your second step by {due}: {near}."
    return _what_now(account, person, found, now)


def days_left(due_at: Instant, now: Instant, zone: str) -> int:
    """Days until a deadline as a person counts them: nights in between, in their zone."""
    due, today = (day_in(at, zone) for at in (due_at, now))
    return (due - today).days


def _what_now(account: Account, person: Person, found: Ruling, now: Instant) -> str:
    zone = zone_of(account, person)
    if found.exempt_until is not None:
        return f"You are exempt until {when_in(found.exempt_until, zone)}."
    if found.pause is not None:
        return f"That is paused until {when_in(found.pause.until, zone)}: {found.pause.reason}"
    if found.report_only and found.is_due(now):
        return "Nobody is stopped yet. Set yours up all the same."
    if found.must_enrol(now):
        return "Set yours up now."
    if found.due_at is not None:
        return f"Set yours up by {when_in(found.due_at, zone)}."
    return "Your time to set it up has not begun yet."


def about_person(
    account: Account,
    person: Person,
    now: Instant,
    *,
    enrolled: bool,
    groups: dict[str, str] | None = None,
) -> str:
    """The same to whoever looks after the person. `groups` are names by id."""
    name = account.name
    if person.kind is PersonKind.SERVICE:
        return "Nothing: a service account never signs in on pages."
    if demands_passkey(account, person):
        return f"A passkey: {name} takes nothing else from this person."
    found = ruling(account, person, now)
    zone = account.policy.calendar.zone
    if found.rule is None or found.stance is not Stance.REQUIRED:
        ahead = coming(account, person, now)
        if ahead is not None:
            since = when_in(ahead.since, zone)
            return f"Nothing yet: {name} asks {whom(ahead, groups)} from {since} on."
        own = "has one all the same" if enrolled else "has none"
        return f"None: {name} does not ask for a second step. {person.name} {own}."
    asks = f"{name} asks {whom(found.rule, groups)} for a second step"
    asks += f" since {when_in(found.rule.since, zone)}."
    if enrolled:
        return f"Met: {asks}"
    if found.exempt_until is not None:
        return f"Exempt until {when_in(found.exempt_until, zone)}: {asks}"
    if found.pause is not None:
        return f"Paused until {when_in(found.pause.until, zone)}: {asks}"
    if found.must_enrol(now):
        return f"Must set up now: {asks}"
    if found.is_due(now):
        return f"Would be stopped, but nobody is yet: {asks}"
    if found.due_at is not None:
        return f"Has until {when_in(found.due_at, zone)}: {asks}"
    return f"The time has not begun: {asks}"
