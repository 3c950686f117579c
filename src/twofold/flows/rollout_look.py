"""How far the waves are, for the pages and the command line; changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twofold.core.people import Account, Instant, Person
from twofold.core.rollout import Expansion, Work
from twofold.core.rules import Rule
from twofold.ports import NearStops, Tx

MOST_WORKS = 1000


@dataclass(frozen=True, slots=True)
class WaveLook:
    """A demand, and how many of its people it has reached."""

    rule: Rule
    total: int
    done: int
    mails_at: Instant
    """When its first mails leave."""
    can_take_back: bool


def waves(tx: Tx, *, account_id: str) -> Sequence[WaveLook]:
    """Every demand in the order in which they apply."""
    account = tx.accounts.get(account_id)
    works = _works(tx, account)
    found = []
    for rule in sorted(account.policy.demands, key=lambda one: (one.since, one.id)):
        work = works.get(rule.id)
        found.append(
            WaveLook(
                rule,
                total=work.total if work else 0,
                done=work.done if work else 0,
                mails_at=work.mails_at if work else rule.since,
                can_take_back=work is not None and _nothing_left(tx, account, rule, work),
            )
        )
    return found


def can_take_back(tx: Tx, account: Account, rule: Rule) -> bool:
    """Whether a demand can be undone as if it had not been: none of its mails has left."""
    work = _works(tx, account).get(rule.id)
    return work is not None and _nothing_left(tx, account, rule, work)


def _nothing_left(tx: Tx, account: Account, rule: Rule, work: Expansion) -> bool:
    round_, since = account.policy.round, work.created_at
    return not tx.expansions.mails_left(account.id, rule.target, round_=round_, since=since)


def _works(tx: Tx, account: Account) -> Mapping[str, Expansion]:
    """The work that each rule made when it was switched on, by the rule's id."""
    works = tx.expansions.of_account(account.id, limit=MOST_WORKS)
    return {one.rule_id: one for one in works if one.work is Work.BEGIN}


@dataclass(frozen=True, slots=True)
class ExemptionLook:
    """An exemption with the name of whoever approved it."""

    reason: str
    given: Instant
    until: Instant
    ended: Instant | None
    by: str


@dataclass(frozen=True, slots=True)
class PersonLook:
    """One person, for the page of their deadline."""

    person: Person
    enrolled: bool
    exemptions: Sequence[ExemptionLook]


def person(tx: Tx, *, account_id: str, person_id: str) -> PersonLook | None:
    """Somebody of the account with their exemptions, the newest first."""
    found = tx.people.find(account_id, person_id)
    if found is None:
        return None
    exemptions = []
    for one in tx.exemptions.of(found.id):
        by = tx.people.find(account_id, one.approver_id)
        name = by.name if by is not None else "somebody who is gone"
        exemptions.append(ExemptionLook(one.reason, one.given_at, one.until_at, one.ended_at, name))
    return PersonLook(found, tx.authenticators.has_factor(found.id), exemptions)


def near_stops(tx: Tx, *, account_id: str) -> NearStops:
    """Who would have been stopped at a sign-in, in report-only mode."""
    return tx.enrolments.near_stops(account_id)


def group_names(tx: Tx, *, account_id: str) -> Mapping[str, str]:
    """The names of the account's groups by their ids, in the order of the names."""
    return {group.id: group.name for group in tx.groups.of_account(account_id)}
