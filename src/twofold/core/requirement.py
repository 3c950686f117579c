"""What the account's policy means for one person at one moment. The only place that decides it.

The strictest rule that covers somebody wins (NIST SP 800-63B-4 leaves it to the organisation whom
it asks). Everything that softens it (days, leave, exemption, pause, report-only mode) says so in
the ruling, so that a page can say why nobody is stopped.
"""

from dataclasses import dataclass
from enum import StrEnum

from twofold.core.people import Account, Instant, Person, PersonKind
from twofold.core.rules import Pause, Rule, Stance


class Requirement(StrEnum):
    """What is asked of a person before the next session."""

    NONE = "none"
    REMIND = "remind until"
    """To be set up until `Ruling.due_at`; nothing is closed before."""
    MUST_ENROL = "must enrol now"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What applies to one person, and why."""

    stance: Stance
    """The strictest of the rules that apply by now."""
    rule: Rule | None
    """The one that decides; None where no rule covers the person."""
    due_at: Instant | None
    """When a required set-up is due; None where it is not required or the time has not begun."""
    exempt_until: Instant | None = None
    """Why a required one is not asked for: an exemption."""
    pause: Pause | None = None
    """The same: a pause."""
    report_only: bool = False
    """The same: nobody is stopped yet, it is only noted."""

    @property
    def required(self) -> bool:
        """A second factor is required of the person, now or at a moment that stands fixed."""
        return self.stance is Stance.REQUIRED and self.exempt_until is None

    def is_due(self, now: Instant) -> bool:
        """Whether the time to set up is over, whatever softens that."""
        return self.required and self.due_at is not None and now >= self.due_at

    def must_enrol(self, now: Instant) -> bool:
        """Whether somebody without a second factor is stopped until they have one."""
        return self.is_due(now) and self.pause is None and not self.report_only


def ruling(account: Account, person: Person, now: Instant) -> Ruling:
    """What applies to this person now."""
    policy, duty = account.policy, person.duty
    covering = [
        rule
        for rule in policy.rules
        if rule.since <= now and rule.target.covers(person.role.value, person.groups)
    ]
    if not covering or person.kind is PersonKind.SERVICE:
        return Ruling(Stance.OPTIONAL, None, None)
    rule = min(covering, key=lambda one: (-one.stance.rank, one.since, one.id))
    if rule.stance is not Stance.REQUIRED:
        return Ruling(rule.stance, rule, None)
    exempt = duty.exempt_until
    return Ruling(
        rule.stance,
        rule,
        _due_at(account, covering, person),
        exempt_until=exempt if exempt is not None and exempt > now else None,
        pause=_pause(account, person, now),
        report_only=policy.report_only,
    )


def demanding(account: Account, person: Person, now: Instant) -> tuple[Rule, ...]:
    """The rules that require a second factor of this person by now, whatever softens them."""
    if person.kind is PersonKind.SERVICE:
        return ()
    return tuple(
        rule
        for rule in account.policy.demands
        if rule.since <= now and rule.target.covers(person.role.value, person.groups)
    )


def may_set_up(account: Account, person: Person, now: Instant, *, enrolled: bool) -> bool:
    """Whether somebody may set up a second factor: not where it is not offered yet. Whoever has
    one may have another, and an admin may, who could not switch it on otherwise (promise P10).
    """
    if enrolled or person.role.is_admin:
        return True
    return ruling(account, person, now).stance is not Stance.OFF


def _due_at(account: Account, covering: list[Rule], person: Person) -> Instant | None:
    """What stands on the person's row, if it is of this round; a rule without days bites also
    where their row was not reached yet.
    """
    given = person.duty.in_round(account.policy.round).due_at
    if given is not None:
        return given
    at_once = [
        max(rule.since, person.created_at, person.duty.away_until or 0)
        for rule in covering
        if rule.stance is Stance.REQUIRED and rule.days == 0
    ]
    return min(at_once) if at_once else None


def _pause(account: Account, person: Person, now: Instant) -> Pause | None:
    """The pause that holds for the person, the one that ends last."""
    holding = [
        pause
        for pause in account.policy.pauses
        if pause.since <= now < pause.until
        and pause.target.covers(person.role.value, person.groups)
    ]
    return max(holding, key=lambda pause: pause.until, default=None)


def coming(account: Account, person: Person, now: Instant) -> Rule | None:
    """The next rule that will require a second factor of the person, where none does yet."""
    if ruling(account, person, now).stance is Stance.REQUIRED:
        return None
    ahead = [
        rule
        for rule in account.policy.rules
        if rule.since > now
        and rule.stance is Stance.REQUIRED
        and rule.target.covers(person.role.value, person.groups)
    ]
    return min(ahead, key=lambda rule: rule.since, default=None)


def requirement(account: Account, person: Person, now: Instant, *, enrolled: bool) -> Requirement:
    """What the policy asks of a person before the next session."""
    found = ruling(account, person, now)
    if enrolled or not found.required:
        return Requirement.NONE
    return Requirement.MUST_ENROL if found.must_enrol(now) else Requirement.REMIND
