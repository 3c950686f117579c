"""Somebody beside somebody else, or beside the people for whom it works."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twofold.core import compare, norms, throttle
from twofold.core.apps import Catalogue
from twofold.core.attempts import Outcome
from twofold.core.case import Case
from twofold.core.clocks import Reading, drift_of
from twofold.core.compare import Row
from twofold.core.norms import LATELY, Counts, Crowd, Member
from twofold.core.people import Account, Instant, Person, Profile
from twofold.core.policy import numbers_of
from twofold.flows import guard, troubleshoot
from twofold.ports import Success, Tx

MOST_SIGN_INS = 2000
"""Sign-ins that are read, the newest."""
MOST_PEOPLE = 200
"""People who are looked at, those who signed in last."""
REFUSED = (Outcome.WRONG, Outcome.RESERVED, Outcome.MALFORMED)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the page shows."""

    case: Case
    other: Person | None
    """None: the people for whom it works."""
    people: int
    """How many people the other side is."""
    bounded: bool
    """Whether there may be more of them than were looked at."""
    rows: Sequence[Row]
    """Empty where the other side is empty."""


def with_person(
    tx: Tx, now: Instant, *, actor: Person, person_id: str, other_id: str, apps: Catalogue
) -> Comparison | None:
    """Two people of the actor's account side by side; None if one of them is not there."""
    case = troubleshoot.case_of(tx, now, account_id=actor.account_id, person_id=person_id)
    other = troubleshoot.case_of(tx, now, account_id=actor.account_id, person_id=other_id)
    if case is None or other is None:
        return None
    counts = _counts(tx, now, [person_id, other_id])
    norm = norms.norm_of_person(other, counts[other_id], apps)
    rows = compare.compare(case, counts[person_id], norm, apps)
    return Comparison(case, other.person, 1, bounded=False, rows=rows)


def with_others(
    tx: Tx, now: Instant, *, actor: Person, person_id: str, apps: Catalogue
) -> Comparison | None:
    """Somebody beside those who signed in with a code in the last seven days."""
    case = troubleshoot.case_of(tx, now, account_id=actor.account_id, person_id=person_id)
    if case is None:
        return None
    found = tx.comparisons.successes(actor.account_id, since=now - LATELY, limit=MOST_SIGN_INS)
    by_person: dict[str, list[Success]] = {}
    for one in found:
        if one.person_id != person_id:
            by_person.setdefault(one.person_id, []).append(one)
    chosen = dict(list(by_person.items())[:MOST_PEOPLE])
    if not chosen:
        return Comparison(case, None, 0, bounded=False, rows=())
    crowd = _crowd(tx, now, case.account, chosen)
    counts = _counts(tx, now, [person_id])[person_id]
    norm = norms.norm_of_crowd(crowd, now, apps)
    rows = compare.compare(case, counts, norm, apps)
    bounded = len(found) == MOST_SIGN_INS or len(by_person) > len(chosen)
    return Comparison(case, None, len(crowd.members), bounded=bounded, rows=rows)


def _crowd(
    tx: Tx, now: Instant, account: Account, chosen: Mapping[str, Sequence[Success]]
) -> Crowd:
    ids = list(chosen)
    set_ups, counts = tx.comparisons.set_ups(ids), _counts(tx, now, ids)
    members = [
        Member(
            drift=_drift(successes),
            set_ups=set_ups[id_].count,
            set_up_at=set_ups[id_].newest_at,
            counts=counts[id_],
            known_browser=successes[0].known_browser,
            signed_in_at=successes[0].at,
        )
        for id_, successes in chosen.items()
    ]
    staff, rules = tx.comparisons.staff(ids), account.guard
    strict = staff if rules.staff is Profile.STRICT else 0
    strict += len(ids) - staff if rules.members is Profile.STRICT else 0
    return Crowd(
        members,
        apps=tx.comparisons.apps(ids),
        strict=strict,
        slowed=_slowed(tx, now, account, ids),
        unreachable=tx.comparisons.unreachable(ids),
    )


def _drift(successes: Sequence[Success]) -> int:
    found = drift_of([Reading(one.at, one.offset) for one in successes])
    return 0 if found is None else found.seconds


def _counts(tx: Tx, now: Instant, ids: Sequence[str]) -> dict[str, Counts]:
    found = tx.comparisons.outcomes(ids, since=now - LATELY)
    return {id_: _counted(found.get(id_, {})) for id_ in ids}


def _counted(outcomes: Mapping[Outcome, int]) -> Counts:
    refused = sum(outcomes.get(outcome, 0) for outcome in REFUSED)
    return Counts(refused=refused, reused=outcomes.get(Outcome.USED, 0))


def _slowed(tx: Tx, now: Instant, account: Account, ids: Sequence[str]) -> int:
    """How many are asked for two codes, or for more, because of wrong ones."""
    states = guard.peek(tx, [f"code:person:{id_}" for id_ in ids])
    limit = numbers_of(account).pair_after
    return sum(state.since(now - throttle.MONTH) >= limit for state in states.values())
