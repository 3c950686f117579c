"""Days on which a group exchanges its phones, as its people meet them. `groups.py` sets them.

Nothing is opened by it. The page leads to the same replacement as *My Profile*, which asks for a
fresh factor, and the old phone works until the new one is saved.
"""

from urllib.parse import quote

from twofold.core.people import Instant, Person
from twofold.ports import Tx

PAGE = "/profile/new-phone"


def running(tx: Tx, now: Instant, *, person: Person) -> Instant | None:
    """Until when the person may exchange their phone, the longest of their groups; else None."""
    if not person.groups:
        return None
    ends = [group.exchange_until_at or 0 for group, _ in tx.groups.exchanging(person.id, now)]
    return max(ends, default=None)


def first_page(tx: Tx, now: Instant, person: Person, return_to: str) -> str:
    """Where a complete sign-in leads: to the question for a new phone, once in the days of each
    group and only while an app from before them is in use; else to `return_to`.
    """
    if not person.groups:
        return return_to
    open_ = [
        group
        for group, asked_at in tx.groups.exchanging(person.id, now)
        if asked_at is None or asked_at < (group.exchange_from_at or 0)
    ]
    since = [
        one.confirmed_at
        for one in tx.authenticators.in_force(person.id)
        if one.disabled_at is None and one.confirmed_at is not None
    ]
    if not open_ or not since:
        return return_to
    if min(since) >= min(group.exchange_from_at or 0 for group in open_):
        return return_to
    tx.groups.exchange_asked(person.id, [group.id for group in open_], at=now)
    return f"{PAGE}?next={quote(return_to)}"
