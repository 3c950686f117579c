"""What switching on would do, as numbers with the names behind them. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import ceil

from twofold.core.deadlines import due_after
from twofold.core.people import Account, Instant, Person, PersonKind, PersonState
from twofold.core.requirement import ruling
from twofold.core.rules import Rule

LAST_MINUTE = 0.4
"""The share of people who set up in the last two days, as the rough guide that the page calls it:
rollouts that were published say “most”, and none gives a number."""
CALLS = 0.05
"""The share of those who set up that calls the help desk: one of twenty, likewise."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What one rule would mean if it applied from its date on. Disabled people are left out."""

    covered: Sequence[Person]
    enrolled: int
    must_act: Sequence[Person]
    """Without a second factor, and not exempt."""
    stopped: Sequence[Person]
    """Of those, whom the next sign-in would lead to the set-up and to nothing else."""
    invited: Sequence[Person]
    """Of those who must act, who have never signed in."""
    unreachable: Sequence[Person]
    """Of those who must act, whose latest mail failed or came back."""
    exempt: Sequence[Person]
    admins_not_enrolled: Sequence[Person]
    """Of the whole account."""
    admins_enrolled: int
    services: int
    """Service accounts among the covered: nothing is asked of them."""
    signed_in: Sequence[Person]
    """Of those who must act, who have a session open now."""
    due_at: Instant | None
    """When the time of whoever begins with the rule is over; None where each begins alone."""
    mails: int

    @property
    def peak_calls(self) -> int:
        """How many people may call the help desk on the last two days: a rough guide."""
        return ceil(len(self.must_act) * LAST_MINUTE * CALLS)


def rehearse(
    account: Account,
    everybody: Sequence[tuple[Person, bool]],
    rule: Rule,
    *,
    unreachable: Collection[str],
    signed_in: Collection[str],
    begins_itself: bool,
) -> Rehearsal:
    """Judge everybody by the policy with this rule in it, at the moment from which it applies.

    `everybody` is who may sign in or is invited, with whether they are enrolled; `unreachable` and
    `signed_in` are ids. The deadline is that of somebody who works on the day it begins.
    """
    policy = account.policy.with_rule(rule)
    ahead = replace(account, policy=policy)
    covered, done = [], 0
    must_act: list[Person] = []
    exempt: list[Person] = []
    services = 0
    for person, enrolled in everybody:
        if not rule.target.covers(person.role.value, person.groups):
            continue
        if person.kind is PersonKind.SERVICE:
            services += 1
            continue
        covered.append(person)
        found = ruling(ahead, person, rule.since)
        if enrolled:
            done += 1
        elif found.required:
            must_act.append(person)
        else:
            exempt.append(person)
    return Rehearsal(
        covered=covered,
        enrolled=done,
        must_act=must_act,
        stopped=[one for one in must_act if ruling(ahead, one, rule.since).must_enrol(rule.since)],
        invited=[one for one in must_act if one.state is PersonState.INVITED],
        unreachable=[one for one in must_act if one.id in unreachable],
        exempt=exempt,
        admins_not_enrolled=[
            one for one, enrolled in everybody if one.role.is_admin and not enrolled
        ],
        admins_enrolled=sum(enrolled for one, enrolled in everybody if one.role.is_admin),
        services=services,
        signed_in=[one for one in must_act if one.id in signed_in],
        due_at=due_after(rule.since, rule.days, policy.calendar) if begins_itself else None,
        mails=len(covered),
    )
