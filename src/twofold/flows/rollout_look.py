"""How far the waves are, for the pages and the command line; changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twofold.core.people import Account, Instant, Person
from twofold.core.rollout import Expansion, Work
from twofold.core.rules import Rule, Stance
from twofold.ports import NearStops, Tx


@dataclass(frozen=True, slots=True)
class WaveLook:
    """A rule, and how many of its people it has reached."""

    rule: Rule
    total: int
    done: int
    mails: int
    mails_at: Instant
    """When its first mails leave."""
    can_take_back: bool


def waves(tx: Tx, *, account_id: str) -> Sequence[WaveLook]:
    """Every rule in the order in which they apply."""
    account = tx.accounts.get(account_id)
    found = []
    for rule in sorted(account.policy.rules, key=lambda one: (one.since, one.id)):
        work = _work(tx, account, rule)
        found.append(
            WaveLook(
                rule,
                total=work.total if work else 0,
                done=work.done if work else 0,
                mails=work.mails if work else 0,
                mails_at=work.mails_at if work else rule.since,
                can_take_back=can_take_back(tx, account, rule),
            )
        )
    return found


def can_take_back(tx: Tx, account: Account, rule: Rule) -> bool:
    """Whether a demand can be undone as if it had not been: none of its mails has left."""
    work = _work(tx, account, rule)
    if work is None or rule.stance is not Stance.REQUIRED:
        return False
    left = tx.expansions.mails_left(account.id, round_=account.policy.round, since=work.created_at)
    return left == 0


def _work(tx: Tx, account: Account, rule: Rule) -> Expansion | None:
    """The work that the rule made when it was switched on."""
    works = tx.expansions.of_account(account.id, limit=200)
    return next((one for one in works if one.rule_id == rule.id and one.work is Work.BEGIN), None)


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
