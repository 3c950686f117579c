"""What an account asks of whom, as one value: rules, pauses, the calendar.

What a value means for one person is in `requirement.py`; when it bites is in `deadlines.py`.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

Instant = int
"""As in `people.py`, which stands on this module."""


class Stance(StrEnum):
    """What a rule says about a second factor, from least to most strict."""

    OFF = "off"
    """Not offered. Whoever has one keeps it and goes on with two steps."""
    OPTIONAL = "optional"
    REQUIRED = "required"

    @property
    def rank(self) -> int:
        """0 for off to 2 for required; stances compare by it."""
        return tuple(Stance).index(self)


class TargetKind(StrEnum):
    """Whom a rule is about."""

    EVERYBODY = "everybody"
    ROLE = "role"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Target:
    """The people whom a rule or a pause is about."""

    kind: TargetKind = TargetKind.EVERYBODY
    value: str = ""
    """The role's word or the group's id; "" for everybody."""

    def covers(self, role: str, groups: tuple[str, ...]) -> bool:
        """Whether somebody of this role and in these groups (ids) is among them."""
        if self.kind is TargetKind.EVERYBODY:
            return True
        return self.value == role if self.kind is TargetKind.ROLE else self.value in groups


EVERYBODY = Target()


class Start(StrEnum):
    """What begins a person's time. Nobody's begins before they are back from leave."""

    SWITCH = "switch"
    """The moment from which the rule applies; for whoever comes later, the moment they come."""
    INVITED = "invited"
    """As `SWITCH`, but for whoever has set no password yet the moment they do."""
    DELIVERED = "delivered"
    """A mail server took the mail that tells them."""
    SIGN_IN = "sign-in"
    """Their first sign-in after the switch."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that the account asks of some people."""

    id: str
    target: Target
    stance: Stance
    since: Instant
    """From when it applies."""
    start: Start = Start.SWITCH
    days: int = 0
    """How long people have; 0 for at once."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Nobody among these people is stopped until it ends, by itself or earlier by hand."""

    target: Target
    since: Instant
    until: Instant
    reason: str
    by: str
    """The name of the admin."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When an organisation works: what a deadline respects."""

    zone: str = "UTC"
    """An IANA name."""
    work_days: tuple[int, ...] = (0, 1, 2, 3, 4)
    """0 is Monday."""
    quiet_days: tuple[str, ...] = ()
    """ISO dates on which nobody's time may be over, in their order."""


@dataclass(frozen=True, slots=True)
class FactorPolicy:
    """Everything that an account asks about second factors."""

    rules: tuple[Rule, ...] = ()
    pauses: tuple[Pause, ...] = ()
    report_only: bool = False
    """Nobody is stopped; who would have been is noted."""
    calendar: Calendar = field(default_factory=Calendar)
    round: int = 0
    """How often everybody was asked anew. Each notice is mailed once in a round."""

    def rule_for(self, target: Target) -> Rule | None:
        """The rule about exactly these people."""
        return next((rule for rule in self.rules if rule.target == target), None)

    def with_rule(self, rule: Rule) -> "FactorPolicy":
        """With this rule in place of the one about the same people."""
        others = tuple(one for one in self.rules if one.target != rule.target)
        return replace(self, rules=(*others, rule))

    def without(self, target: Target) -> "FactorPolicy":
        """Without the rule about exactly these people."""
        return replace(self, rules=tuple(one for one in self.rules if one.target != target))

    @property
    def demands(self) -> tuple[Rule, ...]:
        """The rules that require a second factor, be it from a date that is still to come."""
        return tuple(rule for rule in self.rules if rule.stance is Stance.REQUIRED)

    @property
    def requires_of_everybody(self) -> bool:
        """The switch for everybody is on, be it from a date that is still to come."""
        return self.demand_of(EVERYBODY) is not None

    def demand_of(self, target: Target) -> Rule | None:
        """The rule that requires a second factor of exactly these people, or None."""
        rule = self.rule_for(target)
        return rule if rule is not None and rule.stance is Stance.REQUIRED else None


@dataclass(frozen=True, slots=True)
class Duty:
    """What stands on the row of one person about the second factor that is asked of them."""

    began_at: Instant | None = None
    """When their time began."""
    due_at: Instant | None = None
    """When it is over; None as long as it has not begun."""
    exempt_until: Instant | None = None
    away_until: Instant | None = None
    """On leave until then; their time does not begin before."""
    round: int = 0
    """The `FactorPolicy.round` that the other moments belong to, but for exemption and leave; of an
    earlier one they are void."""
    extended_until: Instant | None = None
    """What was promised to this person alone; no rule takes it back."""

    def in_round(self, number: int) -> "Duty":
        """As it stands in this round: what is of an earlier one is gone."""
        if self.round == number:
            return self
        return Duty(exempt_until=self.exempt_until, away_until=self.away_until, round=number)


NO_DUTY = Duty()


def at_once(since: Instant, *, rule_id: str = "everybody") -> FactorPolicy:
    """A second factor required of everybody from `since` on, without days to get ready."""
    return FactorPolicy(rules=(Rule(rule_id, EVERYBODY, Stance.REQUIRED, since),), round=1)
