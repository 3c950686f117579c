"""Groups of people: what an account may ask of some and not of others.

Who is in a group is a row of `memberships`; `Person.groups` repeats it, so that the rules about a
group (`core/rules.py`) are decided without a further read.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from twofold.core import addresses
from twofold.core.people import Account, Instant, email_key
from twofold.core.rules import Target, TargetKind

MAX_GROUPS = 200
"""Groups of an account: as many as an admin can read through, and no row grows without end."""

MOST_DAYS = 31
"""Days for which a group may exchange its phones."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class NoDays:
    """Dates that cannot be used; `sentence` says what to do."""

    field: str
    sentence: str


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


def exchange_days(
    first: str, last: str, *, zone: str, now: Instant
) -> tuple[Instant | None, Instant | None] | NoDays:
    """The stretch of time from the ISO date `first` to the end of `last`, both in the IANA zone
    `zone`: its first second, and the one after it. Two empty dates are none: (None, None).
    """
    if not first and not last:
        return None, None
    begin, end = _date(first), _date(last)
    if begin is None:
        return NoDays("first", "Enter the first day as year, month and day: 2026-11-24.")
    if end is None:
        return NoDays("last", "Enter the last day as year, month and day: 2026-11-24.")
    if end < begin:
        return NoDays("last", "The last day is before the first one. Enter a later one.")
    if (end - begin).days >= MOST_DAYS:
        return NoDays("last", f"Choose at most {MOST_DAYS} days.")
    found = tuple(
        round(datetime.combine(day, time(), ZoneInfo(zone)).timestamp())
        for day in (begin, end + timedelta(days=1))
    )
    if found[1] <= now:
        return NoDays("last", "These days are over. Enter days that are still to come.")
    return found[0], found[1]


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
    return found if found is not None and 1970 < found.year < 9999 else None


def days_words(first: str, last: str) -> str:
    """Two ISO dates as people read them: “Tue 24 Nov 2026”, “Tue 24 to Wed 25 Nov 2026”."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    if begin == end:
        return begin.strftime("%a %-d %b %Y")
    return f"{begin.strftime('%a %-d %b')} to {end.strftime('%a %-d %b %Y')}"


def day_in(at: Instant, zone: str) -> str:
    """The ISO date of a moment in an IANA zone."""
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone)).date().isoformat()


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
