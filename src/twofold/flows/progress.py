"""How far the rollout is, for its page and the command line; changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core.people import DAY, Account, Instant, Person
from twofold.core.progress import Facts, Forecast, forecast
from twofold.core.tokens import Purpose
from twofold.flows import links
from twofold.flows.links import OpenLink
from twofold.ports import Tx

FEW = 6
CODES_OF = 30 * DAY
"""Seconds of codes that the page counts."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What the page draws."""

    account: Account
    facts: Facts
    deadline: Instant | None
    """The last deadline that is still ahead of somebody."""
    forecast: Forecast | None
    """For that deadline, or for two weeks from now where something is asked without one."""
    waiting: Sequence[Person]
    """The first few of those who have not set up, by their addresses."""


def look(tx: Tx, now: Instant, *, account_id: str) -> Picture:
    """The account in numbers at this moment."""
    account = tx.accounts.get(account_id)
    facts = tx.progress.facts(account, now, since=now - CODES_OF)
    deadline = max(facts.ahead, default=None)
    ahead = None
    if account.policy.demands and facts.enrolled < facts.people:
        ahead = forecast(facts, now, deadline or now + 14 * DAY, deadline)
    rows = tx.people.page(account_id, search="", after="", limit=FEW, only="not-enrolled")
    return Picture(account, facts, deadline, ahead, [row.person for row in rows])


def opened(tx: Tx, now: Instant, *, purpose: Purpose, token: str) -> None:
    """Note that the link of a mail was opened, by its owner or by a program that reads mail."""
    found = links.look(tx, now, purpose=purpose, token=token)
    if isinstance(found, OpenLink) and found.person is not None:
        tx.enrolments.mark(found.person.id, "opened", now)
