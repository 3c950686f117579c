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
    dormant: Sequence[Person]
    """Of those who must act, who have not signed in for 90 days."""
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
    dormant: Collection[str],
    begins_itself: bool,
) -> Rehearsal:
    """Judge everybody by the policy with this rule in it, at the moment from which it applies.

    `everybody` is who may sign in or is invited, with whether they are enrolled; `unreachable`,
    `signed_in` and `dormant` are ids. The deadline is that of somebody who works on the day it
    begins.
    """
    ahead = replace(account, policy=account.policy.with_rule(rule))
    covered = [
        (person, enrolled)
        for person, enrolled in everybody
        if rule.target.covers(person.role.value, person.groups)
    ]
    people = [one for one in covered if one[0].kind is not PersonKind.SERVICE]
    lacking = [person for person, enrolled in people if not enrolled]
    must_act = [one for one in lacking if ruling(ahead, one, rule.since).required]
    exempt = [one for one in lacking if not ruling(ahead, one, rule.since).required]
    admins = [one for one in everybody if one[0].role.is_admin]
    return Rehearsal(
        covered=[person for person, _ in people],
        enrolled=len(people) - len(lacking),
        must_act=must_act,
        stopped=[one for one in must_act if ruling(ahead, one, rule.since).must_enrol(rule.since)],
        invited=[one for one in must_act if one.state is PersonState.INVITED],
        dormant=[one for one in must_act if one.id in dormant],
        unreachable=[one for one in must_act if one.id in unreachable],
        exempt=exempt,
        admins_not_enrolled=[person for person, enrolled in admins if not enrolled],
        admins_enrolled=sum(enrolled for _, enrolled in admins),
        services=len(covered) - len(people),
        signed_in=[one for one in must_act if one.id in signed_in],
        due_at=due_after(rule.since, rule.days, ahead.policy.calendar) if begins_itself else None,
        mails=len(people) - len(exempt),
    )
