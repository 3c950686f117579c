"""Once a week the lead of a group reads how far the group is, while something is asked of it."""

from collections.abc import Sequence

from twofold.core.digests import (
    NOT_FIXED,
    is_morning,
    next_digest,
    next_morning,
    packed,
    week_of,
)
from twofold.core.groups import Group
from twofold.core.listing import Asked, Only
from twofold.core.mail import MailKind
from twofold.core.moments import when_in
from twofold.core.people import Account, Instant, Person, PersonKind, PersonState
from twofold.core.requirement import ruling
from twofold.core.requirement_words import zone_of
from twofold.flows import notices
from twofold.ports import Tx

MOST_NAMES = 40
"""People whom one mail names; of the others it says how many they are."""
MOST_READ = 2000
"""People who are looked at for one mail."""


def tick(tx: Tx, now: Instant) -> bool:
    """Write to the lead of one group that is due, if there is something to say, and set the next
    time; whether there was one. For the worker: of any number of them, one writes.
    """
    due = tx.groups.digest_due(now)
    if due is None:
        return False
    account = tx.accounts.lock(due.account_id)
    group = tx.groups.find(account.id, due.id)
    if group is None or not tx.groups.is_digest_due(group.id, now):
        return True  # Another worker was here first.
    lead = tx.people.lock(group.lead_id) if group.lead_id else None
    if lead is None:
        tx.groups.set_digest(group.id, None)
        return True
    zone = zone_of(account, lead)
    if not is_morning(now, zone):
        tx.groups.set_digest(group.id, next_morning(now, zone))
        return True
    tx.groups.set_digest(group.id, next_digest(now, zone))
    if lead.state is PersonState.ACTIVE and lead.kind is PersonKind.PERSON:
        _write(tx, now, account, group, lead)
    return True


def _write(tx: Tx, now: Instant, account: Account, group: Group, lead: Person) -> None:
    waiting = _waiting(tx, now, account, group)
    if not waiting:
        return
    (row,) = tx.groups.rows(account.id, group_id=group.id)
    zone, shown = zone_of(account, lead), waiting[:MOST_NAMES]
    notices.write(
        tx,
        now,
        account,
        lead,
        f"digest-{week_of(now, zone)}-{group.id}",
        MailKind.DIGEST,
        group=group.name,
        enrolled=row.enrolled,
        total=row.people,
        waiting=row.people - row.enrolled,
        people=packed([(one.name, _until(account, one, now, zone)) for one in shown]),
        more=row.people - row.enrolled - len(shown),
    )


def _waiting(tx: Tx, now: Instant, account: Account, group: Group) -> Sequence[Person]:
    """Those of the group who are asked and have not set up yet, in the order of their addresses."""
    asked = Asked(only=Only.NOT_ENROLLED, group=group.id)
    keys = tx.people_table.keys(account, now, asked, after="", limit=MOST_READ)
    lines = tx.people_table.lines(account, [id_ for id_, _ in keys])
    return [one.person for one in lines if ruling(account, one.person, now).required]


def _until(account: Account, person: Person, now: Instant, zone: str) -> str:
    """Until when the person has, in the lead's zone; "" where it is now."""
    found = ruling(account, person, now)
    if found.must_enrol(now):
        return ""
    ahead = found.due_at is not None and found.due_at > now
    return when_in(found.due_at, zone) if ahead and found.due_at is not None else NOT_FIXED
