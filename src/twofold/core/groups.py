"""Groups of people: what an account may ask of some and not of others.

Who is in a group is a row of `memberships`; `Person.groups` repeats it, so that the rules about a
group (`core/rules.py`) are decided without a further read.
"""

from dataclasses import dataclass

from twofold.core import addresses
from twofold.core.people import Account, Instant, email_key
from twofold.core.rules import Target, TargetKind

MAX_GROUPS = 200
"""Groups of an account: as many as an admin can read through, and no row grows without end."""


@dataclass(frozen=True, slots=True)
class Group:
    """Some of the people of an account."""

    id: str
    account_id: str
    name: str
    lead_id: str | None
    """The person whom its members ask; opens nothing."""
    created_at: Instant
    exchange_from_at: Instant | None = None
    """From when its members are asked for a new phone; None for never."""
    exchange_until_at: Instant | None = None

    def exchanges(self, now: Instant) -> bool:
        """Whether its members may bring a new phone now."""
        begin, end = self.exchange_from_at, self.exchange_until_at
        return begin is not None and end is not None and begin <= now < end


def name_key(name: str) -> str:
    """The one form under which a group's name is unique in an account: case, blanks and the way
    of writing a letter do not matter.
    """
    return email_key(" ".join(name.split()))


def shown_name(name: str) -> str:
    """The name as it is stored: blanks around it taken off, those inside made one."""
    return " ".join(name.split())


def name_problem(name: str) -> str | None:
    """What is wrong with a group's name, in one sentence that says what to do, or None.

    A list of groups in one cell of a file is split at `|` and `;`, so no name holds one.
    """
    if not name.strip():
        return "Enter a name for the group."
    if any(mark in name for mark in "|;"):
        return "A group’s name cannot have | or ; in it: they stand between groups in a list."
    return addresses.name_problem(name)


def why_not_delete(account: Account, group_id: str) -> str | None:
    """Why the group must stay for now, or None: something that is asked of people is about it."""
    target = Target(TargetKind.GROUP, group_id)
    if account.policy.rule_for(target) is not None:
        return (
            "A rule about two-factor authentication is about this group. "
            "Take the rule away under Account first, then delete the group."
        )
    if any(pause.target == target for pause in account.policy.pauses):
        return (
            "A pause of two-factor authentication is about this group. "
            "End the pause under Account first, then delete the group."
        )
    if group_id in account.guard.passkeys_groups:
        return (
            "Nothing but a passkey is taken from this group. "
            "Change that under Account, Slowing guesses first, then delete the group."
        )
    return None
